"""A vendor in memory: jobs with a life of their own, answered to httpx without a socket."""

import email.utils
from collections.abc import Callable
from typing import Any

import httpx
from attrs import Factory, define

from .virtual import EPOCH, VirtualClock

Fault = Callable[[httpx.Request, int], httpx.Response | None]


def told(status: int, body: Any = None, **headers: str) -> httpx.Response:
    """An answer of JSON."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, headers=named, json={} if body is None else body)


def named(url: httpx.URL) -> str:
    """The id in the path of a status URL."""
    return next(part for part in reversed(url.path.split("/")) if part not in {"_status", "status", "publish"})


@define
class Vendor:
    """Answers status requests by what `report` says of a job, unless `fault` answers first.

    `report` is given the id in the path and the seconds since the vendor began.
    """

    clock: VirtualClock
    report: Callable[[str, float], Any]
    fault: Fault = lambda _request, _number: None
    asked: list[tuple[float, str]] = Factory(list)
    requests: list[httpx.Request] = Factory(list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answers one request."""
        name = named(request.url)
        self.asked.append((self.clock.time, name))
        self.requests.append(request)
        faulty = self.fault(request, len(self.asked))
        if faulty is not None:
            return faulty
        body = self.report(name, self.clock.time)
        if body is None:
            return told(404, {"errors": [{"msg": "Not found", "code": 404}]})
        date = email.utils.formatdate(EPOCH + self.clock.time, usegmt=True)
        return httpx.Response(200, headers={"date": date}, json=body)

    @property
    def times(self) -> list[float]:
        """When it was asked."""
        return [moment for moment, _ in self.asked]


def dock(name: str, state: Any, **more: Any) -> dict[str, Any]:
    """A dock status."""
    return {"_id": name, "jobType": "MODELS", "action": "UNDEPLOY", "status": state, **more}


def ends(after: float, last: str = "SUCCESS", first: str = "IN_PROGRESS") -> Callable[[str, float], Any]:
    """A dock status that ends."""
    return lambda name, now: dock(name, last if now >= after else first)


def workflow(state: str, **more: Any) -> Callable[[str, float], Any]:
    """A workflow that stays in a state."""
    return lambda name, _: {"workflow_id": name, "state": state, **more}
