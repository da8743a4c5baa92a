"""What a verification found, from its SARIF report."""

import json
from pathlib import Path
from typing import Any

from attrs import frozen

from ..printable import printable

LARGEST = 50 * 2**20
TOOL = "job-status verify"


class ReportError(Exception):
    """A report is missing or not SARIF. The message says which."""


@frozen
class Finding:
    """A failed check: its id, the violated clause, and what was expected and received."""

    check: str
    clause: str
    message: str


@frozen
class Findings:
    """The failures of a report, why a part of it could not be checked, and its notes: deprecations and sunsets."""

    failures: tuple[Finding, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...] = ()


def read_report(path: Path) -> Findings:
    """Read a SARIF report; accepted failures are left out.

    Raises:
        ReportError: The file cannot be read, or is not SARIF.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise ReportError(f"{path}: is larger than {LARGEST // 2**20} MiB")
        log = json.loads(path.read_text(encoding="utf-8"))
        runs = log["runs"]
        if not runs or {run["tool"]["driver"]["name"] for run in runs} != {TOOL}:
            raise ReportError(f"{path}: expected SARIF of {TOOL}, got that of another tool, or of none")
        results = [one for run in runs for one in run["results"]]
        failures = [
            _finding(one) for one in results if one.get("kind", "fail") == "fail" and not one.get("suppressions")
        ]
        calls = [call for run in runs for call in run["invocations"]]
        notifications = [
            (one.get("level") == "note", printable(one["message"]["text"]))
            for call in calls
            for one in call.get("toolExecutionNotifications", ())
        ]
    except OSError as error:
        raise ReportError(f"{path}: {error.strerror or error}") from None
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise ReportError(f"{path}: expected SARIF 2.1.0, got {printable(repr(error))}") from None
    problems = tuple(text for is_note, text in notifications if not is_note)
    if not problems and not (calls and all(call.get("executionSuccessful") is True for call in calls)):
        problems = ("the verification did not end successfully",)
    return Findings(tuple(failures), problems, tuple(text for is_note, text in notifications if is_note))


def _finding(result: dict[str, Any]) -> Finding:
    place = result["locations"][0]["physicalLocation"]
    clause = f"{place['artifactLocation']['uri']}:{place['region']['startLine']}"
    return Finding(printable(result["ruleId"]), printable(clause), printable(result["message"]["text"], 1000))
