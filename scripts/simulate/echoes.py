"""What an example says of the request that it answered, said of another request.

An example names that request in `x-request`. Of several examples of one situation the one whose request is most like
the one that came is taken; what its texts repeat of the request is then replaced by what came.
"""

import re
import urllib.parse
from collections.abc import Callable, Iterator
from typing import Any

from attrs import frozen

from ..document import Document, Example, MediaType, Operation, Response
from .parameters import BadParameter, check_parameter, known_names

ALIKE = 0.5  # above which two names are taken for each other: the share of letters that need no edit
BRACKETED = re.compile(r"\[([^\[\]]*)\]")


@frozen
class Asked:
    """A request, as far as the texts of an answer speak of it."""

    method: str
    target: str
    ids: tuple[str, ...]
    query: tuple[tuple[str, str], ...]
    unknown: tuple[str, ...]
    similar: str
    bad: str

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]


def asked(document: Document, operation: Operation, method: str, target: str) -> Asked:
    """What a request to the path of an operation asks."""
    path, _, query = target.partition("?")
    pairs = tuple(urllib.parse.parse_qsl(query, keep_blank_values=True))
    pattern = re.sub(r"\\\{[^{}]+\\\}", "([^/]*)", re.escape(operation.path))
    found = re.match(pattern, path)
    known = known_names(document, operation)
    unknown = tuple(sorted({name for name, _ in pairs} - known))
    close = [match for name in unknown for match in _close(name, known)]
    return Asked(
        method=method,
        target=target,
        ids=tuple(map(urllib.parse.unquote, found.groups())) if found else (),
        query=pairs,
        unknown=unknown,
        similar=close[0] if close else "",
        bad=next(_bad(document, operation, pairs), ""),
    )


def chosen(
    document: Document, operation: Operation, when: str, request: Asked
) -> tuple[Response, MediaType, Example] | None:
    """The answer to a situation whose own request is most like one that came, None where the situation has none."""
    answers = operation.situations(when)
    return max(answers, key=lambda answer: _alike(_sample(document, operation, answer[2]), request), default=None)


def said(document: Document, operation: Operation, example: Example, request: Asked) -> Any:
    """The value of an example, speaking of the request that came."""
    sample = _sample(document, operation, example)
    return (
        example.value if sample is None else texts_changed(example.value, lambda text: _retold(text, sample, request))
    )


def texts_changed(node: Any, change: Callable[[str], str]) -> Any:
    """A body in which every text, names aside, is changed."""
    if isinstance(node, dict):
        return {key: texts_changed(child, change) for key, child in node.items()}
    if isinstance(node, list):
        return [texts_changed(child, change) for child in node]
    return change(node) if isinstance(node, str) else node


def _sample(document: Document, operation: Operation, example: Example) -> Asked | None:
    if not example.request:
        return None
    method, _, target = example.request.partition(" ")
    return asked(document, operation, method, target)


def _close(name: str, known: frozenset[str]) -> list[str]:
    """The known names that a name can be a slip of, the closest first."""
    scored = sorted(((1 - _edits(name, one) / max(len(name), len(one)), one) for one in known), reverse=True)
    return [one for score, one in scored if score > ALIKE]


def _edits(one: str, other: str) -> int:
    """How many letters have to be put in, left out or changed to make one name of another."""
    row = list(range(len(other) + 1))
    for count, letter in enumerate(one[:100], 1):
        before, row = row, [count]
        for index, wanted in enumerate(other, 1):
            row.append(min(row[-1] + 1, before[index] + 1, before[index - 1] + (letter != wanted)))
    return row[-1]


def _bad(document: Document, operation: Operation, pairs: tuple[tuple[str, str], ...]) -> Iterator[str]:
    """The values that cannot be read."""
    last = dict(pairs)
    for parameter in operation.parameters_in("query"):
        if parameter.name in last:
            try:
                check_parameter(document, parameter, last[parameter.name])
            except BadParameter:
                yield last[parameter.name]


def _alike(sample: Asked | None, request: Asked) -> tuple[int, ...]:
    """How like the request that came another one is. The one with no more to it comes first among equals."""
    if sample is None:
        return (0,)
    odd = {sample.bad, request.bad}
    ours = {pair for pair in sample.query if pair[0] not in sample.unknown and pair[1] not in odd}
    theirs = {pair for pair in request.query if pair[0] not in request.unknown and pair[1] not in odd}
    return (
        1,
        (len(sample.unknown) > 1) == (len(request.unknown) > 1),
        bool(sample.similar) == bool(request.similar),
        len(ours & theirs) - len(ours - theirs),
    )


def _retold(text: str, sample: Asked, request: Asked) -> str:
    names = ", ".join(f"[{name}]" for name in sample.unknown)
    # Where the request has nothing of the kind the example keeps its own.
    if names and request.unknown:
        text = text.replace(names, ", ".join(f"[{name}]" for name in request.unknown))
    pieces = (
        (sample.target, request.target),
        (sample.path, request.path),
        (sample.method, request.method),
        (sample.bad, request.bad),
        (sample.similar, request.similar),
    )
    swaps = {ours: theirs for ours, theirs in pieces if ours and theirs}
    outside = re.compile("|".join(map(re.escape, filter(None, sample.ids))) or "(?!)")
    by_id = dict(zip(sample.ids, request.ids, strict=False))
    told, end = [], 0
    for found in BRACKETED.finditer(text):
        told += [outside.sub(lambda one: by_id.get(one[0], one[0]), text[end : found.start()])]
        told += [f"[{swaps.get(found[1], found[1])}]"]
        end = found.end()
    return "".join((*told, outside.sub(lambda one: by_id.get(one[0], one[0]), text[end:])))
