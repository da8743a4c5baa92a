"""Tests of who may use the control API of the simulator, and of its page, without a browser."""

import re
from collections.abc import Iterator

import httpx
import pytest
from starlette.requests import Request

from scripts.document import load
from scripts.simulate import ScaledClock, Simulator, SimulatorSettings
from scripts.simulate.access import refusal
from scripts.simulate.faults import EFFECTS, KINDS
from scripts.simulate.remote import RunningSimulator, run_simulator
from scripts.simulate.snippets import python_program

from .conftest import ROOT


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    """Run a simulator with a paused clock."""
    with run_simulator(ROOT / "openapi", speed=0) as started:
        yield started


# Who may use the control API

ADDRESS = "127.0.0.1:8765"
OWN = {"host": ADDRESS, "origin": f"http://{ADDRESS}", "sec-fetch-site": "same-origin"}
ALLOWED: dict[str, dict[str, str]] = {
    "a program": {"host": ADDRESS},
    "a typed address": {"host": ADDRESS, "sec-fetch-site": "none", "sec-fetch-dest": "document"},
    "the own page": OWN,
    "the own page, by name": {"host": "localhost:8765", "origin": "http://localhost:8765"},
    "the own page, over IPv6": {"host": "[::1]:8765", "origin": "http://[::1]:8765"},
    "the own page in capitals": {"host": "LOCALHOST:8765", "origin": "http://localhost:8765"},
    "a request of the own page for a stream": {"host": ADDRESS, "sec-fetch-site": "same-origin"},
    "an older browser on the own page": {"host": ADDRESS, "referer": f"http://{ADDRESS}/_simulator/"},
}
REFUSED: dict[str, dict[str, str]] = {
    "another site": {"host": ADDRESS, "origin": "https://evil.example", "sec-fetch-site": "cross-site"},
    "another site, without Sec-Fetch-Site": {"host": ADDRESS, "origin": "https://evil.example"},
    "a frame of another site, or its sandbox": {"host": ADDRESS, "origin": "null"},
    "another port": {"host": ADDRESS, "origin": "http://127.0.0.1:9999", "sec-fetch-site": "same-site"},
    "another port, without Sec-Fetch-Site": {"host": ADDRESS, "origin": "http://127.0.0.1:9999"},
    "no port": {"host": ADDRESS, "origin": "http://127.0.0.1"},
    "another name of this machine": {"host": ADDRESS, "origin": "http://localhost:8765"},
    "another scheme": {"host": ADDRESS, "origin": f"https://{ADDRESS}"},
    "an origin that begins with the own one": {"host": ADDRESS, "origin": f"http://{ADDRESS}.evil.example"},
    "an origin that ends with the own one": {"host": ADDRESS, "origin": f"http://evil.example@{ADDRESS}"},
    "an empty origin": {"host": ADDRESS, "origin": ""},
    "a file": {"host": ADDRESS, "origin": "file://"},
    "an extension": {"host": ADDRESS, "origin": "chrome-extension://abcdefghijklmnop"},
    "a form of another site": {
        "host": ADDRESS,
        "origin": "https://evil.example",
        "content-type": "text/plain",
        "sec-fetch-site": "cross-site",
        "sec-fetch-mode": "navigate",
    },
    "a link, a frame or an image of another site": {"host": ADDRESS, "sec-fetch-site": "cross-site"},
    "a subdomain of the same site": {"host": ADDRESS, "sec-fetch-site": "same-site"},
    "an unknown site": {"host": ADDRESS, "sec-fetch-site": "SAME-ORIGIN, cross-site"},
    "an older browser on another page": {"host": ADDRESS, "referer": "https://evil.example/"},
    "an older browser on another port": {"host": ADDRESS, "referer": "http://127.0.0.1:9999/"},
    "an invalid referer": {"host": ADDRESS, "referer": "http://[/"},
}
REBINDING: dict[str, dict[str, str]] = {
    "a rebound name": {"host": "evil.example:8765"},
    "a page of a rebound name": {
        "host": "evil.example:8765",
        "origin": "http://evil.example:8765",
        "sec-fetch-site": "same-origin",
    },
    "a name that begins as an address of this machine": {"host": "127.0.0.1.evil.example:8765"},
    "a name that ends as one of this machine": {"host": "evillocalhost:8765"},
    "an address of a network": {"host": "192.168.1.7:8765", "origin": "http://192.168.1.7:8765"},
    "no host": {},
    "an invalid host": {"host": "[::1"},
}


def request_with(headers: dict[str, str], client: str = "127.0.0.1") -> Request:
    """Return a request with headers."""
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "scheme": "http", "path": "/_simulator/reset", "query_string": b""}
    return Request({**scope, "headers": raw, "client": (client, 4711), "server": ("127.0.0.1", 8765)})


@pytest.mark.parametrize("name", ALLOWED)
def test_request_of_a_program_or_the_own_page_is_allowed(name: str) -> None:
    assert refusal(request_with(ALLOWED[name]), open_to_all=False) == ""


