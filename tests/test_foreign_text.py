"""Whatever a server says, what the client raises, notes and logs stays on its line and does nothing there."""

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
    told = {
        "_id": "ds-1",
        "status": state,
        "percentageComplete": 5,
        "message": text,
        "statusMessage": text,
        "failureReason": text,
    }
    return json.dumps(told).encode()


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


def in_no_json(text: str) -> httpx.Response:
    return httpx.Response(200, content=text.encode(errors="replace"))


def in_no_answer(text: str) -> httpx.Response:
    raise httpx.ConnectError(text)


def in_encoding(text: str) -> httpx.Response:
    value = text.encode("latin-1", errors="replace").replace(b"\n", b"").replace(b"\r", b"")
    return httpx.Response(200, headers=[(b"content-encoding", value)], stream=httpx.ByteStream(b"{}"))


PLACES = (
    in_state,
    in_reason,
    in_error,
    in_plain_error,
    in_request_id,
    in_location,
    in_id,
    in_no_json,
    in_no_answer,
    in_encoding,
)


def texts(value: Any, depth: int = 0) -> Iterator[str]:
    """Every text of an error, but for those of the model of the status, which is the server's own word."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, BaseException):
        yield str(value)
        yield from value.args
        yield from getattr(value, "__notes__", ())
        yield from itertools.chain.from_iterable(texts(v, depth + 1) for v in vars(value).values())
    elif attrs.has(type(value)) and depth < 3:
        for field in attrs.fields(type(value)):
            if field.name not in {"status", "token"}:
                yield from texts(getattr(value, field.name), depth + 1)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: str(place.__name__))
@pytest.mark.parametrize("text", EVIL, ids=lambda text: ascii(text[:12]))
def test_errors_notes_and_logs_are_inert(
    place: Callable[[str], httpx.Response], text: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "job_status")
    transport = httpx.MockTransport(lambda _: place(text))
    api = AgentPlatform("http://agent.invalid", api_key=KEY, http_transport=transport, max_retries=0)

    async def waited() -> None:
        async with AsyncAgentPlatform(
            "http://agent.invalid", api_key=KEY, http_transport=transport, max_retries=0
        ) as twin:
            await twin.wait_for_dock_status("ds-1", timeout=0.05, schedule=[0, 0.02])

    told: list[str] = []
    for call in (
        lambda: api.get_dock_status("ds-1"),
        lambda: api.wait_for_dock_status("ds-1", timeout=0.05, schedule=[0, 0.02]),
        lambda: asyncio.run(waited()),
    ):
        try:
            call()
        except JobStatusError as error:
            told += texts(error)
    told += [record.getMessage() for record in caplog.records]

    assert told
    for one in told:
        assert one.isprintable(), ascii(one)
        one.encode()
        assert "##[" not in one
        assert not one.lstrip().startswith("::")
        assert len(one) < 8000


def test_a_wait_that_is_interrupted_leaves_an_inert_note(caplog: pytest.LogCaptureFixture) -> None:
    def interrupted(status: Any, progress: float | None) -> None:
        raise KeyboardInterrupt

    for text in EVIL:
        transport = httpx.MockTransport(lambda _, text=text: in_state(text))
        api = AgentPlatform("http://agent.invalid", api_key=KEY, http_transport=transport)
        with pytest.raises(KeyboardInterrupt) as caught:
            api.wait_for_dock_status("ds-1", timeout=1, on_update=interrupted)
        for one in (*caught.value.__notes__, *(record.getMessage() for record in caplog.records)):
            assert one.isprintable(), ascii(one)
            assert "##[" not in one
