# Generated from openapi/opensearch-flow-framework.yaml by `make generate`; do not edit.

"""Types shared by all products."""

from ..types import UNSET, File, FileTypes, RequestFiles, Response, Unset

__all__ = [
    "UNSET",
    "File",
    "FileTypes",
    "RequestFiles",
    "Response",
    "Unset",
]
