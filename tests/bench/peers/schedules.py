"""Follow jobs with the wait loops of installed libraries, under a virtual clock; print polls and overshoot as JSON.

Every library waits as by default, without a limit: those that give up after a while would otherwise avoid the long jobs.
When each gives up is measured separately.
"""

import io
import json
import random
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any
from unittest import mock

import httpx
import requests
import tenacity
import urllib3
from azure.core import PipelineClient
from azure.core.pipeline.policies import RequestIdPolicy
from azure.core.pipeline.transport import HttpRequest, RequestsTransport
from azure.core.polling import LROPoller
from azure.core.polling.base_polling import LROBasePolling
from botocore.loaders import Loader
from botocore.waiter import Waiter, WaiterModel
from google.api_core.operation import Operation
from google.longrunning import operations_pb2
from google.protobuf import any_pb2, empty_pb2
from job_status import AgentPlatform

from ...virtual_clock import VirtualClock
from ..distributions import WORKLOADS, quantile
from .jobs import Follow, Job, gives_up, mean

UNLIMITED_ATTEMPTS = 10**9


def job_status(clock: VirtualClock) -> Follow:
    """Return `wait_for_dock_status` of the generated client."""
    current: list[Job] = []

    def respond(request: httpx.Request) -> httpx.Response:
        state = "SUCCESS" if current[-1].poll() else "IN_PROGRESS"
        body = {"_id": "ds-1", "toolId": "a-1", "jobType": "TOOLS", "action": "DEPLOY", "status": state}
        return httpx.Response(200, json=body)

    make = clock.client_class(AgentPlatform)
    api = make("http://localhost", api_key="key", http_transport=httpx.MockTransport(respond))

    def follow(job: Job, limited: bool) -> object:
        current[:] = [job]
        return api.wait_for_dock_status("ds-1") if limited else api.wait_for_dock_status("ds-1", timeout=None)

    return follow


def google(clock: VirtualClock) -> Follow:
    """Return `Operation.result` of google-api-core."""
    result = any_pb2.Any()
    result.Pack(empty_pb2.Empty())
    pending = operations_pb2.Operation(name="operations/1", done=False)
    done = operations_pb2.Operation(name="operations/1", done=True, response=result)

    def follow(job: Job, limited: bool) -> object:
        def refresh(**_: object) -> operations_pb2.Operation:
            return done if job.poll() else pending

        operation = Operation(pending, refresh, lambda: None, empty_pb2.Empty)
        return operation.result() if limited else operation.result(timeout=None)

    return follow


class _Adapter(requests.adapters.HTTPAdapter):
    """Responds to requests as a server of Azure does, without a network."""

    job: Job

    def send(self, request: requests.PreparedRequest, *_: object, **__: object) -> requests.Response:
        """Return that the job has been accepted, or its status."""
        headers, status, body = {"Content-Type": "application/json"}, 200, b"{}"
        if request.method == "POST":
            headers["Operation-Location"], status = "http://localhost/operations/1", 202
        else:
            body = b'{"status":"Succeeded"}' if self.job.poll() else b'{"status":"InProgress"}'
        raw = urllib3.HTTPResponse(io.BytesIO(body), headers, status, preload_content=False)
        return self.build_response(request, raw)


def azure(clock: VirtualClock) -> Follow:
    """Return `LROPoller.result` of azure-core."""
    session, adapter = requests.Session(), _Adapter()
    session.mount("http://", adapter)
    transport = RequestsTransport(session=session, session_owner=False)
    client: Any = PipelineClient("http://localhost", policies=[RequestIdPolicy()], transport=transport)

    def follow(job: Job, limited: bool) -> object:
        adapter.job = job
        started = client._pipeline.run(HttpRequest("POST", "http://localhost/jobs"))
        # Patched clocks are of the whole process: the thread of the poller uses them as well.
        poller: Any = LROPoller(client, started, lambda _: "done", LROBasePolling())
        return poller.result()

    return follow


def botocore(clock: VirtualClock) -> Follow:
    """Return a waiter of botocore: that of EC2 instances has 15 s and 40 attempts, as have a third of all."""
    model = WaiterModel(Loader().load_service_model("ec2", "waiters-2"))

    def follow(job: Job, limited: bool) -> object:
        def describe(**_: object) -> dict[str, object]:
            state = "running" if job.poll() else "pending"
            return {"Reservations": [{"Instances": [{"State": {"Name": state}}]}]}

        waiter = Waiter("InstanceRunning", model.get_waiter("InstanceRunning"), describe)
        return waiter.wait() if limited else waiter.wait(WaiterConfig={"MaxAttempts": UNLIMITED_ATTEMPTS})

    return follow


def tenacity_jitter(clock: VirtualClock) -> Follow:
    """Return a retry of tenacity with exponential intervals and jitter: 0.1 s to 5 s, and up to 1 s."""

    def follow(job: Job, limited: bool) -> object:
        wait = tenacity.wait_exponential_jitter(multiplier=0.1, max=5.0, jitter=1.0)
        return tenacity.Retrying(retry=tenacity.retry_if_result(lambda done: not done), wait=wait)(job.poll)

    return follow


LIBRARIES: Mapping[str, Callable[[VirtualClock], Follow]] = {
    "job-status": job_status,
    "google-api-core": google,
    "azure-core": azure,
    "botocore": botocore,
    "tenacity": tenacity_jitter,
}


def measure(jobs: int, seeds: int) -> dict[str, Any]:
    """Return the means of each library for each workload, one for each seed, and when each gives up."""
    clock = VirtualClock()
    with (
        mock.patch.object(time, "sleep", clock.sleep),
        mock.patch.object(time, "monotonic", clock.now),
        mock.patch.object(time, "time", clock.wall),
    ):
        follows = {name: make(clock) for name, make in LIBRARIES.items()}
        rounds = []
        for seed in range(seeds):
            random.seed(seed)
            offset = random.random()
            # All libraries follow the same jobs, of every length in its proportion.
            durations = {
                workload: [quantile(distribution, (number + offset) / jobs) for number in range(jobs)]
                for workload, distribution in WORKLOADS.items()
            }
            rounds.append(
                {
                    workload: {name: mean(clock, follow, lengths) for name, follow in follows.items()}
                    for workload, lengths in durations.items()
                }
            )
        return {"rounds": rounds, "gives_up": {name: gives_up(clock, follow) for name, follow in follows.items()}}


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]), int(sys.argv[2]))))
