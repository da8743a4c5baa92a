"""A harness for tests of waits: a vendor, a virtual clock, and clients that are sync or async."""

import datetime
from collections.abc import Callable
from typing import Any

import httpx
import job_status

from .vendor import Vendor
from .virtual_clock import EPOCH, VirtualClock, run_until_complete

KEYS: dict[str, Any] = {"api_key": "process-key-1"}
STREAM_ID = "st-1"


class Harness:
    """Runs calls of sync or async clients against a fake vendor in virtual time."""

    def __init__(self, asynchronous: bool) -> None:
        self.asynchronous = asynchronous
        self.clock = VirtualClock()

    def vendor(self, report: Callable[[str, float], Any], **options: Any) -> Vendor:
        """Create a vendor that uses the clock; it becomes `last_vendor`."""
        self.last_vendor = Vendor(self.clock, report, **options)
        return self.last_vendor

    def client(self, name: str, vendor: Vendor, **options: Any) -> Any:
        """Create a client of the named class, or of its async counterpart."""
        credentials = {"AIForService": {"jwt": "token"}, "OpenSearchFlowFramework": {}}.get(name, KEYS)
        cls = getattr(job_status, f"Async{name}" if self.asynchronous else name)
        transport = httpx.MockTransport(vendor)
        return self.clock.client_class(cls)("http://vendor", http_transport=transport, **credentials, **options)

    def call_method(self, name: str, vendor: Vendor, method: str, *arguments: Any, **options: Any) -> Any:
        """Call a method of a new client; return its result."""
        api = self.client(name, vendor)
        return self.call(lambda: getattr(api, method)(*arguments, **options))

    def call(self, function: Callable[[], Any]) -> Any:
        """Call a function and return its result, awaited if the client is async."""
        if not self.asynchronous:
            return function()

        async def awaited() -> Any:
            return await function()

        return run_until_complete(self.clock, awaited())

    def wait_for_dock(self, report: Callable[[str, float], Any], fault: Any = None, **options: Any) -> Any:
        """Wait for the dock status `ds-1` of a new vendor; return the final status."""
        vendor = self.vendor(report, **({"fault": fault} if fault else {}))
        return self.call_method("AIForProcess", vendor, "wait_for_dock_status", "ds-1", **options)


def publish_status(name: str, run_id: str, requested: float, state: str, **members: Any) -> dict[str, Any]:
    """Return the JSON of the publish status of a run that was requested at a virtual time in seconds."""
    requested_time = datetime.datetime.fromtimestamp(EPOCH + requested, tz=datetime.UTC).isoformat()
    return {"streamId": name, "_id": run_id, "requestedTime": requested_time, "status": state, **members}


def rate_is_within(times: list[float], requests: int, seconds: float) -> bool:
    """Return whether no window of `seconds` contains more than `requests` of the times."""
    times = sorted(times)
    return all(times[i + requests] - times[i] >= seconds for i in range(len(times) - requests))
