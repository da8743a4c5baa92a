"""Fuzz the client with corrupt responses over real sockets.

The responses are made from the examples of the documents and from random bytes.
`python -m tests.fuzz --count 100000 --seed 1` prints a summary, and exits with 1 if a call raises anything but a
`JobStatusError` or takes longer than its timeout.
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

from scripts.document import Document, Operation, load_folder
from scripts.simulate.bodies import set_value

from .conftest import ROOT
from .hostile import HostileServer, reset

TIMEOUT = 1.0  # of a call, in seconds
SLACK = 0.75  # seconds by which a call may exceed its timeout on a loaded machine
UNUSUAL_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 10**400, 1e308, "", " ", "x" * 5000, "\u0000", "\ud800", "ﷺ" * 50, [], {}, [[]], [None], {"": None},
    "2022-13-45T99:99:99Z", "NaN", "SUCCESS", {"a": {"b": {"c": [1, 2, {"d": None}]}}},
)  # fmt: skip
SYNTAX_BYTES = b'0123456789abcdef{}[]",:\\ \r\n\x00\xff'


@define
class FuzzSummary:
    """Numbers of the responses that were sent, and the outcomes of the calls."""

    count: int = 0
    objects: int = 0
    terminal: int = 0
    outcomes: Counter[str] = Factory(Counter)
    escaped: list[str] = Factory(list)
    slowest: float = 0.0


def corrupt_value(source: random.Random, value: Any, depth: int = 0) -> Any:
    """Return a JSON value with one member changed, removed or added."""
    if isinstance(value, dict) and value and (depth == 0 or source.random() < 0.6):
        key = source.choice(list(value))
        match source.randrange(6):
            case 0:
                del value[key]
            case 1:
                value[key] = copy.deepcopy(source.choice(UNUSUAL_VALUES))
            case 2:
                value[source.choice(["new", "__class__", "additional_properties", "", "_id\u0000"])] = source.choice(
                    UNUSUAL_VALUES
                )
            case 3:
                value[key.upper()] = value.pop(key)
            case _:
                value[key] = corrupt_value(source, value[key], depth + 1)
        return value
    if isinstance(value, list) and value and source.random() < 0.7:
        index = source.randrange(len(value))
        value[index] = corrupt_value(source, value[index], depth + 1)
        return value
    if isinstance(value, str) and value and source.random() < 0.4:
        return source.choice(
            [value.lower(), value.upper(), value + " ", value[:-1], value * 3, [value], {value: value}]
        )
    return copy.deepcopy(source.choice(UNUSUAL_VALUES))


class ResponseGenerator:
    """Generates corrupt responses for one operation, reproducibly for a seed."""

    def __init__(self, document: Document, operation: Operation, source: random.Random) -> None:
        self.document = document
        self.operation = operation
        self.source = source
        self.examples = [example.value for _, example in operation.success.examples]
        linked_jobs = [document.operation(link.operation_id).job for link in operation.success.links]
        job = operation.job or linked_jobs[0]
        assert job is not None
        self.job = job

    def body(self, summary: FuzzSummary) -> bytes:
        """Return a body: mostly JSON objects, often with a valid final state."""
        source = self.source
        value = copy.deepcopy(source.choice(self.examples))
        if source.random() < 0.5:
            set_value(value, self.job.state or (), source.choice([*self.job.success, *self.job.failure]))
        for _ in range(source.choice([0, 1, 1, 2, 4])):
            value = corrupt_value(source, value)
        kind = source.random()
        if kind < 0.06:
            value = source.choice([[value], None, 7, "text", [], True])
        data = json.dumps(value, ensure_ascii=source.random() < 0.5).encode("utf-8", errors="surrogatepass")
        if 0.06 <= kind < 0.24:
            corrupt = bytearray(data)
            for _ in range(source.randrange(1, 6)):
                index = source.randrange(len(corrupt))
                corrupt[index : index + source.randrange(3)] = bytes([source.choice(SYNTAX_BYTES)])
            data = bytes(corrupt)
        elif 0.24 <= kind < 0.28:
            data = data[: source.randrange(len(data))]
        elif 0.28 <= kind < 0.29:
            data = b'{"a":' * 50_000 + data
        self._count(data, summary)
        return data

    def _count(self, data: bytes, summary: FuzzSummary) -> None:
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            return
        if isinstance(value, dict):
            summary.objects += 1
            if self.job.is_final(str(self.job.state_of(value))):
                summary.terminal += 1

    def response(self, summary: FuzzSummary) -> tuple[bytes, str]:
        """Return the bytes of a response, and what to do with the connection then: keep, close or reset."""
        source = self.source
        summary.count += 1
        if source.random() < 0.08:
            random_bytes = source.randbytes(source.randrange(1, 400))
            return source.choice(
                [random_bytes, b"HTTP/1.1 200 OK\r\n" + random_bytes, b"HTTP/1.1 " + random_bytes + b"\r\n\r\n"]
            ), source.choice(["close", "reset"])
        body = self.body(summary)
        status = source.choices([200, source.randrange(200, 600), source.randrange(0, 1000)], [90, 8, 2])[0]
        lines = [f"HTTP/1.1 {status:03d} Reason".encode()]
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


class Fuzzer:
    """Sends corrupt responses to a sync and an async client of each operation."""

    def __init__(self, seed: int) -> None:
        self.summary = FuzzSummary()
        source = random.Random(seed)
        self.generators = [
            ResponseGenerator(document, operation, random.Random(source.random()))
            for document in load_folder(ROOT / "openapi")
            for operation in document.operations
        ]
        self._generator = self.generators[0]
        self.server = HostileServer(self._behave)

    def _behave(self, connection: socket.socket, head: bytes) -> None:
        data, ending = self._generator.response(self.summary)
        connection.sendall(data)
        if ending == "reset":
            reset(connection)
        elif ending == "close":
            connection.close()

    def _client(self, generator: ResponseGenerator, prefix: str) -> Any:
        document = generator.document
        values = {
            key: ("user", "password") if scheme.scheme == "basic" else "credential"
            for key, scheme in document.security_schemes.items()
        }
        client_class = getattr(job_status, prefix + document.class_name)
        return client_class(self.server.url, timeout=TIMEOUT, max_retries=0, **values)

    def _record(self, started: float, error: BaseException | None) -> None:
        elapsed = time.monotonic() - started
        self.summary.slowest = max(self.summary.slowest, elapsed)
        self.summary.outcomes[type(error).__name__ if error else "parsed"] += 1
        if error is not None and not isinstance(error, JobStatusError):
            self.summary.escaped.append(f"{self._generator.operation.id}: {type(error).__name__}: {error}")

    def run(self, count: int) -> FuzzSummary:
        """Send `count` responses, half of them to sync and half to async clients."""
        calls = max(1, count // (2 * len(self.generators)))
        for generator in self.generators:
            self._generator = generator
            with self._client(generator, "") as api:
                call = getattr(api, generator.operation.id)
                for _ in range(calls):
                    started = time.monotonic()
                    try:
                        call("id-1")
                    except Exception as error:
                        self._record(started, error)
                    else:
                        self._record(started, None)
            asyncio.run(self._run_async(generator, calls))
        self.server.close()
        return self.summary

    async def _run_async(self, generator: ResponseGenerator, calls: int) -> None:
        async with self._client(generator, "Async") as api:
            call = getattr(api, generator.operation.id)
            for _ in range(calls):
                started = time.monotonic()
                try:
                    await call("id-1")
                except Exception as error:
                    self._record(started, error)
                else:
                    self._record(started, None)


def main() -> int:
    """Run the fuzzer and print its summary."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Fuzz the client with corrupt responses.")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    summary = Fuzzer(arguments.seed).run(arguments.count)
    outcomes = ", ".join(f"{name} {number}" for name, number in summary.outcomes.most_common())
    print(
        f"{summary.count} responses, seed {arguments.seed}: {summary.objects / summary.count:.0%} JSON objects, "
        f"{summary.terminal / summary.count:.0%} with a final state; outcomes: {outcomes}; "
        f"slowest {summary.slowest:.2f} s"
    )
    for line in summary.escaped[:20]:
        print(f"escaped: {line}", file=sys.stderr)
    return 1 if summary.escaped or summary.slowest > TIMEOUT + SLACK else 0


if __name__ == "__main__":
    sys.exit(main())
