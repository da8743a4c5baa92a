"""Schedules that have learned: what they cost, in virtual time; limits that still hold; and their files."""

import asyncio
import decimal
import fractions
import itertools
import json
import os
import pickle
import random
import statistics
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from job_status import (
    AgentPlatform,
    AsyncAgentPlatform,
    AsyncAIForService,
    InvalidArgumentError,
    JobTimeoutError,
    LearnedSchedule,
    NotFoundError,
    async_wait_all,
    wait_all,
)
from job_status._client.polling.learned import MAX_KEPT
from job_status._client.polling.schedule import LONGEST_INTERVAL

from .bench.distributions import POLL_COST, WORKLOADS, Distribution, optimum
from .bench.schedules import default_costs, learned_costs
from .harness import STREAM_ID, Harness, publish_status, rate_is_within
from .vendor import Vendor
from .virtual_clock import VirtualClock, run_until_complete

LEARNED = LearnedSchedule.from_durations([58, 60, 61, 62, 63, 66] * 10)


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def harness(request: pytest.FixtureRequest) -> Harness:
    return Harness(request.param)


def ends_at(seconds: float) -> Callable[[str, float], dict[str, Any]]:
    """Return a report of a job that ends at a time."""
    return lambda name, now: {"_id": name, "status": "SUCCESS" if now >= seconds else "IN_PROGRESS"}


@cache
def costs(history: str) -> dict[str, float]:
    """Return the cost for each workload after 100 past jobs of one."""
    return dict(learned_costs(history, runs=1))


# What it costs.


@pytest.mark.parametrize("workload", WORKLOADS)
def test_cost_after_100_jobs_is_near_the_optimum(workload: str) -> None:
    best = optimum(WORKLOADS[workload], LONGEST_INTERVAL)

    assert best <= costs(workload)[workload] <= 1.15 * best


@pytest.mark.parametrize("history", WORKLOADS)
def test_wrong_history_costs_at_most_a_tenth_more_than_the_default(history: str) -> None:
    default = default_costs()
    ratios = {name: costs(history)[name] / default[name] for name in WORKLOADS if name != history}

    assert max(ratios.values()) <= 1.1, ratios


def test_five_jobs_are_worth_learning_from() -> None:
    default = default_costs()

    for name in ("opensearch", "publish"):
        assert learned_costs(name, jobs=5, runs=1)[name] < 0.75 * default[name]


def duration_at(workload: Distribution, probability: float) -> float:
    """Return the duration below which a job is with this probability."""
    low, high = 0.0, 1e5
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if workload.ended(middle) < probability else (low, middle)
    return high


def test_wait_costs_what_the_schedule_promises(harness: Harness) -> None:
    """Real waits of a client in virtual time, for jobs of every likely duration."""
    workload = WORKLOADS["opensearch"]
    random.seed(5)
    learned = LearnedSchedule.from_durations([workload.sample() for _ in range(100)])
    found = {}
    for name, schedule in (("learned", learned), ("default", None)):
        costs = []
        for index in range(60):
            duration = duration_at(workload, (index + 0.5) / 60)
            begin = harness.clock.time
            harness.wait_for_dock(ends_at(begin + duration), schedule=schedule)
            times = harness.last_vendor.poll_times
            costs.append(POLL_COST * len(times) + times[-1] - begin - duration)
        found[name] = statistics.mean(costs)

    assert found["learned"] <= 1.2 * optimum(workload)
    assert found["learned"] <= 0.65 * found["default"]


# When it polls.


def test_polls_are_frequent_where_jobs_have_ended(harness: Harness) -> None:
    harness.wait_for_dock(ends_at(66), schedule=LEARNED)

    times = harness.last_vendor.poll_times
    assert 1 < times[0] < 6
    assert sum(time < 50 for time in times) <= 9
    assert sum(56 <= time <= 66 for time in times) >= 4


def test_job_that_takes_longer_than_all_is_polled_as_by_default(harness: Harness) -> None:
    harness.wait_for_dock(ends_at(1200), schedule=LEARNED)
    times = harness.last_vendor.poll_times
    harness = Harness(harness.asynchronous)
    harness.wait_for_dock(ends_at(1200))

    late = [time for time in times if time > 300]
    assert len(late) == pytest.approx(sum(time > 300 for time in harness.last_vendor.poll_times), abs=4)
    assert all(0.5 <= later - earlier <= 30 + 1e-9 for earlier, later in itertools.pairwise(times))


def test_operation_without_history_is_polled_by_default(harness: Harness) -> None:
    harness.wait_for_dock(ends_at(5), schedule=LearnedSchedule.from_durations({"other": [60]}))

    assert harness.last_vendor.poll_times[0] == pytest.approx(0, abs=1e-6)


def test_history_of_the_client_class_comes_first(harness: Harness) -> None:
    durations = {"get_dock_status": [300] * 9, "AIForProcess.get_dock_status": [20] * 50, "*": [600]}
    harness.wait_for_dock(ends_at(20.2), schedule=LearnedSchedule.from_durations(durations))

    assert sum(18 <= time <= 23 for time in harness.last_vendor.poll_times) >= 2


