"""Enforcement of the documented rate limits: at most so many requests for one job in so many seconds."""

import math
from collections import deque
from collections.abc import Iterable, Mapping, Sequence

from ..document import Operation
from ..document.job import Limit

Key = tuple[str, ...]


class SimulatedRateLimiter:
    """Count the requests per job and enforce the documented limits while `enforced` is true.

    Attributes:
        enforced: Whether the documented limits are enforced.
        settings: How often `enforced` has been set, whether or not its value changed.
    """

    def __init__(self, enforced: bool) -> None:
        self.enforced = enforced
        self.settings = 0
        self._times: dict[Key, deque[float]] = {}

    def enforce(self, enforced: bool) -> None:
        """Start or stop to enforce the documented limits."""
        self.enforced = enforced
        self.settings += 1

    def acquire(self, api: str, operation: Operation, ids: Iterable[str], now: float) -> float:
        """Count a request if the limits allow it.

        Returns:
            0 if the request is allowed, otherwise the seconds until one is; then it is not counted.
        """
        limits = self._limits(operation)
        if not limits:
            return 0.0
        most = max(limit.requests for limit in limits)
        times = self._times.setdefault((api, operation.id, *ids), deque(maxlen=most))
        wait = 0.0
        for limit in limits:
            if len(times) >= limit.requests:
                wait = max(wait, times[-limit.requests] + limit.per - now)
        if wait <= 0:
            times.append(now)
        return wait

    def headers(self, api: str, operation: Operation, ids: Iterable[str], now: float) -> Mapping[str, str]:
        """Return `RateLimit-Policy` and `RateLimit`, as draft-ietf-httpapi-ratelimit-headers-11 describes them.

        A window slides, so the reset of a limit is the time until its oldest request no longer counts.
        """
        limits = self._limits(operation)
        if not limits:
            return {}
        times = self._times.get((api, operation.id, *ids), ())
        policies, quotas = [], []
        for limit in limits:
            counted = [time for time in times if time + limit.per > now][-limit.requests :]
            name = f'"{limit.requests}-per-{limit.per:g}s"'
            policies.append(f"{name};q={limit.requests};w={math.ceil(limit.per)}")
            reset = f";t={math.ceil(counted[0] + limit.per - now)}" if counted else ""
            quotas.append(f"{name};r={limit.requests - len(counted)}{reset}")
        return {"ratelimit-policy": ", ".join(policies), "ratelimit": ", ".join(quotas)}

    def _limits(self, operation: Operation) -> Sequence[Limit]:
        return operation.job.limits if self.enforced and operation.job is not None else ()
