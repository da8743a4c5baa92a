"""The server under test and the checks of its responses: the only module of the live tests that uses `scripts`."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from scripts.cli import exit_with_parent
from scripts.document import Document, JobLifecycle, Operation, load
from scripts.verify.checks import truncate
from scripts.verify.exchange import Exchange
from scripts.verify.network_errors import GATEWAY, TOO_MANY
from scripts.verify.observers import HttpChecks, LifecycleChecks, ResponseChecks
from scripts.verify.preflight import InconclusiveError, check_reachable
from scripts.verify.probe import Probe
from scripts.verify.sender import RequestSender
from scripts.verify.session import Session
from scripts.verify.target import UsageError, credential_location, is_loopback, make_target, parse_base_url

__all__ = ["ExchangeChecks", "InconclusiveError", "Server", "UsageError", "exit_with_parent"]


class Server:
    """The server at a URL, with the document that it is checked against, and the credentials of the environment."""

    def __init__(self, document: Path, url: str, environment: Mapping[str, str]) -> None:
        ca_file = environment.get("CA_FILE")
        self.target = make_target(
            load(document),
            parse_base_url(url),
            environment,
            profile="live",
            writes=True,
            ca_file=Path(ca_file) if ca_file else None,
        )
        self.operation, self.job = _status_operation(self.target.document)
        with RequestSender(self.target) as sender:
            check_reachable(self.target, sender, self.operation)
        self.url, self.tls_context = self.target.base_url, self.target.tls_context()

    @property
    def credentials(self) -> dict[str, Any]:
        """Return the arguments of the generated client that authenticate it."""
        keys = self.target.security_requirement(self.operation) or ()
        schemes = self.target.document.security_schemes
        values = {key: self.target.credentials[key] for key in keys}
        return {
            key: tuple(value.split(":", 1)) if schemes[key].scheme == "basic" else value
            for key, value in values.items()
        }

    @property
    def credential_headers(self) -> dict[str, str]:
        """Return the headers that authenticate a request."""
        places = [
            credential_location(self.target.document.security_schemes[key], self.target.credentials[key])
            for key in self.target.security_requirement(self.operation) or ()
        ]
        return {name.lower(): value for where, name, value in places if where == "header"}

    def client(self, **options: Any) -> httpx.Client:
        """Return an HTTP client for requests that the document does not describe."""
        headers = {"accept": "application/json", **self.credential_headers}
        trust_env = not is_loopback(self.url)
        return httpx.Client(
            base_url=self.url, headers=headers, verify=self.tls_context, trust_env=trust_env, timeout=30.0, **options
        )

    def redact(self, text: str) -> str:
        """Return text that is safe to print: without credentials, and with control characters escaped."""
        return truncate(self.target.redact(text))


class ExchangeChecks:
    """The checks of verification, on each response that the HTTP clients of one test receive, in order."""

    def __init__(self, server: Server) -> None:
        self._server, self._target = server, server.target
        self._session = Session(self._target, observers=(LifecycleChecks, HttpChecks, ResponseChecks))
        self._sent_at = 0.0
        self.last: Exchange | None = None
        self.states: list[str] = []

    @property
    def hooks(self) -> dict[str, list[Any]]:
        """Return the event hooks of a sync client."""
        return {"request": [self._start], "response": [self._finish]}

    @property
    def async_hooks(self) -> dict[str, list[Any]]:
        """Return the event hooks of an async client."""
        return {"request": [self._start], "response": [self._finish_async]}

    def check_views(self, polls: list[Exchange | None]) -> None:
        """Check that the last polls, one per view of the job, agree with each other."""
        received = [poll for poll in polls if poll is not None and poll.is_accepted]
        if len(received) == len(polls):
            *narrower, widest = received
            self._session.check("detail", Probe(self._server.operation, widest, tuple(narrower)))

    @property
    def failures(self) -> list[str]:
        """Return every failed check, with what was expected, what was received, and a command that repeats it."""
        return [
            f"FAILED {found.operation_id} {found.check} ({found.clause})\n"
            f"  expected  {found.expected}\n  got       {found.got}\n  replay    {found.replay}"
            for found in self._session.result.failures()
        ]

    def _start(self, _: httpx.Request) -> None:
        self._sent_at = time.time()

    def _finish(self, response: httpx.Response) -> None:
        response.read()
        self._observe(response)

    async def _finish_async(self, response: httpx.Response) -> None:
        await response.aread()
        self._observe(response)

    def _observe(self, response: httpx.Response) -> None:
        request, operation = response.request, self._server.operation
        if request.method not in {"GET", "HEAD"}:
            # It may have started the job again.
            self._session.forget_jobs()
        exchange = Exchange(
            operation.id,
            request.method,
            str(request.url),
            # The hooks of the generated client do not see its credentials.
            {**{name.lower(): value for name, value in request.headers.items()}, **self._server.credential_headers},
            response.status_code,
            {name.lower(): value for name, value in response.headers.items()},
            response.content,
            time.time() - self._sent_at,
            at=self._sent_at,
        )
        self.last = exchange
        is_poll = request.method == operation.method and self._target.path_values(exchange) is not None
        # A client repeats a request that a gateway or a rate limit has rejected.
        if not is_poll or exchange.status in GATEWAY or exchange.status == TOO_MANY:
            return
        self._session.publish(exchange)
        state = self._server.redact(
            str(self._server.job.state_of(exchange.json, exchange.status or 0, exchange.headers))
        )
        if exchange.is_accepted and [state] != self.states[-1:]:
            self.states.append(state)


def _status_operation(document: Document) -> tuple[Operation, JobLifecycle]:
    found = [(operation, operation.job) for operation in document.operations if operation.job]
    if len(found) != 1:
        raise UsageError(f"{document.path}: expected one operation that reports jobs, got {len(found)}")
    return found[0]
