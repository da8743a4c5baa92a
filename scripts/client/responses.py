"""Response bodies: size limit, decoding, and the details of errors."""

import datetime
import email.utils
import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import httpx

from .sanitize import MAX_TOKEN, sanitize
from .structured_fields import parse_dictionary, parse_list

MAX_EXCERPT: Final = 500  # characters
MAX_ERROR_BODY: Final = 1 << 16  # bytes that are parsed for the details of an error
MAX_ENCODINGS: Final = 3  # content encodings applied one after the other
LONGEST_PAUSE: Final = 1e9  # seconds; a server that requests more, such as a time since 1970, does not mean it
REQUEST_ID_HEADERS: Final = ("x-request-id", "x-amzn-requestid", "x-correlation-id", "request-id", "x-opaque-id")
DETAIL_KEYS: Final = (
    "msg",
    "message",
    "reason",
    "error",
    "detail",
    "description",
    "title",
    "error_description",
    "errors",
)


class BodyTooLargeError(Exception):
    """The body exceeds the limit of the client."""


class DecodingError(Exception):
    """The content encoding of the body cannot be decoded."""


def is_small_and_plain(response: httpx.Response, limit: int) -> bool:
    """Return whether the headers announce an unencoded body within the limit.

    Raises:
        BodyTooLargeError: The headers announce a larger body.
    """
    length = response.headers.get("content-length", "")
    if length.isdecimal() and int(length) > limit:
        raise BodyTooLargeError(f"{length} bytes announced, the limit is {limit}")
    return length.isdecimal() and "content-encoding" not in response.headers


class BodyReader:
    """Collect and decode the chunks of a body, up to a limit."""

    def __init__(self, response: httpx.Response, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._chunks: list[bytes] = []
        self._decoders = [_Decoder(name) for name in reversed(_content_encodings(response))]

    def add(self, chunk: bytes) -> None:
        """Add one raw chunk.

        Raises:
            BodyTooLargeError: The decoded body exceeds the limit.
            DecodingError: The chunk is not in the content encoding.
        """
        for piece in self._decode(chunk):
            self._size += len(piece)
            if self._size > self._limit:
                raise BodyTooLargeError(f"more than {self._limit} bytes")
            self._chunks.append(piece)

    def _decode(self, chunk: bytes) -> Iterator[bytes]:
        pieces: Iterable[bytes] = (chunk,)
        for decoder in self._decoders:
            pieces = (part for piece in pieces for part in decoder.decode(piece, self._limit))
        yield from pieces

    def body(self) -> bytes:
        """Return the decoded body.

        Raises:
            DecodingError: The body is truncated.
        """
        if any(not decoder.finished for decoder in self._decoders):
            raise DecodingError("the compressed body is truncated")
        return b"".join(self._chunks)


def _content_encodings(response: httpx.Response) -> list[str]:
    names = response.headers.get_list("content-encoding", split_commas=True)
    found = [name.strip().lower() for name in names if name.strip().lower() not in {"", "identity"}]
    if len(found) > MAX_ENCODINGS:
        raise DecodingError(f"{len(found)} content encodings, at most {MAX_ENCODINGS} are supported")
    return found


class _Decoder:
    """An incremental gzip or deflate decoder whose output pieces are limited in size."""

    def __init__(self, name: str) -> None:
        if name not in {"gzip", "x-gzip", "deflate"}:
            raise DecodingError(f"the content encoding {name[:40]!r} is not supported")
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | (16 if "gzip" in name else 0))
        self._may_be_raw = name == "deflate"
        self._started = False

    @property
    def finished(self) -> bool:
        """Whether the compressed data is complete; no data at all is an empty body."""
        return self._inflate.eof or not self._started

    def decode(self, data: bytes, limit: int) -> Iterator[bytes]:
        """Yield the decoded pieces of a chunk."""
        while data:
            if self._inflate.eof:
                raise DecodingError("there is data after the end of the compressed body")
            try:
                piece = self._inflate.decompress(data, min(limit + 1, 1 << 16))
            except zlib.error as error:
                if self._may_be_raw and not self._started:
                    self._inflate, self._may_be_raw = zlib.decompressobj(-zlib.MAX_WBITS), False
                    continue
                raise DecodingError(f"the body is not in its content encoding: {error}") from None
            self._started = True
            yield piece
            data = self._inflate.unconsumed_tail or self._inflate.unused_data


