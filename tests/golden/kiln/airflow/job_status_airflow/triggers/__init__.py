# Generated from tests/golden by `make generate`; do not edit.

"""The trigger of all products."""
