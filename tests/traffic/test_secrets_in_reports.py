"""No output of a verification of recorded traffic has a secret, and redacting changes no verdict."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.client.redaction import redact_entry
from scripts.document import Document, load, load_folder
from scripts.har.secrets import make_redactor
from scripts.verify.exchange import Exchange
from scripts.verify.target import make_target

from ..conftest import ROOT
from .archives import BASE, checked, checks, clean, edited, entry, problems, write
from .test_check import run

CANARY = "Zq7canary9Xw4Lm2"
JWT = f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.{CANARY}"


def plants() -> list[dict[str, Any]]:
    """Return traffic that fails checks, with a secret in many places and under names that say nothing."""
    queries = ["accesstoken", "key", "token", "code", "x"]
    entries = [entry("SUCCESS", 1.1), *(entry("IN_PROGRESS", 2 + index) for index in range(12))]
    for number, one in enumerate(entries):
        one["request"]["headers"] += [
            {"name": "x-functions-key", "value": f"{CANARY}a"},
            {"name": "x-unheard-of", "value": f"{CANARY}b"},
            {"name": "Authorization", "value": f"ApiKey id={CANARY}c, sig=zzzzzzzz"},
            {"name": "Proxy-Authorization", "value": f"Basic {base64.b64encode(f'{CANARY}d:'.encode()).decode()}"},
        ]
        name = queries[number % len(queries)]
        one["request"]["url"] += f"?{name}={CANARY}e"
    bodies: list[dict[str, Any]] = [
        {"jobType": JWT},
        {"status": JWT},
        {"jobType": {"password": 88127635491}},
        {JWT: 1},
        {"jobType": {"apiKeys": {f"{CANARY}f": 1}}},
        {"jobType": f"echo of {CANARY}c and {CANARY}d"},
        {"jobType": f"echo of {CANARY}login"},
    ]
    for number, changes in enumerate(bodies, 3):
        status: dict[str, Any] = json.loads(entries[number]["response"]["content"]["text"])
        status.update(changes)
        body = json.dumps(status)
        entries[number]["response"]["content"].update(text=body, size=len(body))
    entries[11]["request"]["url"] = entries[11]["request"]["url"].replace("ds-1", "ghp_" + CANARY * 2)
    content_type = [{"name": "content-type", "value": f"text/plain; token={CANARY}g"}]
    entries[12] = edited(entries[12], "response.headers", content_type)
    login = edited(entry(at=0.5), "request.url", "https://login.invalid/oauth/token")
    login["request"]["postData"] = {
        "mimeType": "application/x-www-form-urlencoded",
        "text": f"grant_type=x&client_secret={CANARY}login",
    }
    return [login, *entries]


def test_no_output_has_a_secret(tmp_path: Path) -> None:
    done = run(tmp_path, "--har", write(tmp_path, plants()), "--api", "agent-platform", "-v")

    assert done.returncode == 1, done.stderr
    outputs = {path.name: path.read_text() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    outputs |= {"stdout": done.stdout.decode(), "stderr": done.stderr.decode()}
    assert {"agent-platform.overlay.yaml", "report.html", "verify.sarif"} <= outputs.keys()
    for secret in ("canary", "88127635491"):
        assert [name for name, text in outputs.items() if secret in text] == []
    assert "x-unheard-of: ***" in outputs["stdout"]


def test_replay_keeps_what_the_document_describes(tmp_path: Path) -> None:
    document, operation, parameter = next(
        (document, operation, parameter)
        for document in load_folder(ROOT / "openapi")
        for operation in document.operations
        for parameter in operation.parameters_in("query")
    )
    target = make_target(document, BASE, {}, profile="live", writes=True, redactor=make_redactor([document]))
    url = f"{BASE}/x?{parameter.name}=kept&other=hidden&empty="

    shown = target.replay(
        Exchange(operation.id, "GET", url, {"accept": "text/x", "x-other": "hidden"}, 200, {}, b"", 0)
    )

    assert f"{BASE}/x?{parameter.name}=kept&other=***&empty=" in shown
    assert ("accept: text/x" in shown, "x-other: ***" in shown, "hidden" in shown) == (True, True, False)


SCHEMAS: dict[str, tuple[dict[str, Any], Any]] = {
    "public values": ({"type": "string", "enum": ["granted", "denied"]}, "granted"),
    "format": ({"type": "string", "format": "uuid"}, "4a1b3e3d-7f55-5d80-acc6-7066e5cabcde"),
    "length": ({"type": "string", "minLength": 10}, f"{CANARY}1"),
    "pattern": ({"type": "string", "pattern": "^Zq7[a-zA-Z0-9]+$"}, f"{CANARY}2"),
    "number": ({"type": "integer"}, 88127635),
    "one of": ({"oneOf": [{"type": "integer"}, {"type": "string", "minLength": 8}]}, f"{CANARY}3"),
    "members": ({"anyOf": [{"properties": {"password": {"minLength": 8}}}, False]}, {"password": f"{CANARY}4"}),
    "unique": ({"type": "array", "uniqueItems": True, "items": {"minLength": 8}}, [f"{CANARY}5", f"{CANARY}6"]),
}


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Document:
    """Return a document whose status has a field with a name like that of a secret for each schema."""
    data = yaml.safe_load((ROOT / "openapi" / "agent-platform.yaml").read_text())
    schema = data["components"]["schemas"]["DockStatus"]
    schema["properties"] |= {f"token_{number}": one for number, (one, _) in enumerate(SCHEMAS.values())}
    path = tmp_path_factory.mktemp("documents") / "agent-platform.yaml"
    path.write_text(yaml.safe_dump(data))
    return load(path)


@pytest.mark.parametrize("kind", SCHEMAS)
def test_redacting_changes_no_verdict(document: Document, tmp_path: Path, kind: str) -> None:
    name = f"token_{list(SCHEMAS).index(kind)}"
    entries = [*clean(), entry("SUCCESS", 5.5, **{name: SCHEMAS[kind][1]})]
    redacted = [redact_entry(make_redactor([document]), one) for one in entries]

    before, after = checked(tmp_path, [document], entries), checked(tmp_path, [document], redacted)

    is_public = kind == "public values"
    assert ("***" in redacted[-1]["response"]["content"]["text"]) != is_public
    for report in (before, after):
        assert (checks(report), problems(report), report.suggestions) == (set(), [], {})


def test_redacted_value_hides_no_other_violation(document: Document, tmp_path: Path) -> None:
    broken = entry("SUCCESS", 5.5, token_2=f"{CANARY}1", toolId=3)
    missing = entry("SUCCESS", 6.6, token_2=f"{CANARY}1")
    body = json.loads(missing["response"]["content"]["text"])
    del body["status"]
    missing["response"]["content"] = {"size": 9, "mimeType": "application/json", "text": json.dumps(body)}
    for one in (broken, missing):
        redacted = redact_entry(make_redactor([document]), one)
        assert "response_schema_conformance" in checks(checked(tmp_path, [document], [*clean(), redacted]))
