# Generated from tests/golden/kiln.yaml by `make generate`; do not edit.

"""Contains methods for accessing the API"""
