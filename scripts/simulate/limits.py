"""Documented rate limits, enforced when asked: so many requests to one job in so many seconds."""

from collections import deque
from collections.abc import Iterable

from ..document import Operation


class Limits:
    """Counts the requests for each job, where the document limits them."""

    def __init__(self, enforced: bool) -> None:
        self.enforced = enforced
        self._moments: dict[tuple[str, ...], deque[float]] = {}

    def wait(self, api: str, operation: Operation, ids: Iterable[str], now: float) -> float:
        """Seconds until there is room for this request; 0 where there is, and then it is counted."""
        if not self.enforced or operation.job is None or not operation.job.limits:
            return 0.0
        limits = operation.job.limits
        most = max(limit.requests for limit in limits)
        moments = self._moments.setdefault((api, operation.id, *ids), deque(maxlen=most))
        wait = 0.0
        for limit in limits:
            if len(moments) >= limit.requests:
                wait = max(wait, moments[-limit.requests] + limit.per - now)
        if wait <= 0:
            moments.append(now)
        return wait
