"""Writes a client class per document, sync and async, over the generated functions.

The signatures are those of the generated functions, read from their source, so that names and types cannot differ.
"""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from attrs import frozen

from ..document import Document, DocumentError, Operation, Parameter, Problem, Response, SecurityScheme
from . import waits
from .identifiers import CLIENT_NAMES, Names
from .prose import docstring, indented, quoted, sentence

# A call's own keywords, beside the parameters of the operation.
OWN_KEYWORDS = ("timeout", "headers")

OPTIONS = """\
timeout: float = 30.0,
max_retries: int = 2,
headers: _Mapping[str, str] | None = None,
verify: _ssl.SSLContext | str | bool = True,
proxy: str | _httpx.Proxy | None = None,
http_transport: _httpx.{transport} | None = None,
event_hooks: _Mapping[str, list[_Callable[..., _Any]]] | None = None,
max_response_bytes: int = 10_000_000,
trust_env: bool = True,
"""
OPTION_NAMES = (
    "timeout",
    "max_retries",
    "headers",
    "verify",
    "proxy",
    "http_transport",
    "event_hooks",
    "max_response_bytes",
    "trust_env",
)
OPTION_TEXTS = """\
timeout: seconds for a whole call, its retries included.
max_retries: how often an idempotent call is tried again after a connection error or 429, 502, 503, 504.
headers: headers of every request.
verify: True for the system's trust and certifi's, the path of a file or folder of certificates, a context, or False for no check at all.
proxy: the URL of a proxy, instead of that of the environment.
http_transport: an httpx transport in place of the built-in one.
event_hooks: hooks of httpx; the requests they see hold no credential.
max_response_bytes: a larger answer is refused.
trust_env: whether HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR count."""


# What the written module takes from the runtime, by the module that has it.
RUNTIME_NAMES = {
    "call": ("Operation", "RawResponse"),
    "base": ("AsyncClient", "Client"),
    "auth": ("AsyncBasicCredential", "AsyncCredential", "BasicCredential", "Credential", "Scheme"),
    "polling.job": ("AsyncJob", "Job", "options"),
    "polling.factory": ("Link", "Start", "Starts", "follow", "resume"),
    "polling.spec": ("JobSpec",),
    "polling.run_id": ("RunId",),
}


@frozen
class Function:
    """A generated function: its module, its parameters as source, the model of its success, and what it imports."""

    operation: Operation
    tag: str
    positional: tuple[str, ...]
    keywords: tuple[str, ...]
    positional_names: tuple[str, ...]
    keyword_names: tuple[str, ...]
    model: str
    imports: tuple[str, ...]

    @property
    def described(self) -> Mapping[str, Parameter]:
        """The parameters under their Python names."""
        by_name = {parameter.name: parameter for parameter in self.operation.parameters}
        path = waits.path_order(self.operation)
        order = [
            *path,
            *(p.name for where in ("query", "header", "cookie") for p in self.operation.parameters_in(where)),
        ]
        names = (*self.positional_names, *self.keyword_names)
        return {python: by_name[name] for name, python in zip(order, names, strict=False)}

    @property
    def waited(self) -> waits.Waited:
        """The job that the operation reports, as its methods are written."""
        return waits.Waited(
            operation=self.operation,
            model=self.model,
            positional=self.positional,
            keywords=self.keywords,
            positional_names=self.positional_names,
            keyword_names={p.name: python for python, p in self.described.items() if python in self.keyword_names},
        )


def read(document: Document, package: Path) -> list[Function]:
    """The generated functions of a document, from its sub-package.

    Raises:
        DocumentError: one has no answer that a call could give.
    """
    return [_function(document, operation, package) for operation in document.operations]


