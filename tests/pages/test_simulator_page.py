"""The page of the simulator in Chromium: what it shows as it happens, its forms, and what other pages cannot do."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import frozen
from playwright.sync_api import Page, expect

from scripts.document import load_folder
from scripts.simulate import ControlledSimulator, ScaledClock, Simulator, SimulatorSettings, SteppingClock
from scripts.simulate.clock import EPOCH
from scripts.simulate.faults import KINDS
from scripts.simulate.remote import Control, RunningSimulator, run_simulator

from ..conftest import ROOT, served
from .browser import (
    OPTIONS,
    SCHEMES,
    WIDTHS,
    Browsing,
    Visit,
    assert_accessible,
    assert_fits,
    assert_usable_by_keyboard,
    program,
)

API = "agent-platform"
BAD_REQUEST = "status of 400"
expect.set_options(timeout=20_000)


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    """Run a simulator with a paused clock."""
    with run_simulator(ROOT / "openapi", speed=0) as started:
        yield started


@contextmanager
def opened(browsing: Browsing, url: str, *allowed: str, width: int = 1440) -> Iterator[Visit]:
    """Open the page, and wait until it is live."""
    with browsing.visit(f"{url}/_simulator/", width, allowed=allowed) as visit:
        wait_until_live(visit.page)
        yield visit


def wait_until_live(page: Page) -> None:
    """Wait until the page has applied the first event."""
    expect(page.locator("#connection")).to_have_text("live")


def poll(simulator: RunningSimulator, job: dict[str, Any], query: str = "") -> int:
    """Send one poll of a job; return the status of the response."""
    headers = {"x-api-key": simulator.credentials[API]["api_key"]}
    return httpx.get(simulator.url + job["path"] + query, headers=headers).status_code


def row_of(page: Page, job_id: str) -> Any:
    """Return the row of a job."""
    return page.locator("#job-table tbody tr").filter(has=page.get_by_text(job_id, exact=True))


def assert_error(page: Page, control: str, message: str) -> None:
    """Fail unless a control has the focus and is linked with a visible error."""
    found = page.locator(control)
    expect(found).to_have_attribute("aria-invalid", "true")
    expect(found).to_be_focused()
    described = (found.get_attribute("aria-describedby") or "").split()
    expect(page.locator(f"#{described[0]}")).to_contain_text(message)


# What it looks like


def test_page_is_clean_and_accessible_everywhere(browsing: Browsing, simulator: RunningSimulator) -> None:
    job = simulator.create_job(api=API, after=[[0, "IN_PROGRESS"], [20, "SUCCESS"]])
    simulator.fault("status", status=503, retry_after=2, api=API, times=2)
    simulator.fault("latency", seconds=0.01, most=0.02, share=0.5)
    for seconds in (0, 3, 4, 6):
        simulator.advance(seconds)
        poll(simulator, job)
    for width in WIDTHS:
        for scheme in SCHEMES:
            with browsing.visit(f"{simulator.url}/_simulator/", width, scheme) as visit:
                page = visit.page
                wait_until_live(page)
                expect(page.locator("#request-table tbody tr")).to_have_count(4)
                page.locator("#create-outcome").select_option("script")
                page.locator("summary").first.click()
                browsing.screenshot(visit, f"simulator-{width}-{scheme}")
                assert_fits(page)
                assert_accessible(page)
                page.locator("#reset").click()
                assert_accessible(page)
                browsing.screenshot(visit, f"simulator-reset-{width}-{scheme}")


def test_page_is_usable_by_keyboard(browsing: Browsing, simulator: RunningSimulator) -> None:
    simulator.fault("reset", share=0)
    with opened(browsing, simulator.url) as visit:
        # A click would be where the Tab key begins.
        visit.page.evaluate("""() => {
          const outcome = document.getElementById('create-outcome');
          outcome.value = 'script';
          outcome.dispatchEvent(new Event('input'));
          document.querySelector('details').open = true;
        }""")
        expect(visit.page.locator("#step-1-seconds")).to_be_visible()
        assert_usable_by_keyboard(visit.page)


def test_dialog_holds_the_focus_and_returns_it(browsing: Browsing, simulator: RunningSimulator) -> None:
    with opened(browsing, simulator.url) as visit:
        page = visit.page
        page.locator("#reset").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#reset-now")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.locator("#reset-dialog")).to_be_hidden()
        expect(page.locator("#reset")).to_be_focused()


def test_page_without_scripts_shows_what_does_not_change(browsing: Browsing, simulator: RunningSimulator) -> None:
    with browsing.visit(f"{simulator.url}/_simulator/", scripts=False) as visit:
        page = visit.page
        expect(page.locator("noscript p")).to_be_visible()
        expect(page.locator("#jobs")).to_be_hidden()
        expect(page.locator("[data-copy]").first).to_be_hidden()
        page.locator("summary").first.click()
        expect(page.locator("#curl-1-1")).to_contain_text(f"curl -s -H 'x-api-key: simulated-api-key-of-{API}'")
        expect(page.locator("#python-1-1")).to_contain_text("from job_status import AgentPlatform")


# What happens


def test_created_job_appears_and_moves(browsing: Browsing, simulator: RunningSimulator) -> None:
    with opened(browsing, simulator.url) as visit:
        page = visit.page
        page.locator("#create-id").fill("ds-mine")
        page.locator("#create-outcome").select_option("script")
        expect(page.locator("#step-1-state")).to_have_value("IN_PROGRESS")
        page.locator("#step-2-seconds").fill("8")
        page.locator("#step-2-state").select_option("FAILED")
        page.locator("#create-form .main").click()
        expect(page.locator("#create-result")).to_have_text("Created ds-mine.")
        row = row_of(page, "ds-mine")
        expect(row.locator(".badge")).to_have_text("IN_PROGRESS")
        expect(row.locator(".badge")).to_have_class("badge pending")
        expect(row).to_contain_text("0 s of 8 s")
        expect(row.locator("svg")).to_have_attribute("aria-label", "IN_PROGRESS after 0 s, FAILED after 8 s")
        page.locator("#clock-advance").fill("2")
        page.locator("#advance-form button").click()
        expect(row).to_contain_text("2 s of 8 s")
        assert row.locator("progress").evaluate("one => one.value") == pytest.approx(0.25, abs=0.001)
        page.locator("#clock-advance").fill("6")
        page.keyboard.press("Enter")
        expect(row.locator(".badge")).to_have_text("FAILED")
        expect(row.locator(".badge")).to_have_class("badge failure")
        expect(row).to_contain_text("after 8 s")
        expect(row.locator("progress")).to_be_hidden()

    assert simulator.jobs(api=API, id="ds-mine")[0]["state"] == "FAILED"


def test_job_runs_with_the_clock(browsing: Browsing) -> None:
    with run_simulator(ROOT / "openapi", speed=0) as simulator:
        simulator.create_job(api=API, id="ds-run", after=[[0, "IN_PROGRESS"], [3000, "SUCCESS"]])
        simulator.create_job(api=API, id="ds-long", after=[[0, "IN_PROGRESS"], [1e8, "SUCCESS"]])
        with opened(browsing, simulator.url) as visit:
            page = visit.page
            expect(page.locator("#speed")).to_have_text("paused")
            page.locator("#clock-speed").fill("1000")
            page.locator("#speed-form button").click()
            expect(page.locator("#speed")).to_have_text("1000 times real time")
            expect(row_of(page, "ds-run").locator(".badge")).to_have_text("SUCCESS")
            # No event reports the progress: the page knows the course of the job and the clock.
            note = row_of(page, "ds-long").locator("small").last
            before = note.inner_text()
            assert before.endswith(" s of 100000000 s")
            expect(note).not_to_have_text(before)
            time_shown = page.locator("#now").inner_text()
            expect(page.locator("#now")).not_to_have_text(time_shown)
            page.locator("#pause").click()
            expect(page.locator("#speed")).to_have_text("paused")
            shown = page.locator("#now").inner_text()
            paused_at = simulator.now()
            expect(page.locator("#now")).to_have_text(shown)
            assert simulator.now() == paused_at
            page.locator("#pause").click()
            expect(page.locator("#speed")).to_have_text("1 times real time")


def test_clock_that_steps_has_no_speed(browsing: Browsing) -> None:
    settings = SimulatorSettings(clock=SteppingClock(60.0))
    with (
        served(ControlledSimulator(Simulator(load_folder(ROOT / "openapi"), settings))) as url,
        opened(browsing, url) as visit,
    ):
        page = visit.page
        expect(page.locator("#speed")).to_have_text("advances with each request")
        expect(page.locator("#pause")).to_be_hidden()
        expect(page.locator("#clock-speed")).to_be_hidden()
        expect(page.locator("#now")).to_have_text("2026-01-01 00:00:00.0")
        httpx.get(url + "/nowhere")
        expect(page.locator("#now")).to_have_text("2026-01-01 00:01:00.0")


def test_requests_appear_in_the_list_and_in_the_timeline(browsing: Browsing, simulator: RunningSimulator) -> None:
    job = simulator.create_job(api=API, id="ds a/b".replace("/", "!"), after=[[0, "IN_PROGRESS"], [20, "SUCCESS"]])
    poll(simulator, job)
    with opened(browsing, simulator.url) as visit:
        page = visit.page
        rows = page.locator("#request-table tbody tr")
        expect(rows).to_have_count(1)
        simulator.fault("reset", times=1)
        simulator.advance(5)
        with pytest.raises(httpx.TransportError):
            poll(simulator, job)
        poll(simulator, job, "?a=b")
        expect(rows).to_have_count(3)
        expect(rows.nth(0)).to_contain_text(job["path"] + "?a=b")
        expect(rows.nth(1)).to_contain_text("closed")
        expect(rows.nth(1)).to_contain_text("reset")
        ticks = row_of(page, job["id"]).locator("svg g line")
        expect(ticks).to_have_count(3)
        assert [one.get_attribute("class") for one in ticks.all()] == ["poll", "failed", "poll"]
        places = [float(one.get_attribute("x1") or "nan") for one in ticks.all()]
        assert places == [0, 20, 20]  # 5 s of the 25 s that the timeline shows


def test_list_of_requests_can_be_filtered_and_paused(browsing: Browsing, simulator: RunningSimulator) -> None:
    with opened(browsing, simulator.url) as visit:
        page = visit.page
        rows = page.locator("#request-table tbody tr")
        for path in ("/one", "/two", "/three"):
            httpx.get(simulator.url + path)
        expect(rows).to_have_count(3)
        page.locator("#request-filter").fill("404 TWO")
        expect(rows).to_have_count(1)
        expect(page.locator("#request-count")).to_have_text("1 request of 3")
        page.locator("#request-filter").fill("")
        page.locator("#request-pause").click()
        httpx.get(simulator.url + "/four")
        expect(page.locator("#request-pause")).to_have_text("Continue (1 new)")
        expect(rows).to_have_count(3)
        page.locator("#request-pause").click()
        expect(rows).to_have_count(4)


def test_injected_fault_affects_a_request(browsing: Browsing, simulator: RunningSimulator) -> None:
    job = simulator.create_job(api=API, id="ds-mine")
    with opened(browsing, simulator.url) as visit:
        page = visit.page
        page.locator("#fault-status").fill("503")
        page.locator("#fault-retry_after").fill("7")
        page.locator("#fault-html").check()
        page.locator("#fault-api").select_option(API)
        page.locator("#fault-operation").select_option("get_dock_status")
        page.locator("#fault-id").fill("ds-mine")
        page.locator("#fault-share").fill("1")
        page.locator("#fault-times").fill("1")
        page.locator("#fault-after").fill("1")
        page.locator("#fault-form .main").click()
        expect(page.locator("#fault-result")).to_have_text("The fault 1 is active.")
        scope = {"api": API, "operation": "get_dock_status", "id": "ds-mine", "share": 1.0, "times": 1, "after": 1}
        expected = {"kind": "status", "status": 503, "retry_after": 7, "html": True, **scope}
        (fault,) = simulator.faults()
        assert {name: fault[name] for name in expected} == expected
        assert [poll(simulator, job) for _ in range(3)] == [200, 503, 200]
        row = page.locator("#request-table tbody tr").nth(1)
        expect(row.locator(".badge")).to_have_text("503")
        expect(row.locator(".badge")).to_have_class("badge failed")
        expect(row).to_contain_text("status")
        expect(page.locator("#fault-table tbody td").nth(2)).to_have_text("1")
        page.locator("#remove-1").click()
        expect(page.locator("#fault-count")).to_have_text("None.")
        expect(page.locator("#faults")).to_be_focused()

    assert simulator.faults() == []


def test_every_kind_of_fault_has_its_fields(browsing: Browsing, simulator: RunningSimulator) -> None:
    values = {"seconds": "1", "most": "2", "status": "404", "retry_after": "3", "field": "a/b", "value": "x"}
    special = {"example": "unknown_id", "content_type": "text/csv"}
    examples = {
        e.name
        for d in simulator.simulator.documents
        for o in d.operations
        for r in o.responses
        for _, e in r.examples
        if not r.is_success
    }
    special["example"] = min(examples)
    with opened(browsing, simulator.url) as visit:
        page = visit.page
        for number, (kind, fields) in enumerate(KINDS.items(), 1):
            page.locator("#fault-kind").select_option(kind)
            visible = {one for one in (*values, "html") if page.locator(f"#fault-{one}").is_visible()}
            assert visible == fields
            for field in fields - {"html"}:
                page.locator(f"#fault-{field}").fill(
                    special.get(kind, values[field]) if field == "value" else values[field]
                )
            page.locator("#fault-form .main").click()
            expect(page.locator("#fault-result")).to_have_text(f"The fault {number} is active.")
        expect(page.locator("#fault-count")).to_have_text(f"{len(KINDS)} faults")
        page.locator("#clear-faults").click()
        expect(page.locator("#fault-count")).to_have_text("None.")


@pytest.mark.parametrize(
    ("typed", "value"), [("true", True), ('{"a": [1]}', {"a": [1]}), ("5", 5), ("a state", "a state"), ('"5"', "5")]
)
def test_value_of_a_property_is_json_or_a_string(
    browsing: Browsing, simulator: RunningSimulator, typed: str, value: Any
) -> None:
    with opened(browsing, simulator.url) as visit:
        visit.page.locator("#fault-kind").select_option("unknown_field")
        visit.page.locator("#fault-value").fill(typed)
        visit.page.locator("#fault-form .main").click()
        expect(visit.page.locator("#fault-result")).to_have_text("The fault 1 is active.")

    assert simulator.faults()[0]["value"] == value


def test_error_is_shown_at_its_field(browsing: Browsing, simulator: RunningSimulator) -> None:
    with opened(browsing, simulator.url, BAD_REQUEST) as visit:
        page = visit.page
        page.locator("#fault-status").fill("99")
        page.locator("#fault-form .main").click()
        assert_error(page, "#fault-status", "99 is less than the minimum of 200")
        page.locator("#fault-status").fill("many")
        page.keyboard.press("Enter")
        assert_error(page, "#fault-status", '"many" is not of type "integer"')
        assert_accessible(page)
        browsing.screenshot(visit, "simulator-error")
        page.locator("#fault-status").fill("500")
        page.keyboard.press("Enter")
        expect(page.locator("#fault-result")).to_have_text("The fault 1 is active.")
        expect(page.locator("#fault-status")).not_to_have_attribute("aria-invalid", "true")
        expect(page.locator("#fault-status")).to_have_attribute("aria-describedby", "fault-status-hint")
        expect(page.locator("#fault-status-error")).to_be_hidden()
        page.locator("#create-outcome").select_option("script")
        page.locator("#step-2-seconds").fill("0")
        page.locator("#create-form .main").click()
        assert_error(page, "#step-2-seconds", "expected more than 0, got 0")
        page.locator("#step-2-seconds").fill("9")
        page.locator("#add-step").click()
        page.locator("#create-form .main").click()
        assert_error(page, "#step-3-seconds", "expected no state after the final state SUCCESS")
        page.locator("#step-2-seconds ~ button").click()
        page.locator("#step-3-seconds ~ button").click()
        page.locator("#step-1-seconds ~ button").click()
        page.locator("#create-form .main").click()
        expect(page.locator("#create-error")).to_contain_text("after: [] has less than 1 item")
        page.locator("#create-outcome").select_option("")
        page.locator("#create-reason").fill("no disk")
        page.locator("#create-form .main").click()
        assert_error(page, "#create-reason", "reports no failure reason")
        page.locator("#clock-advance").fill("-1")
        page.locator("#advance-form button").click()
        assert_error(page, "#clock-advance", "-1 is less than the minimum of 0")


def test_other_parameters_of_a_job_have_fields(browsing: Browsing) -> None:
    with run_simulator(ROOT / "tests/vendors", speed=0) as simulator, opened(browsing, simulator.url) as visit:
        page = visit.page
        page.locator("#create-operation").select_option(label="mill · get_batch")
        page.locator("#create-parameter-0").fill("south")
        page.locator("#create-id").fill("77")
        page.locator("#create-form .main").click()
        expect(row_of(page, "77")).to_be_visible()

        assert simulator.jobs(api="mill", id="77")[0]["parameters"] == {"plant": "south", "batch": "77"}


def test_limits_are_enforced_and_released(browsing: Browsing, simulator: RunningSimulator) -> None:
    overview = f"{simulator.url}/_simulator"
    with opened(browsing, simulator.url) as visit:
        page = visit.page
        with page.expect_response(lambda one: one.url.endswith("/limits")):
            page.locator("#limits").check()
        assert httpx.get(overview).json()["limits"] == {"enforced": True}
        simulator.enforce_limits(False)
        expect(page.locator("#limits")).not_to_be_checked()


def test_reset_is_confirmed(browsing: Browsing, simulator: RunningSimulator) -> None:
    simulator.create_job(api=API, id="ds-mine")
    simulator.fault("reset", share=0)
    httpx.get(simulator.url + "/nowhere")
    with opened(browsing, simulator.url) as visit:
        page = visit.page
        page.locator("#reset").click()
        page.locator("#reset-cancel").click()
        expect(row_of(page, "ds-mine")).to_be_visible()
        assert len(simulator.faults()) == 1
        page.locator("#reset").click()
        page.locator("#reset-now").click()
        expect(row_of(page, "ds-mine")).to_have_count(0)
        expect(page.locator("#fault-count")).to_have_text("None.")
        expect(page.locator("#request-table tbody tr")).to_have_count(0)

    assert simulator.jobs(id="ds-mine") == []


def test_snippet_is_copied(browsing: Browsing, simulator: RunningSimulator) -> None:
    with opened(browsing, simulator.url) as visit:
        page = visit.page
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.locator("summary").first.click()
        page.locator("[data-copy=python-1-1]").click()
        expect(page.locator("[data-copy=python-1-1]")).to_have_text("Copied")
        copied = page.evaluate("() => navigator.clipboard.readText()")

    assert copied.startswith("from job_status import AgentPlatform\n\nwith AgentPlatform(")
    assert copied.count("\n") == 4


# Restarts


def free_port() -> int:
    """Return a port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextmanager
