"""What people read of a verification: a table, JUnit XML and one HTML page."""

from .junit import junit
from .page import page
from .table import table

__all__ = ["junit", "page", "table"]
