"""A call of the client in comparison with one of plain httpx, and the decoding of a model with that of JSON."""

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
from .results import Table
from .server import server

ROUNDS, CALLS = 9, 200
SMALL = json.dumps({"_id": "ds-1", "toolId": "a-1", "jobType": "TOOLS", "action": "DEPLOY", "status": "SUCCESS"})
TIMEOUT = httpx.Timeout(30.0, connect=5.0)
LIMITS = httpx.Limits(max_connections=10, max_keepalive_connections=10, keepalive_expiry=60.0)
PATH = path_of("agent-platform", "get_dock_status", "ds-1")
PLAIN = "client.get(...).json() of httpx"
Times = tuple[list[float], list[float]]


def alternate(plain: Callable[[], object], ours: Callable[[], object]) -> Times:
    """Return the median seconds of each call in each round; the calls alternate within a round."""
    found: Times = ([], [])
    for number in range(ROUNDS + 1):
        times: Times = ([], [])
        for _ in range(CALLS):
            for index, call in enumerate((plain, ours)):
                started = time.perf_counter()
                call()
                times[index].append(time.perf_counter() - started)
        if number:  # the first round is a warm-up
            for index in (0, 1):
                found[index].append(statistics.median(times[index]))
    return found


async def alternate_async(plain: Callable[[], Awaitable[object]], ours: Callable[[], Awaitable[object]]) -> Times:
    """Return the median seconds of each async call, as `alternate` does for sync calls."""
    found: Times = ([], [])
    for number in range(ROUNDS + 1):
        times: Times = ([], [])
        for _ in range(CALLS):
            for index, call in enumerate((plain, ours)):
                started = time.perf_counter()
                await call()
                times[index].append(time.perf_counter() - started)
        if number:
            for index in (0, 1):
                found[index].append(statistics.median(times[index]))
    return found


def _calls() -> Table:
    table = Table("A call", PLAIN, "Wall time, at a server without latency.")
    with server(SMALL) as url:
        plain = httpx.Client(timeout=TIMEOUT, limits=LIMITS, headers={"x-api-key": "key"})
        with plain, AgentPlatform(url, api_key="key") as api:
            pair = alternate(lambda: plain.get(url + PATH).json(), lambda: api.get_dock_status("ds-1"))
        _add(table, "sync", pair)

        async def run() -> Times:
            plain = httpx.AsyncClient(timeout=TIMEOUT, limits=LIMITS, headers={"x-api-key": "key"})

            async def get() -> object:
                return (await plain.get(url + PATH)).json()

            async with plain, AsyncAgentPlatform(url, api_key="key") as api:
                return await alternate_async(get, lambda: api.get_dock_status("ds-1"))

        _add(table, "async", asyncio.run(run()))
    return table


def _add(table: Table, metric: str, pair: Times) -> None:
    for subject, times in zip((PLAIN, "job-status"), pair, strict=True):
        table.add(subject, metric, "us", times, scale=1e6, goal="ratio up to 1.10")


def _decoding() -> Table:
    document = load(ROOT / "openapi/ai-for-service.yaml")
    text = json.dumps(document.operations[0].success.media_types[0].examples[0].value)
    pair = alternate(lambda: json.loads(text), lambda: PublishStatus.from_dict(json.loads(text)))
    table = Table("Decoding of a publish status", "json.loads", "Wall time, without a network.")
    for subject, times in zip(("json.loads", "job-status"), pair, strict=True):
        table.add(subject, "time", "us", times, scale=1e6)
    return table


def tables() -> list[Table]:
    """Measure calls and decoding."""
    return [_calls(), _decoding()]
