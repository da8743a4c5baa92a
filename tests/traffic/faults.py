"""Servers for recordings: the simulator, and the simulator with one fault."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from scripts.document import Document
from scripts.simulate import Simulator, SimulatorSettings, SteppingClock

STEM = "ai-for-service"
JOB = "st-5c0d94e2-7f1b-5a36-8e2d-90b7c3f1a648"
SECRET = "canary-jwt-of-the-traffic-0123456789"
ENVIRONMENT = {"AI_FOR_SERVICE_JWT": SECRET}

# Changes of the n-th status of a job, which begins with 1.
Change = Callable[[int, dict[str, Any]], dict[str, Any]]


def backwards(number: int, body: dict[str, Any]) -> dict[str, Any]:
    """Return to the state in progress after the end."""
    ended = body["status"] in {"successful", "failed"}
    return {**body, "status": "inprogress", "percentageComplete": 50} if ended and number % 2 == 0 else body


def shrinking(number: int, body: dict[str, Any]) -> dict[str, Any]:
    """Let the progress shrink."""
    return {**body, "percentageComplete": max(0, 90 - number)} if body["status"] == "inprogress" else body


def changed(number: int, body: dict[str, Any]) -> dict[str, Any]:
    """Change a field that is immutable."""
    return {**body, "createdBy": f"u-{number}"}


def drifted(number: int, body: dict[str, Any]) -> dict[str, Any]:
    """Change the type of a field."""
    return {**body, "jobType": 7}


# The check that names each fault, and the key of x-job or the member of the document at whose line it does.
FAULTS: Mapping[str, tuple[Change, str, str]] = {
    "backwards": (backwards, "terminal_is_final", "state: $response.body#/status"),
    "shrinking": (shrinking, "progress_never_falls", "progress: $response.body#/percentageComplete"),
    "changed": (changed, "immutable", "immutable: "),
    "drifted": (drifted, "response_schema_conformance", "'200':"),
}


class Faulty:
    """An ASGI application that changes the statuses of the simulator of one document."""

    def __init__(self, document: Document, change: Change | None = None) -> None:
        # A quick job: it has ended after some requests.
        settings = SimulatorSettings(environment=ENVIRONMENT, clock=SteppingClock(0.15), seed=1)
        self._simulator = Simulator([document], settings)
        self._change = change
        self._counts: Counter[str] = Counter()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Respond to one request."""
        if self._change is None or scope["type"] != "http":
            await self._simulator(scope, receive, send)
            return
        messages: list[dict[str, Any]] = []

        async def collect(message: Any) -> None:
            messages.append(dict(message))

        await self._simulator(scope, receive, collect)
        body = b"".join(message.get("body", b"") for message in messages)
        if scope["method"] == "GET" and messages[0]["status"] == 200:
            self._counts[scope["path"]] += 1
            body = json.dumps(self._change(self._counts[scope["path"]], json.loads(body))).encode()
        length = [(b"content-length", str(len(body)).encode())]
        headers = [pair for pair in messages[0]["headers"] if pair[0].lower() != b"content-length"]
        await send({**messages[0], "headers": headers + length})
        await send({"type": "http.response.body", "body": body})
