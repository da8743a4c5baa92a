"""`limits_store=`: processes with one credential share the documented limits."""

import logging
import os
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from job_status import AIForService, AsyncAIForService, InvalidArgumentError
from job_status._client import limits_store
from job_status._client.clock import Clock
from job_status._client.limits_store import FileStore, Guarded, RedisStore, open_store
from job_status._client.rate_limit import RateLimiter

from scripts.simulate.remote import run_simulator

from .conftest import ROOT
from .test_fork import NEEDS_FORK

LIMIT = (5, 4)  # requests, seconds
SECONDS = 7
PROGRAM = """
import sys
from job_status import AIForService, JobTimeoutError
from job_status._client import rate_limit
from job_status._operations import ai_for_service
url, jwt, bot, store, requests, per, seconds = sys.argv[1:]
with AIForService(url, jwt=jwt, limits_store=store or None) as api:
    # The documented minute is too long for a test.
    (operation,) = [one for one in vars(ai_for_service).values() if getattr(one, "id", "") == "get_publish_status"]
    object.__setattr__(operation, "limits", ((int(requests), float(per)),))
    rate_limit.WINDOW_MARGIN = rate_limit.MAX_WINDOW_MARGIN / float(per)
    try:
        api.wait_for_publish_status(bot, timeout=float(seconds), schedule=[n * 0.02 for n in range(10000)])
    except JobTimeoutError:
        sys.exit(0)
"""


class Wall:
    """A wall clock that a test moves."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.time


def test_file_counts_the_requests_of_every_store(tmp_path: Path) -> None:
    wall = Wall()
    stores = [FileStore(str(tmp_path / "limits"), wall) for _ in range(3)]
    windows = [(2, 10.0), (4, 100.0)]

    def acquire(index: int, key: str = "a", *, is_sent: bool = False) -> float:
        return stores[index].acquire(key, windows, is_sent=is_sent)

    assert [acquire(0), acquire(1), acquire(2), acquire(0, "b")] == [0, 0, 10, 0]
    wall.time += 4
    assert acquire(0) == 6
    # A call is counted whatever the limits.
    assert acquire(0, is_sent=True) == 0
    wall.time += 6
    assert [acquire(1), acquire(2)] == [0, 90]
    wall.time += 10
    assert acquire(0) == pytest.approx(80)
    wall.time += 80
    assert acquire(0) == 0
    # Now the shorter window is the one that is full for longer.
    assert [acquire(1), acquire(2)] == [0, 10]


def test_clock_that_is_set_back_blocks_nothing(tmp_path: Path) -> None:
    wall = Wall()
    store = FileStore(str(tmp_path / "limits"), wall)
    for _ in range(2):
        store.acquire("a", [(2, 10.0)], is_sent=False)
    wall.time -= 500
    assert store.acquire("a", [(2, 10.0)], is_sent=False) == 0


def test_file_does_not_grow(tmp_path: Path) -> None:
    wall, path = Wall(), tmp_path / "limits"
    store = FileStore(str(path), wall)
    for number in range(500):
        wall.time += 20
        store.acquire(f"job-{number}", [(2, 10.0)], is_sent=False)
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM requests").fetchone() == (1,)


def test_stores_of_many_threads_allow_no_more_than_the_limit(tmp_path: Path) -> None:
    allowed: list[float] = []

    def work() -> None:
        store = FileStore(str(tmp_path / "limits"))
        # Without a transaction, other threads would count the same requests before this one is added.
        store._open().set_trace_callback(lambda sql: time.sleep(0.005) if sql.startswith("INSERT") else None)
        for _ in range(20):
            while (wait := store.acquire("a", [(7, 1000.0)], is_sent=False)) == limits_store.BUSY_TIMEOUT:
                pass
            allowed.append(wait)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (len(allowed), allowed.count(0.0)) == (120, 7)


def test_file_in_use_delays_a_poll(tmp_path: Path) -> None:
    store = FileStore(str(tmp_path / "limits"))
    with sqlite3.connect(tmp_path / "limits", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        assert store.acquire("a", [(2, 10.0)], is_sent=False) == limits_store.BUSY_TIMEOUT
        other.execute("ROLLBACK")
    assert store.acquire("a", [(2, 10.0)], is_sent=False) == 0


def test_file_in_use_is_opened(tmp_path: Path) -> None:
    path = str(tmp_path / "limits")
    FileStore(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    store = FileStore(path)

    other.execute("ROLLBACK")
    assert store.acquire("key", [(1, 60.0)], is_sent=False) == 0.0


def test_transaction_that_was_interrupted_is_ended(tmp_path: Path) -> None:
    store = FileStore(str(tmp_path / "limits"))
    store._open().execute("BEGIN IMMEDIATE")
    assert store.acquire("a", [(2, 10.0)], is_sent=False) == 0


def test_limiter_uses_the_store_after_its_own_limits(tmp_path: Path) -> None:
    clock = Clock()
    first, second = (RateLimiter(clock, open_store(tmp_path / "limits"), "http://h") for _ in range(2))
    other = RateLimiter(clock, open_store(tmp_path / "limits"), "http://other")
    limits = ((2, 100.0),)

    assert first.acquire("get", ("a",), limits) is None
    second.count("get", ("a",), limits)
    for limiter in (first, second):
        allowed_at = limiter.acquire("get", ("a",), limits)
        assert allowed_at is not None
        assert 90 < allowed_at - clock.now() < 102
    assert first.acquire("get", ("b",), limits) is None
    assert other.acquire("get", ("a",), limits) is None


def other_database(path: Path) -> None:
    """Create a database of another program."""
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (a)")


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("", "must be the path of a file, or a URL such as redis://host:6379/0, got ''"),
        (5, "must be the path of a file, or a URL such as redis://host:6379/0, got 5"),
        ("http://user:secret@host", "got another URL"),
        ("missing/limits", "cannot be used: unable to open database file; name a new file, in an existing folder"),
        (".", "cannot be used: unable to open database file"),
        ("text", "cannot be used: file is not a database"),
        ("other", "is not a file of limits_store="),
        ("a\x00b", "cannot be used: "),
        ("a\ud800", "cannot be used: "),
        ("redis://user:secret@host:port/0", "is not a valid Redis URL: ValueError"),
    ],
)
@pytest.mark.parametrize("cls", [AIForService, AsyncAIForService])
def test_invalid_store_is_an_error(
    cls: Any, value: Any, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text").write_text("not a database, but something that someone has written\n" * 50)
    other_database(Path("other"))
    before = Path("other").read_bytes()

    with pytest.raises(InvalidArgumentError, match="limits_store=") as caught:
        cls("http://h", jwt="j", limits_store=value)

    assert problem in str(caught.value)
    assert "secret" not in str(caught.value)
    assert Path("other").read_bytes() == before


def test_missing_extra_names_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(InvalidArgumentError, match=r"pip install 'job-status\[redis\]'"):
        open_store("redis://host")


def test_failing_store_ends_no_wait(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing listens there: the limits are those of the process, and a warning is logged once."""
    store = Guarded(RedisStore("redis://user:secret@127.0.0.1:1/0"))
    with caplog.at_level(logging.WARNING, "job_status"):
        assert [store.acquire("a", [(1, 10.0)], is_sent=False) for _ in range(3)] == [0, 0, 0]

    (record,) = caplog.records
    expected = "the limits are not shared with other processes: limits_store= fails: ConnectionError"
    assert record.getMessage() == expected


