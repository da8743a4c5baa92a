"""Hostile answers, made from the documents' own examples and from noise, thrown at the client over real sockets.

`python -m tests.fuzz --count 100000 --seed 1` says what was thrown and ends with 1 when anything but a `JobStatusError`
escapes, or a call outlives its deadline.
"""

import argparse
import asyncio
import copy
import json
import random
import socket
import sys
import time
from collections import Counter
from typing import Any

import job_status
from attrs import Factory, define
from job_status import JobStatusError

from scripts.document import Document, Operation, load_folder, walk
from scripts.simulate.jobs import put

from .conftest import ROOT
from .hostile import HostileServer, reset

TIMEOUT = 1.0  # seconds a call may take
SLACK = 0.75  # seconds this machine may be late
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 10**400, 1e308, "", " ", "x" * 5000, "\u0000", "\ud800", "ﷺ" * 50, [], {}, [[]], [None], {"": None},
    "2022-13-45T99:99:99Z", "NaN", "SUCCESS", {"a": {"b": {"c": [1, 2, {"d": None}]}}},
)  # fmt: skip
DEADLY = b'0123456789abcdef{}[]",:\\ \r\n\x00\xff'


@define
class Tally:
    """What was thrown, and what came of it."""

    count: int = 0
    objects: int = 0
    terminal: int = 0
    outcomes: Counter[str] = Factory(Counter)
    escaped: list[str] = Factory(list)
    slowest: float = 0.0


def spoiled(source: random.Random, value: Any, depth: int = 0) -> Any:
    """A JSON value with something wrong in it."""
    if isinstance(value, dict) and value and (depth == 0 or source.random() < 0.6):
        key = source.choice(list(value))
        match source.randrange(6):
            case 0:
                del value[key]
            case 1:
                value[key] = copy.deepcopy(source.choice(ODD))
            case 2:
                value[source.choice(["new", "__class__", "additional_properties", "", "_id\u0000"])] = source.choice(
                    ODD
                )
            case 3:
                value[key.upper()] = value.pop(key)
            case _:
                value[key] = spoiled(source, value[key], depth + 1)
        return value
    if isinstance(value, list) and value and source.random() < 0.7:
        index = source.randrange(len(value))
        value[index] = spoiled(source, value[index], depth + 1)
        return value
    if isinstance(value, str) and value and source.random() < 0.4:
        return source.choice(
            [value.lower(), value.upper(), value + " ", value[:-1], value * 3, [value], {value: value}]
        )
    return copy.deepcopy(source.choice(ODD))


class Thrower:
    """Makes hostile answers for one operation, repeatably."""

    def __init__(self, document: Document, operation: Operation, source: random.Random) -> None:
        self.document = document
        self.operation = operation
        self.source = source
        self.examples = [example.value for _, example in operation.success.examples]
        followed = [document.operation(link.operation_id).job for link in operation.success.follow]
        job = operation.job or followed[0]
        assert job is not None
        self.job = job

    def body(self, tally: Tally) -> bytes:
        """A body: mostly JSON objects, often still a valid end of the job."""
        source = self.source
        value = copy.deepcopy(source.choice(self.examples))
        if source.random() < 0.5:
            put(value, self.job.state, source.choice([*self.job.success, *self.job.failure]))
        for _ in range(source.choice([0, 1, 1, 2, 4])):
            value = spoiled(source, value)
        kind = source.random()
        if kind < 0.06:
            value = source.choice([[value], None, 7, "text", [], True])
        data = json.dumps(value, ensure_ascii=source.random() < 0.5).encode("utf-8", errors="surrogatepass")
        if 0.06 <= kind < 0.24:
            mangled = bytearray(data)
            for _ in range(source.randrange(1, 6)):
                place = source.randrange(len(mangled))
                mangled[place : place + source.randrange(3)] = bytes([source.choice(DEADLY)])
            data = bytes(mangled)
        elif 0.24 <= kind < 0.28:
            data = data[: source.randrange(len(data))]
        elif 0.28 <= kind < 0.29:
            data = b'{"a":' * 50_000 + data
        self._count(data, tally)
        return data

    def _count(self, data: bytes, tally: Tally) -> None:
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            return
        if isinstance(value, dict):
            tally.objects += 1
            state = walk(value, self.job.state)
            if isinstance(state, str) and self.job.is_final(state):
                tally.terminal += 1

    def answer(self, tally: Tally) -> tuple[bytes, str]:
        """The bytes of an answer, and how the connection ends: keep, close or reset."""
        source = self.source
        tally.count += 1
        if source.random() < 0.08:
            noise = source.randbytes(source.randrange(1, 400))
            return source.choice(
                [noise, b"HTTP/1.1 200 OK\r\n" + noise, b"HTTP/1.1 " + noise + b"\r\n\r\n"]
            ), source.choice(["close", "reset"])
        body = self.body(tally)
        status = source.choices([200, source.randrange(200, 600), source.randrange(0, 1000)], [90, 8, 2])[0]
        lines = [f"HTTP/1.1 {status:03d} Word".encode()]
        lines.append(
            b"Content-Type: "
            + source.choice([b"application/json", b"text/html", b"application/json; charset=utf-16", b"\xff\xfe"])
        )
        for _ in range(source.choice([0, 0, 0, 1, 3])):
            name = source.choice(
                [b"Retry-After", b"Content-Encoding", b"Set-Cookie", b"X-Request-Id", b"Date", b"Location", b"Link"]
            )
            value = source.choice(
                [
                    b"gzip",
                    b"-1",
                    b"99999999999999999999",
                    b"\xe9\xff",
                    b"a=b; Expires=Nonsense",
                    b"x" * 900,
                    b"",
                    b"Mon, 99 Foo 2026 25:61:61 GMT",
                ]
            )
            lines.append(name + b": " + value)
        length = len(body) if source.random() < 0.97 else source.randrange(0, 2 * len(body) + 2)
        ending = "keep" if length == len(body) and status not in {204, 304} and status >= 200 else "close"
        lines.append(f"Content-Length: {length}".encode())
        data = b"\r\n".join(lines) + b"\r\n\r\n" + body
        return data, source.choice(["close", "reset"]) if source.random() < 0.02 else ending


