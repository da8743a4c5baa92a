"""Print as JSON what hooks make of connections, which are the JSON in stdin: their arguments, and their tests."""

import json
import sys
from typing import Any

from airflow.providers.common.compat.sdk import AirflowException, Connection
from job_status_airflow.hooks.agent_platform import AgentPlatformHook
from job_status_airflow.hooks.ai_for_process import AIForProcessHook
from job_status_airflow.hooks.opensearch_flow_framework import OpenSearchFlowFrameworkHook

HOOKS: dict[str, Any] = {
    "agent-platform": AgentPlatformHook,
    "ai-for-process": AIForProcessHook,
    "opensearch-flow-framework": OpenSearchFlowFrameworkHook,
}


def result(row: dict[str, Any]) -> Any:
    """Return the arguments of the client of a connection, or the result of its test."""
    hook, fields = HOOKS[row["product"]], row["connection"]
    if "uri" in fields:
        connection = Connection.from_uri(fields["uri"], conn_id="uri")
    else:
        connection = Connection(conn_id="tested", **fields)
    if row["test"]:

        class Tested(hook):  # type: ignore[misc, valid-type]
            @classmethod
            def get_connection(cls, conn_id: str) -> Connection:
                """Return the connection."""
                return connection

        return Tested("tested").test_connection()
    try:
        return hook.client_arguments(connection)
    except AirflowException as error:
        return str(error)


def main() -> None:
    """Print the results."""
    print(json.dumps([result(row) for row in json.load(sys.stdin)]))


if __name__ == "__main__":
    main()
