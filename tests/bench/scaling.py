"""Measure generate, lint, simulate and verify on documents of 10, 50 and 200 operations: no worse than linear growth."""

import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scripts.document import load_folder
from scripts.verify.local_simulator import run_simulator, synthetic_environment

from ..conftest import ROOT

SIZES = (10, 50, 200)  # operations
VERIFIED = (10, 50)  # a verification of 200 operations takes many minutes
MAX_GROWTH = 1.2  # times the growth of the number of operations


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


def measure(sizes: Sequence[int] = SIZES, verified: Sequence[int] = VERIFIED) -> dict[str, dict[int, float]]:
    """Return the processor seconds of each step by the number of operations."""
    times: dict[str, dict[int, float]] = {"lint": {}, "simulate": {}, "generate": {}, "verify": {}}
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            openapi, out = Path(folder, f"openapi-{size}"), Path(folder, f"out-{size}")
            openapi.mkdir()
            (openapi / "scaling.json").write_text(json.dumps(make_document(size)), encoding="utf-8")
            times["lint"][size] = _run("document", "--openapi", str(openapi))
            times["simulate"][size] = _start_simulator(openapi, out)
            times["generate"][size] = _run("generate", "--openapi", str(openapi), "--out", str(out / "generated"))
            if size in verified:
                arguments = ("--openapi", str(openapi), "--out", str(out / "verify"), "--max-time", "3600")
                times["verify"][size] = _run("verify", *arguments)
    return times


def main() -> None:
    """Print the seconds of each step, and its growth in comparison with that of the number of operations."""
    for step, seconds in measure().items():
        (first, least), *others = seconds.items()
        grown = ", ".join(f"{size}: {taken:.1f} s ({taken / least / (size / first):.2f})" for size, taken in others)
        print(f"{step:10} {first}: {least:.1f} s; {grown}   goal under ({MAX_GROWTH}) of linear growth")


if __name__ == "__main__":
    main()
