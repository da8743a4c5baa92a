# Generated from openapi/ai-for-service.yaml by `make generate`; do not edit.

"""A client library for accessing AI for Service"""

from .client import AuthenticatedClient, Client

__all__ = (
    "AuthenticatedClient",
    "Client",
)
