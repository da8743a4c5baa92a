"""What a verification has found: one model for every report."""

import re
from collections.abc import Callable, Iterator

from attrs import Factory, define, field, frozen

from ..document import Document, Operation
from .exchange import Exchange


@frozen
class Failure:
    """A rule that an answer breaks.

    `clause` is the file and line of the document that the answer contradicts; `replay` a shell command that sends the
    request again, with credentials as environment variables.
    """

    rule: str
    operation_id: str
    wanted: str
    got: str
    clause: str
    replay: str


@define
class Tally:
    """How often a rule was judged on an operation, and every different way in which it was broken."""

    judged: int = 0
    failures: list[Failure] = Factory(list)

    @property
    def verdict(self) -> str:
        """`-` where nothing could be judged, else `ok` or `FAILED`."""
        if self.failures:
            return "FAILED"
        return "ok" if self.judged else "-"


@define
class Coverage:
    """What of an operation was seen: its statuses and, for jobs, the words of its state."""

    operation: Operation
    words: tuple[str, ...]
    required_words: tuple[str, ...]
    seen_words: set[str] = Factory(set)
    seen_statuses: set[int] = Factory(set)
    requests: int = 0
    accepted: int = 0

    @property
    def documented(self) -> tuple[str, ...]:
        """The documented statuses."""
        return tuple(response.status for response in self.operation.responses)

    def has_seen(self, status: str) -> bool:
        """Whether a documented status, such as `404` or `4XX`, was seen."""
        pattern = status.upper()
        return any(
            str(seen) == pattern or (pattern.endswith("XX") and str(seen)[0] == pattern[0])
            for seen in self.seen_statuses
        )

    @property
    def unseen(self) -> tuple[str, ...]:
        """The documented statuses that were not seen."""
        return tuple(status for status in self.documented if not self.has_seen(status))


@define
class Result:
    """What the verification of one document has found."""

    document: Document
    base_url: str
    operations: tuple[Operation, ...]
    left_out: tuple[str, ...] = ()
    tallies: dict[tuple[str, str], Tally] = Factory(dict)
    coverage: dict[str, Coverage] = Factory(dict)
    problems: list[str] = Factory(list)
    notes: list[str] = Factory(list)
    # Hears of every exchange, whoever has sent it.
    hear: Callable[[Exchange], None] = field(default=lambda exchange: None, repr=False)
    _seen: set[tuple[str, str, str, str]] = field(factory=set, repr=False)

    def judge(self, operation_id: str, rule: str, failure: Failure | None = None) -> None:
        """Counts one judgement, passed or failed; the same failure is kept once."""
        tally = self.tallies.setdefault((operation_id, rule), Tally())
        tally.judged += 1
        if failure is not None:
            # Two failures that differ in ids and times only are one.
            key = (
                failure.operation_id,
                failure.rule,
                failure.wanted,
                re.sub(r"[0-9a-f]*[0-9][0-9a-f]*", "#", failure.got),
            )
            if key not in self._seen:
                self._seen.add(key)
                tally.failures.append(failure)

    def tally(self, operation_id: str, rule: str) -> Tally:
        """The tally of a rule on an operation."""
        return self.tallies.get((operation_id, rule), Tally())

    def failures(self) -> Iterator[Failure]:
        """Every failure, by operation and rule."""
        for tally in self.tallies.values():
            yield from tally.failures

    def saw(self, exchange: Exchange, words: tuple[str, ...] = ()) -> None:
        """Counts an exchange, and the words of the state that it showed."""
        coverage = self.coverage[exchange.operation_id]
        coverage.requests += 1
        coverage.seen_words.update(words)
        if exchange.status is not None:
            coverage.seen_statuses.add(exchange.status)
        if exchange.is_accepted:
            coverage.accepted += 1
        self.hear(exchange)

    @property
    def status(self) -> int:
        """0 where no rule is broken, 1 where one is, 2 where something could not be judged."""
        if any(tally.failures for tally in self.tallies.values()):
            return 1
        return 2 if self.problems else 0
