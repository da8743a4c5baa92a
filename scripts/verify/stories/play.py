"""Plays a story: makes its calls, holds every reading on the way to the document, and cleans up."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.parse
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import evolve

from ...document import MISSING, walk
from .. import probe
from ..calls import SETTING, Caller, OutOfTime
from ..coverage import coverage
from ..exchange import Exchange
from ..preflight import CannotJudge, reachable
from ..result import Failure, Result
from ..rules.conformance import failure, shortened
from ..rules.life import Lives, moment
from ..rules.protocol import Wire
from ..target import Target, WrongCall, credential_place
from ..timelines import Timelines
from .model import NAME, UNIQUE, Expected, Step, Story, names_in

PACE = 0.25  # seconds between two readings beside a wait
GRACE = 30.0  # seconds that a client may take beyond the time that it is given
RULE = "story"


LEAST_LATE = 1.0  # seconds, however young a job is


class Stopped(Exception):
    """A step has not gone as it was told, and what comes after it depends on it."""


def play(target: Target, story: Story, seconds: float) -> Result:
    """Plays one story to a server, for so many seconds at most, and cleans up however it goes."""
    if not target.writes:
        raise WrongCall(f"a story writes to the server; set ALLOW_WRITES=1 to have {story.name} played")
    result = Result(target.document, target.base_url, target.operations)
    result.coverage = {operation.id: coverage(target, operation) for operation in target.operations}
    with Caller(target, ends_at=time.monotonic() + seconds) as caller, heeded() as heed:
        player = _Player(target, caller, result, heed)
        try:
            reachable(target, caller, player.operation)
            player.make_ready(story)
            for step in story.steps:
                player.take(step)
        except CannotJudge as error:
            result.problems.append(str(error))
        except Stopped:
            result.notes.append(f"the story {story.name} was stopped at the step that failed")
        except OutOfTime:
            late = f"the story {story.name} was stopped after {seconds:g} s; give it more with --max-time"
            result.problems.append(late)
        except KeyboardInterrupt:
            print(f"{story.name}: interrupted, cleaning up", flush=True)
            result.problems.append(
                f"the story {story.name} was interrupted, and what it is known to have made was cleaned up"
            )
        finally:
            # Nothing may come between what was made and its being taken away.
            heed.ignore()
            caller.ends_at = None
            player.clean(story)
    return result


class Heed:
    """The signals that end a program, while a story is played: they interrupt it, but for moments in which they wait."""

    def __init__(self) -> None:
        self._holds = False
        self._ignores = False
        self._met = False

    def interrupt(self, number: int, frame: object) -> None:
        """Handles a signal."""
        if self._ignores:
            return
        self._met = True
        if not self._holds:
            raise KeyboardInterrupt

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Lets what is under way come to its end first: nobody knows what a write has made before it is answered."""
        self._holds = True
        try:
            yield
        finally:
            self._holds = False
        if self._met and not self._ignores:
            raise KeyboardInterrupt

    def ignore(self) -> None:
        """Has them pass from now on."""
        self._ignores = True


