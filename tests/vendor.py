"""An in-memory fake of a vendor's API, whose jobs change their state with the virtual time."""

import email.utils
from collections.abc import Callable
from typing import Any

import httpx
from attrs import Factory, define

from .paths import id_in
from .virtual_clock import EPOCH, VirtualClock

Fault = Callable[[httpx.Request, int], httpx.Response | None]  # called with a request and its number, from 1


def json_response(status: int, body: Any = None, **headers: str) -> httpx.Response:
    """Return a JSON response; underscores in header names stand for hyphens."""
    hyphenated = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, headers=hyphenated, json={} if body is None else body)


@define
class Vendor:
    """A handler for `httpx.MockTransport` that responds to polls and records them.

    Attributes:
        report: called with a job id and the virtual time in seconds; returns the status, or None for a 404.
        fault: called first, with the request and its number; returns a response to send instead, or None.
        polls: the time in seconds and the job id of each request.
    """

    clock: VirtualClock
    report: Callable[[str, float], Any]
    fault: Fault = lambda _request, _number: None
    polls: list[tuple[float, str]] = Factory(list)
    requests: list[httpx.Request] = Factory(list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Respond to one request."""
        name = id_in(request.url.raw_path)
        self.polls.append((self.clock.time, name))
        self.requests.append(request)
        faulty = self.fault(request, len(self.polls))
        if faulty is not None:
            return faulty
        body = self.report(name, self.clock.time)
        if body is None:
            return json_response(404, {"errors": [{"msg": "Not found", "code": 404}]})
        date = email.utils.formatdate(EPOCH + self.clock.time, usegmt=True)
        return httpx.Response(200, headers={"date": date}, json=body)

    @property
    def poll_times(self) -> list[float]:
        """The time of each poll in seconds."""
        return [time for time, _ in self.polls]


def dock_status(name: str, state: Any, **members: Any) -> dict[str, Any]:
    """Return the JSON of a dock status."""
    return {"_id": name, "jobType": "MODELS", "action": "UNDEPLOY", "status": state, **members}


def ends_at(time: float, final: str = "SUCCESS", pending: str = "IN_PROGRESS") -> Callable[[str, float], Any]:
    """Return a report of dock statuses that are pending until a time in seconds, and then final."""
    return lambda name, now: dock_status(name, final if now >= time else pending)


def workflow(state: str, **members: Any) -> Callable[[str, float], Any]:
    """Return a report of workflow statuses whose state does not change."""
    return lambda name, _: {"workflow_id": name, "state": state, **members}
