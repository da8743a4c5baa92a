"""Credentials that the client sends do not appear in errors, tracebacks, logs, warnings or reprs."""

import asyncio
import io
import logging
import pickle
import socket
import time
import traceback
import urllib.parse
import warnings
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from job_status import (
    AgentPlatform,
    AIForProcess,
    AsyncAgentPlatform,
    AsyncOpenSearchFlowFramework,
    InvalidArgumentError,
    JobFailedError,
    JobStatusError,
    JobTimeoutError,
    OpenSearchFlowFramework,
)
from job_status._client.schemes import Scheme
from rich.console import Console
from rich.traceback import Traceback

from .hostile import BODY, Behaviour, always, hostile, http_response, reset

CANARY = "canary+7f3a/9c=="
FORMS = (CANARY, urllib.parse.quote(CANARY, safe=""), b64encode(f"admin:{CANARY}".encode()).decode())


def echo(status: int, *, html: bool = False) -> Behaviour:
    """Return a behaviour that repeats the request's head in the response, as debugging proxies do."""

    def behave(connection: socket.socket, head: bytes) -> None:
        text = head.decode("latin-1")
        body = f"<pre>{text}</pre>".encode() if html else ('{"error": ' + repr(text).replace("'", '"') + "}").encode()
        connection.sendall(http_response(status, body, f"X-Request-Id: {CANARY}"))

    return behave


def reset_immediately(connection: socket.socket, _: bytes) -> None:
    reset(connection)


def no_response(connection: socket.socket, _: bytes) -> None:
    time.sleep(2)


FAILURES: dict[str, Behaviour] = {
    "401_echo": echo(401),
    "403_echo": echo(403),
    "404_html_echo": echo(404, html=True),
    "429_echo": echo(429),
    "500_html_echo": echo(500, html=True),
    "503_echo": echo(503),
    "200_html_echo": echo(200, html=True),
    "200_json_echo": echo(200),
    "redirect_echo": lambda connection, head: connection.sendall(
        http_response(302, b"", f"Location: http://x/?k={CANARY}")
    ),
    "reset": reset_immediately,
    "no_response": no_response,
    "truncated_json": always(http_response(body=BODY[:-5])),
    "not_http": always(b"nonsense " + CANARY.encode() + b"\r\n\r\n", then_close=True),
}


class QueryKeyClient(AgentPlatform):
    """A client whose key is sent in the query, where the URL of a request contains it."""

    _schemes = (Scheme("api_key", "key", "query", "token"),)


class AsyncQueryKeyClient(AsyncAgentPlatform):
    """As `QueryKeyClient`, async."""

    _schemes = (Scheme("api_key", "key", "query", "token"),)


def sync_failure(url: str, kind: str) -> tuple[Any, BaseException]:
    """Make a sync call that fails; return the client and the error."""
    api: Any = (
        OpenSearchFlowFramework(url, basic_auth=("admin", CANARY), timeout=0.5, max_retries=1)
        if kind == "basic"
        else (QueryKeyClient if kind == "query" else AgentPlatform)(url, api_key=CANARY, timeout=0.5, max_retries=1)
    )
    try:
        api.get_workflow_status("w") if kind == "basic" else api.get_dock_status("ds-1")
    except JobStatusError as error:
        return api, error
    raise AssertionError("the call did not fail")


def async_failure(url: str, kind: str) -> tuple[Any, BaseException]:
    """Make an async call that fails; return the client and the error."""

    async def call() -> tuple[Any, BaseException]:
        api: Any = (
            AsyncOpenSearchFlowFramework(url, basic_auth=("admin", CANARY), timeout=0.5, max_retries=1)
            if kind == "basic"
            else (AsyncQueryKeyClient if kind == "query" else AsyncAgentPlatform)(
                url, api_key=CANARY, timeout=0.5, max_retries=1
            )
        )
        try:
            await (api.get_workflow_status("w") if kind == "basic" else api.get_dock_status("ds-1"))
        except JobStatusError as error:
            return api, error
        raise AssertionError("the call did not fail")

    return asyncio.run(call())


def dump(value: object, depth: int = 0) -> str:
    """Return the repr and str of an object and, to a depth of three, of its attributes and slots."""
    text = f"{value!r} {value!s}"
    if depth < 3:
        inner = getattr(value, "__dict__", {})
        slots = [
            getattr(value, name, None)
            for kind in type(value).__mro__
            for name in getattr(kind, "__slots__", ())
            if isinstance(name, str)
        ]
        for attribute in [*inner.values(), *(slot for slot in slots if not callable(slot))]:
            text += dump(attribute, depth + 1)
    return text


