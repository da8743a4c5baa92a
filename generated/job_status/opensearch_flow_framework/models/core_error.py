# Generated from openapi/opensearch-flow-framework.yaml by `make generate`; do not edit.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="CoreError")


@_attrs_define
class CoreError:
    """An error of the core."""

    error: CoreErrorCause | Unset = UNSET
    """ The cause of an error of the core. Some types have additional fields. """
    status: int | Unset = UNSET
    """ The HTTP status code. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        error: dict[str, Any] | Unset = UNSET
        if not isinstance(self.error, Unset):
            error = self.error.to_dict()

        status = self.status

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if error is not UNSET:
            field_dict["error"] = error
        if status is not UNSET:
            field_dict["status"] = status

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.core_error_cause import CoreErrorCause

        d = dict(src_dict)
        _error = d.pop("error", UNSET)
        error: CoreErrorCause | Unset
        if isinstance(_error, Unset):
            error = UNSET
        else:
            error = CoreErrorCause.from_dict(_error)

        status = d.pop("status", UNSET)

        core_error = cls(
            error=error,
            status=status,
        )

        core_error.additional_properties = d
        return core_error

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


# Imported last, because models may refer to each other.
from ..models.core_error_cause import CoreErrorCause  # noqa: E402
