"""The operations of the control API, each under its operationId in control.yaml."""

import math
from typing import Any

import attrs

from ..document import Operation
from .app import Simulator
from .clock import MAX_TIME, ScaledClock, describe_clock
from .control_request import ControlRequest, ControlRequestError
from .events import Watcher
from .faults import parse_fault
from .job_requests import check_api, create_jobs


class ControlOperations:
    """The operations on a simulator. Each returns the JSON body of its response, or None for an empty one."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._watcher = Watcher(simulator)
        clock = simulator.settings.clock
        self._start = (clock.now(), clock.speed if isinstance(clock, ScaledClock) else None)

    def get_overview(self, _: ControlRequest) -> Any:
        """Describe the simulated APIs, the clock and the limits."""
        apis = [
            {
                "api": document.stem,
                "title": document.title,
                "base": f"/{document.stem}",
                "operations": [_describe_operation(operation) for operation in document.operations],
            }
            for document in self._simulator.documents
        ]
        limits = {"enforced": self._simulator.rate_limiter.enforced}
        return {"apis": apis, "clock": describe_clock(self._simulator.settings.clock), "limits": limits}

    def create_jobs(self, request: ControlRequest) -> Any:
        """Create jobs, or start new runs of existing ones."""
        simulator = self._simulator
        return create_jobs(simulator.documents, simulator.jobs, request.body, simulator.settings.clock.now())

    def list_jobs(self, request: ControlRequest) -> Any:
        """List the jobs with their states."""
        query, now = request.query, self._simulator.settings.clock.now()
        if "api" in query:
            check_api(self._simulator.documents, query["api"])
        found: list[dict[str, Any]] = []
        for api, jobs in self._simulator.jobs:
            if query.get("api", api) != api:
                continue
            for parameters, state in jobs.states(now):
                if len(found) >= query["limit"]:
                    break
                if "id" not in query or query["id"] == parameters[jobs.id_parameter]:
                    name = jobs.operation.id
                    found.append({"api": api, "operation": name, "parameters": parameters, "state": state})
        return {"jobs": found}

    def set_fault(self, request: ControlRequest) -> Any:
        """Add a fault."""
        return {"number": self._simulator.faults.add(parse_fault(request.body, self._simulator.documents))}

    def list_faults(self, _: ControlRequest) -> Any:
        """List the active faults."""
        active = self._simulator.faults.active_faults()
        return {"faults": [{**fault.described(), "number": number, "met": met} for number, fault, met in active]}

    def clear_faults(self, _: ControlRequest) -> None:
        """Remove all faults."""
        self._simulator.faults.clear()

    def remove_fault(self, request: ControlRequest) -> None:
        """Remove one fault."""
        number = request.values["number"]
        if not self._simulator.faults.remove(int(number)):
            raise ControlRequestError("number", f"no fault has the number {number}", 404)

    def get_clock(self, _: ControlRequest) -> Any:
        """Return the time and the speed."""
        return describe_clock(self._simulator.settings.clock)

    def set_clock(self, request: ControlRequest) -> Any:
        """Change the speed of the clock, and move it forward."""
        clock, advance = self._simulator.settings.clock, request.body.get("advance", 0)
        if "speed" in request.body:
            if not isinstance(clock, ScaledClock):
                reason = "the clock advances per request and has no speed; start the simulator without --step"
                raise ControlRequestError("speed", reason)
            clock.set_speed(request.body["speed"])
        if clock.now() + advance > MAX_TIME:
            raise ControlRequestError("advance", "exceeds the year 9999")
        clock.advance(advance)
        return describe_clock(self._simulator.settings.clock)

    def set_limits(self, request: ControlRequest) -> Any:
        """Start or stop to enforce the documented rate limits."""
        self._simulator.rate_limiter.enforce(request.body["enforced"])
        return request.body

    def list_requests(self, request: ControlRequest) -> Any:
        """List the most recent requests."""
        requests = self._simulator.request_log.after(request.query["after"])
        return {"requests": [attrs.asdict(one) for one in requests]}

    def get_events(self, request: ControlRequest) -> Any:
        """Stream what happens, until the client disconnects."""
        seconds = request.query.get("seconds", math.inf)
        return self._watcher.response(request.last_event_id, seconds, request.stopping)

    def reset(self, _: ControlRequest) -> None:
        """Restore the initial jobs, faults, clock and limits, and clear the request log."""
        clock = self._simulator.settings.clock
        start, speed = self._start
        if isinstance(clock, ScaledClock) and speed is not None:
            clock.restart(start, speed)
        elif not isinstance(clock, ScaledClock):
            clock.advance(start - clock.now())
        self._simulator.reset()


def _describe_operation(operation: Operation) -> dict[str, Any]:
    job = operation.job
    described: dict[str, Any] = {
        "operation": operation.id,
        "method": operation.method,
        "path": operation.path,
        "words": list(job.states) if job else [],
    }
    return {**described, "parameter": job.parameter, "kinds": dict(job.kinds)} if job else described
