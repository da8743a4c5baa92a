"""Inputs of a verification: arguments, environment, and untrusted text from servers and recordings."""

import asyncio
import json
import subprocess
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from scripts.document import Document, load
from scripts.simulate import ControlledSimulator, Simulator, SimulatorSettings, SteppingClock
from scripts.simulate.bodies import copy_value, set_value
from scripts.verify import recordings, sender
from scripts.verify.checks import request_validity
from scripts.verify.exchange import Exchange
from scripts.verify.report import annotations, junit, page, sarif, summary, table
from scripts.verify.run import verify as run_verification
from scripts.verify.scenarios import edge_cases
from scripts.verify.scenarios.edge_cases import EdgeCase
from scripts.verify.target import UsageError, make_target, parse_base_url

from .conftest import ENVIRONMENT, Serve, served
from .hostile import always, hostile, http_response
from .paths import path_of
from .test_untrusted_text import EVIL
from .test_verify import verify
from .verifications import RUN

API = "agent-platform"
KEY = "Secret-Key-ABCdef0123456789"

INVALID_URLS = [
    *(
        "",
        "host",
        "//host",
        "ftp://host",
        "http:",
        "http://",
        "http:///path",
        "https://:443",
        "http://[::1",
        "http://[::1]x",
    ),
    *(
        "http://host:99999",
        "http://host:x",
        "http://host:0",
        "http://xn--.invalid",
        "http://😇/",
        "http://.example.invalid",
    ),
    *(
        "http://a..b",
        f"http://{'a' * 64}.example",
        "http://host/ ",
        " http://host",
        "http://host\n",
        "http://ho st",
        "http://host\x00",
    ),
    *("http://host?x=1", "http://host/#part", "http://host?", "http://user:secret-password@host", "http://host/\u202e"),
]


@pytest.mark.parametrize("url", INVALID_URLS, ids=ascii)
def test_invalid_url_is_rejected(url: str) -> None:
    with pytest.raises(UsageError, match="--url") as caught:
        parse_base_url(url)

    assert str(caught.value).isprintable()
    assert "secret-password" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTP://Host:80/Base/", "http://Host:80/Base"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("https://host.example/a/b", "https://host.example/a/b"),
        ("http://bücher.example", "http://bücher.example"),
    ],
)
def test_valid_url_is_normalized(url: str, expected: str) -> None:
    assert parse_base_url(url) == expected


ENVIRONMENTS: dict[str, tuple[dict[str, str], str]] = {
    "socks": ({"ALL_PROXY": "socks5://127.0.0.1:9", "NO_PROXY": ""}, "the proxies of the environment cannot be used"),
    "unknown proxy scheme": (
        {"HTTP_PROXY": "gopher://127.0.0.1:9", "NO_PROXY": ""},
        "the proxies of the environment cannot be used",
    ),
    "invalid NO_PROXY": (
        {"HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": "[::1],fe80::/10"},
        "the proxies of the environment cannot be used",
    ),
    "not ASCII": ({"AGENT_PLATFORM_API_KEY": "clé"}, "AGENT_PLATFORM_API_KEY holds 'é'"),
    "line break": ({"AGENT_PLATFORM_API_KEY": "key\nof two"}, "AGENT_PLATFORM_API_KEY holds a line break"),
    "control character in an id": (
        {"AGENT_PLATFORM_DOCK_STATUS_ID": "ds\x1b-1"},
        "AGENT_PLATFORM_DOCK_STATUS_ID holds",
    ),
}


