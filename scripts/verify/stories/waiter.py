"""Waits for one job with the client, as a program of its own: verification and client know nothing of each other.

Its standard input is two lines of JSON: how the client is made, and, once the wait is to begin, what is waited for. It
says in between that it is ready, and writes to its standard output, as JSON, how the wait has ended.
"""

import asyncio
import importlib
import json
import os
import ssl
import sys
import threading
import time
from typing import Any


def main() -> None:
    """Waits, sync or async, and tells the outcome, the status, and the moment of the end."""
    setting = json.loads(sys.stdin.readline())
    client = importlib.import_module("job_status")
    given = setting["credentials"].items()
    options: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in given}
    if setting["ca_file"]:
        options["verify"] = ssl.create_default_context(cafile=setting["ca_file"])
    name = f"Async{setting['class']}" if setting["is_async"] else setting["class"]
    api = getattr(client, name)(setting["url"], **options)
    try:
        status = asyncio.run(_async(api)) if setting["is_async"] else _sync(api)
        told = {"outcome": "success", "status": status.to_dict()}
    except client.JobFailedError as error:
        told = {"outcome": "failure", "status": error.wait.status.to_dict() if error.wait.status else None}
    except client.JobStatusError as error:
        told = {"outcome": f"{type(error).__name__}: {error}", "status": None}
    print(json.dumps({**told, "at": time.time()}))


def _ordered() -> dict[str, Any]:
    print("ready", flush=True)
    order: dict[str, Any] = json.loads(sys.stdin.readline())
    threading.Thread(target=_leave_with_the_parent, daemon=True).start()
    return order


def _leave_with_the_parent() -> None:
    """Ends when the other end of the standard input is gone, so that nobody asks on who is not waited for."""
    sys.stdin.read()
    os._exit(1)


def _sync(api: Any) -> Any:
    with api:
        order = _ordered()
        return getattr(api, order["method"])(*order["ids"], timeout=order["within"])


async def _async(api: Any) -> Any:
    async with api:
        order = _ordered()
        return await getattr(api, order["method"])(*order["ids"], timeout=order["within"])


if __name__ == "__main__":
    main()