def simulating(port: int, documents: str = "openapi") -> Iterator[str]:
    """Run the command of the simulator on a port."""
    options = ["--port", str(port), "--speed", "0", "--openapi", str(ROOT / documents)]
    process = subprocess.Popen([sys.executable, "-m", "scripts.simulate", *options], cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"simulator: ")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate()


def test_page_connects_again_after_a_restart(browsing: Browsing) -> None:
    port = free_port()
    with browsing.visit("about:blank", allowed=("ERR_CONNECTION_REFUSED",)) as visit:
        page, visit.url = visit.page, f"http://127.0.0.1:{port}"
        with simulating(port) as url, Control(url) as control:
            page.goto(f"{url}/_simulator/")
            wait_until_live(page)
            control.create_job(api=API, id="ds-before")
            expect(row_of(page, "ds-before")).to_be_visible()
        expect(page.locator("#connection")).to_have_text("connection lost; trying again")
        page.locator("#clock-advance").fill("1")
        page.locator("#advance-form button").click()
        expect(page.locator("#clock-result")).to_have_text("The simulator does not respond.")
        page.locator("#limits").click()
        expect(page.locator("#limits")).not_to_be_checked()
        with simulating(port) as url, Control(url) as control:
            expect(page.locator("#connection")).to_have_text("live, the simulator has restarted")
            expect(row_of(page, "ds-before")).to_have_count(0)
            control.create_job(api=API, id="ds-after")
            expect(row_of(page, "ds-after")).to_be_visible()
        with simulating(port, "tests/vendors"):
            expect(page.locator("#connection")).to_contain_text("has other documents; reload the page")
            page.locator("#create-operation").select_option(label="freight · get_shipment")
            page.locator("#create-id").fill("SH-1")
            page.locator("#create-form .main").click()
            expect(row_of(page, "SH-1").locator(".badge")).to_have_class("badge pending")
            page.goto("about:blank")


