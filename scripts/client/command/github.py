"""GitHub Actions: groups in the log, an annotation for each job that did not succeed, and the job summary."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

from .job import Followed
from .output import print_error
from .status import SUCCESS

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
    if not is_runner():
        return
    for job in [job for job in jobs if job.exit not in {SUCCESS, None}][:MAX_ANNOTATIONS]:
        text = job.problem or f"{job.name}: {job.state}"
        print_error(f"::error title={_property(f'{job.name}: {job.result}')}::{_data(text)}")
    if path := os.environ.get("GITHUB_STEP_SUMMARY"):
        rows = [_row(job) for job in jobs[:MAX_ROWS]]
        table = ["| job | state | result | elapsed |", "|---|---|---|---|", *rows, ""]
        try:
            with open(path, "a", encoding="utf-8") as summary:
                summary.write("\n".join(table) + "\n")
        except OSError as error:
            print_error(f"the job summary cannot be written: {error.strerror or error}")


def _row(job: Followed) -> str:
    cells = (job.name, job.state or "-", job.result, f"{job.elapsed:.1f} s")
    return "| " + " | ".join(map(_markdown, cells)) + " |"


def _markdown(text: str) -> str:
    """Return text that has no effect in Markdown."""
    return "".join(f"&#{ord(c)};" if c in "|<>&`*_[]!\\#~@" else c for c in text)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
