"""Whatever a server does, a verification ends in time, says what is so, and keeps its secrets."""

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
from scripts.verify.calls import Caller
from scripts.verify.coverage import coverage
from scripts.verify.preflight import known_values
from scripts.verify.report import junit, page, sarif, table
from scripts.verify.result import Result
from scripts.verify.rules import oddities
from scripts.verify.rules.life import Lives
from scripts.verify.run import verify as run_verification
from scripts.verify.target import Target, WrongCall, target

from .conftest import ENVIRONMENT, Serve
from .hostile import answer, hostile
from .network import Network, proxied
from .test_protocol import around
from .test_verify import verify

API = "agent-platform"
KEY = "Secret-Key-ABCdef0123456789"
KNOWN = {"AGENT_PLATFORM_API_KEY": KEY}
Reply = Callable[[bytes, str], bytes]
DONE = b'{"_id":"%s","jobType":"MODELS","action":"DEPLOY","status":"SUCCESS"}'


def plain(head: bytes, key: str) -> bytes:
    """An answer of a server that keeps to its document: one that is right, refused or unknown."""
    method, path = head.split(b" ")[:2]
    if not re.search(rb"(?i:x-api-key): %s(\r|$)" % re.escape(key.encode()), head):
        return answer(401, b'{"errors":[{"msg":"who?","code":401}]}')
    found = re.fullmatch(
        rb"/agent-platform/api/public/dock-status/(ds-(?!00000000)[0-9a-f-]{36})", path.partition(b"?")[0]
    )
    if found is None:
        return answer(404, b'{"errors":[{"msg":"what?","code":404}]}')
    if method != b"GET":
        return answer(405, b"", "Allow: GET")
    return answer(200, DONE % found[1])


def judged(documents: dict[str, Document], reply: Reply, *, profile: Any = "live", seconds: int = 60) -> Result:
    """What a verification says of a server with such replies."""
    with hostile(lambda connection, head: connection.sendall(reply(head, KEY))) as server:
        aimed = aimed_at(documents, server.url, profile)
        return run_verification(aimed, 1, seconds)


def aimed_at(documents: dict[str, Document], url: str, profile: Any = "live") -> Target:
    return target(documents[API], f"{url}/{API}", KNOWN, profile=profile, writes=False)


def reports(result: Result) -> str:
    return "\n".join((table([result]), junit([result]), page([result], "all"), sarif([result])))


def is_right(head: bytes) -> bool:
    return plain(head, KEY).startswith(b"HTTP/1.1 200")


def test_an_ordinary_server_of_ours_is_not_accused(documents: dict[str, Document]) -> None:
    result = judged(documents, plain)

    assert [f"{failure.rule}: {failure.got}" for failure in result.failures()] == []


@pytest.mark.parametrize("forgive", [str.swapcase, lambda key: key[:-1], lambda key: f"{key}x"])
def test_what_was_made_of_a_credential_is_in_no_report(
    documents: dict[str, Document], forgive: Callable[[str], str]
) -> None:
    def reply(head: bytes, key: str) -> bytes:
        other = forgive(key)
        if re.search(rb"(?i:x-api-key): %s(\r|$)" % re.escape(other.encode()), head):
            return answer(500, json.dumps({"msg": f"bad {other}"}).encode(), f"X-Echo: {other}")
        return plain(head, key)

    result = judged(documents, reply)
    told = reports(result)

    assert [failure.rule for failure in result.failures()] == ["near_miss_credential"]
    assert KEY[:-1].lower() not in told.lower()


def test_a_replay_of_a_near_miss_sends_it_again(documents: dict[str, Document]) -> None:
    heads: list[bytes] = []

    def reply(head: bytes, key: str) -> bytes:
        heads.append(head)
        return answer(200, DONE % b"ds-1") if b"api-key" in head.lower() else plain(head, key)

    with hostile(lambda connection, head: connection.sendall(reply(head, KEY))) as server:
        result = run_verification(aimed_at(documents, server.url), 1, 60)
        near = [failure for failure in result.failures() if failure.rule == "near_miss_credential"]
        for failure in near:
            subprocess.run(["bash", "-c", failure.replay], env={**os.environ, **KNOWN}, check=True, capture_output=True)

    sent = [re.search(rb"x-api-key: ([^\r]*)", head, re.IGNORECASE) for head in heads[-len(near) :]]
    assert {found[1].decode() for found in sent if found} <= {KEY.swapcase(), KEY[:-1], f"{KEY}x"}
    assert near


