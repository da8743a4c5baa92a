"""A credential that has gone over the wire is found nowhere else."""

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

import pytest
from job_status import (
    AgentPlatform,
    AsyncAgentPlatform,
    AsyncOpenSearchFlowFramework,
    InvalidArgumentError,
    JobStatusError,
    OpenSearchFlowFramework,
)
from rich.console import Console
from rich.traceback import Traceback

from .hostile import BODY, Behaviour, always, answer, hostile, reset

CANARY = "canary+7f3a/9c=="
FORMS = (CANARY, urllib.parse.quote(CANARY, safe=""), b64encode(f"admin:{CANARY}".encode()).decode())


def echo(status: int, *, html: bool = False) -> Behaviour:
    """A server that repeats the request's head in its answer, as debugging proxies do."""

    def behave(connection: socket.socket, head: bytes) -> None:
        text = head.decode("latin-1")
        body = f"<pre>{text}</pre>".encode() if html else ('{"error": ' + repr(text).replace("'", '"') + "}").encode()
        connection.sendall(answer(status, body, f"X-Request-Id: {CANARY}"))

    return behave


def reset_at_once(connection: socket.socket, _: bytes) -> None:
    reset(connection)


def silence(connection: socket.socket, _: bytes) -> None:
    time.sleep(2)


FAILURES: dict[str, Behaviour] = {
    "401 that echoes": echo(401),
    "403 that echoes": echo(403),
    "404 that echoes in HTML": echo(404, html=True),
    "429 that echoes": echo(429),
    "500 that echoes in HTML": echo(500, html=True),
    "503 that echoes": echo(503),
    "200 that echoes in HTML": echo(200, html=True),
    "200 that echoes in JSON": echo(200),
    "a redirect that echoes": lambda connection, head: connection.sendall(
        answer(302, b"", f"Location: http://x/?k={CANARY}")
    ),
    "a reset": reset_at_once,
    "no answer in time": silence,
    "truncated JSON": always(answer(body=BODY[:-5])),
    "no HTTP": always(b"nonsense " + CANARY.encode() + b"\r\n\r\n", then_close=True),
}


def sync_failure(url: str, basic: bool) -> tuple[Any, BaseException]:
    """A failed sync call: the client, and the error with its traceback."""
    api: Any = (
        OpenSearchFlowFramework(url, basic_auth=("admin", CANARY), timeout=0.5, max_retries=1)
        if basic
        else AgentPlatform(url, api_key=CANARY, timeout=0.5, max_retries=1)
    )
    try:
        api.get_workflow_status("w") if basic else api.get_dock_status("ds-1")
    except JobStatusError as error:
        return api, error
    raise AssertionError("the call did not fail")


def async_failure(url: str, basic: bool) -> tuple[Any, BaseException]:
    """A failed async call: the client, and the error with its traceback."""

    async def call() -> tuple[Any, BaseException]:
        api: Any = (
            AsyncOpenSearchFlowFramework(url, basic_auth=("admin", CANARY), timeout=0.5, max_retries=1)
            if basic
            else AsyncAgentPlatform(url, api_key=CANARY, timeout=0.5, max_retries=1)
        )
        try:
            await (api.get_workflow_status("w") if basic else api.get_dock_status("ds-1"))
        except JobStatusError as error:
            return api, error
        raise AssertionError("the call did not fail")

    return asyncio.run(call())


def told(value: object, depth: int = 0) -> str:
    """All that an object tells of itself: repr, str, vars, and those of what it holds."""
    text = f"{value!r} {value!s}"
    if depth < 3:
        inner = getattr(value, "__dict__", {})
        slots = [
            getattr(value, name, None)
            for kind in type(value).__mro__
            for name in getattr(kind, "__slots__", ())
            if isinstance(name, str)
        ]
        for held in [*inner.values(), *(slot for slot in slots if not callable(slot))]:
            text += told(held, depth + 1)
    return text


@pytest.mark.parametrize("basic", [False, True], ids=["key", "basic"])
@pytest.mark.parametrize("fail", [sync_failure, async_failure], ids=["sync", "async"])
@pytest.mark.parametrize("failure", FAILURES)
def test_a_credential_is_found_nowhere(
    fail: Callable[[str, bool], tuple[Any, BaseException]], failure: str, basic: bool, caplog: pytest.LogCaptureFixture
) -> None:
    for name in (None, "httpx", "httpcore", "job_status", "asyncio", "anyio", "hpack"):
        caplog.set_level(logging.DEBUG, logger=name)
    with warnings.catch_warnings(record=True) as warned, hostile(FAILURES[failure]) as server:
        warnings.simplefilter("always")
        api, error = fail(server.url, basic)
        wire = b"".join(server.requests)

    console = Console(file=io.StringIO(), width=400)
    chain: BaseException | None = error
    texts = []
    while chain is not None:
        frames = Traceback.from_exception(
            type(chain),
            chain,
            chain.__traceback__,
            show_locals=True,
            locals_max_string=100_000,
            locals_max_length=1_000,
        )
        # This module's own frames know the canary; the package's are what is looked at.
        for stack in frames.trace.stacks:
            stack.frames = [frame for frame in stack.frames if "test_canary" not in frame.filename]
            texts.append("".join(str(node) for frame in stack.frames for node in (frame.locals or {}).values()))
        console.print(frames)
        texts += ["".join(traceback.format_exception(chain)), told(chain)]
        chain = chain.__cause__ or chain.__context__
    texts += [
        console.file.getvalue(),  # type: ignore[attr-defined]
        told(api),
        repr(vars(api)),
        pickle.dumps(error).decode("latin-1"),
        "\n".join(f"{record.getMessage()} {record.args} {record.exc_text}" for record in caplog.records),
        "\n".join(str(entry.message) for entry in warned),
    ]

    assert any(form.encode() in wire for form in FORMS), "the credential did not go over the wire"
    for text in texts:
        assert not any(form in text for form in FORMS), text[:2000]


def test_a_refused_credential_is_not_in_the_message() -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        AgentPlatform("http://h", api_key=f"{CANARY}\n")

    assert CANARY not in "".join(traceback.format_exception(caught.value, limit=-1)[1:][-1:])
    assert CANARY not in str(caught.value)
