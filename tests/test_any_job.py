"""Waits for jobs of every shape that `x-job` and links can describe, with a package generated from small documents."""

import asyncio
import gc
import importlib
import inspect
import json
import os
import pickle
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from scripts.document import job_noun, load_folder
from scripts.generate import build

from .any_job import CASES, LISTS, PROGRESS, TEXT, Case, Reply, document, ok
from .any_start import REFUSED, RUN, STARTS, STATUS
from .conftest import ROOT
from .virtual_clock import VirtualClock, run_until_complete

DOCUMENTS: dict[str, dict[str, Any]] = {
    "any-job": document("Any", {**CASES, **{name: case for name, (case, _) in PROGRESS.items()}})
}
DOCUMENTS["start"] = document(
    "Start", {RUN: STATUS, "Ticket": Case(LISTS, {}, {"run": TEXT})}, dict(s.operation(n) for n, s in STARTS.items())
)
del DOCUMENTS["start"]["paths"]["/Ticket/jobs/{id}"]
PLAIN = Case(LISTS, {})
DOCUMENTS["nouns"] = document("Nouns", {"run": PLAIN, "disk": PLAIN, "read_run": PLAIN, "disk_job": PLAIN})
for _path, _name in (("read_run", "read_run"), ("disk", "fetch_disk"), ("disk_job", "disk_job")):
    DOCUMENTS["nouns"]["paths"][f"/{_path}/jobs/{{id}}"]["get"]["operationId"] = _name
del DOCUMENTS["nouns"]["paths"]["/disk_job/jobs/{id}"]["get"]["x-job"]
OUTCOMES = [(name, outcome) for name, case in CASES.items() for outcome in case.replies if outcome != "pending"]
END = 3.0  # seconds until a job ends
QUICKLY = (0.0, 0.01)  # a schedule in real time


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generate one package from all documents, as `any_job`: its imports are relative."""
    documents, target = tmp_path_factory.mktemp("documents"), tmp_path_factory.mktemp("package")
    for name, data in DOCUMENTS.items():
        (documents / f"{name}.json").write_text(json.dumps(data), encoding="utf-8")
    build(load_folder(documents), target, "tests")
    shutil.move(target / "job_status", target / "any_job")
    return target


@pytest.fixture(scope="module")
def package(folder: Path) -> Iterator[ModuleType]:
    """Import the package."""
    sys.path.insert(0, str(folder))
    yield importlib.import_module("any_job")
    sys.path.remove(str(folder))


class Server:
    """A server whose only job returns a pending reply until it ends."""

    def __init__(self, clock: VirtualClock, pending: Reply, final: Reply) -> None:
        self.clock, self.pending, self.final = clock, pending, final
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Respond to one request."""
        self.requests.append(request)
        status, body, headers = self.final if self.clock.time >= END else self.pending
        return httpx.Response(status, headers=headers, content=b"" if body is None else json.dumps(body).encode())


class CountingServer:
    """A server in real time, each of whose jobs ends after its first poll."""

    def __init__(self, outcome: str) -> None:
        self.outcome = outcome
        self.polls: Counter[str] = Counter()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Respond to one request."""
        case, name = CASES[request.url.path.split("/")[2]], described(request) + request.url.path
        self.polls[name] += 1
        status, body, headers = case.replies[self.outcome if self.polls[name] > 1 else "pending"]
        return httpx.Response(status, headers=headers, content=b"" if body is None else json.dumps(body).encode())


class StartServer:
    """A server that starts a job, which ends after some seconds."""

    def __init__(self, clock: VirtualClock, reply: Reply) -> None:
        self.clock, self.reply = clock, reply
        self.polls: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Respond to one request."""
        status, body, headers = self.reply
        if request.url.path.startswith(f"/base/{RUN}/"):
            self.polls.append(request)
            status, body, headers = ok({"state": "done" if self.clock.time >= END else "running"})
        return httpx.Response(status, headers=headers, content=b"" if body is None else json.dumps(body).encode())


class Client:
    """A client, sync or async, in virtual time if it has a clock."""

    def __init__(
        self, package: ModuleType, name: str, server: Any, clock: VirtualClock | None, asynchronous: bool
    ) -> None:
        self.asynchronous, self.clock = asynchronous, clock
        cls = getattr(package, f"Async{name}" if asynchronous else name)
        cls = clock.client_class(cls) if clock else cls
        self.api = cls("http://vendor/base", http_transport=httpx.MockTransport(server))

    def call(self, name: str, *arguments: Any, **options: Any) -> Any:
        """Return the result of a method, awaited if it is async."""
        return self.do(lambda: getattr(self.api, name)(*arguments, **options))

    def do(self, function: Any) -> Any:
        """Return the result of a function, awaited if it is async."""
        if not self.asynchronous:
            return function()

        async def awaited() -> Any:
            return await function()

        return run_until_complete(self.clock, awaited()) if self.clock else asyncio.run(awaited())


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def asynchronous(request: pytest.FixtureRequest) -> bool:
    """Run a test with sync and with async clients."""
    return bool(request.param)


