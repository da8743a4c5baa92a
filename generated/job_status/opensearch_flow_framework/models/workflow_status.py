# Generated from openapi/opensearch-flow-framework.yaml by `make generate`; do not edit.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.provisioning_progress import ProvisioningProgress
from ..models.workflow_state import WorkflowState
from ..types import UNSET, Unset

T = TypeVar("T", bound="WorkflowStatus")


WorkflowStatusState: TypeAlias = Literal["PROVISIONING", "NOT_STARTED", "COMPLETED", "FAILED"]


@_attrs_define
class WorkflowStatus:
    """The status of a workflow. A field without a value is absent, never null. With all=false the response has only
    workflow_id, error, state and resources_created.

    """

    workflow_id: str
    """ The id of the workflow. """
    state: str | WorkflowState
    """ The state of the provisioning. COMPLETED and FAILED are final. """
    error: str | Unset = UNSET
    """ The error of the last failed provisioning. It is kept during a later provisioning and a partial
    deprovisioning, so it can be present in any state. Its wording differs between versions. """
    provisioning_progress: ProvisioningProgress | str | Unset = UNSET
    """ The progress of the provisioning. It corresponds to the state, with other values. """
    provision_start_time: int | Unset = UNSET
    """ When the provisioning started, in milliseconds since 1970. Absent before the first provisioning, and after a
    deprovisioning during a provisioning; provision_end_time can still be present then. """
    provision_end_time: int | Unset = UNSET
    """ When the provisioning ended, in milliseconds since 1970. During a second provisioning it is still the end of
    the first. """
    user: WorkflowUser | Unset = UNSET
    """ The user who created the workflow. Only with the security plugin. Only here, fields can be null. """
    user_outputs: WorkflowStatusUserOutputs | Unset = UNSET
    """ Outputs for the user. No released version writes any. """
    resources_created: list[CreatedResource] | Unset = UNSET
    """ The created resources, in the order of completion. Absent if empty. A resource can occur more than once:
    once for each step that contributed to it. """
    tenant_id: str | Unset = UNSET
    """ The tenant. Only with multi-tenancy, since 2.19. """
    all_shared_principals: list[str] | Unset = UNSET
    """ The principals with whom the workflow is shared. Only with resource sharing, since 3.4. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    @property
    def job_state(self) -> WorkflowStatusState | None:
        """The state, or None for one that the document does not list, so that a type checker finds a mistyped state."""
        from ..._operations.opensearch_flow_framework import _SPEC_WORKFLOW_STATUS

        state: WorkflowStatusState | None = _SPEC_WORKFLOW_STATUS.known_state(self)
        return state

    @property
    def is_final(self) -> bool:
        """Whether the job has ended, with COMPLETED, FAILED."""
        from ..._operations.opensearch_flow_framework import _SPEC_WORKFLOW_STATUS

        return _SPEC_WORKFLOW_STATUS.kind_of(self) in ("success", "partial", "failure")

    @property
    def is_success(self) -> bool:
        """Whether the job has succeeded, entirely."""
        from ..._operations.opensearch_flow_framework import _SPEC_WORKFLOW_STATUS

        return _SPEC_WORKFLOW_STATUS.kind_of(self) == "success"

    @property
    def is_failure(self) -> bool:
        """Whether the job has failed."""
        from ..._operations.opensearch_flow_framework import _SPEC_WORKFLOW_STATUS

        return _SPEC_WORKFLOW_STATUS.kind_of(self) == "failure"

    def to_dict(self) -> dict[str, Any]:
        workflow_id = self.workflow_id

        state: str
        if isinstance(self.state, WorkflowState):
            state = self.state.value
        else:
            state = self.state

        error = self.error

        provisioning_progress: str | Unset
        if isinstance(self.provisioning_progress, Unset):
            provisioning_progress = UNSET
        elif isinstance(self.provisioning_progress, ProvisioningProgress):
            provisioning_progress = self.provisioning_progress.value
        else:
            provisioning_progress = self.provisioning_progress

        provision_start_time = self.provision_start_time

        provision_end_time = self.provision_end_time

        user: dict[str, Any] | Unset = UNSET
        if not isinstance(self.user, Unset):
            user = self.user.to_dict()

        user_outputs: dict[str, Any] | Unset = UNSET
        if not isinstance(self.user_outputs, Unset):
            user_outputs = self.user_outputs.to_dict()

        resources_created: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.resources_created, Unset):
            resources_created = []
            for resources_created_item_data in self.resources_created:
                resources_created_item = resources_created_item_data.to_dict()
                resources_created.append(resources_created_item)

        tenant_id = self.tenant_id

        all_shared_principals: list[str] | Unset = UNSET
        if not isinstance(self.all_shared_principals, Unset):
            all_shared_principals = self.all_shared_principals

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "workflow_id": workflow_id,
                "state": state,
            }
        )
        if error is not UNSET:
            field_dict["error"] = error
        if provisioning_progress is not UNSET:
            field_dict["provisioning_progress"] = provisioning_progress
        if provision_start_time is not UNSET:
            field_dict["provision_start_time"] = provision_start_time
        if provision_end_time is not UNSET:
            field_dict["provision_end_time"] = provision_end_time
        if user is not UNSET:
            field_dict["user"] = user
        if user_outputs is not UNSET:
            field_dict["user_outputs"] = user_outputs
        if resources_created is not UNSET:
            field_dict["resources_created"] = resources_created
        if tenant_id is not UNSET:
            field_dict["tenant_id"] = tenant_id
        if all_shared_principals is not UNSET:
            field_dict["all_shared_principals"] = all_shared_principals

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.created_resource import CreatedResource
        from ..models.workflow_status_user_outputs import WorkflowStatusUserOutputs
        from ..models.workflow_user import WorkflowUser

        d = dict(src_dict)
        workflow_id = d.pop("workflow_id")

        def _parse_state(data: object) -> str | WorkflowState:
            try:
                if not isinstance(data, str):
                    raise TypeError()
                state_type_0 = WorkflowState(data)

                return state_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(str | WorkflowState, data)

        state = _parse_state(d.pop("state"))

        error = d.pop("error", UNSET)

        def _parse_provisioning_progress(data: object) -> ProvisioningProgress | str | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                provisioning_progress_type_0 = ProvisioningProgress(data)

                return provisioning_progress_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ProvisioningProgress | str | Unset, data)

        provisioning_progress = _parse_provisioning_progress(d.pop("provisioning_progress", UNSET))

        provision_start_time = d.pop("provision_start_time", UNSET)

        provision_end_time = d.pop("provision_end_time", UNSET)

        _user = d.pop("user", UNSET)
        user: WorkflowUser | Unset
        if isinstance(_user, Unset):
            user = UNSET
        else:
            user = WorkflowUser.from_dict(_user)

        _user_outputs = d.pop("user_outputs", UNSET)
        user_outputs: WorkflowStatusUserOutputs | Unset
        if isinstance(_user_outputs, Unset):
            user_outputs = UNSET
        else:
            user_outputs = WorkflowStatusUserOutputs.from_dict(_user_outputs)

        _resources_created = d.pop("resources_created", UNSET)
        resources_created: list[CreatedResource] | Unset = UNSET
        if _resources_created is not UNSET:
            resources_created = []
            for resources_created_item_data in _resources_created:
                resources_created_item = CreatedResource.from_dict(resources_created_item_data)

                resources_created.append(resources_created_item)

        tenant_id = d.pop("tenant_id", UNSET)

        all_shared_principals = cast(list[str], d.pop("all_shared_principals", UNSET))

        workflow_status = cls(
            workflow_id=workflow_id,
            state=state,
            error=error,
            provisioning_progress=provisioning_progress,
            provision_start_time=provision_start_time,
            provision_end_time=provision_end_time,
            user=user,
            user_outputs=user_outputs,
            resources_created=resources_created,
            tenant_id=tenant_id,
            all_shared_principals=all_shared_principals,
        )

        workflow_status.additional_properties = d
        return workflow_status

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
from ..models.created_resource import CreatedResource  # noqa: E402
from ..models.workflow_status_user_outputs import WorkflowStatusUserOutputs  # noqa: E402
from ..models.workflow_user import WorkflowUser  # noqa: E402