def test_hidden_page_uses_no_connection(browsing: Browsing, simulator: RunningSimulator) -> None:
    streams = """() => {
      Object.defineProperty(document, 'visibilityState', {value: '%s', configurable: true});
      document.dispatchEvent(new Event('visibilitychange'));
    }"""
    with opened(browsing, simulator.url) as visit:
        page = visit.page
        page.evaluate(streams % "hidden")
        simulator.create_job(api=API, id="ds-hidden")
        httpx.get(simulator.url + "/nowhere")
        time.sleep(0.6)
        expect(row_of(page, "ds-hidden")).to_have_count(0)
        with page.expect_request(lambda one: one.url.endswith("/events")):
            page.evaluate(streams % "visible")
        expect(row_of(page, "ds-hidden")).to_have_count(1)
        expect(page.locator("#request-table tbody tr")).to_have_count(1)


# Documents and values of any kind

HOSTILE = (
    "<img src=x onerror=hacked=1>",
    "</script><script>hacked=1</script>",
    "</code></pre><svg onload=hacked=1>",
    '"\' onfocus=hacked=1 autofocus x="',
    "{{ 7 * 7 }}${hacked=1}`",
    "\u202eesrever \u2066\u200b",
    "line\nbreak\tand\x07bell",
    "javascript:hacked=1",
    "W" * 400,
    "\U0001f600 ünïcode 日本語",
)