def write(document: Document, names: Names, functions: list[Function]) -> str:
    """The source of the module with both classes of a document.

    What it imports of ours stands under a name with an underscore, as no name of a document has one.
    """
    imports = sorted({line for function in functions for line in function.imports})
    operations = "\n".join(
        f"_OP_{function.operation.id.upper()} = _Operation({function.operation.id!r}, {function.operation.method!r}, "
        f"{function.positional_names!r}{waits.limits(function.operation)}{_not_served(function.operation)}{_reports(function.operation)})"
        for function in functions
    )
    waited = {function.operation.id: function.waited for function in functions if function.operation.job}
    models = {function.operation.id: function.model for function in functions}
    _check_names(document, functions, waited)
    plans = "\n".join(
        [*(waits.plan(names.class_name, job) for job in waited.values()), waits.starts(document, models, waited)]
    )
    classes = "\n\n".join(
        _class(document, names, functions, models, waited, asynchronous=asynchronous) for asynchronous in (False, True)
    )
    return f"""\
{quoted(f"{sentence(document.title)}, as classes.")}

from __future__ import annotations

import ssl as _ssl
from collections.abc import Callable as _Callable, Iterable as _Iterable, Mapping as _Mapping
from typing import Any as _Any, overload as _overload

import httpx as _httpx

{chr(10).join(f"from .._client.{home} import {_privately(home_names)}" for home, home_names in RUNTIME_NAMES.items())}
{chr(10).join(imports)}

{operations}
{plans}


{classes}
"""


def _privately(names: tuple[str, ...]) -> str:
    return ", ".join(f"{name} as _{name}" for name in names)


def _function(document: Document, operation: Operation, package: Path) -> Function:
    module = next(iter(package.glob(f"api/*/{operation.id}.py")))
    tree = ast.parse(module.read_text(encoding="utf-8"))
    names = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    detailed, parse = names["sync_detailed"], names["_parse_response"]
    arguments = detailed.args
    defaults = {a.arg: d for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None}
    keywords = [argument for argument in arguments.kwonlyargs if argument.arg != "client"]
    models = list(dict.fromkeys(_models(parse, operation)))
    if len(models) != 1:
        message = (
            f"wanted one component as the body of its successes, got {', '.join(models) or 'none'}; "
            "describe the 2xx answer by one component of type object"
        )
        raise DocumentError([Problem(document.path, document.line(operation.pointer), operation.id, message)])
    used = {
        node.id
        for argument in (*arguments.args, *keywords)
        for node in ast.walk(argument)
        if isinstance(node, ast.Name)
    }
    used |= {node.id for default in defaults.values() for node in ast.walk(default) if isinstance(node, ast.Name)}
    imports = [line for name, line in _imports(tree, package.name) if name in {*used, *models}]
    imports.append(f"from ..{package.name}.api.{module.parent.name} import {operation.id} as _op_{operation.id}")
    return Function(
        operation=operation,
        tag=module.parent.name,
        positional=tuple(ast.unparse(argument) for argument in arguments.args),
        keywords=tuple(
            ast.unparse(argument) + (f" = {ast.unparse(defaults[argument.arg])}" if argument.arg in defaults else "")
            for argument in keywords
        ),
        positional_names=tuple(argument.arg for argument in arguments.args),
        keyword_names=tuple(argument.arg for argument in keywords),
        model=models[0],
        imports=tuple(imports),
    )


def _models(parse: ast.FunctionDef, operation: Operation) -> Iterator[str]:
    """The classes that the generated code reads 2xx answers into."""
    statuses = {response.status for response in operation.responses if response.is_success}
    for node in parse.body:
        if isinstance(node, ast.If) and any(f"== {status}" in ast.unparse(node.test) for status in statuses):
            for call in ast.walk(node):
                if (
                    isinstance(call, ast.Call)
                    and isinstance(call.func, ast.Attribute)
                    and call.func.attr == "from_dict"
                ):
                    yield ast.unparse(call.func.value)


