"""Mutants of the views that a query selects, and of runs."""

import json
from collections.abc import Callable

from ..document import MISSING, Keys, walk
from .fields import list_at, values_at
from .messages import Mutation, Request, Response, Serve
from .mutant import (
    FINAL,
    Api,
    Poll,
    mutant,
    on_status,
    put,
    some_pair,
    some_report,
)
from .requirements import all_of, has, set_state
from .states import left_final


def view_of(api: Api, request: Request) -> str:
    """Return the view of a request, by default the narrowest."""
    detail = api.job.detail
    if detail is None:
        return ""
    default = next(
        (p.schema.get("default") for p in api.operation.parameters_in("query") if p.name == detail.parameter), None
    )
    shown = detail.values[0] if default is None else default
    given = request.parameters.get(detail.parameter, [json.dumps(shown) if isinstance(shown, bool) else str(shown)])
    return given[-1]


def is_narrow(api: Api, request: Request) -> bool:
    """Return whether a request is for the narrowest view."""
    detail = api.job.detail
    narrow = detail.values[0] if detail else ""
    return view_of(api, request) == (json.dumps(narrow) if isinstance(narrow, bool) else str(narrow))


def only_wide(api: Api) -> Keys:
    """Return the path of a field that only the wide view has: a mirror or the last timestamp."""
    return (
        api.job.timestamps[0]
        if api.job.timestamps and not _in_narrow(api, api.job.timestamps[0])
        else api.job.timestamps[-1]
    )


def _in_narrow(api: Api, path: Keys) -> bool:
    shortest = min((e.value for _, e in api.operation.success.examples if api.kind(e.value) == "success"), key=len)
    return walk(shortest, path) is not MISSING


NARROW = some_report(lambda api, r: is_narrow(api, r.request) and set(r.sent) > set(r.conforming))


@mutant("lifecycle", "detail", "x-job: detail", NARROW, has("detail"))
def narrow_view_shows_more_while_pending(api: Api) -> Mutation:
    """The narrow view of a pending job has the fields of the wide one."""
    return _wide_always(api, lambda kind: kind == "pending")


@mutant("lifecycle", "detail", "x-job: detail", NARROW, has("detail"))
def narrow_view_shows_more_at_end(api: Api) -> Mutation:
    """The narrow view of a job that has ended has the fields of the wide one."""
    return _wide_always(api, lambda kind: kind in FINAL)


def _wide_always(api: Api, when: Callable[[str | None], bool]) -> Mutation:
    detail = api.job.detail
    assert detail is not None  # noqa: S101 - a requirement

    async def mutation(request: Request, serve: Serve) -> Response:
        response = await serve(request)
        if api.job_id(request) is None or not response.is_success or not is_narrow(api, request):
            return response
        if not when(api.kind(response.json)):
            return response
        wide = detail.values[-1]
        value = json.dumps(wide) if isinstance(wide, bool) else str(wide)
        full = await serve(Request(request.method, f"{request.path}?{detail.parameter}={value}", request.headers))
        added = {name: full.json[name] for name in full.json if name not in response.json} if full.is_success else {}
        return (
            response.with_json({**response.json, **added})
            if api.kind(full.json) == api.kind(response.json)
            else response
        )

    return mutation


def unshown(api: Api) -> str | None:
    """Return a string member of a status that is described and in no example, or None."""
    shown = {name for _, e in api.operation.success.examples if isinstance(e.value, dict) for name in e.value}
    schema = api.document.resolve(api.operation.success.media_types[0].schema)
    described = schema.get("properties", {}).items()
    return next((name for name, member in described if name not in shown and member.get("type") == "string"), None)


@mutant(
    "lifecycle",
    "detail",
    "x-job: detail",
    some_report(lambda api, r: is_narrow(api, r.request) and str(unshown(api)) in r.sent.keys() - r.conforming.keys()),
    lambda api: api.job.detail is not None and unshown(api) is not None,
)
def narrow_view_has_an_optional_field(api: Api) -> Mutation:
    """The narrow view has a field that the document shows in no example."""

    def change(poll: Poll) -> None:
        if is_narrow(api, poll.request):
            poll.body[str(unshown(api))] = "ann"

    return on_status(api, change)


@mutant(
    "lifecycle",
    "detail",
    "x-job: detail",
    some_report(lambda api, r: not is_narrow(api, r.request) and set(r.sent) < set(r.conforming)),
    has("detail"),
)
def wide_view_shows_less(api: Api) -> Mutation:
    """The wide view lacks one field that the document shows there."""

    def change(poll: Poll) -> None:
        if not is_narrow(api, poll.request):
            put(poll.body, api.job.timestamps[-1], MISSING)

    return on_status(api, change)


@mutant(
    "lifecycle",
    "detail append_only",
    "x-job: detail",
    some_report(lambda api, r: len(list_at(api, r.sent)) != len(list_at(api, r.conforming))),
    all_of(has("detail"), has("appendOnly")),
)
def list_of_narrow_view_is_shorter(api: Api) -> Mutation:
    """The list in the narrow view lacks the last entry of the wide one."""

    def change(poll: Poll) -> None:
        if is_narrow(api, poll.request) and list_at(api, poll.body):
            put(poll.body, api.job.append_only[0], list_at(api, poll.body)[:-1])

    return on_status(api, change)


@mutant(
    "lifecycle",
    "detail append_only",
    "x-job: detail",
    some_report(lambda api, r: list_at(api, r.sent) != list_at(api, r.conforming)),
    all_of(has("detail"), has("appendOnly")),
)
def lists_of_views_differ(api: Api) -> Mutation:
    """The list in the wide view has an entry that the narrow one lacks, after the end."""

    def change(poll: Poll) -> None:
        entries = list_at(api, poll.body)
        if not is_narrow(api, poll.request) and poll.is_final and entries:
            put(poll.body, api.job.append_only[0], [*entries, entries[0]])

    return on_status(api, change)


@mutant(
    "lifecycle",
    "terminal_is_final never_backwards mirrors",
    "x-job: a final state stays",
    left_final,
    has("detail"),
)
def wide_view_lags(api: Api) -> Mutation:
    """The wide view of a job that has ended is still pending."""

    def change(poll: Poll) -> None:
        if not is_narrow(api, poll.request) and poll.is_final and poll.after_end < 4:
            set_state(api, poll, api.first("pending"))

    return on_status(api, change)


def run_path(api: Api) -> Keys:
    """Return the path of the identity of the run."""
    return api.job.run[0]


@mutant(
    "lifecycle",
    "run immutable",
    "x-job: run",
    some_pair(
        lambda api, a, b: api.kind(a.sent) == "pending" and walk(a.sent, run_path(api)) != walk(b.sent, run_path(api))
    ),
    lambda api: bool(api.job.run) and any(isinstance(v, str) for v in values_at(api, api.job.run[0])),
)
def another_run_while_pending(api: Api) -> Mutation:
    """A pending job has another run in each status."""

    def change(poll: Poll) -> None:
        value = walk(poll.body, run_path(api))
        if isinstance(value, str):
            put(poll.body, run_path(api), f"{value[:-2]}{poll.number:02}")

    return on_status(api, change)
