# Generated from tests/golden/kiln.yaml by `make generate`; do not edit.

"""Contains endpoint functions for accessing the API"""
