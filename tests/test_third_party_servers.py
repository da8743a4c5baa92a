"""Third-party servers: correct ones in ways that few have, which pass, and faulty ones, which a check names."""

import itertools
import json
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve, frozen
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from scripts.document import load
from scripts.verify.run import verify
from scripts.verify.target import make_target

from .conforming_servers import (
    KEY,
    UNAUTHORIZED,
    IntegerIds,
    JobServer,
    ServedJob,
    StartReturnsJob,
    _requested_name,
    document,
)
from .conftest import served
from .hostile import hostile

APP = "App-0123456789"
TWO_KEYS = "type: apiKey, in: header, name: X-Key}, app: {type: apiKey, in: header, name: X-App"
BOTH = {"security": "security: [{key: [], app: []}]", "scheme": TWO_KEYS}
BEARER = {"scheme": "type: http, scheme: bearer"}
NOT_STARTED = "notStarted: [queued]\n        pending: [running]"
LAST_FIELD = "        ended_at: {type: [string, 'null'], format: date-time}\n"
IDEMPOTENCY = (
    "{name: Idempotency-Key, in: header, required: true, schema: {type: string, pattern: '^[A-Za-z0-9-]{8,64}$'},"
    " example: 8e03978e-40d5-43dd-bc93-6894a57f9324}"
)
BUSY = (
    "        '409': {description: Busy., content: {application/json: {schema: {type: object, required: [detail], "
    "properties: {detail: {type: string}, id: {type: string}}}}}}\n"
)


class BothKeys(JobServer):
    """Requires two keys."""

    def is_authorized(self, request: Request) -> bool:
        return super().is_authorized(request) and request.headers.get("x-app") == APP


class SecondKeyInAnyCase(JobServer):
    """Compares the second key without its case."""

    def is_authorized(self, request: Request) -> bool:
        return super().is_authorized(request) and request.headers.get("x-app", "").lower() == APP.lower()


class AnyScheme(JobServer):
    """Takes the token for whatever scheme."""

    def is_authorized(self, request: Request) -> bool:
        return request.headers.get("authorization", "").split(" ")[-1] == KEY


class NoScheme(JobServer):
    """Takes the token without a scheme, too."""

    def is_authorized(self, request: Request) -> bool:
        return request.headers.get("authorization", "").removeprefix("Bearer ") == KEY


class RunsAtOnce(StartReturnsJob):
    """Says that a job runs which then has not been started."""

    def start_body(self, job: ServedJob) -> dict[str, Any]:
        return {**self.status_body(evolve(job, created=job.created - job.pace)), "id": job.id}


class NumberedIds(IntegerIds):
    """Has the jobs 1 and 11."""

    def __init__(self) -> None:
        super().__init__()
        for number in ("1", "2", "3"):
            self.jobs[f"1{number}"] = evolve(self.jobs[number], id=f"1{number}")
        self._numbers = itertools.count(20)


class OneAtATime(JobServer):
    """Refuses a start within three seconds of another one, whose job it names."""

    async def _jobs(self, request: Request) -> Response:
        now = time.time()
        running = [job for name, job in self.jobs.items() if name > "j-3" and now < job.created + 3]
        if running and self.is_authorized(request):
            return JSONResponse({"detail": "busy", "id": running[0].id}, 409)
        return await super()._jobs(request)


class Idempotent(JobServer):
    """Returns the first job again for the same key."""

    def __init__(self) -> None:
        super().__init__()
        self.by_key: dict[str, str] = {}

    async def _jobs(self, request: Request) -> Response:
        key = request.headers.get("idempotency-key", "")
        if not self.is_authorized(request):
            raise HTTPException(401, *UNAUTHORIZED)
        if not re.fullmatch("[A-Za-z0-9-]{8,64}", key):
            raise HTTPException(422, "malformed key")
        await _requested_name(request)
        if key in self.by_key:
            return JSONResponse({"id": self.by_key[key]}, 201)
        response = await super()._jobs(request)
        self.by_key[key] = json.loads(bytes(response.body))["id"]
        return response


