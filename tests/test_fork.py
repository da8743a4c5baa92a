"""Clients after fork(), and responses about another job.

After fork() every process has its own connections, permits and locks. No call accepts the response for another job.
"""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import job_status
import pytest
from job_status import InvalidArgumentError, UnexpectedResponseError
from job_status._client import core
from job_status.credentials import AppToken

from .conftest import ROOT
from .hostile import hostile, http_response
from .products import AGENT, EACH, EVERY, PRODUCTS, Product, echo, in_time, requested_id

CHILDREN = 4
CALLS = 50


# The program that forks. It runs in a separate process, so that pytest's threads do not exist when it forks.


def job_id(product: Product, value: Any) -> Any:
    """Return the job id in a status."""
    return value.to_dict()[product.id]


def call_typed(api: Any, product: Product, name: str) -> Any:
    """Return the id from one typed call."""
    return job_id(product, getattr(api, f"get_{product.noun}")(name))


def call_raw(api: Any, product: Product, name: str) -> Any:
    """Return the id from one raw call."""
    return job_id(product, getattr(api, f"get_{product.noun}_raw")(name).parsed)


def wait(api: Any, product: Product, name: str) -> Any:
    """Return the id from one wait."""
    return job_id(product, getattr(api, f"wait_for_{product.noun}")(name, timeout=5))


def wait_for_three(api: Any, product: Product, name: str) -> Any:
    """Wait for three jobs at once; return `name` if their ids are right, otherwise the ids."""
    jobs = [getattr(api, f"{product.noun}_job")(f"{name}-{number}", timeout=5) for number in range(3)]
    found = [job_id(product, outcome.result()) for outcome in job_status.wait_all(jobs)]
    return name if found == [f"{name}-{number}" for number in range(3)] else found


async def call_async(api: Any, product: Product, name: str) -> Any:
    """Return the id from one call of an async client."""
    return job_id(product, await getattr(api, f"get_{product.noun}")(name))


METHODS: dict[str, Callable[[Any, Product, str], Any]] = {
    "typed": call_typed,
    "raw": call_raw,
    "wait": wait,
    "wait_all": wait_for_three,
}


def count_results(api: Any, product: Product, method: str, prefix: str, calls: int) -> Counter[str]:
    """Count the calls of one process by result: right id, wrong id, or the name of the exception."""
    results: Counter[str] = Counter()
    names = [f"{prefix}-{number}" for number in range(calls)]
    if method == "async":

        async def call_all() -> list[Any]:
            return [await call_async(api, product, name) for name in names]

        results.update(
            "right" if found == name else "wrong" for found, name in zip(asyncio.run(call_all()), names, strict=True)
        )
        return results
    for name in names:
        try:
            results["right" if METHODS[method](api, product, name) == name else "wrong"] += 1
        except Exception as error:
            results[type(error).__name__] += 1
    return results


def run_forked(count: Callable[[int], Counter[str]]) -> Counter[str]:
    """Fork `CHILDREN` times, run `count` in every process, and return the sum of the results."""
    pipes = []
    for child in range(CHILDREN):
        read_end, write_end = os.pipe()
        if os.fork() == 0:
            signal.alarm(15)  # kills a child that hangs
            try:
                os.write(write_end, json.dumps(count(child)).encode())
            finally:
                os._exit(0)
        os.close(write_end)
        pipes.append(read_end)
    total = count(CHILDREN)
    for read_end in pipes:
        with os.fdopen(read_end, "rb") as pipe:
            total.update(json.loads(pipe.read() or b'{"died": 1}'))
    for _ in range(CHILDREN):
        os.wait()
    return total


def run_with_idle_client(url: str, name: str, method: str, calls: int) -> None:
    """Make a call, fork, use the client in all five processes at the same time, and print the results."""
    product = next(product for product in PRODUCTS if product.name == name)
    api = product.client(url, asynchronous=method == "async", timeout=3.0)
    count_results(api, product, method, "warm", 1)
    print(json.dumps(run_forked(lambda child: count_results(api, product, method, f"child-{child}", calls))))


def run_with_busy_client(url: str) -> None:
    """Fork while eight waits have a poll in flight, and print the results of the children."""
    api = AGENT.client(url, timeout=3.0)
    for number in range(8):
        threading.Thread(target=wait, args=(api, AGENT, f"slow-{number}"), daemon=True).start()
    time.sleep(0.3)
    started = time.monotonic()

    def count(child: int) -> Counter[str]:
        if child == CHILDREN:
            return Counter()
        results = count_results(api, AGENT, "typed", f"quick-{child}", 1) + count_results(
            api, AGENT, "wait", f"quick-{child}", 1
        )
        return results if time.monotonic() - started < 2 else Counter({"late": 2})

    print(json.dumps(run_forked(count)))
    sys.stdout.flush()
    os._exit(0)


