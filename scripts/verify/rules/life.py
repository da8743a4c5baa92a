"""The rules of a job's life, from `x-job` alone, held against every reading of every job in the order of the readings."""

import datetime
import itertools
import json
import urllib.parse
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import Factory, define

from ...document import MISSING, Job, Keys, Operation, walk
from ..exchange import Exchange
from ..result import Result
from ..target import Target
from .conformance import failure

RANKS = {"notStarted": 0, "pending": 1, "success": 2, "failure": 2}
Finding = tuple[str, str, str, str]  # rule, key of x-job, wanted, got; got is empty where the rule holds


@define
class Story:
    """What is known of one run of one job."""

    run: tuple[Any, ...] = ()
    begun: float | None = None
    word: str | None = None
    progress: float | None = None
    constants: dict[Keys, Any] = Factory(dict)
    # By the query that a reading was asked for with: a narrow view may leave a list out.
    lists: dict[tuple[str, Keys], list[Any]] = Factory(dict)


class Lives:
    """Every job that is read in a verification. It hears of each exchange, whoever has sent it."""

    def __init__(self, target: Target, result: Result) -> None:
        self._target = target
        self._result = result
        self._stories: dict[tuple[str, ...], Story] = {}

    def hear(self, exchange: Exchange) -> None:
        """Holds a reading to what was read of the same job before."""
        operation = self._target.document.operation(exchange.operation_id)
        values = self.path_values(exchange)
        if operation.job is None or not exchange.is_accepted or values is None or exchange.method != operation.method:
            return
        if not isinstance(exchange.json, dict):
            return
        key = (operation.id, *values)
        story = self._stories.setdefault(key, Story())
        query = urllib.parse.urlsplit(exchange.url).query
        for rule, clause, wanted, got in self._findings(operation.job, exchange.json, values, query, story):
            self.judge(operation, exchange, rule, clause, wanted, got)

    def forget(self) -> None:
        """Forgets every job: somebody has acted on them, so that another life begins."""
        self._stories.clear()

    def path_values(self, exchange: Exchange) -> tuple[str, ...] | None:
        """The path parameters that a request was made with, None where it went elsewhere."""
        return self._target.path_values(exchange)

    def judge(
        self, operation: Operation, exchange: Exchange, rule: str, clause: str | None, wanted: str, got: str
    ) -> None:
        """Counts a judgement; a failure points at the line of the clause of x-job."""
        place = (*operation.pointer, "x-job", clause) if clause else None
        found = failure(self._target, rule, operation, exchange, wanted, got, place=place) if got else None
        self._result.judge(operation.id, rule, found)

    def _findings(self, job: Job, body: Any, values: tuple[str, ...], query: str, story: Story) -> Iterator[Finding]:
        told = walk(body, job.id)
        yield "id_echo", "id", f"the id {' or '.join(values)}", "" if str(told) in values else f"{told!r}"
        yield from _run(job, body, story)
        word = walk(body, job.state)
        kind = job.kinds.get(word) if isinstance(word, str) else None
        if kind is None:
            return
        yield from _state(job, word, story)
        yield from _progress(job, body, kind, story)
        yield from _constants(job, body, story)
        yield from _lists(job, body, query, story)
        yield from _end(job, body, kind)
        for mirror in job.mirrors:
            other = walk(body, mirror.at)
            if other is not MISSING:
                wanted = mirror.words.get(word)
                got = "" if other == wanted else f"{other!r} at {_pointer(mirror.at)}"
                yield "mirrors", "mirrors", f"{wanted!r} beside {word}", got
        story.word = word


def _run(job: Job, body: Any, story: Story) -> Iterator[Finding]:
    """A run that is another is a later one, and begins a story of its own."""
    run = tuple(walk(body, path) for path in job.run)
    if not run or MISSING in run or None in run:
        return
    begun = moment(walk(body, job.timestamps[0])) if job.timestamps else None
    if story.run and run != story.run:
        if begun is not None and story.begun is not None:
            replaced = "" if begun > story.begun else "another that is no later"
        else:
            # Without moments, only a run that has ended can make room for another.
            replaced = "another while it is under way" if job.kinds.get(story.word or "") == "pending" else ""
        yield "run", "run", f"the run {_short(story.run)}, or a later one", replaced and f"{replaced}: {_short(run)}"
        fresh = Story()
        story.word, story.progress = fresh.word, fresh.progress
        story.constants, story.lists = fresh.constants, fresh.lists
    elif story.run:
        yield "run", "run", "the same run", ""
    story.run, story.begun = run, begun


