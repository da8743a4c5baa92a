"""Runtime expressions of OpenAPI, such as `$response.body#/a/b`, `$request.path.id` and `$statusCode`."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from attrs import Factory, frozen

Keys = tuple[str, ...]

BODY: Final = "response.body"
HEADER: Final = "response.header"
STATUS: Final = "statusCode"
CONSTANT: Final = "constant"
REQUEST_BODY: Final = "request.body"
SOURCES: Final = (BODY, HEADER, REQUEST_BODY, "request.path", "request.query", "request.header", STATUS)
FORM: Final = re.compile(r"\$(?:(response|request)\.(?:(body)(?:#(/.*)?)?|(header|path|query)\.(.+))|(statusCode))")


class _Missing:
    """The type of `MISSING`."""

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False

    def __deepcopy__(self, memo: object) -> "_Missing":
        return self


MISSING: Final = _Missing()


@frozen
class Message:
    """A request and its response, as far as expressions refer to them. Names of headers are in lower case."""

    body: Any = MISSING
    status: int = 200
    headers: Mapping[str, str] = Factory(dict)
    path: Mapping[str, Any] = Factory(dict)
    query: Mapping[str, Any] = Factory(dict)
    request_headers: Mapping[str, str] = Factory(dict)
    request_body: Any = MISSING


@frozen
class Expression:
    """A runtime expression, or a constant. `keys` is the path into a body, or the name of a parameter or header."""

    source: str
    keys: Keys = ()
    value: Any = None

    def evaluate(self, message: Message) -> Any:
        """Return the value in a message, or `MISSING`."""
        match self.source:
            case "constant":
                return self.value
            case "statusCode":
                return message.status
            case "response.body":
                return walk(message.body, self.keys)
            case "request.body":
                return walk(message.request_body, self.keys)
            case "response.header":
                return message.headers.get(self.keys[0].lower(), MISSING)
            case "request.header":
                return message.request_headers.get(self.keys[0].lower(), MISSING)
            case "request.path":
                return message.path.get(self.keys[0], MISSING)
            case _:
                return message.query.get(self.keys[0], MISSING)

    def __str__(self) -> str:
        if self.source == CONSTANT:
            return repr(self.value)
        is_body = self.source in {BODY, REQUEST_BODY}
        return f"${self.source}" + (f"#{format_pointer(self.keys)}" if is_body else "".join(f".{k}" for k in self.keys))


def parse_runtime_expression(text: Any) -> Expression:
    """Parse an expression; anything that does not begin with `$` is a constant.

    Raises:
        ValueError: It is not an expression of OpenAPI, or refers to something that is not supported.
    """
    if not isinstance(text, str) or not text.startswith("$"):
        if isinstance(text, str) and "{$" in text:
            raise ValueError(
                f"an expression within a string is not supported, got {text!r}; write the expression alone"
            )
        return Expression(CONSTANT, value=text)
    found = FORM.fullmatch(text)
    if found is None or (found[1] == "response" and found[4] in {"path", "query"}):
        raise ValueError(f"expected an expression such as $response.body#/id or $request.path.id, got {text!r}")
    if found[6]:
        return Expression(STATUS)
    if found[2]:
        return Expression(f"{found[1]}.body", parse_pointer(found[3] or ""))
    return Expression(f"{found[1]}.{found[4]}", (found[5],))


def parse_expression(expression: str) -> Keys:
    """Return the keys of an expression: `$response.body#/a/b` gives `("a", "b")`.

    Raises:
        ValueError: The expression does not point into a response body.
    """
    found = parse_runtime_expression(expression)
    if found.source != BODY or not found.keys:
        raise ValueError(f"expected an expression such as $response.body#/status, got {expression!r}")
    return found.keys


def parse_pointer(pointer: str) -> Keys:
    """Return the keys of a JSON pointer: `/a~1b/c` gives `("a/b", "c")`."""
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])


def format_pointer(keys: Iterable[str]) -> str:
    """Return the JSON pointer of keys: `("a/b", "c")` gives `/a~1b/c`."""
    return "/" + "/".join(key.replace("~", "~0").replace("/", "~1") for key in keys)


def walk(value: Any, path: Iterable[str]) -> Any:
    """Return the value at `path`, or `MISSING`."""
    for key in path:
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return MISSING
    return value
