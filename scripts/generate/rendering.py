"""Render the templates in `templates/`.

Text of documents never becomes code: templates insert it as a literal or in a docstring, and values are not templates.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import jinja2

from .docstrings import docstring, one_line, paragraphs, quoted


def render(template: str, **values: object) -> str:
    """Return the text of a template with these values."""
    return _ENVIRONMENT.get_template(template).render(values)


def _arguments(positional: Iterable[object], keywords: Mapping[str, object] = {}) -> str:
    """Return literals as the arguments of a call, as source."""
    return ", ".join([*map(repr, positional), *(f"{name}={value!r}" for name, value in keywords.items())])


def _passed(names: Iterable[str]) -> str:
    """Return variables as keyword arguments of the same names, as source."""
    return ", ".join(f"{name}={name}" for name in names)


def _source(raw: Mapping[str, Any]) -> str:
    """Return the last line of a docstring, or an empty string if the document names no source."""
    url = one_line(str(raw.get("externalDocs", {}).get("url", "")))
    return f"Source: {url}" if url else ""


_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.PackageLoader(__package__),
    undefined=jinja2.StrictUndefined,
    autoescape=False,  # noqa: S701 - the output is Python, Markdown and TOML, not HTML
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_ENVIRONMENT.globals["arguments"] = _arguments
_ENVIRONMENT.filters |= {
    "docstring": docstring,
    "literal": repr,
    "one_line": one_line,
    "paragraphs": paragraphs,
    "passed": _passed,
    "quoted": quoted,
    "quoted_name": json.dumps,
    "source": _source,
}
