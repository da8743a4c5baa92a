"""Generate strings that match a regular expression."""

import functools
import importlib
import random
import re
import string
from collections.abc import Iterator
from typing import Any

# The parser of the standard library has no public name. It is used only here.
_parse = importlib.import_module("re._parser").parse
LETTERS = string.ascii_lowercase + string.digits + string.ascii_uppercase
PRINTABLE = LETTERS + "-_.~!$&'()*+,;=:@ /?#[]{}|\\\"<>^`%"
MAX_EXTRA = 72  # repetitions of an open-ended repeat above its minimum
# ECMA-262 knows character properties such as \p{L}; letters satisfy most of them.
PROPERTY = re.compile(r"\\[pP]\{[^{}]*\}")


def matching_strings(pattern: str, source: random.Random, extra: int = 0) -> Iterator[str]:
    """Yield strings that match a pattern, from short to long; lookarounds are ignored, so that the caller must check.

    The first ones have `extra` repetitions of an open-ended repeat above its minimum. Yields nothing if the pattern is
    not one of Python's.
    """
    try:
        parsed = _parse(
            PROPERTY.sub(lambda found: "a-zA-Z" if _is_in_class(pattern, found.start()) else "[a-zA-Z]", pattern)
        )
    except (re.error, RecursionError, OverflowError):
        return
    for most in (*range(extra, MAX_EXTRA), *range(extra)):
        yield _Writer(source, most, most).write(parsed)
        yield _Writer(source, 0, most).write(parsed)


def _is_in_class(pattern: str, index: int) -> bool:
    before = re.sub(r"\\.", "", pattern[:index])
    return before.rfind("[") > before.rfind("]")


class _Writer:
    """Writes one string of a parsed pattern, with `least` to `most` repetitions above the minimum of a repeat."""

    def __init__(self, source: random.Random, least: int, most: int) -> None:
        self._source = source
        self._extra = (least, most)
        self._groups: dict[int, str] = {}

    def write(self, parsed: Any) -> str:
        return "".join(self._write(str(code), argument) for code, argument in parsed)

    def _write(self, code: str, argument: Any) -> str:
        match code:
            case "LITERAL":
                return chr(argument)
            case "ANY":
                return self._source.choice(LETTERS)
            case "NOT_LITERAL":
                return self._choose(f"[^{re.escape(chr(argument))}]")
            case "IN":
                return self._write_class(argument)
            case "BRANCH":
                return self.write(self._source.choice(argument[1]))
            case "SUBPATTERN":
                text = self.write(argument[-1])
                self._groups[argument[0]] = text
                return text
            case "ATOMIC_GROUP":
                return self.write(argument)
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                low, high, repeated = argument
                count = self._source.randint(*(min(int(high), low + extra) for extra in self._extra))
                return "".join(self.write(repeated) for _ in range(count))
            case "GROUPREF":
                return self._groups.get(argument, "")
            case _:  # anchors and lookarounds
                return ""

    def _write_class(self, members: Any) -> str:
        return self._choose(_class_expression(members)) or _first_of_class(members)

    def _choose(self, expression: str) -> str:
        allowed = _characters(expression)
        return self._source.choice(allowed) if allowed else ""


@functools.lru_cache(maxsize=1024)
def _characters(expression: str) -> str:
    """Return the characters that match an expression: letters and digits, or others if none of these does."""
    matches = re.compile(expression).fullmatch
    return "".join(filter(matches, LETTERS)) or "".join(filter(matches, PRINTABLE))


def _class_expression(members: Any) -> str:
    """Return the expression of a parsed character class."""
    written = ""
    for code, argument in members:
        match str(code):
            case "NEGATE":
                written += "^"
            case "LITERAL":
                written += re.escape(chr(argument))
            case "RANGE":
                written += f"{re.escape(chr(argument[0]))}-{re.escape(chr(argument[1]))}"
            case "CATEGORY":
                # CATEGORY_DIGIT is \d, CATEGORY_NOT_DIGIT \D.
                name = str(argument).removeprefix("CATEGORY_")
                written += "\\" + (name[4] if name.startswith("NOT_") else name[0].lower())
    return f"[{written}]"


def _first_of_class(members: Any) -> str:
    """Return the first character that a class lists, for one without any printable ASCII character."""
    first = next((argument for code, argument in members if str(code) in {"LITERAL", "RANGE"}), 0)
    return chr(first[0] if isinstance(first, tuple) else first)
