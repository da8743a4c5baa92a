# Generated from openapi/agent-platform.yaml by `make generate`; do not edit.

"""Contains methods for accessing the API"""
