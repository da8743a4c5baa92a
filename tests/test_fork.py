"""After fork() every process has connections, permits and locks of its own; and no call takes another job's answer."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import job_status
import pytest
from job_status import UnexpectedResponseError

from .conftest import ROOT
from .hostile import answer, hostile
from .products import AGENT, BOTH, EVERY, PRODUCTS, Product, asked, echo, in_time

CHILDREN = 4
CALLS = 50


# What the forking process does. It is a process of its own, so that no thread of the tests is there when it forks.


def got(product: Product, value: Any) -> Any:
    """The id that a status reports, by its name in JSON."""
    return value.to_dict()[product.id]


def typed(api: Any, product: Product, name: str) -> Any:
    """One typed call."""
    return got(product, getattr(api, f"get_{product.noun}")(name))


def raw(api: Any, product: Product, name: str) -> Any:
    """One call with everything around its model."""
    return got(product, getattr(api, f"get_{product.noun}_raw")(name).parsed)


def waited(api: Any, product: Product, name: str) -> Any:
    """One wait."""
    return got(product, getattr(api, f"wait_for_{product.noun}")(name, timeout=5))


def many(api: Any, product: Product, name: str) -> Any:
    """A wait for three jobs at once."""
    jobs = [getattr(api, f"{product.noun}_job")(f"{name}-{number}", timeout=5) for number in range(3)]
    found = [got(product, outcome.result()) for outcome in job_status.wait_all(jobs)]
    return name if found == [f"{name}-{number}" for number in range(3)] else found


async def typed_async(api: Any, product: Product, name: str) -> Any:
    """One typed call of an async client."""
    return got(product, await getattr(api, f"get_{product.noun}")(name))


WAYS: dict[str, Callable[[Any, Product, str], Any]] = {"typed": typed, "raw": raw, "wait": waited, "wait_all": many}


def told(api: Any, product: Product, way: str, prefix: str, calls: int) -> Counter[str]:
    """How many of the calls of one process were right, wrong or failed."""
    counted: Counter[str] = Counter()
    names = [f"{prefix}-{number}" for number in range(calls)]
    if way == "async":

        async def ask() -> list[Any]:
            return [await typed_async(api, product, name) for name in names]

        counted.update("right" if one == name else "wrong" for one, name in zip(asyncio.run(ask()), names, strict=True))
        return counted
    for name in names:
        try:
            counted["right" if WAYS[way](api, product, name) == name else "wrong"] += 1
        except Exception as error:
            counted[type(error).__name__] += 1
    return counted


def forked(use: Callable[[int], Counter[str]]) -> Counter[str]:
    """What the parent and its children count together."""
    pipes = []
    for child in range(CHILDREN):
        reading, writing = os.pipe()
        if os.fork() == 0:
            signal.alarm(15)  # a child that hangs does not outlive the tests
            try:
                os.write(writing, json.dumps(use(child)).encode())
            finally:
                os._exit(0)
        os.close(writing)
        pipes.append(reading)
    total = use(CHILDREN)
    for reading in pipes:
        with os.fdopen(reading, "rb") as pipe:
            total.update(json.loads(pipe.read() or b'{"died": 1}'))
    for _ in range(CHILDREN):
        os.wait()
    return total


def family(url: str, name: str, way: str, calls: int) -> None:
    """Uses a client, forks, uses it in all five processes at once, and prints what they count."""
    product = next(product for product in PRODUCTS if product.name == name)
    api = product.client(url, asynchronous=way == "async", timeout=3.0)
    told(api, product, way, "warm", 1)
    print(json.dumps(forked(lambda child: told(api, product, way, f"child-{child}", calls))))


def crowded(url: str) -> None:
    """Forks while eight polls and ten calls are under way, and prints what the children count."""
    api = AGENT.client(url, timeout=3.0)
    for number in range(8):
        threading.Thread(target=waited, args=(api, AGENT, f"slow-{number}"), daemon=True).start()
    time.sleep(0.3)
    began = time.monotonic()

    def use(child: int) -> Counter[str]:
        if child == CHILDREN:
            return Counter()
        counted = told(api, AGENT, "typed", f"quick-{child}", 1) + told(api, AGENT, "wait", f"quick-{child}", 1)
        return counted if time.monotonic() - began < 2 else Counter({"late": 2})

    print(json.dumps(forked(use)))
    sys.stdout.flush()
    os._exit(0)


def of_another_process(*arguments: str) -> Counter[str]:
    """What such a process prints."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run(
        [sys.executable, "-m", "tests.test_fork", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return Counter(json.loads(ran.stdout))


# The tests


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no os.fork, so nothing to hold")
@pytest.mark.parametrize("way", ["typed", "raw", "wait", "wait_all", "async"])
@EVERY
def test_parent_and_children_get_their_own_answers(product: Product, way: str) -> None:
    calls = {"wait": 10, "wait_all": 4}.get(way, CALLS)
    with hostile(echo(product, pause=0.001)) as server:
        counted = of_another_process(server.url, product.name, way, str(calls))

    assert counted == {"right": calls * (CHILDREN + 1)}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no os.fork, so nothing to hold")
def test_children_are_not_held_up_by_what_the_parent_was_doing() -> None:
    def slow(connection: socket.socket, head: bytes) -> None:
        time.sleep(6 if asked(head).startswith("slow") else 0)
        connection.sendall(answer(body=AGENT.body(asked(head))))

    with hostile(slow) as server:
        counted = of_another_process(server.url)

    assert counted == {"right": 2 * CHILDREN}


def use(product: Product, url: str, asynchronous: bool, method: str, name: str = "mine", times: int = 1) -> Any:
    """Calls a method of a fresh client, several times, and gives the last answer."""

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


OTHERS = {
    "another": "another",
    "a longer one": "mine-2",
    "a shorter one": "min",
    "another case": "MINE",
    "a blank more": "mine ",
    "a number": 7,
    "true": True,
    "an empty text": "",
}


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("raw_too", [False, True], ids=["typed", "raw"])
@BOTH
@EVERY
def test_an_answer_about_another_job_is_no_answer(
    product: Product, asynchronous: bool, raw_too: bool, other: str
) -> None:
    method = f"get_{product.noun}{'_raw' if raw_too else ''}"
    with (
        hostile(lambda connection, _: connection.sendall(answer(body=product.body(OTHERS[other])))) as server,
        pytest.raises(UnexpectedResponseError, match=r"which is another job|wanted the id of the job") as caught,
    ):
        use(product, server.url, asynchronous, method)

    assert (caught.value.status, caught.value.attempts) == (200, 1)
    assert caught.value.operation == f"get_{product.noun}"


@pytest.mark.parametrize(("sent", "told_id"), [("mine", "mine"), ("7", 7), ("a/b", "a/b"), ("ü", "ü")])
@BOTH
@EVERY
def test_an_answer_about_the_same_job_is_one(product: Product, asynchronous: bool, sent: str, told_id: Any) -> None:
    with hostile(lambda connection, _: connection.sendall(answer(body=product.body(told_id)))) as server:
        status = use(product, server.url, asynchronous, f"get_{product.noun}", sent)

    assert got(product, status) == told_id


@BOTH
@EVERY
def test_an_answer_that_came_before_its_question_is_not_taken(product: Product, asynchronous: bool) -> None:
    def twice(connection: socket.socket, head: bytes) -> None:
        mine, early = answer(body=product.body(asked(head))), answer(body=product.body("next"))
        connection.sendall(mine + early)

    def both(url: str) -> Any:
        async def call() -> Any:
            async with product.client(url, asynchronous=True, timeout=2, max_retries=0) as api:
                await getattr(api, f"get_{product.noun}")("first")
                return await getattr(api, f"get_{product.noun}_raw")("second")

        if asynchronous:
            return asyncio.run(call())
        with product.client(url, timeout=2, max_retries=0) as api:
            getattr(api, f"get_{product.noun}")("first")
            return getattr(api, f"get_{product.noun}_raw")("second")

    with hostile(twice) as server:
        try:
            second = in_time(5, lambda: both(server.url))
        except UnexpectedResponseError:
            return

    assert got(product, second.parsed) == "second"


def test_an_id_that_no_answer_repeats_is_checked_in_memory_too() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=AGENT.body("another")))
    with AGENT.client("http://host", http_transport=transport) as api, pytest.raises(UnexpectedResponseError):
        api.get_dock_status("mine")


if __name__ == "__main__":
    if len(sys.argv) == 2:
        crowded(sys.argv[1])
    else:
        family(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
