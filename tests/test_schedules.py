"""The schedule of polls beside others', and the documented limits."""

import random

import pytest
from job_status._client.polling.run_id import RunId, moment
from job_status._client.polling.schedule import Steps, gap
from job_status._client.rate_limit import RateLimiter

from .bench.schedules import WORKLOADS, table
from .virtual import VirtualClock


@pytest.mark.parametrize("workload", WORKLOADS)
def test_no_more_polls_than_google_api_core_and_less_overshoot(workload: str) -> None:
    row = table(6000, seed=3)[workload]

    assert row["ours"][0] <= row["google-api-core"][0]
    assert row["ours"][1] < row["google-api-core"][1]


def test_gaps_keep_within_their_bounds_at_any_age() -> None:
    random.seed(1)

    assert all(0.5 <= gap(random.uniform(0, 2000)) <= 30 for _ in range(10_000))
    assert 0.5 <= gap(0) <= 0.625
    assert 27 <= gap(1e6) <= 30
    assert 0.5 <= gap(-5) <= 0.625


def test_the_last_gap_of_a_schedule_repeats() -> None:
    steps = Steps([1, 2, 5])

    assert [steps.after(elapsed) for elapsed in (-1, 1, 2, 5, 8, 30.5)] == [1, 2, 5, 8, 11, 32]
    assert Steps([4]).after(4) == 34


LIMITS = ((3, 10.0), (5, 100.0))


def test_limits_have_room_again_when_the_window_has_passed() -> None:
    clock = VirtualClock()
    traffic = RateLimiter(clock)
    taken = []
    while clock.time < 400:
        free = traffic.take("get", ("a",), LIMITS)
        if free is None:
            taken.append(clock.time)
        else:
            assert free > clock.time
            clock.time = free

    assert all(taken[i + 3] - taken[i] > 10 for i in range(len(taken) - 3))
    assert all(100 < taken[i + 5] - taken[i] <= 101.5 for i in range(len(taken) - 5))


def test_each_url_has_a_budget_of_its_own_and_calls_count() -> None:
    clock = VirtualClock()
    traffic = RateLimiter(clock)
    for _ in range(5):
        traffic.count("get", ("a",), LIMITS)

    assert traffic.take("get", ("a",), LIMITS) is not None
    assert traffic.take("get", ("b",), LIMITS) is None
    assert traffic.take("other", ("a",), LIMITS) is None


def test_urls_that_are_not_asked_any_more_are_forgotten() -> None:
    clock = VirtualClock()
    traffic = RateLimiter(clock)
    for number in range(5000):
        clock.time += 1
        traffic.count("get", (number,), LIMITS)

    assert len(traffic._moments) < 2500


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (1_700_000_000, 1_700_000_000.0),
        (1_700_000_000_123, 1_700_000_000.123),
        ("2023-11-14T22:13:20Z", 1_700_000_000.0),
        ("2023-11-14T22:13:20", 1_700_000_000.0),
        ("2023-11-14T23:13:20+01:00", 1_700_000_000.0),
        ("soon", None),
        (True, None),
        (None, None),
        ([], None),
    ],
)
def test_a_moment_is_read_in_the_forms_that_vendors_write(value: object, seconds: float | None) -> None:
    assert moment(value) == seconds


def test_a_run_is_newer_when_it_is_another_and_not_an_older_one() -> None:
    old, new = RunId(("a",), 5.0), RunId(("b",), 6.0)

    assert new.is_newer_than(old)
    assert not old.is_newer_than(new)
    assert not old.is_newer_than(old)
    assert not RunId(("a",), 9.0).is_newer_than(old)
    assert not RunId(("a",)).is_newer_than(old)
    assert not RunId((None,)).is_newer_than(old)
    assert RunId((None,), 6.0).is_newer_than(old)
    assert RunId((), 6.0).is_newer_than(RunId((), 5.0))
    assert RunId(("c",)).is_newer_than(RunId(("a",)))
    assert RunId(("c",)).is_newer_than(RunId())
    assert not RunId((None, None)).is_newer_than(RunId())


def test_one_url_has_one_budget_however_its_id_is_written() -> None:
    traffic = RateLimiter(VirtualClock())
    for _ in range(3):
        traffic.count("get", (7,), LIMITS)

    assert traffic.take("get", ("7",), LIMITS) is not None
