"""Tests of the provider with Apache Airflow, which `make test-airflow` installs and starts."""
