"""Compare how two versions of a document say that a job ends: `x-job`, rate limits and links."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..document import FieldTest, JobLifecycle, Link, Operation, Progress, Response
from ..document.job import Kind
from ..document.source import Pointer
from .change import FINE, Both, Change, Verdict, breaks, changes
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
# The keywords that only the verification and the simulator read.
VERIFICATION = ("timestamps", "immutable", "append_only", "subtasks", "mirrors", "detail")
LOWER = "poll less often, or update the client"


def compare_jobs(both: Both, old: Operation, new: Operation) -> Iterator[Change]:
    """Yield the changes of the `x-job` of an operation."""
    before, after = old.job, new.job
    places = ((*old.pointer, "x-job"), (*new.pointer, "x-job"))
    waits = (f"wait_for_{new.id}", f"{new.id}_job", new.id.partition("_")[2])
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
        yield from _conditions(both, new, before, after, places)
    else:
        yield from _states(both, new, before, after, places)
    yield from _fields(both, (old, new), before, after, places)
    yield from _limits(both, new, before, after, places)


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
    both: Both, operation: Operation, old: JobLifecycle, new: JobLifecycle, places: tuple[Pointer, Pointer]
) -> Iterator[Change]:
    if (old.conditions, old.state, old.lists) == (new.conditions, new.state, new.lists):
        return
    kinds = {kind for job in (old, new) for kind in job.kinds.values()}
    verdict = breaks(
        "the state of a job follows from other fields or values: clients installed before and new ones can disagree "
        "about its end",
        "update the clients together with the server",
    )
    yield both.change(
        "state-conditions-changed",
        operation.id,
        "the conditions that decide the state of the job changed",
        (*places[0], "state"),
        (*places[1], "state"),
        names=[name for kind in kinds for name in OPTIONS.get(kind, ())],
        wait=verdict,
    )


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
    gone = (
        "after_run= and current_run() of the waits are gone: a wait cannot distinguish an earlier run from the next one"
    )
    values: dict[str, tuple[Any, Any, Verdict, Verdict]] = {
        "state": (old.state, new.state, FINE, breaks(stuck)),
        "id": (_identity(old), _identity(new), refused if old.id else FINE, FINE),
        "names": (
            _job_parameter(operations[0]),
            _job_parameter(operation),
            FINE,
            breaks("waits name the job by another parameter"),
        ),
        "progress": (old.progress, new.progress, FINE, changes("on_update= gets another progress, or none")),
        "reason": (old.reason, new.reason, FINE, changes("the reason of a failure is another text, or missing")),
        "unknown": (old.unknown, new.unknown, FINE, breaks("another response says that the job does not exist")),
        "run": (old.run, new.run, FINE, changes(gone if old.run else "waits can distinguish runs now")),
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
    for name in VERIFICATION:
        if getattr(old, name) != getattr(new, name):
            message = f"x-job {name} changed, which only the verification reads"
            yield both.change("job-check-changed", f"{operation.id} {name}", message, *places)


def _job_parameter(operation: Operation) -> tuple[str, ...]:
    """Return the place of the parameter that names the job, which says nothing about its name in the path."""
    parameter = operation.job_parameter
    if parameter.where == "path":
        return "path", str(re.findall(r"\{([^{}]+)\}", operation.path).index(parameter.name))
    return parameter.where, parameter.name


def _limits(
    both: Both, operation: Operation, old: JobLifecycle, new: JobLifecycle, places: tuple[Pointer, Pointer]
) -> Iterator[Change]:
    before, after = old.interval, new.interval
    if set(old.limits) == set(new.limits):
        return
    shown = [", ".join(f"{one.requests} per {one.per:g} s" for one in job.limits) or "none" for job in (old, new)]
    message = f"rate limits were {shown[0]}, and are {shown[1]}"
    pointers = ((*places[0], "limits"), (*places[1], "limits"))
    if after > before:
        seldom = f"a new client polls at most every {after:g} s"
        former = f" instead of {before:g} s" if before else ""
        why = f"{seldom}{former}; one installed before may exceed the limit, and be throttled with 429"
        verdict = breaks(why, LOWER)
    else:
        verdict = changes(f"a new client may poll every {after:g} s instead of {before:g} s")
    rule = "limits-tightened" if after > before else "limits-relaxed"
    yield both.change(rule, operation.id, message, *pointers, wait=verdict)


def compare_links(
    both: Both, operation: str, old: Response, new: Response, renamed: Mapping[str, str]
) -> Iterator[Change]:
    """Yield the changes of the links of a response, which say which job a start has started.

    `renamed` is the new id of each operation of the old document.
    """
    subject = f"{operation} {new.status}"
    pairs = pair(
        old.links,
        new.links,
        lambda link: (link.name, *_followed(link, renamed if link in old.links else {})),
        lambda link: _followed(link, renamed if link in old.links else {}),
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
        if _followed(one, renamed) != _followed(two, {}):
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


def _followed(link: Link, renamed: Mapping[str, str]) -> tuple[str, frozenset[str]]:
    values = frozenset(str(expression) for expression in link.parameters.values())
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
