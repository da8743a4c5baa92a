# Generated from openapi/opensearch-flow-framework.yaml by `make generate`; do not edit.

"""A client library for accessing OpenSearch flow-framework"""

from .client import AuthenticatedClient, Client

__all__ = (
    "AuthenticatedClient",
    "Client",
)