@NEEDS_FORK
def test_forked_process_has_a_connection_of_its_own(tmp_path: Path) -> None:
    store = FileStore(str(tmp_path / "limits"))
    store.acquire("a", [(2, 100.0)], is_sent=False)
    connection = store._open()
    child = os.fork()
    if not child:
        status = 1
        try:
            wait = store.acquire("a", [(2, 100.0)], is_sent=False)
            status = 0 if wait == 0 and store._open() is not connection else 2
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    assert store.acquire("a", [(2, 100.0)], is_sent=False) > 90


@pytest.fixture
def documents_with_short_limit(tmp_path: Path) -> Path:
    """Write the document of AI for Service with `LIMIT`."""
    text = (ROOT / "openapi" / "ai-for-service.yaml").read_text(encoding="utf-8")
    requests, per = LIMIT
    limits = "- requests: 60\n            per: 60\n          - requests: 1800\n            per: 3600\n"
    assert limits in text
    folder = tmp_path / "documents"
    folder.mkdir()
    short = text.replace(limits, f"- requests: {requests}\n            per: {per}\n")
    (folder / "ai-for-service.yaml").write_text(short, encoding="utf-8")
    return folder


def run_six_processes(folder: Path, store: str) -> list[int]:
    """Let six processes wait for one job, at a server that enforces the limit, and return the statuses it sent."""
    with run_simulator(folder) as simulator:
        simulator.run_at(1)
        simulator.create_job(api="ai-for-service", id="st-1", after=[[0, "inprogress"]])
        simulator.enforce_limits()
        base, jwt = simulator.base_url("ai-for-service"), simulator.credentials["ai-for-service"]["jwt"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "generated")}
        command = [sys.executable, "-c", PROGRAM, base, jwt, "st-1", store, *map(str, LIMIT), str(SECONDS)]
        running = [subprocess.Popen(command, env=environment) for _ in range(6)]
        assert [process.wait(60) for process in running] == [0] * 6
        return [request["status"] for request in simulator.requests()]


def test_six_processes_keep_the_limit_that_the_server_enforces(
    documents_with_short_limit: Path, tmp_path: Path
) -> None:
    """A request that a busy machine delays by more than a second may arrive in the next window; so not each time."""
    for attempt in range(3):
        statuses = run_six_processes(documents_with_short_limit, str(tmp_path / f"limits-{attempt}"))
        assert statuses.count(200) > LIMIT[0]
        if 429 not in statuses:
            return
    pytest.fail(f"the server refused requests: {statuses}")


def test_six_processes_exceed_the_limit_without_a_store(documents_with_short_limit: Path) -> None:
    assert 429 in run_six_processes(documents_with_short_limit, "")
