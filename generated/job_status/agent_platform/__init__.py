# Generated from openapi/agent-platform.yaml by `make generate`; do not edit.

"""A client library for accessing Agent Platform"""

from .client import AuthenticatedClient, Client

__all__ = (
    "AuthenticatedClient",
    "Client",
)
