"""The registry of checks, in the order of the reports, and the classes that every check is one of.

A check is a class that describes itself and that `@register` adds to the registry. It gets responses and yields
findings; it sends nothing, and knows neither the target nor the session. Its class attributes:

- `name`: its identifier in the reports, in SARIF and in a baseline
- `description`: the requirement, as half a sentence
- `clause`: the key of `x-job` or the section of the standard that it enforces; empty if it enforces documented
  responses
- `compares`: whether it compares the exchange of a probe to the others; then it runs last, without the members of a
  status that vary by themselves
- `fix_server`: how to fix a failure if the server is wrong, in sentences
- `fix_document`: the same if the document is wrong
"""

import functools
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar, Self, TypeVar

from attrs import frozen

from ...document import MISSING, Document, Keys, Operation, Response
from ...document.source import Pointer
from ..exchange import Exchange
from ..probe import Probe

MAX_CHARACTERS = 300


@frozen
class Finding:
    """What a check expects and what it got instead; `got` is empty if the check has passed.

    `response` is the documented response that the expectation comes from, and `exchange` the one with the failure, if
    it is another than the checked one.
    """

    expected: str = ""
    got: str = ""
    response: Response | None = None
    exchange: Exchange | None = None


Findings = Iterator[Finding]


class Check(ABC):
    """A check of a server. See the module for what the subclasses declare."""

    name: ClassVar[str]
    description: ClassVar[str]
    clause: ClassVar[str] = ""
    compares: ClassVar[bool] = False
    fix_server: ClassVar[str]
    fix_document: ClassVar[str] = (
        "The document does not decide this. Accept a failure that cannot be fixed yet with a baseline."
    )

    @classmethod
    def registered(cls) -> list[Self]:
        """Return the registered checks of this kind."""
        return list(_of_kind(cls, len(CHECKS)))

    def applies(self, document: Document, operation: Operation, *, full: bool) -> bool:
        """Return whether a complete verification runs the check on an operation; `full` is false for a live one."""
        return True

    def pointer(self, operation: Operation, finding: Finding) -> Pointer:
        """Return the pointer to the part of the document that a finding is about."""
        return finding.response.pointer if finding.response else (*operation.pointer, "responses")


class ResponseCheck(Check):
    """A check of one response to a documented request or, with `any_request`, to any."""

    any_request: ClassVar[bool] = False

    @abstractmethod
    def check(self, document: Document, operation: Operation, exchange: Exchange) -> Findings:
        """Yield the findings on a response."""


class ProbeCheck(Check):
    """A check of a probe: the responses to the requests of a scenario, which a scenario of the same name sends."""

    @abstractmethod
    def check(self, probe: Probe) -> Findings:
        """Yield the findings on a probe."""


CHECKS: list[Check] = []
CheckType = TypeVar("CheckType", bound=type[Check])


@functools.cache
def _of_kind(kind: type[Any], count: int) -> tuple[Any, ...]:
    """Return the registered checks of a kind, once for each number of registered checks."""
    return tuple(check for check in CHECKS[:count] if isinstance(check, kind))


def register(check: CheckType) -> CheckType:
    """Add a check to the registry."""
    CHECKS.append(check())
    return check


def applies(check: str, document: Document, operation: Operation, *, full: bool) -> bool:
    """Return whether a complete verification runs the check with a name on an operation."""
    return any(each.applies(document, operation, full=full) for each in CHECKS if each.name == check)


def truncate(text: str) -> str:
    """Truncate untrusted text for a message."""
    return text if len(text) <= MAX_CHARACTERS else f"{text[:MAX_CHARACTERS]} ... ({len(text)} characters)"


def excerpt(exchange: Exchange) -> str:
    """Return the truncated body of a response."""
    return truncate(exchange.body.decode(errors="replace"))


def pointer_text(path: Keys) -> str:
    """Return a path as a JSON pointer."""
    return "/" + "/".join(path)


def shorten(value: Any) -> str:
    """Return a value as JSON, truncated for a message."""
    if value is MISSING:
        return "nothing"
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:80]}..."
