"""Entries of HTTP Archives as exchanges."""

import base64
import binascii
import datetime
import math
import re
import zlib
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from ...client.archived_body import MAX_SIZE, is_utf8
from ...client.redaction import REDACTED
from ...har.archive import GZIP_MAGIC
from ..exchange import Exchange

UNKNOWN_TYPE = "x-unknown"  # the mimeType of a body without a content type
SCHEMATHESIS = "x-schemathesis-testcaseid"  # a header of its requests
BYTE_ORDER_MARK_LENGTH = 3  # bytes that a recorder may have removed from a body
FRAMING = 64  # bytes on the wire that an empty body may have: of chunks, of frames, of its compression
UNREAD = {"br", "zstd", "deflate"}  # encodings of clients in which a recorder may keep a body
# What browsers write about a response that is not from the server: Chromium, its service workers, and WebKit.
FROM_CACHE = {
    "_fromCache": {"disk", "memory", "prefetch"},
    "_serviceWorkerResponseSource": {"cache-storage", "http-cache", "fallback-code"},
    "_fetchType": {"Disk Cache", "Memory Cache"},
}
# With this header, Chromium explains a redirect that it has made by itself.
INTERNAL_REDIRECT = "non-authoritative-reason"


@frozen
class Entry:
    """A recorded exchange.

    `duration` are the seconds from its time to the end of the response, NaN if they are unknown; `has_fraction` says
    whether its time has fractions of a second, `is_cut` that the recorder has kept a part of the body only, or nothing
    of it, and `is_local` that the client has responded to itself: from a cache, or with a redirect to https.
    """

    exchange: Exchange
    duration: float
    has_fraction: bool
    is_cut: bool
    is_local: bool = False


def read_entry(data: Mapping[str, Any], origin: str) -> Entry:
    """Convert an entry. Members that are missing, or of another type than HAR 1.2 says, are taken as unknown.

    Times, bodies and headers of a recorder may be incomplete; `origin` names the entry for messages.
    """
    request, response = data["request"], data["response"]
    body, is_cut = _response_body(response)
    headers = _headers(response.get("headers"))
    content = response.get("content")
    mime_type = content.get("mimeType") if isinstance(content, Mapping) else None
    if body and isinstance(mime_type, str) and mime_type and mime_type != UNKNOWN_TYPE:
        headers.setdefault("content-type", mime_type)
    began, has_fraction = _began(data.get("startedDateTime"))
    sent, elapsed = _headers(request.get("headers")), _elapsed(data)
    if SCHEMATHESIS in sent and not math.isnan(elapsed):
        began -= elapsed  # Schemathesis writes when the response was received
    error = response.get("_error") or data.get("_error") or ""
    exchange = Exchange(
        "",
        request["method"],
        _without_surrogates(request["url"]),
        sent,
        _status(response.get("status")),
        headers,
        body,
        elapsed,
        str(error),
        began,
        _request_body(request.get("postData")),
        origin=origin,
    )
    has_body = exchange.status not in {None, 204, 205, 304} and exchange.method != "HEAD"
    is_local = INTERNAL_REDIRECT in headers or any(
        str(one.get(name)) in values for name, values in FROM_CACHE.items() for one in (data, response)
    )
    return Entry(exchange, _duration(data), has_fraction, is_cut and has_body, is_local)


def _status(value: Any) -> int | None:
    """Return a status, also of a recorder that writes it as a string or as a float; None without one."""
    text = re.fullmatch(r"([1-9]\d\d)(?:\.0+)?", str(value))
    return int(text[1]) if text else None


def _began(text: Any) -> tuple[float, bool]:
    """Return a time in seconds since 1970, and whether it has fractions of a second; one without a zone is UTC."""
    try:
        parsed = datetime.datetime.fromisoformat(text)
        seconds = (parsed if parsed.tzinfo else parsed.replace(tzinfo=datetime.UTC)).timestamp()
    except (TypeError, ValueError, OverflowError):
        return math.nan, False
    return seconds, not seconds.is_integer()


def _elapsed(data: Mapping[str, Any]) -> float:
    """Return the seconds from sending to the end of the response, without those before a connection; or NaN."""
    timings = _timings(data)
    parts = [_milliseconds(timings.get(name)) for name in ("send", "wait", "receive")]
    total = sum(parts) or _milliseconds(data.get("time"))
    return (_milliseconds(data.get("time")) if math.isnan(total) else total) / 1000