@contextlib.contextmanager
def heeded() -> Iterator[Heed]:
    """Lets the signals that end a program interrupt what is played."""
    heed = Heed()
    if threading.current_thread() is not threading.main_thread():
        yield heed
        return
    before = {
        number: signal.signal(number, heed.interrupt) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield heed
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Player:
    """Plays steps and remembers what they have kept."""

    def __init__(self, target: Target, caller: Caller, result: Result, heed: Heed) -> None:
        self._heed = heed
        self._target = target
        self._caller = caller
        self._result = result
        self._kept = {UNIQUE: uuid.uuid4().hex[:10]}
        self._lives, self._wire = Lives(target, result), Wire(target, result)
        self._timelines = Timelines(target, result.timelines)
        reporting = [(operation, operation.job) for operation in target.document.operations if operation.job]
        if len(reporting) != 1:
            raise WrongCall(f"a story needs a document with one operation that reports jobs, this has {len(reporting)}")
        self.operation, self._job = reporting[0]
        self._ready: list[subprocess.Popen[str]] = []
        result.hear = self._hear

    def make_ready(self, story: Story) -> None:
        """Starts the programs that will wait, sync and async, so that no wait begins late because of that."""
        document, credentials = self._target.document, {}
        for key in self._target.way_in(self.operation) or ():
            value = self._target.credentials[key]
            is_basic = document.security_schemes[key].scheme == "basic"
            credentials[key] = value.partition(":")[::2] if is_basic else value
        setting = {
            "class": document.class_name,
            "url": self._target.base_url,
            "credentials": credentials,
            "ca_file": str(self._target.ca_file) if self._target.ca_file else "",
        }
        program = Path(__file__).with_name("waiter.py")
        generated = Path(__file__).parents[3] / "generated"
        for is_async in (True, False) * sum(bool(step.wait) for step in story.steps):
            waiter = subprocess.Popen(  # noqa: S603 - this project's own program
                [sys.executable, str(program)],
                env={**os.environ, "PYTHONPATH": str(generated)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            self._ready.append(waiter)
            # A credential is no argument of a command, which others could read.
            _tell(waiter, {**setting, "is_async": is_async})
        for waiter in self._ready:
            assert waiter.stdout is not None  # noqa: S101 - it is a pipe, see above
            if waiter.stdout.readline().strip() != "ready":
                _, said = waiter.communicate()
                last = (said.strip().splitlines() or ["it has ended"])[-1]
                raise CannotJudge(self._target.redact(f"the client cannot be used: {last}; make generate writes it"))

    def take(self, step: Step) -> None:
        """Plays one step.

        Raises:
            Stopped: it has not gone as it was told.
        """
        if step.wait:
            self._wait(step)
        else:
            with self._heed.held():
                exchange = self._call(step)
                # What is to be cleaned up is known before anything else can come.
                for name, pointer in step.keep.items():
                    value = walk(exchange.json, tuple(pointer.strip("/").split("/")))
                    if isinstance(value, str | int) and value not in {"", ".", ".."}:
                        self._kept[name] = str(value)
            if exchange.status is None:
                self._judge(step, exchange, "an answer", exchange.error)
            self._judge(step, exchange, *_unlike(self._filled(step.expected), exchange))
            for pointer in step.keep.values():
                value = walk(exchange.json, tuple(pointer.strip("/").split("/")))
                missing = not isinstance(value, str | int) or value == ""
                got = "none" if missing else f"{value}, which would lead elsewhere" if value in {".", ".."} else ""
                self._judge(step, exchange, f"a text or a number at {pointer}", got)

    def clean(self, story: Story) -> None:
        """Plays the steps at the end, all of them, and sends the programs home that have not had to wait."""
        for waiter in self._ready:
            waiter.kill()
            waiter.communicate()
        for step in story.cleanup:
            if names_in(step.call, step.body) <= self._kept.keys():
                exchange = self._call(step)
                wanted, got = _unlike(self._filled(step.expected), exchange)
                if got:
                    self._result.judge(self.operation.id, RULE, self._failure(step, exchange, wanted, got))

    def _hear(self, exchange: Exchange) -> None:
        self._lives.hear(exchange)
        self._wire.hear(exchange)
        self._timelines.hear(exchange, self._lives.path_values(exchange))

    def _call(self, step: Step) -> Exchange:
        method, _, path = NAME.sub(
            lambda found: urllib.parse.quote(self._kept[found[1]], safe=""), step.call
        ).partition(" ")
        headers = dict(SETTING)
        content = b""
        if step.body is not None:
            headers["content-type"] = "application/json"
            content = json.dumps(self._fill(step.body)).encode()
        for key in self._target.way_in(self.operation) or ():
            where, name, value = credential_place(
                self._target.document.security_schemes[key], self._target.credentials[key]
            )
            if where == "header":
                headers[name.lower()] = value
        url = self._target.base_url + path
        exchange = self._caller.send(self.operation.id, method, url, headers, content)
        if method not in {"GET", "HEAD"}:
            self._lives.forget()
        if method == self.operation.method and self._lives.path_values(exchange) is not None:
            probe.record(self._target, self._result, self.operation, exchange)
        return exchange

    def _wait(self, step: Step) -> None:
        """Waits with both clients, and reads the job in every view until they are done."""
        ids = [self._fill(step.wait)]
        names = [parameter.name for parameter in self.operation.parameters_in("path")]
        values = dict(zip(names[-1:], ids, strict=True))
        waiters = [self._ready.pop(), self._ready.pop()]
        method = "wait_for_" + (self.operation.id.partition("_")[2] or self.operation.id)
        for waiter in waiters:
            _tell(waiter, {"method": method, "ids": ids, "within": step.within})
        last = self._read(values)
        ended_at: float | None = None
        try:
            until = time.monotonic() + step.within + GRACE
            while any(waiter.poll() is None for waiter in waiters) and time.monotonic() < until:
                if ended_at is None and self._job.is_final(str(walk(last.json, self._job.state))):
                    ended_at = last.at
                time.sleep(PACE)
                last = self._read(values)
            for kind, waiter in zip(("sync", "async"), waiters, strict=True):
                if waiter.poll() is None:
                    self._judge(step, last, f"the {kind} wait to end within {step.within:g} s", "it goes on")
                self._judge_wait(step, last, ended_at, kind, *waiter.communicate(timeout=GRACE))
        finally:
            for waiter in waiters:
                if waiter.poll() is None:
                    waiter.kill()
                    waiter.communicate()

    def _read(self, values: Mapping[str, str]) -> Exchange:
        views = self._job.detail
        queries: list[dict[str, Any]] = [{views.parameter: value} for value in views.values] if views else [{}]
        readings = []
        for query in queries:
            readings.append(self._caller.call(self.operation, values, query))
            probe.record(self._target, self._result, self.operation, readings[-1])
        probe.judge_views(self._target, self._lives, self.operation, self._job, readings)
        return readings[-1]

    def _judge_wait(self, step: Step, last: Exchange, ended_at: float | None, kind: str, out: str, said: str) -> None:
        try:
            told = json.loads(out)
        except ValueError:
            told = {
                "outcome": f"the program of the client has failed: {(said.strip().splitlines() or ['it said nothing'])[-1]}",
                "status": None,
                "at": 0.0,
            }
        status = told["status"]
        ended = told["outcome"] == step.ends
        self._judge(step, last, f"the {kind} wait to end with {step.ends}", "" if ended else told["outcome"])
        expected = evolve(self._filled(step.expected), statuses=())
        seen = evolve(last, status=200, body=json.dumps(status).encode())
        wanted, got = _unlike(expected, seen)
        self._judge(step, last, f"{wanted}, of the {kind} wait" if got else wanted, got)
        if step.late is not None and ended_at is not None:
            # Both moments are of this machine's clock. How late the client may be grows with the age of the job; that
            # it is later is no fault of the server.
            late, most = told["at"] - ended_at, LEAST_LATE + step.late * self._age(last)
            if late > most:
                self._result.problems.append(
                    f"{step.name}: the {kind} wait has ended {late:.2f} s after the end could be read, more than {most:.2f} s "
                    "for a job of this age: by the client's schedule, or a busy machine"
                )

    def _age(self, last: Exchange) -> float:
        """Seconds from the first to the last moment that a job tells."""
        moments = [moment(walk(last.json, path)) for path in self._job.timestamps]
        known = [one for one in moments if one is not None]
        return max(known) - min(known) if known else 0.0

    def _judge(self, step: Step, exchange: Exchange, wanted: str, got: str) -> None:
        """Counts one expectation.

        Raises:
            Stopped: it was not met.
        """
        found = self._failure(step, exchange, wanted, got) if got else None
        self._result.judge(self.operation.id, RULE, found)
        if found:
            raise Stopped

    def _failure(self, step: Step, exchange: Exchange, wanted: str, got: str) -> Failure:
        told = f"{step.name}: {wanted}"
        return evolve(failure(self._target, RULE, self.operation, exchange, told, got), clause=step.place)

    def _filled(self, expected: Expected) -> Expected:
        return evolve(expected, body=self._fill(expected.body), text=self._fill(expected.text))

    def _fill(self, value: Any) -> Any:
        """A value whose texts have the kept values in the place of their names."""
        if isinstance(value, dict):
            return {name: self._fill(child) for name, child in value.items()}
        if isinstance(value, list):
            return [self._fill(child) for child in value]
        if isinstance(value, str):
            return NAME.sub(lambda found: self._kept[found[1]], value)
        return value


def _tell(waiter: subprocess.Popen[str], order: Mapping[str, Any]) -> None:
    """Gives a program its next line. One that has died says so when its answer is read."""
    assert waiter.stdin is not None  # noqa: S101 - it is a pipe
    with contextlib.suppress(BrokenPipeError):
        waiter.stdin.write(json.dumps(order) + "\n")
        waiter.stdin.flush()


def _unlike(expected: Expected, exchange: Exchange) -> tuple[str, str]:
    """What was wanted of an answer and what came instead; the latter is empty where nothing is amiss."""
    said = shortened(exchange.body.decode(errors="replace"))
    wanted = "status " + (" or ".join(map(str, expected.statuses)) or "2xx")
    meets = exchange.status in expected.statuses if expected.statuses else exchange.is_accepted
    if not meets:
        return wanted, f"{exchange.status} {said}" if exchange.status is not None else exchange.error
    if expected.body is not MISSING and (slip := _lacks(expected.body, exchange.json, "")):
        return slip
    if expected.text and not re.search(expected.text, exchange.body.decode(errors="replace")):
        return f"a text that matches {expected.text}", said
    return wanted, ""


def _lacks(wanted: Any, got: Any, place: str) -> tuple[str, str] | None:
    """The first place at which a body does not hold what is wanted of it, None where there is none."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        for name, child in wanted.items():
            if slip := _lacks(child, got.get(name, MISSING), f"{place}/{name}"):
                return slip
        return None
    if isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
        slips = (
            _lacks(one, other, f"{place}/{index}") for index, (one, other) in enumerate(zip(wanted, got, strict=True))
        )
        return next((slip for slip in slips if slip), None)
    if wanted == got and isinstance(wanted, bool) == isinstance(got, bool):
        return None
    shown = "nothing" if got is MISSING else json.dumps(got)
    return f"{json.dumps(wanted)} at {place or '/'}", shortened(shown)
