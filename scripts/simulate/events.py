"""What happens in a simulator, as a stream of server-sent events.

A stream compares the simulator with what its reader knows, several times a second. So requests and jobs cost nothing
while no stream is open, all streams share one look, and a reader that is too slow gets fewer events: none wait for it.
"""

import asyncio
import contextlib
import json
import math
import re
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

import attrs
from attrs import field, frozen
from starlette.responses import StreamingResponse

from .app import Simulator
from .clock import describe_clock
from .faults import Fault
from .jobs import OperationJobs
from .request_log import RequestLog
from .status import SimulatedJob

PERIOD = 0.2  # seconds between two looks
HEARTBEAT = 15.0  # seconds of silence after which a comment keeps the connection open
RETRY = 1000  # milliseconds after which a browser connects again
MAX_FAULTS = 100  # in an event
HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no", "x-content-type-options": "nosniff"}


@frozen
class _Job:
    """A job at a time."""

    jobs: OperationJobs
    key: tuple[str, ...]
    run: SimulatedJob = field(eq=id)
    state: str
    started_at: float | None

    def name(self) -> dict[str, str]:
        """Return what identifies it among all jobs, as JSON."""
        jobs = self.jobs
        return {"operation": jobs.operation.id, "path": f"/{jobs.api}{jobs.path_of(jobs.parameters_of(self.key))}"}

    def described(self, now: float) -> dict[str, Any]:
        """Return the job as JSON."""
        jobs, run = self.jobs, self.run
        elapsed = 0.0 if self.started_at is None else now - self.started_at
        return {
            **self.name(),
            "api": jobs.api,
            "id": jobs.parameters_of(self.key)[jobs.id_parameter],
            "state": self.state,
            "kind": jobs.job_spec.kinds[self.state],
            "progress": min(max(elapsed / run.duration, 0.0), 1.0) if run.duration else 1.0,
            "started": self.started_at,
            "after": [list(step) for step in run.timeline],
        }


@frozen
class _Look:
    """A simulator at a time: what can change, in a form that is quick to compare."""

    now: float
    resets: int
    clock: tuple[float, ...]
    limits: tuple[int, bool]  # with its number: a page that has set a value must learn that it was set back
    faults: tuple[tuple[int, int], ...]
    active: tuple[tuple[int, Fault, int], ...]
    jobs: Mapping[Any, _Job]
    job_count: int
    log: RequestLog
    last_request: int


