# Generated from openapi/opensearch-flow-framework.yaml by `make generate`; do not edit.

"""Contains endpoint functions for accessing the API"""
