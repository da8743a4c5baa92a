"""Waits for many jobs survive faults of the server, and stops of both processes; `tests.soak` runs longer ones."""

import signal

import pytest

from .soak import soak


# Windows cannot stop a process by a signal. Elsewhere nothing is skipped, and in CI a skip is a failure.
@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="requires SIGSTOP, which Windows lacks")
@pytest.mark.parametrize("seed", [1, 2])
def test_no_outcome_is_wrong_or_lost(seed: int) -> None:
    result = soak(300, seed)

    stops = result.pop("stops")
    assert result == {"right": 300, "lost": 0}
    assert sum(stops.values()) >= 2