def _duration(data: Mapping[str, Any]) -> float:
    """Return the seconds from the time of an entry to the end of the response, or NaN.

    They begin in the queue of the client, before it looks up the name and connects, all of which recorders may leave
    out of the total.
    """
    timings = _timings(data)
    parts = {
        name: _milliseconds(timings.get(name)) for name in ("blocked", "dns", "connect", "send", "wait", "receive")
    }
    total = _milliseconds(data.get("time"))
    known = [part for part in parts.values() if not math.isnan(part)]
    if math.isnan(total) and math.isnan(parts["wait"] + parts["receive"]):
        return math.nan
    return max(sum(known), 0.0 if math.isnan(total) else total) / 1000


def _timings(data: Mapping[str, Any]) -> Mapping[str, Any]:
    timings = data.get("timings")
    return timings if isinstance(timings, Mapping) else {}


def _milliseconds(value: Any) -> float:
    """Return a duration, or NaN for another value; recorders write -1 for an unknown one."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value < math.inf else math.nan


def _response_body(response: Mapping[str, Any]) -> tuple[bytes, bool]:
    """Return the body, decompressed, and whether the recorder has cut it off."""
    content = response.get("content")
    content = content if isinstance(content, Mapping) else {}
    headers = _headers(response.get("headers"))
    encoding = headers.get("content-encoding", "identity").lower()
    is_encoded = encoding != "identity"
    decoded = _decoded(content)
    body = None if decoded is None else _decompressed(decoded)
    is_text = "json" in f"{content.get('mimeType')} {headers.get('content-type')}".lower()
    if body is None or (encoding in UNREAD and is_text and _is_base64(content) and not is_utf8(body)):
        return b"", True
    size, length, wire = (
        int(str(one)) if str(one).isdecimal() else None
        for one in (content.get("size"), headers.get("content-length", ""), response.get("bodySize"))
    )
    if not body:
        is_known = isinstance(content.get("text"), str) or any(one is not None for one in (size, length, wire))
        on_wire = max(length or 0, wire or 0) if is_encoded else wire or 0
        return b"", not is_known or any((size, length and not is_encoded, on_wire > FRAMING))
    # A size on the wire may be that of chunks, too. The length is not that of a redacted body, or of one that was
    # converted from UTF-16.
    lengths = [size, wire if size is None else None, None if REDACTED.encode() in body else length]
    longest = max((one for one in lengths if one is not None), default=0)
    tolerance = FRAMING if is_encoded else BYTE_ORDER_MARK_LENGTH
    is_shorter = longest > len(body) + tolerance and "utf-16" not in headers.get("content-type", "").lower()
    return body, is_shorter or _is_marked(response) or _is_marked(content)


def _is_marked(message: Mapping[str, Any]) -> bool:
    """Return whether a recorder says that it has truncated a message."""
    return any(
        "truncat" in (str(value) if name == "comment" else name if value is True else "").lower()
        for name, value in message.items()
    )


def _decompressed(body: bytes) -> bytes | None:
    """Return a body decompressed, if it is one of gzip, or None if that is impossible."""
    if not body.startswith(GZIP_MAGIC):
        return body
    try:
        unzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        unzipped = unzip.decompress(body, MAX_SIZE)
    except zlib.error:
        return None
    return unzipped if unzip.eof else None


def _request_body(data: Any) -> bytes:
    if not isinstance(data, Mapping):
        return b""
    if isinstance(data.get("text"), str):
        return _decoded(data) or b""
    params = data.get("params")
    pairs = [param for param in params if isinstance(param, Mapping)] if isinstance(params, list) else []
    return "&".join(f"{pair.get('name', '')}={pair.get('value', '')}" for pair in pairs).encode(errors="replace")


def _decoded(content: Mapping[str, Any]) -> bytes | None:
    """Return the bytes of the content, empty without text, or None if they cannot be decoded."""
    text = content.get("text")
    if not isinstance(text, str):
        return b""
    if _is_base64(content):
        try:
            return base64.b64decode(text)
        except (binascii.Error, ValueError):
            return None
    return text.encode("utf-8", errors="surrogatepass")


def _is_base64(content: Mapping[str, Any]) -> bool:
    return str(content.get("encoding")).lower() == "base64"


def _headers(headers: Any) -> dict[str, str]:
    """Return the headers of a message, those with the same name joined; the pseudo-headers of HTTP/2 are left out."""
    joined: dict[str, str] = {}
    for header in headers if isinstance(headers, list) else ():
        name, value = (header.get("name"), header.get("value")) if isinstance(header, Mapping) else (None, None)
        if isinstance(name, str) and isinstance(value, str) and not name.startswith(":"):
            name, value = name.lower(), _without_surrogates(value)
            joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


def _without_surrogates(text: str) -> str:
    return re.sub("[\ud800-\udfff]", "\ufffd", text)