def _state(job: Job, word: str, story: Story) -> Iterator[Finding]:
    before = story.word
    if before is None:
        return
    if job.is_final(before):
        yield "terminal_is_final", "state", f"{before} to stay", "" if word == before else f"{word} after {before}"
        return
    falls = RANKS[job.kinds[word]] < RANKS[job.kinds[before]]
    yield "never_backwards", "state", f"no state before {before}", f"{word} after {before}" if falls else ""


def _progress(job: Job, body: Any, kind: str, story: Story) -> Iterator[Finding]:
    value = walk(body, job.progress) if job.progress else MISSING
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    if story.progress is not None:
        got = f"{value:g} after {story.progress:g}" if value < story.progress else ""
        yield "progress_never_falls", "progress", f"{story.progress:g} or more", got
    story.progress = value
    full = kind == "success"
    got = "" if (value == 100) == full and 0 <= value <= 100 else f"{value:g} with {walk(body, job.state)}"
    yield "progress_tells_the_end", "progress", "100 with success" if full else "0 or more, and less than 100", got


def _constants(job: Job, body: Any, story: Story) -> Iterator[Finding]:
    for path in job.immutable:
        value = walk(body, path)
        if value is MISSING:
            continue
        if path in story.constants:
            before = story.constants[path]
            got = f"{_short(value)} after {_short(before)} at {_pointer(path)}" if value != before else ""
            yield "immutable", "immutable", f"{_pointer(path)} to stay {_short(before)} within a run", got
        story.constants[path] = value


def _lists(job: Job, body: Any, query: str, story: Story) -> Iterator[Finding]:
    for path in job.append_only:
        value = walk(body, path)
        entries = value if isinstance(value, list) else []
        before = story.lists.get((query, path))
        if before:
            lost = [entry for entry in before if entry not in entries]
            yield (
                "append_only",
                "appendOnly",
                f"{_pointer(path)} to keep its entries",
                f"{_short(lost[0])} is gone" if lost else "",
            )
        story.lists[query, path] = entries


def _end(job: Job, body: Any, kind: str) -> Iterator[Finding]:
    if kind == "success" and job.subtasks is not None:
        items = walk(body, job.subtasks.items)
        for index, item in enumerate(items if isinstance(items, list) else ()):
            state = walk(item, job.subtasks.state)
            got = "" if state in job.subtasks.success else f"{state!r} at {_pointer(job.subtasks.items)}/{index}"
            yield (
                "subtasks",
                "subtasks",
                f"every part {' or '.join(sorted(job.subtasks.success))} when the job has succeeded",
                got,
            )
    if RANKS[kind] == 2:
        moments = [(path, moment(walk(body, path))) for path in job.timestamps]
        known = [(path, value) for path, value in moments if value is not None]
        for (earlier, first), (later, second) in itertools.pairwise(known):
            got = f"{second:.3f} after {first:.3f}" if second < first else ""
            yield "timestamps_in_order", "timestamps", f"{_pointer(later)} not before {_pointer(earlier)}", got


def moment(value: Any) -> float | None:
    """A moment in seconds, from seconds, milliseconds or a date-time; None where it is none."""
    if isinstance(value, bool):
        return None
    try:
        if isinstance(value, int | float):
            return value / 1000 if abs(value) > 1e11 else float(value)
        read = datetime.datetime.fromisoformat(value)
        return (read if read.tzinfo else read.replace(tzinfo=datetime.UTC)).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None


def same_kind(started: Mapping[str, Any], body: Mapping[str, Any], job: Job) -> str:
    """Where the status of a started job tells what is constant otherwise than its start; empty where it does not."""
    for path in job.immutable:
        before, after = walk(started, path), walk(body, path)
        if MISSING not in (before, after) and before != after:
            return f"{_pointer(path)} {_short(after)}, which its start has told as {_short(before)}"
    return ""


def views_differ(job: Job, narrow: Any, wide: Any) -> str:
    """What a narrow reading tells that the wide one does not, empty where it contains it. Taken in the same state."""
    moving = {path[0] for path in (*job.timestamps, *((job.progress,) if job.progress else ()))}
    if walk(narrow, job.state) != walk(wide, job.state):
        return ""
    for name, value in narrow.items():
        told = wide.get(name, MISSING)
        if (name,) in job.append_only and isinstance(value, list) and isinstance(told, list):
            # The wide one was read a moment later.
            told = value if all(entry in told for entry in value) else told
        if name not in moving and told != value:
            return f"{name} {_short(value)}, and with the wider view {_short(wide.get(name, MISSING))}"
    return ""


def _pointer(path: Keys) -> str:
    return "/" + "/".join(path)


def _short(value: Any) -> str:
    if value is MISSING:
        return "nothing"
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:80]}..."
