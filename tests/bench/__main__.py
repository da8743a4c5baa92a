"""`make bench`: measure client, waits, simulator and verification in comparison with alternatives."""

import asyncio
import json
import statistics
import time
from collections.abc import Awaitable, Callable

import httpx
from job_status import AgentPlatform, AsyncAgentPlatform
from job_status.ai_for_service.models import PublishStatus

from scripts.document import load

from ..conftest import ROOT
from ..paths import path_of
from . import base_commit, concurrent_waits, connections, imports, scaling, schedules, simulating, traffic, verifying
from .server import server

ROUNDS, CALLS = 40, 60
SMALL = json.dumps({"_id": "ds-1", "toolId": "a-1", "jobType": "TOOLS", "action": "DEPLOY", "status": "SUCCESS"})
TIMEOUT = httpx.Timeout(30.0, connect=5.0)
LIMITS = httpx.Limits(max_connections=10, max_keepalive_connections=10, keepalive_expiry=60.0)
PATH = path_of("agent-platform", "get_dock_status", "ds-1")


def alternate(plain: Callable[[], object], ours: Callable[[], object]) -> tuple[float, float]:
    """Return the median seconds of each call; the calls alternate so that noise of the machine affects both."""
    for _ in range(CALLS):
        plain()
        ours()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS * CALLS):
        for index, call in enumerate((plain, ours)):
            started = time.perf_counter()
            call()
            times[index].append(time.perf_counter() - started)
    return statistics.median(times[0]), statistics.median(times[1])


async def alternate_async(
    plain: Callable[[], Awaitable[object]], ours: Callable[[], Awaitable[object]]
) -> tuple[float, float]:
    """Return the median seconds of each async call, as `alternate` does for sync calls."""
    for _ in range(CALLS):
        await plain()
        await ours()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS * CALLS):
        for index, call in enumerate((plain, ours)):
            started = time.perf_counter()
            await call()
            times[index].append(time.perf_counter() - started)
    return statistics.median(times[0]), statistics.median(times[1])


def print_comparison(name: str, plain: float, ours: float, unit: str = "us", goal: str = "") -> None:
    """Print one line of the results; `plain` and `ours` are in seconds."""
    scale = {"us": 1e6, "ms": 1e3}[unit]
    print(
        f"{name:48} plain {plain * scale:8.1f} {unit}   ours {ours * scale:8.1f} {unit}   ratio {ours / plain:5.2f}   {goal}"
    )


def bench_calls() -> None:
    """Compare a call of the client with one of plain httpx that parses the JSON."""
    with server(SMALL) as url:
        plain = httpx.Client(timeout=TIMEOUT, limits=LIMITS, headers={"x-api-key": "key"})
        with plain, AgentPlatform(url, api_key="key") as api:
            pair = alternate(lambda: plain.get(url + PATH).json(), lambda: api.get_dock_status("ds-1"))
            print_comparison("call, sync, against client.get(...).json()", *pair, goal="goal 1.10")

        async def run() -> tuple[float, float]:
            plain = httpx.AsyncClient(timeout=TIMEOUT, limits=LIMITS, headers={"x-api-key": "key"})

            async def get() -> object:
                return (await plain.get(url + PATH)).json()

            async with plain, AsyncAgentPlatform(url, api_key="key") as api:
                return await alternate_async(get, lambda: api.get_dock_status("ds-1"))

        print_comparison("call, async, against client.get(...).json()", *asyncio.run(run()), goal="goal 1.10")


def bench_decoding() -> None:
    """Compare the decoding of a model with that of plain JSON, without a network."""
    document = load(ROOT / "openapi/ai-for-service.yaml")
    value = document.operations[0].success.media_types[0].examples[0].value
    text = json.dumps(value)
    pair = alternate(lambda: json.loads(text), lambda: PublishStatus.from_dict(json.loads(text)))
    print_comparison("publish status, against json.loads", *pair)


def main() -> None:
    """Run every benchmark."""
    base_commit.main()
    bench_calls()
    imports.main()
    bench_decoding()
    schedules.main()
    concurrent_waits.main()
    connections.main()
    simulating.main()
    verifying.main()
    scaling.main()
    traffic.main()


if __name__ == "__main__":
    main()
