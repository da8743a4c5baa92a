"""Archives for tests, written by hand."""

import copy
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from scripts.document import Document, load
from scripts.verify.traffic.check import TrafficReport, check_traffic

from ..paths import path_of

BASE = "https://agent-platform.domain.ai"
KEY = "canary-api-key-0123456789"
STATUS = {"_id": "ds-1", "toolId": "a-1", "jobType": "TOOLS", "action": "DEPLOY", "status": "IN_PROGRESS"}


def entry(state: str = "IN_PROGRESS", at: float = 1.5, job: str = "ds-1", **changes: Any) -> dict[str, Any]:
    """Return a poll of a job at a time in seconds, with changed members of the status."""
    body = json.dumps({**STATUS, "_id": job, "status": state, **changes})
    return {
        "startedDateTime": f"2026-11-28T02:00:{at:06.3f}Z",
        "time": 12.5,
        "request": {
            "method": "GET",
            "url": f"{BASE}{path_of('agent-platform', 'get_dock_status', job)}",
            "httpVersion": "HTTP/1.1",
            "headers": [{"name": "x-api-key", "value": KEY}, {"name": "Accept", "value": "application/json"}],
            "queryString": [],
            "cookies": [],
        },
        "response": {
            "status": 200,
            "headers": [{"name": "Content-Type", "value": "application/json"}],
            "content": {"size": len(body), "mimeType": "application/json", "text": body},
        },
    }


def clean() -> list[dict[str, Any]]:
    """Return the polls of a job that succeeds."""
    return [entry("IN_PROGRESS", 1.1), entry("IN_PROGRESS", 2.2), entry("SUCCESS", 3.3), entry("SUCCESS", 4.4)]


def edited(original: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return an entry with the member at a path, such as `response.status`, replaced, or removed for None."""
    changed = copy.deepcopy(original)
    *above, last = path.split(".")
    node = changed
    for key in above:
        node = node[key]
    if value is None:
        del node[last]
    else:
        node[last] = value
    return changed


def returning(original: dict[str, Any], status: int, text: str) -> dict[str, Any]:
    """Return an entry with another response."""
    content = {"size": len(text), "mimeType": "application/json", "text": text}
    return edited(edited(original, "response.status", status), "response.content", content)


def log(entries: Sequence[Any]) -> bytes:
    """Return an archive."""
    return json.dumps({"log": {"version": "1.2", "creator": {"name": "x"}, "entries": list(entries)}}).encode()


def write(folder: Path, entries: Sequence[Any], name: str = "traffic.har") -> str:
    """Write an archive; return its path."""
    path = folder / name
    path.write_bytes(log(entries))
    return str(path)


def renders(
    folder: Path, schema: dict[str, Any] | None = None, path: str = "/renders/{id}", **changes: Any
) -> Document:
    """Return a document of one operation, with changed members of its path."""
    states: dict[str, Any] = {"pending": ["queued"], "success": ["done"], "failure": ["broken"]}
    fields = {"id": {"type": "string"}, "phase": {"type": "string"}}
    content = {"application/json": {"schema": schema or {"type": "object", "properties": fields}}}
    operation: dict[str, Any] = {
        "operationId": "get_render",
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}, "example": "r-1"}],
        "x-job": {"id": "$response.body#/id", "state": "$response.body#/phase", **states},
        "responses": {"200": {"description": "The render.", "content": content}},
    }
    item: dict[str, Any] = {"get": operation}
    servers = changes.pop("servers", [{"url": "https://api.acme.test/v1"}])
    for where, one in changes.items():
        {"operation": operation, "path_item": item}[where]["servers"] = one
    head = {"openapi": "3.1.0", "info": {"title": "Renders", "version": "1.0.0"}, "servers": servers}
    file = folder / "renders.yaml"
    file.write_text(yaml.safe_dump({**head, "paths": {path: item}}, sort_keys=False), encoding="utf-8")
    return load(file)


def render(at: float = 1.5, url: str = "https://api.acme.test/v1/renders/r-1", **fields: Any) -> dict[str, Any]:
    """Return a poll of a render, with more fields."""
    text = json.dumps({"id": "r-1", "phase": "queued", **fields})
    return edited(returning(entry(at=at), 200, text), "request.url", url)


def checked(folder: Path, documents: Sequence[Document], entries: Sequence[Any]) -> TrafficReport:
    """Check entries."""
    return check_traffic([write(folder, entries)], documents, {})


def checks(report: TrafficReport) -> set[str]:
    """Return the names of the checks that failed."""
    return {failure.check for result in report.results for failure in result.failures()}


def problems(report: TrafficReport) -> list[str]:
    """Return what could not be checked."""
    return [problem for result in report.results for problem in result.problems]
