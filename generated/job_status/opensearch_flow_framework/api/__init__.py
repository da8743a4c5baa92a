# Generated from openapi/opensearch-flow-framework.yaml by `make generate`; do not edit.

"""Contains methods for accessing the API"""
