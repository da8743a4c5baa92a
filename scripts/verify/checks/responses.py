"""Checks of one response against the document: status, content type, headers, body and time."""

import contextlib
import itertools
import json
import math
import re
from abc import abstractmethod
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from ...document import MISSING, Document, Keys, MediaType, Operation, Response, fields_of, walk
from ..exchange import Exchange, documented_response
from ..jobs import id_parameter, kind_of
from ..network_errors import MAX_RESPONSE_TIME
from ..schemas import known_errors, schema_types
from .registry import Finding, Findings, ResponseCheck, excerpt, register, truncate
from .request_validity import parse_parameter


class DocumentedResponseCheck(ResponseCheck):
    """A check that compares a response to the documented one for its status."""

    def check(self, document: Document, operation: Operation, exchange: Exchange) -> Findings:
        """Yield the first difference from the documented response; a passed finding if the document says anything."""
        response = documented_response(operation, exchange.status or 0)
        if response is None or not self.is_described(response):
            return
        expected, got = next(self.differences(document, exchange, response), ("", ""))
        yield Finding(expected, got, response)

    @abstractmethod
    def is_described(self, response: Response) -> bool:
        """Return whether the document describes what is compared."""

    @abstractmethod
    def differences(self, document: Document, exchange: Exchange, response: Response) -> Iterator[tuple[str, str]]:
        """Yield what the document says and what the response has instead."""


@register
class NotAServerError(ResponseCheck):
    name = "not_a_server_error"
    description = "no response is a 5xx, unless it reports a job"
    fix_server = "Find the exception in the server's log, and respond to this request with the result or with a 4xx."
    fix_document = (
        "A documented 5xx stays a failure, unless a condition of `x-job` tests it. If the request is one that the "
        "server need not support, remove the parameter, method or value from the document."
    )

    def check(self, document: Document, operation: Operation, exchange: Exchange) -> Findings:
        if exchange.status is not None:
            is_error = exchange.status >= 500 and kind_of(operation, exchange) is None
            got = f"{exchange.status} {_body(exchange)}" if is_error else ""
            yield Finding("no server error", got, documented_response(operation, exchange.status))


@register
class StatusCodeConformance(ResponseCheck):
    name = "status_code_conformance"
    description = "every status is documented"
    fix_server = "Respond with one of the documented statuses; an error of the client is a 4xx that the document lists."
    fix_document = "Add the response under `responses` of the operation, with its schema and an example."

    def check(self, document: Document, operation: Operation, exchange: Exchange) -> Findings:
        if exchange.status is not None:
            statuses = ", ".join(response.status for response in operation.responses)
            response = documented_response(operation, exchange.status)
            got = (
                ""
                if response is not None or _is_implied(operation, exchange.status)
                else f"{exchange.status} {_body(exchange)}"
            )
            yield Finding(f"a documented status: {statuses}", got)


def _is_implied(operation: Operation, status: int) -> bool:
    """Return whether a document implies a status that it does not list: by `security`, or by an id."""
    implied, scenarios = {
        401: (any(operation.security), ("no_credential", "wrong_credential")),
        403: (any(operation.security), ("no_credential", "wrong_credential", "wrong_scope")),
        404: (id_parameter(operation) is not None, ("unknown_id",)),
    }.get(status, (False, ()))
    equivalent = {"401", "403"} if status != 404 else {"404", "410"}
    is_listed = any(response.status in equivalent for response in operation.responses)
    return implied and not is_listed and not any(operation.scenario(name) for name in scenarios)


@register
class ContentTypeConformance(DocumentedResponseCheck):
    name = "content_type_conformance"
    description = "every content type is documented for its status"
    fix_server = (
        "Set `Content-Type` to the documented media type, also for errors; frameworks and proxies often send HTML "
        "there."
    )
    fix_document = "Add the media type under `content` of the response."

    def is_described(self, response: Response) -> bool:
        return bool(response.media_types)

    def differences(self, document: Document, exchange: Exchange, response: Response) -> Iterator[tuple[str, str]]:
        names = [media_type.name.split(";")[0].strip().lower() for media_type in response.media_types]
        if not any(fnmatchcase(exchange.media_type, name) for name in names):
            expected = f"the content type {' or '.join(names)} for {exchange.status}"
            yield expected, exchange.media_type or "no content type"


