# Generated from scripts/client/polling/__init__.py by `make generate`; do not edit.

"""Waiting for jobs: when to ask, what an answer means, and many at once."""
