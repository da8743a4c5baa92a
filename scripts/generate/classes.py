"""The module with the client classes of a document, sync and async, on top of the generated functions.

The signatures are those of the generated functions, read from their source, so names and types cannot differ.
"""

from collections.abc import Mapping

from attrs import frozen

from ..document import Document, DocumentError, Operation, Problem, Response, SecurityScheme
from . import waits
from .generated_source import EndpointFunction
from .identifiers import CLIENT_NAMES, Names
from .options import CALL_OPTIONS, CLIENT_OPTIONS
from .rendering import render

ERRORS = {"401": "UnauthorizedError", "403": "ForbiddenError", "404": "NotFoundError", "429": "RateLimitError"}


@frozen
class CallMethods:
    """The methods that call one operation."""

    function: EndpointFunction

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
        return self.operation.id, f"{self.operation.id}_raw"

    @property
    def signature(self) -> str:
        """The parameters of the methods, as source."""
        return self.function.signature(CALL_OPTIONS)

    @property
    def errors(self) -> list[tuple[str, Response]]:
        """The exception of each documented error response."""
        failures = (response for response in self.operation.responses if not response.is_success)
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
        successes = tuple(response.status for response in self.operation.responses if response.is_success)
        found = {
            "not_served": _not_served(self.operation),
            "job_id": self.operation.job.id if self.operation.job else None,
            "successes": None if successes == ("200",) else successes,
        }
        return {name: value for name, value in found.items() if value is not None}


@frozen
class CredentialArgument:
    """The constructor argument of a security scheme."""

    name: str
    security: SecurityScheme
    is_optional: bool

    @property
    def is_basic(self) -> bool:
        """Whether it is a user name and a password."""
        return self.security.scheme == "basic"

    @property
    def scheme(self) -> tuple[str, ...]:
        """The arguments of the scheme's constant."""
        kind = "key" if self.security.type == "apiKey" else "basic" if self.is_basic else "bearer"
        return self.name, kind, self.security.where, self.security.name


def client_module(document: Document, names: Names, functions: list[EndpointFunction]) -> str:
    """Return the source of the module with both classes of a document.

    Raises:
        DocumentError: Two methods have the same name.
    """
    calls = [CallMethods(function) for function in functions]
    jobs = [waits.JobMethods(function) for function in functions if function.operation.job]
    _check_names(document, calls, jobs)
    requirements = dict.fromkeys(keys for operation in document.operations for keys in operation.security)
    summary: str = document.data["info"].get("summary", document.title)
    return render(
        "client.py.jinja",
        document=document,
        class_name=names.class_name,
        summary=summary[0].lower() + summary[1:],
        example_url=example_url(document),
        imports=sorted({line for function in functions for line in function.imports}),
        credentials=[
            CredentialArgument(names.schemes[key], scheme, not all(key in keys for keys in requirements))
            for key, scheme in document.security_schemes.items()
        ],
        alternatives=tuple(tuple(names.schemes[key] for key in keys) for keys in requirements),
        client_options=CLIENT_OPTIONS,
        call_options=CALL_OPTIONS,
        calls=calls,
        jobs=jobs,
        starts=waits.StartMethods.of(functions, jobs),
        resume=waits.ResumeMethod(jobs),
    )


def example_url(document: Document) -> str:
    """Return the base URL of the first server, with the default values of its variables."""
    server = (document.data.get("servers") or [{"url": "https://host"}])[0]
    url: str = server["url"]
    for name, variable in server.get("variables", {}).items():
        url = url.replace(f"{{{name}}}", str(variable["default"]))
    return url


def _check_names(document: Document, calls: list[CallMethods], jobs: list[waits.JobMethods]) -> None:
    """Check that no two methods have the same name.

    Raises:
        DocumentError: Two have.
    """
    owners = dict.fromkeys(CLIENT_NAMES, "a method of every client")
    owners |= dict.fromkeys(("wait", "job", "resume") if jobs else (), "a method of every client with jobs")
    names = [(name, call.operation) for call in calls for name in call.names]
    names += [(name, job.operation) for job in jobs for name in job.names]
    problems = []
    for name, operation in names:
        if name in owners:
            line = document.line((*operation.pointer, "operationId"))
            message = f"its method {name} collides with {owners[name]}; rename the operation"
            problems.append(Problem(document.path, line, operation.id, message))
        owners[name] = f"a method of {operation.id}"
    if problems:
        raise DocumentError(problems)


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
