"""Runs of the verification on mutants and on conforming servers."""

import base64
import datetime
import gzip
import itertools
import json
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, Literal
from unittest import mock

from attrs import Factory, define

from ..document import Document, load
from ..simulate import Simulator, SimulatorSettings, SteppingClock
from ..verify.jobs import started_operations
from ..verify.local_simulator import STEP, synthetic_environment
from ..verify.result import Result
from ..verify.run import verify
from ..verify.scenarios import polling
from ..verify.target import Profile, Target, make_target
from ..verify.traffic.check import check_traffic
from .frameworks.servers import FRAMEWORKS
from .frameworks.tasks import TOKEN
from .messages import Exchange, Log, Response, unchanged
from .mutant import Api, Mutant
from .variants import VARIANTS
from .wire import InProcess, MutatedServer

HOST = "http://127.0.0.1"  # never contacted: the transport is in process
SECONDS = 60  # of one run
FRACTION = 0.25  # seconds, so that no time is one of whole seconds
Verdict = Literal["killed", "killed otherwise", "inconclusive", "survived", "no witness", "error"]


@define
class Outcome:
    """The result of one run: `checks` are those that failed, `live` and `passive` say whether these found it as well.

    `reported` is what was reported about a conforming server: anything is a false alarm.
    """

    id: str
    kind: str
    document: str
    clause: str = ""
    description: str = ""
    verdict: Verdict | None = None
    expected: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    reported: tuple[str, ...] = ()
    seconds: float = 0.0
    requests: int = 0
    live: bool = False
    passive: bool = False
    peers: dict[str, bool] = Factory(dict)


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


def target_of(
    document: Document, profile: Profile, environment: Mapping[str, str], *, stepping: bool, base_url: str = ""
) -> Target:
    """Return the target of a run."""
    url, is_full = base_url or f"{HOST}/{document.stem}", profile == "full"
    return make_target(document, url, environment, profile=profile, writes=is_full, stepping=stepping and is_full)


def run_server(
    server: MutatedServer, document: Document, profile: Profile = "full", *, stepping: bool = True
) -> Result:
    """Send the deterministic requests to a server in process."""
    target = target_of(document, profile, synthetic_environment([document]), stepping=stepping)
    # The clock of the simulator moves with each request.
    with mock.patch.object(polling, "POLL_INTERVAL", 0.0):
        return verify(target, None, SECONDS, InProcess(server))


def check_passively(api: Api, log: Log) -> Result:
    """Check the exchanges of a run as recorded traffic: without sending anything, and without knowing the ids."""
    base = f"http://recorded/{api.document.stem}"
    with tempfile.TemporaryDirectory(prefix="job-status-") as folder:
        path = Path(folder, "traffic.har")
        path.write_text(json.dumps(archive(api, log)), encoding="utf-8")
        return check_traffic([str(path)], [api.document], {}, base).results[0]


def archive(api: Api, log: Log) -> dict[str, Any]:
    """Return the exchanges that an ordinary client causes as an HTTP Archive."""
    exchanges = [exchange for exchange in is_ordinary(api, log) if not exchange.sent.is_cut]
    creator = {"name": "job-status mutate", "version": "1"}
    return {"log": {"version": "1.2", "creator": creator, "entries": list(map(_entry, itertools.count(), exchanges))}}


def _entry(number: int, exchange: Exchange) -> dict[str, Any]:
    request, sent, body = exchange.request, exchange.sent, decoded(exchange.sent)
    at = datetime.datetime.fromtimestamp(number * STEP + FRACTION, datetime.UTC)
    content_type = sent.header("content-type") or ""
    return {
        "startedDateTime": at.isoformat(),
        "time": 10,
        "request": {
            "method": request.method,
            "url": f"http://recorded{request.target}",
            "httpVersion": "HTTP/1.1",
            "headers": [{"name": name, "value": value} for name, value in request.headers],
            "postData": {"mimeType": "", "text": base64.b64encode(request.body).decode(), "encoding": "base64"},
        },
        "response": {
            "status": sent.status,
            "headers": [{"name": name, "value": value} for name, value in sent.headers],
            "content": {
                "size": len(body),
                "mimeType": content_type,
                "text": base64.b64encode(body).decode(),
                "encoding": "base64",
            },
        },
    }


def decoded(response: Response) -> bytes:
    """Return the body as recordings contain it: decompressed, if it is compressed."""
    is_zipped = response.header("content-encoding") == "gzip" and response.body.startswith(b"\x1f\x8b")
    return gzip.decompress(response.body) if is_zipped else response.body


