"""Compare how two versions of a document say that a job ends: `x-job`, rate limits and links."""

import itertools
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import evolve

from ..document import Document, FieldTest, JobLifecycle, Link, MediaType, Operation, Parameter, Progress, Response
from ..document.expression import BODY, Keys
from ..document.job import KINDS, Detail, Kind
from ..document.naming import job_noun
from ..document.source import Pointer
from .change import FINE, Both, Change, Verdict, breaks, changes
from .nodes import is_always_there
from .pairing import pair

# What a wait does when it sees a state of this kind. An unknown state counts as pending.
EFFECTS: Mapping[Kind | None, str] = {
    None: "keeps polling, as for any unknown state",
    "pending": "keeps polling",
    "success": "returns",
    "partial": "returns, or raises JobPartialError with raise_on_partial=True",
    "failure": "raises JobFailedError",
    "notStarted": "raises JobNotStartedError after not_started_timeout",
}
# The names in the package that exist because a document has a keyword of `x-job`.
OPTIONS: Mapping[str, tuple[str, ...]] = {
    "notStarted": ("not_started_timeout",),
    "partial": ("raise_on_partial", "partial"),
    "run": ("after_run", "current_run"),
}
# The names in the package that exist because an operation reports a job.
STATUS_NAMES = (
    *("resume", "wait", "job", "job_state", "is_final", "is_success", "is_failure", "progress", "reason"),
    *("not_started_timeout", "raise_on_partial", "partial", "after_run", "current_run"),
)
# The keywords that only the verification and the simulator read.
VERIFICATION = ("timestamps", "immutable", "append_only", "subtasks", "mirrors")
KEYS = {"append_only": "appendOnly"}  # in `x-job`, where the name is another
MOST_ROWS = 1000  # that a row of a condition stands for, to be compared value by value
LOWER = "poll less often, or update the client"


def compare_jobs(both: Both, old: Operation, new: Operation) -> Iterator[Change]:
    """Yield the changes of the `x-job` of an operation."""
    before, after = old.job, new.job
    places = ((*old.pointer, "x-job"), (*new.pointer, "x-job"))
    waits = (*_waits(old), *_waits(new), *STATUS_NAMES)
    if before is None and after is None:
        return
    if before is None:
        yield both.change("job-added", new.id, f"{new.id} reports a job now", None, places[1], names=waits, is_new=True)
        return
    if after is None:
        verdict = breaks("nothing says any more how the job ends: the waits are gone", "poll with the call itself")
        yield both.change(
            "job-removed", new.id, f"{new.id} reports no job any more", places[0], None, names=waits, wait=verdict
        )
        return
    if before.conditions or after.conditions:
        yield from _conditions(both, (old, new), before, after, places)
    else:
        yield from _states(both, new, before, after, places)
    yield from _fields(both, (old, new), before, after, places)
    yield from _limits(both, new, before, after, places)


def _waits(operation: Operation) -> tuple[str, ...]:
    """Return the names in the package of the waits for the job that an operation reports."""
    nouns = dict.fromkeys((operation.id, job_noun(operation.id)))
    return (operation.id, *(name for noun in nouns for name in (f"wait_for_{noun}", f"{noun}_job", noun)))


def _places(places: tuple[Pointer, Pointer], old: JobLifecycle, new: JobLifecycle, state: str) -> tuple[Pointer, ...]:
    """Return where the lists of both versions have a state."""
    found = []
    for place, job in zip(places, (old, new), strict=True):
        kind = job.kinds.get(state)
        found.append((*place, kind, job.lists[kind].index(state)) if kind else place)
    return tuple(found)


