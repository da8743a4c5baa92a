"""Reports of a verification: a table, JUnit XML, SARIF, GitHub annotations and one HTML page."""

from .junit import junit
from .page import page
from .sarif import annotations, sarif
from .table import table

__all__ = ["annotations", "junit", "page", "sarif", "table"]
