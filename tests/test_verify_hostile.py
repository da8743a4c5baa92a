"""Verification of hostile servers: it ends in time, reports correctly, and redacts credentials."""

import json
import os
import re
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scripts.document import Document
from scripts.simulate import Simulator
from scripts.verify.exchange import Exchange
from scripts.verify.observers import LifecycleChecks
from scripts.verify.report import junit, page, sarif, table
from scripts.verify.result import Result
from scripts.verify.run import verify as run_verification
from scripts.verify.scenarios.edge_cases import request_edge_cases
from scripts.verify.session import Session
from scripts.verify.target import Target, UsageError, make_target

from .conftest import ENVIRONMENT, Serve
from .hostile import hostile, http_response
from .network import Network, proxied
from .paths import simulated_path
from .test_http_standards import wrap
from .test_verify import verify
from .verifications import RUN

API = "agent-platform"
KEY = "Secret-Key-ABCdef0123456789"
KNOWN = {"AGENT_PLATFORM_API_KEY": KEY}
Reply = Callable[[bytes, str], bytes]
DONE = b'{"_id":"%s","jobType":"MODELS","action":"DEPLOY","status":"SUCCESS"}'


def conforming_reply(head: bytes, key: str) -> bytes:
    """Return the response of a conforming server: a valid one, a 401, a 404 or a 405."""
    method, path = head.split(b" ")[:2]
    if not re.search(rb"(?i:x-api-key): %s(\r|$)" % re.escape(key.encode()), head):
        return http_response(401, b'{"errors":[{"msg":"who?","code":401}]}')
    job = re.escape(simulated_path(API, "get_dock_status", "JOB")).replace("JOB", "(ds-(?!00000000)[0-9a-f-]{36})")
    found = re.fullmatch(job.encode(), path.partition(b"?")[0])
    if found is None:
        return http_response(404, b'{"errors":[{"msg":"what?","code":404}]}')
    if method != b"GET":
        return http_response(405, b"", "Allow: GET")
    return http_response(200, DONE % found[1])


def verify_replies(documents: dict[str, Document], reply: Reply, *, profile: Any = "live", seconds: int = 60) -> Result:
    """Verify a server that responds with `reply`."""
    with hostile(lambda connection, head: connection.sendall(reply(head, KEY))) as server:
        target = make_live_target(documents, server.url, profile)
        return run_verification(target, 1, seconds)


def make_live_target(documents: dict[str, Document], url: str, profile: Any = "live") -> Target:
    return make_target(documents[API], f"{url}/{API}", KNOWN, profile=profile, writes=False)


def reports(result: Result) -> str:
    return "\n".join((table([result]), junit([result]), page([result], RUN), sarif([result])))


def is_valid_request(head: bytes) -> bool:
    return conforming_reply(head, KEY).startswith(b"HTTP/1.1 200")


def test_conforming_server_has_no_failures(documents: dict[str, Document]) -> None:
    result = verify_replies(documents, conforming_reply)

    assert [f"{failure.check}: {failure.got}" for failure in result.failures()] == []


@pytest.mark.parametrize("change", [str.swapcase, lambda key: key[:-1], lambda key: f"{key}x"])
def test_variants_of_a_credential_are_redacted(documents: dict[str, Document], change: Callable[[str], str]) -> None:
    def reply(head: bytes, key: str) -> bytes:
        other = change(key)
        if re.search(rb"(?i:x-api-key): %s(\r|$)" % re.escape(other.encode()), head):
            return http_response(500, json.dumps({"msg": f"bad {other}"}).encode(), f"X-Echo: {other}")
        return conforming_reply(head, key)

    result = verify_replies(documents, reply)
    text = reports(result)

    assert [failure.check for failure in result.failures()] == ["near_miss_credential"]
    assert KEY[:-1].lower() not in text.lower()


