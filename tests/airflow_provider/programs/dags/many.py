"""A DAG of many deferred tasks: those that wait for a job by its id, and those that start one."""

import json
import os
from datetime import timedelta

from airflow.sdk import DAG
from job_status_airflow.operators.agent_platform import AgentPlatformDockStatusOperator
from job_status_airflow.operators.ai_for_process import AIForProcessUndeployModelOperator
from job_status_airflow.sensors.agent_platform import AgentPlatformDockStatusSensor

JOBS = json.loads(os.environ["DAG_MANY_JOBS"])
DEFERRED = {"deferrable": True}

with DAG("many", schedule=None) as dag:
    AgentPlatformDockStatusOperator.partial(
        task_id="wait", execution_timeout=timedelta(minutes=10), error_timeout=300.0, **DEFERRED
    ).expand(dock_status_id=JOBS["wait"])
    AgentPlatformDockStatusSensor.partial(task_id="sense", timeout=600, error_timeout=300.0, **DEFERRED).expand(
        dock_status_id=JOBS["sense"]
    )
    AIForProcessUndeployModelOperator.partial(task_id="start", error_timeout=300.0, **DEFERRED).expand(
        model_id=JOBS["start"]
    )
