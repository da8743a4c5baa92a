# Generated from openapi/agent-platform.yaml by `make generate`; do not edit.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.job_action import JobAction
from ..models.job_state import JobState
from ..models.job_type import JobType
from ..types import UNSET, Unset

T = TypeVar("T", bound="DockStatus")


DockStatusState: TypeAlias = Literal["IN_PROGRESS", "SUCCESS", "FAILED"]


@_attrs_define
class DockStatus:
    """The status of one job. Additional fields are allowed: no recorded response is public, and the documented status of a
    finished export in the same product family has more fields.

    """

    field_id: str
    """ The unique identifier of the dock status. In JSON: `_id`. """
    status: JobState | str
    """ The state of the job. SUCCESS and FAILED are final. """
    tool_id: str | Unset = UNSET
    """ The unique identifier of the tool. Optional, because a job of a model has none. """
    model_id: str | Unset = UNSET
    """ The unique identifier of the model, for jobs of models. """
    job_type: JobType | str | Unset = UNSET
    """ The kind of resource that the job processes. """
    action: JobAction | str | Unset = UNSET
    """ The action of the job. """
    percentage_complete: float | Unset = UNSET
    """ The progress in percent. Documented for the finished export of a model. """
    response: JobResult | Unset = UNSET
    """ The result of the job. Documented for the finished export of a model. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    @property
    def job_state(self) -> DockStatusState | None:
        """The state, or None for one that the document does not list, so that a type checker finds a mistyped state."""
        from ..._operations.agent_platform import _SPEC_DOCK_STATUS

        state: DockStatusState | None = _SPEC_DOCK_STATUS.known_state(self)
        return state

    @property
    def is_final(self) -> bool:
        """Whether the job has ended, with SUCCESS, FAILED."""
        from ..._operations.agent_platform import _SPEC_DOCK_STATUS

        return _SPEC_DOCK_STATUS.kind_of(self) in ("success", "partial", "failure")

    @property
    def is_success(self) -> bool:
        """Whether the job has succeeded, entirely."""
        from ..._operations.agent_platform import _SPEC_DOCK_STATUS

        return _SPEC_DOCK_STATUS.kind_of(self) == "success"

    @property
    def is_failure(self) -> bool:
        """Whether the job has failed."""
        from ..._operations.agent_platform import _SPEC_DOCK_STATUS

        return _SPEC_DOCK_STATUS.kind_of(self) == "failure"

    def to_dict(self) -> dict[str, Any]:
        field_id = self.field_id

        status: str
        if isinstance(self.status, JobState):
            status = self.status.value
        else:
            status = self.status

        tool_id = self.tool_id

        model_id = self.model_id

        job_type: str | Unset
        if isinstance(self.job_type, Unset):
            job_type = UNSET
        elif isinstance(self.job_type, JobType):
            job_type = self.job_type.value
        else:
            job_type = self.job_type

        action: str | Unset
        if isinstance(self.action, Unset):
            action = UNSET
        elif isinstance(self.action, JobAction):
            action = self.action.value
        else:
            action = self.action

        percentage_complete = self.percentage_complete

        response: dict[str, Any] | Unset = UNSET
        if not isinstance(self.response, Unset):
            response = self.response.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "_id": field_id,
                "status": status,
            }
        )
        if tool_id is not UNSET:
            field_dict["toolId"] = tool_id
        if model_id is not UNSET:
            field_dict["modelId"] = model_id
        if job_type is not UNSET:
            field_dict["jobType"] = job_type
        if action is not UNSET:
            field_dict["action"] = action
        if percentage_complete is not UNSET:
            field_dict["percentageComplete"] = percentage_complete
        if response is not UNSET:
            field_dict["response"] = response

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.job_result import JobResult

        d = dict(src_dict)
        field_id = d.pop("_id")

        def _parse_status(data: object) -> JobState | str:
            try:
                if not isinstance(data, str):
                    raise TypeError()
                status_type_0 = JobState(data)

                return status_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(JobState | str, data)

        status = _parse_status(d.pop("status"))

        tool_id = d.pop("toolId", UNSET)

        model_id = d.pop("modelId", UNSET)

        def _parse_job_type(data: object) -> JobType | str | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                job_type_type_0 = JobType(data)

                return job_type_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(JobType | str | Unset, data)

        job_type = _parse_job_type(d.pop("jobType", UNSET))

        def _parse_action(data: object) -> JobAction | str | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                action_type_0 = JobAction(data)

                return action_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(JobAction | str | Unset, data)

        action = _parse_action(d.pop("action", UNSET))

        percentage_complete = d.pop("percentageComplete", UNSET)

        _response = d.pop("response", UNSET)
        response: JobResult | Unset
        if isinstance(_response, Unset):
            response = UNSET
        else:
            response = JobResult.from_dict(_response)

        dock_status = cls(
            field_id=field_id,
            status=status,
            tool_id=tool_id,
            model_id=model_id,
            job_type=job_type,
            action=action,
            percentage_complete=percentage_complete,
            response=response,
        )

        dock_status.additional_properties = d
        return dock_status

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
from ..models.job_result import JobResult  # noqa: E402