@register
class ResponseHeadersConformance(DocumentedResponseCheck):
    name = "response_headers_conformance"
    description = "documented headers are present and match their schemas"
    fix_server = "Send the header with each such response, in the documented form."
    fix_document = "Remove the header from the response, set `required: false`, or correct its schema."

    def applies(self, document: Document, operation: Operation, *, full: bool) -> bool:
        return any(response.headers for response in operation.responses)

    def is_described(self, response: Response) -> bool:
        return bool(response.headers)

    def differences(self, document: Document, exchange: Exchange, response: Response) -> Iterator[tuple[str, str]]:
        for name, header in response.headers.items():
            text = exchange.headers.get(name.lower())
            if text is None:
                if header.get("required"):
                    yield f"the header {name} with {exchange.status}", "no such header"
                continue
            schema = header.get("schema", {})
            types = schema_types(document, schema)
            if "object" in types:
                continue  # its serialization is not parsed
            strings = [part.strip() for part in text.split(",")] if "array" in types else [text]
            value = parse_parameter(document, schema, strings)
            for error in known_errors(document.validator(schema).iter_errors(value), exchange):
                yield f"a header {name} that matches its schema", f"{text!r}: {error.message}"


@register
class ResponseSchemaConformance(DocumentedResponseCheck):
    name = "response_schema_conformance"
    description = "every body matches the schema of its status"
    fix_server = "Correct the value, or send the missing property."
    fix_document = (
        "Correct the schema: a property that may be absent is not `required`, one that may be null has null in its "
        "type, and a new state is in the enum and in a list of `x-job`."
    )

    def is_described(self, response: Response) -> bool:
        return bool(response.media_types)

    def differences(self, document: Document, exchange: Exchange, response: Response) -> Iterator[tuple[str, str]]:
        if exchange.method == "HEAD":
            return  # has no body
        names = [(m.name.partition(";")[0].strip().lower(), m) for m in response.media_types]
        # A media type before a range that contains it.
        names.sort(key=lambda one: one[0].count("*"))
        of_type = (m for name, m in names if fnmatchcase(exchange.media_type, name))
        media_type = next(of_type, response.media_types[0])
        if not media_type.is_json and "string" not in schema_types(document, media_type.schema):
            return  # XML, for example: its schema is not that of a string
        body: Any = exchange.json if media_type.is_json else exchange.body.decode(errors="replace")
        expected = f"a body that matches the schema of {exchange.status}"
        if body is MISSING:
            yield f"JSON with {exchange.status}", _body(exchange)
            return
        try:
            errors = list(known_errors(document.validator(media_type.schema).iter_errors(body), exchange))
        except ValueError as invalid:  # nested too deeply, or an unpaired surrogate
            yield expected, f"a body that cannot be validated, {invalid}: {_body(exchange)}"
            return
        lines = []
        for error in errors[:3]:
            place = [str(key) for key in error.instance_path]
            value = walk(body, place) if place else body
            lines.append(f"/{'/'.join(place)} is {truncate(json.dumps(value, ensure_ascii=False))}: {error.message}")
        if lines:
            yield expected, "; ".join(lines)