def hostile_document() -> dict[str, Any]:
    """Return a document whose names and values try to become markup, or to overflow."""
    pending, ends = HOSTILE[:8], HOSTILE[8:]
    example = {"id": HOSTILE[0], "state": pending[0], "why": HOSTILE[1]}
    properties = {
        "state": {"type": "string", "enum": list(HOSTILE)},
        "id": {"type": "string"},
        "why": {"type": "string"},
    }
    responses = {
        "200": {
            "description": HOSTILE[2],
            "content": {
                "application/json": {
                    "schema": {"type": "object", "properties": properties},
                    "examples": {"it": {"value": example}},
                }
            },
        }
    }
    job: dict[str, Any] = {
        "id": "$response.body#/id",
        "state": "$response.body#/state",
        "reason": "$response.body#/why",
    }
    job |= {"pending": list(pending), "success": [ends[0]], "failure": [ends[1]]}
    known = {str(index): {"value": value.replace("/", "!")} for index, value in enumerate(HOSTILE)}
    paths = {
        f"/{name}/{{id}}": {
            "get": {
                "operationId": f"{HOSTILE[1]} {index}",
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}, "examples": known}
                ],
                "x-job": job,
                "responses": responses,
                "security": [{"key": []}],
            }
        }
        for index, name in enumerate(("<b>bold", "a'b\"c&d;e", "x" * 300))
    }
    scheme = {"type": "apiKey", "in": "header", "name": "X-Key"}
    info = {"title": f"</title>{HOSTILE[1]} {HOSTILE[5]} {HOSTILE[8]}", "version": "1"}
    return {"openapi": "3.1.0", "info": info, "paths": paths, "components": {"securitySchemes": {"key": scheme}}}