def arguments(package: ModuleType, name: str, case: Case) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments of a wait by id; a request body is a model."""
    positional, keywords = case.wait
    if "body" in keywords:
        models = importlib.import_module(f"{package.__name__}.any_job.models")
        keywords = {**keywords, "body": models.GetPostedBodyBody.from_dict(keywords["body"])}
    return positional, keywords


def start_arguments(package: ModuleType, name: str) -> dict[str, Any]:
    """Return the arguments of a start; a request body is a model."""
    found = STARTS[name].arguments
    if "body" in found:
        models = importlib.import_module(f"{package.__name__}.start.models")
        return {**found, "body": models.StartBodyBody.from_dict(found["body"])}
    return found


def described(request: httpx.Request) -> str:
    """Return the method, target, own header and body of a request."""
    target = re.sub(r"^/base/\w+", "", request.url.raw_path.decode())
    header = f" X-Tenant: {request.headers['x-tenant']}" if "x-tenant" in request.headers else ""
    return f"{request.method} {target}{header} {request.content.decode()}".strip()


def to_json(status: Any) -> Any:
    """Return a status as JSON."""
    return None if status is None else status.to_dict()


@pytest.mark.parametrize(("name", "outcome"), OUTCOMES)
def test_wait_ends_as_the_document_says(package: ModuleType, name: str, outcome: str, asynchronous: bool) -> None:
    case, clock = CASES[name], VirtualClock()
    server = Server(clock, case.replies["pending"], case.replies[outcome])
    client = Client(package, "Any", server, clock, asynchronous)
    positional, keywords = arguments(package, name, case)

    if outcome in {"success", "partial"}:
        job = getattr(client.api, f"{name}_job")(*positional, **keywords)
        status = client.do(job.wait)
        assert to_json(status) == case.replies[outcome][1]
        assert (job.partial, job.outcome.partial) == (outcome == "partial", outcome == "partial")
    elif outcome == "failure":
        with pytest.raises(package.JobFailedError) as failed:
            client.call(f"wait_for_{name}", *positional, **keywords)
        assert (failed.value.state, failed.value.reason) == (case.state, case.reason)
        assert to_json(failed.value.status) == case.replies[outcome][1]
    else:
        with pytest.raises(package.NotFoundError, match="there is no such job") as missing:
            client.call(f"wait_for_{name}", *positional, **keywords)
        assert missing.value.detail == "no run j-1"
        assert END + 29 < clock.time < END + 40
    assert {described(request) for request in server.requests} == {case.polled.replace(", ", ",").replace('": ', '":')}
    assert len(server.requests) > 2


@pytest.mark.parametrize("name", STARTS)
def test_wait_follows_links(package: ModuleType, name: str, asynchronous: bool) -> None:
    clock, start = VirtualClock(), STARTS[name]
    server = StartServer(clock, start.reply)
    client = Client(package, "Start", server, clock, asynchronous)

    started = client.call(f"start_{name}", **start_arguments(package, name))
    job = client.api.job(started)
    status = client.do(job.wait)

    assert status.state == "done"
    assert {described(request) for request in server.polls} == {start.polled}
    assert client.do(client.api.resume(job.token()).wait).state == "done"
    assert {described(request) for request in server.polls} == {start.polled}


@pytest.mark.parametrize("name", STARTS)
def test_copy_of_a_start_names_the_method_that_waits_by_id(package: ModuleType, name: str) -> None:
    clock, start = VirtualClock(), STARTS[name]
    client = Client(package, "Start", StartServer(clock, start.reply), clock, asynchronous=False)
    started = client.call(f"start_{name}", **start_arguments(package, name))
    copied = pickle.loads(pickle.dumps(started))  # noqa: S301 - made here

    if start.needs_request:
        with pytest.raises(package.InvalidArgumentError, match=r"is missing; use wait_for_run_status\(id\)"):
            client.api.job(copied)
    else:
        assert client.call("wait", copied).state == "done"


@pytest.mark.parametrize("name", REFUSED)
def test_start_without_a_job_is_an_unexpected_response(package: ModuleType, name: str, asynchronous: bool) -> None:
    clock, (reply, message) = VirtualClock(), REFUSED[name]
    server = StartServer(clock, reply)
    client = Client(package, "Start", server, clock, asynchronous)
    started = client.call(f"start_{name}", **start_arguments(package, name))

    with pytest.raises(package.UnexpectedResponseError, match=message):
        client.api.job(started)
    assert not server.polls


def test_raw_response_has_the_headers_and_its_body_can_be_waited_for(package: ModuleType) -> None:
    clock, start = VirtualClock(), STARTS["absolute"]
    client = Client(package, "Start", StartServer(clock, start.reply), clock, asynchronous=False)

    raw = client.call("start_absolute_raw", queue="q")

    assert (raw.status, raw.headers["location"]) == (202, start.reply[2]["Location"])
    assert client.call("wait", raw.parsed).state == "done"


def test_origins_of_starts_are_released(package: ModuleType) -> None:
    clock = VirtualClock()
    client = Client(package, "Start", StartServer(clock, STARTS["path"].reply), clock, asynchronous=False)
    origins = importlib.import_module(f"{package.__name__}._client.started")._origins
    before = len(origins)

    started = [client.call("start_path", queue="q") for _ in range(5)]
    assert len(origins) == before + 5
    del started
    gc.collect()
    assert len(origins) == before


@pytest.mark.parametrize("raising", [False, True])
def test_partial_success_is_returned_or_raised(package: ModuleType, asynchronous: bool, raising: bool) -> None:
    client = Client(package, "Any", CountingServer("partial"), None, asynchronous)
    options: dict[str, Any] = {"schedule": QUICKLY, **({"raise_on_partial": True} if raising else {})}
    jobs = [client.api.partial_job(f"j-{number}", **options) for number in range(3)]
    wait_all = package.async_wait_all if asynchronous else package.wait_all

    resumed = client.api.resume(jobs[0].token(), schedule=QUICKLY)
    outcomes = client.do(lambda: wait_all([*jobs, resumed]))

    for outcome in outcomes:
        assert outcome.partial
        assert outcome.job.partial
        assert isinstance(outcome.error, package.JobPartialError) == raising
        if raising:
            with pytest.raises(package.JobPartialError, match=r"get_partial j-\d: some after") as error:
                outcome.result()
            assert (error.value.state, error.value.status.state) == ("some", "some")
            assert pickle.loads(pickle.dumps(error.value)) == error.value  # noqa: S301 - made here
        else:
            assert outcome.result().state == "some"


def test_raise_on_partial_is_an_option_of_documents_with_partial_states_only(package: ModuleType) -> None:
    assert "raise_on_partial" in inspect.signature(package.Any.wait_for_partial).parameters
    assert "raise_on_partial" in inspect.signature(package.Start.wait).parameters
    assert "raise_on_partial" not in inspect.signature(package.Any.wait_for_no_id).parameters


@pytest.mark.parametrize("name", PROGRESS)
def test_progress_is_a_share(package: ModuleType, name: str, asynchronous: bool) -> None:
    clock, members = VirtualClock(), PROGRESS[name][1]
    server = Server(clock, ok({"state": "running", **members}), ok({"state": "done", **members}))
    client = Client(package, "Any", server, clock, asynchronous)
    updates: list[tuple[str, float | None]] = []

    client.call(f"wait_for_{name}", "j-1", on_update=lambda status, progress: updates.append((status.state, progress)))

    assert updates == [("running", 25.0), ("done", 25.0)]


def test_all_states_are_waited_for_at_once(package: ModuleType, asynchronous: bool) -> None:
    client = Client(package, "Any", CountingServer("success"), None, asynchronous)
    jobs = []
    for name, case in CASES.items():
        positional, keywords = arguments(package, name, case)
        jobs.append(getattr(client.api, f"{name}_job")(*positional, **keywords))
    wait_all = package.async_wait_all if asynchronous else package.wait_all

    outcomes = client.do(lambda: wait_all([client.api.resume(job.token(), schedule=QUICKLY) for job in jobs]))

    assert [to_json(outcome.result()) for outcome in outcomes] == [c.replies["success"][1] for c in CASES.values()]


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if "id" in case.x_job])
def test_status_of_another_job_is_refused(package: ModuleType, name: str) -> None:
    clock, case = VirtualClock(), CASES[name]
    status, body, headers = case.replies["success"]
    other = (status, {**body, "id": f"{body['id']}0"}, headers)
    client = Client(package, "Any", Server(clock, other, other), clock, asynchronous=False)

    with pytest.raises(package.UnexpectedResponseError, match="which is another job"):
        client.call(f"wait_for_{name}", *case.wait[0], timeout=None)
    with pytest.raises(package.UnexpectedResponseError, match="which is another job"):
        client.call(f"get_{name}", *case.wait[0])


@pytest.mark.parametrize("name", ["query_id", "posted"])
def test_id_that_would_reach_another_endpoint_is_refused(package: ModuleType, name: str) -> None:
    clock = VirtualClock()
    client = Client(package, "Any", Server(clock, ok({}), ok({})), clock, asynchronous=False)

    for method in (f"get_{name}", f"wait_for_{name}"):
        for value in ("", "..", None, "a\nb"):
            with pytest.raises(package.InvalidArgumentError):
                client.call(method, value)


def test_call_says_that_there_is_no_such_job(package: ModuleType, asynchronous: bool) -> None:
    clock, reply = VirtualClock(), CASES["unknown"].replies["unknown"]
    client = Client(package, "Any", Server(clock, reply, reply), clock, asynchronous)

    with pytest.raises(package.NotFoundError, match="no run j-1, which says that there is no such job") as error:
        client.call("get_unknown", "j-1")
    assert error.value.status == 200


def test_posted_status_is_retried_and_a_posted_start_is_not(package: ModuleType, asynchronous: bool) -> None:
    clock, seen = VirtualClock(), []

    def serve(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.path)
        return httpx.Response(503)

    with pytest.raises(package.ServerError):
        Client(package, "Any", serve, clock, asynchronous).call("get_posted", "j-1")
    assert len(seen) == 3
    with pytest.raises(package.ServerError):
        Client(package, "Start", serve, clock, asynchronous).call("start_path", "q")
    assert len(seen) == 4


def test_state_that_no_condition_describes_is_unknown_and_pending(
    package: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    clock = VirtualClock()
    new, final = ok({"id": "j-1", "status": "waiting"}), CASES["two_fields"].replies["success"]
    client = Client(package, "Any", Server(clock, new, final), clock, asynchronous=False)

    assert client.call("wait_for_two_fields", "j-1").conclusion == "success"
    assert "unknown state 'unknown', treated as pending; documented: pending, success, partial, failure" in caplog.text
    nothing = ok({"id": "j-1"})
    client = Client(package, "Any", Server(clock, nothing, nothing), clock, asynchronous=False)
    with pytest.raises(package.UnexpectedResponseError, match="it satisfies no condition of the state"):
        client.call("wait_for_two_fields", "j-1")


def test_nouns() -> None:
    names = {
        "get_batch": "batch",
        "retrieve_batch_by_id": "batch",
        "describe_job": "job",
        "undeploy_status": "undeploy_status",
        "get_": "get_",
        "status": "status",
    }

    assert {name: job_noun(name) for name in names} == names


def test_nouns_of_a_document_do_not_collide(package: ModuleType) -> None:
    methods = {name for name in dir(package.Nouns) if name.startswith("wait_for_") or name.endswith("_job")}

    assert methods == {
        "wait_for_get_run",
        "get_run_job",
        "wait_for_read_run",
        "read_run_job",
        "wait_for_fetch_disk",
        "fetch_disk_job",
        "disk_job",
    }


def test_package_passes_mypy(folder: Path, tmp_path: Path) -> None:
    program = """
