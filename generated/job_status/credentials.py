# Generated from openapi by `make generate`; do not edit.

"""Credentials that renew themselves."""

from ._client.credentials import AppToken
from ._client.schemes import AsyncBasicCredential, AsyncCredential, BasicCredential, Credential

__all__ = ["AppToken", "AsyncBasicCredential", "AsyncCredential", "BasicCredential", "Credential"]
