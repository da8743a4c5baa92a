"""Mutants of the identity of jobs: another job, fields of it, a known one that is lost or refused, an old status."""

import copy
from collections.abc import Callable
from typing import Any

from ..document import MISSING, walk
from .messages import Exchange, Log, Mutation, Request, Response, Serve
from .mutant import FINAL, Api, Poll, Report, mutant, on_status, put, reports, some_report
from .requirements import has, is_plain
from .states import left_final

REQUESTED = "RFC 9110, 9.3.1: a response is about the requested resource"


def other_id(api: Api, report: Report) -> bool:
    """Hold if the id in the status is not that of the request."""
    return not api.job.is_id(walk(report.sent, api.job.id or ()), report.job_id)


@mutant("lifecycle", "id_echo", "x-job: a status has the id of the request", some_report(other_id), has("id"))
def another_id(api: Api) -> Mutation:
    """Every status has the id of another job."""

    def change(poll: Poll) -> None:
        put(poll.body, api.job.id or (), str(walk(poll.body, api.job.id or ()))[:-1] + "~")

    return on_status(api, change)


@mutant("lifecycle", "id_echo", "x-job: a status has the id of the request", some_report(other_id), has("id"))
def previous_job_returned(api: Api) -> Mutation:
    """Every fifth status is the previous response, which may be that of another job."""

    def change(poll: Poll) -> Response | None:
        before = poll.shared.get("before")
        poll.shared["count"] = poll.shared.get("count", 0) + 1
        poll.shared["before"] = poll.response
        return before if poll.shared["count"] % 5 == 0 else None

    return on_status(api, change)


def identified_elsewhere(api: Api) -> bool:
    """Require fields other than the id and the state in a status."""
    return is_plain(api) and len(api.job.immutable) > 1


def content_of(api: Api, body: Any) -> Any:
    """Return a status without the id."""
    found = copy.deepcopy(body)
    put(found, api.job.id or (), MISSING)
    return found


def taken_over(api: Api, log: Log) -> bool:
    """Hold if a job that has ended has content of another job, which it does not have on the conforming server."""
    return any(
        api.kind(r.conforming) in FINAL
        and api.kind(r.sent) in FINAL
        and content_of(api, r.sent) != content_of(api, r.conforming)
        and not other_id(api, r)
        for r in reports(api, log)
    )


APART = "jobs_apart concurrent_reads immutable terminal_is_final"


@mutant("lifecycle", APART, REQUESTED, taken_over, identified_elsewhere)
def content_of_another_job(api: Api) -> Mutation:
    """A poll right after one of another job that has ended returns the content of that job, with its own id."""

    def change(poll: Poll) -> None:
        before = poll.shared.get("before")
        if poll.is_final:
            poll.shared["before"] = (poll.job_id, copy.deepcopy(poll.body), poll.request.query)
        if poll.after_end > 0 and before and before[0] != poll.job_id and before[2] == poll.request.query:
            own = walk(poll.body, api.job.id or ())
            poll.body = copy.deepcopy(before[1])
            put(poll.body, api.job.id or (), own)

    return on_status(api, change)


@mutant("lifecycle", APART, REQUESTED, taken_over, identified_elsewhere)
def field_of_another_job(api: Api) -> Mutation:
    """A status has one field of the job that was polled before it."""

    def change(poll: Poll) -> None:
        before = poll.shared.get("before")
        poll.shared["before"] = (poll.job_id, copy.deepcopy(poll.body))
        path = next(path for path in reversed(api.job.immutable) if path != api.job.id)
        value = walk(before[1], path) if before else MISSING
        if poll.after_end > 0 and before and before[0] != poll.job_id and value is not MISSING:
            put(poll.body, path, value)

    return on_status(api, change)


@mutant("lifecycle", APART, REQUESTED, taken_over, is_plain)
def missing_field_is_filled(api: Api) -> Mutation:
    """A field that a job lacks has the value of the job that was polled before it."""

    def change(poll: Poll) -> None:
        before = poll.shared.get("before", {})
        poll.shared["before"] = copy.deepcopy(poll.body)
        if poll.after_end > 0 and before and api.kind(before) in FINAL:
            for name in before.keys() - poll.body.keys():
                poll.body[name] = before[name]

    return on_status(api, change)