def _states(
    both: Both, operation: Operation, old: JobLifecycle, new: JobLifecycle, places: tuple[Pointer, Pointer]
) -> Iterator[Change]:
    renamed = _renamed_states(old, new)
    for former, state in renamed.items():
        kind = old.kinds[former]
        polls = breaks(
            f"in state {state}, a wait of a client installed before {EFFECTS[None]}, up to its deadline; a new client "
            f"{EFFECTS[kind]}",
            "update the clients before the server sends the state",
        )
        old_place, new_place = _places(places, old, new, former)[0], _places(places, old, new, state)[1]
        message = f"state {former} of {kind} was renamed to {state}"
        yield both.change(
            "state-renamed",
            f"{operation.id} {former}",
            message,
            old_place,
            new_place,
            names=(former, state),
            wait=polls if kind != "pending" else FINE,
        )
    for state in dict.fromkeys((*old.states, *new.states)):
        before, after = old.kinds.get(state), new.kinds.get(state)
        if before == after or state in renamed or state in renamed.values():
            continue
        old_place, new_place = _places(places, old, new, state)
        names = [state, *(name for kind in (before, after) if kind for name in OPTIONS.get(kind, ()))]
        subject = f"{operation.id} {state}"
        if before and after:
            verdict = breaks(
                f"in state {state}, a wait of a client installed before {EFFECTS[before]}; a new client "
                f"{EFFECTS[after]}",
                f"update the clients, and handle {state} as {after}",
            )
            message = f"state {state} moved from {before} to {after}"
            yield both.change("state-moved", subject, message, old_place, new_place, names=names, wait=verdict)
        elif after:
            ends = after != "pending"
            verdict = breaks(
                f"in state {state}, a wait of a client installed before {EFFECTS[None]}, up to its deadline; a new "
                f"client {EFFECTS[after]}",
                "update the clients before the server sends the state",
            )
            message = f"state {state} was added to {after}"
            yield both.change(
                "state-added",
                subject,
                message,
                None,
                new_place,
                names=names,
                wait=verdict if ends else FINE,
                is_new=True,
            )
        else:
            verdict = changes(f"should the server still send {state}, a new client {EFFECTS[None]}")
            message = f"state {state} was removed from {before}"
            yield both.change("state-removed", subject, message, old_place, None, names=names, wait=verdict)


def _renamed_states(old: JobLifecycle, new: JobLifecycle) -> dict[str, str]:
    """Return the new name of each state that was replaced by one other state of its list."""
    found = {}
    for kind, states in old.lists.items():
        gone = [state for state in states if state not in new.kinds]
        come = [state for state in new.lists[kind] if state not in old.kinds]
        if len(gone) == len(come) == 1:
            found[gone[0]] = come[0]
    return found


def _conditions(
    both: Both,
    operations: tuple[Operation, Operation],
    old: JobLifecycle,
    new: JobLifecycle,
    places: tuple[Pointer, Pointer],
) -> Iterator[Change]:
    if (_rows(old), old.state, old.lists) == (_rows(new), new.state, new.lists):
        return
    kinds = {kind for job in (old, new) for kind in job.kinds.values()}
    # A response that satisfies no row is one of a pending job.
    verdict = FINE
    if (_ends(old), old.state, old.lists) != (_ends(new), new.state, new.lists):
        verdict = breaks(
            "the state of a job follows from other fields or values: clients installed before and new ones can "
            "disagree about its end",
            "update the clients together with the server",
        )
    yield both.change(
        "state-conditions-changed",
        operations[1].id,
        "the conditions that decide the state of the job changed",
        (*places[0], "state"),
        (*places[1], "state"),
        names=[name for kind in kinds for name in OPTIONS.get(kind, ())],
        wait=verdict,
        content=_content(operations, "state", *KINDS),
    )


def _content(operations: tuple[Operation, Operation], *keys: str) -> str:
    """Return what two versions of `x-job` say about some keys."""
    written = [{key: one.raw["x-job"][key] for key in keys if key in one.raw["x-job"]} for one in operations]
    return json.dumps(written, sort_keys=True, default=str)


Row = tuple[FieldTest, ...]


def _rows(job: JobLifecycle) -> list[tuple[Kind, frozenset[Row]]]:
    """Return the conditions, each test with one value.

    The order of tests, and of rows of one kind that follow each other, means nothing.
    """
    groups = itertools.groupby(job.conditions, lambda row: row.kind)
    return [(kind, frozenset(one for row in rows for one in _single_values(row.tests))) for kind, rows in groups]


def _single_values(tests: Iterable[FieldTest]) -> Iterator[Row]:
    """Yield the rows that say together what one row says, each with one value for each field."""
    choices = [[evolve(one, values=(value,)) for value in one.values] or [one] for one in tests]
    if math.prod(map(len, choices)) > MOST_ROWS:
        choices = [[one] for one in tests]
    yield from map(_tests, itertools.product(*choices))