def test_polls_have_jitter() -> None:
    plan = LEARNED.plan("", "get_dock_status")

    assert plan is not None
    assert len({plan.interval(0.0) for _ in range(20)}) > 10


# What limits it.


def test_retry_after_is_a_minimum_pause(harness: Harness) -> None:
    def fault(_: httpx.Request, number: int) -> httpx.Response | None:
        return httpx.Response(503, headers={"retry-after": "40"}) if number == 1 else None

    harness.wait_for_dock(ends_at(3), fault=fault, schedule=LEARNED)

    first, second = harness.last_vendor.poll_times
    assert 40 <= second - first <= 45


def test_documented_rate_limits_hold() -> None:
    """One bot is waited for many times at once; the document allows 60 requests in a minute."""
    clock = VirtualClock()
    vendor = Vendor(clock, lambda name, now: publish_status(name, "r", 0, "successful" if now > 100 else "inprogress"))
    learned = LearnedSchedule.from_durations([3.0] * 100)

    async def wait_for_all() -> None:
        cls = clock.client_class(AsyncAIForService)
        async with cls("http://v", jwt="token", http_transport=httpx.MockTransport(vendor)) as api:
            await async_wait_all([api.publish_status_job(STREAM_ID, schedule=learned) for _ in range(40)])

    run_until_complete(clock, wait_for_all())

    assert len(vendor.poll_times) > 100
    assert rate_is_within(vendor.poll_times, 60, 60)


def test_last_poll_is_sent_just_before_the_deadline(harness: Harness) -> None:
    with pytest.raises(JobTimeoutError):
        harness.wait_for_dock(ends_at(1000), schedule=LEARNED, timeout=45)

    times = harness.last_vendor.poll_times
    assert times[-1] == pytest.approx(44.9, abs=0.05)
    assert all(later - earlier >= 0.5 - 1e-9 for earlier, later in itertools.pairwise(times[:-1]))


def test_not_found_ends_as_by_default(harness: Harness) -> None:
    with pytest.raises(NotFoundError):
        harness.wait_for_dock(ends_at(0), fault=lambda *_: httpx.Response(404, text="no"), schedule=LEARNED)

    assert harness.clock.time < 45


def test_resumed_wait_reads_the_status_at_once_and_continues(harness: Harness) -> None:
    """A token does not hold the schedule; it is passed again, and continues at the age of the job."""
    vendor = harness.vendor(ends_at(62))
    api = harness.client("AIForProcess", vendor)
    token = api.dock_status_job("ds-1", schedule=LEARNED).token()
    assert "seconds" not in token
    harness.clock.time = 55.0

    harness.call(api.resume(token, schedule=LEARNED).wait)

    assert vendor.poll_times[0] == pytest.approx(55, abs=0.01)
    assert len(vendor.poll_times) >= 3
    assert vendor.poll_times[-1] < 64.5


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_many_jobs_share_one_schedule(asynchronous: bool) -> None:
    """Waits in real time, each job pending at its first poll."""
    counts: dict[str, int] = {}

    def handle(request: httpx.Request) -> httpx.Response:
        name = request.url.path.rpartition("/")[2]
        counts[name] = counts.get(name, 0) + 1
        return httpx.Response(200, json={"_id": name, "status": "SUCCESS" if counts[name] > 1 else "IN_PROGRESS"})

    learned = LearnedSchedule.from_durations([0.1] * 1000)
    transport: Any = httpx.MockTransport(handle)
    cls: Any = AsyncAgentPlatform if asynchronous else AgentPlatform
    api = cls("http://host", api_key="k", http_transport=transport)
    jobs = [api.dock_status_job(f"ds-{number}", schedule=learned) for number in range(20)]
    if asynchronous:
        outcomes = asyncio.run(async_wait_all(jobs, timeout=20))
    else:
        outcomes = wait_all(jobs, timeout=20, max_rate=1000)

    assert [outcome.error for outcome in outcomes] == [None] * 20
    assert set(counts.values()) == {2}


# Its durations.


class Float32:
    """A number of another library."""

    def __float__(self) -> float:
        return 2.5


def test_seconds_of_any_kind_are_durations() -> None:
    values = [1, 2.5, decimal.Decimal("3.25"), fractions.Fraction(1, 2), timedelta(minutes=1), Float32()]

    assert LearnedSchedule.from_durations(values) == LearnedSchedule.from_durations([0.5, 1, 2.5, 2.5, 3.25, 60])
    assert LearnedSchedule.from_durations(iter([3])) == LearnedSchedule.from_durations((3.0,))


@pytest.mark.parametrize(
    ("durations", "message"),
    [
        ([], "durations= is empty; it must contain the seconds of at least one job"),
        ({}, "durations= is empty"),
        (5, "durations= must be an iterable of seconds, got 5"),
        ("12", "durations= must contain seconds, 0 or more and at most 1e9, got '1' at index 0"),
        ([1, None], "got None at index 1"),
        ([1, True], "got True at index 1"),
        ([-1], "got -1 at index 0"),
        ([float("nan")], "got nan at index 0"),
        ([float("inf")], "got inf at index 0"),
        ([timedelta(seconds=-1)], "at index 0"),
        ({"get_dock_status": [1, "x"]}, "durations= of 'get_dock_status' must contain seconds.*got 'x' at index 1"),
        ({"get_dock_status": []}, "durations= of 'get_dock_status' is empty"),
        ({5: [1]}, "durations= must have names of operations as keys, got 5"),
    ],
)
def test_invalid_durations_are_rejected(durations: Any, message: str) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        LearnedSchedule.from_durations(durations)


