"""SARIF 2.1.0 report: each failure has the location of the violated clause."""

import json
from collections.abc import Sequence
from typing import Any

from ...github_runner import repository_path
from ..checks import CHECKS
from ..result import Failure, Result


def sarif(results: Sequence[Result]) -> str:
    """Return the report as JSON. A check that did not run has no result; an inconclusive one is a notification.

    A notification of the level `note` is about a deprecation or a sunset, of the level `warning` about what is not in
    recorded traffic.
    """
    failures = [failure for result in results for failure in result.failures()]
    accepted = [entry for result in results for entry in result.accepted()]
    named = {failure.check for failure in (*failures, *(failure for failure, _ in accepted))}
    rules = [{"id": c.name, "shortDescription": {"text": c.description}} for c in CHECKS if c.name in named]
    problems = [f"{result.document.stem}: {problem}" for result in results for problem in result.problems]
    notes = [f"{result.document.stem}: {note}" for result in results for note in result.retirement_notes]
    absent = [text for result in results for text in result.absent]
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
                            *({"level": "warning", "message": {"text": text}} for text in absent),
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


def _result(failure: Failure) -> dict[str, Any]:
    path, line = place(failure)
    location = {"artifactLocation": {"uri": path}, "region": {"startLine": line}}
    return {
        "ruleId": failure.check,
        "level": "error",
        "message": {"text": f"{failure.operation_id}: {message(failure)}"},
        "locations": [{"physicalLocation": location}],
        "properties": {"replay": failure.replay},
    }


def message(failure: Failure) -> str:
    """Return what was expected and received."""
    return f"expected {failure.expected}; got {failure.got}"


def place(failure: Failure) -> tuple[str, int]:
    """Return the file of the violated clause, relative to the repository or the current folder, and the line."""
    path, _, line = failure.clause.rpartition(":")
    return repository_path(path), int(line)
