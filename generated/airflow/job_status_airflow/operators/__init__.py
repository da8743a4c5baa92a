# Generated from openapi by `make generate`; do not edit.

"""The operators, a module per product."""