@pytest.mark.parametrize(("environment", "message"), ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_unusable_environment_is_rejected_in_one_line(
    environment: dict[str, str], message: str, tmp_path: Path
) -> None:
    given = {"AGENT_PLATFORM_API_KEY": KEY, **environment}

    done = verify("--api", API, "--url", "http://status.internal.invalid", out=tmp_path, **given)

    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr


def test_proxy_password_is_redacted(tmp_path: Path) -> None:
    given = {
        "HTTP_PROXY": "http://user:hunter2secret@127.0.0.1:9",
        "NO_PROXY": "",
        "no_proxy": "",
        "AGENT_PLATFORM_API_KEY": KEY,
    }

    done = verify("--api", API, "--url", "http://status.internal.invalid", out=tmp_path, **given)

    assert done.returncode == 2
    assert "hunter2secret" not in done.stdout + done.stderr


def test_exception_in_a_check_does_not_affect_other_checks(
    documents: dict[str, Document], simulator: Simulator, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Any) -> Iterator[Any]:
        raise IndexError("tuple index out of range")
        yield

    checks = tuple(
        EdgeCase(o.check, fail, o.live, o.writes) if o.check == "unknown_ids" else o for o in edge_cases.EDGE_CASES
    )
    monkeypatch.setattr(edge_cases, "EDGE_CASES", checks)
    url = f"{serve(simulator)}/{API}"

    result = run_verification(
        make_target(documents[API], url, ENVIRONMENT, profile="live", writes=False, stepping=True), 1
    )

    assert result.status == 2
    assert len(result.problems) == 1
    assert "get_dock_status: unknown_ids could not be checked" in result.problems[0]
    assert "IndexError" in result.problems[0]
    assert result.tally("get_dock_status", "odd_queries").checked
    assert result.tally("get_dock_status", "response_schema_conformance").checked


@pytest.mark.parametrize(
    ("query", "valid"),
    [
        ("human=false&all=", True),
        ("all=true", True),
        ("all=banana", False),
        ("all=1", False),
        ("", True),
        ("human=null", False),
    ],
)
def test_query_is_validated_by_the_types_of_its_parameters(
    documents: dict[str, Document], query: str, valid: bool
) -> None:
    document = documents["opensearch-flow-framework"]
    operation = document.operations[0]
    url = f"http://node{path_of(document.stem, operation.id, 'w-1')}?{query}"

    assert (
        request_validity.is_valid_request(
            document, operation, Exchange(operation.id, "GET", url, {}, 200, {}, b"", 0.0)
        )
        is valid
    )


@pytest.mark.parametrize(
    ("text", "valid"), [("3", True), ("-4", True), ("x", False), ("3.5", False), ("true", False), ("null", False)]
)
def test_path_is_validated_by_the_types_of_its_parameters(text: str, valid: bool) -> None:
    document = load(Path(__file__).parent / "vendors/mill.yaml")
    operation = document.operation("get_batch")
    url = f"http://mill/plants/north/batches/{text}"

    assert (
        request_validity.is_valid_request(
            document, operation, Exchange(operation.id, "GET", url, {}, 200, {}, b"", 0.0)
        )
        is valid
    )


def test_untrusted_text_is_escaped_in_reports_and_annotations(documents: dict[str, Document]) -> None:
    for text in EVIL[:9]:
        body = json.dumps({"_id": text, "status": text, "errors": [{"msg": text, "code": 400}]}).encode()
        with hostile(always(http_response(200, body))) as server:
            target = make_target(
                documents[API], f"{server.url}/{API}", {"AGENT_PLATFORM_API_KEY": KEY}, profile="live", writes=False
            )
            result = run_verification(target, 1)
        assert list(result.failures())

        for line in (*table([result]).splitlines(), *annotations([result])):
            assert line.isprintable(), ascii(line)
            assert "##[" not in line
            assert not line.lstrip().startswith("::") or line.startswith("::error ")
        for report in (junit([result]), page([result], RUN), sarif([result])):
            assert all(line.isprintable() for line in report.replace("\t", " ").splitlines())
            report.encode()
        for line in summary([result], text).replace("\u200b", "").splitlines():
            assert line.isprintable(), ascii(line)
            assert "<" not in line
            assert "##[" not in line
        ET.fromstring(junit([result]))  # noqa: S314 - our own report
        json.loads(sarif([result]))


@pytest.mark.parametrize(
    ("stem", "headers"),
    [
        (API, {"x-api-key": "key-of-the-recorder"}),
        ("opensearch-flow-framework", {"authorization": "Basic cmVjb3JkZWQ6aHVudGVyMnNlY3JldA=="}),
        ("ai-for-service", {"auth": "eyJhbGciOiJIUzI1NiJ9.eyJhcHBJZCI6ImNzIn0.c2lnbmF0dXJl"}),
    ],
)
def test_recorded_credential_is_redacted(
    documents: dict[str, Document], stem: str, headers: dict[str, str], tmp_path: Path
) -> None:
    document = documents[stem]
    operation = next(o for o in document.operations if o.job)
    path = operation.path
    for parameter in operation.parameters_in("path"):
        path = path.replace(f"{{{parameter.name}}}", "x-1")
    secret = next(iter(headers.values())).rpartition(" ")[2]
    entry = {
        "_name": "incorrect",
        "startedDateTime": "2026-01-01T00:00:00Z",
        "time": 1,
        "request": {
            "method": "GET",
            "url": f"http://recorded{path}",
            "headers": [{"name": name, "value": value} for name, value in headers.items()],
        },
        "response": {
            "status": 200,
            "headers": [{"name": "content-type", "value": "application/json"}],
            "content": {"mimeType": "application/json", "text": json.dumps({"echo": f"got {secret}"})},
        },
    }
    har = tmp_path / "recording.har"
    har.write_text(json.dumps({"log": {"entries": [entry]}}))

    found = recordings.check_recordings(document, recordings.read_recordings(har, document))

    assert found["incorrect"]
    assert secret not in repr(found)


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "127.0.0.1.evil.example:80"},
        {"host": "localhost.evil.example"},
        {"host": "10.0.0.1"},
        {"host": ""},
        {"host": "[::2]"},
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"referer": "https://elsewhere.example/page"},
        {"referer": "http://127.0.0.1:1/other"},
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_control_api_rejects_cross_origin_requests(
    documents: dict[str, Document], headers: dict[str, str], method: str
) -> None:
    controlled = ControlledSimulator(
        Simulator(documents.values(), SimulatorSettings(environment=ENVIRONMENT, clock=SteppingClock(1.0)))
    )
    path = "/_simulator/jobs" if method == "GET" else "/_simulator/reset"

    with served(controlled) as url:
        assert httpx.request(method, f"{url}{path}", headers=headers).status_code == 403
        own = httpx.request(method, f"{url}{path}", headers={"sec-fetch-site": "none", "referer": f"{url}/_simulator/"})
        assert own.status_code in {200, 204}
        assert httpx.get(f"{url.replace('127.0.0.1', 'localhost')}/_simulator/jobs").status_code == 200


