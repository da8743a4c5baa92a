"""Python names that openapi-python-client would not give.

It derives the Python name of a parameter or property from its name in JSON, and has no other door. So its view of the
document has a neutral key in place of such a name; in the source that it writes, each key becomes the Python name where
it is a name, and the name in JSON where it is a string.
"""

import ast
import io
import json
import re
import tokenize
import unicodedata
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path

from attrs import define, field
from openapi_python_client.strings import PythonIdentifier, in_double_quote_literal

FIELD = "field_"  # the prefix of openapi-python-client for names that are not valid in Python
KEY = re.compile(r"zqx\d+zqx")


@define
class Renames:
    """The neutral keys of a document, each with its Python name and its name in JSON."""

    _names: dict[str, tuple[str, str]] = field(factory=dict)

    def key(self, name: str, python: str) -> str:
        """Return the key for a name in JSON: the name itself if its Python name is derived from it."""
        if natural(name) == python and in_double_quote_literal(name) == json.dumps(name, ensure_ascii=False)[1:-1]:
            return name
        key = f"zqx{len(self._names)}zqx"
        self._names[key] = (python, name)
        return key

    def apply(self, folder: Path) -> None:
        """Replace the keys in the Python files of a folder."""
        for path in sorted(folder.rglob("*.py")) if self._names else ():
            text = path.read_text(encoding="utf-8")
            if KEY.search(text):
                path.write_text(self._renamed(text), encoding="utf-8", newline="\n")

    def _renamed(self, source: str) -> str:
        lines = source.splitlines(keepends=True)
        starts = [0]
        for line in lines:
            starts.append(starts[-1] + len(line))
        end, parts = 0, []
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if KEY.search(token.string) and token.type in {tokenize.NAME, tokenize.STRING, tokenize.COMMENT}:
                first = starts[token.start[0] - 1] + token.start[1]
                parts += [source[end:first], self._token(token)]
                end = starts[token.end[0] - 1] + token.end[1]
        return "".join([*parts, source[end:]])

    def _token(self, token: tokenize.TokenInfo) -> str:
        if token.type == tokenize.STRING and KEY.fullmatch(ast.literal_eval(token.string)):
            return repr(self._names[ast.literal_eval(token.string)][1])
        return KEY.sub(lambda found: self._names[found[0]][0], token.string)


def natural(name: str, *, raw: bool = False) -> str:
    """Return the Python name that openapi-python-client gives to a name, or its second form, which keeps the case."""
    return unicodedata.normalize("NFKC", PythonIdentifier(name, FIELD, skip_snake_case=raw))


def python_names(
    names: Iterable[tuple[str, str | None, str]], reserved: AbstractSet[str], derived: re.Pattern[str] | None = None
) -> Iterator[str]:
    """Yield a Python name for each name in JSON: not reserved, and different from the others.

    Args:
        names: The name, its `x-name` or None, and what is added to it if another one has the same Python name.
        reserved: The names that none may have.
        derived: The names that the generated code derives from others.
    """
    taken = {*reserved}
    for name, chosen, suffix in names:
        first = natural(chosen or name)
        candidates = [first]
        if first in taken and first not in reserved:
            candidates += [natural(name, raw=True), f"{first}_{suffix}" if suffix else first]
        made = next((one for one in candidates if one not in taken), first)
        while made in taken or (derived and derived.fullmatch(made)):
            made += "_"
        taken.add(made)
        yield made