def _ends(job: JobLifecycle) -> list[tuple[Kind, frozenset[Row]]]:
    """Return the conditions without the rows of pending jobs that hide no later row."""
    kept: list[tuple[Kind, Row]] = []
    for kind, rows in reversed(_rows(job)):
        kept += [
            (kind, row)
            for row in rows
            if kind != "pending" or not all(_excludes(row, other) for later, other in kept if later != "pending")
        ]
    groups = itertools.groupby(reversed(kept), lambda entry: entry[0])
    return [(kind, frozenset(row for _, row in rows)) for kind, rows in groups]


def _excludes(row: Row, other: Row) -> bool:
    """Return whether no response satisfies both rows: a field would have two values, or a value and none."""
    pairs = [(one, two) for one in row for two in other if one.expression == two.expression]
    if any((one.present is False) != (two.present is False) for one, two in pairs):
        return True
    return any(one.values and two.values and not set(one.values) & set(two.values) for one, two in pairs)


def _tests(tests: Iterable[FieldTest]) -> tuple[FieldTest, ...]:
    """Return tests in one order, each with its values in one order."""
    return tuple(sorted((evolve(one, values=tuple(sorted(one.values, key=repr))) for one in tests), key=repr))


def _fields(
    both: Both,
    operations: tuple[Operation, Operation],
    old: JobLifecycle,
    new: JobLifecycle,
    places: tuple[Pointer, Pointer],
) -> Iterator[Change]:
    """Compare where a status has what: the state, the id, the progress, the reason, the run."""
    operation = operations[1]
    stuck = "a client installed before looks for the state where it was, and keeps polling up to its deadline"
    refused = breaks("a client installed before refuses a response whose id it does not find, as that of another job")
    accepts_id = old.id is None or (old.id == new.id and old.id_match == "suffix")
    runs = "after_run= and current_run() of the waits recognize a run by other fields"
    if not new.run:
        runs = (
            "after_run= and current_run() of the waits are gone: a wait cannot distinguish an earlier run from the next"
        )
    elif not old.run:
        runs = "waits can distinguish runs now"
    begins = [job.timestamps[0] if job.timestamps else None for job in (old, new)]
    poorer = "waits do not request the widest view any more, which has the fields of the run"
    view = breaks(poorer) if new.run and not new.detail else changes("waits request another view of the status")
    values: dict[str, tuple[Any, Any, Verdict, Verdict]] = {
        "state": (old.state, new.state, FINE, breaks(stuck)),
        "id": (_identity(old), _identity(new), FINE if accepts_id else refused, FINE),
        "names": (
            _place_of(operations[0], operations[0].job_parameter),
            _place_of(operation, operation.job_parameter),
            FINE,
            breaks("waits name the job by another parameter"),
        ),
        "progress": (old.progress, new.progress, FINE, changes("on_update= gets another progress, or none")),
        "reason": (old.reason, new.reason, FINE, changes("the reason of a failure is another text, or missing")),
        "unknown": (
            _tests(old.unknown),
            _tests(new.unknown),
            FINE,
            breaks("another response says that the job does not exist"),
        ),
        "run": (tuple(sorted(old.run)), tuple(sorted(new.run)), FINE, changes(runs)),
        "timestamps": (begins[0], begins[1], FINE, changes("the schedule of a wait counts from another time")),
        "detail": (old.detail, new.detail, FINE, view),
    }
    for name, (before, after, field, wait) in values.items():
        if before == after or (name == "state" and (old.conditions or new.conditions)):
            continue
        change, absent = "changed", (None, ())
        if before in absent or after in absent:
            change = "added" if before in absent else "removed"
        yield both.change(
            f"job-{name}-{change}",
            operation.id,
            f"x-job {name} was {change}: {_shown(before)} -> {_shown(after)}",
            (*places[0], name),
            (*places[1], name),
            names=(*OPTIONS.get(name, (name,)), *_last_keys(before), *_last_keys(after)),
            field=field if before not in absent else FINE,
            wait=breaks(field.why) if field.level == "breaks" else wait,
            is_new=change == "added",
        )
    yield from _optional(both, operations, old, new, places)
    for name in VERIFICATION:
        is_reported = name == "timestamps" and begins[0] != begins[1]
        if getattr(old, name) != getattr(new, name) and not is_reported:
            message = f"x-job {name} changed, which only the verification reads"
            written = _content(operations, KEYS.get(name, name))
            yield both.change("job-check-changed", f"{operation.id} {name}", message, *places, content=written)


