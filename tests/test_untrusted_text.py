"""Untrusted text from a server is escaped and truncated in the client's errors, notes and logs."""

import asyncio
import itertools
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import httpx
import pytest
from job_status import AgentPlatform, AsyncAgentPlatform, JobStatusError

from scripts.github_text import markdown_cell

KEY = "key-of-nobody"
EVIL = (
    "\x1b[2J\x1b]0;title\x07",
    "line\n::error::forged\r\n",
    "::error::forged",
    "  ::set-output name=a::b",
    "##[add-mask]a",
    "\u202eesrever",
    "\u200b\u2066\u2028",
    "\x00\x7f\x9b31m",
    "\ud800 alone",
    "\U000e0001tag",
    "x" * 20_000,
    "%(message)s %s {0}",
)


def body(text: str, state: str = "IN_PROGRESS") -> bytes:
    status = {
        "_id": "ds-1",
        "status": state,
        "percentageComplete": 5,
        "message": text,
        "statusMessage": text,
        "failureReason": text,
    }
    return json.dumps(status).encode()


def in_state(text: str) -> httpx.Response:
    return httpx.Response(200, content=body("", state=text))


def in_reason(text: str) -> httpx.Response:
    return httpx.Response(200, content=body(text, state="FAILED"))


def in_error(text: str) -> httpx.Response:
    return httpx.Response(400, content=json.dumps({"errors": [{"msg": text, "code": text}]}).encode())


def in_plain_error(text: str) -> httpx.Response:
    return httpx.Response(503, content=text.encode(errors="replace"))


def in_request_id(text: str) -> httpx.Response:
    value = text.encode("latin-1", errors="replace").replace(b"\n", b"").replace(b"\r", b"").replace(b"\x00", b"")
    return httpx.Response(403, headers=[(b"x-request-id", value)], content=b"{}")


def in_location(text: str) -> httpx.Response:
    return httpx.Response(302, headers=[(b"location", text.encode("latin-1", errors="replace").replace(b"\n", b""))])


def in_id(text: str) -> httpx.Response:
    return httpx.Response(200, content=json.dumps({"_id": text, "status": "SUCCESS"}).encode())


def in_invalid_json(text: str) -> httpx.Response:
    return httpx.Response(200, content=text.encode(errors="replace"))


def in_connection_error(text: str) -> httpx.Response:
    raise httpx.ConnectError(text)


def in_content_encoding(text: str) -> httpx.Response:
    value = text.encode("latin-1", errors="replace").replace(b"\n", b"").replace(b"\r", b"")
    return httpx.Response(200, headers=[(b"content-encoding", value)], stream=httpx.ByteStream(b"{}"))


LOCATIONS = (
    in_state,
    in_reason,
    in_error,
    in_plain_error,
    in_request_id,
    in_location,
    in_id,
    in_invalid_json,
    in_connection_error,
    in_content_encoding,
)


def strings(value: Any, depth: int = 0) -> Iterator[str]:
    """Yield every string of an error, except those of the status model, which holds the response unchanged."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, BaseException):
        yield str(value)
        yield from value.args
        yield from getattr(value, "__notes__", ())
        yield from itertools.chain.from_iterable(strings(v, depth + 1) for v in vars(value).values())
    elif attrs.has(type(value)) and depth < 3:
        for field in attrs.fields(type(value)):
            if field.name not in {"status", "token"}:
                yield from strings(getattr(value, field.name), depth + 1)


@pytest.mark.parametrize("respond_with", LOCATIONS, ids=lambda location: str(location.__name__))
@pytest.mark.parametrize("text", EVIL, ids=lambda text: ascii(text[:12]))
def test_untrusted_text_is_escaped_in_errors_notes_and_logs(
    respond_with: Callable[[str], httpx.Response], text: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "job_status")
    transport = httpx.MockTransport(lambda _: respond_with(text))
    api = AgentPlatform("http://agent.invalid", api_key=KEY, http_transport=transport, max_retries=0)

    async def wait_async() -> None:
        async with AsyncAgentPlatform(
            "http://agent.invalid", api_key=KEY, http_transport=transport, max_retries=0
        ) as async_api:
            await async_api.wait_for_dock_status("ds-1", timeout=0.05, schedule=[0, 0.02])

    messages: list[str] = []
    for call in (
        lambda: api.get_dock_status("ds-1"),
        lambda: api.wait_for_dock_status("ds-1", timeout=0.05, schedule=[0, 0.02]),
        lambda: asyncio.run(wait_async()),
    ):
        try:
            call()
        except JobStatusError as error:
            messages += strings(error)
    messages += [record.getMessage() for record in caplog.records]

    assert messages
    for message in messages:
        assert message.isprintable(), ascii(message)
        message.encode()
        assert "##[" not in message
        assert not message.lstrip().startswith("::")
        assert len(message) < 8000


def test_untrusted_text_is_escaped_in_the_note_of_an_interrupted_wait(caplog: pytest.LogCaptureFixture) -> None:
    def interrupt(status: Any, progress: float | None) -> None:
        raise KeyboardInterrupt

    for text in EVIL:
        transport = httpx.MockTransport(lambda _, text=text: in_state(text))
        api = AgentPlatform("http://agent.invalid", api_key=KEY, http_transport=transport)
        with pytest.raises(KeyboardInterrupt) as caught:
            api.wait_for_dock_status("ds-1", timeout=1, on_update=interrupt)
        for message in (*caught.value.__notes__, *(record.getMessage() for record in caplog.records)):
            assert message.isprintable(), ascii(message)
            assert "##[" not in message


def test_backslash_escapes_nothing_in_markdown() -> None:
    assert markdown_cell("\\[a\\](b) \\*c\\*") == "&#92;\\[a&#92;\\](b) &#92;\\*c&#92;\\*"
