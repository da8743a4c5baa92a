# Generated from openapi by `make generate`; do not edit.

"""The trigger of all products."""