def test_replay_sends_the_variant_of_the_credential(documents: dict[str, Document]) -> None:
    heads: list[bytes] = []

    def reply(head: bytes, key: str) -> bytes:
        heads.append(head)
        return http_response(200, DONE % b"ds-1") if b"api-key" in head.lower() else conforming_reply(head, key)

    with hostile(lambda connection, head: connection.sendall(reply(head, KEY))) as server:
        result = run_verification(make_live_target(documents, server.url), 1, 60)
        near = [failure for failure in result.failures() if failure.check == "near_miss_credential"]
        for failure in near:
            subprocess.run(["bash", "-c", failure.replay], env={**os.environ, **KNOWN}, check=True, capture_output=True)

    sent = [re.search(rb"x-api-key: ([^\r]*)", head, re.IGNORECASE) for head in heads[-len(near) :]]
    assert {found[1].decode() for found in sent if found} <= {KEY.swapcase(), KEY[:-1], f"{KEY}x"}
    assert near


def test_credential_in_states_and_names_is_redacted(documents: dict[str, Document]) -> None:
    def reply(head: bytes, key: str) -> bytes:
        return http_response(200, json.dumps({"_id": "ds-1", "status": f"x {key}", key: 1}).encode()) if is_valid_request(head) else conforming_reply(head, key)  # fmt: skip

    assert KEY not in reports(verify_replies(documents, reply))


def test_credential_with_a_line_break_is_rejected(documents: dict[str, Document]) -> None:
    with pytest.raises(UsageError, match="AGENT_PLATFORM_API_KEY holds a line break") as caught:
        make_target(
            documents[API], "http://127.0.0.1:9", {"AGENT_PLATFORM_API_KEY": f"{KEY}\n"}, profile="live", writes=False
        )

    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "check"),
    [
        (b'{"_id":"ds-1","status":{"a":1}}', "response_schema_conformance"),
        (b'{"_id":"ds-1","status":["SUCCESS"]}', "response_schema_conformance"),
        (b'{"_id":"ds-1","status":"SUCCESS","a":' + b"[" * 500 + b"]" * 500 + b"}", "response_schema_conformance"),
        (b'{"_id":"\\ud800","jobType":"MODELS","action":"DEPLOY","status":"SUCCESS"}', "id_echo"),
        (b"[]", "response_schema_conformance"),
        (b"null", "response_schema_conformance"),
    ],
)
def test_unexpected_body_is_a_failure_in_every_report(documents: dict[str, Document], body: bytes, check: str) -> None:
    result = verify_replies(
        documents, lambda head, key: http_response(200, body) if is_valid_request(head) else conforming_reply(head, key)
    )

    assert check in {failure.check for failure in result.failures()}
    assert not any("verification itself" in problem for problem in result.problems)
    reports(result).encode()


def test_control_characters_are_escaped(documents: dict[str, Document]) -> None:
    def reply(head: bytes, key: str) -> bytes:
        if is_valid_request(head):
            return http_response(418, b"oops\n::stop-commands::zzz\n\x1b[2J0 failures", content_type="text/plain")
        return conforming_reply(head, key)

    printed = table([verify_replies(documents, reply)])

    assert "\x1b" not in printed
    assert not any(line.startswith("::") for line in printed.splitlines())
    assert r"oops\n::stop-commands::zzz\n\x1b[2J0 failures" in printed


def test_endless_slow_response_is_aborted(documents: dict[str, Document]) -> None:
    def trickle(connection: socket.socket, head: bytes) -> None:
        if not is_valid_request(head):
            connection.sendall(conforming_reply(head, KEY))
            return
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
        while True:
            connection.sendall(b" ")
            time.sleep(0.2)

    began = time.monotonic()
    with hostile(trickle) as server:
        result = run_verification(make_live_target(documents, server.url), 1, 5)

    assert time.monotonic() - began < 15
    assert result.status == 2
    assert "stopped after 5 s" in result.problems[0]


def test_endless_response_is_aborted(documents: dict[str, Document]) -> None:
    def endless(connection: socket.socket, head: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"F4240\r\n" + b" " * 1_000_000 + b"\r\n")

    with hostile(endless) as server:
        result = run_verification(make_live_target(documents, server.url), 1, 30)

    assert "ResponseTooLargeError: more than 10000000 bytes" in result.problems[0]


def test_wrong_content_encoding_is_a_failure(documents: dict[str, Document]) -> None:
    def reply(head: bytes, key: str) -> bytes:
        return (
            http_response(200, DONE % b"ds-1", "Content-Encoding: gzip")
            if is_valid_request(head)
            else conforming_reply(head, key)
        )

    result = verify_replies(documents, reply)

    assert {"truthful_headers"} == {failure.check for failure in result.failures()}
    assert result.status == 1


