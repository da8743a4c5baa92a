"""The paths of the project's documents: filled with values, and recognized in requests. No test has one by hand."""

import re
import urllib.parse
from typing import Final

from scripts.document import load_folder

from .conftest import ROOT

TEMPLATES: Final = {
    (document.stem, operation.id): operation.path
    for document in load_folder(ROOT / "openapi")
    for operation in document.operations
}
PARAMETER: Final = re.compile(r"\{[^{}]+\}")
PATTERNS: Final = [
    (operation, re.compile("([^/]+)".join(map(re.escape, PARAMETER.split(template))) + "/?$"))
    for (_, operation), template in TEMPLATES.items()
]


def path_of(stem: str, operation: str, *values: str) -> str:
    """Return the path of an operation with escaped values for its parameters; without values, as documented."""
    escaped = iter([urllib.parse.quote(value, safe="") for value in values])
    return PARAMETER.sub(lambda parameter: next(escaped, parameter[0]), TEMPLATES[stem, operation])


def simulated_path(stem: str, operation: str, *values: str) -> str:
    """Return the path of an operation in the simulator, which serves each document below its stem."""
    return f"/{stem}{path_of(stem, operation, *values)}"


def operation_in(target: str | bytes) -> str:
    """Return the operation that the path or target of a request belongs to, or an empty string."""
    return _find(target)[0]


def id_in(target: str | bytes) -> str:
    """Return the last parameter in the path or target of a request, the id of a job, with its escapes decoded."""
    operation, value = _find(target)
    assert operation, f"no document has the path {target!r}"
    return value


def _find(target: str | bytes) -> tuple[str, str]:
    text = (target.decode() if isinstance(target, bytes) else target).partition("?")[0]
    matches = ((operation, pattern.search(text)) for operation, pattern in PATTERNS)
    return next(
        ((operation, urllib.parse.unquote(found[found.lastindex or 0])) for operation, found in matches if found),
        ("", ""),
    )
