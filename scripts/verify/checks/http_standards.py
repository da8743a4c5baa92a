"""Checks of each response against the standards below the API, HTTP and JSON, with the enforced sections."""

import contextlib
import json
import re
import urllib.parse
from abc import abstractmethod
from typing import Any

from ...document import MISSING, Document, JobLifecycle, Operation, walk
from ..exchange import Exchange
from ..http_dates import NO_DATE, RETIREMENT, is_http_date, parse_http_date, retirement_date, retirement_dates
from ..jobs import is_read
from ..network_errors import body_error
from .registry import Check, Finding, Findings, ResponseCheck, register

MAX_SKEW = 2.0  # seconds between two clocks of one server
MAX_DELAY = 1_000_000_000  # seconds, more than thirty years: a time since 1970, not a delay
METHOD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # RFC 9110, 5.6.2
MAX_HOPS = 3  # of redirects
REFUSALS = frozenset({400, 401, 403, 404, 410, 422})
MAX_IDS = 1000  # that are kept


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
        is_shown = isinstance(exchange.json, dict) and _has_body(exchange)
        is_report = exchange.is_accepted and exchange.method != "HEAD"
        if job and is_report and (is_shown or job.conditions):
            state = job.state_of(exchange.json, exchange.status or 0, exchange.headers)
            if state in job.kinds and not job.is_final(state):
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
        is_list = not allow or all(re.fullmatch(METHOD, method) for method in methods if method)
        got = "" if is_list else f"Allow: {allow}, which is no list of methods"
        if allow is None and exchange.method not in {"HEAD", "OPTIONS"}:  # some frameworks omit it there
            got = f"no Allow with 405 to {exchange.method}"
        elif allow is not None and (exchange.method in methods or (job and allow and methods <= {"HEAD", "OPTIONS"})):
            got = f"Allow: {allow} with 405 to {exchange.method}"
        yield Finding(self.clause, got)


@register
class AllowDocumented(ResponseCheck):
    name = "allow_documented"
    description = "a 405 lists a method that the document describes for the path"
    clause = "RFC 9110, 10.2.1: Allow lists the methods that the resource supports"
    fix_server = "Send `Allow` with the methods of the resource; look for a router that lists those of another one."
    any_request = True

    def check(self, document: Document, operation: Operation, exchange: Exchange) -> Findings:
        described = {other.method for other in document.operations if other.path == operation.path}
        allow = exchange.headers.get("allow")
        pattern = re.sub(r"\\\{[^{}]+\\\}", "[^/]+", re.escape(operation.path))
        is_its_path = re.search(f"{pattern}$", urllib.parse.urlsplit(exchange.url).path)
        if exchange.status == 405 and allow is not None and exchange.method not in described and is_its_path:
            methods = {method.strip().upper() for method in allow.split(",")}
            got = f"Allow: {allow}, without {' or '.join(sorted(described))}" if not methods & described else ""
            yield Finding(self.clause, got)


@register
class RetryAfter(HttpCheck):
    name = "retry_after"
    description = "Retry-After is a number of seconds or an HTTP date"
    clause = "RFC 9110, 10.2.3: Retry-After is a non-negative integer of seconds or an HTTP date"
    fix_server = "Send an integer of seconds, or an HTTP date such as `Sun, 06 Nov 1994 08:49:37 GMT`."

    def check(self, exchange: Exchange, job: JobLifecycle | None) -> Findings:
        if (value := exchange.headers.get("retry-after")) is not None:
            is_delay = re.fullmatch("[0-9]+", value.strip()) and int(value) < MAX_DELAY
            yield Finding(self.clause, "" if is_delay or is_http_date(value) else f"Retry-After: {value}")


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


class ResourceCheck(HttpCheck):
    """A check of a response against the earlier ones for the same URL, which it keeps in the memory of a session."""

    def check(self, exchange: Exchange, job: JobLifecycle | None) -> Findings:
        """Yield the findings on a response without earlier ones."""
        yield from self.compare(exchange, job, {})

    @abstractmethod
    def compare(self, exchange: Exchange, job: JobLifecycle | None, memory: dict[Any, Any]) -> Findings:
        """Yield the findings on a response, and add it to the memory."""


@register
class Redirects(ResourceCheck):
    name = "redirects"
    description = "a redirect leads to another URL"
    clause = "RFC 9110, 15.4: a redirect to the requested URL never ends for a client without cookies"
    fix_server = (
        "Redirect to the final URL, or respond at once; look for rules about slashes and hosts that match their "
        "own target."
    )

    def compare(self, exchange: Exchange, job: JobLifecycle | None, memory: dict[Any, Any]) -> Findings:
        url, target = normalized(exchange.url), redirect_target(exchange)
        memory.pop(url, None)
        if target is None or exchange.method not in {"GET", "HEAD"} or "cookie" in exchange.request_headers:
            return
        memory[url] = target
        for _ in range(MAX_HOPS):
            if target == url:
                break
            target = memory.get(target)
        got = f"{exchange.status} to {exchange.headers['location']}, which leads to the requested URL"
        yield Finding(self.clause, got if target == url else "")


