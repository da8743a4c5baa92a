"""Poll schedules compared with google-api-core, documented rate limits, and the order of run ids."""

import random
from collections.abc import Iterator

import pytest
from job_status._client.polling.run_id import RunId, parse_timestamp
from job_status._client.polling.schedule import Schedule, interval
from job_status._client.rate_limit import RateLimiter

from .bench.distributions import WORKLOADS, mean_measure, quantile
from .bench.schedules import ours
from .virtual_clock import VirtualClock

JOBS = 2000


def google() -> Iterator[float]:
    """Yield the times at which google-api-core polls, which `make bench` measures with the package itself."""
    now, bound = 0.0, 1.0
    while True:
        yield now
        now += random.uniform(0.0, bound)
        bound = min(bound * 1.5, 20.0)


@pytest.mark.parametrize("workload", WORKLOADS)
def test_fewer_polls_and_less_overshoot_than_google_api_core(workload: str) -> None:
    """The poll at once is counted in both."""
    random.seed(3)
    polls, overshoot = mean_measure(ours, [WORKLOADS[workload]], 20)[0]
    their_polls, their_overshoot = mean_measure(google, [WORKLOADS[workload]], 60)[0]

    assert polls < 0.98 * their_polls
    assert overshoot < 0.99 * their_overshoot


def test_measured_jobs_agree_with_exact_costs() -> None:
    """The benchmark follows jobs of every length in its proportion."""
    random.seed(4)
    polls, overshoot = 0, 0.0
    for number in range(JOBS):
        duration = quantile(WORKLOADS["deploy"], (number + 0.5) / JOBS)
        for due in ours():
            polls += 1
            if due >= duration:
                overshoot += due - duration
                break
    exact_polls, exact_overshoot = mean_measure(ours, [WORKLOADS["deploy"]], 20)[0]

    assert polls / JOBS == pytest.approx(exact_polls, rel=0.05)
    assert overshoot / JOBS == pytest.approx(exact_overshoot, rel=0.05)


def test_gap_is_within_bounds_at_any_age() -> None:
    random.seed(1)

    assert all(0.5 <= interval(random.uniform(0, 2000)) <= 30 for _ in range(10_000))
    assert 0.5 <= interval(0) <= 0.625
    assert 27 <= interval(1e6) <= 30
    assert 0.5 <= interval(-5) <= 0.625


def test_last_gap_of_custom_schedule_repeats() -> None:
    steps = Schedule([1, 2, 5])

    assert [steps.next_after(elapsed) for elapsed in (-1, 1, 2, 5, 8, 30.5)] == [1, 2, 5, 8, 11, 32]
    assert Schedule([4]).next_after(4) == 34


LIMITS = ((3, 10.0), (5, 100.0))


def test_rate_limit_frees_up_after_its_window() -> None:
    clock = VirtualClock()
    limiter = RateLimiter(clock)
    sent = []
    while clock.time < 400:
        next_time = limiter.acquire("get", ("a",), LIMITS)
        if next_time is None:
            sent.append(clock.time)
        else:
            assert next_time > clock.time
            clock.time = next_time

    assert all(sent[i + 3] - sent[i] > 10 for i in range(len(sent) - 3))
    assert all(100 < sent[i + 5] - sent[i] <= 101.5 for i in range(len(sent) - 5))


def test_rate_limit_is_per_url_and_counts_calls() -> None:
    clock = VirtualClock()
    limiter = RateLimiter(clock)
    for _ in range(5):
        limiter.count("get", ("a",), LIMITS)

    assert limiter.acquire("get", ("a",), LIMITS) is not None
    assert limiter.acquire("get", ("b",), LIMITS) is None
    assert limiter.acquire("other", ("a",), LIMITS) is None


def test_rate_limiter_removes_unused_urls() -> None:
    clock = VirtualClock()
    limiter = RateLimiter(clock)
    for number in range(5000):
        clock.time += 1
        limiter.count("get", (number,), LIMITS)

    assert len(limiter._sent) < 2500


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (1_700_000_000, 1_700_000_000.0),
        (1_700_000_000_123, 1_700_000_000.123),
        ("1700000000", 1_700_000_000.0),
        ("1700000000123", 1_700_000_000.123),
        ("20231114", 1_699_920_000.0),
        ("20231114221320", None),
        ("²²²²²²²²²²", None),
        ("2023-11-14T22:13:20Z", 1_700_000_000.0),
        ("2023-11-14T22:13:20", 1_700_000_000.0),
        ("2023-11-14T23:13:20+01:00", 1_700_000_000.0),
        ("soon", None),
        (True, None),
        (None, None),
        ([], None),
    ],
)
def test_timestamp_formats(value: object, seconds: float | None) -> None:
    assert parse_timestamp(value) == seconds


def test_is_newer_than_compares_ids_and_timestamps() -> None:
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


def test_rate_limit_of_integer_and_string_id_is_shared() -> None:
    limiter = RateLimiter(VirtualClock())
    for _ in range(3):
        limiter.count("get", (7,), LIMITS)

    assert limiter.acquire("get", ("7",), LIMITS) is not None