from any_job import Any, Job, Start
from any_job.any_job.models import Redirect
from any_job.start.models import RunStatus
from typing import assert_type

def use(any: Any, start: Start) -> None:
    assert_type(any.wait_for_redirect("j"), Redirect | None)
    assert_type(any.redirect_job("j"), Job[Redirect | None])
    any.wait_for_no_body_at_all("j")
    assert_type(start.wait(start.start_absolute("q"), raise_on_partial=True), RunStatus)
    assert_type(start.wait(start.start_shared("q")), RunStatus)
"""
    (tmp_path / "program.py").write_text(program, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "--config-file", os.devnull]
    done = subprocess.run(
        [*command, str(folder / "any_job"), str(tmp_path / "program.py")],
        cwd=ROOT,
        env={**os.environ, "MYPYPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://host/api/v1/jobs/a%2Fb/", {"id": "a/b"}),
        ("/prefix/v1/jobs/1?x=2", {"id": "1", "x": "2"}),
        ("jobs/1", {"id": "1"}),
        ("v1/jobs/1", {"id": "1"}),
        ("2/jobs/1", {}),
        ("0/v1/jobs/1", {}),
        ("/jobs/1", {}),
        ("runs/1", {}),
        ("/v1/jobs/", {}),
        ("1", {}),
        ("a:b", {}),
        ("urn:x/1", {}),
    ],
)
def test_parameters_of_url(package: ModuleType, url: str, found: dict[str, str]) -> None:
    factory = importlib.import_module(f"{package.__name__}._client.polling.factory")

    assert factory.parameters_of_url("/v1/jobs/{id}", url) == found
    assert factory.parameters_of_url("/{kind}/{id}", "a/b") == {}
