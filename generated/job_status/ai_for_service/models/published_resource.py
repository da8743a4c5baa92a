# Generated from openapi/ai-for-service.yaml by `make generate`; do not edit.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="PublishedResource")


@_attrs_define
class PublishedResource:
    """One subtask of a publish run."""

    resource_id: str | Unset = UNSET
    """ The id of the subtask, such as SETTINGS, CHANNELS, NL or AUTOVERSIONING. """
    resource_type: str | Unset = UNSET
    """ The kind of resource; in the sample equal to resourceId. """
    name: str | Unset = UNSET
    """ The display name of the subtask. """
    status: str | Unset = UNSET
    """ The state of the subtask. SUCCESS, in upper case, is the only documented value. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        resource_id = self.resource_id

        resource_type = self.resource_type

        name = self.name

        status = self.status

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if resource_id is not UNSET:
            field_dict["resourceId"] = resource_id
        if resource_type is not UNSET:
            field_dict["resourceType"] = resource_type
        if name is not UNSET:
            field_dict["name"] = name
        if status is not UNSET:
            field_dict["status"] = status

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        resource_id = d.pop("resourceId", UNSET)

        resource_type = d.pop("resourceType", UNSET)

        name = d.pop("name", UNSET)

        status = d.pop("status", UNSET)

        published_resource = cls(
            resource_id=resource_id,
            resource_type=resource_type,
            name=name,
            status=status,
        )

        published_resource.additional_properties = d
        return published_resource

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
