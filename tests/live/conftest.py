"""Fixtures of the live tests: a real server, clients whose responses are checked, and cleanup of all that was created.

The environment selects the server and the tests: URL, CA_FILE, ALLOW_WRITES=1, API, STORY, OPENAPI, and the credentials
of the document.
"""

import asyncio
import os
import urllib.parse
import uuid
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from job_status import AsyncOpenSearchFlowFramework, OpenSearchFlowFramework
from job_status.opensearch_flow_framework.models import WorkflowStatus

from ..suites import is_named
from .checks import ExchangeChecks, InconclusiveError, Server, UsageError, exit_with_parent
from .signals import SignalHandling, handle_signals

HERE = Path(__file__).parent
Wait = Callable[[str], WorkflowStatus]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the live tests."""
    add = parser.getgroup("live").addoption
    add("--wait-timeout", type=float, default=60.0, help="maximum seconds of a wait for a workflow")
    add(
        "--max-delay",
        type=float,
        default=1.0,
        help="seconds that a wait may end after the workflow, regardless of its age",
    )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the live tests out of a run that does not name them."""
    return None if is_named(config, HERE) else True


def why_not_run(config: pytest.Config) -> str:
    """Return the reason for which no live test can run, and what to do; empty if they can."""
    if not is_named(config, HERE):
        return "name them: python -m pytest tests/live"
    if not os.environ.get("URL"):
        return "set URL to the base URL of a server"
    if os.environ.get("ALLOW_WRITES") != "1":
        return f"they write to the server; set ALLOW_WRITES=1 to run {os.environ.get('STORY') or 'all'}"
    if config.getoption("numprocesses", None) or hasattr(config, "workerinput"):
        return "one of them changes the settings of the whole cluster; run them in one process, with -n 0"
    return ""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Select the tests of the given API and story; deselect all if there is no server, or it may not be written to."""
    live = [item for item in items if item.path.is_relative_to(HERE) and isinstance(item, pytest.Function)]
    apis = {item.module.API for item in live}
    if live and os.environ.get("API", min(apis)) not in apis:
        raise pytest.UsageError(f"API: expected one of {', '.join(sorted(apis))}, got {os.environ['API']!r}")
    names = {item: (item.originalname or item.name).removeprefix("test_") for item in live}
    story = os.environ.get("STORY") or "all"
    if live and story not in {"all", *names.values()}:
        raise pytest.UsageError(
            f"STORY: expected one of {', '.join([*sorted(set(names.values())), 'all'])}, got {story!r}"
        )
    deselected = [item for item in live if why_not_run(config) or story not in {"all", names[item]}]
    items[:] = [item for item in items if item not in deselected]
    config.hook.pytest_deselected(items=deselected)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print why no live test was run."""
    if reason := why_not_run(config):
        terminalreporter.write_line(f"live tests not run: {reason}")


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Fail a test if a check of a response has failed."""
    node = pyfuncitem.funcargs.get("node")
    try:
        result = yield
    finally:
        if isinstance(node, Node):
            pyfuncitem.user_properties.append(("states", " → ".join(node.checks.states)))
            failures = "\n".join(node.checks.failures)
            pyfuncitem.add_report_section("call", "failed checks", failures)
    if isinstance(node, Node) and failures:
        pytest.fail("a check of a response has failed, see below", pytrace=False)
    return result


@pytest.fixture(scope="session")
def signals() -> Iterator[SignalHandling]:
    """Handle signals such that a run always cleans up."""
    with handle_signals() as handling:
        exit_with_parent()
        yield handling


@pytest.fixture(scope="session")
def server(signals: SignalHandling, request: pytest.FixtureRequest) -> Server:
    """Return the server, after a request has shown that it can be tested."""
    openapi = Path(os.environ.get("OPENAPI") or HERE.parents[1] / "openapi")
    try:
        return Server(openapi / f"{request.node.items[0].module.API}.yaml", os.environ["URL"], os.environ)
    except (InconclusiveError, UsageError) as error:
        pytest.exit(str(error), returncode=2)


class Node:
    """A node of OpenSearch, with a generated client `api`. It deletes at the end what it has created."""

    def __init__(self, server: Server, signals: SignalHandling, cleanup: ExitStack) -> None:
        self.unique = uuid.uuid4().hex[:10]
        self.checks = ExchangeChecks(server)
        self._server, self._signals, self._cleanup = server, signals, cleanup
        self._http = cleanup.enter_context(server.client(event_hooks=self.checks.hooks))
        self.options: dict[str, Any] = {**server.credentials, "verify": server.tls_context}
        self.api = cleanup.enter_context(
            OpenSearchFlowFramework(server.url, **self.options, event_hooks=self.checks.hooks)
        )

    def request(
        self, method: str, path: str, body: Any = None, *, params: Any = None, expected: tuple[int, ...] = (200,)
    ) -> httpx.Response:
        """Send a request; fail if the status of the response is not an expected one."""
        response = self._http.request(method, path, json=body, params=params)
        if response.status_code not in expected:
            got = self._server.redact(f"{response.status_code} {response.text}")
            shown = self._server.redact(f"{method} {path}")
            raise AssertionError(f"{shown}: expected status {' or '.join(map(str, expected))}, got {got}")
        return response

    def at_end(self, method: str, path: str, body: Any = None, *, expected: tuple[int, ...] = (200, 404)) -> None:
        """Send a request when the test has ended, before those that were registered earlier."""
        self._cleanup.callback(self.request, method, path, body, expected=expected)

    def create(self, *nodes: dict[str, Any], edges: tuple[dict[str, str], ...] = ()) -> str:
        """Create a workflow, which is deleted at the end of the test; return its id."""
        provision = {"nodes": nodes, "edges": edges} if edges else {"nodes": nodes}
        template = {"name": "job-status live test", "workflows": {"provision": provision}}
        with self._signals.held():
            created = self.request("POST", WORKFLOWS, template, expected=(201,)).json()
            workflow = created.get("workflow_id") if isinstance(created, dict) else None
            if not isinstance(workflow, str) or workflow in {"", ".", ".."}:
                raise AssertionError(f"expected a workflow_id, got {self._server.redact(repr(created))}")
            self.at_end("DELETE", path_of(workflow, "?clear_status=true"))
        return workflow

    def read(self, workflow: str) -> WorkflowStatus:
        """Read the status in both views, and check that they agree; return the full one."""
        self.api.get_workflow_status(workflow)
        brief = self.checks.last
        status = self.api.get_workflow_status(workflow, all_=True)
        self.checks.check_views([brief, self.checks.last])
        return status


WORKFLOWS = "/_plugins/_flow_framework/workflow"


def path_of(workflow: str, suffix: str = "") -> str:
    """Return the path of a workflow, with a suffix."""
    return f"{WORKFLOWS}/{urllib.parse.quote(workflow, safe='')}{suffix}"


@pytest.fixture
def node(server: Server, signals: SignalHandling) -> Iterator[Node]:
    """Return the node, and clean up at the end, regardless of signals."""
    cleanup = ExitStack()
    try:
        yield Node(server, signals, cleanup)
    finally:
        with signals.held():
            cleanup.close()


@pytest.fixture(params=["sync", "async"])
def wait(request: pytest.FixtureRequest, node: Node, server: Server) -> Wait:
    """Return a function that waits until a workflow has ended, with a client of each kind."""
    options: dict[str, Any] = {"timeout": request.config.getoption("--wait-timeout")}

    def wait_sync(workflow: str) -> WorkflowStatus:
        return node.api.wait_for_workflow_status(workflow, on_update=lambda *_: node.read(workflow), **options)

    async def wait_async(workflow: str) -> WorkflowStatus:
        hooks = node.checks.async_hooks
        async with AsyncOpenSearchFlowFramework(server.url, **node.options, event_hooks=hooks) as api:
            return await api.wait_for_workflow_status(workflow, on_update=lambda *_: node.read(workflow), **options)

    return wait_sync if request.param == "sync" else lambda workflow: asyncio.run(wait_async(workflow))
