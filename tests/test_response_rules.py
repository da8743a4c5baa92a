"""What conforming servers may do, and what none may, one rule at a time: each as a table of responses."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from scripts.document import Document, Operation, load
from scripts.verify.checks import CHECKS
from scripts.verify.checks.http_standards import HttpCheck, ResourceCheck, normalized
from scripts.verify.checks.responses import RefusalContent
from scripts.verify.exchange import Exchange
from scripts.verify.http_dates import is_http_date
from scripts.verify.probe import Probe
from scripts.verify.varying import VaryingMembers

URL = "http://server/reports/rep-2"
# The state is below an envelope, whose members are in every response.
ENVELOPE = """
openapi: 3.1.0
info: {title: Envelope, version: "1"}
paths:
  /reports/{reportId}:
    get:
      operationId: get_report
      parameters: [{name: reportId, in: path, required: true, schema: {type: string}, example: rep-2}]
      x-job:
        id: $response.body#/data/reportId
        state: $response.body#/data/phase
        pending: [running]
        success: [ready]
        failure: [broken]
      responses:
        "200":
          description: a report
          content:
            application/json:
              schema:
                type: object
                properties:
                  success: {type: boolean}
                  data:
                    type: object
                    properties: {reportId: {type: string}, phase: {type: string}, input: {type: object}}
              examples:
                a: {value: {success: true, requestId: r1, took: 3, data: {reportId: rep-2, phase: ready, owner: ben}}}
        "404": {description: no such report}
"""
DATA = {"reportId": "rep-2", "phase": "ready", "owner": "b"}
STATUS = {"success": True, "requestId": "r7", "took": 3, "data": DATA}


@pytest.fixture
def envelope(tmp_path: Path) -> Document:
    """Load the document of an API with an envelope."""
    (tmp_path / "envelope.yaml").write_text(ENVELOPE, encoding="utf-8")
    return load(tmp_path / "envelope.yaml")


@pytest.fixture
def operation(envelope: Document) -> Operation:
    """Return the operation that reports a job."""
    return envelope.operation("get_report")


def exchange(
    body: Any = None, status: int = 200, headers: Mapping[str, str] | None = None, url: str = URL, **changes: Any
) -> Exchange:
    """Make a plain exchange; a body that is not bytes is JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent: dict[str, Any] = {"request_headers": {}, "method": "GET", "is_plain": True} | changes
    return Exchange("get_report", url=url, status=status, headers=headers or {}, body=raw, elapsed=0.1, **sent)


@pytest.mark.parametrize(
    "body",
    [
        {"success": False, "requestId": "q", "took": 1, "error": {"code": "X", "message": "no"}},
        {"success": False, "requestId": "q", "data": None},
        {"detail": [{"type": "x", "loc": ["path", "reportId"], "msg": "bad", "input": "?"}]},
        {"detail": "no report {reportId}"},
        {"reportId": "rep-2", "message": "not found"},
        {"detail": '{"code": 404}'},
        b"<p>Not {found}</p>",
    ],
)
def test_ordinary_error_has_no_members_of_a_job(envelope: Document, operation: Operation, body: Any) -> None:
    found = RefusalContent().check(envelope, operation, exchange(body, 401))

    assert [finding.got for finding in found] == [""]


@pytest.mark.parametrize(
    "body",
    [
        {"data": DATA},
        {"error": {"owner": "ben"}},
        {"detail": json.dumps(STATUS)},
        {"message": f"no access to {json.dumps(STATUS)}."},
        json.dumps(STATUS),
        [{"context": [{"owner": "ben"}]}],
        f"<pre>{json.dumps(STATUS)}</pre>".encode(),
        {"errors": ["x", '{ "a": 1 } {"owner": "ben"}']},
    ],
)
def test_error_with_a_job_in_any_form_is_a_failure(envelope: Document, operation: Operation, body: Any) -> None:
    found = RefusalContent().check(envelope, operation, exchange(body, 401))

    assert all("owner" in finding.got for finding in found)


