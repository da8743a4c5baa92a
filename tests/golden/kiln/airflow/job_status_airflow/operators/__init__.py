# Generated from tests/golden by `make generate`; do not edit.

"""The operators, a module per product."""
