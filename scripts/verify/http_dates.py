"""Dates in headers: those of HTTP, and those by which a server announces the end of an operation."""

import datetime
import email.utils
import re
from collections.abc import Mapping

HTTP_DATE = re.compile(
    r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT"
    r"|[A-Z][a-z]+, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT"
    r"|[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}"
)
# A date of a structured field (RFC 9651, 3.3.7), with parameters.
FIELD_DATE = re.compile(
    r"@(-?[0-9]{1,15})(?:; *[a-z*][a-z0-9_.*-]*(?:=(?:\"[ !#-\[\]-~]*\"|[A-Za-z0-9*?@:-][^\s;,\"]*))?)*"
)
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
NO_DATE = "(no date)"
RETIREMENT = ("deprecation", "sunset")


def parse_http_date(date: str, default: float = 0.0) -> float:
    """Return an HTTP date in seconds since 1970, or the default if it is invalid."""
    try:
        return email.utils.parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return default


def is_http_date(value: str) -> bool:
    """Return whether a value is an HTTP date that exists, on its day of the week (RFC 9110, 5.6.7)."""
    value = value.strip()
    if not HTTP_DATE.fullmatch(value):
        return False
    try:
        # A leap second is valid.
        date = email.utils.parsedate_to_datetime(re.sub(r":60\b", ":59", value))
    except (TypeError, ValueError):
        return False
    return "-" in value or value[:3] == DAYS[date.weekday()]  # the century of a form with hyphens is uncertain


def retirement_date(name: str, value: str) -> str | None:
    """Return the date of `deprecation` (RFC 9745) or `sunset` (RFC 8594) as ISO 8601 in UTC, or None if malformed.

    Drafts of RFC 9745 also allowed an HTTP date, and `true`, which is `(no date)`.
    """
    value = value.strip()
    seconds: float | None = None
    if is_http_date(value):
        seconds = parse_http_date(value, float("nan"))
    elif name == "deprecation" and value.lower() in {"true", "?1"}:
        return NO_DATE
    elif name == "deprecation" and (found := FIELD_DATE.fullmatch(value)):
        seconds = float(found[1])
    try:
        date = None if seconds is None else datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    except (ValueError, OverflowError, OSError):
        date = None
    return None if date is None else date.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def retirement_dates(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the dates that the headers of a response announce, by the name of the header. Malformed ones are left out.

    The names of the headers are in lower case.
    """
    found = {name: retirement_date(name, headers[name]) for name in RETIREMENT if name in headers}
    return {name: date for name, date in found.items() if date is not None}