@pytest.mark.parametrize(
    ("values", "is_varying"),
    [
        (["a", "b"] * 4, True),  # two nodes in turn
        (["a", "b", "c"] * 3, True),
        (["a", "a", "a", "b", "a", "a", "a"], False),  # one odd response
        (["a"] * 9, False),
        ([3, 3, 3, 3, 4, 3], True),  # a duration
        ([None, "a"] * 4, True),
        ([True, True, False, True, True], False),
        (["b", "a", "a", "a", "a"], False),  # after a read of another job
    ],
)
def test_member_varies_if_it_often_changes_between_reads(
    operation: Operation, values: list[Any], is_varying: bool
) -> None:
    varying = VaryingMembers()
    for value in values:
        varying.learn(operation, exchange({"data": {**DATA, "x": value}}))

    assert (("data", "x") in varying.of(operation)) is is_varying


def test_member_that_x_job_names_never_varies(operation: Operation) -> None:
    varying = VaryingMembers()
    for number in range(9):
        varying.learn(
            operation, exchange({"data": {"reportId": f"{number}", "phase": ("ready", "broken")[number % 2]}})
        )

    assert varying.of(operation) == frozenset()


def test_values_of_another_job_are_not_varying(operation: Operation) -> None:
    varying = VaryingMembers()
    for _ in range(6):
        for owner, job in (("x", "rep-1"), ("ann", "rep-1"), ("ann", "rep-2"), ("ben", "rep-2")):
            varying.learn(operation, exchange({"data": {"phase": "ready", "owner": owner}}, url=URL[:-1] + job[-1]))

    assert varying.of(operation) == frozenset()


def jobs_apart(operation: Operation, found: Exchange, **members: Any) -> str | None:
    """Compare a read to two of the same job and one of another one, by default equal ones."""
    check: Any = next(check for check in CHECKS if check.name == "jobs_apart")
    own = {"data": DATA, "now": members.get("own", 1)}
    again = {**own, "now": members.get("again", members.get("own", 1))}
    other = {"data": {**DATA, "owner": "ann"}, "now": members.get("other", 1)}
    probe = Probe(operation, found, (exchange(own), exchange(again), exchange(other)))
    return next((finding.got for finding in check.check(VaryingMembers().without(probe))), None)


@pytest.mark.parametrize(
    ("body", "members"),
    [
        ({"data": DATA, "now": 2}, {"again": 3, "other": 2}),  # a clock that other reads share
        ({"data": DATA, "now": 2}, {"again": 1, "other": 1}),  # a measurement
        ({"data": DATA, "now": "b"}, {"own": "a", "again": "c", "other": "b"}),
    ],
)
def test_clock_and_measurement_are_not_of_another_job(operation: Operation, body: Any, members: Any) -> None:
    assert jobs_apart(operation, exchange(body), **members) == ""


@pytest.mark.parametrize(
    ("body", "status"),
    [
        *((body, 200) for body in (None, {"data": {**DATA, "owner": "ann"}, "now": 1}, {"data": {}, "now": 1})),
        ({"data": {**DATA, "phase": "running"}, "now": 1}, 200),
        *(({"error": "x"}, status) for status in (400, 401, 404, 409, 410, 500, 503)),
    ],
)
def test_concurrent_read_of_another_job_changes_nothing(operation: Operation, body: Any, status: int) -> None:
    assert jobs_apart(operation, exchange(body, status))


def findings(operation: Operation, check: str, *exchanges: Exchange) -> list[str]:
    """Return what a check of HTTP finds in some exchanges, in order."""
    found = next(one for one in HttpCheck.registered() if one.name == check)
    memory: dict[Any, Any] = {}
    job, failed = operation.job, []
    for one in exchanges:
        run = found.compare(one, job, memory) if isinstance(found, ResourceCheck) else found.check(one, job)
        failed += [finding.got for finding in run if finding.got]
    return failed


