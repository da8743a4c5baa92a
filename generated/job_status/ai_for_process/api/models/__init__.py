# Generated from openapi/ai-for-process.yaml by `make generate`; do not edit.

"""Contains endpoint functions for accessing the API"""
