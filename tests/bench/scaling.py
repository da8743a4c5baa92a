"""Measure generate, lint, simulate and verify on documents of 10, 50 and 200 operations: no worse than linear growth."""

import asyncio
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scripts.document import load, load_folder
from scripts.simulate import Simulator, SimulatorSettings
from scripts.verify.local_simulator import run_simulator, synthetic_environment

from ..conftest import ROOT
from .results import Table

SIZES = (10, 50, 200)  # operations
MAX_GROWTH = 1.2  # times the growth of the number of operations
MAX_MEMORY = 200  # MB, of a verification of 200 operations
REQUESTS = 5000


def make_document(size: int) -> dict[str, Any]:
    """Return a document with `size` operations: of each two, one starts jobs and one reports them."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for index in range(size // 2):
        reference = {"$ref": f"#/components/schemas/Started{index}"}
        started: dict[str, Any] = {"description": "Started.", "content": {"application/json": {"schema": reference}}}
        started["links"] = {
            "job": {"operationId": f"get_job_{index}", "parameters": {"id": "$response.body#/id"}},
        }
        schemas[f"Started{index}"] = _object(id={"type": "string"})
        schemas[f"Status{index}"] = _object(
            id={"type": "string"},
            state={"enum": ["queued", "done", "failed"]},
            progress={"type": "integer", "minimum": 0, "maximum": 100},
        )
        schemas[f"Order{index}"] = _object(name={"type": "string", "minLength": 1})
        paths[f"/queue-{index}/jobs"] = {
            "post": {
                "operationId": f"start_job_{index}",
                "requestBody": {"required": True, "content": _json(f"Order{index}")},
                "responses": {"201": started, "422": _refusal("Invalid.")},
            }
        }
        paths[f"/queue-{index}/jobs/{{id}}"] = {
            "get": {
                "operationId": f"get_job_{index}",
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                "x-job": {
                    "id": "$response.body#/id",
                    "state": "$response.body#/state",
                    "pending": ["queued"],
                    "success": ["done"],
                    "failure": ["failed"],
                    "progress": "$response.body#/progress",
                },
                "responses": {
                    "200": {"description": "The status.", "content": _json(f"Status{index}")},
                    "404": _refusal("No such job."),
                },
            }
        }
    schemas["Refusal"] = _object(detail={"type": "string"})
    info = {"title": f"Scaling {size}", "version": "1"}
    return {"openapi": "3.1.1", "info": info, "paths": paths, "components": {"schemas": schemas}}


def copy_operation(size: int) -> dict[str, Any]:
    """Return the document of Agent Platform with `size` copies of its operation, which share all schemas."""
    document: dict[str, Any] = load(ROOT / "openapi/agent-platform.yaml").data
    ((path, item),) = document["paths"].items()
    name = item["get"]["operationId"]
    copied = json.dumps(item)
    paths = {
        re.sub(r"(?=/\{)", f"-{index}", path): json.loads(copied.replace(f'"{name}"', f'"{name}_{index}"'))
        for index in range(size)
    }
    return {**document, "paths": paths}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


def _json(component: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{component}"}}}


def _refusal(description: str) -> dict[str, Any]:
    return {"description": description, "content": _json("Refusal")}


def _spent() -> float:
    """Return the processor seconds of all processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _run(module: str, *arguments: str) -> float:
    began = _spent()
    command = [sys.executable, "-m", f"scripts.{module}", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} returned {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return _spent() - began


def _start_simulator(openapi: Path, out: Path) -> float:
    environment = synthetic_environment(load_folder(openapi))
    began = _spent()
    with run_simulator(openapi, environment, 1, out):
        pass
    return _spent() - began


def _respond(path: Path) -> float:
    """Return the processor seconds that a simulator takes for requests to its last operation."""
    document = load(path)
    environment = synthetic_environment([document])
    simulator = Simulator([document], SimulatorSettings(environment=environment))
    target = f"/{document.stem}{re.sub(r'{.*}', 'ds-1', document.operations[-1].path)}"
    scope = {
        "type": "http",
        "method": "GET",
        "path": target,
        "raw_path": target.encode(),
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
        "scheme": "http",
        "server": ("localhost", 80),
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        pass

    async def run() -> None:
        for _ in range(REQUESTS):
            await simulator(dict(scope), receive, send)

    began = time.process_time()
    asyncio.run(run())
    return time.process_time() - began


def _verify(openapi: Path, out: Path) -> tuple[float, float]:
    """Return the processor seconds of a verification with its simulator, and the MB of memory of the verification."""
    command = [sys.executable, "-m", "scripts.verify", "--openapi", str(openapi), "--out", str(out)]
    process = subprocess.Popen([*command, "--max-time", "3600"], cwd=ROOT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} returned {process.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def measure(sizes: Sequence[int] = SIZES) -> tuple[dict[str, dict[int, float]], dict[int, float]]:
    """Return the processor seconds of each step, and the MB of a verification, by the number of operations."""
    times: dict[str, dict[int, float]] = {"lint": {}, "simulate": {}, "generate": {}, "verify": {}, "requests": {}}
    memory: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            openapi, out, copies = (Path(folder, f"{name}-{size}") for name in ("openapi", "out", "copies"))
            openapi.mkdir()
            copies.mkdir()
            (openapi / "scaling.json").write_text(json.dumps(make_document(size)), encoding="utf-8")
            (copies / "scaling.json").write_text(json.dumps(copy_operation(size)), encoding="utf-8")
            times["lint"][size] = _run("document", "--openapi", str(openapi))
            times["simulate"][size] = _start_simulator(openapi, out)
            times["generate"][size] = _run("generate", "--openapi", str(openapi), "--out", str(out / "generated"))
            times["verify"][size], memory[size] = _verify(copies, out / "verify")
            times["requests"][size] = _respond(copies / "scaling.json")
    return times, memory


def tables() -> list[Table]:
    """Return the seconds of each step, and its growth in comparison with that of the number of operations."""
    times, memory = measure()
    note = f"CPU time of each step. Growth: seconds per operation, relative to a document of {SIZES[0]} operations"
    table = Table(
        "Growth with the number of operations", None, f"{note}; a request is to one operation in any document."
    )
    for step, seconds in times.items():
        least = seconds[SIZES[0]]
        for size, taken in seconds.items():
            table.add(f"job-status, {step}", f"{size} operations", "s", taken)
            if size != SIZES[0]:
                growth = taken / least / (1 if step == "requests" else size / SIZES[0])
                table.add(f"job-status, {step}", f"growth to {size}", "", growth, goal=f"up to {MAX_GROWTH}")
    used = Table("Memory of a verification", None, "The peak of the process.")
    for size, megabytes in memory.items():
        used.add("job-status", f"{size} operations", "MB", megabytes, goal=f"under {MAX_MEMORY}")
    return [table, used]