@pytest.mark.parametrize(
    ("date", "is_valid"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", True),
        ("Sunday, 06-Nov-94 08:49:37 GMT", True),
        ("Sun Nov  6 08:49:37 1994", True),
        ("Sat, 31 Dec 2016 23:59:60 GMT", True),  # a leap second
        ("Thu, 29 Feb 2024 00:00:00 GMT", True),
        ("Thu, 32 Jan 2026 00:00:00 GMT", False),
        ("Sat, 29 Feb 2025 00:00:00 GMT", False),
        ("Tue, 31 Feb 2026 00:00:00 GMT", False),
        ("Thu, 01 Jan 2026 25:61:00 GMT", False),
        ("Thu, 01 Jan 2026 24:00:00 GMT", False),
        ("Thu, 01 Foo 2026 00:00:00 GMT", False),
        ("Mon, 01 Jan 2026 00:00:00 GMT", False),
        ("Xyz, 01 Jan 2026 00:00:00 GMT", False),
        ("Thu, 01 Jan 2026 00:00:00 CET", False),
        ("Thu Feb 30 08:49:37 2026", False),
        ("2026-01-01T00:00:00Z", False),
        ("", False),
    ],
)
def test_http_date_exists(operation: Operation, date: str, is_valid: bool) -> None:
    assert is_http_date(date) is is_valid
    assert (findings(operation, "retry_after", exchange(STATUS, headers={"retry-after": date})) == []) is is_valid
    assert (findings(operation, "validators", exchange(STATUS, headers={"date": date})) == []) is is_valid


@pytest.mark.parametrize(
    ("value", "is_valid"), [("0", True), ("86400", True), ("31536000", True), ("1767225600", False), ("9" * 13, False)]
)
def test_retry_after_is_a_delay(operation: Operation, value: str, is_valid: bool) -> None:
    assert (findings(operation, "retry_after", exchange(STATUS, headers={"retry-after": value})) == []) is is_valid


@pytest.mark.parametrize(
    ("allow", "check"),
    [
        ("GET, HEAD", ""),
        ("get", ""),
        ("POST, GET,", ""),
        ("GET; HEAD", "allow"),
        ("GET HEAD", "allow"),
        ('"GET"', "allow"),
        ("GET, DELETE", "allow"),
        ("POST", "allow_documented"),
        ("*", "allow_documented"),
        ("", "allow_documented"),
        ("OPTIONS, TRACE", "allow_documented"),
    ],
)
def test_allow_lists_the_methods_of_the_document(
    envelope: Document, operation: Operation, allow: str, check: str
) -> None:
    refused = exchange(None, 405, {"allow": allow}, method="DELETE")
    documented: Any = next(one for one in CHECKS if one.name == "allow_documented")
    found = {"allow": findings(operation, "allow", refused)}
    found["allow_documented"] = [f.got for f in documented.check(envelope, operation, refused) if f.got]

    assert [name for name, got in found.items() if got][:1] == ([check] if check else [])


def test_allow_of_another_path_is_not_compared(envelope: Document, operation: Operation) -> None:
    documented: Any = next(one for one in CHECKS if one.name == "allow_documented")

    assert list(documented.check(envelope, operation, exchange(None, 405, {"allow": "POST"}, url=f"{URL}/"))) == []


@pytest.mark.parametrize(
    "location",
    [
        URL,
        "/reports/rep-2",
        "rep-2",
        "./rep-2",
        "",
        "#top",
        f"{URL}#x",
        f"{URL}?",
        "http://server:80/reports/rep-2",
        "HTTP://SERVER/reports/rep-2",
        "/%72eports/rep%2D2",
        "/other/../reports/rep-2",
    ],
)
def test_redirect_to_any_form_of_the_url_is_a_failure(operation: Operation, location: str) -> None:
    assert findings(operation, "redirects", exchange(b"", 302, {"location": location}))


