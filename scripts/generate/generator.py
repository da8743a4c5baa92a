"""Run openapi-python-client, and ruff on what this project writes."""

import contextlib
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
from attrs import frozen
from openapi_python_client import Project
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError

from ..document import Document
from ..printable import printable

# The output must not depend on the machine: no configuration, no cache, listed rules. --isolated ignores a
# pyproject.toml in a parent folder; the PATH of _environment makes sure that the pinned ruff is used.
HOOKS = (
    "ruff check --isolated --no-cache --quiet --fix-only --target-version py311 --line-length 120 "
    "--select F401,I,RUF022,RUF100,UP",
    "ruff format --isolated --no-cache --quiet --target-version py311 --line-length 120",
)


class _Templates(jinja2.BytecodeCache):
    """The compiled templates of openapi-python-client, which are the same for all documents."""

    def __init__(self) -> None:
        self._compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        """Load a template, if it has been compiled."""
        if bucket.key in self._compiled:
            bucket.bytecode_from_string(self._compiled[bucket.key])

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        """Keep a compiled template."""
        self._compiled[bucket.key] = bucket.bytecode_to_string()


_TEMPLATES = _Templates()


class GenerationError(Exception):
    """openapi-python-client failed, or its output is not as expected. The message includes what it has printed."""


@frozen
class Refusal:
    """An operation, by method and path, or a component, by its class, that openapi-python-client refuses."""

    operation: tuple[str, str] | None
    component: str | None
    reason: str


def run_generator(
    document: Document, view: dict[str, Any], target: Path, media_types: Mapping[str, str]
) -> list[Refusal]:
    """Write the sub-package of a document with openapi-python-client, from a view; return what it has left out.

    It is not formatted. `media_types` maps media types that it does not know to those that they are sent like.

    Raises:
        GenerationError: It failed.
    """
    settings = ConfigFile(
        package_name_override=target.name,
        docstrings_on_attributes=True,
        post_hooks=[],
        content_type_overrides=dict(media_types),
    )
    config = Config.from_sources(settings, MetaType.NONE, document.path, "utf-8", overwrite=False, output_path=target)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            data = GeneratorData.from_dict(view, config=config)
            errors = [data] if isinstance(data, GeneratorError) else _write(data, config)
    except Exception as error:
        message = f"openapi-python-client fails: {type(error).__name__}: {printable(str(error), 500)}"
        raise GenerationError(f"{document.path}: {message}; report it, with the document") from error
    refusals = [_refusal(view, error) for error in errors]
    if unknown := [error for error, refusal in zip(errors, refusals, strict=True) if refusal is None]:
        shown = "\n".join(printable(f"{error.header} {error.detail or ''}", 500) for error in unknown)
        raise GenerationError(f"{document.path}: openapi-python-client refuses the document:\n{shown}")
    return [refusal for refusal in refusals if refusal]


def _write(data: GeneratorData, config: Config) -> Sequence[GeneratorError]:
    project = Project(openapi=data, config=config)
    project.env.bytecode_cache = _TEMPLATES
    return project.build()


def _refusal(view: Mapping[str, Any], error: GeneratorError) -> Refusal | None:
    """Return what openapi-python-client refuses, or None if that is not clear."""
    detail = " ".join((error.detail or "").split())
    if found := re.match(r"WARNING parsing (\S+) (.*) within ", error.header):
        operation, component = (found[1], found[2]), None
    else:
        operation = None
        names = re.findall(r"[^/\s:]+", f"{error.header} {detail}")
        component = next((name for name in names if name in view["components"]["schemas"]), None)
    known = component or (operation and operation[1] in view["paths"])
    return (
        Refusal(operation, component, f"openapi-python-client refuses it: {detail or error.header}") if known else None
    )


def _environment() -> dict[str, str]:
    """Return the environment with this interpreter's programs, such as the pinned ruff, first on PATH."""
    programs = str(Path(sys.executable).parent)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RUFF_", "PYTHONHASHSEED"))}
    return {**kept, "PATH": os.pathsep.join([programs, os.environ.get("PATH", "")])}


def format_package(package: Path, sorted_files: Iterable[Path] = ()) -> None:
    """Format a package with ruff, and sort and reduce the imports of some of its files, by default of all.

    Raises:
        GenerationError: ruff failed.
    """
    for hook in HOOKS:
        targets = list(sorted_files) if " check " in hook else []
        command = [*hook.split(), *map(str, targets or [package])]
        command[0] = str(Path(sys.executable).with_name(command[0]))
        done = subprocess.run(  # noqa: S603
            command, env=_environment(), capture_output=True, text=True, check=False, timeout=60
        )
        if done.returncode != 0:
            output = done.stdout + done.stderr or f"exit status {done.returncode}"
            raise GenerationError(f"ruff cannot format the client classes: {output}")