@pytest.mark.parametrize("width", WIDTHS)
def test_hostile_names_and_values_are_text(browsing: Browsing, tmp_path: Path, width: int) -> None:
    (tmp_path / "hostile.json").write_text(json.dumps(hostile_document()), encoding="utf-8")
    with run_simulator(tmp_path, speed=0) as simulator:
        api = simulator.simulator.documents[0].stem
        operation = simulator.simulator.documents[0].operations[0].id
        job = {}
        for value in HOSTILE:
            job = simulator.create_job(api=api, operation=operation, id=value.replace("/", "!"), reason=value)
            simulator.fault("unknown_field", field="a", value=value, share=0)
            httpx.get(simulator.url + job["path"])
            httpx.get(f"{simulator.url}/<script>hacked=1</script>?{'q' * 500}")
        with opened(browsing, simulator.url, width=width) as visit:
            page = visit.page
            expect(page.locator("#request-table tbody tr")).to_have_count(2 * len(HOSTILE))
            page.locator("#create-outcome").select_option("script")
            for summary in page.locator("summary").all():
                summary.click()
            browsing.screenshot(visit, f"simulator-hostile-{width}")
            assert_fits(page)
            assert_accessible(page)
            assert page.evaluate("() => typeof hacked") == "undefined"
            assert page.locator("img, iframe, script:not(body > script), [onerror], [onload], [onfocus]").count() == 0
            content = page.locator("main").inner_text()
            assert "<img src=x onerror=hacked=1>" in content
            assert not re.search("[\u202e\u2066\u200b\x07]", content)
            page.locator("#create-form .main").click()
            expect(page.locator("#create-result")).to_contain_text("Created ")