@pytest.mark.parametrize(
    "location", [f"{URL}/", f"{URL}?a=1", "https://server/reports/rep-2", "http://server:8080/reports/rep-2", "//b/c"]
)
def test_redirect_elsewhere_is_not_a_failure(operation: Operation, location: str) -> None:
    assert findings(operation, "redirects", exchange(b"", 302, {"location": location})) == []


def test_redirects_in_a_circle_are_a_failure_until_one_ends_it(operation: Operation) -> None:
    there = exchange(b"", 302, {"location": "?cookie=1"})
    back = exchange(b"", 302, {"location": "/reports/rep-2"}, url=f"{URL}?cookie=1")

    assert findings(operation, "redirects", there, back)
    assert findings(operation, "redirects", there, exchange(STATUS, url=f"{URL}?cookie=1"), there) == []
    assert findings(operation, "redirects", there, exchange(b"", 302, back.headers, url=back.url)) != []
    assert normalized("http://[::1]:80/a?b=%2F") == normalized("http://[::1]/a?b=/")


def test_etag_is_compared_across_encodings(operation: Operation) -> None:
    reads = [
        exchange({**STATUS, "took": took}, headers={"etag": '"38"'}, request_headers={"accept-encoding": encoding})
        for took, encoding in ((3, "gzip"), (4, "identity"))
    ]

    assert findings(operation, "validators", *reads)
    assert findings(operation, "validators", reads[0], exchange(STATUS, headers={"etag": '"38"'})) == []


def read(phase: str, second: int, modified: int) -> Exchange:
    """Return a status at a second, with a Last-Modified."""
    form = "Thu, 01 Jan 2026 00:00:{:02} GMT"
    headers = {"date": form.format(second), "last-modified": form.format(modified)}
    return exchange({"data": {"reportId": "rep-2", "phase": phase}}, headers=headers)


@pytest.mark.parametrize(
    ("reads", "is_valid"),
    [
        ([read("running", 1, 1), read("ready", 9, 5)], True),
        ([read("running", 1, 1), read("ready", 2, 1)], True),  # within its second
        ([read("running", 1, 1), read("running", 9, 1), read("running", 20, 1)], True),
        ([read("ready", 9, 5), read("ready", 30, 5)], True),
        ([read("running", 9, 1), read("ready", 10, 1)], False),
        ([read("running", 1, 1), read("running", 5, 1), read("ready", 6, 1)], False),
    ],
)
def test_last_modified_moves_with_the_state(operation: Operation, reads: list[Exchange], is_valid: bool) -> None:
    assert (findings(operation, "validators", *reads) == []) is is_valid


@pytest.mark.parametrize(
    ("header", "value", "is_valid"),
    [
        ("cache-control", "max-age=60", False),
        ("cdn-cache-control", "max-age=60", False),
        ("cdn-cache-control", "s-maxage=30", False),
        ("cloudflare-cdn-cache-control", "max-age=30", False),
        ("surrogate-control", "max-age=30", False),
        ("cdn-cache-control", "no-store", True),
        ("cdn-cache-control", "max-age=0", True),
        ("cache-control", "no-cache", True),
    ],
)
@pytest.mark.parametrize("phase", ["running", "waiting"])
def test_status_that_is_not_final_may_not_be_cached(
    tmp_path: Path, phase: str, header: str, value: str, is_valid: bool
) -> None:
    source = ENVELOPE.replace("pending: [running]", "pending: [running]\n        notStarted: [waiting]")
    (tmp_path / "envelope.yaml").write_text(source, encoding="utf-8")
    sent = exchange({"data": {"reportId": "rep-2", "phase": phase}}, headers={header: value})

    assert (findings(load(tmp_path / "envelope.yaml").operation("get_report"), "caching", sent) == []) is is_valid


