# Generated from openapi/opensearch-flow-framework.yaml by `make generate`; do not edit.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="CreatedResource")


@_attrs_define
class CreatedResource:
    """A resource that the provisioning has created. All values are strings."""

    workflow_step_name: str | Unset = UNSET
    """ The kind of step, such as create_index. """
    workflow_step_id: str | Unset = UNSET
    """ The id of the step in the template. """
    resource_type: str | Unset = UNSET
    """ The kind of id, such as index_name, connector_id, model_id or pipeline_id. """
    resource_id: str | Unset = UNSET
    """ The id of the resource. """
    additional_properties: dict[str, str] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        workflow_step_name = self.workflow_step_name

        workflow_step_id = self.workflow_step_id

        resource_type = self.resource_type

        resource_id = self.resource_id

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if workflow_step_name is not UNSET:
            field_dict["workflow_step_name"] = workflow_step_name
        if workflow_step_id is not UNSET:
            field_dict["workflow_step_id"] = workflow_step_id
        if resource_type is not UNSET:
            field_dict["resource_type"] = resource_type
        if resource_id is not UNSET:
            field_dict["resource_id"] = resource_id

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        workflow_step_name = d.pop("workflow_step_name", UNSET)

        workflow_step_id = d.pop("workflow_step_id", UNSET)

        resource_type = d.pop("resource_type", UNSET)

        resource_id = d.pop("resource_id", UNSET)

        created_resource = cls(
            workflow_step_name=workflow_step_name,
            workflow_step_id=workflow_step_id,
            resource_type=resource_type,
            resource_id=resource_id,
        )

        created_resource.additional_properties = d
        return created_resource

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> str:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: str) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