def fork_and_use(use: Callable[[], Any], times: int = 1) -> Counter[str]:
    """Fork `times` times, and return how many children finished, and how many failed or hung."""
    results: Counter[str] = Counter()
    for _ in range(times):
        child = os.fork()
        if child == 0:
            signal.alarm(8)
            try:
                use()
                os._exit(0)
            finally:
                os._exit(1)
        _, status = os.waitpid(child, 0)
        results["finished" if status == 0 else "failed"] += 1
    return results


def fork_while_recording(url: str) -> Counter[str]:
    """Fork while threads write to the archive of the client."""
    with tempfile.TemporaryDirectory() as folder:
        api = AGENT.client(url, timeout=2.0, record=os.path.join(folder, "calls.har"))

        stopped = threading.Event()

        def call_until_stopped() -> None:
            while not stopped.wait(0.001):  # the lock of a file is not fair
                api.get_dock_status("ds-0")

        threads = [threading.Thread(target=call_until_stopped, daemon=True) for _ in range(3)]
        for thread in threads:
            thread.start()
        time.sleep(0.2)
        results = fork_and_use(lambda: api.get_dock_status("ds-1"), 20)
        stopped.set()
        for thread in threads:
            thread.join(10)
        with open(os.path.join(folder, "calls.har"), encoding="utf-8") as file:
            ids = [entry["request"]["url"].rpartition("/")[2] for entry in json.load(file)["log"]["entries"]]
        assert ids.count("ds-1") == results["finished"]
        return results


def fork_while_token_is_made(_: str) -> Counter[str]:
    """Fork while another thread makes a token."""
    made = threading.Event()

    def claims() -> dict[str, str]:
        made.set()
        time.sleep(0.5)
        return {}

    token = AppToken("cs", "x" * 40, sub="u", claims=claims)
    threading.Thread(target=token, daemon=True).start()
    made.wait(3)
    return fork_and_use(token) + fork_and_use(token.renew)


def fork_while_iterating(url: str) -> Counter[str]:
    """Fork in the loop over the outcomes of a wait, which the child continues, closes, or begins again."""
    api = AGENT.client(url, timeout=3.0)

    def jobs() -> list[Any]:
        return [api.dock_status_job(f"ds-{number}", timeout=9, schedule=[0.2 * number, 7]) for number in range(3)]

    listed = jobs()
    outcomes: Any = job_status.as_completed(listed)
    next(outcomes)

    def repeat() -> None:
        with pytest.raises(InvalidArgumentError, match="forked"):
            next(outcomes)
        job_status.wait_all(listed)

    def repeat_while_locked() -> None:
        outcomes.gi_yieldfrom.gi_frame.f_locals["self"].lock.acquire()
        repeat()

    return fork_and_use(repeat) + fork_and_use(outcomes.close) + fork_and_use(repeat_while_locked)


FORKS: dict[str, tuple[Callable[[str], Counter[str]], int]] = {
    "recording": (fork_while_recording, 20),
    "token": (fork_while_token_is_made, 2),
    "iterating": (fork_while_iterating, 3),
}


