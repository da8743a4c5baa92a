# Generated from openapi/ai-for-service.yaml by `make generate`; do not edit.

"""Contains endpoint functions for accessing the API"""
