# Generated from openapi/ai-for-process.yaml by `make generate`; do not edit.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.job_state import JobState
from ..types import UNSET, Unset

T = TypeVar("T", bound="ModelUndeployment")


@_attrs_define
class ModelUndeployment:
    """The response to an undeployment. The id of the job has one of two spellings: `dock-statusId` in Kore.ai's sample,
    `dockStatusId` in its table and text. It is not known which one a server sends, so exactly one of them is required
    and both are valid.

    """

    dock_status_id: str | Unset = UNSET
    """ The unique identifier to track the undeployment. Also spelled `dockStatusId`. """
    model_id: str | Unset = UNSET
    """ The unique identifier of the model. """
    job_type: str | Unset = UNSET
    """ The type of the job, always MODELS. """
    action: str | Unset = UNSET
    """ The action performed on the model, always UNDEPLOY. """
    status: JobState | str | Unset = UNSET
    """ The state of the job. SUCCESS and FAILED are final. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        dock_status_id = self.dock_status_id

        model_id = self.model_id

        job_type = self.job_type

        action = self.action

        status: str | Unset
        if isinstance(self.status, Unset):
            status = UNSET
        elif isinstance(self.status, JobState):
            status = self.status.value
        else:
            status = self.status

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if dock_status_id is not UNSET:
            field_dict["dock-statusId"] = dock_status_id
        if model_id is not UNSET:
            field_dict["modelId"] = model_id
        if job_type is not UNSET:
            field_dict["jobType"] = job_type
        if action is not UNSET:
            field_dict["action"] = action
        if status is not UNSET:
            field_dict["status"] = status

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        dock_status_id = d.pop("dock-statusId", UNSET)

        model_id = d.pop("modelId", UNSET)

        job_type = d.pop("jobType", UNSET)

        action = d.pop("action", UNSET)

        def _parse_status(data: object) -> JobState | str | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                status_type_0 = JobState(data)

                return status_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(JobState | str | Unset, data)

        status = _parse_status(d.pop("status", UNSET))

        model_undeployment = cls(
            dock_status_id=dock_status_id,
            model_id=model_id,
            job_type=job_type,
            action=action,
            status=status,
        )

        model_undeployment.additional_properties = d
        return model_undeployment

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
