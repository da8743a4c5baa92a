"""One documented response for each state of a job: an example, or one that is made for the state."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import frozen

from ..document import (
    MISSING,
    Condition,
    Document,
    Expression,
    FieldTest,
    JobLifecycle,
    Keys,
    MediaType,
    Message,
    Operation,
    walk,
)
from ..document import Response as DocumentedResponse
from ..document.expression import BODY
from .bodies import copy_json, set_value
from .conditions import Wish, granted_bodies
from .derived import DerivedResponses, main_media_type

REASON = "simulated failure"


@frozen
class StatusTemplate:
    """A response that reports a job: its state, the documented response, and what it contains."""

    state: str
    response: DocumentedResponse
    media_type: MediaType | None
    status: int
    body: Any
    headers: Mapping[str, str]

    def is_valid(self, document: Document, body: Any) -> bool:
        """Return whether a body satisfies the schema of the response."""
        if self.media_type is None or body is MISSING:
            return self.media_type is None and body is MISSING
        return document.validator(self.media_type.schema).is_valid(body)


def make_templates(
    derived: DerivedResponses, operation: Operation, spec: JobLifecycle
) -> tuple[dict[str, StatusTemplate], list[StatusTemplate]]:
    """Return the template of each state, and those of all examples, or the former if there is no example."""
    examples = list(_examples(derived, operation, spec))
    by_state: dict[str, StatusTemplate] = {}
    for example in examples:
        if example.state not in by_state or _size(example.body) > _size(by_state[example.state].body):
            by_state[example.state] = example
    shown = dict(by_state)
    for state in spec.states:
        if state not in by_state:
            by_state[state] = _generate(derived, operation, spec, state, shown.values())
    return by_state, examples or list(by_state.values())


def _size(body: Any) -> int:
    return len(body) if isinstance(body, dict | list) else 0


def _empty_templates(derived: DerivedResponses, operation: Operation, spec: JobLifecycle) -> Iterator[StatusTemplate]:
    """Yield the responses that report the job, each with its status codes, without a body."""
    for response in operation.status_responses:
        headers = {name.lower(): value for name, value in derived.headers(response).items()}
        tested = [code for code in sorted(spec.status_codes) if str(code)[0] == response.status[0]]
        codes = [int(response.status)] if response.status.isdecimal() else [*tested, int(response.status[0]) * 100]
        for code in codes:
            yield StatusTemplate("", response, main_media_type(response), code, MISSING, headers)


def _examples(derived: DerivedResponses, operation: Operation, spec: JobLifecycle) -> Iterator[StatusTemplate]:
    for empty in _empty_templates(derived, operation, spec):
        for media_type, example in empty.response.examples:
            message = (example.value, empty.status, empty.headers)
            state = spec.state_of(*message)
            if (
                media_type.is_json
                and example.scenario is None
                and state in spec.kinds
                and not spec.is_unknown(*message)
            ):
                yield StatusTemplate(state, empty.response, media_type, empty.status, example.value, empty.headers)


def _generate(
    derived: DerivedResponses, operation: Operation, spec: JobLifecycle, state: str, shown: Iterable[StatusTemplate]
) -> StatusTemplate:
    """Return a response for a state without an example: another example with the state, or a generated body."""
    empty_ones = list(_empty_templates(derived, operation, spec))
    kind = spec.kinds[state]
    similar = sorted(shown, key=lambda one: spec.kinds[one.state] != kind)
    for wish in _wishes(spec, state):
        for empty in empty_ones:
            examples = [one.body for one in similar if one.response is empty.response]
            message = Message(MISSING, empty.status, empty.headers)
            for body, headers in granted_bodies(derived.document, empty.media_type, examples, wish, message):
                made = StatusTemplate(state, empty.response, empty.media_type, empty.status, body, headers)
                return _with_details(derived.document, spec, made)
    # The schemas describe no response for this state: the nearest one with the state.
    body = copy_json(similar[0].body if similar else derived.content(empty_ones[0].response)[1])
    if spec.state:
        set_value(body, spec.state, spec.raw_states[state])
    first = similar[0] if similar else empty_ones[0]
    return StatusTemplate(state, first.response, first.media_type, first.status, body, first.headers)


def _wishes(spec: JobLifecycle, state: str) -> Iterator[Wish]:
    """Yield what a response for a state has to say; with the mirrors of the state first."""
    unknown = (Condition(spec.unknown, "failure"),) if spec.unknown else ()
    for index, condition in enumerate(spec.conditions):
        if condition.kind == state:
            yield Wish(condition.tests, (*unknown, *spec.conditions[:index]))
    if spec.state:
        raw = spec.raw_states[state]
        tests = (_field_test(spec.state, raw) if raw is not None else _field_test(spec.state, present=False),)
        mirrors = tuple(_field_test(m.at, m.values[state]) for m in spec.mirrors if state in m.values)
        yield Wish((*tests, *mirrors), unknown)
        yield Wish(tests, unknown)


def _field_test(path: Keys, *values: Any, present: bool | None = None) -> FieldTest:
    return FieldTest(Expression(BODY, path), values, present)


def _with_details(document: Document, spec: JobLifecycle, made: StatusTemplate) -> StatusTemplate:
    """Let the reason and the subtasks of a generated response agree with its state, where the schema allows it."""
    kind, reason = spec.kinds[made.state], spec.reason
    if reason and kind == "failure" and walk(made.body, reason) in (MISSING, None):
        made = _changed(document, spec, made, {reason: REASON})
    elif reason and kind != "failure":
        made = _changed(document, spec, made, {reason: MISSING})
    if spec.subtasks and kind == "success":
        items = walk(made.body, spec.subtasks.items)
        states = {
            (*spec.subtasks.items, str(i), *spec.subtasks.state): min(spec.subtasks.success, key=str)
            for i in range(_size(items))
        }
        made = _changed(document, spec, made, states)
    return made


def _changed(
    document: Document, spec: JobLifecycle, made: StatusTemplate, values: Mapping[Keys, Any]
) -> StatusTemplate:
    """Return a template with other values, if it is then still a valid response for the state."""
    body = copy_json(made.body)
    for path, value in values.items():
        set_value(body, path, value)
    is_same = spec.state_of(body, made.status, made.headers) == made.state
    if not is_same or not made.is_valid(document, body):
        return made
    return StatusTemplate(made.state, made.response, made.media_type, made.status, body, made.headers)
