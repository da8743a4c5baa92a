# Generated from tests/golden by `make generate`; do not edit.

"""The sensors, a module per product."""