@pytest.mark.parametrize("kind", ["key", "basic", "query"])
@pytest.mark.parametrize("fail", [sync_failure, async_failure], ids=["sync", "async"])
@pytest.mark.parametrize("failure", FAILURES)
def test_credential_is_not_exposed(
    fail: Callable[[str, str], tuple[Any, BaseException]], failure: str, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    for name in (None, "httpx", "httpcore", "job_status", "asyncio", "anyio", "hpack"):
        caplog.set_level(logging.DEBUG, logger=name)
    with warnings.catch_warnings(record=True) as warned, hostile(FAILURES[failure]) as server:
        warnings.simplefilter("always")
        api, error = fail(server.url, kind)
        wire = b"".join(server.requests)

    console = Console(file=io.StringIO(), width=400)
    chain: BaseException | None = error
    outputs = []
    while chain is not None:
        frames = Traceback.from_exception(
            type(chain),
            chain,
            chain.__traceback__,
            show_locals=True,
            locals_max_string=100_000,
            locals_max_length=1_000,
        )
        # The frames of this module contain the canary; check only those of the package.
        for stack in frames.trace.stacks:
            stack.frames = [frame for frame in stack.frames if "test_credential_leaks" not in frame.filename]
            outputs.append("".join(str(node) for frame in stack.frames for node in (frame.locals or {}).values()))
        console.print(frames)
        outputs += ["".join(traceback.format_exception(chain)), dump(chain)]
        chain = chain.__cause__ or chain.__context__
    outputs += [
        console.file.getvalue(),  # type: ignore[attr-defined]
        dump(api),
        repr(vars(api)),
        pickle.dumps(error).decode("latin-1"),
        "\n".join(f"{record.getMessage()} {record.args} {record.exc_text}" for record in caplog.records),
        "\n".join(str(entry.message) for entry in warned),
    ]

    assert any(form.encode() in wire for form in FORMS), "the credential was not sent"
    for text in outputs:
        assert not any(form in text for form in FORMS), text[:2000]


def test_invalid_credential_is_not_in_the_error_message() -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        AgentPlatform("http://h", api_key=f"{CANARY}\n")

    assert CANARY not in "".join(traceback.format_exception(caught.value, limit=-1)[1:][-1:])
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("value", [("admin", "s3cret-canary\udce9"), ("adm\ud800in", "s3cret-canary")])
@pytest.mark.parametrize("cls", [OpenSearchFlowFramework, AsyncOpenSearchFlowFramework])
def test_password_that_cannot_be_encoded_is_not_in_the_error(cls: Any, value: tuple[str, str]) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        cls("http://127.0.0.1:1", basic_auth=value)

    assert str(caught.value) == "basic_auth= contains a character that UTF-8 cannot represent"
    error: BaseException | None = caught.value
    while error is not None:
        assert "canary" not in repr((error, error.args, vars(error)))
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize("key", ["1234", "true", "null"])
def test_credential_that_is_part_of_a_number_does_not_end_a_wait(key: str) -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        status = {"_id": "ds-1", "status": "IN_PROGRESS", "createdOn": 1712345678, "done": True, "note": None, "n": 10}
        return httpx.Response(200, json={**status, "text": f"the key is {key}"})

    api = AgentPlatform("http://h", api_key=key, http_transport=httpx.MockTransport(respond))
    with api, pytest.raises(JobTimeoutError) as caught:
        api.wait_for_dock_status("ds-1", schedule=[0.0, 0.01], timeout=0.1)

    assert "the key is ***" in str(caught.value.status)
    assert "1712345678" in str(caught.value.status)


@pytest.mark.parametrize("key", ["1234", "true", "null"])
def test_credential_that_is_part_of_a_number_does_not_hide_a_failed_start(key: str) -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        members = {"modelId": "cm-1", "status": "FAILED", "createdOn": 1712345678, "done": True, "note": None}
        return httpx.Response(200, json={**members, "text": f"the key is {key}"})

    with AIForProcess("http://h", api_key=key, http_transport=httpx.MockTransport(respond)) as api:
        started = api.undeploy_model("cm-1")
        with pytest.raises(JobFailedError, match="contains no job id") as caught:
            api.wait(started)

    assert "the key is ***" in str(caught.value.status)
    assert "1712345678" in str(caught.value.status)
