# Generated from scripts/client/responses.py by `make generate`; do not edit.

"""Reads answers: no more than is wanted, and what they say when something went wrong."""

import datetime
import email.utils
import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import httpx

from .sanitize import WORD, shown

EXCERPT: Final = 500  # characters
LAYERS: Final = 3  # content encodings, one on the other
REQUEST_IDS: Final = ("x-request-id", "x-amzn-requestid", "x-correlation-id", "request-id", "x-opaque-id")
WORDS: Final = ("msg", "message", "reason", "error", "detail", "description", "title", "error_description", "errors")


class TooLarge(Exception):
    """The answer is larger than the client takes."""


class Undecodable(Exception):
    """The answer's content encoding cannot be undone."""


def fits(response: httpx.Response, limit: int) -> bool:
    """Whether the answer says itself that it is plain and small, so that it can be read as it comes.

    Raises:
        TooLarge: it says itself that it is larger than the limit.
    """
    length = response.headers.get("content-length", "")
    if length.isdecimal() and int(length) > limit:
        raise TooLarge(f"{length} bytes announced, {limit} taken at most")
    return length.isdecimal() and "content-encoding" not in response.headers


class Body:
    """Collects the chunks of a body, decoded, up to a limit."""

    def __init__(self, response: httpx.Response, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._chunks: list[bytes] = []
        self._decoders = [_decoder(name) for name in reversed(_encodings(response))]

    def add(self, chunk: bytes) -> None:
        """Takes one chunk as it came over the wire.

        Raises:
            TooLarge: there is more than the limit.
            Undecodable: it is not of its content encoding.
        """
        for piece in self._decoded(chunk):
            self._size += len(piece)
            if self._size > self._limit:
                raise TooLarge(f"more than {self._limit} bytes")
            self._chunks.append(piece)

    def _decoded(self, chunk: bytes) -> Iterator[bytes]:
        pieces: Iterable[bytes] = (chunk,)
        for decoder in self._decoders:
            pieces = (part for piece in pieces for part in decoder.feed(piece, self._limit))
        yield from pieces

    def whole(self) -> bytes:
        """The decoded body.

        Raises:
            Undecodable: it ends before its content encoding does.
        """
        if any(not decoder.finished for decoder in self._decoders):
            raise Undecodable("the compressed body ends too early")
        return b"".join(self._chunks)


def _encodings(response: httpx.Response) -> list[str]:
    names = response.headers.get_list("content-encoding", split_commas=True)
    found = [name.strip().lower() for name in names if name.strip().lower() not in {"", "identity"}]
    if len(found) > LAYERS:
        raise Undecodable(f"{len(found)} content encodings, one on the other")
    return found


class _decoder:
    """Undoes gzip or deflate a piece at a time, never making more than the limit of one piece."""

    def __init__(self, name: str) -> None:
        if name not in {"gzip", "x-gzip", "deflate"}:
            raise Undecodable(f"the content encoding {name[:40]!r} was not asked for")
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | (16 if "gzip" in name else 0))
        self._raw_deflate = name == "deflate"
        self._begun = False

    @property
    def finished(self) -> bool:
        """Whether the compressed data has come to its end; nothing at all is an empty body."""
        return self._inflate.eof or not self._begun

    def feed(self, data: bytes, limit: int) -> Iterator[bytes]:
        """The decoded pieces of some data."""
        while data:
            if self._inflate.eof:
                raise Undecodable("there is more after the end of the compressed body")
            try:
                piece = self._inflate.decompress(data, min(limit + 1, 1 << 16))
            except zlib.error as error:
                if self._raw_deflate and not self._begun:
                    self._inflate, self._raw_deflate = zlib.decompressobj(-zlib.MAX_WBITS), False
                    continue
                raise Undecodable(f"the body is not what its content encoding says: {error}") from None
            self._begun = True
            yield piece
            data = self._inflate.unconsumed_tail or self._inflate.unused_data


def read_before(response: httpx.Response, limit: int) -> httpx.Response:
    """An answer that its transport has read already, such as one of a test's own.

    Raises:
        TooLarge: there is more than the limit.
    """
    if len(response.content) > limit:
        raise TooLarge(f"{len(response.content)} bytes, {limit} taken at most")
    return rebuilt(response, response.content)


def rebuilt(response: httpx.Response, body: bytes) -> httpx.Response:
    """The answer with its decoded body."""
    dropped = {b"content-encoding", b"content-length", b"transfer-encoding"}
    headers = [(name, value) for name, value in response.headers.raw if name.lower() not in dropped]
    return httpx.Response(response.status_code, headers=headers, content=body, request=response.request)


def request_id(headers: httpx.Headers, masked: Callable[[str], str] = str) -> str | None:
    """The server's id of the request."""
    for name in REQUEST_IDS:
        value = headers.get(name)
        if value:
            return shown(masked(str(value)), 2 * WORD)
    return None


def retry_after(headers: httpx.Headers) -> float | None:
    """Seconds that the server asks to wait: a number, or a date counted from the server's own clock."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    if value.replace(".", "", 1).isdecimal() and value.isascii():
        seconds = float(value[:20])
        return seconds if seconds < 1e9 else None
    then, now = date(value), date(headers.get("date", "")) or datetime.datetime.now(datetime.UTC)
    return max(0.0, (then - now).total_seconds()) if then else None


def date(text: str) -> datetime.datetime | None:
    """The moment of a date header, None where it cannot be read."""
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)


def excerpt(body: bytes, masked: Callable[[str], str] = str) -> str:
    """The beginning of a body on one line. It is masked before it is cut."""
    return shown(masked(body[: 1 << 16].decode("utf-8", errors="replace")).strip(), EXCERPT)


def said(body: bytes, masked: Callable[[str], str] = str) -> tuple[str, str | None]:
    """What an error answer says, and its code: from the shapes that APIs use, empty where none fits."""
    if len(body) > 1 << 16:
        return "", None
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return "", None
    code = _code(value, 0)
    return shown(masked(_told(value, 0)), EXCERPT), None if code is None else shown(masked(code), WORD)


def _told(value: Any, depth: int) -> str:
    if isinstance(value, str):
        return " ".join(value.split())
    if depth > 4:
        return ""
    if isinstance(value, list):
        return "; ".join(filter(None, (_told(entry, depth + 1) for entry in value[:3])))
    if isinstance(value, dict):
        for word in WORDS:
            if value.get(word):
                text = _told(value[word], depth + 1)
                if text:
                    return text
    return ""


def _code(value: Any, depth: int) -> str | None:
    if depth > 4:
        return None
    if isinstance(value, list) and value:
        return _code(value[0], depth + 1)
    if isinstance(value, dict):
        for word in ("code", "type"):
            if isinstance(value.get(word), str | int) and not isinstance(value.get(word), bool):
                return str(value[word])
        for word in ("errors", "error"):
            found = _code(value.get(word), depth + 1)
            if found:
                return found
    return None
