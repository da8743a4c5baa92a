"""SARIF 2.1.0 report and GitHub annotations: each failure has the location of the violated clause."""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ...github_text import annotation
from ..checks import CHECKS
from ..result import Failure, Result


def sarif(results: Sequence[Result]) -> str:
    """Return the report as JSON. A check that did not run has no result; an inconclusive one is a notification.

    A notification of the level `note` is about a deprecation or a sunset.
    """
    failures = [failure for result in results for failure in result.failures()]
    accepted = [entry for result in results for entry in result.accepted()]
    named = {failure.check for failure in (*failures, *(failure for failure, _ in accepted))}
    rules = [{"id": c.name, "shortDescription": {"text": c.description}} for c in CHECKS if c.name in named]
    problems = [f"{result.document.stem}: {problem}" for result in results for problem in result.problems]
    notes = [f"{result.document.stem}: {note}" for result in results for note in result.retirement_notes]
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "job-status verify", "rules": rules}},
                "invocations": [
                    {
                        "executionSuccessful": not problems,
                        "toolExecutionNotifications": [
                            *({"level": "error", "message": {"text": problem}} for problem in problems),
                            *({"level": "note", "message": {"text": note}} for note in notes),
                        ],
                    }
                ],
                "results": [
                    *(_result(failure) for failure in failures),
                    *(
                        {**_result(failure), "suppressions": [{"kind": "external", "justification": reason}]}
                        for failure, reason in accepted
                    ),
                ],
            }
        ],
    }
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def annotations(results: Sequence[Result]) -> Iterator[str]:
    """Yield a GitHub workflow command for each failure and each problem."""
    for result in results:
        for failure in result.failures():
            path, line = _place(failure)
            title = f"{result.document.stem} {failure.operation_id} {failure.check}"
            yield annotation("error", _message(failure), title=title, file=path, line=line)
        for problem in result.problems:
            yield annotation("error", problem, title=f"{result.document.stem} could not be checked")


def _result(failure: Failure) -> dict[str, Any]:
    path, line = _place(failure)
    location = {"artifactLocation": {"uri": path}, "region": {"startLine": line}}
    return {
        "ruleId": failure.check,
        "level": "error",
        "message": {"text": f"{failure.operation_id}: {_message(failure)}"},
        "locations": [{"physicalLocation": location}],
        "properties": {"replay": failure.replay},
    }


def _message(failure: Failure) -> str:
    return f"expected {failure.expected}; got {failure.got}"


def _place(failure: Failure) -> tuple[str, int]:
    """Return the file, relative to the current folder if it is below it, and the line."""
    path, _, line = failure.clause.rpartition(":")
    return Path(os.path.relpath(path) if Path(path).is_relative_to(Path.cwd()) else path).as_posix(), int(line)
