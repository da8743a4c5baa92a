"""The parts of the distribution that are not code of the generator."""

from ..document import Document, Operation, snake_case


def banner(source: str) -> str:
    """The line at the head of every generated file."""
    return f"Generated from {source} by `make generate`; do not edit."


def pyproject(version: str) -> str:
    """The distribution's own pyproject.toml."""
    return f"""\
[project]
name = "job-status"
version = "{version}"
description = "Typed clients of APIs that run slow jobs."
readme = "README.md"
license = "MIT"
requires-python = ">=3.11"
dependencies = [
    "attrs>=25.1",
    "httpx>=0.28.1,<0.29",
    "sniffio>=1.3",
]

[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[tool.hatch.build.targets.wheel]
packages = ["job_status"]
"""


def package_init(documents: tuple[Document, ...], version: str) -> str:
    """The top of the package."""
    names = "\n".join(f"- `{document.package}`: {document.title}" for document in documents)
    return f'''\
"""Typed clients of APIs that run slow jobs, one sub-package per product.

{names}
"""

__version__ = "{version}"
'''


def readme(documents: tuple[Document, ...], label: str) -> str:
    """The distribution's README."""
    sections = "\n".join(_section(document) for document in documents)
    return f"""\
# job-status

Typed clients of APIs that run slow jobs: attrs models, httpx calls, sync and async.
This folder is written from the OpenAPI documents in `{label}` and from nothing else.

```
pip install ./generated
```

{sections}"""


def _section(document: Document) -> str:
    rows = "\n".join(
        f"| `{document.package}.api.{operation.raw.get('tags', ['default'])[0]}.{operation.id}` "
        f"| `{operation.method} {operation.path}` | {_ends(operation)} |"
        for operation in document.operations
    )
    first = document.operations[0]
    tag = first.raw.get("tags", ["default"])[0]
    module = f"job_status.{document.package}"
    values = ", ".join(repr(_sample(parameter.known_values)) for parameter in first.parameters_in("path"))
    return f"""\
## {document.title}

{document.data["info"].get("summary", "")}

| module | call | ends in |
|---|---|---|
{rows}

```python
from {module} import Client
from {module}.api.{tag} import {first.id}

with Client("{_base_url(document)}", headers={_headers(document)}, timeout=10) as client:
    status = {first.id}.sync({values}, client=client)
```
"""


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


def _headers(document: Document) -> str:
    for scheme in document.security_schemes.values():
        if scheme.type == "apiKey" and scheme.where == "header":
            return f'{{"{scheme.name}": {snake_case(scheme.key)}}}'
        if scheme.type == "http" and scheme.scheme == "basic":
            return f'{{"Authorization": f"Basic {{{scheme.key}}}"}}'
        if scheme.type == "http":
            return f'{{"Authorization": f"Bearer {{{scheme.key}}}"}}'
    return "{}"
