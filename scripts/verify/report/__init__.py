"""Reports of a verification: a table, JUnit XML, SARIF, one HTML page, and annotations and a summary for GitHub.

A new report that is written to a file is one module with one function, and its entry in `REPORTS`.
"""

from collections.abc import Callable, Mapping, Sequence

from ..result import Result, Run
from .github import annotations, error_annotations, summary
from .junit import junit
from .page import page
from .sarif import sarif
from .table import table

__all__ = ["REPORTS", "annotations", "error_annotations", "junit", "page", "sarif", "summary", "table"]

# The files, each with the function that returns its text from the results and the run of the command.
REPORTS: Mapping[str, Callable[[Sequence[Result], Run], str]] = {
    "report.html": page,
    "junit.xml": lambda results, _: junit(results),
    "verify.sarif": lambda results, _: sarif(results),
}
