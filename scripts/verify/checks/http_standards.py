"""Checks of each response against the standards below the API, HTTP and JSON, with the enforced sections."""

import json
import re
import urllib.parse
from abc import abstractmethod
from typing import Any

from ...document import Document, JobLifecycle, Operation
from ..exchange import Exchange
from ..http_dates import HTTP_DATE, NO_DATE, RETIREMENT, parse_http_date, retirement_date, retirement_dates
from ..jobs import is_read
from ..network_errors import body_error
from .registry import Check, Finding, Findings, register

MAX_SKEW = 2.0  # seconds between two clocks of one server


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
    fix_server = "Serialize with a JSON library, as UTF-8 without a byte order mark."

    def check(self, exchange: Exchange, job: JobLifecycle | None) -> Findings:
        if _has_body(exchange) and _is_json(exchange):
            yield Finding(self.clause, _json_violation(exchange))


@register
class TruthfulHeaders(HttpCheck):
    name = "truthful_headers"
    description = "headers match the content"
    clause = "RFC 9110, 8.3, 8.4 and 8.6: type, encoding and length are those of the sent content"
    fix_server = (
        "Let the server compute `Content-Length` and `Content-Encoding`; look for a proxy that changes the body."
    )

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
    fix_server = "Send `Cache-Control: no-store` with every status that is not final, and with 401 and 403."
    fix_document = "If the state is final, move it to `success`, `partial` or `failure`."

    def applies(self, document: Document, operation: Operation, *, full: bool) -> bool:
        return is_read(operation) and operation.job is not None

    def check(self, exchange: Exchange, job: JobLifecycle | None) -> Findings:
        if job and _has_body(exchange) and exchange.is_accepted and isinstance(exchange.json, dict):
            state = job.state_of(exchange.json, exchange.status or 0, exchange.headers)
            if job.kinds.get(state) == "pending":
                age = exchange.headers.get("age", "0")
                got = f"Age: {age}" if age.isdecimal() and int(age) else _cache_permission(exchange)
                yield Finding(self.clause, got and f"{got} with {state}, which is not final")
        elif exchange.status in {401, 403}:
            got = _cache_permission(exchange)
            yield Finding(self.clause, got and f"{got} with {exchange.status}, which is about one request")


@register
class Allow(HttpCheck):
    name = "allow"
    description = "a 405 lists the supported methods, without the rejected one"
    clause = "RFC 9110, 10.2.1 and 15.5.6: Allow of a 405 lists the methods that the resource supports"
    fix_server = "Send `Allow` with the methods of the resource, without the rejected one."

    def check(self, exchange: Exchange, job: JobLifecycle | None) -> Findings:
        if exchange.status != 405 or re.search("%(?![0-9A-Fa-f]{2})", exchange.url):
            return  # or it is about the invalid URL
        allow = exchange.headers.get("allow")
        methods = {method.strip().upper() for method in (allow or "").split(",")}
        got = ""
        if allow is None and exchange.method not in {"HEAD", "OPTIONS"}:  # some frameworks omit it there
            got = f"no Allow with 405 to {exchange.method}"
        elif allow is not None and (exchange.method in methods or (job and allow and methods <= {"HEAD", "OPTIONS"})):
            got = f"Allow: {allow} with 405 to {exchange.method}"
        yield Finding(self.clause, got)


@register
class RetryAfter(HttpCheck):
    name = "retry_after"
    description = "Retry-After is a number of seconds or an HTTP date"
    clause = "RFC 9110, 10.2.3: Retry-After is a non-negative integer of seconds or an HTTP date"
    fix_server = "Send an integer of seconds, or an HTTP date such as `Sun, 06 Nov 1994 08:49:37 GMT`."

    def check(self, exchange: Exchange, job: JobLifecycle | None) -> Findings:
        if (value := exchange.headers.get("retry-after")) is not None:
            is_valid = re.fullmatch("[0-9]+", value.strip()) or HTTP_DATE.fullmatch(value.strip())
            yield Finding(self.clause, "" if is_valid else f"Retry-After: {value}")


@register
class Retirement(HttpCheck):
    name = "retirement"
    description = "Deprecation and Sunset are dates, in this order"
    clause = "RFC 9745, 2.1 and 4, and RFC 8594, 3: Deprecation is @ and seconds, Sunset an HTTP date, not before it"
    fix_server = "Send `Deprecation: @1767225600` and an HTTP date as `Sunset`, not before it."

    def check(self, exchange: Exchange, job: JobLifecycle | None) -> Findings:
        for name in RETIREMENT:
            if (value := exchange.headers.get(name)) is not None:
                is_valid = retirement_date(name, value) is not None
                yield Finding(self.clause, "" if is_valid else f"{name.capitalize()}: {value}")
        dates = retirement_dates(exchange.headers)
        if len(dates) == len(RETIREMENT) and NO_DATE not in dates.values():
            got = "" if dates["deprecation"] <= dates["sunset"] else f"Sunset {dates['sunset']} before Deprecation "
            yield Finding(self.clause, got and got + dates["deprecation"])


@register
class Redirects(HttpCheck):
    name = "redirects"
    description = "a redirect leads to another URL"
    clause = "RFC 9110, 15.4: a redirect to the requested URL never ends for a client without cookies"
    fix_server = (
        "Redirect to the final URL, or respond at once; look for rules about slashes and hosts that match their "
        "own target."
    )

    def check(self, exchange: Exchange, job: JobLifecycle | None) -> Findings:
        if exchange.status in {301, 302, 303, 307, 308} and exchange.method in {"GET", "HEAD"}:
            location = exchange.headers.get("location", "")
            got = f"{exchange.status} to {location}, the requested URL" if leads_to_itself(exchange) else ""
            yield Finding(self.clause, got)


