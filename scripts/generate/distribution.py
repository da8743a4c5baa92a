"""The files of the distribution that contain no client code: `__init__.py`, README.md and pyproject.toml."""

import json
import re
from collections.abc import Iterable, Mapping

from attrs import frozen

from ..document import Document, Operation, known_values
from ..printable import printable
from ..project_files import project_file
from .classes import example_url
from .distribution_names import DistributionNames
from .docstrings import one_line
from .generated_source import EndpointFunction
from .identifiers import Names
from .rendering import render

ERRORS = (
    "ApiError",
    "CallError",
    "ForbiddenError",
    "InvalidArgumentError",
    "JobError",
    "JobFailedError",
    "JobNotStartedError",
    "JobPartialError",
    "JobStatusError",
    "JobTimeoutError",
    "NotFoundError",
    "RateLimitError",
    "ServerError",
    "TransportError",
    "UnauthorizedError",
    "UnexpectedResponseError",
    "WaitSummary",
)
OTHERS = {
    "AsyncJob": "._client.polling.job",
    "Job": "._client.polling.job",
    "LearnedSchedule": "._client.polling.learned",
    "Outcome": "._client.polling.poller",
    "RawResponse": "._client.call",
    "RunId": "._client.polling.run_id",
    "as_completed": "._client.polling.threads",
    "async_as_completed": "._client.polling.tasks",
    "async_wait_all": "._client.polling.tasks",
    "wait_all": "._client.polling.threads",
}
DOCUMENTS = "_documents"  # the folder of the documents in the package
CREDENTIALS = '''\
"""Credentials that renew themselves."""

from ._client.credentials import AppToken
from ._client.schemes import AsyncBasicCredential, AsyncCredential, BasicCredential, Credential

__all__ = ["AppToken", "AsyncBasicCredential", "AsyncCredential", "BasicCredential", "Credential"]
'''


# The first line of every generated file.
MARK = re.compile(rb"\A(# |<!-- )Generated from [^\n]* by `make generate`; do not edit\.")


def banner(source: str) -> str:
    """Return the first line of a generated file."""
    return f"Generated from {printable(source, None).replace('--', '- -')} by `make generate`; do not edit."


def license_text() -> str:
    """Return the project's license."""
    return project_file("LICENSE").read_text(encoding="utf-8")


def pyproject(chosen: DistributionNames) -> str:
    """Return the pyproject.toml of the distribution."""
    return render("pyproject.toml.jinja", chosen=chosen)


def licenses(chosen: DistributionNames, library: str) -> Mapping[str, str]:
    """Return the license files: this project's, and for documents of others what they say about theirs.

    `library` is the package that is copied from this project.
    """
    if not chosen.notices:
        return {"LICENSE": license_text()}
    lines = [
        f"The models and calls of {chosen.name} are generated from OpenAPI documents, under their license:",
        "",
        *(f"- {notice}" for notice in chosen.notices),
        "",
        f"The library in {library} is licensed as LICENSE-job-status says.",
    ]
    return {"LICENSE": "\n".join(lines) + "\n", "LICENSE-job-status": license_text()}


# The names that the package exports in addition to the client classes.
EXPORTED = frozenset({*ERRORS, *OTHERS, "__version__"})


def package_init(documents: tuple[Document, ...], names: Mapping[str, Names], version: str) -> str:
    """Return the `__init__.py` of the package, which imports a name when it is first used."""
    homes = dict.fromkeys(ERRORS, "._client.errors") | OTHERS
    for name in names.values():
        homes |= dict.fromkeys((name.class_name, f"Async{name.class_name}"), f"._apis.{name.package}")
    return render(
        "package_init.py.jinja",
        products=[Product(document, names[document.stem], []) for document in documents],
        homes=dict(sorted(homes.items())),
        exported=sorted([*homes, "__version__"]),
        version=version,
    )


def readme(
    documents: Iterable[tuple[Document, list[EndpointFunction]]],
    names: Mapping[str, Names],
    label: str,
    chosen: DistributionNames,
) -> str:
    """Return the README of the distribution."""
    products = [Product(document, names[document.stem], functions) for document, functions in documents]
    return render("README.md.jinja", products=products, label=label, final_states=_final_states, chosen=chosen)


@frozen
class Product:
    """The client of a document, as the README and the docstring of the package describe it."""

    document: Document
    names: Names
    functions: list[EndpointFunction]

    @property
    def class_name(self) -> str:
        """The name of the sync class."""
        return self.names.class_name

    @property
    def title(self) -> str:
        """The title of the document."""
        return one_line(self.document.title)

    @property
    def summary(self) -> str:
        """The summary of the document, or an empty string."""
        return one_line(self.document.data["info"].get("summary", ""))

    @property
    def url(self) -> str:
        """The base URL of the example."""
        return example_url(self.document)

    @property
    def modules(self) -> list[str]:
        """The modules of the generated functions, as Markdown."""
        return [f"{self.names.package}.{function.module}" for function in self.functions]

    @property
    def example(self) -> str:
        """A call that waits for a job, if the document describes one, as source."""
        function = next((function for function in self.functions if function.noun), self.functions[0])
        parameters = (function.parameters[name] for name in function.positional)
        values = ", ".join(_literal(next(iter(known_values(self.document, one)), "...")) for one in parameters)
        return f"{f'wait_for_{function.noun}' if function.noun else function.name}({values})"

    @property
    def variables(self) -> Mapping[str, str]:
        """The environment variable of each credential argument of the example, for user and password also."""
        required = (keys for function in self.functions for keys in function.operation.security)
        keys = next((keys for keys in required if keys and set(keys) <= self.names.schemes.keys()), ())
        return {self.names.schemes[key]: self.document.environment_variable(key) for key in keys}

    @property
    def credentials(self) -> Mapping[str, str]:
        """The credential arguments of the example, as source."""
        schemes = {
            self.names.schemes[key]: scheme
            for key, scheme in self.document.security_schemes.items()
            if key in self.names.schemes
        }
        return {
            name: "(user, password)" if schemes[name].scheme == "basic" else f'os.environ["{variable}"]'
            for name, variable in self.variables.items()
        }

    @property
    def url_variable(self) -> str:
        """The environment variable of the base URL in the example."""
        return self.document.environment_variable("URL")


def _literal(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _final_states(operation: Operation) -> str:
    if operation.job:
        return ", ".join(
            f"`{state}`" for state in (*operation.job.success, *operation.job.partial, *operation.job.failure)
        )
    if operation.is_start:
        followed = dict.fromkeys(link.operation_id for response in operation.responses for link in response.links)
        return "starts a job; see " + ", ".join(f"`{name}`" for name in followed)
    return ""
