"""A DAG that succeeds and a DAG that fails."""

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG


def fail() -> None:
    """Fail, as a run of a task does."""
    raise RuntimeError("broken on purpose")


with DAG("quick", schedule=None):
    EmptyOperator(task_id="nothing")

with DAG("broken", schedule=None):
    PythonOperator(task_id="fail", python_callable=fail, retries=0)
