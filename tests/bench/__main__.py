"""`make bench`: client, waits, simulator and verification, each beside what others use, measured in one run."""

import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable

import httpx
from job_status import AgentPlatform, AsyncAgentPlatform
from job_status.ai_for_service.models import PublishStatus

from scripts.document import load

from ..conftest import ROOT
from . import before, schedules, simulating, verifying, watching
from .server import server

ROUNDS, CALLS = 40, 60
SMALL = json.dumps({"_id": "ds-1", "toolId": "a-1", "jobType": "TOOLS", "action": "DEPLOY", "status": "SUCCESS"})
TIMEOUT = httpx.Timeout(30.0, connect=5.0)
LIMITS = httpx.Limits(max_connections=10, max_keepalive_connections=10, keepalive_expiry=60.0)
PATH = "/api/public/dock-status/ds-1"


def in_turns(plain: Callable[[], object], ours: Callable[[], object]) -> tuple[float, float]:
    """Median seconds of both, measured call by call in turns, so that a noisy machine is noisy for both."""
    for _ in range(CALLS):
        plain()
        ours()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS * CALLS):
        for index, call in enumerate((plain, ours)):
            began = time.perf_counter()
            call()
            times[index].append(time.perf_counter() - began)
    return statistics.median(times[0]), statistics.median(times[1])


async def in_turns_async(
    plain: Callable[[], Awaitable[object]], ours: Callable[[], Awaitable[object]]
) -> tuple[float, float]:
    """As `in_turns`, async."""
    for _ in range(CALLS):
        await plain()
        await ours()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS * CALLS):
        for index, call in enumerate((plain, ours)):
            began = time.perf_counter()
            await call()
            times[index].append(time.perf_counter() - began)
    return statistics.median(times[0]), statistics.median(times[1])


def told(what: str, plain: float, ours: float, unit: str = "us", goal: str = "") -> None:
    """One line of the result."""
    scale = {"us": 1e6, "ms": 1e3}[unit]
    print(
        f"{what:48} plain {plain * scale:8.1f} {unit}   ours {ours * scale:8.1f} {unit}   ratio {ours / plain:5.2f}   {goal}"
    )


def calls() -> None:
    """The cost of a call, its answer read as JSON or as a model."""
    with server(SMALL) as url:
        plain = httpx.Client(timeout=TIMEOUT, limits=LIMITS, headers={"x-api-key": "key"})
        with plain, AgentPlatform(url, api_key="key") as api:
            pair = in_turns(lambda: plain.get(url + PATH).json(), lambda: api.get_dock_status("ds-1"))
            told("call, sync, against client.get(...).json()", *pair, goal="goal 1.10")

        async def run() -> tuple[float, float]:
            plain = httpx.AsyncClient(timeout=TIMEOUT, limits=LIMITS, headers={"x-api-key": "key"})

            async def get() -> object:
                return (await plain.get(url + PATH)).json()

            async with plain, AsyncAgentPlatform(url, api_key="key") as api:
                return await in_turns_async(get, lambda: api.get_dock_status("ds-1"))

        told("call, async, against client.get(...).json()", *asyncio.run(run()), goal="goal 1.10")


def imports() -> None:
    """The cost of an import, in fresh processes."""
    programs = ("import httpx", "import job_status", "from job_status import AgentPlatform")
    times: dict[str, list[float]] = {program: [] for program in programs}
    for _ in range(15):
        for program in programs:
            began = time.perf_counter()
            subprocess.run([sys.executable, "-c", program], check=True)
            times[program].append(time.perf_counter() - began)
    medians = {program: statistics.median(values) for program, values in times.items()}
    told("import job_status, against import httpx", medians[programs[0]], medians[programs[1]], "ms", "goal 1.15")
    told("from job_status import AgentPlatform", medians[programs[0]], medians[programs[2]], "ms")


def decoding() -> None:
    """The cost of a model over that of its JSON, without a network."""
    document = load(ROOT / "openapi/ai-for-service.yaml")
    value = document.operations[0].success.media_types[0].examples[0].value
    text = json.dumps(value)
    pair = in_turns(lambda: json.loads(text), lambda: PublishStatus.from_dict(json.loads(text)))
    told("publish status, against json.loads", *pair)


def main() -> None:
    """Runs every benchmark."""
    before.main()
    calls()
    imports()
    decoding()
    schedules.main()
    watching.main()
    simulating.main()
    verifying.main()


if __name__ == "__main__":
    main()
