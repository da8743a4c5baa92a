"""What a server announces about the end of an operation: `Deprecation` (RFC 9745) and `Sunset` (RFC 8594)."""

import datetime
import logging
import re
from collections.abc import Callable
from typing import Final

import httpx
from attrs import frozen

from .responses import parse_date
from .sanitize import sanitize
from .structured_fields import Date, Token, parse_item

logger: Final = logging.getLogger("job_status")

MAX_LOGGED: Final = 10  # announcements of one operation that are logged, however often a server changes its dates
MAX_LINK_HEADER: Final = 4096  # characters
MAX_LINK: Final = 300
NO_DATE: Final = "(no date)"

_LINK: Final = re.compile(r"<([^<>]*)>([^<]*)")
_RELATION: Final = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,\"]+))", re.IGNORECASE)


@frozen
class Retirement:
    """The announced dates, as ISO 8601 in UTC; `deprecation` may be `(no date)`, and one of both is empty if missing.

    Its description is one line.
    """

    deprecation: str
    sunset: str

    def __str__(self) -> str:
        named = (("deprecation", self.deprecation), ("sunset", self.sunset))
        return ", ".join(f"{name} {date}" for name, date in named if date)


class RetirementLog:
    """Log once per operation what a server announces, and again only if a date changes."""

    __slots__ = ("_logged",)

    def __init__(self) -> None:
        # The announcements of each operation, each with a mark of the call that logs it.
        self._logged: dict[str, dict[Retirement, object]] = {}

    def log(self, operation: str, headers: httpx.Headers, redact: Callable[[str], str]) -> None:
        """Log the announcement in the headers of a response, if there is one and it is not logged yet."""
        found = parse_retirement(headers)
        if found is None:
            return
        logged, mark = self._logged.setdefault(operation, {}), object()
        # Of several threads, one logs: setdefault() is atomic.
        if found in logged or len(logged) >= MAX_LOGGED or logged.setdefault(found, mark) is not mark:
            return
        links = [sanitize(redact(link), MAX_LINK) for link in _links(headers)]
        see = f"; see {' and '.join(links)}" if links else ""
        logger.warning("%s: the server announces: %s%s", operation, found, see)


def parse_retirement(headers: httpx.Headers) -> Retirement | None:
    """Return what the headers of a response announce, or None. Malformed values are ignored."""
    deprecation, sunset = headers.get("deprecation"), headers.get("sunset")
    found = Retirement(
        "" if deprecation is None else _deprecation(deprecation), "" if sunset is None else _http_date(sunset)
    )
    return found if found.deprecation or found.sunset else None


def _deprecation(text: str) -> str:
    """Return a date as ISO 8601: that of RFC 9745, or of its drafts, an HTTP date or `true`. Empty if malformed."""
    item = parse_item(text)
    if item is None:
        return _http_date(text)
    if isinstance(item.value, Date):
        try:
            return _iso(datetime.datetime.fromtimestamp(item.value, datetime.UTC))
        except (ValueError, OverflowError, OSError):
            return ""
    is_true = item.value is True or (isinstance(item.value, Token) and item.value.lower() == "true")
    return NO_DATE if is_true else ""


def _http_date(text: str) -> str:
    """Return an HTTP date as ISO 8601, or empty if malformed."""
    found = parse_date(text.strip())
    try:
        return "" if found is None else _iso(found)
    except (ValueError, OverflowError):
        return ""


def _iso(date: datetime.datetime) -> str:
    return date.astimezone(datetime.UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _links(headers: httpx.Headers) -> list[str]:
    """Return the targets of the links that document the announcement, each once."""
    found: dict[str, None] = {}
    for target, parameters in _LINK.findall(headers.get("link", "")[:MAX_LINK_HEADER]):
        relation = _RELATION.search(parameters)
        names = (relation[1] or relation[2] or "").lower().split() if relation else []
        if target and not {"deprecation", "sunset"}.isdisjoint(names):
            found[target] = None
    return list(found)[:2]