@pytest.mark.parametrize("name", REFUSED)
def test_request_of_another_page_is_refused(name: str) -> None:
    for is_open in (False, True):
        assert "another origin" in refusal(request_with(REFUSED[name]), open_to_all=is_open)


@pytest.mark.parametrize("name", REBINDING)
def test_request_to_another_host_is_refused(name: str) -> None:
    assert "--open-control" in refusal(request_with(REBINDING[name]), open_to_all=False)
    assert refusal(request_with(REBINDING[name]), open_to_all=True) == ""


@pytest.mark.parametrize("name", ["origin", "sec-fetch-site", "referer", "host"])
def test_every_value_of_a_repeated_header_counts(name: str) -> None:
    request = request_with({**OWN, "referer": f"http://{ADDRESS}/"})
    request.scope["headers"].append(
        (name.encode(), b"cross-site" if name == "sec-fetch-site" else b"http://evil.example")
    )

    assert refusal(request, open_to_all=False)


def test_open_control_serves_the_own_page_on_any_host_and_no_other_page() -> None:
    def from_network(origin: str, **more: str) -> str:
        headers = {"host": "sim.example", "origin": origin, **more}
        return refusal(request_with(headers, "192.0.2.7"), open_to_all=True)

    same = {"sec-fetch-site": "same-origin"}
    assert from_network("http://sim.example") == ""
    # Behind a proxy that ends TLS, the browser knows another scheme.
    assert from_network("https://sim.example", **same) == ""
    assert "another origin" in from_network("https://sim.example")
    assert "another origin" in from_network("https://evil.example", **same)
    assert "another origin" in from_network("https://sim.example", **{"sec-fetch-site": "same-site"})


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("GET", "/"), ("GET", "/events"), ("POST", "/reset"), ("PUT", "/clock"), ("DELETE", "/faults")],
)
def test_every_path_refuses_another_page(simulator: RunningSimulator, method: str, path: str) -> None:
    headers = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    response = httpx.request(method, f"{simulator.url}/_simulator{path}", headers=headers)

    assert response.status_code == 403
    assert "access-control-allow-origin" not in response.headers


def test_request_of_the_own_page_takes_effect(simulator: RunningSimulator) -> None:
    before = simulator.now()
    headers = {"origin": simulator.url, "sec-fetch-site": "same-origin"}
    response = httpx.put(f"{simulator.url}/_simulator/clock", json={"advance": 5}, headers=headers)

    assert response.status_code == 200
    assert simulator.now() == before + 5


# The page


def test_page_and_overview_share_an_address(simulator: RunningSimulator) -> None:
    browser = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    pages = [
        httpx.get(f"{simulator.url}/_simulator/"),
        httpx.get(f"{simulator.url}/_simulator/", headers=browser),
        httpx.get(f"{simulator.url}/_simulator", headers=browser),
    ]
    overviews = [
        httpx.get(f"{simulator.url}/_simulator"),
        httpx.get(f"{simulator.url}/_simulator", headers={"accept": "application/json"}),
        httpx.get(f"{simulator.url}/_simulator", headers={"accept": "application/json, text/html"}),
    ]
    head = httpx.head(f"{simulator.url}/_simulator/")

    assert {one.headers["content-type"] for one in pages} == {"text/html; charset=utf-8"}
    assert {one.text for one in pages} == {pages[0].text}
    assert {one.headers["content-type"] for one in overviews} == {"application/json"}
    assert overviews[0].json()["apis"][0]["operations"][0]["kinds"]["FAILED"] == "failure"
    assert (head.status_code, head.content) == (200, b"")


def test_page_forbids_frames_copies_and_requests_to_elsewhere(simulator: RunningSimulator) -> None:
    page = httpx.get(f"{simulator.url}/_simulator/")

    assert page.headers["content-security-policy"] == "frame-ancestors 'none'"
    assert (page.headers["x-frame-options"], page.headers["x-content-type-options"]) == ("DENY", "nosniff")
    assert (page.headers["cache-control"], page.headers["referrer-policy"]) == ("no-store", "no-referrer")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page.text)
    assert policy is not None
    assert policy[1].startswith("default-src &#39;none&#39;")
    assert policy[1].endswith("connect-src &#39;self&#39;")
    assert "unsafe" not in policy[1]


def test_program_is_left_out_if_its_names_do_not_follow_from_the_document() -> None:
    documents = [load(ROOT / "tests/vendors" / name) for name in ("freight.yaml", "mill.yaml")]
    simulator = Simulator(documents, SimulatorSettings(clock=ScaledClock(0)))
    for document in documents:
        for operation in document.operations:
            program = python_program(simulator, document, operation, "http://127.0.0.1:8765/x")
            assert bool(program) != bool(operation.bodies)
            compile(program, "program.py", "exec")


def test_every_kind_of_fault_is_explained() -> None:
    assert list(EFFECTS) == list(KINDS)
