# Generated from openapi/ai-for-service.yaml by `make generate`; do not edit.

"""Contains methods for accessing the API"""
