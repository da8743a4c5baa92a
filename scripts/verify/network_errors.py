"""Errors that a network or a gateway may cause, as opposed to responses of the API."""

import re
from collections import Counter

from attrs import Factory, define

from .exchange import Exchange

GATEWAY = frozenset({502, 503, 504})
TOO_MANY = 429
MAX_RESPONSE_TIME = 5.0  # seconds
MAX_RETRY_AFTER = 10.0  # seconds; a longer Retry-After is not waited for
MAX_RATE_LIMIT_RETRIES = 5  # consecutive
MAX_RESENDS = 3  # of a request that failed with a network error


def retry_delay(exchange: Exchange) -> float | None:
    """Return the seconds of Retry-After in a 429 response; None for other responses and above MAX_RETRY_AFTER."""
    retry_after = exchange.headers.get("retry-after", "")
    if exchange.status != TOO_MANY or not re.fullmatch(r"\d{1,3}(\.\d+)?", retry_after):
        return None
    return float(retry_after) if float(retry_after) <= MAX_RETRY_AFTER else None


def network_error(exchange: Exchange) -> str:
    """Return the kind of error that a network or gateway may have caused, or an empty string.

    The error is attributed to the server only if it occurs again when the request is resent.
    """
    if exchange.status is None:
        return "without a response"
    if exchange.status in GATEWAY:
        return f"with status {exchange.status}"
    return f"slower than {MAX_RESPONSE_TIME:g} s" if exchange.elapsed > MAX_RESPONSE_TIME else ""


def body_error(exchange: Exchange) -> str:
    """Return why the body could not be read after the header section had been received, or an empty string."""
    kind, _, reason = exchange.error.partition(": ")
    if kind == "DecodingError":
        return f"content that does not match Content-Encoding: {reason}"
    return f"content that does not match Content-Length: {reason}" if "complete message body" in reason else ""


@define
class NetworkErrors:
    """Counts of the network errors that did not occur again when the request was resent."""

    seen: Counter[str] = Factory(Counter)

    def add(self, exchange: Exchange) -> None:
        """Count the network error of one exchange."""
        self.seen[network_error(exchange) or "with status 429 and a short Retry-After"] += 1

    def __str__(self) -> str:
        counted = ", ".join(f"{count} {kind}" for kind, count in sorted(self.seen.items()))
        return f"{sum(self.seen.values())} requests succeeded only when resent after network errors: {counted}"