@pytest.mark.parametrize(
    ("charset", "is_valid"),
    [
        ("utf-8", True),
        ("UTF-8", True),
        ("us-ascii", True),
        ("iso-8859-1", True),
        ("utf-16", False),
        ("utf-16le", False),
    ],
)
def test_charset_of_json_is_not_another_one(operation: Operation, charset: str, is_valid: bool) -> None:
    headers = {"content-type": f"application/json; charset={charset}"}

    assert (findings(operation, "truthful_headers", exchange(STATUS, headers=headers)) == []) is is_valid


@pytest.mark.parametrize(
    ("message", "is_valid"),
    [
        ("no report rep-0", True),
        ("no report rep-17", True),  # not rep-1
        ("no report", True),
        ("unknown; known are rep-1, rep-2", False),
        ({"id": "rep-1"}, False),
    ],
)
def test_refusal_names_only_the_requested_job(operation: Operation, message: Any, is_valid: bool) -> None:
    known = [
        exchange({"data": {"reportId": name, "phase": "ready"}}, url=URL[:-1] + name[-1]) for name in ("rep-1", "rep-2")
    ]
    refused = exchange({"error": message}, 404, url=f"{URL[:-1]}0")

    assert (findings(operation, "refusal_names_no_job", *known, refused) == []) is is_valid
    assert findings(operation, "refusal_names_no_job", *known, exchange({"error": "no rep-2"}, 404)) == []


@pytest.mark.parametrize(
    ("body", "origin", "is_right"),
    [
        ("Código;Página".encode("cp1252"), "", True),
        (b"C\x81digo", "", False),
        ("Código;Página\nÁ".encode(), "traffic.har, entry 3", True),
    ],
)
def test_charset_is_that_of_the_bytes_unless_an_archive_has_another(
    operation: Operation, body: bytes, origin: str, is_right: bool
) -> None:
    one = exchange(body, headers={"content-type": "text/csv; charset=windows-1252"}, origin=origin)

    assert (findings(operation, "truthful_headers", one) == []) is is_right


PROBLEMS = """
          content:
            application/problem+json: {schema: {type: object, required: [title]}}
            application/json; charset=utf-8: {schema: {type: object, required: [error]}}
            text/*: {schema: {type: string, maxLength: 3}}
            text/plain: {schema: {type: string}}
"""


@pytest.mark.parametrize(
    ("media_type", "body", "is_right"),
    [
        ("application/json; charset=utf-8", {"error": "no such render"}, True),
        ("application/json", {"wrong": 1}, False),
        ("application/problem+json", {"title": "x"}, True),
        ("application/problem+json; charset=utf-8", {"error": "x"}, False),
        ("text/plain", b"more than three", True),
        ("text/html", b"more than three", False),
    ],
)
def test_schema_is_that_of_the_media_type_without_parameters(
    tmp_path: Path, media_type: str, body: Any, is_right: bool
) -> None:
    path = tmp_path / "envelope.yaml"
    path.write_text(ENVELOPE.replace("{description: no such report}", f"\n          description: x{PROBLEMS}"))
    document = load(path)
    check: Any = next(one for one in CHECKS if one.name == "response_schema_conformance")
    refused = exchange(body, 404, {"content-type": media_type})

    found = [one.got for one in check.check(document, document.operation("get_report"), refused) if one.got]
    assert (found == []) is is_right


@pytest.mark.parametrize(
    ("method", "status", "is_right"),
    [("HEAD", 501, True), ("HEAD", 500, False), ("GET", 501, False), ("HEAD", 401, True), ("HEAD", 200, False)],
)
def test_server_need_not_know_head_without_a_credential(
    operation: Operation, method: str, status: int, is_right: bool
) -> None:
    check: Any = next(one for one in CHECKS if one.name == "wrong_credential")
    probe = Probe(operation, exchange(STATUS if status == 200 else None, status, method=method))

    assert (check.fault(probe) == "") is is_right
