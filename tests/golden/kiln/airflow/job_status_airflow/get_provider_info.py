# Generated from tests/golden by `make generate`; do not edit.

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
                "integration-name": "Kiln",
                "tags": ["service"],
            },
        ],
        "hooks": [
            {
                "integration-name": "Kiln",
                "python-modules": ["job_status_airflow.hooks.kiln"],
            },
        ],
        "operators": [
            {
                "integration-name": "Kiln",
                "python-modules": ["job_status_airflow.operators.kiln"],
            },
        ],
        "sensors": [
            {
                "integration-name": "Kiln",
                "python-modules": ["job_status_airflow.sensors.kiln"],
            },
        ],
        "triggers": [
            {
                "integration-name": "Kiln",
                "python-modules": ["job_status_airflow.triggers.jobs"],
            },
        ],
        "connection-types": [
            {
                "hook-class-name": "job_status_airflow.hooks.kiln.KilnHook",
                "hook-name": "Kiln",
                "connection-type": "job_status_kiln",
                "conn-fields": {
                    "verify": {"label": "Certificates: a path, or false", "schema": {"type": ["string", "null"]}},
                    "proxy": {"label": "Proxy: a URL", "schema": {"type": ["string", "null"]}},
                },
                "ui-field-behaviour": {
                    "hidden-fields": ["schema", "port", "login"],
                    "relabeling": {"host": "Base URL", "password": "api_key"},
                    "placeholders": {"host": "https://kiln.example"},
                },
            },
        ],
        "extra-links": ["job_status_airflow._provider.links.DocumentationLink"],
    }