def is_ordinary(api: Api, log: Log) -> Log:
    """Return the exchanges that an ordinary client causes: documented requests with the valid credential."""
    names = {parameter.name for parameter in api.operation.parameters_in("query")}
    return [
        exchange
        for exchange in log
        if api.has_credential(exchange.request)
        and (api.job_id(exchange.request) in api.operation.job_parameter.known_values or api.is_start(exchange.request))
        and exchange.request.parameters.keys() <= names
        and not any("%" in value for value in exchange.request.parameters)
        and exchange.request.header("accept") == "application/json"
        and exchange.request.body != b"{"
        and not exchange.request.header("if-none-match")
        and not exchange.request.header("if-modified-since")
    ]


def run_mutant(
    mutant: Mutant, api: Api, seed: int, profile: Profile = "full", *, stepping: bool = True
) -> tuple[Outcome, MutatedServer]:
    """Verify one mutant; return the outcome and the server with its log."""
    began = time.perf_counter()
    server = MutatedServer(conforming(api.document, seed), mutant.make(api))
    result = run_server(server, api.document, profile, stepping=stepping)
    found = sorted({failure.check for failure in result.failures()})
    verdict: Verdict = "survived"
    if not mutant.witness(api, server.log):
        verdict = "no witness"
    elif found:
        verdict = "killed" if mutant.expected & set(found) else "killed otherwise"
    elif result.status == 2:
        verdict = "inconclusive"
    outcome = Outcome(
        mutant.id,
        mutant.kind,
        api.document.stem,
        mutant.clause,
        mutant.description,
        verdict,
        tuple(sorted(mutant.expected)),
        tuple(found),
        tuple(result.problems),
        time.perf_counter() - began,
        len(server.log),
    )
    return outcome, server


def run_all_columns(mutant: Mutant, api: Api, seed: int, *, with_peers: bool = False) -> Outcome:
    """Verify one mutant with every profile, and check the exchanges of the full one passively, and with other tools."""
    outcome, server = run_mutant(mutant, api, seed)
    live, _ = run_mutant(mutant, api, seed, "live")
    outcome.live = bool(live.checks)
    outcome.passive = any(check_passively(api, server.log).failures())
    if with_peers:
        from .peers import peers

        outcome.peers = peers(api, mutant.make(api), server.log, seed)
    return outcome


def run_variant(name: str, api: Api, seed: int) -> Outcome:
    """Verify one conforming variant with both profiles, and check its exchanges passively."""
    began, reports = time.perf_counter(), []
    requests = 0
    for profile in ("full", "live"):
        server = MutatedServer(conforming(api.document, seed), VARIANTS[name][0](api))
        reports += reported(run_server(server, api.document, "full" if profile == "full" else "live"))
        requests += len(server.log)
        reports += [
            f"passively {failure.check}: {failure.got}" for failure in check_passively(api, server.log).failures()
        ]
    seconds = time.perf_counter() - began
    return Outcome(
        f"{name} {api.document.stem}", "conforming", api.document.stem, reported=tuple(reports), seconds=seconds,
        requests=requests,
    )  # fmt: skip


def load_tasks() -> Document:
    """Load the document of the servers in frameworks."""
    with resources.as_file(resources.files(f"{__package__}.frameworks") / "tasks.yaml") as path:
        return load(path)


def run_framework(name: str, _: int) -> Outcome:
    """Verify the server of one framework with both profiles."""
    document, began, reports = load_tasks(), time.perf_counter(), []
    environment = {document.environment_variable("token"): TOKEN}
    requests = 0
    for profile in ("full", "live"):
        with FRAMEWORKS[name]() as url:
            chosen: Profile = "full" if profile == "full" else "live"
            result = verify(target_of(document, chosen, environment, stepping=False, base_url=url), None)
            reports += reported(result)
            requests += sum(coverage.requests for coverage in result.coverage.values())
    seconds = time.perf_counter() - began
    return Outcome(name, "framework", document.stem, reported=tuple(reports), seconds=seconds, requests=requests)


def reported(result: Result) -> list[str]:
    """Return what a run on a conforming server must not report: failures and problems."""
    return [*(f"{f.operation_id} {f.check}: {f.got}" for f in result.failures()), *result.problems]


def run_conforming(document: Document, seed: int) -> MutatedServer:
    """Verify the simulator without a mutation; return it with its log."""
    server = MutatedServer(conforming(document, seed), unchanged)
    run_server(server, document)
    return server
