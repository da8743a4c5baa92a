"""Enforcement of the documented rate limits: at most so many requests for one job in so many seconds."""

from collections import deque
from collections.abc import Iterable

from ..document import Operation


class SimulatedRateLimiter:
    """Count the requests per job and enforce the documented limits while `enforced` is true."""

    def __init__(self, enforced: bool) -> None:
        self.enforced = enforced
        self._times: dict[tuple[str, ...], deque[float]] = {}

    def acquire(self, api: str, operation: Operation, ids: Iterable[str], now: float) -> float:
        """Count a request if the limits allow it.

        Returns:
            0 if the request is allowed, otherwise the seconds until one is; then it is not counted.
        """
        if not self.enforced or operation.job is None or not operation.job.limits:
            return 0.0
        limits = operation.job.limits
        most = max(limit.requests for limit in limits)
        times = self._times.setdefault((api, operation.id, *ids), deque(maxlen=most))
        wait = 0.0
        for limit in limits:
            if len(times) >= limit.requests:
                wait = max(wait, times[-limit.requests] + limit.per - now)
        if wait <= 0:
            times.append(now)
        return wait
