"""Bodies and headers that satisfy conditions: the responses for a state that no example of the document has."""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import frozen

from ..document import (
    ABSENT,
    MISSING,
    Condition,
    Document,
    Expression,
    FieldTest,
    MediaType,
    Message,
    sample_with,
    walk,
)
from ..document.expression import BODY, HEADER, STATUS
from .bodies import copy_json, copy_value, set_value

MAX_CHOICES = 200
PRESENT: Mapping[str, Any] = {"not": {"type": "null"}}

# What a response must have for each expression: a schema; `ABSENT` for a value that is absent or null.
Requirements = Mapping[Expression, Any]


@frozen
class Wish:
    """What a response has to say: all tests hold, and each of the conditions in `not_` fails."""

    tests: tuple[FieldTest, ...]
    not_: tuple[Condition, ...] = ()

    def is_granted(self, message: Message) -> bool:
        """Return whether a response says it."""
        return all(test.holds(message) for test in self.tests) and not any(one.holds(message) for one in self.not_)

    def requirements(self, status: int) -> Iterator[Requirements]:
        """Yield the combinations of requirements that may grant it in a response with a status code."""
        code = {Expression(STATUS): {"const": status}}
        for combination in itertools.product(*(list(_satisfying(test)) for test in self.tests)):
            required = _combined([code, *combination])
            if required is None:
                continue
            refutations = [list(_refuting(condition, required)) for condition in self.not_]
            for refutation in itertools.islice(itertools.product(*refutations), MAX_CHOICES):
                if (whole := _combined([required, *refutation])) is not None:
                    yield whole


def _satisfying(test: FieldTest) -> Iterator[Requirements]:
    if test.present is not None:
        yield {test.expression: PRESENT if test.present else ABSENT}
    for value in test.values:
        yield {test.expression: {"const": value}}


def _refuting(condition: Condition, given: Requirements) -> Iterator[Requirements]:
    """Yield requirements under which a condition fails; an empty one if it fails already."""
    for test in condition.tests:
        required = given.get(test.expression)
        if required is not None and not any(_combined([{test.expression: required}, one]) for one in _satisfying(test)):
            yield {}
            return
    for test in condition.tests:
        if test.present is not None:
            yield {test.expression: ABSENT if test.present else PRESENT}
        elif test.expression.source != STATUS:
            yield from ({test.expression: ABSENT}, {test.expression: {"not": {"enum": list(test.values)}}})


def _combined(parts: Iterable[Requirements]) -> Requirements | None:
    """Return the union of requirements, or None if two contradict each other."""
    whole: dict[Expression, Any] = {}
    for expression, schema in ((e, s) for part in parts for e, s in part.items()):
        before: Any = whole.setdefault(expression, schema)
        if before != schema:
            if ABSENT in (before, schema) or ("const" in before and "const" in schema):
                return None
            whole[expression] = before if "const" in before else {"allOf": [before, schema]} | schema
    return whole


def granted_bodies(
    document: Document, media_type: MediaType | None, examples: Iterable[Any], wish: Wish, message: Message
) -> Iterator[tuple[Any, Mapping[str, str]]]:
    """Yield valid bodies, with headers, that grant a wish: examples with the required fields, then generated ones.

    Args:
        document: the document of the response.
        media_type: the described content, or None.
        examples: bodies to change.
        wish: what the response has to say.
        message: the response without a body: its status code and its other headers.
    """
    for required in itertools.islice(wish.requirements(message.status), MAX_CHOICES):
        headers = _headers(required, message.headers)
        if media_type is None:
            candidates: list[Any] = [MISSING]
        else:
            fields = {one.keys: schema for one, schema in required.items() if one.source == BODY}
            generated = sample_with(document, media_type.schema, fields)
            candidates = [*(_with_fields(example, fields, generated) for example in examples), generated]
        for body in candidates:
            if media_type is not None and (body is MISSING or not document.validator(media_type.schema).is_valid(body)):
                continue
            if wish.is_granted(Message(body, message.status, headers)):
                yield body, headers


def _with_fields(example: Any, fields: Mapping[tuple[str, ...], Any], generated: Any) -> Any:
    """Return a copy of an example in which the fields are those of a generated body."""
    body = copy_json(example)
    for path, schema in fields.items():
        if schema is ABSENT and walk(body, path) is None:
            continue
        if schema is ABSENT or "const" in schema:
            set_value(body, path, MISSING if schema is ABSENT else schema["const"])
        else:
            copy_value(body, generated, path)
    return body


def _headers(required: Requirements, given: Mapping[str, str]) -> Mapping[str, str]:
    headers = dict(given)
    for expression, schema in required.items():
        if expression.source == HEADER:
            name = expression.keys[0].lower()
            if schema is ABSENT:
                headers.pop(name, None)
            else:
                headers[name] = str(schema.get("const", headers.get(name, "sample")))
    return headers
