# Generated from openapi by `make generate`; do not edit.

"""The sensors, a module per product."""
