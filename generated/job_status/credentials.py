# Generated from openapi by `make generate`; do not edit.

"""Credentials that make themselves."""

from ._runtime.credentials import AppToken

__all__ = ["AppToken"]