def test_secrets_in_states_and_names_stay_out_of_the_page(documents: dict[str, Document]) -> None:
    def reply(head: bytes, key: str) -> bytes:
        return answer(200, json.dumps({"_id": "ds-1", "status": f"x {key}", key: 1}).encode()) if is_right(head) else plain(head, key)  # fmt: skip

    assert KEY not in reports(judged(documents, reply))


def test_a_credential_with_a_line_break_is_refused_before_anything_is_sent(documents: dict[str, Document]) -> None:
    with pytest.raises(WrongCall, match="AGENT_PLATFORM_API_KEY holds a line break") as caught:
        target(
            documents[API], "http://127.0.0.1:9", {"AGENT_PLATFORM_API_KEY": f"{KEY}\n"}, profile="live", writes=False
        )

    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b'{"_id":"ds-1","status":{"a":1}}', "response_schema_conformance"),
        (b'{"_id":"ds-1","status":["SUCCESS"]}', "response_schema_conformance"),
        (b'{"_id":"ds-1","status":"SUCCESS","a":' + b"[" * 500 + b"]" * 500 + b"}", "response_schema_conformance"),
        (b'{"_id":"\\ud800","jobType":"MODELS","action":"DEPLOY","status":"SUCCESS"}', "id_echo"),
        (b"[]", "response_schema_conformance"),
        (b"null", "response_schema_conformance"),
    ],
)
def test_a_body_of_any_shape_is_judged_and_told(documents: dict[str, Document], body: bytes, rule: str) -> None:
    result = judged(documents, lambda head, key: answer(200, body) if is_right(head) else plain(head, key))

    assert rule in {failure.rule for failure in result.failures()}
    assert not any("verification itself" in problem for problem in result.problems)
    reports(result).encode()


def test_control_characters_reach_no_terminal(documents: dict[str, Document]) -> None:
    def reply(head: bytes, key: str) -> bytes:
        if is_right(head):
            return answer(418, b"oops\n::stop-commands::zzz\n\x1b[2J0 failures", content_type="text/plain")
        return plain(head, key)

    printed = table([judged(documents, reply)])

    assert "\x1b" not in printed
    assert not any(line.startswith("::") for line in printed.splitlines())
    assert r"oops\n::stop-commands::zzz\n\x1b[2J0 failures" in printed


def test_an_answer_that_trickles_for_ever_is_left(documents: dict[str, Document]) -> None:
    def trickle(connection: socket.socket, head: bytes) -> None:
        if not is_right(head):
            connection.sendall(plain(head, KEY))
            return
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
        while True:
            connection.sendall(b" ")
            time.sleep(0.2)

    began = time.monotonic()
    with hostile(trickle) as server:
        result = run_verification(aimed_at(documents, server.url), 1, 5)

    assert time.monotonic() - began < 15
    assert result.status == 2
    assert "stopped after 5 s" in result.problems[0]


def test_an_answer_without_end_is_left(documents: dict[str, Document]) -> None:
    def endless(connection: socket.socket, head: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"F4240\r\n" + b" " * 1_000_000 + b"\r\n")

    with hostile(endless) as server:
        result = run_verification(aimed_at(documents, server.url), 1, 30)

    assert "AnswerTooLong: more than 10000000 bytes" in result.problems[0]


def test_content_that_is_never_encoded_as_it_says_is_a_failure(documents: dict[str, Document]) -> None:
    def reply(head: bytes, key: str) -> bytes:
        return answer(200, DONE % b"ds-1", "Content-Encoding: gzip") if is_right(head) else plain(head, key)

    result = judged(documents, reply)

    assert {"truthful_headers"} == {failure.rule for failure in result.failures()}
    assert result.status == 1


