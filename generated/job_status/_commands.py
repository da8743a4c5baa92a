# Generated from openapi by `make generate`; do not edit.

"""The commands of this distribution, as data: nothing of a client is imported for help."""

from ._client.command.table import Credential, Distribution, Job, Parameter, Product, Start

DISTRIBUTION = Distribution(
    "job-status",
    "job_status",
    "0.1.0",
    (
        Product(
            "agent-platform",
            "AgentPlatform",
            "Agent Platform",
            "The status of import, export, deploy and undeploy jobs.",
            "AGENT_PLATFORM_URL",
            "https://agent-platform.domain.ai",
            (Credential("api_key", "AGENT_PLATFORM_API_KEY", "key"),),
            (("api_key",),),
            (
                Job(
                    "dock-status",
                    "dock_status",
                    "get_dock_status",
                    "Get the status of a job",
                    (
                        Parameter(
                            "dock_status_id",
                            "dockStatusId",
                            "The id of the dock status, as returned by the request that started the job.",
                            example="ds-24a6f1c3-0b9c-5e75-a8d3-c19d04e7f5b8",
                        ),
                    ),
                    0,
                    (),
                    final=("SUCCESS", "FAILED"),
                ),
            ),
            (),
        ),
        Product(
            "ai-for-process",
            "AIForProcess",
            "AI for Process",
            "The status of import, export, deploy and undeploy jobs, and undeploying a model.",
            "AI_FOR_PROCESS_URL",
            "https://ai-for-process.domain.ai",
            (Credential("api_key", "AI_FOR_PROCESS_API_KEY", "key"),),
            (("api_key",),),
            (
                Job(
                    "dock-status",
                    "dock_status",
                    "get_dock_status",
                    "Get the status of a job",
                    (
                        Parameter(
                            "dock_status_id",
                            "dockStatusId",
                            "The id of the dock status, as returned by the request that started the job.",
                            example="ds-24c1d3e3-04fc-5ab5-a1d3-c19f0b6e2a78",
                        ),
                    ),
                    0,
                    (),
                    final=("SUCCESS", "FAILED"),
                ),
            ),
            (
                Start(
                    "undeploy-model",
                    "undeploy_model",
                    "Undeploy a model",
                    (
                        Parameter(
                            "model_id",
                            "modelId",
                            "The unique identifier of the model to undeploy.",
                            example="cm-77xxxxxb-exx9-5xxc-8xx6-52xxxxxxxxx1",
                        ),
                    ),
                    (),
                    jobs=("dock-status",),
                ),
            ),
        ),
        Product(
            "ai-for-service",
            "AIForService",
            "AI for Service",
            "The status of publishing a bot.",
            "AI_FOR_SERVICE_URL",
            "https://platform.kore.ai",
            (Credential("jwt", "AI_FOR_SERVICE_JWT", "key"),),
            (("jwt",),),
            (
                Job(
                    "publish-status",
                    "publish_status",
                    "get_publish_status",
                    "Get the publish status of a bot",
                    (
                        Parameter(
                            "bot_id",
                            "botId",
                            "Bot ID or Stream ID, found under General Settings of the App Builder.",
                            example="st-a86a6717-340b-5830-a8b6-13b4aebxxxxx",
                        ),
                    ),
                    0,
                    (),
                    final=("successful", "failed"),
                    waits=("after_run",),
                ),
            ),
            (),
        ),
        Product(
            "opensearch-flow-framework",
            "OpenSearchFlowFramework",
            "OpenSearch flow-framework",
            "The status of provisioning a workflow.",
            "OPENSEARCH_FLOW_FRAMEWORK_URL",
            "http://localhost:9200",
            (Credential("basic_auth", "OPENSEARCH_FLOW_FRAMEWORK_BASIC_AUTH", "basic"),),
            (("basic_auth",), ()),
            (
                Job(
                    "workflow-status",
                    "workflow_status",
                    "get_workflow_status",
                    "Get the status of a workflow",
                    (
                        Parameter(
                            "workflow_id", "workflow_id", "The id of the workflow.", example="YKWJB6IBR8spXwU96JeT"
                        ),
                    ),
                    0,
                    (
                        Parameter(
                            "all_",
                            "all",
                            "Whether to return all fields. If false, the response has only workflow_id, error, state and resources_created.",
                            is_flag=True,
                            example="False",
                        ),
                        Parameter("pretty", "pretty", "Whether to indent the response.", is_flag=True, example="False"),
                        Parameter(
                            "human",
                            "human",
                            "Whether to format numbers for humans. The status has no such numbers.",
                            is_flag=True,
                            example="False",
                        ),
                        Parameter(
                            "error_trace",
                            "error_trace",
                            "Whether errors of the core include the stack trace.",
                            is_flag=True,
                            example="False",
                        ),
                    ),
                    final=("COMPLETED", "FAILED"),
                    waits=("after_run", "not_started_timeout"),
                ),
            ),
            (),
        ),
    ),
)
