"""What a verification has found: one model for every report."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from attrs import Factory, define, field, frozen

from .. import ending
from ..document import Document, Operation
from .calls import OutOfTime
from .coverage import Coverage
from .exchange import Exchange
from .faults import TOO_MANY
from .target import WrongCall
from .timelines import Reading


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
    """How often a rule was judged on an operation, and every different way in which it was broken.

    `accepted` holds the failures that a baseline accepts, each with the reason.
    """

    judged: int = 0
    failures: list[Failure] = Factory(list)
    accepted: list[tuple[Failure, str]] = Factory(list)

    @property
    def verdict(self) -> str:
        """`-` where nothing could be judged, else `ok`, `FAILED`, or `accepted` where all its failures are."""
        if self.failures:
            return "FAILED"
        if self.accepted:
            return "accepted"
        return "ok" if self.judged else "-"


@define
class Result:
    """What the verification of one document has found."""

    document: Document
    base_url: str
    operations: tuple[Operation, ...]
    left_out: tuple[str, ...] = ()
    tallies: dict[tuple[str, str], Tally] = Factory(dict)
    coverage: dict[str, Coverage] = Factory(dict)
    # The readings of each job, by operation and path values.
    timelines: dict[tuple[str, ...], list[Reading]] = Factory(dict)
    problems: list[str] = Factory(list)
    # What has ended the verification before its time, from outside.
    stopped: BaseException | None = None
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

    @contextmanager
    def guarded(self, rule: str, operation_id: str) -> Iterator[None]:
        """Lets a fault of a rule cost this rule alone, which is then told as one that could not be judged."""
        try:
            yield
        except (OutOfTime, WrongCall):
            raise
        except Exception as error:
            problem = f"{operation_id}: {rule} could not be judged: {ending.bug(error)}"
            if problem not in self.problems:
                self.problems.append(problem)

    def tally(self, operation_id: str, rule: str) -> Tally:
        """The tally of a rule on an operation."""
        return self.tallies.get((operation_id, rule), Tally())

    def failures(self) -> Iterator[Failure]:
        """Every failure, by operation and rule."""
        for tally in self.tallies.values():
            yield from tally.failures

    def accepted(self) -> Iterator[tuple[Failure, str]]:
        """Every failure that the baseline accepts, with its reason."""
        for tally in self.tallies.values():
            yield from tally.accepted

    def saw(self, exchange: Exchange, words: tuple[str, ...] = (), *, heard: bool = True) -> None:
        """Counts an exchange, and the words of the state that it showed; `heard` where it stands in its order.

        A refusal because of too many requests tells nothing of what was asked: the run is then not all judged.
        """
        self.coverage[exchange.operation_id].saw(exchange, words)
        if exchange.status == TOO_MANY:
            problem = f"{exchange.operation_id} was answered with 429, too many requests; wait, and verify again"
            if problem not in self.problems:
                self.problems.append(problem)
        if heard:
            self.hear(exchange)

    @property
    def status(self) -> int:
        """0 where no rule is broken, 1 where one is, 2 where something could not be judged."""
        if any(tally.failures for tally in self.tallies.values()):
            return 1
        return 2 if self.problems else 0
