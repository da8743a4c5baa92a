# Generated from scripts/client/polling/__init__.py by `make generate`; do not edit.

"""Polling: the lifecycle of a job, the schedule, and the handles with which callers wait."""
