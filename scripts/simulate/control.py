"""The control API under `/_simulator`: jobs, faults, clock, limits and requests of a running simulator."""

import ipaddress
import json
import re
import urllib.parse
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import attrs
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from ..document import MISSING, Document, Operation, load
from ..printable import printable
from . import faults
from .clock import LAST_MOMENT, RunningClock
from .jobs import Lives, Timeline
from .parameters import BadParameter, UnknownParameter, check_parameter, check_path, read_query
from .server import Route, Simulator, routes

ROOT = "/_simulator"
MOST_BYTES = 1 << 20
SHOWN = 1000  # jobs in one answer


@cache
def document() -> Document:
    """The document of the control API."""
    return load(Path(__file__).with_name("control.yaml"))


class Refused(Exception):
    """A request that cannot be done as told."""

    def __init__(self, field: str, reason: str, status: int = 400) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason
        self.status = status


class Controlled:
    """A simulator together with its control API. Only callers of the same machine may control it, unless it is open."""

    def __init__(self, simulator: Simulator, *, open_to_all: bool = False) -> None:
        self.simulator = simulator
        self.open_to_all = open_to_all
        self._document = document()
        self._routes: list[Route] = list(routes(self._document))
        clock = simulator.settings.clock
        self._start = (clock.now(), clock.speed if isinstance(clock, RunningClock) else None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        path = scope.get("raw_path", b"").decode("latin-1")
        if path != ROOT and not path.startswith(ROOT + "/"):
            await self.simulator(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            response = await self._answer(path, request)
        except Refused as refused:
            response = _refusal(refused.status, refused.field, refused.reason)
        if request.method == "HEAD":
            response.body = b""
        await response(scope, receive, send)

    async def _answer(self, path: str, request: Request) -> Response:
        if not (self.open_to_all or _is_local(request)):
            raise Refused("", "the simulator is controlled from its own machine; start it with --open-control", 403)
        if not self.open_to_all and (sender := _foreign(request)):
            raise Refused("", f"{sender} does not control the simulator; start it with --open-control", 403)
        for route in self._routes:
            match = route.pattern.fullmatch(path)
            if match is None:
                continue
            operation = route.operations.get(request.method)
            if operation is None:
                response = _refusal(405, "", f"{request.method} is not served here, only {route.allow}")
                response.headers["allow"] = route.allow
                return response
            return await self._do(operation, match.groupdict(), request)
        served = ", ".join(sorted({operation.path for operation in self._document.operations}))
        raise Refused("", f"nothing is served under {path[:200]}; the control API serves {served}", 404)

    async def _do(self, operation: Operation, raw_values: Mapping[str, str], request: Request) -> Response:
        names = [parameter.name for parameter in operation.parameters_in("path")]
        values = dict(zip(names, raw_values.values(), strict=True))
        try:
            check_path(self._document, operation, values)
            query = read_query(self._document, operation, request)
        except BadParameter as error:
            raise Refused(str(error), "is missing or cannot be read") from None
        except UnknownParameter as error:
            known = ", ".join(parameter.name for parameter in operation.parameters_in("query")) or "none"
            raise Refused(str(error), f"is no parameter of {operation.id}; it takes {known}") from None
        body = await self._body(operation, request)
        handler = getattr(self, f"_{operation.id}")
        result: Response = handler(body, values, query)
        return result

    async def _body(self, operation: Operation, request: Request) -> Any:
        if operation.body is None:
            return None
        raw = b""
        try:
            async for chunk in request.stream():
                raw += chunk
                if len(raw) > MOST_BYTES:
                    raise Refused("", f"the body is larger than {MOST_BYTES} bytes", 413)
        except ClientDisconnect:
            raise Refused("", "the body has not come") from None
        try:
            body = json.loads(raw)
            # What cannot be answered again is no JSON either: NaN, infinity, half of a surrogate pair.
            json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
        except (ValueError, RecursionError) as error:
            raise Refused("", f"the body is not JSON: {str(error)[:200]}") from None
        for slip in self._document.validator(operation.body.schema).iter_errors(body):
            raise Refused("/".join(map(str, slip.instance_path)), slip.message[:300])
        return body

    # The operations of control.yaml, each under its operationId.

    def _get_overview(self, _: Any, __: Any, ___: Any) -> Response:
        apis = [
            {
                "api": described.stem,
                "title": described.title,
                "base": f"/{described.stem}",
                "operations": [
                    {"operation": o.id, "method": o.method, "path": o.path, "words": list(o.job.words) if o.job else []}
                    for o in described.operations
                ],
            }
            for described in self.simulator.documents
        ]
        limits = {"enforced": self.simulator.limits.enforced}
        return JSONResponse({"apis": apis, "clock": self._clock(), "limits": limits})

    def _create_jobs(self, body: Any, _: Any, __: Any) -> Response:
        api, operation, lives = self._reporting(body)
        if unknown := sorted(set(body.get("parameters", {})) - set(lives.parameter_names)):
            raise Refused(f"parameters/{unknown[0]}", f"is none of {', '.join(lives.parameter_names)}")
        timeline = _timeline(body["after"], lives) if "after" in body else None
        reason = body.get("reason")
        if reason is not None and lives.job.reason is None:
            raise Refused("reason", f"{operation.id} tells no reason")
        fields, without = body.get("fields", {}), frozenset(body.get("without", ()))
        job = lives.job
        if slip := sorted(set(fields) & without):
            raise Refused(f"without/{slip[0]}", "is told by fields as well; name it in one of them")
        own = {job.state[0]: "the state, which after scripts", job.id[0]: "the id, which id names"}
        if slip := sorted((set(fields) | without) & set(own)):
            raise Refused(f"fields/{slip[0]}", f"is {own[slip[0]]}")
        if reason is not None and job.reason and job.reason[0] in fields:
            raise Refused("reason", f"is told at /{job.reason[0]}, which fields tells as well; name it in one of them")
        if faults.depth(fields) > faults.DEEPEST:
            raise Refused("fields", f"is nested more than {faults.DEEPEST} levels deep")
        count = body.get("count", 1)
        given = dict(body.get("parameters", {}))
        if "id" in body:
            given[lives.id_parameter] = body["id"]
        if count > 1 and lives.id_parameter in given:
            raise Refused("count", "wants one job where an id is given")
        self._check_parameters(api, operation, given, lives.id_parameter)
        now = self.simulator.settings.clock.now()
        shown: list[dict[str, Any]] = []
        for _ in range(count):
            parameters = lives.parameters(given)
            told = lives.create(parameters, timeline, reason, now, (*fields.items(), *((n, MISSING) for n in without)))
            if len(shown) < SHOWN:
                quoted = {name: urllib.parse.quote(value, safe="") for name, value in parameters.items()}
                path = re.sub(r"\{([^{}]+)\}", lambda match: quoted[match[1]], operation.path)  # noqa: B023
                shown.append(
                    {
                        "api": api,
                        "operation": operation.id,
                        "id": parameters[lives.id_parameter],
                        "parameters": parameters,
                        "path": f"/{api}{path}",
                        "after": [list(step) for step in told],
                    }
                )
        return JSONResponse({"jobs": shown, "count": count}, 201)

    def _check_parameters(self, api: str, operation: Operation, given: Mapping[str, str], id_parameter: str) -> None:
        """Refuses ids under which nobody could ask for the job."""
        described = next(d for d in self.simulator.documents if d.stem == api)
        for parameter in operation.parameters_in("path"):
            value = given.get(parameter.name)
            if value is None:
                continue
            field = "id" if parameter.name == id_parameter else f"parameters/{parameter.name}"
            try:
                check_parameter(described, parameter, value)
            except BadParameter:
                raise Refused(field, f"{value[:80]!r} is none that the path can hold") from None
            if value in {".", ".."} or "/" in value:
                raise Refused(field, f"{value[:80]!r} would lead to another path")

    def _list_jobs(self, _: Any, __: Any, query: Mapping[str, Any]) -> Response:
        if "api" in query:
            self._check_api(query["api"])
        now = self.simulator.settings.clock.now()
        found: list[dict[str, Any]] = []
        for (api, operation), lives in self.simulator.lives.items():
            if query.get("api", api) != api:
                continue
            for parameters, word in lives.states(now):
                if len(found) >= query["limit"]:
                    break
                if "id" not in query or query["id"] == parameters[lives.id_parameter]:
                    found.append({"api": api, "operation": operation, "parameters": parameters, "state": word})
        return JSONResponse({"jobs": found})

    def _set_fault(self, body: Any, _: Any, __: Any) -> Response:
        try:
            fault = faults.read(body, self.simulator.documents)
        except faults.FaultError as error:
            raise Refused(error.where, error.reason) from None
        return JSONResponse({"number": self.simulator.faults.add(fault)}, 201)

    def _list_faults(self, _: Any, __: Any, ___: Any) -> Response:
        listed = [
            {
                **attrs.asdict(fault, recurse=False, filter=lambda _, value: value is not None),
                "number": number,
                "met": met,
            }
            for number, fault, met in self.simulator.faults.listed()
        ]
        return JSONResponse({"faults": listed})

    def _clear_faults(self, _: Any, __: Any, ___: Any) -> Response:
        self.simulator.faults.clear()
        return Response(status_code=204)

    def _remove_fault(self, _: Any, values: Mapping[str, str], __: Any) -> Response:
        if not self.simulator.faults.remove(int(values["number"])):
            raise Refused("number", f"no fault has the number {values['number']}", 404)
        return Response(status_code=204)

    def _clock(self) -> dict[str, float]:
        clock = self.simulator.settings.clock
        speed = {"speed": clock.speed} if isinstance(clock, RunningClock) else {}
        return {"now": clock.now(), **speed}

    def _get_clock(self, _: Any, __: Any, ___: Any) -> Response:
        return JSONResponse(self._clock())

    def _set_clock(self, body: Any, _: Any, __: Any) -> Response:
        clock = self.simulator.settings.clock
        if "speed" in body:
            if not isinstance(clock, RunningClock):
                raise Refused("speed", "the clock moves a step per request and has no speed")
            clock.run_at(body["speed"])
        if clock.now() + body.get("advance", 0) > LAST_MOMENT:
            raise Refused("advance", "goes beyond the year 9999")
        clock.advance(body.get("advance", 0))
        return JSONResponse(self._clock())

    def _set_limits(self, body: Any, _: Any, __: Any) -> Response:
        self.simulator.limits.enforced = body["enforced"]
        return JSONResponse(body)

    def _list_requests(self, _: Any, __: Any, query: Mapping[str, Any]) -> Response:
        entries = self.simulator.journal.after(query["after"])
        return JSONResponse({"requests": [attrs.asdict(entry) for entry in entries]})

    def _reset(self, _: Any, __: Any, ___: Any) -> Response:
        clock = self.simulator.settings.clock
        start, speed = self._start
        if isinstance(clock, RunningClock) and speed is not None:
            clock.restart(start, speed)
        elif not isinstance(clock, RunningClock):
            clock.advance(start - clock.now())
        self.simulator.begin()
        return Response(status_code=204)

    def _check_api(self, api: str) -> None:
        known = [described.stem for described in self.simulator.documents]
        if api not in known:
            raise Refused("api", f"{api[:80]!r} is none of {', '.join(known)}")

    def _reporting(self, body: Mapping[str, Any]) -> tuple[str, Operation, Lives]:
        """The operation that reports the job of an order."""
        if "api" in body:
            self._check_api(body["api"])
        found = [
            (api, lives)
            for (api, name), lives in self.simulator.lives.items()
            if body.get("api", api) == api and body.get("operation", name) == name
        ]
        if len(found) != 1:
            field = "api" if "api" not in body and len({api for api, _ in found}) != 1 else "operation"
            choice = sorted({api if field == "api" else name for api, name in self.simulator.lives})
            raise Refused(field, f"wanted one of {', '.join(choice)} that reports a job")
        api, lives = found[0]
        return api, lives.operation, lives


def _timeline(raw: list[list[Any]], lives: Lives) -> Timeline:
    """A script of a job: moments that rise from 0, words that the document knows, and nothing after an end."""
    last = -1.0
    for index, (moment, word) in enumerate(raw):
        where = f"after/{index}"
        if word not in lives.job.words:
            raise Refused(f"{where}/1", f"{word[:80]!r} is none of {', '.join(lives.job.words)}")
        if index == 0 and moment != 0:
            raise Refused(f"{where}/0", f"a job begins at 0, got {moment:g}")
        if moment <= last:
            raise Refused(f"{where}/0", f"moments rise, got {moment:g} after {last:g}")
        if index and lives.job.is_final(raw[index - 1][1]):
            raise Refused(where, f"{raw[index - 1][1]} is an end; for a state that goes back, set a fault")
        last = moment
    return tuple((float(moment), word) for moment, word in raw)


def _is_local(request: Request) -> bool:
    """Whether the caller is on this machine."""
    if request.client is None:
        return True
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _foreign(request: Request) -> str:
    """Who asks, where it is a page of a browser or somebody who takes this machine for another; empty otherwise."""
    if "origin" in request.headers or request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
        return "a page of a browser"
    host = urllib.parse.urlsplit(f"//{request.headers.get('host', '')}")
    try:
        name = host.hostname or ""
        is_here = name == "localhost" or name.endswith(".localhost") or ipaddress.ip_address(name).is_loopback
    except ValueError:
        is_here = False
    if not is_here:
        return f"a request to the host {printable(request.headers.get('host', ''), 80)!r}"
    referer = request.headers.get("referer")
    if referer is not None and urllib.parse.urlsplit(referer).netloc != request.headers.get("host"):
        return "a page of a browser"
    return ""


def _refusal(status: int, field: str, reason: str) -> Response:
    return JSONResponse({"errors": [{"field": field, "reason": reason}]}, status)