class Fuzz:
    """Throws hostile answers at one client after the other."""

    def __init__(self, seed: int) -> None:
        self.tally = Tally()
        source = random.Random(seed)
        self.throwers = [
            Thrower(document, operation, random.Random(source.random()))
            for document in load_folder(ROOT / "openapi")
            for operation in document.operations
        ]
        self._thrower = self.throwers[0]
        self.server = HostileServer(self._behave)

    def _behave(self, connection: socket.socket, head: bytes) -> None:
        data, ending = self._thrower.answer(self.tally)
        connection.sendall(data)
        if ending == "reset":
            reset(connection)
        elif ending == "close":
            connection.close()

    def _client(self, thrower: Thrower, prefix: str) -> Any:
        document = thrower.document
        values = {
            key: ("user", "password") if scheme.scheme == "basic" else "credential"
            for key, scheme in document.security_schemes.items()
        }
        kind = getattr(job_status, prefix + document.class_name)
        return kind(self.server.url, timeout=TIMEOUT, max_retries=0, **values)

    def _note(self, began: float, error: BaseException | None) -> None:
        took = time.monotonic() - began
        self.tally.slowest = max(self.tally.slowest, took)
        self.tally.outcomes[type(error).__name__ if error else "a model"] += 1
        if error is not None and not isinstance(error, JobStatusError):
            self.tally.escaped.append(f"{self._thrower.operation.id}: {type(error).__name__}: {error}")

    def run(self, count: int) -> Tally:
        """Throws `count` answers, half at sync and half at async clients."""
        share = max(1, count // (2 * len(self.throwers)))
        for thrower in self.throwers:
            self._thrower = thrower
            with self._client(thrower, "") as api:
                call = getattr(api, thrower.operation.id)
                for _ in range(share):
                    began = time.monotonic()
                    try:
                        call("id-1")
                    except Exception as error:
                        self._note(began, error)
                    else:
                        self._note(began, None)
            asyncio.run(self._run_async(thrower, share))
        self.server.close()
        return self.tally

    async def _run_async(self, thrower: Thrower, share: int) -> None:
        async with self._client(thrower, "Async") as api:
            call = getattr(api, thrower.operation.id)
            for _ in range(share):
                began = time.monotonic()
                try:
                    await call("id-1")
                except Exception as error:
                    self._note(began, error)
                else:
                    self._note(began, None)


def main() -> int:
    """Runs the fuzz and says what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Throws hostile answers at the client.")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    tally = Fuzz(arguments.seed).run(arguments.count)
    outcomes = ", ".join(f"{name} {number}" for name, number in tally.outcomes.most_common())
    print(
        f"{tally.count} hostile answers, seed {arguments.seed}: {tally.objects / tally.count:.0%} JSON objects, "
        f"{tally.terminal / tally.count:.0%} a valid end; ended in {outcomes}; slowest {tally.slowest:.2f} s"
    )
    for line in tally.escaped[:20]:
        print(f"escaped: {line}", file=sys.stderr)
    return 1 if tally.escaped or tally.slowest > TIMEOUT + SLACK else 0


if __name__ == "__main__":
    sys.exit(main())
