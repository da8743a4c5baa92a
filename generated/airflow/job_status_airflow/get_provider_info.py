# Generated from openapi by `make generate`; do not edit.

"""What Airflow knows about this provider."""

from typing import Any


def get_provider_info() -> dict[str, Any]:
    """Return the description of the provider, by the schema of Airflow."""
    return {
        "package-name": "airflow-provider-job-status",
        "name": "job-status",
        "description": "Waits for slow jobs of APIs: operators, sensors and a trigger.",
        "versions": ["0.1.0"],
        "integrations": [
            {
                "integration-name": "Agent Platform",
                "external-doc-url": "https://docs.kore.ai/agent-platform/apis",
                "tags": ["service"],
            },
            {
                "integration-name": "AI for Process",
                "external-doc-url": "https://docs.kore.ai/ai-for-process/apis/apis",
                "tags": ["service"],
            },
            {
                "integration-name": "AI for Service",
                "external-doc-url": "https://docs.kore.ai/ai-for-service/apis/automation/api-list",
                "tags": ["service"],
            },
            {
                "integration-name": "OpenSearch flow-framework",
                "external-doc-url": "https://docs.opensearch.org/latest/automating-workflows/api/index/",
                "tags": ["service"],
            },
        ],
        "hooks": [
            {
                "integration-name": "Agent Platform",
                "python-modules": ["job_status_airflow.hooks.agent_platform"],
            },
            {
                "integration-name": "AI for Process",
                "python-modules": ["job_status_airflow.hooks.ai_for_process"],
            },
            {
                "integration-name": "AI for Service",
                "python-modules": ["job_status_airflow.hooks.ai_for_service"],
            },
            {
                "integration-name": "OpenSearch flow-framework",
                "python-modules": ["job_status_airflow.hooks.opensearch_flow_framework"],
            },
        ],
        "operators": [
            {
                "integration-name": "Agent Platform",
                "python-modules": ["job_status_airflow.operators.agent_platform"],
            },
            {
                "integration-name": "AI for Process",
                "python-modules": ["job_status_airflow.operators.ai_for_process"],
            },
            {
                "integration-name": "AI for Service",
                "python-modules": ["job_status_airflow.operators.ai_for_service"],
            },
            {
                "integration-name": "OpenSearch flow-framework",
                "python-modules": ["job_status_airflow.operators.opensearch_flow_framework"],
            },
        ],
        "sensors": [
            {
                "integration-name": "Agent Platform",
                "python-modules": ["job_status_airflow.sensors.agent_platform"],
            },
            {
                "integration-name": "AI for Process",
                "python-modules": ["job_status_airflow.sensors.ai_for_process"],
            },
            {
                "integration-name": "AI for Service",
                "python-modules": ["job_status_airflow.sensors.ai_for_service"],
            },
            {
                "integration-name": "OpenSearch flow-framework",
                "python-modules": ["job_status_airflow.sensors.opensearch_flow_framework"],
            },
        ],
        "triggers": [
            {
                "integration-name": "Agent Platform",
                "python-modules": ["job_status_airflow.triggers.jobs"],
            },
            {
                "integration-name": "AI for Process",
                "python-modules": ["job_status_airflow.triggers.jobs"],
            },
            {
                "integration-name": "AI for Service",
                "python-modules": ["job_status_airflow.triggers.jobs"],
            },
            {
                "integration-name": "OpenSearch flow-framework",
                "python-modules": ["job_status_airflow.triggers.jobs"],
            },
        ],
        "connection-types": [
            {
                "hook-class-name": "job_status_airflow.hooks.agent_platform.AgentPlatformHook",
                "hook-name": "Agent Platform",
                "connection-type": "job_status_agent_platform",
                "conn-fields": {
                    "verify": {"label": "Certificates: a path, or false", "schema": {"type": ["string", "null"]}},
                    "proxy": {"label": "Proxy: a URL", "schema": {"type": ["string", "null"]}},
                },
                "ui-field-behaviour": {
                    "hidden-fields": ["schema", "port", "login"],
                    "relabeling": {"host": "Base URL", "password": "api_key"},
                    "placeholders": {"host": "https://agent-platform.domain.ai"},
                },
            },
            {
                "hook-class-name": "job_status_airflow.hooks.ai_for_process.AIForProcessHook",
                "hook-name": "AI for Process",
                "connection-type": "job_status_ai_for_process",
                "conn-fields": {
                    "verify": {"label": "Certificates: a path, or false", "schema": {"type": ["string", "null"]}},
                    "proxy": {"label": "Proxy: a URL", "schema": {"type": ["string", "null"]}},
                },
                "ui-field-behaviour": {
                    "hidden-fields": ["schema", "port", "login"],
                    "relabeling": {"host": "Base URL", "password": "api_key"},
                    "placeholders": {"host": "https://ai-for-process.domain.ai"},
                },
            },
            {
                "hook-class-name": "job_status_airflow.hooks.ai_for_service.AIForServiceHook",
                "hook-name": "AI for Service",
                "connection-type": "job_status_ai_for_service",
                "conn-fields": {
                    "verify": {"label": "Certificates: a path, or false", "schema": {"type": ["string", "null"]}},
                    "proxy": {"label": "Proxy: a URL", "schema": {"type": ["string", "null"]}},
                },
                "ui-field-behaviour": {
                    "hidden-fields": ["schema", "port", "login"],
                    "relabeling": {"host": "Base URL", "password": "jwt"},
                    "placeholders": {"host": "https://platform.kore.ai"},
                },
            },
            {
                "hook-class-name": "job_status_airflow.hooks.opensearch_flow_framework.OpenSearchFlowFrameworkHook",
                "hook-name": "OpenSearch flow-framework",
                "connection-type": "job_status_opensearch_flow_framework",
                "conn-fields": {
                    "verify": {"label": "Certificates: a path, or false", "schema": {"type": ["string", "null"]}},
                    "proxy": {"label": "Proxy: a URL", "schema": {"type": ["string", "null"]}},
                },
                "ui-field-behaviour": {
                    "hidden-fields": ["schema", "port"],
                    "relabeling": {"host": "Base URL"},
                    "placeholders": {"host": "http://localhost:9200"},
                },
            },
        ],
        "extra-links": ["job_status_airflow._provider.links.DocumentationLink"],
    }