def _optional(
    both: Both,
    operations: tuple[Operation, Operation],
    old: JobLifecycle,
    new: JobLifecycle,
    places: tuple[Pointer, Pointer],
) -> Iterator[Change]:
    """Report the state and the id if a response may lack them now."""
    stuck = breaks(
        "a wait keeps polling while the state is missing, up to its deadline",
        "poll with the call itself, and treat a missing state",
    )
    refused = breaks(
        "a response without the id is refused, as that of another job",
        "regenerate once the document says where the id is",
    )
    for name, field, wait in (("state", FINE, stuck), ("id", refused, refused)):
        paths = [_needed(job, name) for job in (old, new)]
        for path in paths[1]:
            if path in paths[0] and [
                all(is_always_there(side.data, media_type.schema, path) for media_type in _bodies_of(operation))
                for side, operation in zip((both.old, both.new), operations, strict=True)
            ] == [True, False]:
                yield both.change(
                    f"job-{name}-optional",
                    operations[1].id,
                    f"a response may lack the {name} of the job, {'/'.join(path)}, now, or have null there",
                    (*places[0], name),
                    (*places[1], name),
                    field=field,
                    wait=wait,
                )


def _needed(job: JobLifecycle, name: str) -> list[Keys]:
    """Return the paths of what has to be in a response so that the end of the job is seen."""
    if name == "state" and job.conditions:
        ends = [test for row in job.conditions if row.kind != "pending" for test in row.tests]
        needed = [test.expression for test in ends if test.present is not False and None not in test.values]
        return list(dict.fromkeys(one.keys for one in needed if one.source == BODY))
    if name == "state" and "null" in job.raw_states and job.raw_states["null"] is None:
        return []  # null is a state
    return list(job.expressions()[name])


def _bodies_of(operation: Operation) -> Iterator[MediaType]:
    for response in operation.status_responses:
        yield from (one for one in response.media_types if one.is_json)


def _place_of(operation: Operation, parameter: Parameter) -> tuple[str, ...]:
    """Return the place of a parameter, which says nothing about its name in the path."""
    if parameter.where == "path" and parameter.name in operation.path_names:
        return "path", str(operation.path_names.index(parameter.name))
    return parameter.where, parameter.name


def _limits(
    both: Both, operation: Operation, old: JobLifecycle, new: JobLifecycle, places: tuple[Pointer, Pointer]
) -> Iterator[Change]:
    if set(old.limits) == set(new.limits):
        return
    shown = [", ".join(f"{one.requests} per {one.per:g} s" for one in job.limits) or "none" for job in (old, new)]
    message = f"rate limits were {shown[0]}, and are {shown[1]}"
    pointers = ((*places[0], "limits"), (*places[1], "limits"))
    rule, verdict = "limits-relaxed", changes(f"a new client may poll more often: {_pace(old, new)}")
    if _exceeds(old, new):
        throttled = "one installed before may exceed the limit, and be throttled with 429"
        rule, verdict = "limits-tightened", breaks(f"a new client polls {_pace(old, new)}; {throttled}", LOWER)
    elif not _exceeds(new, old):
        rule, verdict = "limits-rewritten", FINE
    yield both.change(rule, operation.id, message, *pointers, wait=verdict)


def _exceeds(job: JobLifecycle, other: JobLifecycle) -> bool:
    """Return whether the rate limits of a job allow polls, also in a burst, that those of another one refuse."""
    return any(
        min((one.requests * math.ceil(limit.per / one.per - 1e-9) for one in job.limits), default=math.inf)
        > limit.requests
        for limit in other.limits
    )


def _pace(old: JobLifecycle, new: JobLifecycle) -> str:
    """Return how often a new client polls."""
    if not new.limits:
        return "no limit is documented"
    if not old.limits or old.interval == new.interval:
        return f"at most {' and '.join(f'{one.requests} times in {one.per:g} s' for one in new.limits)}"
    return f"at most every {new.interval:g} s instead of {old.interval:g} s"