def test_rate_limit_is_inconclusive_and_not_a_failure(documents: dict[str, Document]) -> None:
    for limit in (12, 20):
        seen: Counter[str] = Counter()

        def reply(head: bytes, key: str, limit: int = limit, seen: Counter[str] = seen) -> bytes:
            seen["requests"] += 1
            too_many = http_response(429, b'{"errors":[{"msg":"slow down","code":429}]}', "Retry-After: 60")
            return too_many if seen["requests"] > limit else conforming_reply(head, key)

        result = verify_replies(documents, reply)

        assert [f"{failure.check}: {failure.got}" for failure in result.failures()] == []
        assert "returned 429, too many requests; wait, and verify again" in "".join(result.problems)
        assert result.status == 2


def test_request_limit_applies_to_resent_requests(documents: dict[str, Document]) -> None:
    with proxied("http://127.0.0.1:9", Network(bad_gateways=1.0)) as (url, outcomes):
        result = run_verification(make_live_target(documents, url), 1, 60)

    assert result.status != 0
    assert outcomes["bad gateway"] <= 45


def test_job_that_ends_during_concurrent_reads_is_not_a_failure(
    documents: dict[str, Document], simulator: Simulator, serve: Serve
) -> None:
    # Vary the request at which jobs end, so that some end between two concurrent reads.
    def ends_at(count: int) -> Any:
        seen = Counter[str]()

        def reply(scope: Any, _: Any, status: int, body: bytes) -> tuple[int, bytes]:
            if status == 200 and scope["method"] == "GET":
                job = scope["path"].rstrip("/").rpartition("/")[2]
                seen[job] += 1
                state = b"SUCCESS" if seen[job] >= count else b"IN_PROGRESS"
                body = re.sub(b'"(SUCCESS|IN_PROGRESS|FAILED)"', b'"' + state + b'"', body)
            return status, body

        return wrap(reply=reply)

    for count in range(1, 50):
        url = f"{serve(ends_at(count)(simulator))}/{API}"
        target = make_target(documents[API], url, ENVIRONMENT, profile="full", writes=True, stepping=True)
        operation = documents[API].operations[0]
        with Session(target) as session:
            request_edge_cases(session, operation)
        assert [f"{failure.check}: {failure.got}" for failure in session.result.failures()] == [], count


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--ca-file", "nothing.pem"], "nothing.pem holds no certificates that can be read"),
        (["--ca-file", "Makefile"], "Makefile holds no certificates that can be read"),
        (["--out", "Makefile"], "Makefile"),
        (["--url", "http://user:hunter2secret@127.0.0.1:9"], "--url holds a user or a password"),
        (["--max-time", "0"], "expected an integer of seconds, 1 or more, got 0"),
    ],
)
def test_unusable_argument_is_rejected_in_one_line(tmp_path: Path, arguments: list[str], message: str) -> None:
    url = [] if "--url" in arguments else ["--url", "http://127.0.0.1:9"]

    done = verify("--api", API, *url, *arguments, out=tmp_path, **KNOWN)

    assert done.returncode == 2
    assert message in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert "hunter2secret" not in done.stdout + done.stderr


def test_concurrent_reads_are_not_in_the_history_of_a_job(
    documents: dict[str, Document], simulator: Simulator, serve: Serve
) -> None:
    target = make_target(
        documents[API], f"{serve(simulator)}/{API}", ENVIRONMENT, profile="full", writes=True, stepping=True
    )
    operation = documents[API].operations[0]
    concurrent, kept = Counter[bool](), []

    class Recorder(LifecycleChecks):
        def observe(self, exchange: Exchange) -> None:
            concurrent[not exchange.is_ordered] += 1
            before = repr(self._histories)
            super().observe(exchange)
            if not exchange.is_ordered:
                kept.append(repr(self._histories) == before)

    with Session(target, observers=(Recorder,)) as session:
        request_edge_cases(session, operation)

    assert concurrent[True] == 2
    assert concurrent[False] > 20
    assert kept == [True, True]
