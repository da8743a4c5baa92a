"""The files of the distribution that contain no client code: `__init__.py`, README.md and pyproject.toml."""

import re
import tomllib
from collections.abc import Mapping

from attrs import frozen

from ..document import Document, Operation
from ..printable import printable
from ..project_files import project_file
from .classes import example_url
from .docstrings import one_line
from .identifiers import Names
from .rendering import render
from .waits import job_noun

ERRORS = (
    "ApiError",
    "CallError",
    "ForbiddenError",
    "InvalidArgumentError",
    "JobError",
    "JobFailedError",
    "JobNotStartedError",
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
    "Outcome": "._client.polling.poller",
    "RawResponse": "._client.call",
    "RunId": "._client.polling.run_id",
    "as_completed": "._client.polling.threads",
    "async_as_completed": "._client.polling.tasks",
    "async_wait_all": "._client.polling.tasks",
    "wait_all": "._client.polling.threads",
}
CREDENTIALS = '''\
"""Credentials that renew themselves."""

from ._client.auth import AsyncBasicCredential, AsyncCredential, BasicCredential, Credential
from ._client.credentials import AppToken

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


def project_version() -> str:
    """Return the version of the project."""
    return str(tomllib.loads(project_file("pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def pyproject(version: str) -> str:
    """Return the pyproject.toml of the distribution."""
    return render("pyproject.toml.jinja", version=version)


# The names that the package exports in addition to the client classes.
EXPORTED = frozenset({*ERRORS, *OTHERS, "__version__"})


def package_init(documents: tuple[Document, ...], names: Mapping[str, Names], version: str) -> str:
    """Return the `__init__.py` of the package, which imports a name when it is first used."""
    homes = dict.fromkeys(ERRORS, "._client.errors") | OTHERS
    for name in names.values():
        homes |= dict.fromkeys((name.class_name, f"Async{name.class_name}"), f"._apis.{name.package}")
    return render(
        "package_init.py.jinja",
        products=[Product(document, names[document.stem]) for document in documents],
        homes=dict(sorted(homes.items())),
        exported=sorted([*homes, "__version__"]),
        version=version,
    )


def readme(documents: tuple[Document, ...], names: Mapping[str, Names], label: str) -> str:
    """Return the README of the distribution."""
    products = [Product(document, names[document.stem]) for document in documents]
    return render("README.md.jinja", products=products, label=label, final_states=_final_states)


@frozen
class Product:
    """The client of a document, as the README and the docstring of the package describe it."""

    document: Document
    names: Names

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
        return [
            f"`job_status.{self.names.package}.api.{operation.raw.get('tags', ['default'])[0]}.{operation.id}`"
            for operation in self.document.operations
        ]

    @property
    def example(self) -> str:
        """A call that waits for a job, if the document describes one, as source."""
        operations = self.document.operations
        operation = next((operation for operation in operations if operation.job), operations[0])
        samples = (next(iter(parameter.known_values), "...") for parameter in operation.parameters_in("path"))
        values = ", ".join(f'"{sample}"' for sample in samples)
        return f"{f'wait_for_{job_noun(operation)}' if operation.job else operation.id}({values})"

    @property
    def credentials(self) -> Mapping[str, str]:
        """The credential arguments of the example, each a variable with the name of its argument."""
        keys = next((keys for operation in self.document.operations for keys in operation.security if keys), ())
        schemes = self.document.security_schemes
        return {
            self.names.schemes[key]: "(user, password)" if schemes[key].scheme == "basic" else self.names.schemes[key]
            for key in keys
        }


def _final_states(operation: Operation) -> str:
    if operation.job:
        return ", ".join(f"`{state}`" for state in (*operation.job.success, *operation.job.failure))
    if operation.is_start:
        followed = dict.fromkeys(link.operation_id for response in operation.responses for link in response.links)
        return "starts a job; see " + ", ".join(f"`{name}`" for name in followed)
    return ""
