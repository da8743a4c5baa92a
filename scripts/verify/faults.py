"""What a network or a gateway does to a request, told apart from what the server says."""

import re
from collections import Counter

from attrs import Factory, define

from .exchange import Exchange

GATEWAY = frozenset({502, 503, 504})
TOO_MANY = 429
SLOW = 5.0  # seconds that an answer may take
LONGEST_PAUSE = 10.0  # seconds that a server may ask to wait for, to be waited for
MOST_PAUSES = 5  # in a row
RESENT = 3  # times that a request with a fault is sent again, at most


def pause(exchange: Exchange) -> float | None:
    """The seconds that a server asks to wait before the same request, where they are few; None where it does not ask."""
    told = exchange.headers.get("retry-after", "")
    if exchange.status != TOO_MANY or not re.fullmatch(r"\d{1,3}(\.\d+)?", told):
        return None
    return float(told) if float(told) <= LONGEST_PAUSE else None


def fault(exchange: Exchange) -> str:
    """What may be the fault of something between; it is the server's own only where it comes again. Else empty."""
    if exchange.status is None:
        return "not answered"
    if exchange.status in GATEWAY:
        return f"answered {exchange.status}"
    return f"answered after more than {SLOW:g} s" if exchange.elapsed > SLOW else ""


def broken_off(exchange: Exchange) -> str:
    """Why the content of an answer could not be read although its header had come; empty where that is not so."""
    kind, _, reason = exchange.error.partition(": ")
    if kind == "DecodingError":
        return f"content that is not encoded as its header says: {reason}"
    return f"another length than the header says: {reason}" if "complete message body" in reason else ""


@define
class Faults:
    """How often a request met a fault that was gone when it was sent again."""

    seen: Counter[str] = Factory(Counter)

    def add(self, exchange: Exchange) -> None:
        """Counts the fault of one exchange."""
        self.seen[fault(exchange) or "answered 429 with a short time to wait"] += 1

    def __str__(self) -> str:
        counted = ", ".join(f"{count} {kind}" for kind, count in sorted(self.seen.items()))
        return f"{sum(self.seen.values())} requests met a fault that was gone when they were sent again: {counted}"
