"""Runs of the verification on mutants and on conforming servers."""

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

from attrs import frozen

from ..document import Document
from ..simulate import Simulator, SimulatorSettings, SteppingClock
from ..verify.jobs import started_operations
from ..verify.local_simulator import STEP, synthetic_environment
from ..verify.result import Result
from ..verify.run import verify
from ..verify.target import Profile, Target, make_target
from .messages import unchanged
from .mutant import Api, Mutant
from .wire import InProcess, MutatedServer

HOST = "http://127.0.0.1"  # never contacted: the transport is in process
SECONDS = 60  # of one run
Verdict = Literal["killed", "killed otherwise", "inconclusive", "survived", "no witness"]


@frozen
class Outcome:
    """The result of one run: `checks` are those that failed."""

    id: str
    kind: str
    document: str
    verdict: str
    expected: tuple[str, ...]
    checks: tuple[str, ...]
    problems: tuple[str, ...]
    seconds: float
    requests: int


def apis(documents: Iterable[Document]) -> Iterator[Api]:
    """Yield every operation that reports a job, with the credential that the simulator accepts."""
    for document in documents:
        environment = synthetic_environment([document])
        for operation in document.operations:
            if operation.job is None:
                continue
            start = next((one for one in document.operations if operation in started_operations(document, one)), None)
            keys = next((keys for keys in operation.security if len(keys) == 1), ())
            scheme = document.security_schemes[keys[0]] if keys else None
            credential = environment[document.environment_variable(keys[0])] if keys else ""
            yield Api(document, operation, start, scheme, credential)


def choose_api(mutant: Mutant, candidates: Sequence[Api], seed: int) -> Api | None:
    """Return the API that a mutant changes: with each seed another one of those that have what it needs."""
    suitable = [api for api in candidates if mutant.needs(api)]
    return suitable[seed % len(suitable)] if suitable else None


def conforming(document: Document, seed: int) -> Simulator:
    """Return the simulator of a document."""
    settings = SimulatorSettings(environment=synthetic_environment([document]), clock=SteppingClock(STEP), seed=seed)
    return Simulator([document], settings)


def target_of(document: Document, profile: Profile = "full", *, stepping: bool = True, base_url: str = "") -> Target:
    """Return the target of a run."""
    environment = synthetic_environment([document])
    is_full = profile == "full"
    url = base_url or f"{HOST}/{document.stem}"
    return make_target(document, url, environment, profile=profile, writes=is_full, stepping=stepping and is_full)


def run_server(
    server: MutatedServer, document: Document, profile: Profile = "full", *, stepping: bool = True
) -> Result:
    """Send the deterministic requests to a server in process."""
    return verify(target_of(document, profile, stepping=stepping), None, SECONDS, InProcess(server))


def run_mutant(
    mutant: Mutant, api: Api, seed: int, profile: Profile = "full", *, stepping: bool = True
) -> tuple[Outcome, MutatedServer]:
    """Verify one mutant; return the outcome and the server with its log."""
    began = time.perf_counter()
    server = MutatedServer(conforming(api.document, seed), mutant.make(api))
    result = run_server(server, api.document, profile, stepping=stepping)
    found = sorted({failure.check for failure in result.failures()})
    has_fault = mutant.witness(api, server.log)
    verdict: Verdict = (
        "no witness"
        if not has_fault
        else "killed"
        if mutant.expected & set(found)
        else "killed otherwise"
        if found
        else "inconclusive"
        if result.status == 2
        else "survived"
    )
    outcome = Outcome(
        mutant.id,
        mutant.kind,
        api.document.stem,
        verdict,
        tuple(sorted(mutant.expected)),
        tuple(found),
        tuple(result.problems),
        time.perf_counter() - began,
        len(server.log),
    )
    return outcome, server


def run_conforming(document: Document, seed: int, profile: Profile = "full") -> tuple[Result, MutatedServer]:
    """Verify the simulator without a mutation."""
    server = MutatedServer(conforming(document, seed), unchanged)
    return run_server(server, document, profile), server


def reported(result: Result) -> list[str]:
    """Return what a run on a conforming server must not report: failures and problems."""
    return [*(f"{f.operation_id} {f.check}: {f.got}" for f in result.failures()), *result.problems]


def first(values: Iterable[Any]) -> Any:
    """Return the first value, or None."""
    return next(iter(values), None)
