"""The issue about an API that has drifted: its text, and its lifecycle."""

import hashlib
import re
from collections.abc import Iterable
from urllib.parse import quote

from attrs import frozen

from ..github_text import markdown_cell
from .github import GitHub
from .sarif import Findings

LABEL = "drift"
LISTED = 50  # failures in the body of an issue
MARK = r"<!-- (?:announced: )?[0-9a-f]{16} -->"
LENGTH = 60_000  # characters; GitHub refuses a body of more than 65 536


@frozen
class Drift:
    """What was verified: its name, such as `agent-platform`, and a link to the run, or an empty string."""

    name: str
    run: str = ""

    @property
    def mark(self) -> str:
        """The comment by which the issue is found again."""
        return f"<!-- job-status drift: {quote(self.name, safe='')} -->"

    def title(self, findings: Findings) -> str:
        """Return the title of the issue."""
        return f"{self.name} {'has drifted from its document' if findings.failures else 'announces its retirement'}"

    def body(self, findings: Findings) -> str:
        """Return the text of the issue."""
        lines = [self.mark, *marks(findings)]
        if findings.failures:
            checks = ", ".join(f"`{check}`" for check in sorted({one.check for one in findings.failures}))
            count = len(findings.failures)
            lines.append(f"**{self.name}** does not do what its document says: {count} failures of {checks}.")
            lines += ["", "| check | clause | expected and got |", "|---|---|---|"]
            lines += [
                f"| `{one.check}` | `{one.clause}` | {markdown_cell(one.message)} |"
                for one in findings.failures[:LISTED]
            ]
            if count > LISTED:
                lines.append(f"\n{count - LISTED} more are in the report.")
        else:
            lines.append(f"**{self.name}** announces that operations will end. No check failed.")
        lines += ["", *(f"- {markdown_cell(one)}" for one in findings.notes)]
        lines += [f"- could not be checked: {markdown_cell(one)}" for one in findings.problems]
        lines += ["", f"Last seen by {self.run}." if self.run else ""]
        lines.append("This issue is updated while this lasts, and closed when it is over.")
        if not findings.failures:
            lines.append("Once it is closed by hand, it is not opened again for the same dates.")
        return "\n".join(lines)[:LENGTH]


def digest(parts: Iterable[str]) -> str:
    """Return what identifies a set of strings."""
    return hashlib.sha256("\n".join(sorted(set(parts))).encode()).hexdigest()[:16]


def marks(findings: Findings) -> list[str]:
    """Return the comments that identify findings: failures by check and clause, whatever was received, and notes."""
    found = [f"<!-- {digest(f'{one.check} {one.clause}' for one in findings.failures)} -->"]
    return [*found, _notes_mark(findings)] if findings.notes else found


def _notes_mark(findings: Findings) -> str:
    return f"<!-- announced: {digest(findings.notes)} -->"


def synchronize(github: GitHub, drift: Drift, findings: Findings) -> str:
    """Open, update or close the issue about an API; return what was done.

    Nothing is closed if a part could not be checked. Of two issues that two runs have opened at once, the older one
    is kept. A deprecation or a sunset alone opens an issue too, unless one with the same dates was closed.

    Raises:
        GitHubError: GitHub refused a request, or did not respond.
    """
    issues = _find(github, drift)
    if not findings.failures and findings.problems and (issues or not findings.notes):
        return f"{drift.name}: no failures, not everything was checked"
    if not findings.failures and not findings.notes:
        if not issues:
            return f"{drift.name}: no failures"
        for number, before in issues:
            is_retirement = marks(findings)[0] in before
            healed = "announces no end any more" if is_retirement else "does what its document says again"
            github.comment(number, f"{drift.name} {healed}{f' ({drift.run})' if drift.run else ''}.")
            github.update(number, {"state": "closed", "state_reason": "completed"})
        return f"{drift.name}: closed {_listed(issues)}"
    body = drift.body(findings)
    if not issues:
        if not findings.failures and (known := _closed(github, drift, findings)):
            return f"{drift.name}: no failures, announced in #{known}, which is closed"
        created = github.create(drift.title(findings), body, LABEL)
        issues = _find(github, drift) or [(created, body)]
        done = f"opened #{created}"
    else:
        number, before = issues[0]
        done = f"#{number} is up to date"
        if re.findall(MARK, before) != marks(findings):
            github.update(number, {"title": drift.title(findings), "body": body})
            github.comment(number, _change(before, findings))
            done = f"updated #{number}"
    for number, _ in issues[1:]:
        github.update(number, {"state": "closed", "state_reason": "not_planned"})
        done += f", closed #{number} as a duplicate"
    return f"{drift.name}: {done}"


def _change(before: str, findings: Findings) -> str:
    """Return the comment on what has changed."""
    if marks(findings)[0] in before:
        return "The announced deprecations and sunsets are others than before; the description is up to date."
    if not findings.failures:
        return "No check fails any more; what the server announces is in the description."
    return "The failures are others than before; the description is up to date."


def _closed(github: GitHub, drift: Drift, findings: Findings) -> int | None:
    """Return the number of a closed issue about an API that has the notes, or None."""
    mark = _notes_mark(findings)
    return next((number for number, body in _find(github, drift, "closed") if mark in body), None)


def _find(github: GitHub, drift: Drift, state: str = "open") -> list[tuple[int, str]]:
    """Return the number and the text of each issue about an API, the oldest one first."""
    found = ((issue["number"], str(issue.get("body") or "")) for issue in github.issues(LABEL, state))
    return sorted((number, body) for number, body in found if drift.mark in body.splitlines())


def _listed(issues: Iterable[tuple[int, str]]) -> str:
    return ", ".join(f"#{number}" for number, _ in issues)
