"""The tasks that every server has, apart from HTTP."""

import datetime
import itertools
import json
import time
from typing import Any

from attrs import define

TOKEN = "token-of-tasks"  # noqa: S105 - made up
SECONDS = 0.6  # that a task takes
BOOLEANS = {"true": True, "false": False, "1": True, "0": False}
Reply = tuple[int, dict[str, Any]]  # status and JSON body


@define
class Task:
    """One task; it fails if its name is `fail`."""

    id: str
    name: str
    created: float

    def status(self, *, verbose: bool) -> dict[str, Any]:
        """Return the current status."""
        elapsed = time.time() - self.created
        has_ended, is_failure = elapsed >= SECONDS, self.name == "fail"
        progress = int(min(elapsed / SECONDS, 0.99) * 100)
        body: dict[str, Any] = {
            "id": self.id,
            "name": self.name,
            "state": ("failed" if is_failure else "done") if has_ended else "running",
            "progress": 100 if has_ended and not is_failure else min(progress, 99),
            "error": "it failed" if has_ended and is_failure else None,
            "created_at": _date_time(self.created),
            "ended_at": _date_time(self.created + SECONDS) if has_ended else None,
        }
        return body | ({"log": ["created", "started", "ended"][: 3 if has_ended else 2]} if verbose else {})


def _date_time(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat()


class Tasks:
    """The tasks of one server."""

    def __init__(self) -> None:
        now = time.time()
        initial = (("index", now), ("index", now - 3600), ("fail", now - 3600))
        self._tasks = {f"t-{n}": Task(f"t-{n}", name, at) for n, (name, at) in enumerate(initial, 1)}
        self._numbers = itertools.count(len(self._tasks) + 1)

    def read(self, authorization: str | None, task_id: str, verbose: str | None) -> Reply:
        """Return the response to a request for a status."""
        if not is_authorized(authorization):
            return 401, {"detail": "a valid token is required"}
        if verbose is not None and verbose.lower() not in BOOLEANS:
            return 422, {"detail": "verbose is not a boolean"}
        if (task := self._tasks.get(task_id)) is None:
            return 404, {"detail": "no such task"}
        return 200, task.status(verbose=BOOLEANS[(verbose or "false").lower()])

    def start(self, authorization: str | None, body: bytes) -> Reply:
        """Return the response to a start."""
        if not is_authorized(authorization):
            return 401, {"detail": "a valid token is required"}
        try:
            name = json.loads(body)["name"]
        except (ValueError, KeyError, TypeError, RecursionError):
            name = None
        if not isinstance(name, str) or not name:
            return 422, {"detail": "expected a name"}
        task = Task(f"t-{next(self._numbers)}", name, time.time())
        self._tasks[task.id] = task
        return 201, task.status(verbose=False)


def is_authorized(authorization: str | None) -> bool:
    """Return whether the value of a header has the token."""
    scheme, _, token = (authorization or "").partition(" ")
    return scheme.lower() == "bearer" and token == TOKEN
