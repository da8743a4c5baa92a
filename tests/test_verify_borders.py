"""What crosses the border of a verification: its arguments and surroundings, a rule of ours, a server's texts."""

import json
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from scripts.document import Document, load
from scripts.simulate import Controlled, Settings, Simulator, SteppingClock
from scripts.simulate.jobs import carry, put
from scripts.verify import recorded
from scripts.verify.exchange import Exchange
from scripts.verify.report import annotations, junit, page, sarif, table
from scripts.verify.rules import oddities, wire
from scripts.verify.rules.oddities import Oddity
from scripts.verify.run import verify as run_verification
from scripts.verify.target import WrongCall, base_url, target

from .conftest import ENVIRONMENT, Serve, served
from .hostile import always, answer, hostile
from .test_foreign_text import EVIL
from .test_verify import verify

API = "agent-platform"
KEY = "Secret-Key-ABCdef0123456789"

NO_URLS = [
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
    *("http://host?x=1", "http://host/#part", "http://host?", "http://user:pass-of-nobody@host", "http://host/\u202e"),
]


@pytest.mark.parametrize("url", NO_URLS, ids=ascii)
def test_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(WrongCall, match="--url") as caught:
        base_url(url)

    assert str(caught.value).isprintable()
    assert "pass-of-nobody" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("HTTP://Host:80/Base/", "http://Host:80/Base"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("https://host.example/a/b", "https://host.example/a/b"),
        ("http://bücher.example", "http://bücher.example"),
    ],
)
def test_a_url_of_any_form_is_taken(url: str, wanted: str) -> None:
    assert base_url(url) == wanted


SURROUNDINGS: dict[str, tuple[dict[str, str], str]] = {
    "socks": ({"ALL_PROXY": "socks5://127.0.0.1:9", "NO_PROXY": ""}, "the proxies of the environment cannot be used"),
    "no proxy scheme": (
        {"HTTP_PROXY": "gopher://127.0.0.1:9", "NO_PROXY": ""},
        "the proxies of the environment cannot be used",
    ),
    "an odd NO_PROXY": (
        {"HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": "[::1],fe80::/10"},
        "the proxies of the environment cannot be used",
    ),
    "a letter that no header carries": ({"AGENT_PLATFORM_API_KEY": "clé"}, "AGENT_PLATFORM_API_KEY holds 'é'"),
    "a line break": ({"AGENT_PLATFORM_API_KEY": "key\nof two"}, "AGENT_PLATFORM_API_KEY holds a line break"),
    "an id with a control character": (
        {"AGENT_PLATFORM_DOCK_STATUS_ID": "ds\x1b-1"},
        "AGENT_PLATFORM_DOCK_STATUS_ID holds",
    ),
}


@pytest.mark.parametrize(("environment", "said"), SURROUNDINGS.values(), ids=SURROUNDINGS)
def test_surroundings_that_cannot_be_used_are_refused_in_one_line(
    environment: dict[str, str], said: str, tmp_path: Path
) -> None:
    given = {"AGENT_PLATFORM_API_KEY": KEY, **environment}

    done = verify("--api", API, "--url", "http://status.internal.invalid", out=tmp_path, **given)

    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr


def test_a_password_of_a_proxy_is_in_no_line(tmp_path: Path) -> None:
    given = {
        "HTTP_PROXY": "http://user:hunter2secret@127.0.0.1:9",
        "NO_PROXY": "",
        "no_proxy": "",
        "AGENT_PLATFORM_API_KEY": KEY,
    }

    done = verify("--api", API, "--url", "http://status.internal.invalid", out=tmp_path, **given)

    assert done.returncode == 2
    assert "hunter2secret" not in done.stdout + done.stderr


def test_a_fault_of_a_rule_costs_that_rule_alone(
    documents: dict[str, Document], simulator: Simulator, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Any) -> Iterator[Any]:
        raise IndexError("tuple index out of range")
        yield

    rules = tuple(Oddity(o.rule, broken, o.live, o.writes) if o.rule == "strange_ids" else o for o in oddities.ODDITIES)
    monkeypatch.setattr(oddities, "ODDITIES", rules)
    url = f"{serve(simulator)}/{API}"

    result = run_verification(target(documents[API], url, ENVIRONMENT, profile="live", writes=False, stepping=True), 1)

    assert result.status == 2
    assert len(result.problems) == 1
    assert "get_dock_status: strange_ids could not be judged" in result.problems[0]
    assert "IndexError" in result.problems[0]
    assert result.tally("get_dock_status", "odd_queries").judged
    assert result.tally("get_dock_status", "response_schema_conformance").judged


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
def test_a_text_of_a_url_is_what_its_parameter_reads_it_as(
    documents: dict[str, Document], query: str, valid: bool
) -> None:
    document = documents["opensearch-flow-framework"]
    operation = document.operations[0]
    url = f"http://node/_plugins/_flow_framework/workflow/w-1/_status?{query}"

    assert wire.is_valid(document, operation, Exchange(operation.id, "GET", url, {}, 200, {}, b"", 0.0)) is valid


