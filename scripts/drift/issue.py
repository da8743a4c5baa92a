"""The issue about an API that has drifted: its text, and its lifecycle."""

import hashlib
import re
from collections.abc import Iterable

from attrs import frozen

from ..github_text import markdown_cell
from .github import GitHub
from .sarif import Finding, Findings

LABEL = "drift"
LISTED = 50  # failures in the body of an issue
LENGTH = 60_000  # characters; GitHub refuses a body of more than 65 536


@frozen
class Drift:
    """What was verified: its name, such as `agent-platform`, and a link to the run, or an empty string."""

    name: str
    run: str = ""

    @property
    def mark(self) -> str:
        """The comment by which the issue is found again."""
        return f"<!-- job-status drift: {re.sub(r'[^A-Za-z0-9._-]', '-', self.name)} -->"

    def body(self, findings: Findings) -> str:
        """Return the text of the issue."""
        checks = sorted({one.check for one in findings.failures})
        lines = [self.mark, f"<!-- {digest(findings.failures)} -->"]
        lines += [f"**{self.name}** does not do what its document says: {len(findings.failures)} failures of "]
        lines[-1] += ", ".join(f"`{check}`" for check in checks) + "."
        lines += ["", "| check | clause | expected and got |", "|---|---|---|"]
        lines += [
            f"| `{one.check}` | `{one.clause}` | {markdown_cell(one.message)} |" for one in findings.failures[:LISTED]
        ]
        if len(findings.failures) > LISTED:
            lines.append(f"\n{len(findings.failures) - LISTED} more are in the report.")
        lines += ["", *(f"- could not be checked: {markdown_cell(one)}" for one in findings.problems)]
        lines += ["", f"Last seen by {self.run}." if self.run else ""]
        lines.append("This issue is updated while the drift lasts, and closed when it is gone.")
        return "\n".join(lines)[:LENGTH]


def digest(failures: Iterable[Finding]) -> str:
    """Return what identifies a set of failures: their checks and clauses, whatever was received."""
    pairs = sorted({f"{one.check} {one.clause}" for one in failures})
    return hashlib.sha256("\n".join(pairs).encode()).hexdigest()[:16]


def synchronize(github: GitHub, drift: Drift, findings: Findings) -> str:
    """Open, update or close the issue about an API; return what was done.

    Nothing is closed if a part could not be checked. Of two issues that two runs have opened at once, the older one
    is kept.

    Raises:
        GitHubError: GitHub refused a request, or did not respond.
    """
    issues = _find(github, drift)
    if not findings.failures:
        if findings.problems or not issues:
            return f"{drift.name}: no failures{', not everything was checked' if findings.problems else ''}"
        for number, _ in issues:
            by_run = f" ({drift.run})" if drift.run else ""
            github.comment(number, f"{drift.name} does what its document says again{by_run}.")
            github.update(number, {"state": "closed", "state_reason": "completed"})
        return f"{drift.name}: closed {_listed(issues)}"
    body = drift.body(findings)
    if not issues:
        created = github.create(f"{drift.name} has drifted from its document", body, LABEL)
        issues = _find(github, drift) or [(created, body)]
        done = f"opened #{created}"
    else:
        number, before = issues[0]
        done = f"#{number} is up to date"
        if digest(findings.failures) not in before:
            github.update(number, {"body": body})
            github.comment(number, "The failures are others than before; the description is up to date.")
            done = f"updated #{number}"
    for number, _ in issues[1:]:
        github.update(number, {"state": "closed", "state_reason": "not_planned"})
        done += f", closed #{number} as a duplicate"
    return f"{drift.name}: {done}"


def _find(github: GitHub, drift: Drift) -> list[tuple[int, str]]:
    """Return the number and the text of each open issue about an API, the oldest one first."""
    found = ((int(issue["number"]), str(issue.get("body") or "")) for issue in github.open_issues(LABEL))
    return sorted((number, body) for number, body in found if body.startswith(drift.mark))


def _listed(issues: Iterable[tuple[int, str]]) -> str:
    return ", ".join(f"#{number}" for number, _ in issues)
