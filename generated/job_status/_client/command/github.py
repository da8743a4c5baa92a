# Generated from scripts/client/command/github.py by `make generate`; do not edit.

"""GitHub Actions: groups in the log, an annotation for each job that did not succeed, and the job summary."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from .output import print_error
from .status import RESULTS, SUCCESS, USAGE

if TYPE_CHECKING:
    from .job import Followed

END_OF_GROUP: Final = "::endgroup::"
MAX_ANNOTATIONS: Final = 10  # a runner shows as many of one step
MAX_ROWS: Final = 1000


def is_runner() -> bool:
    """Return whether the command runs in a step of GitHub Actions."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def group(title: str) -> str:
    """Return the line that begins a group."""
    return f"::group::{_data(title)}"


def report(jobs: Sequence[Followed]) -> None:
    """Annotate the jobs that did not succeed, and write the job summary."""
    if not is_runner() or not jobs:
        return
    for job in [job for job in jobs if job.exit not in {SUCCESS, None}][:MAX_ANNOTATIONS]:
        _annotate(f"{job.name}: {job.result}", job.problem or f"{job.name}: {job.state}")
    _summarize([(job.name, job.state or "-", job.result, f"{job.elapsed:.1f} s") for job in jobs[:MAX_ROWS]])


def report_error(command: str, problem: str, status: int) -> None:
    """Annotate a command that ended without a job, and write a row of the job summary if it was sent."""
    if not is_runner():
        return
    _annotate(f"{command}: {RESULTS[status]}", problem)
    if status != USAGE:
        _summarize([(command, "-", RESULTS[status], "-")])


def _annotate(title: str, text: str) -> None:
    print_error(f"::error title={_property(title)}::{_data(text)}")


def _summarize(cells: Sequence[tuple[str, ...]]) -> None:
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    rows = ["| " + " | ".join(map(_markdown, row)) + " |" for row in cells]
    table = ["| job | state | result | elapsed |", "|---|---|---|---|", *rows, ""]
    try:
        with open(path, "a", encoding="utf-8") as summary:
            summary.write("\n".join(table) + "\n")
    except OSError as error:
        print_error(f"the job summary cannot be written: {error.strerror or error}")


def _markdown(text: str) -> str:
    """Return text that has no effect in Markdown."""
    return "".join(f"&#{ord(c)};" if c in "|<>&`*_[]!\\#~@" else c for c in text)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
