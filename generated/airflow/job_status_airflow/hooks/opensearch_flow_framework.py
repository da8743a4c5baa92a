# Generated from openapi/opensearch-flow-framework.yaml by `make generate`; do not edit.

"""The connection of OpenSearch flow-framework."""

from job_status import AsyncOpenSearchFlowFramework, OpenSearchFlowFramework
from job_status._commands import DISTRIBUTION

from .._provider import arguments, hook


class OpenSearchFlowFrameworkHook(hook.JobStatusHook[OpenSearchFlowFramework, AsyncOpenSearchFlowFramework]):
    """A connection of OpenSearch flow-framework: the host is the base URL, such as
    `http://localhost:9200`.

    Args:
        conn_id: The id of the connection.

    Source: https://docs.opensearch.org/latest/automating-workflows/api/index/
    """

    default_conn_name = "job_status_opensearch_flow_framework_default"
    conn_type = "job_status_opensearch_flow_framework"
    hook_name = "OpenSearch flow-framework"
    product = hook.product_named(DISTRIBUTION, "OpenSearchFlowFramework")
    probe = hook.Probe(
        arguments.Call(method="workflow_status_job", parameters=("workflow_id",), options=()),
        {"workflow_id": "YKWJB6IBR8spXwU96JeT"},
    )
    client_class = OpenSearchFlowFramework
    async_client_class = AsyncOpenSearchFlowFramework
