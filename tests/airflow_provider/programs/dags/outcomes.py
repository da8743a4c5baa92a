"""A DAG in which tasks end in every way."""

from datetime import timedelta

from airflow.sdk import DAG
from job_status_airflow.operators.agent_platform import AgentPlatformDockStatusOperator
from job_status_airflow.operators.ai_for_process import (
    AIForProcessDockStatusOperator,
    AIForProcessUndeployModelOperator,
)
from job_status_airflow.operators.opensearch_flow_framework import OpenSearchFlowFrameworkWorkflowStatusOperator
from job_status_airflow.sensors.agent_platform import AgentPlatformDockStatusSensor
from job_status_airflow.sensors.opensearch_flow_framework import OpenSearchFlowFrameworkWorkflowStatusSensor

SHORT = timedelta(seconds=3)
RETRY = {"retries": 1, "retry_delay": timedelta(0)}
LATER = {"deferrable": True}

with DAG("outcomes", schedule=None, params={"model": "cm-20d4f1bf-0ac9-5e70-8b21-81c6a9f0e380"}) as dag:
    for place, options in {"here": {}, "later": LATER}.items():
        AIForProcessUndeployModelOperator(task_id=f"start_{place}", model_id="{{ params.model }}", **options)
        AIForProcessUndeployModelOperator(
            task_id=f"start_resumed_{place}",
            model_id="cm-20d4f1bf-0ac9-5e70-8b21-81c6a9f0e380",
            conn_id=f"resumed_{place}",
            **RETRY,
            **options,
        )
        AgentPlatformDockStatusOperator(task_id=f"wait_{place}", dock_status_id="ds-good", **options)
        AgentPlatformDockStatusOperator(task_id=f"wait_failed_{place}", dock_status_id="ds-bad", **RETRY, **options)
        AgentPlatformDockStatusOperator(
            task_id=f"wait_timed_out_{place}", dock_status_id="ds-endless", execution_timeout=SHORT, **options
        )
        AgentPlatformDockStatusOperator(
            task_id=f"wait_rejected_{place}", dock_status_id="ds-good", conn_id="rejected", **options
        )
        OpenSearchFlowFrameworkWorkflowStatusOperator(
            task_id=f"wait_reason_{place}", workflow_id="wf-bad", all_="true", **options
        )
        AgentPlatformDockStatusSensor(task_id=f"sense_{place}", dock_status_id="ds-good", poke_interval=0.2, **options)
        AgentPlatformDockStatusSensor(
            task_id=f"sense_failed_{place}", dock_status_id="ds-bad", poke_interval=0.2, **RETRY, **options
        )
        AgentPlatformDockStatusSensor(
            task_id=f"sense_skipped_{place}", dock_status_id="ds-bad", poke_interval=0.2, soft_fail=True, **options
        )
        AgentPlatformDockStatusSensor(
            task_id=f"sense_timed_out_{place}", dock_status_id="ds-endless", poke_interval=0.2, timeout=1.0, **options
        )
    started = AIForProcessUndeployModelOperator(
        task_id="started", model_id="cm-20d4f1bf-0ac9-5e70-8b21-81c6a9f0e380", wait_for_completion=False
    )
    AIForProcessDockStatusOperator(task_id="by_token", resume_token=started.output["resume_token"], **LATER)
    AIForProcessDockStatusOperator(task_id="unnamed")
    AgentPlatformDockStatusOperator.partial(task_id="expanded", **LATER).expand(dock_status_id=["ds-good", "ds-bad"])
    OpenSearchFlowFrameworkWorkflowStatusSensor(task_id="flag", workflow_id="wf-good", all_=True, poke_interval=0.2)
