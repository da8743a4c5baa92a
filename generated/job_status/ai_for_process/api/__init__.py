# Generated from openapi/ai-for-process.yaml by `make generate`; do not edit.

"""Contains methods for accessing the API"""
