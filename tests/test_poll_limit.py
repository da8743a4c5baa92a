"""The limit on polls in flight: it follows demand and latency, and its permits are shared fairly and cannot be lost."""

import gc
import random
from collections.abc import Callable

import pytest
from job_status._client.poll_limit import INCREASE, INITIAL, AdaptiveLimit, PollLimit


class Load:
    """A server under the load of a client that always has polls due, in virtual time.

    Args:
        latency: The latency of a response for a number of requests in flight.
    """

    def __init__(self, latency: Callable[[int], float], maximum: int = 200) -> None:
        self.latency = latency
        self.limit = AdaptiveLimit(maximum)
        self.own_pass = 0.0  # seconds of a pass of the client's event loop, three of which delay each response
        self.now = 0.0
        self.values: list[int] = []

    def run(self, rounds: int, *, has_demand: bool = True, overloaded: float = 0.0) -> int:
        """Return the limit after a number of round trips with as many polls in flight as it allows."""
        source = random.Random(3)
        for _ in range(rounds):
            in_flight = self.limit.value
            seconds = self.latency(in_flight) + 3 * self.own_pass
            self.now += seconds
            self.limit.add_pass(self.own_pass)
            for _ in range(in_flight):
                if has_demand:
                    self.limit.note_demand()
                fails = source.random() < overloaded
                self.limit.add(None if fails else seconds, self.now, is_overloaded=fails)
            self.values.append(self.limit.value)
        return self.limit.value


def constant(seconds: float) -> Callable[[int], float]:
    """Return the latency of a server that no load slows down."""
    return lambda in_flight: seconds


def capacity(rate: float, seconds: float) -> Callable[[int], float]:
    """Return the latency of a server that can process `rate` requests per second, each in at least `seconds`."""
    return lambda in_flight: max(seconds, in_flight / rate)


@pytest.mark.parametrize("latency", [0.001, 0.05, 0.3, 5.0])
def test_limit_rises_to_its_maximum_at_a_server_that_keeps_its_latency(latency: float) -> None:
    load = Load(constant(latency))

    assert load.limit.value == INITIAL
    assert load.run(8) == 200
    assert load.run(100) == 200


@pytest.mark.parametrize("latency", [0.001, 0.3])
def test_limit_stays_without_demand(latency: float) -> None:
    assert Load(constant(latency)).run(50, has_demand=False) == INITIAL


@pytest.mark.parametrize("maximum", [1, 2, 7, 8, 9, 100, 1000])
def test_limit_is_never_above_the_maximum_or_below_one(maximum: int) -> None:
    load = Load(constant(0.1), maximum)
    load.run(300)
    assert max(load.values) == maximum
    load.run(100, overloaded=1.0)
    assert min(load.values) == 1
    load.latency = constant(60.0)
    load.run(50)
    assert min(load.values) == 1
    load.latency = constant(0.1)
    load.run(2000)
    assert max(load.values) == maximum


@pytest.mark.parametrize("rate", [20, 100, 500])
def test_server_at_its_capacity_is_not_flooded(rate: float) -> None:
    load = Load(capacity(rate, 0.05))
    load.run(30)
    load.values.clear()
    load.run(300)

    # Without the limit, its maximum of 200 would be in flight.
    unloaded = max(0.05, INITIAL / rate)
    assert max(load.values) <= 1.1 * rate * (2 * unloaded + 0.05) + 2 * INCREASE < 180
    assert min(load.values) >= min(rate * 0.05, INITIAL) / 2


def test_limit_falls_when_the_server_slows_down_and_rises_when_it_recovers() -> None:
    load = Load(capacity(2000, 0.1))
    assert load.run(20) == 200

    load.latency = capacity(100, 0.1)
    assert load.run(30) < 40
    load.latency = capacity(2000, 0.1)
    assert load.run(100) == 200


def test_latency_that_does_not_depend_on_the_load_is_accepted() -> None:
    load = Load(constant(0.1))
    assert load.run(20) == 200

    load.latency = constant(0.4)
    load.values.clear()
    load.run(120)
    assert min(load.values) < 150
    assert load.limit.value == 200


def test_busy_client_is_not_taken_for_a_slow_server() -> None:
    load = Load(constant(0.2))
    assert load.run(20) == 200

    load.own_pass = 0.15
    load.values.clear()
    load.run(100)
    assert min(load.values) == 200
    load.own_pass = 0.0
    load.run(100)
    assert min(load.values) == 200


def test_server_that_slows_a_busy_client_down_is_not_flooded() -> None:
    load = Load(capacity(2000, 0.1))
    assert load.run(20) == 200

    load.own_pass = 0.05
    load.latency = capacity(100, 0.1)
    assert load.run(30) < 50
    load.latency = capacity(2000, 0.1)
    assert load.run(100) == 200


def test_latency_is_not_underestimated_after_long_passes() -> None:
    """Passes that were longer than the delay of the responses would make the usual latency seem slow afterwards."""
    load = Load(constant(0.2))
    for _ in range(10):
        load.limit.add_pass(5.0)
        load.run(1)
    load.values.clear()

    assert load.run(100) == 200
    assert min(load.values) == 200


def test_one_slow_round_trip_changes_nothing() -> None:
    load = Load(constant(0.1))
    load.run(20)
    for _ in range(10):
        load.latency = constant(2.0)
        load.run(1)
        load.latency = constant(0.1)
        load.run(3)

    assert min(load.values[8:]) == 200


def test_few_errors_change_nothing_and_many_lower_the_limit() -> None:
    load = Load(constant(0.1))
    assert load.run(100, overloaded=0.01) > 100
    assert load.run(20, overloaded=0.5) <= 2
    assert load.run(100) == 200


def test_errors_say_nothing_about_the_latency() -> None:
    load = Load(constant(0.5))
    for _ in range(100):
        load.limit.add(0.0001, load.now, is_overloaded=True)

    assert load.run(100) == 200


def test_limit_starts_again_after_a_pause() -> None:
    load = Load(constant(0.1))
    load.run(20)

    load.limit.check_idle(load.now + 30)
    assert load.limit.value == 200
    load.limit.check_idle(load.now + 61)
    assert load.limit.value == INITIAL


# Permits


def test_permits_are_limited_and_released_with_their_last_reference() -> None:
    limit = PollLimit(3)
    permits = [limit.acquire(0) for _ in range(5)]

    assert [permit is not None for permit in permits] == [True, True, True, False, False]
    assert (limit.in_use, limit.free) == (3, 0)
    permits.clear()
    gc.collect()
    assert (limit.in_use, limit.free) == (0, 3)


def test_claim_reserves_the_next_permit() -> None:
    limit = PollLimit(2)
    held = [limit.acquire(0), limit.acquire(0)]
    claim = limit.claim()
    assert limit.acquire(0, claim) is None

    held.pop()
    assert limit.acquire(0) is None
    claimed = limit.acquire(0, claim)
    assert claimed is not None
    del claim, claimed
    assert limit.acquire(0) is not None


def test_refusal_without_a_free_permit_is_a_demand() -> None:
    limit = PollLimit(200)
    for number in range(100):
        held = [limit.acquire(number) for _ in range(limit.adaptive.value + 1)]
        assert held[-1] is None
        for _ in held:
            limit.adaptive.add(0.1, number)

    assert limit.adaptive.value == 200
