"""Verification of servers that announce a deprecation or a sunset: a note, and a check that the dates are valid."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from scripts.document import Document
from scripts.drift.sarif import read_report
from scripts.simulate import Simulator, SimulatorSettings, SteppingClock
from scripts.verify.checks.http_standards import Retirement
from scripts.verify.exchange import Exchange
from scripts.verify.http_dates import retirement_date
from scripts.verify.report import page, sarif, table
from scripts.verify.result import Result
from scripts.verify.run import verify
from scripts.verify.target import make_target

from .conftest import ENVIRONMENT
from .verifications import RUN

SUNSET = "Thu, 31 Dec 2026 23:59:59 GMT"
NOTE = "get_dock_status: the server announces: deprecation 2026-01-01T00:00:00Z, sunset 2026-12-31T23:59:59Z"

DATES = {
    ("deprecation", "@1767225600"): "2026-01-01T00:00:00Z",
    ("deprecation", ' @1767225600; a="b";c ;d=1 '.replace(" ;", ";")): "2026-01-01T00:00:00Z",
    ("deprecation", "@-1"): "1969-12-31T23:59:59Z",
    ("deprecation", "true"): "(no date)",
    ("deprecation", SUNSET): "2026-12-31T23:59:59Z",
    ("sunset", SUNSET): "2026-12-31T23:59:59Z",
    ("sunset", "Thursday, 31-Dec-26 23:59:59 GMT"): "2026-12-31T23:59:59Z",
    ("sunset", "Thu Dec 31 23:59:59 2026"): "2026-12-31T23:59:59Z",
}
MALFORMED = [
    *(
        ("deprecation", value)
        for value in ("", "1767225600", "@", "@1.5", "@1, @2", "false", "@1;A", "@1;a=\x00", "@1 ;a")
    ),
    *(
        ("deprecation", value)
        for value in ("@999999999999999", "@-999999999999999", "@9" + "9" * 5000, "@1" + ";a" * 999 + "?")
    ),
    *(("sunset", value) for value in ("", "@1767225600", "true", "2026-12-31", "2026-12-31T23:59:59Z", "soon", "\x00")),
    *(("sunset", value) for value in ("Thu, 32 Dec 2026 23:59:59 GMT", "Thu, 31 Dec 2026 23:59:59 +0100")),
]


@pytest.mark.parametrize("key", DATES)
def test_dates(key: tuple[str, str]) -> None:
    assert retirement_date(*key) == DATES[key]


@pytest.mark.parametrize(("name", "value"), MALFORMED)
def test_malformed_date_is_a_failure(name: str, value: str) -> None:
    assert retirement_date(name, value) is None
    assert failures({name: value}) == [f"{name.capitalize()}: {value}"]


def failures(headers: dict[str, str]) -> list[str]:
    """Return the failures of the check for a response with headers."""
    exchange = Exchange("get", "GET", "http://host/", {}, 200, headers, b"", 0.1)
    return [finding.got for finding in Retirement().check(exchange, None) if finding.got]


def test_sunset_before_deprecation_is_a_failure() -> None:
    (got,) = failures({"deprecation": "@1798761600", "sunset": SUNSET})

    assert got == "Sunset 2026-12-31T23:59:59Z before Deprecation 2027-01-01T00:00:00Z"
    assert failures({"deprecation": "@1798761599", "sunset": SUNSET}) == []
    assert failures({"deprecation": "true", "sunset": SUNSET}) == []


def verified(document: Document, headers: Callable[[int], dict[str, str]]) -> Result:
    """Verify a simulator that adds headers to the responses, by their number."""
    count = 0
    clock = SteppingClock(0.5)
    simulator = Simulator([document], SimulatorSettings(environment=ENVIRONMENT, clock=clock))

    async def application(scope: Any, receive: Any, send: Any) -> None:
        async def send_with_headers(message: Any) -> None:
            nonlocal count
            if message["type"] == "http.response.start":
                count += 1
                added = [(name.encode(), value.encode()) for name, value in headers(count).items()]
                message = {**message, "headers": [*message["headers"], *added]}
            await send(message)

        await simulator(scope, receive, send_with_headers)

    url = f"http://simulator/{document.stem}"
    target = make_target(document, url, ENVIRONMENT, profile="full", writes=True, stepping=True)
    return verify(target, None, transport=httpx.ASGITransport(application))


def test_announcement_is_a_note_in_each_report_and_no_failure(documents: dict[str, Document], tmp_path: Any) -> None:
    result = verified(documents["agent-platform"], lambda _: {"deprecation": "@1767225600", "sunset": SUNSET})

    assert list(result.failures()) == []
    assert result.status == 0
    assert result.retirement_notes == [NOTE]
    assert table([result]).count(f"agent-platform: {NOTE}") == 1
    assert page([result], RUN).count(NOTE) == 1
    report = sarif([result])
    (call,) = json.loads(report)["runs"][0]["invocations"]
    assert call == {
        "executionSuccessful": True,
        "toolExecutionNotifications": [{"level": "note", "message": {"text": f"agent-platform: {NOTE}"}}],
    }
    (tmp_path / "verify.sarif").write_text(report, encoding="utf-8")
    findings = read_report(tmp_path / "verify.sarif")
    assert (findings.failures, findings.problems, findings.notes) == ((), (), (f"agent-platform: {NOTE}",))


def test_earliest_of_several_dates_is_noted(documents: dict[str, Document]) -> None:
    values = ["true", "@1767225601", "@1767225600", "@1767225602"]
    result = verified(documents["agent-platform"], lambda number: {"deprecation": values[number % 4]})

    assert result.retirement_notes == ["get_dock_status: the server announces: deprecation 2026-01-01T00:00:00Z"]


def test_malformed_date_is_a_failure_of_the_run_and_no_note(documents: dict[str, Document]) -> None:
    result = verified(documents["agent-platform"], lambda _: {"sunset": "2026-12-31"})

    assert {failure.check for failure in result.failures()} == {"retirement"}
    assert result.retirement_notes == []
    assert json.loads(sarif([result]))["runs"][0]["invocations"][0]["toolExecutionNotifications"] == []
