"""What several tests share: the documents, and servers on free loopback ports."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from scripts.document import Document, load_folder
from scripts.simulate import Settings, Simulator, SteppingClock
from scripts.simulate.wire import config

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = {
    "AGENT_PLATFORM_API_KEY": "agent-key",
    "AI_FOR_PROCESS_API_KEY": "process-key",
    "AI_FOR_SERVICE_JWT": "service-token",
    "OPENSEARCH_FLOW_FRAMEWORK_BASIC_AUTH": "admin:admin-password",
}

Serve = Callable[[Any], str]


@contextmanager
def served(application: Any, key: Path | None = None, certificate: Path | None = None) -> Iterator[str]:
    """Serves an ASGI application on a free loopback port, over TLS where it is given a certificate; gives its URL."""
    listening = socket.create_server(("127.0.0.1", 0))
    settings = config(application)
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


@pytest.fixture(autouse=True)
def no_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No certificates and proxies that this machine happens to name: some machines do."""
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serves ASGI applications for the length of a test."""
    with ExitStack() as stack:
        yield lambda application: stack.enter_context(served(application))


@pytest.fixture(scope="session")
def documents() -> dict[str, Document]:
    """The project's documents by file stem."""
    return {document.stem: document for document in load_folder(ROOT / "openapi")}


@pytest.fixture
def simulator(documents: dict[str, Document]) -> Simulator:
    """A simulator of every document, with the credentials of `ENVIRONMENT`; its clock moves a second per request."""
    return Simulator(documents.values(), Settings(environment=ENVIRONMENT, clock=SteppingClock(1.0)))


@pytest.fixture
def copied(tmp_path: Path) -> Callable[[str], Path]:
    """Copies one of the project's documents into an empty folder, to be spoiled there."""

    def copy(stem: str) -> Path:
        folder = tmp_path / "documents"
        folder.mkdir(exist_ok=True)
        target = folder / f"{stem}.yaml"
        target.write_text((ROOT / "openapi" / f"{stem}.yaml").read_text(encoding="utf-8"), encoding="utf-8")
        return target

    return copy