@register
class RefusalNamesNoJob(ResourceCheck):
    name = "refusal_names_no_job"
    description = "the refusal of a poll names no job but the requested one"
    clause = "RFC 9110, 15.5: the content of an error explains the error of its request"
    fix_server = "Leave out of the error what the request has not named, such as a list of the known jobs."
    fix_document = "Point `id` in `x-job` at the field that identifies the job."

    def applies(self, document: Document, operation: Operation, *, full: bool) -> bool:
        """Return whether a status has the id of its job."""
        return operation.job is not None and operation.job.id is not None

    def compare(self, exchange: Exchange, job: JobLifecycle | None, memory: dict[Any, Any]) -> Findings:
        found = walk(exchange.json, job.id) if job and job.id else MISSING
        if exchange.is_accepted:
            # A string without a letter and a digit may be in an error by chance.
            if isinstance(found, str) and re.search("[A-Za-z]", found) and re.search("[0-9]", found[4:]):
                memory.update({found: True} if len(memory) < MAX_IDS else {})
        elif job and exchange.status in REFUSALS and memory:
            body = exchange.body.decode(errors="replace")
            parts = (
                urllib.parse.unquote(exchange.url),
                *exchange.request_headers.values(),
                exchange.content.decode(errors="replace"),
            )
            named = [one for one in memory if re.search(rf"(?<![\w-]){re.escape(one)}(?![\w-])", body)]
            other = [one for one in named if not any(one in part for part in parts)]
            yield Finding(self.clause, f"{other[0]} with {exchange.status}" if other else "")


@register
class Validators(ResourceCheck):
    name = "validators"
    description = "ETag identifies one body, and Last-Modified and Date are HTTP dates in this order"
    clause = "RFC 9110, 6.6.1 and 8.8: an ETag identifies one representation, Last-Modified is not later than Date"
    fix_server = "Compute `ETag` from the body that is sent, and take `Last-Modified` from the job."

    def compare(self, exchange: Exchange, job: JobLifecycle | None, memory: dict[Any, Any]) -> Findings:
        date, modified, tag = (exchange.headers.get(name) for name in ("date", "last-modified", "etag"))
        for name, value in (("Date", date), ("Last-Modified", modified)):
            if value is not None and not is_http_date(value):
                yield Finding(self.clause, f"{name}: {value}")
        if date and modified and is_http_date(date) and is_http_date(modified):
            is_later = parse_http_date(modified) > parse_http_date(date) + MAX_SKEW
            yield Finding(self.clause, f"Last-Modified: {modified} after Date: {date}" if is_later else "")
            yield Finding(self.clause, self._unmoved(exchange, job, memory))
        if tag is None:
            return
        yield Finding(self.clause, "" if re.fullmatch('(W/)?"[^"]*"', tag) else f"ETag: {tag}")
        if exchange.method == "GET" and exchange.status == 200:
            # The body is decoded, so that its encoding does not matter.
            selecting = (exchange.request_headers.get(name, "") for name in ("accept", "accept-language"))
            state = job.state_of(exchange.json, 200, exchange.headers) if job else None
            content = state if tag.startswith("W/") else exchange.body
            before = memory.setdefault((exchange.url, tag, *selecting), content)
            yield Finding(self.clause, "" if before == content else f"ETag: {tag} for two different bodies")

    def _unmoved(self, exchange: Exchange, job: JobLifecycle | None, memory: dict[Any, Any]) -> str:
        """Return a Last-Modified that is that of another state, which was read later than it says."""
        state = job.state_of(exchange.json, exchange.status or 0, exchange.headers) if job else None
        if job is None or state not in job.kinds or exchange.method != "GET":
            return ""
        date, modified = exchange.headers["date"], exchange.headers["last-modified"]
        before, read_at = memory.get((exchange.url, modified), (state, 0.0))
        memory[exchange.url, modified] = state, parse_http_date(date)
        is_unmoved = before != state and read_at >= parse_http_date(modified) + MAX_SKEW
        return f"Last-Modified: {modified} with {state}, although {before} was read after it" if is_unmoved else ""


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


def redirect_target(exchange: Exchange) -> str | None:
    """Return the normalized URL that a response redirects to, or None."""
    location = exchange.headers.get("location")
    if exchange.status not in {301, 302, 303, 307, 308} or location is None:
        return None
    with contextlib.suppress(ValueError):
        return normalized(urllib.parse.urljoin(exchange.url, location))
    return None


def normalized(url: str) -> str:
    """Return a URL in the form in which equal ones are equal (RFC 3986, 6.2), without its fragment.

    Raises:
        ValueError: it is invalid.
    """
    parts = urllib.parse.urlsplit(url)
    port = "" if parts.port in (None, {"http": 80, "https": 443}.get(parts.scheme)) else f":{parts.port}"
    path = urllib.parse.quote(urllib.parse.unquote_to_bytes(parts.path or "/"), safe="/:@!$&'()*+,;=~")
    query = urllib.parse.quote(urllib.parse.unquote_to_bytes(parts.query), safe="/:@!$&'()*+,;=~?%")
    return f"{parts.scheme}://{parts.hostname}{port}{path}{'?' if query else ''}{query}"


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
    # The encoding of JSON is checked by strict_json, and an HTTP Archive has all text in another one.
    mode = "strict" if charset and not _is_json(exchange) and not exchange.origin else "replace"
    try:
        text = exchange.body.decode(charset or "utf-8", mode)
        if charset and _is_json(exchange) and exchange.json is not MISSING and not text.lstrip()[:1].isascii():
            return f"charset={charset}, but the JSON is not in it"
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
    for name, control in exchange.headers.items():
        # Any cache may have a header of its own (RFC 9213, 2.2).
        if name.endswith(("cdn-cache-control", "surrogate-control")) and any(_ages(control, "s-maxage|max-age")):
            return f"{name}: {control}"
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
