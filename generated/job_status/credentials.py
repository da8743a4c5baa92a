# Generated from openapi by `make generate`; do not edit.

"""Credentials that make themselves."""

from ._client.credentials import AppToken

__all__ = ["AppToken"]
