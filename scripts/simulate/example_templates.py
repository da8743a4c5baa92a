"""Error examples as templates: an example quotes the request that caused it, a response quotes the actual request.

An example names its request in `x-request`. If a scenario has several examples, the one with the most similar request
is chosen; the details of its request are then replaced in its strings with those of the actual request.
"""

import re
import urllib.parse
from collections.abc import Iterator
from typing import Any

from attrs import frozen

from ..document import Document, Example, MediaType, Operation, Response
from .bodies import map_strings
from .parameters import InvalidParameterError, accepted_query_names, parse_value

MIN_SIMILARITY = 0.5  # share of equal letters above which an unknown name counts as a misspelling of a known one
BRACKETED = re.compile(r"\[([^\[\]]*)\]")


@frozen
class RequestParts:
    """The parts of a request that an error message can quote.

    Attributes:
        method: the HTTP method.
        target: the path with the query.
        ids: the decoded path parameters.
        query: the query parameters in order.
        unknown: the names of the unknown query parameters.
        similar: the known name that an unknown one most resembles, or an empty string.
        invalid: the first invalid query value, or an empty string.
    """

    method: str
    target: str
    ids: tuple[str, ...]
    query: tuple[tuple[str, str], ...]
    unknown: tuple[str, ...]
    similar: str
    invalid: str

    @property
    def path(self) -> str:
        """Return the target without its query."""
        return self.target.partition("?")[0]


def parse_request_parts(document: Document, operation: Operation, method: str, target: str) -> RequestParts:
    """Return the parts of a request to the path of an operation."""
    path, _, query = target.partition("?")
    pairs = tuple(urllib.parse.parse_qsl(query, keep_blank_values=True))
    pattern = re.sub(r"\\\{[^{}]+\\\}", "([^/]*)", re.escape(operation.path))
    found = re.match(pattern, path)
    known = accepted_query_names(document, operation)
    unknown = tuple(sorted({name for name, _ in pairs} - known))
    similar = [match for name in unknown for match in _similar_names(name, known)]
    return RequestParts(
        method=method,
        target=target,
        ids=tuple(map(urllib.parse.unquote, found.groups())) if found else (),
        query=pairs,
        unknown=unknown,
        similar=similar[0] if similar else "",
        invalid=next(_invalid_values(document, operation, pairs), ""),
    )


def choose_example(
    document: Document, operation: Operation, scenario: str, request: RequestParts
) -> tuple[Response, MediaType, Example] | None:
    """Return the example of a scenario with the most similar request, or None if the scenario has no example."""
    candidates = operation.scenarios(scenario)
    return max(
        candidates,
        key=lambda candidate: _similarity(_parse_example_request(document, operation, candidate[2]), request),
        default=None,
    )


def render_example(document: Document, operation: Operation, example: Example, request: RequestParts) -> Any:
    """Return the value of an example with the details of the actual request filled in."""
    sample = _parse_example_request(document, operation, example)
    return (
        example.value if sample is None else map_strings(example.value, lambda text: _substitute(text, sample, request))
    )


def _parse_example_request(document: Document, operation: Operation, example: Example) -> RequestParts | None:
    if not example.request:
        return None
    method, _, target = example.request.partition(" ")
    return parse_request_parts(document, operation, method, target)


def _similar_names(name: str, known: frozenset[str]) -> list[str]:
    """Return the known names that a name may be a misspelling of, the most similar first."""
    scored = sorted(((1 - _edit_distance(name, one) / max(len(name), len(one)), one) for one in known), reverse=True)
    return [one for score, one in scored if score > MIN_SIMILARITY]


def _edit_distance(first: str, second: str) -> int:
    """Return the Levenshtein distance of two names, of the first 100 letters of the first one."""
    row = list(range(len(second) + 1))
    for count, letter in enumerate(first[:100], 1):
        previous, row = row, [count]
        for index, other in enumerate(second, 1):
            row.append(min(row[-1] + 1, previous[index] + 1, previous[index - 1] + (letter != other)))
    return row[-1]


def _invalid_values(document: Document, operation: Operation, pairs: tuple[tuple[str, str], ...]) -> Iterator[str]:
    """Yield the query values that do not match their schema."""
    last = dict(pairs)
    for parameter in operation.parameters_in("query"):
        if parameter.name in last:
            try:
                parse_value(document, parameter, [last[parameter.name]])
            except InvalidParameterError:
                yield last[parameter.name]


def _similarity(sample: RequestParts | None, request: RequestParts) -> tuple[int, ...]:
    """Return a sort key for the similarity of an example's request to the actual one. Extra parameters lower it."""
    if sample is None:
        return (0,)
    invalid = {sample.invalid, request.invalid}
    ours = {pair for pair in sample.query if pair[0] not in sample.unknown and pair[1] not in invalid}
    theirs = {pair for pair in request.query if pair[0] not in request.unknown and pair[1] not in invalid}
    return (
        1,
        (len(sample.unknown) > 1) == (len(request.unknown) > 1),
        bool(sample.similar) == bool(request.similar),
        len(ours & theirs) - len(ours - theirs),
    )


def _substitute(text: str, sample: RequestParts, request: RequestParts) -> str:
    """Replace the parts of the example's request in a string with those of the actual request."""
    names = ", ".join(f"[{name}]" for name in sample.unknown)
    # If the request has no such part, the example's own is kept.
    if names and request.unknown:
        text = text.replace(names, ", ".join(f"[{name}]" for name in request.unknown))
    pairs = (
        (sample.target, request.target),
        (sample.path, request.path),
        (sample.method, request.method),
        (sample.invalid, request.invalid),
        (sample.similar, request.similar),
    )
    in_brackets = {ours: theirs for ours, theirs in pairs if ours and theirs}
    id_pattern = re.compile("|".join(map(re.escape, filter(None, sample.ids))) or "(?!)")
    by_id = dict(zip(sample.ids, request.ids, strict=False))
    pieces, end = [], 0
    for found in BRACKETED.finditer(text):
        pieces += [id_pattern.sub(lambda one: by_id.get(one[0], one[0]), text[end : found.start()])]
        pieces += [f"[{in_brackets.get(found[1], found[1])}]"]
        end = found.end()
    return "".join((*pieces, id_pattern.sub(lambda one: by_id.get(one[0], one[0]), text[end:])))