def run_in_another_process(*arguments: str) -> Counter[str]:
    """Run this module as a program with the arguments; return the results that it prints."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    completed = subprocess.run(
        [sys.executable, "-m", "tests.test_fork", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert completed.returncode == 0, completed.stderr
    return Counter(json.loads(completed.stdout))


# Tests


# A process of Windows shares nothing with its parent. Elsewhere nothing is skipped.
NEEDS_FORK = pytest.mark.skipif(not hasattr(os, "fork"), reason="requires os.fork, which Windows lacks")


@NEEDS_FORK
@pytest.mark.parametrize("method", ["typed", "raw", "wait", "wait_all", "async"])
@EVERY
def test_forked_processes_receive_their_own_responses(product: Product, method: str) -> None:
    calls = {"wait": 10, "wait_all": 4}.get(method, CALLS)
    with hostile(echo(product, pause=0.001)) as server:
        results = run_in_another_process(server.url, product.name, method, str(calls))

    assert results == {"right": calls * (CHILDREN + 1)}


@NEEDS_FORK
def test_children_are_not_blocked_by_calls_of_the_parent() -> None:
    def slow(connection: socket.socket, head: bytes) -> None:
        time.sleep(6 if requested_id(head).startswith("slow") else 0)
        connection.sendall(http_response(body=AGENT.body(requested_id(head))))

    with hostile(slow) as server:
        results = run_in_another_process(server.url)

    assert results == {"right": 2 * CHILDREN}


@NEEDS_FORK
@pytest.mark.parametrize("scenario", FORKS)
def test_fork_while_another_thread_holds_a_lock_blocks_no_child(scenario: str) -> None:
    with hostile(echo(AGENT)) as server:
        results = run_in_another_process("fork", scenario, server.url)

    assert results == {"finished": FORKS[scenario][1]}


def use(product: Product, url: str, asynchronous: bool, method: str, name: str = "mine", times: int = 1) -> Any:
    """Call a method of a new client `times` times; return the last result."""

    async def call() -> Any:
        async with product.client(url, asynchronous=True, timeout=2, max_retries=0) as api:
            for _ in range(times):
                last = await getattr(api, method)(name)
            return last

    if asynchronous:
        return asyncio.run(call())
    with product.client(url, timeout=2, max_retries=0) as api:
        for _ in range(times):
            last = getattr(api, method)(name)
        return last


OTHER_IDS = {
    "different id": "another",
    "longer id": "mine-2",
    "shorter id": "min",
    "different case": "MINE",
    "trailing space": "mine ",
    "int": 7,
    "True": True,
    "empty string": "",
}


@pytest.mark.parametrize("other", OTHER_IDS)
@pytest.mark.parametrize("use_raw", [False, True], ids=["typed", "raw"])
@EACH
@EVERY
def test_response_about_another_job_is_rejected(
    product: Product, asynchronous: bool, use_raw: bool, other: str
) -> None:
    method = f"get_{product.noun}{'_raw' if use_raw else ''}"
    with (
        hostile(lambda connection, _: connection.sendall(http_response(body=product.body(OTHER_IDS[other])))) as server,
        pytest.raises(UnexpectedResponseError, match=r"which is another job|expected the id of the job") as caught,
    ):
        use(product, server.url, asynchronous, method)

    assert (caught.value.status, caught.value.attempts) == (200, 1)
    assert caught.value.operation == f"get_{product.noun}"


@pytest.mark.parametrize(("sent", "reported_id"), [("mine", "mine"), ("7", 7), ("a/b", "a/b"), ("ü", "ü")])
@EACH
@EVERY
def test_response_about_the_same_job_is_accepted(
    product: Product, asynchronous: bool, sent: str, reported_id: Any
) -> None:
    with hostile(lambda connection, _: connection.sendall(http_response(body=product.body(reported_id)))) as server:
        status = use(product, server.url, asynchronous, f"get_{product.noun}", sent)

    assert job_id(product, status) == reported_id


@EACH
@EVERY
def test_unsolicited_response_is_not_used_for_the_next_request(product: Product, asynchronous: bool) -> None:
    def respond_twice(connection: socket.socket, head: bytes) -> None:
        requested, unsolicited = (
            http_response(body=product.body(requested_id(head))),
            http_response(body=product.body("next")),
        )
        connection.sendall(requested + unsolicited)

    def call_twice(url: str) -> Any:
        async def call() -> Any:
            async with product.client(url, asynchronous=True, timeout=2, max_retries=0) as api:
                await getattr(api, f"get_{product.noun}")("first")
                return await getattr(api, f"get_{product.noun}_raw")("second")

        if asynchronous:
            return asyncio.run(call())
        with product.client(url, timeout=2, max_retries=0) as api:
            getattr(api, f"get_{product.noun}")("first")
            return getattr(api, f"get_{product.noun}_raw")("second")

    with hostile(respond_twice) as server:
        try:
            second = in_time(5, lambda: call_twice(server.url))
        except UnexpectedResponseError:
            return

    assert job_id(product, second.parsed) == "second"


def test_response_id_is_checked_with_a_mock_transport() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=AGENT.body("another")))
    with AGENT.client("http://host", http_transport=transport) as api, pytest.raises(UnexpectedResponseError):
        api.get_dock_status("mine")


def test_waits_of_the_parent_are_not_woken_up_in_the_child() -> None:
    class Group:
        def wake(self) -> None:
            raise AssertionError("a wait of the parent process")

    group = Group()
    api = AGENT.client("http://host")
    api._core.wait_groups.add(group)
    api._core.after_fork()
    api.close()


@EACH
def test_client_that_could_not_be_created_is_not_renewed_after_fork(asynchronous: bool) -> None:
    known = len(core._cores)
    with pytest.raises(InvalidArgumentError, match="http_transport= must be") as caught:
        AGENT.client("http://host", asynchronous=asynchronous, http_transport=object())

    assert caught.value is not None
    assert len(core._cores) <= known


if __name__ == "__main__":
    if sys.argv[1] == "fork":
        print(json.dumps(FORKS[sys.argv[2]][0](sys.argv[3])))
        sys.stdout.flush()
        os._exit(0)
    elif len(sys.argv) == 2:
        run_with_busy_client(sys.argv[1])
    else:
        run_with_idle_client(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
