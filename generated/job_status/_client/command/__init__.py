# Generated from scripts/client/command/__init__.py by `make generate`; do not edit.

"""The command of the distribution: wait for jobs, start them, and read their status."""
