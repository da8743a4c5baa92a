"""What servers announce in headers: a rate limit that is exhausted, a deprecation, a sunset."""

import itertools
import logging
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import pytest
from job_status import (
    AIForProcess,
    ApiError,
    JobTimeoutError,
    NotFoundError,
    ServerError,
    async_wait_all,
)
from job_status._client.responses import rate_limit_reset
from job_status._client.retirement import MAX_LOGGED, parse_retirement
from job_status._client.structured_fields import Date, Token, parse_dictionary, parse_item, parse_list

from .harness import Harness
from .hostile import always, hostile, http_response
from .vendor import dock_status, ends_at, json_response

DEPRECATION, SUNSET = "@1688169599", "Wed, 11 Nov 2026 23:59:59 GMT"
BOTH_DATES = "deprecation 2023-06-30T23:59:59Z, sunset 2026-11-11T23:59:59Z"


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def harness(request: pytest.FixtureRequest) -> Harness:
    """Run a test with sync and with async clients."""
    return Harness(request.param)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the logged warnings."""
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


# Structured fields

ITEMS: dict[str, Any] = {
    "1": 1,
    "-15": -15,
    "999999999999999": 10**15 - 1,
    "1.5": 1.5,
    "?1": True,
    "?0": False,
    "@1688169599": Date(1688169599),
    "@-1": Date(-1),
    "a*/b:c": Token("a*/b:c"),
    '""': "",
    '"a \\"b\\" \\\\"': 'a "b" \\',
    ":aGk=:": b"aGk=",
    "  1  ": 1,
}
MALFORMED_ITEMS = [
    *("", " ", "1 2", "1,", "--1", "-", "1.", "1.2345", "1e9", "1000000000000000", "0x1", "+1", "\t1", "1\n"),
    *("@", "@1.5", "@1e9", "@@1", "@ 1", "?", "?2", "?true", '"', '"a', '"a\\b"', '"\x7f"', '"ä"', "'a'", ":", ":ä:"),
    *("ä", "\uff11", "1;", "1;=2", "1;A", "1; a=", "1;a= 2", "1 ;a", "1;a=?2", "(1 2)", "%", "\x00", "a" * 8193),
]


@pytest.mark.parametrize("text", ITEMS)
def test_items(text: str) -> None:
    found = parse_item(text)

    assert found is not None
    assert (found.value, type(found.value)) == (ITEMS[text], type(ITEMS[text]))


def test_parameters() -> None:
    found = parse_item('"a";r=0;  t=30;x;y=?0;r=2')

    assert found is not None
    assert found.parameters == {"r": 2, "t": 30, "x": True, "y": False}


@pytest.mark.parametrize("text", MALFORMED_ITEMS)
def test_malformed_item_is_nothing(text: str) -> None:
    assert parse_item(text) is None


def test_lists_and_dictionaries() -> None:
    items, members = parse_list('a;x ,\t"b" , 3'), parse_dictionary("a=1;x, b;y=2 , c, a=4")

    assert items is not None
    assert [item.value for item in items] == ["a", "b", 3]
    assert members is not None
    assert {key: (item.value, item.parameters) for key, item in members.items()} == {
        "a": (4, {}),
        "b": (True, {"y": 2}),
        "c": (True, {}),
    }
    assert (parse_list(" "), parse_dictionary("")) == ([], {})


@pytest.mark.parametrize("text", ["a,", ",a", "a,,b", "a b", "a=1", "(a b)", "a;", "a\n,b", "a, ä", "a," * 4097])
def test_malformed_list_is_nothing(text: str) -> None:
    assert parse_list(text) is None


@pytest.mark.parametrize("text", ["a=1,", ",a", "a= 1", "A=1", "a==1", "1=a", "a=(1)", '"a"=1', "a=1 b=2", "a=1;B"])
def test_malformed_dictionary_is_nothing(text: str) -> None:
    assert parse_dictionary(text) is None


# Rate limits

RESETS: dict[str, tuple[dict[str, str], float]] = {
    "draft 11": ({"ratelimit": '"default";r=0;t=30'}, 30),
    "draft 8": ({"ratelimit": "default;r=0;t=30"}, 30),
    "draft 7": ({"ratelimit": "limit=100, remaining=0, reset=30"}, 30),
    "draft 6": ({"ratelimit-limit": "100", "ratelimit-remaining": "0", "ratelimit-reset": "30"}, 30),
    "with a partition": ({"ratelimit": '"default";r=0;pk=:dHJpYWwxMjE=:;t=30'}, 30),
    "longest of several": ({"ratelimit": '"hour";r=0;t=900, "minute";r=0;t=30, "day";r=5;t=9999'}, 900),
    "one of several": ({"ratelimit": '"hour";r=9;t=900, "minute";r=0;t=30'}, 30),
    "both forms": ({"ratelimit": '"a";r=1;t=9', "ratelimit-remaining": "0", "ratelimit-reset": "30"}, 0),
    "malformed and draft 6": ({"ratelimit": "?", "ratelimit-remaining": "0", "ratelimit-reset": "30"}, 30),
    "remainder": ({"ratelimit": '"default";r=1;t=30'}, 0),
    "remainder of draft 6": ({"ratelimit-remaining": "1", "ratelimit-reset": "30"}, 0),
    "Retry-After": ({"ratelimit": '"default";r=0;t=30', "retry-after": "5"}, 0),
    "malformed Retry-After": ({"ratelimit": '"default";r=0;t=30', "retry-after": "soon"}, 30),
    "at once": ({"ratelimit": '"default";r=0;t=0'}, 0),
    "none": ({}, 0),
}
IGNORED_LIMITS = [
    *('"a";r=0', '"a";t=30', '"a";r=0;t=-30', '"a";r=-0.0;t=30', '"a";r=0;t=30.5', '"a";r=?0;t=30', '"a";r=0;t="30"'),
    *('"a";r=-1;t=30', '"a";r=0;t', '"a";r;t=30', '"a";r=0;t=1790000000', '"a";r=0;t=@30', '"a";r=0;t=999999999999999'),
    *('"a";r=0;t=9999999999999999', '"a";r=0;t=30,', '"a";r=0;t=30, ?', '"a" ;r=0;t=30', '"a";R=0;T=30', '"a;r=0;t=30'),
    *("1;r=0;t=30", '("a");r=0;t=30', "limit=1, remaining=0", "remaining=0, reset=-1", "remaining=0, reset=a", "0", ""),
    *("\x00", "ä", "r=0;t=30", '"a";r=0;t=30\n', "remaining=0; reset=30", '"a";r=0;t=30' + "," * 9999, "x" * 100_000),
]


@pytest.mark.parametrize("name", RESETS)
def test_reset_of_an_exhausted_rate_limit(name: str) -> None:
    headers, expected = RESETS[name]

    assert rate_limit_reset(httpx.Headers(headers)) == expected


@pytest.mark.parametrize("value", IGNORED_LIMITS)
def test_malformed_rate_limit_is_ignored(value: str) -> None:
    assert rate_limit_reset(httpx.Headers([(b"RateLimit", value.encode())])) == 0


@pytest.mark.parametrize(
    "value", ["", "-1", "a", "1.5", "1790000000", "9" * 16, "9" * 5000, "\uff13\uff10", "30, 30", "\x00"]
)
def test_malformed_reset_of_draft_6_is_ignored(value: str) -> None:
    headers = [(b"RateLimit-Remaining", b"0"), (b"RateLimit-Reset", value.encode())]

    assert rate_limit_reset(httpx.Headers(headers)) == 0


LIMIT_HEADERS = [
    {"ratelimit": '"default";r=0;t=60'},
    {"ratelimit": "limit=9, remaining=0, reset=60"},
    {"ratelimit_remaining": "0", "ratelimit_reset": "60"},
]


@pytest.mark.parametrize("headers", LIMIT_HEADERS)
def test_next_poll_waits_for_the_reset(harness: Harness, headers: dict[str, str]) -> None:
    def limited(_: httpx.Request, number: int) -> httpx.Response | None:
        return json_response(200, dock_status("ds-1", "IN_PROGRESS"), **headers) if number < 4 else None

    harness.wait_for_dock(ends_at(0), fault=limited)

    gaps = [later - earlier for earlier, later in itertools.pairwise(harness.last_vendor.poll_times)]
    assert len(gaps) == 3
    assert all(60 <= gap < 67 for gap in gaps)


def test_remainder_and_malformed_limits_delay_nothing(harness: Harness) -> None:
    values = ['"default";r=1;t=60', '"default";r=0;t=1790000000', '"default";r=0;t=-1']

    def limited(_: httpx.Request, number: int) -> httpx.Response | None:
        status = dock_status("ds-1", "IN_PROGRESS")
        return json_response(200, status, ratelimit=values[number - 1]) if number <= 3 else None

    harness.wait_for_dock(ends_at(0), fault=limited)

    assert harness.clock.time < 4


@pytest.mark.parametrize("reset", [600, 86_400, 10**8])
def test_deadline_is_kept_whatever_the_reset(harness: Harness, reset: int) -> None:
    limit = f'"default";r=0;t={reset}'

    with pytest.raises(JobTimeoutError):
        harness.wait_for_dock(
            ends_at(1e9),
            fault=lambda *_: json_response(200, dock_status("ds-1", "IN_PROGRESS"), ratelimit=limit),
            timeout=50,
        )

    assert len(harness.last_vendor.polls) == 2
    assert 49.7 <= harness.last_vendor.poll_times[1] < 50


def test_reset_is_capped_like_retry_after(harness: Harness) -> None:
    def limited(_: httpx.Request, number: int) -> httpx.Response | None:
        return json_response(429, ratelimit='"month";r=0;t=2592000') if number == 1 else None

    harness.wait_for_dock(ends_at(0), fault=limited, timeout=None)

    assert 86_400 <= harness.clock.time < 86_400 * 1.1 + 1


@pytest.mark.parametrize("headers", LIMIT_HEADERS)
def test_429_with_a_reset_does_not_count_for_error_timeout(harness: Harness, headers: dict[str, str]) -> None:
    fault = lambda *_: json_response(429, **headers) if harness.clock.time < 600 else None  # noqa: E731

    assert harness.wait_for_dock(ends_at(0), fault=fault, error_timeout=5).status == "SUCCESS"
    assert len(harness.last_vendor.polls) <= 12


@pytest.mark.parametrize(("status", "error", "seconds"), [(503, ServerError, 120), (404, NotFoundError, 30)])
def test_other_errors_with_an_exhausted_limit_count(
    harness: Harness, status: int, error: type[Exception], seconds: float
) -> None:
    """A gateway that reports its limit does not say that the server behind it is in order."""
    with pytest.raises(error):
        harness.wait_for_dock(
            ends_at(0), fault=lambda *_: json_response(status, ratelimit='"a";r=0;t=20'), timeout=None
        )

    assert seconds <= harness.clock.time < seconds + 60
    times = harness.last_vendor.poll_times
    assert all(later - earlier >= 19.99 for earlier, later in itertools.pairwise(times))


@pytest.mark.parametrize(("status", "retry_after"), [(429, 60.0), (503, None)])
def test_call_is_not_retried_if_the_reset_is_beyond_its_deadline(status: int, retry_after: float | None) -> None:
    with (
        hostile(always(http_response(status, b"{}", 'RateLimit: "default";r=0;t=60'))) as server,
        AIForProcess(server.url, api_key="k", timeout=20) as api,
        pytest.raises(ApiError) as caught,
    ):
        api.get_dock_status("ds-1")

    assert caught.value.retry_after == retry_after
    assert caught.value.attempts == 1


def test_jobs_of_one_client_have_resets_of_their_own() -> None:
    """The headers do not say whether a limit is about one URL or all of them, so they apply to one like Retry-After."""
    harness = Harness(True)  # threads do not use the virtual clock

    def limited(request: httpx.Request, _: int) -> httpx.Response | None:
        is_limited = request.url.path.endswith("ds-1") and harness.clock.time < 1
        return json_response(200, dock_status("ds-1", "IN_PROGRESS"), ratelimit='"a";r=0;t=60') if is_limited else None

    api = harness.client("AIForProcess", harness.vendor(ends_at(3), fault=limited))
    outcomes = harness.call(lambda: async_wait_all([api.dock_status_job(name) for name in ("ds-1", "ds-2")]))

    assert [outcome.error for outcome in outcomes] == [None, None]
    times = {name: [time for time, each in harness.last_vendor.polls if each == name] for name in ("ds-1", "ds-2")}
    assert len(times["ds-1"]) == 2
    assert times["ds-1"][1] >= 60
    assert max(times["ds-2"]) < 10


# Deprecation and sunset

DATES: dict[str, tuple[dict[str, str], str]] = {
    "RFC 9745": ({"deprecation": DEPRECATION}, "deprecation 2023-06-30T23:59:59Z"),
    "with a parameter": ({"deprecation": f"{DEPRECATION};x=1"}, "deprecation 2023-06-30T23:59:59Z"),
    "RFC 8594": ({"sunset": SUNSET}, "sunset 2026-11-11T23:59:59Z"),
    "both": ({"deprecation": DEPRECATION, "sunset": SUNSET}, BOTH_DATES),
    "draft without a date": ({"deprecation": "true"}, "deprecation (no date)"),
    "draft in capitals": ({"deprecation": "True"}, "deprecation (no date)"),
    "boolean": ({"deprecation": "?1"}, "deprecation (no date)"),
    "draft with a date": ({"deprecation": SUNSET}, "deprecation 2026-11-11T23:59:59Z"),
    "other time zone": ({"sunset": "Thu, 12 Nov 2026 01:59:59 +0200"}, "sunset 2026-11-11T23:59:59Z"),
    "one malformed": ({"deprecation": "soon", "sunset": SUNSET}, "sunset 2026-11-11T23:59:59Z"),
}
IGNORED_DATES = [
    *(
        "",
        " ",
        "@",
        "@x",
        "@1e9",
        "@1.5",
        "@999999999999999",
        "@-999999999999999",
        "@1, @2",
        "1688169599",
        "1688169599000",
    ),
    *("?0", "false", '"true"', "yes", "soon", "2026-11-11", "2026-11-11T23:59:59Z", "11.11.2026", "12:30", "0", "-1"),
    *("Fri, 31 Dec 9999 23:59:59 -2359", "Wed, 32 Nov 2026 23:59:59 GMT", "Wed, 11 Nov 99999 23:59:59 GMT"),
    *("\x00", "ä", "@" * 100_000, "9" * 100_000, "(" * 100_000, ";" * 100_000),
]


@pytest.mark.parametrize("name", DATES)
def test_announced_dates(name: str) -> None:
    headers, expected = DATES[name]

    assert str(parse_retirement(httpx.Headers(headers))) == expected


@pytest.mark.parametrize("value", IGNORED_DATES)
def test_malformed_dates_are_ignored(value: str) -> None:
    headers = httpx.Headers([(b"Deprecation", value.encode()), (b"Sunset", value.encode())])

    assert parse_retirement(headers) is None


def announcing(**headers: str) -> Callable[[httpx.Request, int], httpx.Response]:
    """Return a fault: a pending status with headers."""
    return lambda _, number: json_response(
        200, dock_status("ds-1", "IN_PROGRESS" if number < 5 else "SUCCESS"), **headers
    )


def test_polls_log_once(harness: Harness, caplog: pytest.LogCaptureFixture) -> None:
    harness.wait_for_dock(ends_at(0), fault=announcing(deprecation=DEPRECATION, sunset=SUNSET))

    assert len(harness.last_vendor.polls) == 5
    assert warnings(caplog) == [f"get_dock_status: the server announces: {BOTH_DATES}"]


def test_calls_log_once_per_client_and_operation(harness: Harness, caplog: pytest.LogCaptureFixture) -> None:
    vendor = harness.vendor(
        ends_at(0),
        fault=lambda request, _: json_response(
            200, dock_status("ds-1", "SUCCESS") if request.method == "GET" else {"dock-statusId": "ds-1"}, sunset=SUNSET
        ),
    )
    first, second = harness.client("AIForProcess", vendor), harness.client("AIForProcess", vendor)
    for api in (first, first, second):
        harness.call(partial(api.get_dock_status, "ds-1"))

    assert warnings(caplog) == ["get_dock_status: the server announces: sunset 2026-11-11T23:59:59Z"] * 2


@pytest.mark.parametrize("status", [401, 404, 503])
def test_errors_announce_as_well(harness: Harness, caplog: pytest.LogCaptureFixture, status: int) -> None:
    api = harness.client(
        "AIForProcess",
        harness.vendor(ends_at(0), fault=lambda *_: json_response(status, sunset=SUNSET)),
        max_retries=0,
    )
    with pytest.raises(Exception, match=f"returned {status}"):
        harness.call(lambda: api.get_dock_status("ds-1"))

    assert len(warnings(caplog)) == 1


def test_changed_date_is_logged_and_alternating_ones_once_each(
    harness: Harness, caplog: pytest.LogCaptureFixture
) -> None:
    dates = itertools.cycle(["@1688169599", "@1688169600"])
    api = harness.client(
        "AIForProcess",
        harness.vendor(
            ends_at(0), fault=lambda *_: json_response(200, dock_status("ds-1", "SUCCESS"), deprecation=next(dates))
        ),
    )
    for _ in range(6):
        harness.call(lambda: api.get_dock_status("ds-1"))

    assert [line[-21:] for line in warnings(caplog)] == [" 2023-06-30T23:59:59Z", " 2023-07-01T00:00:00Z"]


def test_a_date_that_always_changes_does_not_flood(harness: Harness, caplog: pytest.LogCaptureFixture) -> None:
    numbers = itertools.count(1_700_000_000)
    api = harness.client(
        "AIForProcess",
        harness.vendor(
            ends_at(0),
            fault=lambda *_: json_response(200, dock_status("ds-1", "SUCCESS"), deprecation=f"@{next(numbers)}"),
        ),
    )
    for _ in range(3 * MAX_LOGGED):
        harness.call(lambda: api.get_dock_status("ds-1"))

    assert len(warnings(caplog)) == MAX_LOGGED


@pytest.mark.parametrize("value", ["soon", "@", "", "@999999999999999"])
def test_malformed_dates_are_not_logged(harness: Harness, caplog: pytest.LogCaptureFixture, value: str) -> None:
    assert harness.wait_for_dock(ends_at(0), fault=announcing(deprecation=value, sunset=value)).status == "SUCCESS"
    assert warnings(caplog) == []


LINKS = {
    '<https://a.example/d>; rel="deprecation"': "; see https://a.example/d",
    "<https://a.example/d>;rel=sunset;type=text/html": "; see https://a.example/d",
    '</d>; title="a, b"; REL="next Sunset", </e>; rel=deprecation': "; see /d and /e",
    '<https://a.example/1>; rel="next"': "",
    "<>; rel=sunset": "",
    "<https://a.example": "",
    '</d>; rel="sunset", </d>; rel="deprecation"': "; see /d",
    "<https://a.example/process-key-1>; rel=sunset": "; see https://a.example/***",
    "<::error ::x>; rel=sunset": "; see \\x3a:error ::x",
    "<" * 50_000: "",
    f"<{'x' * 5000}>; rel=sunset": "",
}


@pytest.mark.parametrize("link", LINKS)
def test_link_is_logged_without_effect(harness: Harness, caplog: pytest.LogCaptureFixture, link: str) -> None:
    harness.wait_for_dock(ends_at(0), fault=announcing(sunset=SUNSET, link=link))

    (line,) = warnings(caplog)
    assert line == f"get_dock_status: the server announces: sunset 2026-11-11T23:59:59Z{LINKS[link]}"


def test_control_characters_of_a_link_are_escaped(harness: Harness, caplog: pytest.LogCaptureFixture) -> None:
    headers = [(b"sunset", SUNSET.encode()), (b"link", b"<\x1b[2J\r\nx>; rel=sunset")]
    body = dock_status("ds-1", "SUCCESS")
    harness.wait_for_dock(ends_at(0), fault=lambda *_: httpx.Response(200, headers=headers, json=body))

    assert warnings(caplog)[0].endswith(r"; see \x1b[2J\r\nx")


def test_threads_log_once(caplog: pytest.LogCaptureFixture) -> None:
    response = http_response(200, b'{"_id":"ds-1","status":"SUCCESS"}', f"Sunset: {SUNSET}")
    with hostile(always(response)) as server, AIForProcess(server.url, api_key="k") as api:
        threads = [threading.Thread(target=lambda: api.get_dock_status("ds-1")) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(warnings(caplog)) == 1
