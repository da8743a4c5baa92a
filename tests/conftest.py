"""Shared fixtures: the documents, and servers on free loopback ports."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from scripts.document import Document, load_folder
from scripts.simulate import Simulator, SimulatorSettings, SteppingClock
from scripts.simulate.socket_faults import server_config

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = {
    "AGENT_PLATFORM_API_KEY": "agent-key",
    "AI_FOR_PROCESS_API_KEY": "process-key",
    "AI_FOR_SERVICE_JWT": "service-token",
    "OPENSEARCH_FLOW_FRAMEWORK_BASIC_AUTH": "admin:admin-password",
}

Serve = Callable[[Any], str]

# A run in the background of a shell ignores these signals, and so would each program that a test starts.
for _number in (signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, signal.default_int_handler if _number is signal.SIGINT else signal.SIG_DFL)


@contextmanager
def served(application: Any, key: Path | None = None, certificate: Path | None = None) -> Iterator[str]:
    """Serve an ASGI application on a free loopback port, over TLS if a certificate is given, and yield its URL."""
    listening = socket.create_server(("127.0.0.1", 0))
    settings = server_config(application)
    settings.ssl_keyfile, settings.ssl_certfile = key, certificate
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield f"{'https' if certificate else 'http'}://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listening.close()


# Tests that start processes, generate packages or wait for real timeouts: `make test-all` runs them, `make test` does not.
SLOW = frozenset(
    f"test_{name}"
    for name in [
        "action",
        "any_job",
        "any_names",
        "argument_types",
        "bench_clients",
        "blocks",
        "check",
        "cli",
        "client_errors",
        "command",
        "command_any_document",
        "command_continuing",
        "command_settings",
        "command_terminal",
        "conforming_servers",
        "compare",
        "compare_command",
        "compare_documents",
        "connection_kinds",
        "connections",
        "contract",
        "credential_leaks",
        "document_files",
        "drift",
        "env_proxy",
        "export",
        "false_positives",
        "fork",
        "fuzz",
        "generated",
        "glossary",
        "http_standards",
        "installed_tools",
        "interrupts",
        "malformed_documents",
        "own_document",
        "provider",
        "learn",
        "learned_schedule",
        "limits_store",
        "live",
        "matrix",
        "mutants",
        "name_lookup",
        "names",
        "owned",
        "pre_commit",
        "readme",
        "real_node",
        "redaction",
        "recordings_simulated",
        "schemathesis_plugin",
        "simulator",
        "simulator_any_document",
        "simulator_control",
        "simulator_events",
        "simulator_faults",
        "site",
        "soak",
        "third_party_servers",
        "tools",
        "tracing",
        "tutorial",
        "unsupported_features",
        "untrusted_text",
        "verify",
        "verify_borders",
        "verify_features",
        "verify_hostile",
        "waiting_many",
    ]
)

# Slow tests during which `make test-all` measures the coverage, as during the quick ones. The others run the same code
# with more documents, servers and seeds; measured, they would take twice as long.
MEASURED = frozenset(
    f"test_{name}"
    for name in [
        "check",
        "command",
        "compare_command",
        "contract",
        "document_files",
        "drift",
        "export",
        "generated",
        "learn",
        "mutants",
        "own_document",
        "provider",
        "recordings_simulated",
        "simulator",
        "simulator_any_document",
        "simulator_control",
        "simulator_faults",
        "tools",
        "unsupported_features",
        "verify",
        "verify_borders",
    ]
)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a skipped test in CI, where everything must run."""
    report = yield
    if report.skipped and os.environ.get("CI") == "true" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid}: skipped, which is a failure in CI: {report.longrepr}"
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of slow modules, and those that run without a measurement."""
    for item in items:
        if item.path.stem in SLOW:
            item.add_marker(pytest.mark.slow)
            if item.path.stem not in MEASURED:
                item.add_marker(pytest.mark.unmeasured)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the certificate and proxy variables of this machine."""
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def asynchronous(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Return whether a test uses the async client; for `products.EACH`."""
    monkeypatch.setattr("job_status._client.transport.has_fast_extra", lambda: request.param == "fast")
    return bool(request.param != "sync")


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve ASGI applications for the duration of a test."""
    with ExitStack() as stack:
        yield lambda application: stack.enter_context(served(application))


@pytest.fixture(scope="session")
def documents() -> dict[str, Document]:
    """Load the project's documents, by file stem."""
    return {document.stem: document for document in load_folder(ROOT / "openapi")}


@pytest.fixture(scope="session")
def installed_tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel of the tools, and install it without its dependencies into a folder for PYTHONPATH."""
    folder = tmp_path_factory.mktemp("tools")
    wheel = ["build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    install = ["pip", "install", "--no-deps", "--no-index", "--find-links", str(folder)]
    install += ["--target", str(folder / "installed"), "job-status-tools"]
    for arguments in (wheel, install):
        command = [sys.executable, "-m", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
        assert done.returncode == 0, done.stdout + done.stderr
    return folder / "installed"


@pytest.fixture
def simulator(documents: dict[str, Document]) -> Simulator:
    """Simulate every document with the credentials of `ENVIRONMENT`; the clock advances by one second per request."""
    return Simulator(documents.values(), SimulatorSettings(environment=ENVIRONMENT, clock=SteppingClock(1.0)))


@pytest.fixture
def copied(tmp_path: Path) -> Callable[[str], Path]:
    """Copy one of the project's documents into an empty folder, where the test can corrupt it."""

    def copy(stem: str) -> Path:
        folder = tmp_path / "documents"
        folder.mkdir(exist_ok=True)
        target = folder / f"{stem}.yaml"
        target.write_text((ROOT / "openapi" / f"{stem}.yaml").read_text(encoding="utf-8"), encoding="utf-8")
        return target

    return copy