class Watcher:
    """Streams of what happens in a simulator."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._run = secrets.token_hex(4)
        self._period = -1
        self._look: _Look | None = None
        self._encoded: tuple[_Look | None, _Look | None, bytes] = (None, None, b"")

    def response(self, last_event_id: str, seconds: float, stopping: asyncio.Event) -> StreamingResponse:
        """Return the response with a stream.

        Args:
            last_event_id: The id of the last event that the reader has received, empty for none.
            seconds: The duration of the stream.
            stopping: Ends the stream when it is set.
        """
        events = self._events(last_event_id, seconds, stopping)
        return StreamingResponse(events, media_type="text/event-stream", headers=HEADERS)

    async def _events(self, last_event_id: str, seconds: float, stopping: asyncio.Event) -> AsyncIterator[bytes]:
        known = self._take_look()
        yield f"retry: {RETRY}\n\n".encode() + self._snapshot(known, self._resumed_after(last_event_id, known))
        sent_at = time.monotonic()
        end = sent_at + seconds
        while (now := time.monotonic()) < end:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), min(end - now, PERIOD - now % PERIOD))
                return
            current = self._shared_look()
            event, known = self._change(known, current), current
            if not event and time.monotonic() - sent_at >= HEARTBEAT:
                event = b": nothing new\n\n"
            if event:
                sent_at = time.monotonic()
                yield event

    def _shared_look(self) -> _Look:
        """Return the look of this period, which all streams share."""
        period = math.floor(time.monotonic() / PERIOD)
        if self._look is None or period != self._period or self._look.resets != self._simulator.resets:
            self._look, self._period = self._take_look(), period
        return self._look

    def _take_look(self) -> _Look:
        simulator = self._simulator
        clock, now = simulator.settings.clock, simulator.settings.clock.now()
        active = tuple(simulator.faults.active_faults())
        jobs = {
            (id(jobs), key): _Job(jobs, key, run, run.state_at(now), run.started_at)
            for jobs, key, run in simulator.jobs.recent
        }
        return _Look(
            now=now,
            resets=simulator.resets,
            clock=clock.settings,
            limits=(simulator.rate_limiter.settings, simulator.rate_limiter.enforced),
            faults=tuple((number, met) for number, _, met in active),
            active=active,
            jobs=jobs,
            job_count=sum(jobs.count for _, jobs in simulator.jobs),
            log=simulator.request_log,
            last_request=simulator.request_log.last,
        )

    def _resumed_after(self, last_event_id: str, look: _Look) -> int | None:
        """Return the number of the last request that a reader knows, None if some of those after it are lost."""
        found = re.fullmatch(rf"{self._run}-{look.resets}-([0-9]{{1,18}})", last_event_id)
        number = int(found[1]) if found else -1
        return number if 0 <= number <= look.last_request and _covers(look, number) else None

    def _snapshot(self, look: _Look, resumed_after: int | None) -> bytes:
        content = {
            "run": self._run,
            "resumed": resumed_after is not None,
            "clock": self._clock(look),
            "limits": {"enforced": look.limits[1]},
            **_faults(look),
            "jobs": [job.described(look.now) for job in look.jobs.values()],
            "job_count": look.job_count,
            "requests": _requests(look, resumed_after or 0),
        }
        return self._event("snapshot", look, content)

    def _change(self, known: _Look, look: _Look) -> bytes:
        """Return the event that brings a reader from one look to the next one; empty if nothing has changed."""
        if known is look:
            return b""
        if self._encoded[0] is not known or self._encoded[1] is not look:
            self._encoded = (known, look, self._encode_change(known, look))
        return self._encoded[2]

    def _encode_change(self, known: _Look, look: _Look) -> bytes:
        if look.resets != known.resets or not _covers(look, known.last_request):
            return self._snapshot(look, None)
        content: dict[str, Any] = {}
        if look.clock != known.clock:
            content["clock"] = self._clock(look)
        if look.limits != known.limits:
            content["limits"] = {"enforced": look.limits[1]}
        if look.faults != known.faults:
            content |= _faults(look)
        if jobs := [job.described(look.now) for key, job in look.jobs.items() if known.jobs.get(key) != job]:
            content["jobs"] = jobs
        if removed := [job.name() for key, job in known.jobs.items() if key not in look.jobs]:
            content["removed"] = removed
        if look.job_count != known.job_count:
            content["job_count"] = look.job_count
        if look.last_request != known.last_request:
            content["requests"] = _requests(look, known.last_request)
        return self._event("change", look, content) if content else b""

    def _clock(self, look: _Look) -> dict[str, float]:
        return {**describe_clock(self._simulator.settings.clock), "now": look.now}

    def _event(self, name: str, look: _Look, content: Mapping[str, Any]) -> bytes:
        # JSON has no line break in a string, so the data is one line.
        data = json.dumps(content, separators=(",", ":"))
        return f"id: {self._run}-{look.resets}-{look.last_request}\nevent: {name}\ndata: {data}\n\n".encode()


def _covers(look: _Look, number: int) -> bool:
    """Return whether the log still has every request after a number."""
    return number >= look.log.last - len(look.log)


def _requests(look: _Look, after: int) -> list[dict[str, Any]]:
    return [attrs.asdict(one) for one in look.log.after(after) if one.number <= look.last_request]


def _faults(look: _Look) -> dict[str, Any]:
    newest = look.active[-MAX_FAULTS:]
    described = [{**fault.described(), "number": number, "met": met} for number, fault, met in newest]
    return {"faults": described, "fault_count": len(look.active)}