@register
class RefusalContent(ResponseCheck):
    name = "refusal_content"
    description = "the body of an error has no members of a job"
    fix_server = (
        "Leave out the members of a job when the request is refused: check the credential before the job is loaded."
    )
    fix_document = "Describe the members in the schema of the error, if they are meant to be there."
    any_request = True

    def applies(self, document: Document, operation: Operation, *, full: bool) -> bool:
        return operation.job is not None

    def check(self, document: Document, operation: Operation, exchange: Exchange) -> Findings:
        job, status = operation.job, exchange.status or 0
        if job is None or status < 400 or status in job.status_codes or not exchange.body:
            return
        body = exchange.body.decode(errors="replace") if exchange.json is MISSING else exchange.json
        response = documented_response(operation, status)
        described = (
            {name for media_type in response.media_types for name in _names(document, (), media_type)}
            if response
            else set()
        )
        # What is next to the object with the state, such as the id of the request, may be in every response.
        names = _names(document, (job.state or job.id or ("",))[:-1], *operation.success.media_types) - described
        names = {name for name in names if re.sub("[^a-z]", "", name.lower()) not in COMMON_NAMES}
        sent = {str(value) for value in operation.parameters_of_url(exchange.url).values()}
        sent |= {
            str(value) for members in _objects(exchange.content.decode(errors="replace")) for value in members.values()
        }
        leaked = [
            name
            for members in _objects(body)
            for name, value in members.items()
            if (name in names and value is not None and str(value) not in sent)
            or (
                job.state
                and name == job.state[-1]
                and name not in described
                and job.kinds.get(str(value)) not in {None, "failure"}
            )
        ]
        got = f"{', '.join(dict.fromkeys(leaked))} with {status}" if leaked else ""
        yield Finding("an error without members of a job", got, response)


# Names that errors of many servers have, in lower case and with letters only.
COMMON_NAMES = frozenset(
    [
        "apiversion",
        "code",
        "correlationid",
        "ctx",
        "detail",
        "details",
        "duration",
        "elapsed",
        "error",
        "errorcode",
        "errors",
        "help",
        "id",
        "input",
        "instance",
        "loc",
        "message",
        "messages",
        "method",
        "msg",
        "name",
        "ok",
        "path",
        "reason",
        "requestid",
        "server",
        "servertime",
        "status",
        "statuscode",
        "success",
        "time",
        "timestamp",
        "title",
        "took",
        "trace",
        "traceid",
        "type",
        "url",
        "version",
    ]
)
MAX_OBJECTS = 100  # that are looked for in a string


def _names(document: Document, place: Keys, *media_types: MediaType) -> set[str]:
    """Return the names of the members in schemas and examples, at any depth below a path."""
    found = [keys for media_type in media_types for keys in fields_of(document.data, media_type.schema)]
    fields = {keys[-1] for keys in found if len(keys) > len(place) and keys[: len(place)] == place}
    examples = [walk(example.value, place) for media_type in media_types for example in media_type.examples]
    return fields | {name for members in _objects(examples) for name in members}


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every object in a JSON value, also in its strings."""
    if isinstance(value, dict):
        yield value
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in _embedded(value) if isinstance(value, str) else items:
        yield from _objects(item)


def _embedded(text: str) -> Iterator[Any]:
    """Yield the JSON objects within a string."""
    end = 0
    for found in itertools.islice(re.finditer(r"\{", text), MAX_OBJECTS):
        if found.start() >= end:
            with contextlib.suppress(ValueError, RecursionError):
                value, end = json.JSONDecoder().raw_decode(text, found.start())
                yield value


@register
class MaxResponseTime(ResponseCheck):
    name = "max_response_time"
    description = "every response is received within five seconds"
    fix_server = "Make the read faster, or let the start respond with 202 before the work is done."
    fix_document = "The limit of five seconds is not part of the document. Accept a slow server with a baseline."

    def check(self, document: Document, operation: Operation, exchange: Exchange) -> Findings:
        if math.isnan(exchange.elapsed):
            return  # a recording without it
        is_late = exchange.status is None or exchange.elapsed > MAX_RESPONSE_TIME
        got = exchange.error or f"a response after {exchange.elapsed:.1f} s"
        response = documented_response(operation, exchange.status or 0)
        yield Finding(f"a response within {MAX_RESPONSE_TIME:g} s", got if is_late else "", response)


def _body(exchange: Exchange) -> str:
    return excerpt(exchange).strip() or "(empty body)"
