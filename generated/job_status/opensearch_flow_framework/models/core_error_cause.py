# Generated from openapi/opensearch-flow-framework.yaml by `make generate`; do not edit.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="CoreErrorCause")


@_attrs_define
class CoreErrorCause:
    """The cause of an error of the core. Some types have additional fields."""

    type_: str | Unset = UNSET
    """ The type of the exception. In JSON: `type`. """
    reason: None | str | Unset = UNSET
    """ A human-readable message. """
    root_cause: list[CoreErrorCause] | Unset = UNSET
    """ The root causes. """
    caused_by: CoreErrorCause | Unset = UNSET
    """ The cause of an error of the core. Some types have additional fields. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        type_ = self.type_

        reason: None | str | Unset
        if isinstance(self.reason, Unset):
            reason = UNSET
        else:
            reason = self.reason

        root_cause: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.root_cause, Unset):
            root_cause = []
            for root_cause_item_data in self.root_cause:
                root_cause_item = root_cause_item_data.to_dict()
                root_cause.append(root_cause_item)

        caused_by: dict[str, Any] | Unset = UNSET
        if not isinstance(self.caused_by, Unset):
            caused_by = self.caused_by.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if type_ is not UNSET:
            field_dict["type"] = type_
        if reason is not UNSET:
            field_dict["reason"] = reason
        if root_cause is not UNSET:
            field_dict["root_cause"] = root_cause
        if caused_by is not UNSET:
            field_dict["caused_by"] = caused_by

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        type_ = d.pop("type", UNSET)

        def _parse_reason(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        reason = _parse_reason(d.pop("reason", UNSET))

        _root_cause = d.pop("root_cause", UNSET)
        root_cause: list[CoreErrorCause] | Unset = UNSET
        if _root_cause is not UNSET:
            root_cause = []
            for root_cause_item_data in _root_cause:
                root_cause_item = CoreErrorCause.from_dict(root_cause_item_data)

                root_cause.append(root_cause_item)

        _caused_by = d.pop("caused_by", UNSET)
        caused_by: CoreErrorCause | Unset
        if isinstance(_caused_by, Unset):
            caused_by = UNSET
        else:
            caused_by = CoreErrorCause.from_dict(_caused_by)

        core_error_cause = cls(
            type_=type_,
            reason=reason,
            root_cause=root_cause,
            caused_by=caused_by,
        )

        core_error_cause.additional_properties = d
        return core_error_cause

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
