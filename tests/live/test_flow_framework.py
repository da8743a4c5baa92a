"""Live tests of the flow-framework plugin of OpenSearch. `make verify STORY=noop` runs `test_noop`, `STORY=all` all."""

import time

import pytest
from job_status import ApiError, JobFailedError

from .conftest import Node, Wait, path_of

API = "opensearch-flow-framework"


def test_noop(node: Node, wait: Wait, pytestconfig: pytest.Config) -> None:
    """A workflow with one step of three seconds is provisioned, completes, and is deleted."""
    workflow = node.create({"id": "wait", "type": "noop", "user_inputs": {"delay": "3s"}})
    created = node.read(workflow)
    provisioned = node.request("POST", path_of(workflow, "/_provision"), expected=(200, 202))
    began = time.monotonic()
    waited = wait(workflow)
    seconds = time.monotonic() - began
    final = node.read(workflow)

    assert (created.workflow_id, created.state) == (workflow, "NOT_STARTED")
    assert created.provisioning_progress == "NOT_STARTED"
    assert provisioned.json()["workflow_id"] == workflow
    assert (waited.workflow_id, waited.state) == (workflow, "COMPLETED")
    assert (final.state, final.provisioning_progress) == ("COMPLETED", "DONE")
    assert isinstance(final.provision_start_time, int)
    assert isinstance(final.provision_end_time, int)
    # The client polls an older workflow less often, so the allowed delay grows with its age.
    age = (final.provision_end_time - final.provision_start_time) / 1000
    assert seconds - age <= pytestconfig.getoption("--max-delay") + 0.5 * age, (
        "the wait ended late; is the machine busy?"
    )

    node.request("DELETE", path_of(workflow))
    with pytest.raises(ApiError, match=r"Fail(ed)? to (find|get) workflow") as missing:
        node.api.get_workflow_status(workflow)
    assert missing.value.status == 404


def test_create_index(node: Node, wait: Wait) -> None:
    """A workflow creates an index, and deprovisioning deletes it."""
    index = f"job-status-{node.unique}"
    workflow = node.create(
        {"id": "wait", "type": "noop", "user_inputs": {"delay": "1s"}},
        {"id": "mk", "type": "create_index", "user_inputs": {"index_name": index, "configurations": "{}"}},
        edges=({"source": "wait", "dest": "mk"},),
    )
    deprovision = path_of(workflow, f"/_deprovision?allow_delete={index}")
    node.at_end("POST", deprovision, expected=(200, 202, 400, 403, 404))
    node.request("POST", path_of(workflow, "/_provision"), expected=(200, 202))
    waited = wait(workflow)
    final = node.read(workflow)
    resources = [resource.to_dict() for resource in final.resources_created or ()]

    assert waited.state == "COMPLETED"
    assert [resource.workflow_step_name for resource in waited.resources_created or ()] == ["create_index"]
    assert (final.state, final.provisioning_progress) == ("COMPLETED", "DONE")
    assert [(one["workflow_step_id"], one["resource_type"]) for one in resources] == [("mk", "index_name")]
    created = resources[0]["resource_id"]
    deleted = node.request("POST", path_of(workflow, "/_deprovision"), params={"allow_delete": created})
    assert deleted.json()["workflow_id"] == workflow
    reset = node.read(workflow)
    assert (reset.state, reset.provisioning_progress) == ("NOT_STARTED", "NOT_STARTED")


def test_failure(node: Node, wait: Wait) -> None:
    """A workflow whose only step fails ends in failure and reports the reason."""
    # Index names must be lower case.
    inputs = {"index_name": f"UPPER-{node.unique}", "configurations": "{}"}
    workflow = node.create({"id": "mk", "type": "create_index", "user_inputs": inputs})
    node.at_end("POST", path_of(workflow, "/_deprovision"), expected=(200, 202, 403, 404))
    node.request("POST", path_of(workflow, "/_provision"), expected=(200, 202))
    with pytest.raises(JobFailedError) as failed:
        wait(workflow)
    final = node.read(workflow)

    assert failed.value.wait.status is not None
    assert failed.value.wait.status.state == "FAILED"
    assert (final.state, final.provisioning_progress) == ("FAILED", "FAILED")
    assert "during step mk" in str(final.error)


def test_disabled(node: Node) -> None:
    """While the plugin is disabled, which holds for the whole cluster, status requests are rejected."""
    setting = "plugins.flow_framework.enabled"
    workflow = node.create({"id": "wait", "type": "noop"})
    node.at_end("PUT", "/_cluster/settings", {"transient": {setting: None}}, expected=(200,))
    disabled = node.request("PUT", "/_cluster/settings", {"transient": {setting: False}})
    assert disabled.json()["acknowledged"] is True
    with pytest.raises(ApiError, match="This API is disabled") as rejected:
        node.api.get_workflow_status(workflow)
    assert rejected.value.status == 403
    invalid = node.request("GET", path_of(workflow, "/_status?all=banana"), expected=(400,))
    assert "Failed to parse value [banana]" in invalid.text

    enabled = node.request("PUT", "/_cluster/settings", {"transient": {setting: None}})
    assert enabled.json()["acknowledged"] is True
    assert node.read(workflow).state == "NOT_STARTED"
