# Generated from tests/golden by `make generate`; do not edit.

"""A client class per document, sync and async."""