def test_document_of_many_operations(browsing: Browsing, tmp_path: Path) -> None:
    from ..bench.scaling import make_document

    (tmp_path / "large.json").write_text(json.dumps(make_document(200)), encoding="utf-8")
    with run_simulator(tmp_path, speed=0) as simulator, opened(browsing, simulator.url) as visit:
        page = visit.page
        expect(page.locator("details")).to_have_count(200)
        expect(page.locator("#create-operation option")).to_have_count(100)
        page.locator("#filter-api-list").fill("get_job_77")
        expect(page.locator("details:visible")).to_have_count(1)
        page.locator("#create-operation").select_option(label="large · get_job_77")
        page.locator("#create-form .main").click()
        expect(page.locator("#create-result")).to_contain_text("Created ")
        page.locator("#job-operation").select_option(label="large · get_job_77")
        own = [job for job in simulator.jobs(limit=1000) if job["operation"] == "get_job_77"]
        expect(page.locator("#job-table tbody tr")).to_have_count(len(own))


def test_many_jobs_are_counted_and_the_newest_shown(browsing: Browsing, simulator: RunningSimulator) -> None:
    simulator.create_jobs(10_000, api=API)
    simulator.create_job(api=API, id="ds-newest")
    total = 10_001 + len(simulator.jobs(api="ai-for-service", limit=1000))
    with opened(browsing, simulator.url) as visit:
        page = visit.page
        expect(page.locator("#job-table tbody tr")).to_have_count(200)
        expect(page.locator("#job-table tbody tr").first).to_contain_text("ds-newest")
        shown = page.locator("#job-count").inner_text()
        more = int(re.sub(r"\D", "", shown.rpartition(";")[2]))
        assert shown.startswith("200 jobs, the newest; ")
        assert more + 200 > total
        page.locator("#job-filter").fill("ds-newest in_progress")
        expect(page.locator("#job-table tbody tr")).to_have_count(1)


