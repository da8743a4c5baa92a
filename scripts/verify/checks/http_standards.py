"""Checks of each response against the standards below the API, HTTP and JSON, with the enforced sections."""

import email.utils
import json
import re
from abc import abstractmethod
from typing import Any

from ...document import Document, JobLifecycle, Operation
from ..exchange import Exchange
from ..jobs import is_read
from ..network_errors import body_error
from .registry import Check, Finding, Findings, register


class HttpCheck(Check):
    """A check of any response; `job` is what the operation reports, or None. The expectation is the clause."""

    @abstractmethod
    def check(self, exchange: Exchange, job: JobLifecycle | None) -> Findings:
        """Yield the findings on a response."""


@register
class StrictJson(HttpCheck):
    name = "strict_json"
    description = "JSON is UTF-8, without a byte order mark and with unique names"
    clause = "RFC 8259, 4 and 8.1: names are unique, the encoding is UTF-8 without a byte order mark"

    def check(self, exchange: Exchange, job: JobLifecycle | None) -> Findings:
        if _has_body(exchange) and _is_json(exchange):
            yield Finding(self.clause, _json_violation(exchange))


@register
class TruthfulHeaders(HttpCheck):
    name = "truthful_headers"
    description = "headers match the content"
    clause = "RFC 9110, 8.3, 8.4 and 8.6: type, encoding and length are those of the sent content"

    def check(self, exchange: Exchange, job: JobLifecycle | None) -> Findings:
        if got := body_error(exchange):
            yield Finding(self.clause, got)
        if _has_body(exchange):
            yield Finding(self.clause, _content_mismatch(exchange))


@register
class Caching(HttpCheck):
    name = "caching"
    description = "the status of a job in progress may not be cached"
    clause = "RFC 9111, 5.2: a response that a cache may store is reused while it is fresh"

    def applies(self, document: Document, operation: Operation, *, full: bool) -> bool:
        return is_read(operation) and operation.job is not None

    def check(self, exchange: Exchange, job: JobLifecycle | None) -> Findings:
        if job and _has_body(exchange) and exchange.is_accepted and isinstance(exchange.json, dict):
            state = job.state_of(exchange.json, exchange.status or 0, exchange.headers)
            if job.kinds.get(state) == "pending":
                yield Finding(self.clause, _cache_permission(exchange, state))


def _has_body(exchange: Exchange) -> bool:
    return exchange.status is not None and bool(exchange.body) and exchange.method != "HEAD"


def _is_json(exchange: Exchange) -> bool:
    return exchange.media_type == "application/json" or exchange.media_type.endswith("+json")


def _content_mismatch(exchange: Exchange) -> str:
    """Return a wrong charset or an encoding that the request did not accept, or an empty string."""
    encoding = exchange.headers.get("content-encoding", "identity").lower()
    if exchange.request_headers.get("accept-encoding") == "identity" and encoding != "identity":
        return f"Content-Encoding: {encoding} although the request accepts identity only"
    charset = _charset(exchange)
    # The encoding of JSON is checked by strict_json.
    mode = "strict" if charset and not _is_json(exchange) else "replace"
    try:
        exchange.body.decode(charset or "utf-8", mode)
    except UnicodeDecodeError as error:
        return f"charset={charset}, but {error.reason} at byte {error.start}"
    except (LookupError, UnicodeError):
        return f"charset={charset}, which is unknown"
    return ""


def _charset(exchange: Exchange) -> str:
    found = re.search(r"charset\s*=\s*\"?([^\s;\"]+)", exchange.headers.get("content-type", ""), re.IGNORECASE)
    return found[1].lower() if found else ""


def _json_violation(exchange: Exchange) -> str:
    try:
        exchange.body.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"{error.reason} at byte {error.start}, charset={_charset(exchange) or 'not given'}"
    if exchange.body.startswith(b"\xef\xbb\xbf"):
        return "a byte order mark"
    duplicates: list[str] = []

    def collect_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            duplicates.append(next(name for name in names if names.count(name) > 1))
        return found

    try:
        json.loads(exchange.body, object_pairs_hook=collect_duplicates)
    except (ValueError, RecursionError):
        return ""  # reported by response_schema_conformance
    return f"the name {duplicates[0]!r} twice in one object" if duplicates else ""


def _cache_permission(exchange: Exchange, state: str) -> str:
    control = exchange.headers.get("cache-control", "").lower()
    if "no-store" in control or "no-cache" in control:
        return ""
    ages = [int(age) for age in re.findall(r"(?:^|[\s,])(?:s-maxage|max-age)\s*=\s*\"?(\d{1,10})", control)]
    if any(ages) or "immutable" in control:
        return f"Cache-Control: {control} with {state}, which is not final"
    expires = exchange.headers.get("expires", "")
    if not ages and _parse_http_date(expires) > _parse_http_date(exchange.headers.get("date", ""), exchange.at):
        return f"Expires: {expires} with {state}, which is not final"
    return ""


def _parse_http_date(date: str, default: float = 0.0) -> float:
    """Return an HTTP date in seconds since 1970, or the default if it is invalid."""
    try:
        return email.utils.parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return default