FORM = {
    "id": "1",
    "error": {"message": "no", "code": 3},
    "runs": [{"state": "done", "at": 5}],
    "progress": {"percent": 4},
}


@pytest.mark.parametrize(
    ("body", "path", "expected"),
    [
        ({"id": "2"}, ("error", "message"), {"id": "2", "error": {"message": "no", "code": 3}}),
        ({"error": {"message": "x", "code": 1}}, ("error", "message"), {"error": {"message": "no", "code": 1}}),
        ({"error": None}, ("error", "message"), {"error": {"message": "no", "code": 3}}),
        ({"warning": {"message": "x", "code": 1}}, ("warning", "message"), {}),
        ({"runs": [{"state": "hot", "at": 1}]}, ("runs", "0", "state"), {"runs": [{"state": "done", "at": 1}]}),
        ({"runs": []}, ("runs", "0", "state"), {"runs": []}),
        ({}, ("runs", "0", "state"), {"runs": [{"state": "done", "at": 5}]}),
        ({"progress": {"percent": 9, "of": 1}}, ("progress", "percent"), {"progress": {"percent": 4, "of": 1}}),
    ],
)
def test_nested_field_is_copied_with_its_parent_or_not_at_all(body: Any, path: tuple[str, ...], expected: Any) -> None:
    copy_value(body, FORM, path)

    assert body == expected


def test_put_sets_a_field_in_a_list() -> None:
    body: Any = {"runs": [{"state": "hot"}, {"state": "hot"}]}

    set_value(body, ("runs", "1", "state"), "done")
    set_value(body, ("runs", "7", "state"), "nowhere")

    assert body == {"runs": [{"state": "hot"}, {"state": "done"}]}