def test_document_without_a_job(browsing: Browsing, tmp_path: Path) -> None:
    get = {"operationId": "get_it", "responses": {"200": {"description": "It."}}}
    document = {"openapi": "3.1.0", "info": {"title": "None", "version": "1"}, "paths": {"/it": {"get": get}}}
    (tmp_path / "none.json").write_text(json.dumps(document), encoding="utf-8")
    with run_simulator(tmp_path, speed=0) as simulator, opened(browsing, simulator.url, BAD_REQUEST) as visit:
        page = visit.page
        expect(page.locator("#job-count")).to_have_text("0 jobs")
        expect(page.locator("#create-operation option")).to_have_count(0)
        page.locator("#create-form .main").click()
        expect(page.locator("#create-error, #create-operation-error").and_(page.locator(":visible"))).to_have_count(1)


def test_credentials_of_the_environment_are_not_shown(browsing: Browsing) -> None:
    environment = {"AGENT_PLATFORM_API_KEY": "canary-key"}
    settings = SimulatorSettings(environment=environment, clock=ScaledClock(0, EPOCH))
    with served(ControlledSimulator(Simulator(load_folder(ROOT / "openapi"), settings))) as url:
        httpx.get(f"{url}/x?y=canary-key")
        with opened(browsing, url) as visit:
            expect(visit.page.locator("#request-table tbody tr")).to_have_count(1)
            content = visit.page.content()

    assert "canary" not in content
    assert "$AGENT_PLATFORM_API_KEY" in content


