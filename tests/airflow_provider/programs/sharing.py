"""Run triggers of two connections, and print how many clients they have used, which were closed, and their events."""

import asyncio
import json
import sys
from typing import Any

from airflow.providers.common.compat.sdk import Connection
from job_status_airflow.hooks.agent_platform import AgentPlatformHook
from job_status_airflow.triggers.jobs import JobTrigger


async def event(trigger: JobTrigger) -> Any:
    """Return the event of a trigger, made again from its serialized form as a triggerer does."""
    path, arguments = trigger.serialize()
    assert path == "job_status_airflow.triggers.jobs.JobTrigger"
    async for found in JobTrigger(**json.loads(json.dumps(arguments))).run():
        return found.payload
    raise AssertionError("a trigger without an event")


async def run(given: Any) -> Any:
    """Run the triggers at the same time."""
    clients: list[Any] = []
    created = AgentPlatformHook.async_client

    def counted(hook: AgentPlatformHook, connection: Connection) -> Any:
        clients.append(created(hook, connection))
        return clients[-1]

    async def connection_of(conn_id: str) -> Connection:
        return Connection(conn_id=conn_id, **given["connections"][conn_id])

    AgentPlatformHook.async_client = counted  # type: ignore[method-assign]
    AgentPlatformHook.aget_connection = staticmethod(connection_of)  # type: ignore[method-assign, assignment]
    with AgentPlatformHook.client_class("http://127.0.0.1:1", api_key="unused") as api:
        rows = [(conn_id, api.dock_status_job(name, timeout=60).token()) for conn_id, name in given["triggers"]]
    events = await asyncio.gather(*(event(JobTrigger(*row)) for row in rows))
    return {"events": events, "clients": len(clients), "closed": [client._core.is_closed for client in clients]}


def main() -> None:
    """Print the result."""
    print(json.dumps(asyncio.run(run(json.load(sys.stdin)))))


if __name__ == "__main__":
    main()
