"""Checks of a server: of responses, of the lifecycle of jobs, and of conformance to HTTP and JSON.

To add a check, add one class with `@register` to the module of its kind. The order of the imports is that of the
reports.
"""

from .registry import CHECKS, Check, Finding, applies, truncate  # isort: skip
from . import responses, generated_requests, documented, http_standards, edge_cases  # isort: skip # noqa: F401
from . import lifecycle, starts, views  # isort: skip # noqa: F401

__all__ = ["CHECKS", "Check", "Finding", "applies", "truncate"]