# Other origins

ATTACK = """
<!doctype html><html lang="en"><title>Attack</title><main><h1>Attack</h1></main>
<iframe name="shown" src="URL/_simulator/" title="a"></iframe><iframe name="target" title="b"></iframe>
<form id="form" method="post" enctype="text/plain" action="URL/_simulator/jobs" target="target">
<input name='{"api": "agent-platform", "id": "ds-attack", "reason": "' value='"}'></form>
<script>
  form.submit();
  const settle = (name, promise) => promise.then(() => done(name + ": done"), () => done(name + ": failed"));
  const results = [];
  const done = (result) => { results.push(result); document.title = results.sort().join(", "); };
  settle("post", fetch("URL/_simulator/reset", {method: "POST"}));
  settle("blind", fetch("URL/_simulator/reset", {method: "POST", mode: "no-cors", body: "{}"}));
  settle("put", fetch("URL/_simulator/clock", {method: "PUT", body: '{"advance": 9}'}));
  settle("get", fetch("URL/_simulator/requests"));
  const stream = new EventSource("URL/_simulator/events");
  stream.onopen = () => done("stream: done");
  stream.onerror = () => done("stream: failed");
</script>
"""


def serving_page(content: str) -> Any:
    """Return an application that serves one page."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        body = content.encode()
        headers = [(b"content-type", b"text/html"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return application


def test_page_of_another_port_can_do_nothing(browsing: Browsing, simulator: RunningSimulator) -> None:
    httpx.get(simulator.url + "/nowhere")
    before = (simulator.now(), simulator.jobs(limit=1000), simulator.requests())
    with served(serving_page(ATTACK.replace("URL", simulator.url))) as url, browsing.visit("about:blank") as visit:
        page = visit.page
        forbidden: list[str] = []
        page.on("response", lambda one: forbidden.append(one.url) if one.status == 403 else None)
        page.goto(url)
        expect(page).to_have_title("blind: done, get: failed, post: failed, put: failed, stream: failed")
        assert page.frame("shown") is not None
        page.wait_for_load_state("networkidle")
        inside = [frame.evaluate("() => document.body?.innerText ?? ''") for frame in page.frames[1:]]
        visit.errors.clear()
        visit.elsewhere.clear()

    assert all("Jobs" not in content for content in inside)
    assert {one.rpartition("/")[2] for one in forbidden} >= {"", "jobs", "reset"}
    assert (simulator.now(), simulator.jobs(limit=1000), simulator.requests()) == before


@frozen
class NamedHost:
    """A browser for which a name leads to this machine, as an attacker's or a network's name server can have it."""

    browsing: Browsing
    name: str

    @contextmanager
    def visit(self, url: str) -> Iterator[Page]:
        """Open a page at the name."""
        browser = self.browsing.browser.browser_type.launch(
            executable_path=program(),
            args=[*OPTIONS, f"--host-resolver-rules=MAP {self.name} 127.0.0.1"],
            chromium_sandbox=os.geteuid() != 0,
        )
        try:
            page = browser.new_page()
            page.goto(url.replace("127.0.0.1", self.name))
            yield page
        finally:
            browser.close()


@pytest.mark.parametrize("is_open", [False, True])
def test_name_that_leads_to_this_machine(browsing: Browsing, is_open: bool) -> None:
    simulator = Simulator(load_folder(ROOT / "openapi"), SimulatorSettings(clock=ScaledClock(0, EPOCH)))
    with (
        served(ControlledSimulator(simulator, open_to_all=is_open)) as url,
        NamedHost(browsing, "sim.example").visit(f"{url}/_simulator/") as page,
    ):
        if is_open:
            wait_until_live(page)
            page.locator("#clock-advance").fill("5")
            page.locator("#advance-form button").click()
            expect(page.locator("#now")).to_have_text("2026-01-01 00:00:05.0")
            page.locator("summary").first.click()
            page.locator("[data-copy=curl-1-1]").click()
            expect(page.locator("[data-copy=curl-1-1]")).to_have_text("Copied")
        else:
            expect(page.locator("body")).to_contain_text("a request to the host 'sim.example")
            expect(page.locator("body")).to_contain_text("--open-control")