SHAPES = """\
openapi: 3.1.0
info: {{title: Kiln, version: '1'}}
security: [{{key: []}}]
paths:
  /firings/{{firing}}:
    get:
      operationId: get_firing
      parameters: [{{name: firing, in: path, required: true, schema: {{type: string}}, examples: {{a: {{value: f-1}}, b: {{value: f-2}}, u: {{value: f-0, x-scenario: unknown_id}}}}}}]
      x-job: {{id: $response.body#/id, state: {state}, pending: [hot], success: [done], failure: [cracked], reason: $response.body#/error/message}}
      responses:
        '200':
          description: It.
          content: {{application/json: {{schema: {{$ref: '#/components/schemas/Firing'}}, examples: {examples}}}}}
        '401': {{description: No., content: {{application/json: {{schema: {{$ref: '#/components/schemas/Fault'}}, examples: {{n: {{x-scenario: no_credential, value: {{message: who}}}}, w: {{x-scenario: wrong_credential, value: {{message: who}}}}}}}}}}}}
        '404': {{description: No., content: {{application/json: {{schema: {{$ref: '#/components/schemas/Fault'}}, examples: {{u: {{x-scenario: unknown_id, value: {{message: what}}}}}}}}}}}}
components:
  securitySchemes: {{key: {{type: apiKey, in: header, name: X-Key}}}}
  schemas:
    Fault: {{type: object, required: [message], properties: {{message: {{type: string}}}}}}
    State: {{type: string, enum: [hot, done, cracked]}}
    Run: {{type: object, required: [state], properties: {{state: {{$ref: '#/components/schemas/State'}}}}}}
    Firing: {{type: object, required: [id, {field}], properties: {{id: {{type: string}}, state: {{$ref: '#/components/schemas/State'}}, runs: {{type: array, items: {{$ref: '#/components/schemas/Run'}}}}, error: {{$ref: '#/components/schemas/Fault'}}}}}}
"""


def shape(field: str, pointer: str, template: str) -> str:
    failed = "id: f-2, error: {message: it broke}"
    examples = ", ".join(
        f"{state}: {{value: {{{failed if state == 'cracked' else 'id: f-1'}, {template.format(state)}}}}}"
        for state in ("hot", "done", "cracked")
    )
    return SHAPES.format(field=field, state=f"$response.body#{pointer}", examples=f"{{{examples}}}")


@pytest.mark.parametrize(
    "text",
    [shape("state", "/state", "state: {}"), shape("runs", "/runs/0/state", "runs: [{{state: {}}}]")],
    ids=["reason in an optional object", "state in a list"],
)
def test_nested_reason_and_state_are_simulated_and_verified(text: str, tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents/kiln.yaml").write_text(text)

    done = verify("--openapi", str(tmp_path / "documents"), out=tmp_path / "out")

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["report.html", "junit.xml", "verify.sarif", "requests.log", "simulator.log"])
def test_file_of_another_program_is_not_replaced(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("mine")

    done = verify("--api", API, out=tmp_path)

    assert done.returncode == 2
    assert name in done.stderr
    assert "nothing was changed" in done.stderr
    assert (tmp_path / name).read_text() == "mine"


def test_reports_of_an_earlier_run_are_replaced(tmp_path: Path) -> None:
    done: list[subprocess.CompletedProcess[str]] = [verify("--api", API, out=tmp_path) for _ in range(2)]

    assert [run.returncode for run in done] == [0, 0]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1)], ids=["KeyboardInterrupt", "SystemExit"])
def test_interruption_ends_although_closing_the_connections_hangs(
    documents: dict[str, Document], monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    async def hang() -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(sender, "CLOSE_SECONDS", 0.2)
    target = make_target(documents[API], "http://127.0.0.1:9", ENVIRONMENT, profile="live", writes=False)

    def interrupted() -> None:
        with sender.RequestSender(target) as sending:
            monkeypatch.setattr(sending._client, "aclose", hang)
            raise error

    started = time.monotonic()
    with pytest.raises(type(error)):
        interrupted()

    assert time.monotonic() - started < 3