def check_consumed(response: httpx.Response, limit: int) -> httpx.Response:
    """Return a response whose body the transport has read already, as mock transports do.

    Raises:
        BodyTooLargeError: The body exceeds the limit.
    """
    if len(response.content) > limit:
        raise BodyTooLargeError(f"{len(response.content)} bytes, the limit is {limit}")
    return with_body(response, response.content)


def with_body(response: httpx.Response, body: bytes) -> httpx.Response:
    """Return the response with a decoded body."""
    dropped = {b"content-encoding", b"content-length", b"transfer-encoding"}
    headers = [(name, value) for name, value in response.headers.raw if name.lower() not in dropped]
    return httpx.Response(response.status_code, headers=headers, content=body, request=response.request)


def request_id(headers: httpx.Headers, redact: Callable[[str], str] = str) -> str | None:
    """Return the server's request id, or None if missing."""
    for name in REQUEST_ID_HEADERS:
        value = headers.get(name)
        if value:
            return sanitize(redact(str(value)), 2 * MAX_TOKEN)
    return None


def retry_after(headers: httpx.Headers) -> float | None:
    """Return the seconds of `Retry-After`: a number, or a date relative to the server's own clock."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    if value.replace(".", "", 1).isdecimal() and value.isascii():
        seconds = float(value[:20])
        return seconds if seconds < LONGEST_PAUSE else None
    then, now = parse_date(value), parse_date(headers.get("date", "")) or datetime.datetime.now(datetime.UTC)
    return max(0.0, (then - now).total_seconds()) if then else None


def rate_limit_reset(headers: httpx.Headers) -> float:
    """Return the seconds until an exhausted rate limit is reset; 0 if none is exhausted, or it is unknown when.

    It is that of `RateLimit` (draft-ietf-httpapi-ratelimit-headers), in the form of the current draft or of an earlier
    one, or of `RateLimit-Remaining` and `RateLimit-Reset`. `Retry-After` takes precedence: with it, it is 0.
    """
    if retry_after(headers) is not None:
        return 0.0
    pairs = _quotas(headers.get("ratelimit", ""))
    if pairs is None:
        names = ("ratelimit-remaining", "ratelimit-reset")
        pairs = [tuple(_count(headers.get(name, "")) for name in names)]
    resets = [float(reset) for left, reset in pairs if _is_count(left) and left == 0 and _is_count(reset)]
    return max(resets, default=0.0)


def _quotas(value: str) -> list[tuple[Any, ...]] | None:
    """Return what is left of each quota of `RateLimit` and when it is reset, or None if it is missing or malformed."""
    if items := parse_list(value):
        return [(item.parameters.get("r"), item.parameters.get("t")) for item in items if isinstance(item.value, str)]
    if members := parse_dictionary(value):
        return [tuple(members[name].value if name in members else None for name in ("remaining", "reset"))]
    return None


def _count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 15 else None


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < LONGEST_PAUSE


def parse_date(text: str) -> datetime.datetime | None:
    """Return the time of a date header, or None if it cannot be parsed."""
    try:
        found = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=datetime.UTC)


def excerpt(body: bytes, redact: Callable[[str], str] = str) -> str:
    """Return the beginning of a body on one line, redacted before it is truncated."""
    return sanitize(redact(body[:MAX_ERROR_BODY].decode("utf-8", errors="replace")).strip(), MAX_EXCERPT)


def error_detail(body: bytes, redact: Callable[[str], str] = str) -> tuple[str, str | None]:
    """Return the message of an error body, empty if missing, and its code, or None."""
    if len(body) > MAX_ERROR_BODY:
        return "", None
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return "", None
    code = _code(value, 0)
    return sanitize(redact(_message(value, 0)), MAX_EXCERPT), None if code is None else sanitize(
        redact(code), MAX_TOKEN
    )


def _message(value: Any, depth: int) -> str:
    if isinstance(value, str):
        return " ".join(value.split())
    if depth > 4:
        return ""
    if isinstance(value, list):
        return "; ".join(filter(None, (_message(entry, depth + 1) for entry in value[:3])))
    if isinstance(value, dict):
        for key in DETAIL_KEYS:
            if value.get(key):
                text = _message(value[key], depth + 1)
                if text:
                    return text
    return ""


def _code(value: Any, depth: int) -> str | None:
    if depth > 4:
        return None
    if isinstance(value, list) and value:
        return _code(value[0], depth + 1)
    if isinstance(value, dict):
        for key in ("code", "type"):
            if isinstance(value.get(key), str | int) and not isinstance(value.get(key), bool):
                return str(value[key])
        for key in ("errors", "error"):
            found = _code(value.get(key), depth + 1)
            if found:
                return found
    return None