@pytest.mark.parametrize(
    ("text", "valid"), [("3", True), ("-4", True), ("x", False), ("3.5", False), ("true", False), ("null", False)]
)
def test_a_number_in_a_path_is_a_number(text: str, valid: bool) -> None:
    document = load(Path(__file__).parent / "vendors/mill.yaml")
    operation = document.operation("get_batch")
    url = f"http://mill/plants/north/batches/{text}"

    assert wire.is_valid(document, operation, Exchange(operation.id, "GET", url, {}, 200, {}, b"", 0.0)) is valid


def test_reports_and_annotations_of_a_server_that_says_anything_are_inert(documents: dict[str, Document]) -> None:
    for text in EVIL[:9]:
        body = json.dumps({"_id": text, "status": text, "errors": [{"msg": text, "code": 400}]}).encode()
        with hostile(always(answer(200, body))) as server:
            aimed = target(
                documents[API], f"{server.url}/{API}", {"AGENT_PLATFORM_API_KEY": KEY}, profile="live", writes=False
            )
            result = run_verification(aimed, 1)
        assert list(result.failures())

        for line in (*table([result]).splitlines(), *annotations([result])):
            assert line.isprintable(), ascii(line)
            assert "##[" not in line
            assert not line.lstrip().startswith("::") or line.startswith("::error ")
        for report in (junit([result]), page([result], "all"), sarif([result])):
            assert all(line.isprintable() for line in report.replace("\t", " ").splitlines())
            report.encode()
        ET.fromstring(junit([result]))  # noqa: S314 - a report of ours
        json.loads(sarif([result]))


@pytest.mark.parametrize(
    ("stem", "headers"),
    [
        (API, {"x-api-key": "key-of-the-one-who-recorded"}),
        ("opensearch-flow-framework", {"authorization": "Basic cmVjb3JkZWQ6aHVudGVyMnNlY3JldA=="}),
        ("ai-for-service", {"auth": "eyJhbGciOiJIUzI1NiJ9.eyJhcHBJZCI6ImNzIn0.c2lnbmF0dXJl"}),
    ],
)
def test_a_credential_of_a_recording_is_in_no_failure(
    documents: dict[str, Document], stem: str, headers: dict[str, str], tmp_path: Path
) -> None:
    document = documents[stem]
    operation = next(o for o in document.operations if o.job)
    path = operation.path
    for parameter in operation.parameters_in("path"):
        path = path.replace(f"{{{parameter.name}}}", "x-1")
    secret = next(iter(headers.values())).rpartition(" ")[2]
    entry = {
        "name": "lied",
        "request": {"method": "GET", "path": path, "headers": headers},
        "response": {
            "status": 200,
            "headers": {"content-type": "application/json"},
            "body_text": json.dumps({"echo": f"got {secret}"}),
        },
    }
    (tmp_path / "recording.jsonl").write_text(json.dumps(entry) + "\n")

    found = recorded.judge(document, recorded.read(tmp_path / "recording.jsonl", document))

    assert found["lied"]
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
def test_the_simulator_is_controlled_by_nobody_from_elsewhere(
    documents: dict[str, Document], headers: dict[str, str], method: str
) -> None:
    controlled = Controlled(Simulator(documents.values(), Settings(environment=ENVIRONMENT, clock=SteppingClock(1.0))))
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
    ("body", "path", "wanted"),
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
def test_a_nested_field_is_carried_whole_or_not_at_all(body: Any, path: tuple[str, ...], wanted: Any) -> None:
    carry(body, FORM, path)

    assert body == wanted


def test_a_pointer_through_a_list_is_put() -> None:
    body: Any = {"runs": [{"state": "hot"}, {"state": "hot"}]}

    put(body, ("runs", "1", "state"), "done")
    put(body, ("runs", "7", "state"), "nowhere")

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


def shape(field: str, pointer: str, told: str) -> str:
    failed = "id: f-2, error: {message: it broke}"
    examples = ", ".join(
        f"{word}: {{value: {{{failed if word == 'cracked' else 'id: f-1'}, {told.format(word)}}}}}"
        for word in ("hot", "done", "cracked")
    )
    return SHAPES.format(field=field, state=f"$response.body#{pointer}", examples=f"{{{examples}}}")


@pytest.mark.parametrize(
    "text",
    [shape("state", "/state", "state: {}"), shape("runs", "/runs/0/state", "runs: [{{state: {}}}]")],
    ids=["a reason in an optional object", "a state in a list"],
)
def test_a_document_of_another_shape_is_verified_against_its_own_simulator(text: str, tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents/kiln.yaml").write_text(text)

    done = verify("--openapi", str(tmp_path / "documents"), out=tmp_path / "out")

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["report.html", "junit.xml", "verify.sarif", "requests.log", "simulator.log"])
def test_a_report_replaces_no_file_of_others(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("mine")

    done = verify("--api", API, out=tmp_path)

    assert done.returncode == 2
    assert name in done.stderr
    assert "nothing was touched" in done.stderr
    assert (tmp_path / name).read_text() == "mine"


def test_reports_of_an_earlier_run_are_replaced(tmp_path: Path) -> None:
    done: list[subprocess.CompletedProcess[str]] = [verify("--api", API, out=tmp_path) for _ in range(2)]

    assert [one.returncode for one in done] == [0, 0]
