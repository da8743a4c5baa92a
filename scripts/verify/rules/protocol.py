"""Rules that come from the standards below an API, each with the clause that it enforces, held against every answer."""

import email.utils
import json
import re
from collections.abc import Mapping
from typing import Any

from ...document import Operation, walk
from ..exchange import Exchange
from ..faults import broken_off
from ..result import Result
from ..target import Target
from .conformance import failure

# The clause of the standard that a rule enforces, beside the document's own.
CLAUSES: Mapping[str, str] = {
    "strict_json": "RFC 8259, 4 and 8.1: names are unique, the text is UTF-8 without a byte order mark",
    "truthful_headers": "RFC 9110, 8.3, 8.4 and 8.6: type, encoding and length are those of the content that is sent",
    "caching": "RFC 9111, 5.2: what a cache may keep is served as fresh",
    "near_miss_credential": "RFC 9110, 11.4: a credential is accepted as it is, or not at all",
    "credential_elsewhere": "OpenAPI 3.1, Security Scheme Object: a credential counts where its scheme has it",
    "strange_ids": "RFC 9110, 15.5 and 15.6: what a client gets wrong is a 4xx",
    "odd_queries": "RFC 9110, 15.5 and 15.6: what a client gets wrong is a 4xx",
    "defaults": "JSON Schema, 9.2: a parameter that is left out has its default",
    "head": "RFC 9110, 9.3.2: HEAD is GET without the content",
    "path_forms": "RFC 3986, 6.2.2: another path is another resource, and no way around the credential",
    "undeclared_body": "RFC 9110, 9.3.1: content that has no meaning here changes nothing, or is refused with a 4xx",
    "accept": "RFC 9110, 12.5.1: what the client takes is answered, or else 406 or any documented type",
    "concurrent_readings": "RFC 9110, 9.2.1: a reading changes nothing, whatever else is read meanwhile",
}


class Wire:
    """Holds each answer to the standards below the API, whoever has asked for it."""

    def __init__(self, target: Target, result: Result) -> None:
        self._target = target
        self._result = result

    def hear(self, exchange: Exchange) -> None:
        """Judges one answer."""
        operation = self._target.document.operation(exchange.operation_id)
        if got := broken_off(exchange):
            judge(self._target, self._result, "truthful_headers", operation, exchange, got)
        if exchange.status is None or not exchange.body or exchange.method == "HEAD":
            return
        judge(self._target, self._result, "truthful_headers", operation, exchange, _mislabelled(exchange))
        if _is_json(exchange):
            judge(self._target, self._result, "strict_json", operation, exchange, _lax(exchange))
        if operation.job and exchange.is_accepted and isinstance(exchange.json, dict):
            state = walk(exchange.json, operation.job.state)
            if isinstance(state, str) and operation.job.kinds.get(state) == "pending":
                judge(self._target, self._result, "caching", operation, exchange, _kept(exchange, state))


def judge(target: Target, result: Result, rule: str, operation: Operation, exchange: Exchange, got: str) -> None:
    """Counts a judgement; empty `got` is none broken."""
    wanted = CLAUSES[rule]
    result.judge(operation.id, rule, failure(target, rule, operation, exchange, wanted, got) if got else None)


def _is_json(exchange: Exchange) -> bool:
    return exchange.media_type == "application/json" or exchange.media_type.endswith("+json")


def _mislabelled(exchange: Exchange) -> str:
    """A charset that the content is not written in, or an encoding that was not asked for."""
    encoding = exchange.headers.get("content-encoding", "identity").lower()
    if exchange.request_headers.get("accept-encoding") == "identity" and encoding != "identity":
        return f"Content-Encoding: {encoding} where only identity was asked for"
    charset = _charset(exchange)
    # That JSON is UTF-8 is a rule of its own.
    mode = "strict" if charset and not _is_json(exchange) else "replace"
    try:
        exchange.body.decode(charset or "utf-8", mode)
    except UnicodeDecodeError as error:
        return f"charset={charset}, and {error.reason} at byte {error.start}"
    except (LookupError, UnicodeError):
        return f"charset={charset}, which there is none of"
    return ""


def _charset(exchange: Exchange) -> str:
    found = re.search(r"charset\s*=\s*\"?([^\s;\"]+)", exchange.headers.get("content-type", ""), re.IGNORECASE)
    return found[1].lower() if found else ""


def _lax(exchange: Exchange) -> str:
    try:
        exchange.body.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"{error.reason} at byte {error.start}, charset={_charset(exchange) or 'not told'}"
    if exchange.body.startswith(b"\xef\xbb\xbf"):
        return "a byte order mark"
    twice: list[str] = []

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            twice.append(next(name for name in names if names.count(name) > 1))
        return found

    try:
        json.loads(exchange.body, object_pairs_hook=unique)
    except (ValueError, RecursionError):
        return ""  # the schema rule says so
    return f"the name {twice[0]!r} twice in one object" if twice else ""


def _kept(exchange: Exchange, state: str) -> str:
    control = exchange.headers.get("cache-control", "").lower()
    if "no-store" in control or "no-cache" in control:
        return ""
    ages = [int(age) for age in re.findall(r"(?:^|[\s,])(?:s-maxage|max-age)\s*=\s*\"?(\d{1,10})", control)]
    if any(ages) or "immutable" in control:
        return f"Cache-Control: {control} with {state}, which will not last"
    expires = exchange.headers.get("expires", "")
    if not ages and _moment(expires) > _moment(exchange.headers.get("date", ""), exchange.at):
        return f"Expires: {expires} with {state}, which will not last"
    return ""


def _moment(date: str, otherwise: float = 0.0) -> float:
    """A date of HTTP in seconds since 1970; one that cannot be read has passed."""
    try:
        return email.utils.parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return otherwise