def test_too_many_requests_are_no_failure_and_leave_the_rest_unjudged(documents: dict[str, Document]) -> None:
    for most in (12, 20):
        seen: Counter[str] = Counter()

        def reply(head: bytes, key: str, most: int = most, seen: Counter[str] = seen) -> bytes:
            seen["requests"] += 1
            refused = answer(429, b'{"errors":[{"msg":"slow down","code":429}]}', "Retry-After: 60")
            return refused if seen["requests"] > most else plain(head, key)

        result = judged(documents, reply)

        assert [f"{failure.rule}: {failure.got}" for failure in result.failures()] == []
        assert "answered with 429, too many requests; wait, and verify again" in "".join(result.problems)
        assert result.status == 2


def test_a_gateway_that_never_passes_on_gets_no_more_requests_than_announced(documents: dict[str, Document]) -> None:
    with proxied("http://127.0.0.1:9", Network(bad_gateways=1.0)) as (url, befallen):
        result = run_verification(aimed_at(documents, url), 1, 60)

    assert result.status != 0
    assert befallen["bad gateway"] <= 45


def test_a_job_that_ends_beside_two_readings_is_not_accused(
    documents: dict[str, Document], simulator: Simulator, serve: Serve
) -> None:
    # Every job ends at another request, so that some end between the two of a pair.
    def ends_at(count: int) -> Any:
        seen = Counter[str]()

        def reply(scope: Any, _: Any, status: int, body: bytes) -> tuple[int, bytes]:
            if status == 200 and scope["method"] == "GET":
                job = scope["path"].rstrip("/").rpartition("/")[2]
                seen[job] += 1
                word = b"SUCCESS" if seen[job] >= count else b"IN_PROGRESS"
                body = re.sub(b'"(SUCCESS|IN_PROGRESS|FAILED)"', b'"' + word + b'"', body)
            return status, body

        return around(reply=reply)

    for count in range(1, 50):
        url = f"{serve(ends_at(count)(simulator))}/{API}"
        aimed = target(documents[API], url, ENVIRONMENT, profile="full", writes=True, stepping=True)
        operation = documents[API].operations[0]
        result = Result(documents[API], url, aimed.operations)
        result.coverage = {operation.id: coverage(aimed, operation)}
        result.hear = Lives(aimed, result).hear
        with Caller(aimed) as caller:
            oddities.probe(aimed, caller, result, operation, known_values(aimed, operation)[0])
        assert [f"{failure.rule}: {failure.got}" for failure in result.failures()] == [], count


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--ca-file", "nothing.pem"], "nothing.pem holds no certificates that can be read"),
        (["--ca-file", "Makefile"], "Makefile holds no certificates that can be read"),
        (["--out", "Makefile"], "Makefile"),
        (["--url", "http://user:hunter2secret@127.0.0.1:9"], "--url holds a user or a password"),
        (["--max-time", "0"], "wanted whole seconds, 1 or more, got 0"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_line(tmp_path: Path, arguments: list[str], said: str) -> None:
    url = [] if "--url" in arguments else ["--url", "http://127.0.0.1:9"]

    done = verify("--api", API, *url, *arguments, out=tmp_path, **KNOWN)

    assert done.returncode == 2
    assert said in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert "hunter2secret" not in done.stdout + done.stderr


def test_readings_at_once_have_no_order_and_are_heard_by_no_rule_of_a_life(
    documents: dict[str, Document], simulator: Simulator, serve: Serve
) -> None:
    aimed = target(documents[API], f"{serve(simulator)}/{API}", ENVIRONMENT, profile="full", writes=True, stepping=True)
    operation = documents[API].operations[0]
    result = Result(documents[API], aimed.base_url, aimed.operations)
    result.coverage = {operation.id: coverage(aimed, operation)}
    heard: list[object] = []
    result.hear = heard.append

    with Caller(aimed) as caller:
        oddities.probe(aimed, caller, result, operation, known_values(aimed, operation)[0])

    assert result.coverage[operation.id].requests - len(heard) == 2
