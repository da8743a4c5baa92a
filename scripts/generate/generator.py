"""Run openapi-python-client, and ruff on what this project writes."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..document import Document, DocumentError, Problem
from ..document.source import Pointer
from ..printable import printable

GENERATOR_SECONDS = 300
# The output must not depend on the machine: no configuration, no cache, listed rules. --isolated ignores a
# pyproject.toml in a parent folder; the PATH of _environment makes sure that the pinned ruff is used.
HOOKS = (
    "ruff check --isolated --no-cache --quiet --fix-only --target-version py311 --line-length 120 "
    "--select F401,I,RUF022,RUF100,UP .",
    "ruff format --isolated --no-cache --quiet --target-version py311 --line-length 120 .",
)


class GenerationError(Exception):
    """openapi-python-client failed, or its output is not as expected. The message includes what it has printed."""


def run_generator(document: Document, view: Mapping[str, Any], target: Path) -> None:
    """Write the sub-package of a document with openapi-python-client, from a view of the document.

    Raises:
        DocumentError: It refuses an operation or a component.
        GenerationError: It failed.
    """
    with tempfile.TemporaryDirectory(prefix="job-status-") as scratch:
        path, settings = Path(scratch, "document.json"), Path(scratch, "settings.json")
        path.write_text(json.dumps(view), encoding="utf-8")
        configuration = {
            "package_name_override": target.name,
            "docstrings_on_attributes": True,
            "post_hooks": list(HOOKS),
        }
        settings.write_text(json.dumps(configuration), encoding="utf-8")
        command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--fail-on-warning"]
        command += ["--path", str(path), "--config", str(settings), "--output-path", str(target)]
        try:
            done = subprocess.run(  # noqa: S603 - the pinned generator, on files of our own
                command, env=_environment(), capture_output=True, text=True, check=False, timeout=GENERATOR_SECONDS
            )
        except subprocess.TimeoutExpired:
            message = f"openapi-python-client did not finish within {GENERATOR_SECONDS} s; split the document"
            raise GenerationError(f"{document.path}: {message}") from None
    if done.returncode != 0:
        raise _refusal(document, view, done.stdout + done.stderr)


def _refusal(document: Document, view: Mapping[str, Any], output: str) -> DocumentError | GenerationError:
    """Return the error for the output of openapi-python-client, at the lines of the operations and components in it."""
    classes_of = {cls: name for name, cls in zip(_schemas(document.data), _schemas(view), strict=True)}
    problems = []
    found = re.findall(r"^(?:WARNING parsing|Unable to process schema) (.*)\n\s*((?:.*\S.*\n)*)", output, re.M)
    for place, reason in found:
        request = place.split(" within ")[0].split()[:2]
        operation = next((o for o in document.operations if [o.method, o.path] == request), None)
        component = next((n for n in (classes_of.get(p) for p in re.findall(r"[^/\s:]+", place)) if n), None)
        detail = " ".join(line for line in reason.splitlines() if "please open an issue" not in line)
        path = next((path for path in document.data["paths"] if path in f"{place} {detail}"), None)
        pointer: Pointer = ("components", "schemas", component) if component else ("paths", path) if path else ()
        pointer = operation.pointer if operation else pointer
        message = f"openapi-python-client refuses it: {detail or place}; describe it in another way"
        where = operation.id if operation else component or ""
        problems.append(Problem(document.path, document.line(pointer), where, message))
    if problems:
        return DocumentError(problems)
    shown = "\n".join(printable(line) for line in output.splitlines() if line.strip())
    return GenerationError(f"{document.path}: openapi-python-client refuses the document:\n{shown}")


def _schemas(data: Mapping[str, Any]) -> list[str]:
    return list(data.get("components", {}).get("schemas", {}))


def _environment() -> dict[str, str]:
    """Return the environment with this interpreter's programs, such as the pinned ruff, first on PATH."""
    programs = str(Path(sys.executable).parent)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RUFF_", "PYTHONHASHSEED"))}
    return {**kept, "PATH": os.pathsep.join([programs, os.environ.get("PATH", "")])}


def format_package(package: Path) -> None:
    """Format the package with ruff; also sort the imports of the files that openapi-python-client has not written.

    Raises:
        GenerationError: ruff failed.
    """
    files = [package / "__init__.py", package / "types.py", *sorted((package / "_apis").glob("*.py"))]
    files += [path for name in ("__init__.py", "types.py") for path in sorted(package.glob(f"*/{name}"))]
    for hook in HOOKS:
        targets = files if " check " in hook else [package]
        command = [*hook.split()[:-1], *map(str, targets)]
        command[0] = str(Path(sys.executable).with_name(command[0]))
        done = subprocess.run(  # noqa: S603
            command, env=_environment(), capture_output=True, text=True, check=False, timeout=60
        )
        if done.returncode != 0:
            output = done.stdout + done.stderr or f"exit status {done.returncode}"
            raise GenerationError(f"ruff cannot format the client classes: {output}")
