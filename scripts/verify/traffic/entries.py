"""Entries of HTTP Archives as exchanges."""

import base64
import binascii
import datetime
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import frozen

from ..exchange import Exchange

UNKNOWN_TYPE = "x-unknown"  # the mimeType of a body without a content type
SCHEMATHESIS = "x-schemathesis-testcaseid"  # a header of its requests
BYTE_ORDER_MARK_LENGTH = 3  # bytes that a recorder may have removed from a body


@frozen
class Entry:
    """A recorded exchange.

    `has_fraction` says whether its time has fractions of a second, and `is_cut` that the recorder has kept a part of
    the body only, or nothing of it.
    """

    exchange: Exchange
    has_fraction: bool
    is_cut: bool


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
    status = response.get("status")
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
        status if isinstance(status, int) and 100 <= status <= 999 else None,
        headers,
        body,
        elapsed,
        str(error),
        began,
        _request_body(request.get("postData")),
        origin=origin,
    )
    has_body = exchange.status not in {None, 204, 205, 304} and exchange.method != "HEAD"
    return Entry(exchange, has_fraction, is_cut and has_body)


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
    timings = data.get("timings")
    timings = timings if isinstance(timings, Mapping) else {}
    parts = [_duration(timings.get(name)) for name in ("send", "wait", "receive")]
    total = sum(parts) or _duration(data.get("time"))
    return _duration(data.get("time")) / 1000 if math.isnan(total) else total / 1000


def _duration(value: Any) -> float:
    """Return a duration, or NaN for another value; recorders write -1 for an unknown one."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value < math.inf else math.nan


def _response_body(response: Mapping[str, Any]) -> tuple[bytes, bool]:
    """Return the body, decompressed, and whether the recorder has cut it off."""
    content = response.get("content")
    content = content if isinstance(content, Mapping) else {}
    body, size = _decoded(content), content.get("size")
    headers = _headers(response.get("headers"))
    is_encoded = headers.get("content-encoding", "identity").lower() != "identity"
    if "utf-16" in headers.get("content-type", "").lower():
        return body, not body and bool(size)
    # Of a compressed body, recorders write one size or the other.
    expected = [] if is_encoded else [size, headers.get("content-length", "")]
    sizes = [int(str(one)) for one in expected if str(one).isdecimal()]
    if not isinstance(content.get("text"), str):
        return b"", not (size == 0 or (sizes and not any(sizes)))
    return body, any(one > len(body) + BYTE_ORDER_MARK_LENGTH for one in sizes[:1])


def _request_body(data: Any) -> bytes:
    if not isinstance(data, Mapping):
        return b""
    if isinstance(data.get("text"), str):
        return _decoded(data)
    params = data.get("params")
    pairs = [param for param in params if isinstance(param, Mapping)] if isinstance(params, list) else []
    return "&".join(f"{pair.get('name', '')}={pair.get('value', '')}" for pair in pairs).encode(errors="replace")


def _decoded(content: Mapping[str, Any]) -> bytes:
    text = content.get("text")
    if not isinstance(text, str):
        return b""
    if content.get("encoding") == "base64":
        try:
            return base64.b64decode(text)
        except (binascii.Error, ValueError):
            return b""
    return text.encode("utf-8", errors="surrogatepass")


def _headers(headers: Any) -> dict[str, str]:
    """Return the headers of a message, those with the same name joined; the pseudo-headers of HTTP/2 are left out."""
    joined: dict[str, str] = {}
    for header in headers if isinstance(headers, Iterable) and not isinstance(headers, str | Mapping) else ():
        name, value = (header.get("name"), header.get("value")) if isinstance(header, Mapping) else (None, None)
        if isinstance(name, str) and isinstance(value, str) and not name.startswith(":"):
            name, value = name.lower(), _without_surrogates(value)
            joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


def _without_surrogates(text: str) -> str:
    return re.sub("[\ud800-\udfff]", "\ufffd", text)
