"""`limits_store=` with a Redis: limits that processes share, and a Redis that dies."""

import logging
import time
from pathlib import Path

import pytest
from job_status import AIForService
from job_status._client.limits_store import RedisStore

from scripts.simulate.remote import RunningSimulator

from ..live_products.servers import Servers
from ..test_limits_store import LIMIT, run_six_processes
from ..test_limits_store import documents_with_short_limit as documents_with_short_limit
from .conftest import PASSWORD


def test_redis_counts_the_requests_of_every_store(redis_url: str) -> None:
    import redis

    stores = [RedisStore(redis_url) for _ in range(3)]
    windows = [(2, 1.5), (4, 60.0)]

    def acquire(index: int, key: str = "a", *, is_sent: bool = False) -> float:
        return stores[index].acquire(key, windows, is_sent=is_sent)

    assert [acquire(0), acquire(1), acquire(0, "b")] == [0, 0, 0]
    assert 0 < acquire(2) <= 1.5
    assert acquire(2, is_sent=True) == 0
    time.sleep(1.6)
    assert acquire(0) == 0
    assert 50 < acquire(1) <= 60
    client = redis.Redis.from_url(redis_url)
    assert client.llen("job-status:a") == 4
    assert 50 < client.ttl("job-status:a") <= 60


def test_six_processes_keep_the_limit_that_the_server_enforces(
    documents_with_short_limit: Path, redis_url: str
) -> None:
    """A request that a busy machine delays by more than a second may arrive in the next window; so not each time."""
    for number in range(3):
        statuses = run_six_processes(documents_with_short_limit, redis_url.replace("/0", f"/{number}"))
        assert statuses.count(200) > LIMIT[0]
        if 429 not in statuses:
            return
    pytest.fail(f"the server refused requests: {statuses}")


def test_redis_that_dies_ends_no_wait(
    redis_url: str, servers: Servers, simulator: RunningSimulator, caplog: pytest.LogCaptureFixture
) -> None:
    simulator.create_job(api="ai-for-service", id="st-1", after=[[0, "inprogress"], [4, "successful"]])
    (jwt,) = simulator.credentials["ai-for-service"].values()
    seen: list[object] = []

    def update(status: object, progress: object) -> None:
        if not seen:
            servers.remove("redis").kill()
        seen.append(status)

    with (
        caplog.at_level(logging.WARNING, "job_status"),
        AIForService(simulator.base_url("ai-for-service"), jwt=jwt, limits_store=redis_url) as api,
    ):
        status = api.wait_for_publish_status("st-1", on_update=update, timeout=60)

    assert status.is_success
    lines = [record.getMessage() for record in caplog.records]
    assert [line for line in lines if "limits are not shared" in line] == [
        "the limits are not shared with other processes: limits_store= fails: ConnectionError"
    ]
    assert PASSWORD not in caplog.text
