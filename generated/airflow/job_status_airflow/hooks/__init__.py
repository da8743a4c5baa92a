# Generated from openapi by `make generate`; do not edit.

"""The connections, a module per product."""