class OwnLink(JobServer):
    """Links to the URL of the request, with its query."""

    async def _job(self, request: Request) -> Response:
        response = await super()._job(request)
        if response.status_code != 200 or request.method != "GET":
            return response
        return JSONResponse({**json.loads(bytes(response.body)), "self": str(request.url)})


class FailedBeforeItsStart(JobServer):
    """Has the zero time of Go where a job that has failed was never started."""

    def status_body(self, job: ServedJob) -> dict[str, Any]:
        body = super().status_body(job)
        return {**body, "started_at": "0001-01-01T00:00:00Z"} if body["state"] == "failed" else body


@frozen
class ThirdParty:
    """A server, its document, and the check that names its fault, empty without one."""

    server: Callable[[], JobServer]
    options: Mapping[str, Any]
    replaced: tuple[tuple[str, str], ...] = ()
    environment: Mapping[str, str] = {}
    fault: str = ""


SERVERS = {
    "two keys": ThirdParty(BothKeys, BOTH, environment={"APP": APP}),
    "second key ignored": ThirdParty(JobServer, BOTH, environment={"APP": APP}, fault="wrong_credential"),
    "second key in any case": ThirdParty(
        SecondKeyInAnyCase, BOTH, environment={"APP": APP}, fault="near_miss_credential"
    ),
    "any scheme": ThirdParty(AnyScheme, BEARER, fault="credential_elsewhere"),
    "no scheme": ThirdParty(NoScheme, BEARER, fault="credential_elsewhere"),
    "not started": ThirdParty(
        StartReturnsJob, {"start_returns_job": True}, (("pending: [queued, running]", NOT_STARTED),)
    ),
    "not started after it ran": ThirdParty(
        RunsAtOnce,
        {"start_returns_job": True},
        (("pending: [queued, running]", NOT_STARTED),),
        fault="start_state",
    ),
    "numbered ids": ThirdParty(NumberedIds, {"is_integer": True}, environment={"ID": "11"}),
    "one job at a time": ThirdParty(OneAtATime, {}, (("        '201':", f"{BUSY}        '201':"),)),
    "idempotent starts": ThirdParty(
        Idempotent,
        {},
        (
            (
                "operationId: start_job\n      parameters: []",
                f"operationId: start_job\n      parameters: [{IDEMPOTENCY}]",
            ),
        ),
    ),
    "link to itself": ThirdParty(OwnLink, {}, ((LAST_FIELD, f"{LAST_FIELD}        self: {{type: string}}\n"),)),
    "failed before its start": ThirdParty(FailedBeforeItsStart, {}),
}


@pytest.mark.parametrize("name", SERVERS)
def test_third_party_server_is_verified(name: str, tmp_path: Path) -> None:
    other = SERVERS[name]
    text = document("Other", **other.options)
    for old, new in other.replaced:
        assert old in text
        text = text.replace(old, new, 1)
    (tmp_path / "other.yaml").write_text(text, encoding="utf-8")
    environment = {"OTHER_KEY": KEY, **{f"OTHER_{key}": value for key, value in other.environment.items()}}

    with served(other.server()) as url:
        goal = make_target(load(tmp_path / "other.yaml"), url, environment, profile="full", writes=True)
        result = verify(goal, 1)

    failed = [f"{found.check}: {found.got}" for found in result.failures()]
    if other.fault:
        assert other.fault in {found.check for found in result.failures()}, failed
    else:
        assert not failed
        assert not result.problems


def test_interim_responses_are_skipped(tmp_path: Path) -> None:
    import http.client

    from scripts.verify.interim_responses import interim_responses_skipped

    def behave(connection: Any, _: bytes) -> None:
        early = b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n"
        connection.sendall(
            early + b"HTTP/1.1 102 Processing\r\n\r\n" + b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        )

    before = http.client.HTTPResponse.__dict__["_read_status"]
    with hostile(behave) as server, interim_responses_skipped():
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        for _ in range(2):
            connection.request("GET", "/")
            response = connection.getresponse()
            assert (response.status, response.read()) == (200, b"ok")
        connection.close()

    assert http.client.HTTPResponse.__dict__["_read_status"] is before
