# Generated from scripts/airflow/__init__.py by `make generate`; do not edit.

"""The hand-written part of the provider for Apache Airflow. `make generate` copies it into the provider's package."""
