# Generated from openapi/ai-for-process.yaml by `make generate`; do not edit.

"""A client library for accessing AI for Process"""

from .client import AuthenticatedClient, Client

__all__ = (
    "AuthenticatedClient",
    "Client",
)
