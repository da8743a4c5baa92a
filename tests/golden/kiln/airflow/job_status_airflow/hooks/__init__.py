# Generated from tests/golden by `make generate`; do not edit.

"""The connections, a module per product."""