def _imports(tree: ast.Module, package: str) -> Iterator[tuple[str, str]]:
    """Each imported name of a generated module, with the import as it reads from the classes' module."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            home = f"..{package}.{node.module}" if node.level else node.module
            for alias in node.names:
                yield alias.asname or alias.name, f"from {home} import {alias.name}"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name.split(".")[0], f"import {alias.name}"


def _check_names(document: Document, functions: list[Function], waited: Mapping[str, waits.Waited]) -> None:
    """Refuses names of methods that stand for two things.

    Raises:
        DocumentError: there is such a name.
    """
    owners = dict.fromkeys(CLIENT_NAMES, "one that every client has")
    owners |= dict.fromkeys(("wait", "job", "resume") if waited else (), "that of every job")
    made = [(name, function.operation) for function in functions for name in _call_names(function)]
    made += [(name, job.operation) for job in waited.values() for name in (f"wait_for_{job.noun}", f"{job.noun}_job")]
    problems = []
    for name, operation in made:
        if name in owners:
            line = document.line((*operation.pointer, "operationId"))
            message = f"its method {name} would be {owners[name]} too; rename the operation"
            problems.append(Problem(document.path, line, operation.id, message))
        owners[name] = f"that of {operation.id}"
    if problems:
        raise DocumentError(problems)


def _call_names(function: Function) -> tuple[str, str]:
    return function.operation.id, f"{function.operation.id}_raw"


def _class(
    document: Document,
    names: Names,
    functions: list[Function],
    models: Mapping[str, str],
    waited: Mapping[str, waits.Waited],
    *,
    asynchronous: bool,
) -> str:
    prefix, base = ("Async", "_AsyncClient") if asynchronous else ("", "_Client")
    schemes = [document.security_schemes[key] for key in document.security_schemes]
    ways = dict.fromkeys(way for operation in document.operations for way in operation.security)
    alternatives = tuple(tuple(names.schemes[key] for key in way) for way in ways)
    optional = [scheme.key for scheme in schemes if not all(scheme.key in way for way in ways)]
    parameters = "".join(
        f"{names.schemes[s.key]}: {_type(s, asynchronous)}{' | None = None' if s.key in optional else ''},\n"
        for s in schemes
    )
    options = OPTIONS.format(transport="AsyncBaseTransport" if asynchronous else "BaseTransport")
    given = ", ".join(f"{names.schemes[s.key]!r}: {names.schemes[s.key]}" for s in schemes)
    passed = ", ".join(f"{name}={name}" for name in OPTION_NAMES)
    scheme_rows = ", ".join(_scheme(scheme, names) for scheme in schemes)
    summary = document.data["info"].get("summary", document.title)
    parts = [_methods(function, asynchronous=asynchronous) for function in functions]
    for function in functions:
        if function.operation.id in waited:
            job = waited[function.operation.id]
            parts.append(waits.methods(job, function.described, asynchronous=asynchronous))
    if waited:
        parts.append(waits.start_methods(document, models, waited, asynchronous=asynchronous))
        parts.append(waits.resume_method(waited, asynchronous=asynchronous))
    methods = "\n\n".join(parts)
    credentials = "\n".join(f"{names.schemes[s.key]}: {_credential_text(s, asynchronous)}" for s in schemes)
    doc = docstring(
        f"{document.title}{', async' if asynchronous else ''}: {summary[0].lower() + summary[1:]}",
        "",
        [("Args", f"base_url: the base URL, such as {_example_url(document)}.\n{credentials}\n{OPTION_TEXTS}")],
        str(document.data.get("externalDocs", {}).get("url", "")),
    )
    return f"""\
class {prefix}{names.class_name}({base}):
{indented(doc)}

    _schemes = ({scheme_rows}{"," if scheme_rows else ""})
    _alternatives = {alternatives!r}

    def __init__(
        self,
        base_url: str,
        *,
{indented(parameters + options, 8)}
    ) -> None:
        super().__init__(base_url, {{{given}}}, {passed})

