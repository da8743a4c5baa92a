"""Recorded traffic is matched, ordered and checked; what cannot be checked is reported, and never passes."""

import base64
import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scripts.document import Document, load, load_folder
from scripts.drift.sarif import read_report
from scripts.verify.target import UsageError
from scripts.verify.traffic.check import check_traffic
from scripts.verify.traffic.entries import read_entry

from ..conftest import ROOT
from ..paths import path_of
from .archives import (
    BASE,
    KEY,
    STATUS,
    checked,
    checks,
    clean,
    edited,
    entry,
    log,
    problems,
    render,
    renders,
    returning,
    write,
)


@pytest.fixture(scope="module")
def document() -> Document:
    return load(ROOT / "openapi" / "agent-platform.yaml")


def run(folder: Path, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run the command on recorded traffic."""
    command = [sys.executable, "-m", "scripts", "verify", "--out", str(folder / "out"), *arguments]
    return subprocess.run(command, cwd=ROOT, input=stdin, capture_output=True, check=False)


def linked(document: Document, folder: Path) -> Document:
    """Return the document with an operation that starts jobs."""
    data = json.loads(json.dumps(document.data, default=str))
    reference = {"schema": {"type": "object", "properties": {"id": {"type": "string"}}}}
    (name,) = document.operation("get_dock_status").path_names
    link = {"operationId": "get_dock_status", "parameters": {name: "$response.body#/id"}}
    success = {"description": "Started.", "content": {"application/json": reference}, "links": {"status": link}}
    data["paths"]["/docks"] = {"post": {"operationId": "start_dock", "responses": {"202": success}}}
    path = folder / "linked" / "agent-platform.json"
    path.parent.mkdir()
    path.write_text(json.dumps(data), encoding="utf-8")
    return load(path)


def start(job: str, at: float) -> dict[str, Any]:
    """Return a start of a job at a time in seconds."""
    started = edited(edited(entry("IN_PROGRESS", at), "request.method", "POST"), "request.url", f"{BASE}/docks")
    text = json.dumps({"id": job})
    content = {"size": len(text), "mimeType": "application/json", "text": text}
    return edited(edited(started, "response.status", 202), "response.content", content)


def test_clean_traffic_passes(document: Document, tmp_path: Path) -> None:
    report = checked(tmp_path, [document], clean())

    (result,) = report.results
    assert (checks(report), problems(report), result.status, report.suggestions) == (set(), [], 0, {})
    assert result.coverage["get_dock_status"].accepted == 4
    assert result.tally("get_dock_status", "terminal_is_final").checked == 1


def test_order_is_that_of_time_across_files(document: Document, tmp_path: Path) -> None:
    entries = clean()
    paths = [write(tmp_path, entries[3:0:-2], "late.har"), write(tmp_path, entries[2::-2], "early.har")]

    report = check_traffic(paths, [document], {})

    assert (checks(report), problems(report)) == (set(), [])
    back = [*entries, entry("IN_PROGRESS", 9.9)]
    assert checks(checked(tmp_path, [document], back[::-1])) == {"terminal_is_final"}


def test_what_overlapping_archives_share_is_checked_once(document: Document, tmp_path: Path) -> None:
    polls, started, status = clean(), start("ds-7", 1.2), entry("IN_PROGRESS", 1.9, "ds-7")
    paths = [
        write(tmp_path, [*polls[:3], started], "first.har"),
        write(tmp_path, [started, *polls[1:], status], "next.har"),
    ]

    report = check_traffic(paths, [linked(document, tmp_path)], {})

    (result,) = report.results
    assert (checks(report), problems(report)) == (set(), [])
    assert result.coverage["get_dock_status"].accepted == 5
    assert result.coverage["start_dock"].accepted == 1
    assert "3 requests of equal time and content: each was checked once" in result.notes


def test_one_id_for_two_starts_is_no_duplicate(document: Document, tmp_path: Path) -> None:
    twice = [start("ds-7", 1.2), start("ds-7", 1.3), entry("IN_PROGRESS", 1.9, "ds-7")]

    assert checks(checked(tmp_path, [linked(document, tmp_path)], twice)) == {"start_is_new"}


def test_jobs_and_servers_are_apart(document: Document, tmp_path: Path) -> None:
    other = edited(entry("IN_PROGRESS", 5.5), "request.url", f"http://127.0.0.1:1/agent-platform{STATUS_PATH}")

    report = checked(tmp_path, [document], [*clean(), entry("IN_PROGRESS", 5.5, "ds-2"), other])

    assert checks(report) == set()
    assert {result.base_url for result in report.results} == {BASE, "http://127.0.0.1:1/agent-platform"}


STEMS = ("agent-platform", "ai-for-process")
STATUS_PATH = path_of("agent-platform", "get_dock_status", "ds-1")

MISMATCHES: dict[str, tuple[dict[str, Any], set[str]]] = {
    "backwards": (entry("IN_PROGRESS", 5.5), {"terminal_is_final"}),
    "another end": (entry("FAILED", 5.5), {"terminal_is_final"}),
    "id of another job": (entry("SUCCESS", 5.5, _id="ds-2"), {"id_echo", "immutable"}),
    "immutable": (entry("SUCCESS", 5.5, toolId="a-2"), {"immutable"}),
    "type": (entry("SUCCESS", 5.5, toolId=3), {"immutable", "response_schema_conformance"}),
    "unknown state": (entry("ABORTED", 5.5), {"response_schema_conformance"}),
    "status code": (edited(entry("SUCCESS", 5.5), "response.status", 418), {"status_code_conformance"}),
    "server error": (
        edited(entry("SUCCESS", 5.5), "response.status", 500),
        {"status_code_conformance", "not_a_server_error"},
    ),
    "content type": (
        edited(entry("SUCCESS", 5.5), "response.headers", [{"name": "content-type", "value": "text/plain"}]),
        {"content_type_conformance"},
    ),
    "late": (edited(entry("SUCCESS", 5.5), "time", 6000), {"max_response_time"}),
    "cached": (
        edited(
            entry("IN_PROGRESS", 1.7),
            "response.headers",
            [{"name": "content-type", "value": "application/json"}, {"name": "cache-control", "value": "max-age=60"}],
        ),
        {"caching"},
    ),
}


@pytest.mark.parametrize(("changed", "expected"), MISMATCHES.values(), ids=MISMATCHES)
def test_difference_is_named_by_its_check(
    document: Document, tmp_path: Path, changed: dict[str, Any], expected: set[str]
) -> None:
    report = checked(tmp_path, [document], [*clean(), changed])

    assert checks(report) - {"refusal_content"} == expected
    (result,) = report.results
    assert result.status == 1
    assert all(", entry 5" in failure.replay for failure in result.failures())
    assert all(failure.clause.startswith(str(document.path)) for failure in result.failures())


def test_job_that_is_unknown_in_between_was_known(document: Document, tmp_path: Path) -> None:
    missing = returning(entry("SUCCESS", 3.7), 404, '{"errors": [{"msg": "Not found", "code": 404}]}')

    assert checks(checked(tmp_path, [document], [*clean()[:3], missing, clean()[3]])) == {"stays_known"}
    # Afterwards it may have been deleted, and with another credential it may be refused.
    assert (
        checks(
            checked(
                tmp_path, [document], [*clean(), edited(missing, "startedDateTime", entry(at=9.5)["startedDateTime"])]
            )
        )
        == set()
    )
    other = edited(missing, "request.headers", [{"name": "x-api-key", "value": "another-key"}])
    assert checks(checked(tmp_path, [document], [*clean()[:3], other, clean()[3]])) == set()


def encoded(one: dict[str, Any], body: bytes, encoding: str = "base64") -> dict[str, Any]:
    """Return an entry with a body in base64."""
    content = {"size": len(body), "mimeType": "application/json", "text": base64.b64encode(body).decode()}
    return edited(one, "response.content", content | {"encoding": encoding})


def ordered(first: dict[str, Any], second: dict[str, Any]) -> Callable[[], list[dict[str, Any]]]:
    """Return the success of a job and then its progress, with other times; whether that is their order is unknown."""
    return lambda: [entry("SUCCESS", 1.1) | first, entry("IN_PROGRESS", 2.1) | second]


DISORDER: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "blocked in the queue": ({"timings": {"blocked": 5000, "send": 0, "wait": 9, "receive": 1}}, {}),
    "slow name and connection": (
        {"timings": {"dns": 600, "connect": 700, "send": 0, "wait": 9, "receive": 1}},
        {},
    ),
    "total longer than the timings": ({"time": 1200, "timings": {"send": 0, "wait": 9, "receive": 1}}, {}),
    "no duration": ({"time": None}, {}),
    "duration -1": ({"time": -1, "timings": {"send": -1, "wait": -1, "receive": -1}}, {}),
    "whole seconds in a row": (
        {"startedDateTime": "2026-11-28T02:00:01Z", "time": 900},
        {"startedDateTime": "2026-11-28T02:00:02Z"},
    ),
    "whole seconds with zeros": (
        {"startedDateTime": "2026-11-28T02:00:01.000Z", "time": 900},
        {"startedDateTime": "2026-11-28T02:00:02.000+00:00"},
    ),
}

UNCHECKED: dict[str, tuple[Callable[[], list[dict[str, Any]]], str]] = {
    "no body": (lambda: [edited(entry(), "response.content.text", None)], "cut off"),
    "part of a body": (lambda: [edited(entry(), "response.content.text", '{"_id": ')], "cut off"),
    "whole seconds": (
        lambda: [
            edited(entry("SUCCESS"), "startedDateTime", "2026-11-28T02:00:03Z"),
            edited(entry("IN_PROGRESS"), "startedDateTime", "2026-11-28T02:00:03Z"),
        ],
        "order is unknown",
    ),
    "no time": (lambda: [edited(one, "startedDateTime", None) for one in clean()], "order is unknown"),
    "not a time": (lambda: [edited(one, "startedDateTime", "yesterday") for one in clean()], "order is unknown"),
    "overlap": (
        lambda: [edited(entry("SUCCESS", 1.1), "time", 2000), entry("IN_PROGRESS", 2.2)],
        "order is unknown",
    ),
    **{name: (ordered(*changes), "order is unknown") for name, changes in DISORDER.items()},
    "never accepted": (
        lambda: [returning(entry(), 401, '{"errors": [{"msg": "Invalid API key", "code": 401}]}')],
        "never returned a 2xx",
    ),
}


@pytest.mark.parametrize(("entries", "problem"), UNCHECKED.values(), ids=UNCHECKED)
def test_what_cannot_be_checked_is_reported_and_does_not_pass(
    document: Document, tmp_path: Path, entries: Callable[[], list[dict[str, Any]]], problem: str
) -> None:
    report = checked(tmp_path, [document], entries())

    assert "terminal_is_final" not in checks(report)
    assert any(problem in one for one in problems(report)), report.results[0].problems
    assert report.results[0].status == 2


NO_TEXT = {"mimeType": "application/json"}
COMPRESSED = [{"name": "Content-Encoding", "value": "br"}]
LENGTH = [{"name": "Content-Length", "value": "120"}]
PART = '{"_id": "ds-1", "toolId": "a-1", "jobTyp'
CUT: dict[str, dict[str, Any]] = {
    "compressed, a size": {"headers": COMPRESSED, "content": {**NO_TEXT, "size": 4000, "text": PART}},
    "compressed, a length": {"headers": [*COMPRESSED, *LENGTH], "content": {**NO_TEXT, "size": -1, "text": PART[:9]}},
    "compressed, empty": {"headers": COMPRESSED, "content": {**NO_TEXT, "size": 300, "text": ""}},
    "not decompressed": {
        "headers": COMPRESSED,
        "content": {**NO_TEXT, "size": 9, "text": "iwSAGyJ7In0D", "encoding": "base64"},
    },
    "compressed in part": {
        "content": {
            **NO_TEXT,
            "size": 40,
            "text": base64.b64encode(gzip.compress(b"{}" * 99)[:-9]).decode(),
            "encoding": "base64",
        },
    },
    "no base64": {"content": {**NO_TEXT, "text": "eyJfaWQ", "encoding": "base64"}},
    "size 0 and a length": {"headers": LENGTH, "content": {**NO_TEXT, "size": 0}},
    "empty text and a length": {"headers": LENGTH, "content": {**NO_TEXT, "size": 0, "text": ""}},
    "size 0 and bytes on the wire": {"bodySize": 120, "content": {"mimeType": "x-unknown", "size": 0}},
    "bytes on the wire only": {"bodySize": 120, "content": {**NO_TEXT, "text": PART}},
    "a length, and the size of the part": {"headers": LENGTH, "content": {**NO_TEXT, "size": 40, "text": PART}},
    "a mark": {"content": {**NO_TEXT, "size": 40, "text": PART, "truncated": True}},
    "a mark of the response": {"_isTruncated": True, "content": {**NO_TEXT, "size": 40, "text": PART}},
    "a comment": {"content": {**NO_TEXT, "size": 40, "text": PART, "comment": "Truncated to 40 bytes"}},
}


@pytest.mark.parametrize("response", CUT.values(), ids=CUT)
def test_body_that_the_recorder_has_cut_off_is_not_the_fault_of_the_server(
    document: Document, tmp_path: Path, response: dict[str, Any]
) -> None:
    json_type = [{"name": "Content-Type", "value": "application/json"}]
    cut = {"status": 200, **response, "headers": [*json_type, *response.get("headers", ())]}

    report = checked(tmp_path, [document], [*clean(), edited(entry("SUCCESS", 5.5), "response", cut)])

    assert checks(report) == set()
    assert [one for one in problems(report) if "1 response without the whole body" in one], report


# Start responses, and others, may be empty.
EMPTY: dict[str, dict[str, Any]] = {
    "empty text": {"content": {**NO_TEXT, "size": 0, "text": ""}},
    "no text": {"content": {**NO_TEXT, "size": 0}, "bodySize": -1},
    "no content": {"bodySize": 0},
    "a length": {"headers": [{"name": "Content-Length", "value": "0"}]},
    "the last chunk": {"content": {**NO_TEXT, "size": 0}, "bodySize": 5},
    "an empty compressed one": {
        "headers": [*COMPRESSED, {"name": "Content-Length", "value": "20"}],
        "content": {**NO_TEXT, "size": 0, "text": ""},
    },
}


@pytest.mark.parametrize("response", EMPTY.values(), ids=EMPTY)
def test_empty_body_is_not_cut_off(response: dict[str, Any]) -> None:
    read = read_entry(edited(entry(), "response", {"status": 202, **response}), "x")

    assert (read.exchange.body, read.is_cut) == (b"", False)


CACHED: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "on disk": lambda one: one | {"_fromCache": "disk"},
    "in memory": lambda one: one | {"_fromCache": "memory"},
    "of a service worker": lambda one: edited(one, "response._serviceWorkerResponseSource", "cache-storage"),
    "a redirect of Chromium": lambda one: edited(
        edited(one, "response.status", 307),
        "response.headers",
        [{"name": "Location", "value": "https://host/"}, {"name": "Non-Authoritative-Reason", "value": "HSTS"}],
    ),
    "of WebKit": lambda one: one | {"_fetchType": "Memory Cache"},
}


@pytest.mark.parametrize("change", CACHED.values(), ids=CACHED)
def test_response_of_the_client_is_not_one_of_the_server(
    document: Document, tmp_path: Path, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    stale = change(entry("IN_PROGRESS", 3.8))

    (result,) = checked(tmp_path, [document], [*clean()[:3], stale, clean()[3]]).results

    assert (list(result.failures()), result.problems) == ([], [])
    assert any(
        "1 request that the client responded to itself, as from a cache, not checked" in note for note in result.notes
    )
    assert checked(tmp_path, [document], [stale]).results[0].status == 2


NOTHING: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "status 0": lambda one: edited(one, "response.status", 0),
    "status -1": lambda one: edited(one, "response.status", -1),
    "not a status": lambda one: edited(one, "response.status", "200 OK"),
    "no status": lambda one: edited(one, "response.status", None),
    "response null": lambda one: one | {"response": None},
    "no response": lambda one: edited(one, "response", None),
}


@pytest.mark.parametrize("change", NOTHING.values(), ids=NOTHING)
def test_traffic_without_responses_does_not_pass(
    document: Document, tmp_path: Path, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    path = write(tmp_path, [change(one) for one in clean()])

    done = run(tmp_path, "--har", path, "--api", "agent-platform")

    assert done.returncode == 2, done.stderr
    assert b"get_dock_status never returned a 2xx" in done.stdout
    assert read_report(tmp_path / "out" / "verify.sarif").problems
    # One in flight is no reason not to check the others.
    (result,) = checked(tmp_path, [document], [*clean(), change(entry(at=5.5))]).results
    assert (result.status, result.coverage["get_dock_status"].accepted) == (0, 4)
    assert any("1 request without a response, not checked" in note for note in result.notes)


def test_report_says_what_is_not_in_the_traffic(tmp_path: Path) -> None:
    """Nothing is known about it, so that no issue about it is closed."""
    path = write(tmp_path, clean())
    of_one = read_after(tmp_path, "--har", path, "--api", "agent-platform")
    of_all = read_after(tmp_path, "--har", path)
    one = edited(
        entry(), "request.url", f"http://host/ai-for-process{path_of('ai-for-process', 'get_dock_status', 'ds-1')}"
    )
    of_half = read_after(tmp_path, "--har", write(tmp_path, [one], "half.har"), "--api", "ai-for-process")

    assert (of_one, run(tmp_path, "--har", path).returncode) == ((), 0)
    assert "ai-for-service: get_publish_status is not in the traffic" in of_all
    assert of_half == ("ai-for-process: undeploy_model is not in the traffic",)


def read_after(folder: Path, *arguments: str) -> tuple[str, ...]:
    """Run the command; return what its report says that could not be checked."""
    run(folder, *arguments)
    return read_report(folder / "out" / "verify.sarif").problems


TOLERATED: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "no total": lambda one: edited(one | {"timings": {"send": 0, "wait": 11, "receive": 1}}, "time", None),
    "timings -1": lambda one: one | {"timings": {"blocked": -1, "send": -1, "wait": -1, "receive": -1}},
    "status as a string": lambda one: edited(one, "response.status", "200"),
    "status as a float": lambda one: edited(one, "response.status", 200.0),
    "headers as an object": lambda one: edited(one, "response.headers", {"content-type": ["application/json"]}),
    "BASE64 in upper case": lambda one: encoded(one, one["response"]["content"]["text"].encode(), "BASE64"),
    "still compressed": lambda one: encoded(one, gzip.compress(one["response"]["content"]["text"].encode())),
    "empty on the wire": lambda one: edited(one, "response.bodySize", 0),
    "chunks on the wire": lambda one: edited(one, "response.bodySize", 400),
    "no headers": lambda one: edited(one, "response.headers", None),
    "no request headers": lambda one: edited(one, "request.headers", None),
    "base64": lambda one: edited(
        edited(one, "response.content.encoding", "base64"),
        "response.content.text",
        base64.b64encode(one["response"]["content"]["text"].encode()).decode(),
    ),
    "no size": lambda one: edited(one, "response.content.size", None),
    "size -1": lambda one: edited(one, "response.content.size", -1),
    "offset": lambda one: edited(one, "startedDateTime", one["startedDateTime"].replace("Z", "+00:00")),
    "no zone": lambda one: edited(one, "startedDateTime", one["startedDateTime"].rstrip("Z")),
    "pseudo-headers": lambda one: edited(
        one, "request.headers", [{"name": ":authority", "value": "x"}, *one["request"]["headers"]]
    ),
    "compressed on the wire": lambda one: edited(
        edited(one, "response.headers", [*one["response"]["headers"], {"name": "Content-Encoding", "value": "gzip"}]),
        "response.content.size",
        90,
    ),
    "one of whole seconds": lambda one: edited(
        one, "startedDateTime", one["startedDateTime"].replace("02.200", "02.000")
    ),
    "extensions": lambda one: {**one, "_initiator": {"type": "x"}, "pageref": "p", "connection": "1"},
}


@pytest.mark.parametrize("change", TOLERATED.values(), ids=TOLERATED)
def test_archives_of_other_tools_are_read(
    document: Document, tmp_path: Path, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    report = checked(tmp_path, [document], [change(one) for one in clean()])

    assert (checks(report), problems(report)) == (set(), [])
    assert report.results[0].coverage["get_dock_status"].accepted == 4
    assert "terminal_is_final" in checks(
        checked(tmp_path, [document], [change(one) for one in [*clean(), entry(at=9.5)]])
    )


def test_unknown_requests_are_counted(document: Document, tmp_path: Path) -> None:
    others = [
        edited(entry(), "request.url", "https://cdn.invalid/logo.png"),
        edited(entry(), "request.url", "data:text/plain,x"),
        edited(entry(), "request.url", "https://[broken"),
        edited(entry(), "request.method", "OPTIONS"),
    ]

    (result,) = checked(tmp_path, [document], [*clean(), *others]).results

    assert result.status == 0
    assert any(note.startswith("3 requests of no documented operation: ") for note in result.notes)
    assert any(note.startswith("1 request with a method that no document describes: OPTIONS ") for note in result.notes)
    with pytest.raises(UsageError, match=r"none of the 4 requests .* say the base URL of the API with --url"):
        checked(tmp_path, [document], others)
    with pytest.raises(UsageError, match="no entries"):
        checked(tmp_path, [document], [])


def test_server_is_that_of_the_document_or_the_named_one(tmp_path: Path) -> None:
    documents = load_folder(ROOT / "openapi")
    elsewhere = [edited(one, "request.url", f"https://corp.invalid/x{STATUS_PATH}") for one in clean()]

    with pytest.raises(UsageError, match="could be of agent-platform or ai-for-process; choose with --api"):
        checked(tmp_path, documents, elsewhere)
    (guessed,) = checked(tmp_path, documents[:1], elsewhere).results
    assert any("by the path alone" in note for note in guessed.notes)
    path = write(tmp_path, [*elsewhere, *clean()])
    (named,) = check_traffic([path], documents[:1], {}, "https://corp.invalid/x").results
    assert named.base_url == "https://corp.invalid/x"
    assert any("4 requests of no documented operation" in note for note in named.notes)
    # Those of an unknown host are of no document whose server is in the traffic.
    both = [edited(one, "request.url", f"http://host/{stem}{STATUS_PATH}") for one in clean() for stem in STEMS]
    assert problems(checked(tmp_path, documents, [*elsewhere, *both])) == []


# Each finds https://api.acme.test/v1/renders/r-1, in any writing, and is certain of it.
SERVERS: dict[str, dict[str, Any]] = {
    "as written": {"servers": [{"url": "https://api.acme.test/v1"}]},
    "default port": {"servers": [{"url": "https://api.acme.test:443/v1/"}]},
    "upper case": {"servers": [{"url": "HTTPS://API.acme.test/v1"}]},
    "http": {"servers": [{"url": "http://api.acme.test:80/v1"}]},
    "without a scheme": {"servers": [{"url": "//api.acme.test/v1"}]},
    "a path": {"servers": [{"url": "/v1"}]},
    "a path without a slash": {"servers": [{"url": "v1/"}]},
    "variables": {
        "servers": [
            {
                "url": "https://{region}.acme.test:{port}/{version}",
                "variables": {
                    "region": {"default": "eu", "enum": ["eu", "api"]},
                    "port": {"default": "443"},
                    "version": {"default": "v1"},
                },
            }
        ]
    },
    "a variable that is all": {
        "servers": [{"url": "{url}", "variables": {"url": {"default": "https://api.acme.test/v1"}}}]
    },
    "of the path": {"servers": [{"url": "https://x.test"}], "path_item": [{"url": "https://api.acme.test/v1"}]},
    "of the operation": {
        "path_item": [{"url": "https://x.test"}],
        "operation": [{"url": "https://y.test"}, {"url": "https://api.acme.test/v1"}],
    },
    "not a URL": {"servers": [{"url": "https://[x/v1"}, {"url": "https://api.acme.test/v1"}]},
}
WRITINGS = (
    "https://api.acme.test/v1/renders/r-1",
    "https://api.acme.test:443/v1/renders/r-1",
    "HTTPS://API.Acme.TEST/v1/renders/r-1",
    "https://user:password@api.acme.test/v1/renders/r-1?x=1#y",
)


@pytest.mark.parametrize("changes", SERVERS.values(), ids=SERVERS)
def test_server_is_recognized_in_any_writing(tmp_path: Path, changes: dict[str, Any]) -> None:
    renders_of = renders(tmp_path, **changes)
    entries = [render(at, url) for at, url in enumerate(WRITINGS, 1)]

    (result,) = checked(tmp_path, [renders_of], entries).results

    assert (result.base_url, result.coverage["get_render"].accepted) == ("https://api.acme.test/v1", len(WRITINGS))
    assert not [note for note in result.notes if "by the path alone" in note]
    for url in ("https://api.acme.test:443/v1", "https://API.acme.test/v1/"):
        (named,) = check_traffic([write(tmp_path, entries)], [renders_of], {}, url).results
        assert named.coverage["get_render"].accepted == len(WRITINGS)


def test_server_with_a_path_is_enough_for_a_path_of_parameters(tmp_path: Path) -> None:
    of_path = renders(tmp_path, path="/{id}", servers=[{"url": "/v1"}])
    entries = [render(url="https://api.acme.test/v1/r-1"), render(2.5, "https://cdn.test/r-1")]

    (result,) = checked(tmp_path, [of_path], entries).results

    assert result.coverage["get_render"].accepted == 1
    with pytest.raises(UsageError, match="none of the 2 requests"):
        checked(tmp_path, [renders(tmp_path, path="/{id}", servers=[{"url": "/"}])], entries)


def test_another_host_is_not_the_server_of_the_document(tmp_path: Path) -> None:
    acme = renders(tmp_path)
    unlisted = [render(at, "https://other.test/x/renders/9", phase=7) for at in (0.5, 2.5)]
    report = checked(tmp_path, [acme], [unlisted[0], render(), unlisted[1]])

    (result,) = report.results
    assert (result.status, report.suggestions) == (0, {})
    assert "2 requests of no documented operation: https://other.test (2)" in result.notes
    # Without a request to its server, any of the hosts may be that of the API, and none says what it should be.
    unknown = checked(tmp_path, [acme], [*unlisted, render(3.5, "https://third.test/renders/r-1", phase=7)])
    assert (len(unknown.results), unknown.suggestions) == (2, {})
    assert "phase" in checked(tmp_path, [acme], unlisted).suggestions["renders"]


# By status: a header of the request, and whether the document may leave the response out.
CONDITIONAL: dict[str, tuple[int, str, bool]] = {
    "not modified": (304, "If-None-Match", True),
    "not modified since": (304, "if-modified-since", True),
    "not modified, without the header": (304, "X-Other", False),
    "precondition": (412, "If-Match", True),
    "precondition, without the header": (412, "X-Other", False),
    "range": (206, "Range", True),
    "range beyond the end": (416, "Range", True),
    "range, without the header": (206, "If-Match", False),
    "expectation": (417, "Expect", True),
    "another status": (409, "If-None-Match", False),
}


@pytest.mark.parametrize(("status", "name", "is_optional"), CONDITIONAL.values(), ids=CONDITIONAL)
def test_response_that_a_header_allows_need_not_be_documented(
    document: Document, tmp_path: Path, status: int, name: str, is_optional: bool
) -> None:
    other = returning(entry("SUCCESS", 5.5), status, "" if status == 304 else "{}")
    other["request"]["headers"].append({"name": name, "value": '"x"'})

    report = checked(tmp_path, [document], [*clean(), other])

    assert ("status_code_conformance" in checks(report), bool(report.suggestions)) == (not is_optional, not is_optional)
    assert problems(report) == []
    # A suggestion never gives such a response content.
    assert "content" not in "".join(report.suggestions.values()) or status != 304


# Coverage, and the suggested overlay


def drifted() -> list[dict[str, Any]]:
    """Return traffic that no longer is as the document says."""
    first = {**STATUS, "status": "QUEUED"}
    del first["action"]
    entries = [
        returning(entry(at=1.1), 200, json.dumps(first)),
        entry("IN_PROGRESS", 2.2, percentageComplete="12", owner={"name": "x"}, note=None),
        entry("IN_PROGRESS", 3.3, jobType="NEW_TYPE", note="text"),
        entry("ABORTED", 4.4, job="ds-2"),
    ]
    return [*entries, returning(entry(at=5.5, job="ds-3"), 409, "{}")]


def test_suggested_overlay_makes_the_document_true(document: Document, tmp_path: Path) -> None:
    before = checked(tmp_path, [document], drifted())
    assert {"response_schema_conformance", "status_code_conformance"} <= checks(before)
    notes = "\n".join(before.results[0].notes)
    for expected in ("200 /note (null, string, 2 times)", "200 /owner (object, once)", "QUEUED (once)", "409 (once)"):
        assert expected in notes
    folder = tmp_path / "openapi"
    folder.mkdir()
    (folder / "agent-platform.yaml").write_bytes(document.path.read_bytes())
    (folder / "agent-platform.overlay.yaml").write_text(before.suggestions["agent-platform"], encoding="utf-8")

    corrected = load(folder / "agent-platform.yaml")
    after = checked(tmp_path, [corrected], drifted())

    assert corrected.operation("get_dock_status").job is not None
    # What changed over time is no matter of the schema.
    assert checks(after) == {"immutable"}
    assert after.suggestions == {}


TEXT, NUMBER = {"type": "string"}, {"type": "integer"}
STATUS_FIELDS = {"id": TEXT, "phase": TEXT}


def closed(**properties: Any) -> dict[str, Any]:
    """Return a schema that allows no other fields."""
    return {"type": "object", "properties": properties, "additionalProperties": False}


PENDING = closed(id=TEXT, phase={"type": "string", "enum": ["queued"]})
ENDED = closed(id=TEXT, phase={"type": "string", "enum": ["done", "broken"]}, result=TEXT)
# A schema, fields of a response that it refuses, and what is left to a person.
REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "first of oneOf": ({"oneOf": [PENDING, ENDED]}, {"eta": 1}, ""),
    "last of oneOf": ({"oneOf": [ENDED, PENDING]}, {"eta": 1}, ""),
    "first of anyOf": ({"anyOf": [PENDING, ENDED, {"type": "null"}]}, {"eta": 1}, ""),
    "field of another alternative": ({"oneOf": [PENDING, ENDED]}, {"result": "x"}, ""),
    "both parts of allOf": (
        {"allOf": [closed(**STATUS_FIELDS), closed(**STATUS_FIELDS)]},
        {"eta": {"days": 1}},
        "",
    ),
    "unevaluated": (
        {"allOf": [{"properties": {"id": TEXT}}], "properties": {"phase": TEXT}, "unevaluatedProperties": False},
        {"eta": 1},
        "",
    ),
    "value of an alternative": (
        {"properties": {**STATUS_FIELDS, "kind": {"oneOf": [NUMBER, {"enum": ["a"], **TEXT}]}}},
        {"kind": "z"},
        "",
    ),
    "alternative below an alternative": (
        {"anyOf": [{"properties": {**STATUS_FIELDS, "meta": {"oneOf": [{"type": "null"}, closed(a=TEXT)]}}}]},
        {"meta": {"a": "x", "b": 1}},
        "",
    ),
    "items": (
        {"properties": {**STATUS_FIELDS, "all": {"type": "array", "items": {"oneOf": [closed(a=TEXT), NUMBER]}}}},
        {"all": [1, {"a": "x"}, {"b": "y"}]},
        "",
    ),
    "new type": ({"properties": {**STATUS_FIELDS, "kind": {"anyOf": [NUMBER, {"type": "null"}]}}}, {"kind": "z"}, ""),
    "several match": (
        {"properties": {**STATUS_FIELDS, "kind": {"oneOf": [TEXT, {"minLength": 1}]}}},
        {"kind": "z"},
        "keyword oneOf at 200 /kind",
    ),
    "not": ({"properties": {**STATUS_FIELDS, "kind": {"not": TEXT}}}, {"kind": "z"}, "keyword not at 200 /kind"),
    "dependent": (
        {"properties": {**STATUS_FIELDS, "a": TEXT}, "dependentRequired": {"a": ["b"]}},
        {"a": "x", "c": 1},
        "keyword dependentRequired at 200 /",
    ),
}


@pytest.mark.parametrize(("schema", "fields", "remaining"), REFUSED.values(), ids=REFUSED)
def test_overlay_is_tried_and_says_what_it_leaves_to_a_person(
    tmp_path: Path, schema: dict[str, Any], fields: dict[str, Any], remaining: str
) -> None:
    report = checked(tmp_path, [renders(tmp_path, schema)], [render(**fields)])
    notes = [note for note in report.results[0].notes if note.startswith("left to a person: ")]
    text = report.suggestions.get("renders", "")

    assert checks(report) == {"response_schema_conformance"}
    assert notes == ([f"left to a person: get_render: {remaining} (once)"] if remaining else [])
    if text:
        assert [f"# {note}" for note in notes] == text.splitlines()[len(text.splitlines()) - len(notes) :]
        (tmp_path / "renders.overlay.yaml").write_text(text, encoding="utf-8")
        after = checked(tmp_path, [load(tmp_path / "renders.yaml")], [render(**fields)])
        assert (bool(checks(after)), after.suggestions) == (bool(remaining), {})


def test_overlay_is_tried_after_the_one_that_exists(tmp_path: Path) -> None:
    renders(tmp_path)
    update = {"target": "$.paths.*.get.responses['200'].content.*.schema", "update": {"additionalProperties": False}}
    overlay = {"overlay": "1.0.0", "info": {"title": "Closed", "version": "1.0.0"}, "actions": [update]}
    (tmp_path / "renders.overlay.yaml").write_text(json.dumps(overlay), encoding="utf-8")

    report = checked(tmp_path, [load(tmp_path / "renders.yaml")], [render(eta=1)])

    assert "append the actions to renders.overlay.yaml" in report.suggestions["renders"]
    assert not [note for note in report.results[0].notes if "left to a person" in note]


def test_query_parameter_is_left_to_a_person(tmp_path: Path) -> None:
    url = "https://api.acme.test/v1/renders/r-1?verbose=1"

    report = checked(tmp_path, [renders(tmp_path)], [render(url=url), render(2.5, url)])

    assert report.suggestions == {}
    assert "left to a person: get_render: query parameter verbose (2 times)" in report.results[0].notes


def test_overlay_is_of_all_servers_of_a_document(document: Document, tmp_path: Path) -> None:
    first = [entry(at=1.1, owner="x")]
    second = [edited(entry(at=2.2, note=1), "request.url", f"http://127.0.0.1:1/agent-platform{STATUS_PATH}")]

    (text,) = checked(tmp_path, [document], [*first, *second]).suggestions.values()

    assert "owner:" in text
    assert "note:" in text


def test_state_that_ended_a_job_is_for_a_person_to_decide(document: Document, tmp_path: Path) -> None:
    (text,) = checked(tmp_path, [document], drifted()).suggestions.values()

    assert "QUEUED was followed by another state" in text
    assert "ABORTED was the last state: if it ends the job, list it under success or failure instead" in text


# The command


def test_command_checks_files_standard_input_and_compressed_ones(tmp_path: Path) -> None:
    back = [*clean(), entry("IN_PROGRESS", 9.5)]
    (tmp_path / "traffic with spaces.har.gz").write_bytes(gzip.compress(log(back)))

    packed = run(tmp_path, "--har", str(tmp_path / "traffic with spaces.har.gz"))
    piped = run(tmp_path, "--har", "-", stdin=b"\xef\xbb\xbf" + log(clean()))
    several = run(tmp_path, "--har", write(tmp_path, clean()), write(tmp_path, back[4:], "b.har"))

    assert [packed.returncode, piped.returncode, several.returncode] == [1, 0, 1], several.stdout
    assert b"FAILED agent-platform get_dock_status terminal_is_final (openapi/agent-platform.yaml:59)" in packed.stdout
    assert b"IN_PROGRESS after SUCCESS" in several.stdout
    assert b"b.har, entry 1" in several.stdout
    assert "terminal_is_final" in (tmp_path / "out/verify.sarif").read_text()


BROKEN = {
    "empty": b"",
    "not JSON": b"<html>",
    "another JSON": b'{"swagger": "2.0"}',
    "a list": b"[]",
    "no entries": b'{"log": {}}',
    "cut off": log(clean())[:-200],
    "entry without request": log([{"response": {}}]),
    "entry that is a number": log([1]),
    "nested": b"[" * 100_000,
    "UTF-16": log(clean()).decode().encode("utf-16"),
    "broken compression": gzip.compress(log(clean()))[:-20],
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_broken_file_is_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.har").write_bytes(content)

    done = run(tmp_path, "--har", str(tmp_path / "x.har"))

    assert done.returncode == 2
    assert done.stderr.decode().count("\n") == 1
    assert done.stderr.decode().startswith(f"{tmp_path}/x.har: ")
    assert b"Traceback" not in done.stderr


def test_options_that_have_no_effect_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, clean())

    twice = run(tmp_path, "--har", "-", "-", stdin=log(clean()))
    assert (twice.returncode, b"standard input, -, can be named only once" in twice.stderr) == (2, True)
    for option in (["--profile", "live"], ["--max-time", "5"], ["--ca-file", path]):
        done = run(tmp_path, "--har", path, *option)
        assert (done.returncode, b"has no effect with --har" in done.stderr) == (2, True)
    assert run(tmp_path, "--har", str(tmp_path / "missing.har")).returncode == 2


def test_no_secret_is_in_any_output(tmp_path: Path) -> None:
    planted = {
        "in the query": "canary-query-5c2f",
        "in a cookie": "canary-cookie-8d1e",
        "in basic authentication": "canary-password-77aa",
        "in a body": "canary-body-90bd",
        "in the user of a URL": "canary-userinfo-1f2f",
    }
    basic = base64.b64encode(f"admin:{planted['in basic authentication']}".encode()).decode()
    bad = entry("NOT_A_STATE", 5.5, secretToken=planted["in a body"], note=f"key {KEY}, {planted['in a cookie']}")
    bad["request"]["headers"] += [
        {"name": "Cookie", "value": f"session={planted['in a cookie']}"},
        {"name": "Authorization", "value": f"Basic {basic}"},
    ]
    bad["request"]["url"] = (
        f"https://user:{planted['in the user of a URL']}@agent-platform.domain.ai{STATUS_PATH}"
        f"?access_token={planted['in the query']}"
    )
    early = entry("ALSO_NOT_ONE", 1.1, note=f"before it is known: {planted['in basic authentication']} {KEY}")

    # A credential in the place of an id is shown in the timeline of the job.
    misplaced = entry("SUCCESS", 7.7, job=KEY)

    done = run(tmp_path, "--har", write(tmp_path, [early, bad, misplaced]), "-v")

    assert done.returncode == 1, done.stderr
    outputs = [done.stdout, done.stderr, *(path.read_bytes() for path in (tmp_path / "out").iterdir())]
    for place, secret in {**planted, "the key": KEY, "base64": basic}.items():
        assert not any(secret.encode() in output for output in outputs), place
