"""Corrections of the code that openapi-python-client writes."""

import re
from pathlib import Path

from .generated_source import module_of
from .generator import GenerationError
from .operations import OperationView
from .view import View

QUERY = "    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}\n"
HEADERS = '    _kwargs["headers"] = headers\n'
COOKIES = '        "cookies": cookies,\n'
IMPORT = "from ...client import "
REDUNDANT = "cast(list[Any], data)"  # mypy knows it


def correct(view: View, package: Path) -> None:
    """Correct the generated code of a document.

    Raises:
        GenerationError: A module is not as expected.
    """
    for one in view.operations:
        _correct_function(one, package)
    for path in sorted(package.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if REDUNDANT in text:
            path.write_text(text.replace(REDUNDANT, "data"), encoding="utf-8", newline="\n")


def _correct_function(one: OperationView, package: Path) -> None:
    """Write the styles of parameters that the generated function lacks, and pass a body that is no model as bytes.

    Raises:
        GenerationError: The module is not as expected.
    """
    styled = [argument for argument in one.arguments if argument.style]
    places = {argument.parameter.where for argument in styled}
    module = module_of(one.operation, package)
    is_raw = one.request is not None and one.request.form == "bytes"
    if not (styled or is_raw) or module is None:
        return
    styles = {a.parameter.name: a.style for a in styled if a.parameter.where == "query"}
    text = module.read_text(encoding="utf-8")
    for where, before, after in (
        ("query", QUERY, f"{QUERY}    params = serialize.query(params, {styles!r})\n"),
        ("header", HEADERS, HEADERS.replace("= headers", "= serialize.header_values(headers)")),
        ("cookie", COOKIES, COOKIES.replace("cookies,", "serialize.header_values(cookies),")),
    ):
        if where in places:
            if text.count(before) != 1:
                raise GenerationError(f"{module.name}: expected {before.strip()!r}; is it the pinned version?")
            text = text.replace(before, after)
    for argument in styled:
        if not argument.schema:
            text = re.sub(rf"\b{argument.python}: str\b", f"{argument.python}: Any", text)
    if styled:
        text = text.replace(IMPORT, f"from ...._client import serialize\n{IMPORT}", 1)
    if is_raw:
        # A file could not be sent by an async client, nor twice.
        text = re.sub(r"\bbody(: | \()File\b", r"body\1bytes", text).replace("body.payload", "body")
    module.write_text(text, encoding="utf-8", newline="\n")