{indented(methods)}
"""


def _example_url(document: Document) -> str:
    server = (document.data.get("servers") or [{"url": "https://host"}])[0]
    url: str = server["url"]
    for name, variable in server.get("variables", {}).items():
        url = url.replace(f"{{{name}}}", str(variable["default"]))
    return f"`{url}`"


def _type(scheme: SecurityScheme, asynchronous: bool) -> str:
    kind = "BasicCredential" if scheme.scheme == "basic" else "Credential"
    return f"_Async{kind}" if asynchronous else f"_{kind}"


def _credential_text(scheme: SecurityScheme, asynchronous: bool) -> str:
    value = "(user, password)" if scheme.scheme == "basic" else "the credential"
    called = "a callable, also an async one," if asynchronous else "a callable"
    return f"{value}, or {called} that is asked for it before each request."


def _scheme(scheme: SecurityScheme, names: Names) -> str:
    kind = "key" if scheme.type == "apiKey" else "basic" if scheme.scheme == "basic" else "bearer"
    return f"_Scheme({names.schemes[scheme.key]!r}, {kind!r}, {scheme.where!r}, {scheme.name!r})"


def _methods(function: Function, *, asynchronous: bool) -> str:
    operation, word, wait = function.operation, "async def" if asynchronous else "def", "await " if asynchronous else ""
    own = ("timeout: float | None = None", "headers: _Mapping[str, str] | None = None")
    signature = ", ".join(["self", *function.positional, "*", *function.keywords, *own])
    values = "".join(f"{name}, " for name in function.positional_names)
    keywords = ", ".join(f"{name!r}: {name}" for name in function.keyword_names)
    called = f"_op_{operation.id}.{'asyncio_detailed' if asynchronous else 'sync_detailed'}"
    call = f"{wait}self._call(_OP_{operation.id.upper()}, {called}, {function.model}, ({values}), {{{keywords}}}, timeout, headers)"
    raw_doc = f'"""As `{operation.id}`, with the status, headers and body around the model."""'
    return f"""\
{word} {operation.id}({signature}) -> {function.model}:
{indented(_operation_docstring(function))}
    return ({call}).parsed

{word} {operation.id}_raw({signature}) -> _RawResponse[{function.model}]:
    {raw_doc}
    return {call}
"""


def _operation_docstring(function: Function) -> str:
    operation = function.operation
    lines = [f"{name}: {sentence(p.raw.get('description', ''))}" for name, p in function.described.items()]
    lines.append("timeout: seconds for the whole call, instead of the client's.")
    lines.append("headers: headers of this request, beside the client's.")
    raises = [
        f"{_error(response)}: {sentence(response.raw.get('description', ''))}"
        for response in operation.responses
        if not response.is_success
    ]
    raises.append("UnexpectedResponseError: the answer is not what the document describes.")
    raises.append("TransportError: no answer came.")
    returns = sentence(operation.success.raw.get("description", ""))
    sections = [("Args", "\n".join(lines)), ("Returns", returns), ("Raises", "\n".join(raises))]
    url = str(operation.raw.get("externalDocs", {}).get("url", ""))
    return docstring(
        operation.raw.get("summary", operation.id) + ".", operation.raw.get("description", ""), sections, url
    )


def _error(response: Response) -> str:
    names = {"401": "UnauthorizedError", "403": "ForbiddenError", "404": "NotFoundError", "429": "RateLimitError"}
    return names.get(
        response.status, "ServerError" if response.status.startswith("5") else f"ApiError ({response.status})"
    )


def _reports(operation: Operation) -> str:
    """Where an answer repeats the id of the job."""
    return f", reports={operation.job.id!r}" if operation.job else ""


def _not_served(operation: Operation) -> str:
    """How a server says that it does not have the API: the status, and the text up to what it repeats of the request."""
    found = operation.situation("not_served")
    if found is None:
        return ""
    response, _, example = found
    texts = [value for value in example.value.values() if isinstance(value, str)]
    # A range such as 4XX leaves the choice to the server, which says 404.
    status = int(response.status) if response.status.isdecimal() else 404
    return f", not_served=({status}, {texts[0].partition('[')[0]!r})" if texts else ""