def compare_links(
    both: Both, operation: str, old: Response, new: Response, renamed: Mapping[str, str]
) -> Iterator[Change]:
    """Yield the changes of the links of a response, which say which job a start has started.

    `renamed` is the new id of each operation of the old document.
    """
    subject = f"{operation} {new.status}"
    followed = {id(link): _followed(both.old, link, renamed) for link in old.links}
    followed |= {id(link): _followed(both.new, link, {}) for link in new.links}
    pairs = pair(
        old.links,
        new.links,
        lambda link: (link.name, *followed[id(link)]),
        lambda link: followed[id(link)],
        lambda link: link.name,
    )
    for link in pairs.removed:
        verdict = breaks(f"wait(started) follows {link.name} no more; in clients installed before it may find no id")
        message = f"link {link.name} was removed"
        yield both.change(
            "link-removed", f"{subject} {link.name}", message, link.pointer, None, names=("wait", "job"), wait=verdict
        )
    for one, two in pairs.both:
        places = (one.pointer, two.pointer)
        if followed[id(one)] != followed[id(two)]:
            verdict = breaks("wait(started) takes the id from another place, or follows another operation")
            message = f"link {one.name} was {_link(one)}, and is {_link(two)}"
            names = ("wait", "job")
            yield both.change("link-changed", f"{subject} {one.name}", message, *places, names=names, wait=verdict)
        elif one.name != two.name:
            message = f"link {one.name} was renamed to {two.name}"
            yield both.change("link-renamed", f"{subject} {one.name}", message, *places)
    for link in pairs.added:
        is_first = bool(old.links) and new.links[0] is link
        verdict = breaks(f"wait(started) follows {link.name} before the others: it may follow another job")
        yield both.change(
            "link-added",
            f"{subject} {link.name}",
            f"link {link.name} was added",
            None,
            link.pointer,
            names=("wait", "job"),
            wait=verdict if is_first else FINE,
            is_new=True,
        )
    orders = [[link.name for link in old.links if link not in pairs.removed]]
    names_of = {two.name: one.name for one, two in pairs.both}
    orders.append([names_of[link.name] for link in new.links if link.name in names_of])
    if orders[0] != orders[1]:
        why = "wait(started) tries the links in another order: it may follow another id"
        yield both.change(
            "link-order-changed",
            subject,
            f"links were followed in the order {', '.join(orders[0])}, and are in the order {', '.join(orders[1])}",
            old.pointer,
            new.pointer,
            names=("wait", "job"),
            code=breaks(f"{why}, with the same signature", "check which id the program expects"),
            wait=breaks(why, "check which id identifies the job"),
        )


def _followed(document: Document, link: Link, renamed: Mapping[str, str]) -> tuple[str, frozenset[tuple[Any, str]]]:
    """Return the operation that a link leads to, and what each of its parameters gets."""
    target = next((one for one in document.operations if one.id == link.operation_id), None)
    parameters = {one.name: _place_of(target, one) for one in target.parameters} if target else {}
    values = frozenset((parameters.get(name, name), str(value)) for name, value in link.parameters.items())
    return renamed.get(link.operation_id, link.operation_id), values


def _link(link: Link) -> str:
    values = ", ".join(f"{name} from {expression}" for name, expression in link.parameters.items())
    return f"{link.operation_id} with {values}"


def _shown(value: Any) -> str:
    """Return a value of `x-job` for a message."""
    if value is None or value == ():
        return "none"
    if isinstance(value, tuple):
        return "/".join(value) if all(isinstance(one, str) for one in value) else ", ".join(map(_shown, value))
    if isinstance(value, FieldTest):
        found = {None: f"is {' or '.join(map(str, value.values))}", True: "is present", False: "is absent"}
        return f"{value.expression} {found[value.present]}"
    if isinstance(value, Detail):
        return f"{value.parameter} {_shown(tuple(map(str, value.values)))}"
    return _shown(value.at) if isinstance(value, Progress) else str(value)


def _last_keys(value: Any) -> tuple[str, ...]:
    """Return the names of the fields that paths in `x-job` lead to."""
    value = value.at if isinstance(value, Progress) else value
    if not isinstance(value, tuple):
        return ()
    if value and all(isinstance(one, str) for one in value):
        return (value[-1],)
    return tuple(name for one in value for name in _last_keys(one))


def _identity(job: JobLifecycle) -> tuple[str, ...] | None:
    """Return where the id of the job is, and how it matches."""
    return job.id and (*job.id, *(("(suffix)",) if job.id_match == "suffix" else ()))