@pytest.mark.parametrize("durations", [[0.0], [0, 0, 0], [1e9], [3.0] * 500, [0.001, 86_400 * 30]])
def test_extreme_histories_have_a_schedule(durations: list[float]) -> None:
    plan = LearnedSchedule.from_durations(durations).plan("", "")

    assert plan is not None
    for elapsed in (-5.0, 0.0, 0.1, 3.0, 29.9, 1000.0, 21_600.0, 1e9):
        assert 0.5 <= plan.interval(elapsed) <= 30


def test_schedules_are_compared_by_value_hashed_and_pickled() -> None:
    learned = LearnedSchedule.from_durations({"a": [3, 1], "b": [2]})
    same = LearnedSchedule.from_durations({"b": [2], "a": [1, 3]})

    assert learned == same
    assert hash(learned) == hash(same)
    assert learned != LearnedSchedule.from_durations({"a": [3, 1]})
    assert pickle.loads(pickle.dumps(learned)) == learned  # noqa: S301 - its own
    assert repr(learned) == "<LearnedSchedule of a: 2, b: 1 jobs>"
    assert learned.jobs == {"a": 2, "b": 1}


# Its file.


def test_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "schedule.json"
    random.seed(6)
    learned = LearnedSchedule.from_durations({"b": [random.expovariate(1) for _ in range(5000)], "a": [1.5]})
    learned.save(path)
    content = path.read_bytes()
    LearnedSchedule.load(str(path)).save(path)

    assert path.read_bytes() == content
    assert LearnedSchedule.load(path) == learned
    raw = json.loads(content)
    assert (raw["job_status_schedule"], raw["operations"]["a"]) == (1, {"jobs": 1, "seconds": [1.5]})
    assert (raw["operations"]["b"]["jobs"], len(raw["operations"]["b"]["seconds"])) == (5000, MAX_KEPT)
    assert os.listdir(tmp_path) == ["schedule.json"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "expected JSON: "),
        ("{", "expected JSON: "),
        ("[" * 100_000, "expected JSON: "),
        ("\udcff", "expected JSON: "),
        ("[]", r"the file must be an object, got \[\]"),
        ("{}", "/job_status_schedule must be 1, got nothing"),
        ('{"job_status_schedule": 2, "operations": {}}', "/job_status_schedule must be 1, got 2"),
        ('{"job_status_schedule": true, "operations": {}}', "/job_status_schedule must be 1, got true"),
        ('{"job_status_schedule": 1}', "must have the keys job_status_schedule, operations, got job_status_schedule"),
        ('{"job_status_schedule": 1, "operations": {}}', "/operations must be an object, not empty, got {}"),
        ('{"job_status_schedule": 1, "operations": {"a": 5}}', "/operations/a must be an object, got 5"),
        ('{"job_status_schedule": 1, "operations": {"a": {"jobs": 1}}}', "/operations/a must have the keys"),
        (HISTORY := '{"job_status_schedule": 1, "operations": {"a": {"jobs": 2, "seconds": %s}}}', "expected JSON: "),
        (HISTORY % "[]", "/operations/a/seconds must be an array of 1 to 200 increasing numbers of seconds"),
        (HISTORY % "[2, 1]", "/operations/a/seconds/1 must be at least 2, got 1"),
        (HISTORY % '[1, "2"]', '/operations/a/seconds/1 must be seconds, 0 to 1e9, got "2"'),
        (HISTORY % "[1, -0.5]", "/operations/a/seconds/1 must be seconds, 0 to 1e9, got -0.5"),
        (HISTORY % "[NaN]", "expected JSON: NaN is not valid JSON"),
        (HISTORY % "[1, 2, 3]", "/operations/a/jobs must be an integer from 3, the number of seconds, got 2"),
        ('{"job_status_schedule": 1, "job_status_schedule": 1}', "the key 'job_status_schedule' must occur once"),
        (" " * 10_000_001, "the file has more than 10000000 bytes"),
    ],
)
def test_wrong_file_is_rejected_with_its_place(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "schedule.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))

    with pytest.raises(InvalidArgumentError, match=message) as caught:
        LearnedSchedule.load(path)
    assert str(caught.value).startswith(str(path)[:40])


def test_missing_file_and_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="absent"):
        LearnedSchedule.load(tmp_path / "absent.json")
    with pytest.raises(FileNotFoundError, match="absent"):
        LEARNED.save(tmp_path / "absent" / "schedule.json")
    with pytest.raises(InvalidArgumentError, match="path must be the path of a file, got 5"):
        LearnedSchedule.load(5)  # type: ignore[arg-type]
