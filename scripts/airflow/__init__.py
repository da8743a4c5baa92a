"""The hand-written part of the provider for Apache Airflow. `make generate` copies it into the provider's package."""