class ResourceCheck(HttpCheck):
    """A check of a response against the earlier ones for the same URL, which it keeps in the memory of a session."""

    def check(self, exchange: Exchange, job: JobLifecycle | None) -> Findings:
        """Yield the findings on a response without earlier ones."""
        yield from self.compare(exchange, job, {})

    @abstractmethod
    def compare(self, exchange: Exchange, job: JobLifecycle | None, memory: dict[Any, Any]) -> Findings:
        """Yield the findings on a response, and add it to the memory."""


@register
class Validators(ResourceCheck):
    name = "validators"
    description = "ETag identifies one body, and Last-Modified and Date are HTTP dates in this order"
    clause = "RFC 9110, 6.6.1 and 8.8: an ETag identifies one representation, Last-Modified is not later than Date"
    fix_server = "Compute `ETag` from the body that is sent, and take `Last-Modified` from the job."

    def compare(self, exchange: Exchange, job: JobLifecycle | None, memory: dict[Any, Any]) -> Findings:
        date, modified, tag = (exchange.headers.get(name) for name in ("date", "last-modified", "etag"))
        for name, value in (("Date", date), ("Last-Modified", modified)):
            if value is not None and not HTTP_DATE.fullmatch(value.strip()):
                yield Finding(self.clause, f"{name}: {value}")
        if date and modified and HTTP_DATE.fullmatch(date) and HTTP_DATE.fullmatch(modified):
            is_later = parse_http_date(modified) > parse_http_date(date) + MAX_SKEW
            yield Finding(self.clause, f"Last-Modified: {modified} after Date: {date}" if is_later else "")
        if tag is None:
            return
        yield Finding(self.clause, "" if re.fullmatch('(W/)?"[^"]*"', tag) else f"ETag: {tag}")
        if exchange.method == "GET" and exchange.status == 200:
            selecting = (exchange.request_headers.get(f"accept{name}", "") for name in ("", "-encoding", "-language"))
            state = job.state_of(exchange.json, 200, exchange.headers) if job else None
            content = state if tag.startswith("W/") else exchange.body
            before = memory.setdefault((exchange.url, tag, *selecting), content)
            yield Finding(self.clause, "" if before == content else f"ETag: {tag} for two different bodies")


@register
class Vary(ResourceCheck):
    name = "vary"
    description = "a compressed response that may be cached has Vary"
    clause = "RFC 9110, 12.5.5: Vary lists the request headers that have selected the representation"
    fix_server = "Send `Vary: Accept-Encoding` with compressed responses, or `Cache-Control: no-store`."

    def compare(self, exchange: Exchange, job: JobLifecycle | None, memory: dict[Any, Any]) -> Findings:
        if exchange.method != "GET" or exchange.status != 200:
            return
        encoding = exchange.headers.get("content-encoding", "identity").lower()
        vary = exchange.headers.get("vary", "").lower()
        encodings = memory.setdefault(exchange.url, {})
        may_be_kept = "no-store" not in exchange.headers.get("cache-control", "").lower()
        encodings[encoding] = may_be_kept and "accept-encoding" not in vary and "*" not in vary
        if len(encodings) > 1:
            missing = [name for name, is_missing in encodings.items() if is_missing and name != "identity"]
            yield Finding(self.clause, f"no Vary with Content-Encoding: {missing[0]}" if missing else "")


def leads_to_itself(exchange: Exchange) -> bool:
    """Return whether the Location of a response is the requested URL."""
    location = exchange.headers.get("location", "")
    return bool(location) and urllib.parse.urljoin(exchange.url, location) == exchange.url


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

    constants: list[str] = []
    try:
        value = json.loads(exchange.body, object_pairs_hook=collect_duplicates, parse_constant=constants.append)
    except (ValueError, RecursionError):
        return ""  # reported by response_schema_conformance
    if constants:
        return f"the number {constants[0]}"
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError) as error:
        return f"half of a surrogate pair: {error}" if isinstance(error, UnicodeEncodeError) else ""
    return f"the name {duplicates[0]!r} twice in one object" if duplicates else ""


def _cache_permission(exchange: Exchange) -> str:
    """Return the header that allows a cache to reuse a response, or an empty string."""
    for name in ("cdn-cache-control", "surrogate-control"):
        if any(int(age or 0) for age in _ages(exchange.headers.get(name, ""), "max-age")):
            return f"{name}: {exchange.headers[name]}"
    control = exchange.headers.get("cache-control", "").lower()
    # With the names of headers, no-cache and private apply to these only.
    directives = set(re.split(r"[\s,]+", re.sub(r"=\s*(\"[^\"]*\"|[^\s,]*)", "=", control)))
    if directives & {"no-store", "no-cache"}:
        return ""
    ages = _ages(control, "s-maxage|max-age|stale-while-revalidate")
    is_heuristic = "public" in directives and not ages and "must-revalidate" not in directives
    if any(ages) or "immutable" in directives or is_heuristic:
        return f"Cache-Control: {control}"
    expires = exchange.headers.get("expires", "")
    if not ages and parse_http_date(expires) > parse_http_date(exchange.headers.get("date", ""), exchange.at):
        return f"Expires: {expires}"
    return ""


def _ages(control: str, names: str) -> list[int]:
    return [int(age) for age in re.findall(rf"(?:^|[\s,])(?:{names})\s*=\s*\"?(\d{{1,10}})", control.lower())]
