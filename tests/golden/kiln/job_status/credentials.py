# Generated from tests/golden by `make generate`; do not edit.

"""Credentials that renew themselves."""

from ._client.auth import AsyncBasicCredential, AsyncCredential, BasicCredential, Credential
from ._client.credentials import AppToken

__all__ = ["AppToken", "AsyncBasicCredential", "AsyncCredential", "BasicCredential", "Credential"]
