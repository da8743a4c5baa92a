"""Timestamps in the form of a sample: numbers, date-times, dates, times of day, or digits in a string."""

import datetime
import email.utils
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

# Seconds since 1970 to a value.
Form = Callable[[float], Any]

MILLISECONDS: Final = 1e11  # numbers above are milliseconds


def _written(layout: str) -> Form:
    return lambda seconds: _utc(seconds).strftime(layout)


def _utc(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(round(seconds, 3), tz=datetime.UTC)


def _date_time(seconds: float) -> str:
    """Return a date-time of RFC 3339 with milliseconds."""
    return _utc(seconds).isoformat(timespec="milliseconds").replace("+00:00", "Z")


DATE_TIMES: Final[tuple[Form, ...]] = (
    _date_time,
    _written("%Y-%m-%dT%H:%M:%SZ"),
    lambda seconds: _utc(seconds).isoformat(timespec="seconds"),
    _written("%Y-%m-%dT%H:%M:%S"),
)
OTHERS: Final[tuple[Form, ...]] = (
    _written("%Y-%m-%d %H:%M:%S"),
    _written("%Y-%m-%d"),
    _written("%H:%M:%SZ"),
    _written("%H:%M:%S"),
    _written("%Y%m%dT%H%M%SZ"),
    lambda seconds: str(int(seconds)),
    lambda seconds: str(round(seconds * 1000)),
    lambda seconds: email.utils.formatdate(seconds, usegmt=True),
)


def _shape(text: str) -> str:
    """Return a string with all digits and letters alike."""
    return re.sub("[A-Za-z]", "a", re.sub("[0-9]", "0", text))


SHAPES: Final = tuple((_shape(form(1e9)), form) for form in OTHERS)


def forms(sample: Any) -> Iterator[Form]:
    """Yield the forms that a timestamp may have where the document has this sample, the likeliest first."""
    if isinstance(sample, int | float) and not isinstance(sample, bool):
        scales = (1000, 1) if sample > MILLISECONDS else (1, 1000)
        yield from (_number(sample, scale) for scale in scales)
    elif isinstance(sample, str):
        shape = _shape(sample)
        yield from (form for other, form in SHAPES if other == shape)
        yield from (*DATE_TIMES, *OTHERS)


def _number(sample: float, scale: int) -> Form:
    return lambda seconds: type(sample)(round(seconds * scale, 3))
