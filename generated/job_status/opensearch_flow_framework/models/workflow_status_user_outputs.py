# Generated from openapi/opensearch-flow-framework.yaml by `make generate`; do not edit.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="WorkflowStatusUserOutputs")


@_attrs_define
class WorkflowStatusUserOutputs:
    """Outputs for the user. No released version writes any."""

    additional_properties: dict[str, str | WorkflowStatusUserOutputsAdditionalProperty] = _attrs_field(
        init=False, factory=dict
    )

    def to_dict(self) -> dict[str, Any]:
        from ..models.workflow_status_user_outputs_additional_property import (
            WorkflowStatusUserOutputsAdditionalProperty,
        )

        field_dict: dict[str, Any] = {}
        for prop_name, prop in self.additional_properties.items():
            if isinstance(prop, WorkflowStatusUserOutputsAdditionalProperty):
                field_dict[prop_name] = prop.to_dict()
            else:
                field_dict[prop_name] = prop

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.workflow_status_user_outputs_additional_property import (
            WorkflowStatusUserOutputsAdditionalProperty,
        )

        d = dict(src_dict)
        workflow_status_user_outputs = cls()

        additional_properties = {}
        for prop_name, prop_dict in d.items():

            def _parse_additional_property(data: object) -> str | WorkflowStatusUserOutputsAdditionalProperty:
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    additional_property_type_1 = WorkflowStatusUserOutputsAdditionalProperty.from_dict(data)

                    return additional_property_type_1
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                return cast(str | WorkflowStatusUserOutputsAdditionalProperty, data)

            additional_property = _parse_additional_property(prop_dict)

            additional_properties[prop_name] = additional_property

        workflow_status_user_outputs.additional_properties = additional_properties
        return workflow_status_user_outputs

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> str | WorkflowStatusUserOutputsAdditionalProperty:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: str | WorkflowStatusUserOutputsAdditionalProperty) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties


# Imported last, because models may refer to each other.
from ..models.workflow_status_user_outputs_additional_property import (  # noqa: E402
    WorkflowStatusUserOutputsAdditionalProperty,
)
