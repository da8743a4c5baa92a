"""The parts of the distribution that are not code of the generator."""

import re
from collections.abc import Mapping

from ..document import Document, Operation
from ..printable import printable
from .identifiers import Names
from .prose import quoted, sentence
from .waits import noun

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
"""Credentials that make themselves."""

from ._client.credentials import AppToken

__all__ = ["AppToken"]
'''


# How a generated file is known.
MARK = re.compile(rb"\A(# |<!-- )Generated from [^\n]* by `make generate`; do not edit\.")


def banner(source: str) -> str:
    """The line at the head of every generated file."""
    return f"Generated from {printable(source, None).replace('--', '- -')} by `make generate`; do not edit."


def pyproject(version: str) -> str:
    """The distribution's own pyproject.toml."""
    return f"""\
[project]
name = "job-status"
version = "{version}"
description = "Typed clients of APIs that run slow jobs."
readme = "README.md"
license = "MIT"
license-files = ["LICENSE"]
requires-python = ">=3.11"
dependencies = [
    "attrs>=25.1",
    "httpx>=0.28.1,<0.29",
    "sniffio>=1.3",
]

[project.optional-dependencies]
jwt = ["pyjwt>=2.8"]

[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[tool.hatch.build.targets.wheel]
packages = ["job_status"]
"""


# What the package exports beside the classes of the documents.
EXPORTED = frozenset({*ERRORS, *OTHERS, "__version__"})


def package_init(documents: tuple[Document, ...], names: Mapping[str, Names], version: str) -> str:
    """The top of the package. It imports what is asked for when it is asked for."""
    homes = dict.fromkeys(ERRORS, "._client.errors") | OTHERS
    for name in names.values():
        homes |= dict.fromkeys((name.class_name, f"Async{name.class_name}"), f"._apis.{name.package}")
    order = sorted(homes)
    imports = "\n".join(f"    from {homes[name]} import {name} as {name}" for name in order)
    entries = "\n".join(f"    {name!r}: {homes[name]!r}," for name in order)
    exported = "\n".join(f"    {name!r}," for name in sorted([*order, "__version__"]))
    listed = "\n".join(
        f"- `{names[d.stem].class_name}` and `Async{names[d.stem].class_name}`: {sentence(d.title)}" for d in documents
    )
    about = f"""\
Typed clients of APIs that run slow jobs.

{listed}

The modules that openapi-python-client has written are importable too, a sub-package per product.
"""
    return f'''\
{quoted(about)}

from typing import TYPE_CHECKING

if TYPE_CHECKING:
{imports}

__version__ = "{version}"

__all__ = [
{exported}
]

_HOMES = {{
{entries}
}}

if not TYPE_CHECKING:

    def __getattr__(name):
        from importlib import import_module

        if name not in _HOMES:
            raise AttributeError(f"module {{__name__!r}} has no attribute {{name!r}}")
        value = globals()[name] = getattr(import_module(_HOMES[name], __name__), name)
        return value

    def __dir__():
        return sorted([*globals(), *_HOMES])
'''


def readme(documents: tuple[Document, ...], names: Mapping[str, Names], label: str) -> str:
    """The distribution's README."""
    sections = "\n".join(_section(document, names[document.stem]) for document in documents)
    return f"""\
# job-status

Typed clients of APIs that run slow jobs: attrs models, httpx calls, sync and async.
This folder is written from the OpenAPI documents in `{label}` and from nothing else.

```
pip install ./generated
```

{sections}"""


def _section(document: Document, names: Names) -> str:
    rows = "\n".join(
        f"| `{operation.id}` | `{operation.method} {operation.path}` | {_ends(operation)} |"
        for operation in document.operations
    )
    modules = ", ".join(
        f"`job_status.{names.package}.api.{operation.raw.get('tags', ['default'])[0]}.{operation.id}`"
        for operation in document.operations
    )
    first = document.operations[0]
    values = ", ".join(f'"{_sample(parameter.known_values)}"' for parameter in first.parameters_in("path"))
    return f"""\
## {sentence(document.title)}

{sentence(document.data["info"].get("summary", ""))}

| method | call | ends in |
|---|---|---|
{rows}

```python
from job_status import {names.class_name}

with {names.class_name}("{_base_url(document)}"{_credentials(document, names)}) as api:
    status = api.{_first_call(first)}({values})
```

As openapi-python-client writes them: {modules}.
"""


def _first_call(operation: Operation) -> str:
    return f"wait_for_{noun(operation)}" if operation.job else operation.id


def _ends(operation: Operation) -> str:
    if operation.job:
        return ", ".join(f"`{word}`" for word in (*operation.job.success, *operation.job.failure))
    if operation.is_start:
        followed = dict.fromkeys(link.operation_id for response in operation.responses for link in response.follow)
        return "followed by " + ", ".join(f"`{name}`" for name in followed)
    return ""


def _sample(values: tuple[object, ...]) -> object:
    return values[0] if values else "..."


def _base_url(document: Document) -> str:
    server = (document.data.get("servers") or [{"url": "https://localhost"}])[0]
    url: str = server["url"]
    for name, variable in server.get("variables", {}).items():
        url = url.replace(f"{{{name}}}", str(variable["default"]))
    return url


def _credentials(document: Document, names: Names) -> str:
    """The credentials of a first call, each from a variable of its name."""
    way = next((way for operation in document.operations for way in operation.security if way), ())
    values = {
        key: "(user, password)" if document.security_schemes[key].scheme == "basic" else names.schemes[key]
        for key in way
    }
    return "".join(f", {names.schemes[key]}={value}" for key, value in values.items())
