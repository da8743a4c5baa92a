"""The module with the client classes of a document, sync and async, on top of the generated functions.

The signatures are those of the generated functions, read from their source, so names and types cannot differ.
"""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from ..client.retry import IDEMPOTENT_METHODS
from ..document import Document, Operation, Response, SecurityScheme
from . import waits
from .credentials import alternatives, credential_kind
from .generated_source import EndpointFunction
from .identifiers import Names
from .options import CALL_OPTIONS, CLIENT_OPTIONS
from .rendering import render
from .view import View

ERRORS = {"401": "UnauthorizedError", "403": "ForbiddenError", "404": "NotFoundError", "429": "RateLimitError"}


@frozen
class CallMethods:
    """The methods that call one operation."""

    function: EndpointFunction
    is_start: bool = False

    @property
    def operation(self) -> Operation:
        """The operation."""
        return self.function.operation

    @property
    def model(self) -> str:
        """The class of the success response."""
        return self.function.model

    @property
    def names(self) -> tuple[str, str]:
        """The names of the methods."""
        return self.function.name, f"{self.function.name}_raw"

    @property
    def signature(self) -> str:
        """The parameters of the methods, as source."""
        return self.function.signature(CALL_OPTIONS)

    @property
    def reader(self) -> str:
        """What creates the value of the call from the response, as source: a constant, unless it is simply a model."""
        result = self.function.result
        return result.reader if result.is_model else f"_READ_{self.operation.id.upper()}"

    @property
    def success(self) -> Mapping[str, Any]:
        """The first success response of the document."""
        responses = {response.status: response for response in self.operation.responses}
        status = next(iter(self.function.view.successes), None)
        return responses[status].raw if status else {}

    @property
    def errors(self) -> list[tuple[str, Response]]:
        """The exception of each documented error response."""
        successes = self.function.view.successes
        failures = (response for response in self.operation.responses if response.status not in successes)
        return [(_exception(response.status), response) for response in failures]

    @property
    def positional(self) -> tuple[object, ...]:
        """The positional arguments of the operation's constant, with the documented rate limits of the job."""
        job = self.operation.job
        limits = tuple((limit.requests, limit.per) for limit in job.limits) if job else ()
        own = (self.operation.id, self.operation.method, tuple(self.function.positional))
        return (*own, limits) if limits else own

    @property
    def keywords(self) -> Mapping[str, object]:
        """The keyword arguments of the operation's constant; the success statuses only if they are not 200 alone."""
        successes = tuple(status for status in self.function.view.successes if status != "default") or ("2XX",)
        operation, job = self.operation, self.operation.job
        found: dict[str, object] = {"not_served": _not_served(operation)}
        if job:
            names = list(self.function.positional)
            position = names.index(self.function.argument(job.parameter)) - len(names)
            found["job_id"] = job.id
            found["job_id_is_suffix"] = job.id is not None and job.id_match == "suffix"
            found["job_parameter"] = position if position != -1 else None
            found["no_such_job"] = waits.tests(job.unknown)
            found["is_read"] = operation.method not in IDEMPOTENT_METHODS
            successes = tuple(dict.fromkeys((*successes, *map(str, sorted(job.status_codes)))))
        found["successes"] = None if successes == ("200",) else successes
        found["is_start"] = self.is_start
        return {name: value for name, value in found.items() if value not in (None, False, ())}


@frozen
class CredentialArgument:
    """The constructor argument of a security scheme."""

    name: str
    security: SecurityScheme
    variable: str

    @property
    def is_basic(self) -> bool:
        """Whether it is a user name and a password."""
        return self.security.scheme == "basic"

    @property
    def scheme(self) -> tuple[str, ...]:
        """The arguments of the scheme's constant."""
        kind = credential_kind(self.security) or ""
        return self.name, kind, self.security.where, self.security.name, self.variable


def client_modules(view: View, names: Names, functions: list[EndpointFunction]) -> tuple[str, str]:
    """Return the source of the module with both classes of a document, and of the one with what their methods use."""
    jobs = [waits.JobMethods(function) for function in functions if function.operation.job]
    document = view.document
    starts = waits.StartMethods.of(functions, jobs)
    started = {start.function.operation.id for start in starts.rows}
    calls = [CallMethods(function, function.operation.id in started) for function in functions]
    summary: str = document.data["info"].get("summary", document.title)
    values: dict[str, Any] = {
        "document": document,
        "package": names.package,
        "class_name": names.class_name,
        "summary": summary[:1].lower() + summary[1:],
        "example_url": example_url(document),
        "url_variable": document.environment_variable("URL"),
        "imports": sorted({line for function in functions for line in function.imports}),
        "credentials": [
            CredentialArgument(names.schemes[key], scheme, document.environment_variable(key))
            for key, scheme in document.security_schemes.items()
            if key in names.schemes
        ],
        "alternatives": tuple(
            tuple(names.schemes[key] for key in keys)
            for keys in alternatives(document, (one.operation for one in view.operations))
        ),
        "client_options": CLIENT_OPTIONS,
        "call_options": CALL_OPTIONS,
        "calls": calls,
        "jobs": jobs,
        "starts": starts,
        "resume": waits.ResumeMethod(jobs),
    }
    return render("client.py.jinja", **values), render("operations.py.jinja", **values)


def example_url(document: Document) -> str:
    """Return the base URL of the first server, with the default values of its variables."""
    server = (document.data.get("servers") or [{"url": "https://host"}])[0]
    url: str = server["url"]
    for name, variable in server.get("variables", {}).items():
        url = url.replace(f"{{{name}}}", str(variable["default"]))
    return url


def _exception(status: str) -> str:
    return ERRORS.get(status, "ServerError" if status.startswith("5") else f"ApiError ({status})")


def _not_served(operation: Operation) -> tuple[int, str] | None:
    """Return how a server says that it does not have the API: the status, and the message up to the request in it."""
    found = operation.scenario("not_served")
    if found is None:
        return None
    response, _, example = found
    messages = [value for value in example.value.values() if isinstance(value, str)]
    # A range such as 4XX leaves the choice to the server, which returns 404.
    status = int(response.status) if response.status.isdecimal() else 404
    return (status, messages[0].partition("[")[0]) if messages else None
