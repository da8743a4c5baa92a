# Generated from openapi/ai-for-service.yaml by `make generate`; do not edit.

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.publish_state import PublishState
from ..types import UNSET, Unset

T = TypeVar("T", bound="PublishStatus")


PublishStatusState: TypeAlias = Literal["inprogress", "successful", "failed"]


@_attrs_define
class PublishStatus:
    """A publish run of a bot. Kore.ai's sample is a successful run, so its fields are required for that state; no response
    with another state is public.

    """

    stream_id: str
    """ The bot. """
    status: PublishState | str
    """ The state of the run. successful and failed are final. """
    field_id: str | Unset = UNSET
    """ The unique identifier of the run. In JSON: `_id`. """
    action: str | Unset = UNSET
    """ The action, always RUN. """
    job_type: str | Unset = UNSET
    """ The type of the job, always PUBLISH_BOT. """
    field_v: int | Unset = UNSET
    """ The version of the stored document. In JSON: `__v`. """
    count_of_dock_statuses: int | Unset = UNSET
    """ The number of status documents of the run. """
    created_by: str | Unset = UNSET
    """ The user who requested the run. """
    percentage_complete: float | Unset = UNSET
    """ The progress in percent. """
    requested_time: datetime.datetime | str | Unset = UNSET
    """ When the run was requested. """
    initiated_on: datetime.datetime | str | Unset = UNSET
    """ When the run started. """
    last_modified_on: datetime.datetime | str | Unset = UNSET
    """ When the run was last changed. """
    error: str | Unset = UNSET
    """ Why the run has failed. No response with a failed run is public. """
    status_summary: list[PublishedResource] | Unset = UNSET
    """ The subtasks of the run, one per kind of resource. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    @property
    def job_state(self) -> PublishStatusState | None:
        """The state, or None for one that the document does not list, so that a type checker finds a mistyped state."""
        from ..._operations.ai_for_service import _SPEC_PUBLISH_STATUS

        state: PublishStatusState | None = _SPEC_PUBLISH_STATUS.known_state(self)
        return state

    @property
    def is_final(self) -> bool:
        """Whether the job has ended, with successful, failed."""
        from ..._operations.ai_for_service import _SPEC_PUBLISH_STATUS

        return _SPEC_PUBLISH_STATUS.kind_of(self) in ("success", "partial", "failure")

    @property
    def is_success(self) -> bool:
        """Whether the job has succeeded, entirely."""
        from ..._operations.ai_for_service import _SPEC_PUBLISH_STATUS

        return _SPEC_PUBLISH_STATUS.kind_of(self) == "success"

    @property
    def is_failure(self) -> bool:
        """Whether the job has failed."""
        from ..._operations.ai_for_service import _SPEC_PUBLISH_STATUS

        return _SPEC_PUBLISH_STATUS.kind_of(self) == "failure"

    def to_dict(self) -> dict[str, Any]:
        stream_id = self.stream_id

        status: str
        if isinstance(self.status, PublishState):
            status = self.status.value
        else:
            status = self.status

        field_id = self.field_id

        action = self.action

        job_type = self.job_type

        field_v = self.field_v

        count_of_dock_statuses = self.count_of_dock_statuses

        created_by = self.created_by

        percentage_complete = self.percentage_complete

        requested_time: str | Unset
        if isinstance(self.requested_time, Unset):
            requested_time = UNSET
        elif isinstance(self.requested_time, datetime.datetime):
            requested_time = self.requested_time.isoformat()
        else:
            requested_time = self.requested_time

        initiated_on: str | Unset
        if isinstance(self.initiated_on, Unset):
            initiated_on = UNSET
        elif isinstance(self.initiated_on, datetime.datetime):
            initiated_on = self.initiated_on.isoformat()
        else:
            initiated_on = self.initiated_on

        last_modified_on: str | Unset
        if isinstance(self.last_modified_on, Unset):
            last_modified_on = UNSET
        elif isinstance(self.last_modified_on, datetime.datetime):
            last_modified_on = self.last_modified_on.isoformat()
        else:
            last_modified_on = self.last_modified_on

        error = self.error

        status_summary: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.status_summary, Unset):
            status_summary = []
            for status_summary_item_data in self.status_summary:
                status_summary_item = status_summary_item_data.to_dict()
                status_summary.append(status_summary_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "streamId": stream_id,
                "status": status,
            }
        )
        if field_id is not UNSET:
            field_dict["_id"] = field_id
        if action is not UNSET:
            field_dict["action"] = action
        if job_type is not UNSET:
            field_dict["jobType"] = job_type
        if field_v is not UNSET:
            field_dict["__v"] = field_v
        if count_of_dock_statuses is not UNSET:
            field_dict["countOfDockStatuses"] = count_of_dock_statuses
        if created_by is not UNSET:
            field_dict["createdBy"] = created_by
        if percentage_complete is not UNSET:
            field_dict["percentageComplete"] = percentage_complete
        if requested_time is not UNSET:
            field_dict["requestedTime"] = requested_time
        if initiated_on is not UNSET:
            field_dict["initiatedOn"] = initiated_on
        if last_modified_on is not UNSET:
            field_dict["lastModifiedOn"] = last_modified_on
        if error is not UNSET:
            field_dict["error"] = error
        if status_summary is not UNSET:
            field_dict["statusSummary"] = status_summary

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.published_resource import PublishedResource

        d = dict(src_dict)
        stream_id = d.pop("streamId")

        def _parse_status(data: object) -> PublishState | str:
            try:
                if not isinstance(data, str):
                    raise TypeError()
                status_type_0 = PublishState(data)

                return status_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(PublishState | str, data)

        status = _parse_status(d.pop("status"))

        field_id = d.pop("_id", UNSET)

        action = d.pop("action", UNSET)

        job_type = d.pop("jobType", UNSET)

        field_v = d.pop("__v", UNSET)

        count_of_dock_statuses = d.pop("countOfDockStatuses", UNSET)

        created_by = d.pop("createdBy", UNSET)

        percentage_complete = d.pop("percentageComplete", UNSET)

        def _parse_requested_time(data: object) -> datetime.datetime | str | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                requested_time_type_0 = datetime.datetime.fromisoformat(data)

                return requested_time_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | str | Unset, data)

        requested_time = _parse_requested_time(d.pop("requestedTime", UNSET))

        def _parse_initiated_on(data: object) -> datetime.datetime | str | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                initiated_on_type_0 = datetime.datetime.fromisoformat(data)

                return initiated_on_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | str | Unset, data)

        initiated_on = _parse_initiated_on(d.pop("initiatedOn", UNSET))

        def _parse_last_modified_on(data: object) -> datetime.datetime | str | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                last_modified_on_type_0 = datetime.datetime.fromisoformat(data)

                return last_modified_on_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | str | Unset, data)

        last_modified_on = _parse_last_modified_on(d.pop("lastModifiedOn", UNSET))

        error = d.pop("error", UNSET)

        _status_summary = d.pop("statusSummary", UNSET)
        status_summary: list[PublishedResource] | Unset = UNSET
        if _status_summary is not UNSET:
            status_summary = []
            for status_summary_item_data in _status_summary:
                status_summary_item = PublishedResource.from_dict(status_summary_item_data)

                status_summary.append(status_summary_item)

        publish_status = cls(
            stream_id=stream_id,
            status=status,
            field_id=field_id,
            action=action,
            job_type=job_type,
            field_v=field_v,
            count_of_dock_statuses=count_of_dock_statuses,
            created_by=created_by,
            percentage_complete=percentage_complete,
            requested_time=requested_time,
            initiated_on=initiated_on,
            last_modified_on=last_modified_on,
            error=error,
            status_summary=status_summary,
        )

        publish_status.additional_properties = d
        return publish_status

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
from ..models.published_resource import PublishedResource  # noqa: E402