Concurrent = Callable[[Response, Response], Response]


def when_concurrent(api: Api, change: Concurrent) -> Mutation:
    """Return a mutation of polls in flight with a poll of another job; `change` gets the response to that one too."""
    import asyncio

    in_flight: list[Any] = []

    async def mutation(request: Request, serve: Serve) -> Response:
        job_id = api.job_id(request)
        if job_id is None:
            return await serve(request)
        response = await serve(request)
        entry = (job_id, response)
        in_flight.append(entry)
        others = [one for one in in_flight if one[0] != job_id and isinstance(one[1].json, dict)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        in_flight.remove(entry)
        if others and isinstance(response.json, dict) and response.is_success and others[0][1].is_success:
            return change(response, others[0][1])
        return response

    return mutation


@mutant("lifecycle", APART, REQUESTED, taken_over, identified_elsewhere)
def concurrent_jobs_are_mixed(api: Api) -> Mutation:
    """Of polls in flight at the same time, the second one gets the content of the first."""

    def change(response: Response, other: Response) -> Response:
        body = copy.deepcopy(other.json)
        put(body, api.job.id or (), walk(response.json, api.job.id or ()))
        return response.with_json(body)

    return when_concurrent(api, change)


SHARED = "RFC 9110, 9.2.1: a read changes nothing, whatever is read concurrently"


def returned(status: int) -> Callable[[Api, Log], bool]:
    """Return a witness: a status was sent for a job that the conforming server reports."""
    return lambda api, log: any(
        api.job_id(e.request) is not None
        and e.sent.status == status
        and e.conforming is not None
        and e.conforming.is_success
        for e in log
    )


def instead(status: int, body: bytes) -> Callable[[Api], Mutation]:
    """Return a mutant with another response to polls in flight with one of another job."""
    response = Response(status, (("content-type", "application/json"),), body)
    return lambda api: when_concurrent(api, lambda _, __: response)


@mutant("lifecycle", "not_a_server_error jobs_apart", SHARED, returned(500))
def concurrent_jobs_fail(api: Api) -> Mutation:
    """Of polls of two jobs in flight at the same time, the second one is a server error."""
    return instead(500, b"{}")(api)


@mutant("lifecycle", "jobs_apart", SHARED, returned(404))
def concurrent_jobs_are_unknown(api: Api) -> Mutation:
    """Of polls of two jobs in flight at the same time, the second one finds nothing."""
    return instead(404, b'{"error": "not found"}')(api)


@mutant("lifecycle", "status_code_conformance jobs_apart", SHARED, returned(409))
def concurrent_jobs_conflict(api: Api) -> Mutation:
    """Of polls of two jobs in flight at the same time, the second one is a conflict."""
    return instead(409, b'{"error": "busy"}')(api)


def emptied(api: Api, log: Log) -> bool:
    """Hold if a job was reported as null."""
    return any(e.sent.is_success and e.sent.body == b"null" and api.job_id(e.request) is not None for e in log)


@mutant("lifecycle", "response_schema_conformance jobs_apart", SHARED, emptied)
def concurrent_jobs_are_null(api: Api) -> Mutation:
    """Of polls of two jobs in flight at the same time, the second one is null."""
    return instead(200, b"null")(api)


@mutant("lifecycle", "id_echo", "x-job: a status has the id of the request", some_report(other_id), has("id"))
def concurrent_jobs_have_another_id(api: Api) -> Mutation:
    """Of polls of two jobs in flight at the same time, the second one has an id that no job has."""

    def change(response: Response, _: Response) -> Response:
        body = copy.deepcopy(response.json)
        put(body, api.job.id or (), "nobody")
        return response.with_json(body)

    return when_concurrent(api, change)


@mutant(
    "lifecycle",
    "jobs_apart",
    SHARED,
    some_report(lambda api, r: api.kind(r.conforming) in FINAL and api.kind(r.sent) == "pending"),
    is_plain,
)
def concurrent_jobs_go_back(api: Api) -> Mutation:
    """Of polls of two jobs in flight at the same time, the second one is pending, also after its end."""

    def change(response: Response, _: Response) -> Response:
        body = copy.deepcopy(response.json)
        put(body, api.job.state or (), api.first("pending"))
        return response.with_json(body)

    return when_concurrent(api, change)


@mutant("lifecycle", "jobs_apart response_schema_conformance", SHARED, taken_over, is_plain)
def concurrent_jobs_lose_a_field(api: Api) -> Mutation:
    """Of polls of two jobs in flight at the same time, the second one lacks a field."""

    def change(response: Response, _: Response) -> Response:
        kept = {path[0] for path in (api.job.id, api.job.state) if path}
        lost = next((name for name in reversed(response.json) if name not in kept), None)
        return response.with_json({name: value for name, value in response.json.items() if name != lost})

    return when_concurrent(api, change)


def gap(status: Callable[[Exchange], bool]) -> Callable[[Api, Log], bool]:
    """Return a witness: between two statuses of a job, or after one, a request with the credential fails."""

    def witness(api: Api, log: Log) -> bool:
        seen: set[str] = set()
        for exchange in log:
            job_id = api.job_id(exchange.request)
            if (
                job_id in seen
                and status(exchange)
                and exchange.conforming is not None
                and exchange.conforming.is_success
            ):
                return True
            if job_id is not None and exchange.sent.is_success:
                seen.add(job_id)
        return False

    return witness


async def unknown_response(api: Api, serve: Serve, request: Request) -> Response:
    """Return the response to an unknown id."""
    job_id = str(api.job_id(request))
    return await serve(Request(request.method, request.path.replace(job_id, "no-such-job-1"), request.headers))


def missing_when(api: Api, when: Callable[[int, int], bool]) -> Mutation:
    """Return a mutation: a job is unknown when a test of the number of the poll and of those after the end holds."""
    polls: dict[str, list[int]] = {}

    async def mutation(request: Request, serve: Serve) -> Response:
        response, job_id = await serve(request), api.job_id(request)
        if job_id is None or not response.is_success:
            return response
        counts = polls.setdefault(job_id, [0, -1])
        counts[0] += 1
        counts[1] += api.kind(response.json) in FINAL
        if when(*counts):
            return await unknown_response(api, serve, request)
        return response

    return mutation


IS_MISSING = gap(lambda exchange: exchange.sent.status in {400, 404, 410})


@mutant("lifecycle", "stays_known", "a job that exists stays known", IS_MISSING)
def unknown_once(api: Api) -> Mutation:
    """The third poll of a job says that it does not exist."""
    return missing_when(api, lambda number, _: number == 3)


@mutant("lifecycle", "stays_known", "a job that exists stays known", IS_MISSING)
def unknown_at_times(api: Api) -> Mutation:
    """Every eleventh poll of a job says that it does not exist."""
    return missing_when(api, lambda number, _: number % 11 == 0)


@mutant("lifecycle", "stays_known", "a job that exists stays known", IS_MISSING)
def gone_after_end(api: Api) -> Mutation:
    """A job is unknown once its end was reported."""
    return missing_when(api, lambda _, after_end: after_end > 0)


@mutant("lifecycle", "stays_known ends", "a job that exists stays known", IS_MISSING)
def gone_before_end(api: Api) -> Mutation:
    """A job is unknown instead of ended."""
    return missing_when(api, lambda _, after_end: after_end >= 0)


@mutant(
    "lifecycle",
    "stays_known",
    "a valid credential stays valid",
    gap(lambda exchange: exchange.sent.status == 401),
    lambda api: api.scheme is not None,
)
def refused_once(api: Api) -> Mutation:
    """The fourth poll with the valid credential is refused."""
    count = [0]

    async def mutation(request: Request, serve: Serve) -> Response:
        response = await serve(request)
        if api.job_id(request) is not None and response.is_success:
            count[0] += 1
            if count[0] == 4:
                return await serve(request.with_header(api.credential_header, "wrong"))
        return response

    return mutation


@mutant(
    "lifecycle",
    "subtasks_stay jobs_apart append_only progress_never_falls terminal_is_final immutable never_backwards",
    "a poll reports what was reported, or later",
    left_final,
)
def stale_once(api: Api) -> Mutation:
    """One poll after the end returns the first response of the job."""

    def change(poll: Poll) -> Response | None:
        first = poll.memory.setdefault(f"first {poll.request.query}", poll.response)
        return first if poll.after_end in {1, 2} else None

    return on_status(api, change)
