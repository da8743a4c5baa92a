# Generated from openapi by `make generate`; do not edit.

"""The provider of job-status for Apache Airflow."""

__version__ = "0.1.0"
