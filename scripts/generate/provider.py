"""The provider for Apache Airflow: a distribution of its own, with a connection, operators and a sensor per product."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from attrs import frozen

from .. import airflow
from ..document import Document
from . import distribution
from .classes import example_url
from .commands import jobs_of, text
from .credentials import credential_kind
from .distribution_names import DistributionNames
from .docstrings import one_line
from .generated_source import EndpointFunction
from .generator import format_package
from .identifiers import Names, class_identifier
from .options import Option
from .rendering import render
from .trial import Plan
from .waits import StartMethods

FOLDER = "airflow"  # the folder of the distribution, next to the client's package
RUNTIME = "_provider"  # the package of the hand-written part
# How the hand-written part imports the client, in `scripts/airflow` and in the distribution.
CLIENT_IMPORT = re.compile(r"^from \.\.client(?=[. ])", re.MULTILINE)
# What an argument of an operator is not named: the public attributes and arguments of BaseSensorOperator in Airflow 3.0
# to 3.3, and those of scripts/airflow.
RESERVED = frozenset(files(__package__).joinpath("airflow_names.txt").read_text(encoding="utf-8").split())
WAITS = ("error_timeout", "not_started_timeout", "raise_on_partial")
TYPES = {"string": "str", "integer": "int | str", "number": "float | str", "boolean": "bool | str"}
PACKAGES = {
    "hooks": "The connections, a module per product.",
    "operators": "The operators, a module per product.",
    "sensors": "The sensors, a module per product.",
    "triggers": "The trigger of all products.",
}


@frozen
class Argument:
    """An argument of an operator: its name there and in the client, its type, and its description.

    Attributes:
        name: The attribute of the operator, which must not be one of Airflow.
        client_name: The argument of the client's method.
        type: Its type, as source.
        is_required: Whether the method needs it.
        text: Its description.
    """

    name: str
    client_name: str
    type: str
    is_required: bool
    text: str

    def parameter(self, *, is_optional: bool) -> str:
        """Return the parameter as source; None leaves out an optional one."""
        kind = self.type if self.type == "Any" or not is_optional else f"{self.type} | None"
        return f"{self.name}: {kind}{' = None' if is_optional else ''}"

    @property
    def is_renamed(self) -> bool:
        """Whether Airflow has taken its name."""
        return self.name != self.client_name


@frozen
class Task:
    """An operator or a sensor: a call of the client, its arguments, and the vendor's page.

    Attributes:
        stem: The name of the class, without `Operator` or `Sensor`.
        function: The function of the operation.
        method: The method of the client that it calls.
        arguments: Its positional arguments.
        options: Its keyword arguments.
        waits: The options of its wait.
    """

    stem: str
    function: EndpointFunction
    method: str
    arguments: Sequence[Argument]
    options: Sequence[Argument]
    waits: Sequence[Option]

    @property
    def summary(self) -> str:
        """What the operation does, as its summary says."""
        raw = self.function.operation.raw
        return one_line(str(raw.get("summary") or self.function.operation.id)).rstrip(".")

    @property
    def page(self) -> str:
        """The vendor's page, or an empty string."""
        return one_line(str(self.function.operation.raw.get("externalDocs", {}).get("url", "")))

    @property
    def call(self) -> tuple[tuple[object, ...], dict[str, object]]:
        """The arguments of its constant, positional and by keyword."""
        renamed = {one.name: one.client_name for one in (*self.arguments, *self.options) if one.is_renamed}
        found: dict[str, object] = {
            "parameters": tuple(one.name for one in self.arguments),
            "options": tuple(one.name for one in self.options),
            "waits": tuple(one.name for one in self.waits),
            "renamed": renamed,
        }
        return (self.method,), {name: value for name, value in found.items() if value}

    @property
    def template_fields(self) -> tuple[str, ...]:
        """The attributes that are templates."""
        return ("conn_id", *(one.name for one in (*self.arguments, *self.options)))


@frozen
class Connected:
    """A product of the provider: a document with a job.

    Attributes:
        document: The document.
        names: Its Python names.
        functions: The functions of its operations.
        plan: The plan of its trial, which has an example of each call.
        chosen: The names of the client's distribution.
    """

    document: Document
    names: Names
    functions: Sequence[EndpointFunction]
    plan: Plan
    chosen: DistributionNames

    @property
    def class_name(self) -> str:
        """The client class."""
        return self.names.class_name

    @property
    def title(self) -> str:
        """The title of the document."""
        return text(self.document.title)

    @property
    def conn_type(self) -> str:
        """The type of its connections: no other provider's."""
        return f"{self.chosen.import_name}_{self.names.package}"

    @property
    def url(self) -> str:
        """An example of its base URL."""
        return text(example_url(self.document))

    @property
    def page(self) -> str:
        """The vendor's page about the product, or an empty string."""
        return one_line(str(self.document.data.get("externalDocs", {}).get("url", "")))

    @property
    def credentials(self) -> Sequence[tuple[str, str]]:
        """Each credential: the argument of the client, and `key`, `bearer` or `basic`."""
        schemes = self.document.security_schemes
        return [(name, credential_kind(schemes[key]) or "") for key, name in self.names.schemes.items()]

    @property
    def connection_fields(self) -> Mapping[str, object]:
        """The fields of a connection's extra, as Airflow shows them."""
        secrets = [name for name, kind in self.credentials if kind != "basic"]
        in_extra = secrets if len(secrets) < len(self.credentials) else secrets[1:]
        return {
            name: {"label": name, "schema": {"type": ["string", "null"], "format": "password"}} for name in in_extra
        } | {
            "verify": {"label": "Certificates: a path, or false", "schema": {"type": ["string", "null"]}},
            "proxy": {"label": "Proxy: a URL", "schema": {"type": ["string", "null"]}},
        }

    @property
    def behaviour(self) -> Mapping[str, object]:
        """How Airflow shows the standard fields of a connection."""
        kinds = [kind for _, kind in self.credentials]
        hidden = ["schema", "port", *(() if "basic" in kinds else ("login",)), *(() if kinds else ("password",))]
        secrets = [name for name, kind in self.credentials if kind != "basic"]
        relabeled = {"host": "Base URL"} | ({} if "basic" in kinds or not secrets else {"password": secrets[0]})
        return {"hidden-fields": hidden, "relabeling": relabeled, "placeholders": {"host": self.url}}

    @property
    def jobs(self) -> list[Task]:
        """A task for each job, which waits for it by its id."""
        taken: set[str] = set()
        return [
            self._task(job.noun, f"{job.noun}_job", job.function, job.options, taken) for job in jobs_of(self.functions)
        ]

    @property
    def starts(self) -> list[Task]:
        """A task for each operation that starts a job."""
        starts = StartMethods.of(self.functions, jobs_of(self.functions))
        taken = {task.stem for task in self.jobs}
        return [
            self._task(start.function.name, start.function.name, start.function, starts.options, taken)
            for start in starts.rows
        ]

    @property
    def classes(self) -> list[tuple[str, Task, str]]:
        """The kind, the task and the effect of each operator and sensor, for the README."""
        waits = "waits for a job"
        return [
            *(("operator", task, "starts a job and waits for it") for task in self.starts),
            *(("operator", task, waits) for task in self.jobs),
            *(("sensor", task, waits) for task in self.jobs),
        ]

    @property
    def probe(self) -> tuple[Mapping[str, object], Mapping[str, object]] | None:
        """The call whose status tests a connection, and the arguments of an example; None if no job has an example."""
        plans = {operation["id"]: operation for operation in self.plan["operations"]}
        for task in self.jobs:
            known = {row[0]: row[3] for row in plans[task.function.name]["arguments"]}
            needed = [one for one in (*task.arguments, *task.options) if one.is_required]
            if task.function.operation.method == "GET" and all(one.client_name in known for one in needed):
                parameters = tuple(one.client_name for one in task.arguments)
                options = tuple(one.client_name for one in task.options if one.is_required)
                call = {"method": task.method, "parameters": parameters, "options": options}
                return call, {one.client_name: known[one.client_name] for one in needed}
        return None

    def _task(
        self, name: str, method: str, function: EndpointFunction, waits: Iterable[Option], taken: set[str]
    ) -> Task:
        camel = "".join(part[:1].upper() + part[1:] for part in name.split("_"))
        stem = class_identifier(f"{self.class_name}{camel}", taken, suffix="Job")
        taken.add(stem)
        used = {*RESERVED, *self._own_names(function)}
        keywords = {name: " = " not in source for name, source in function.keywords.items()}
        return Task(
            stem,
            function,
            method,
            [self._argument(function, one, True, used) for one in function.positional],
            sorted(
                (self._argument(function, one, needed, used) for one, needed in keywords.items()),
                key=lambda one: not one.is_required,
            ),
            [option for option in waits if option.name in WAITS],
        )

    def _own_names(self, function: EndpointFunction) -> set[str]:
        """Return the names that a reserved name must not get by an underscore."""
        return {*function.positional, *function.keywords} - RESERVED

    def _argument(self, function: EndpointFunction, name: str, needed: bool, used: set[str]) -> Argument:
        free = name
        while free in RESERVED or (free != name and free in used):
            free += "_"
        used.add(free)
        parameter = function.parameters.get(name)
        if parameter is None:
            return Argument(free, name, "Any", needed, "The body of the request, as JSON.")
        schema = self.document.resolve(parameter.schema) if isinstance(parameter.schema, Mapping) else {}
        kind = schema.get("type") if isinstance(schema, Mapping) else None
        made = TYPES.get(kind, "Any") if isinstance(kind, str) else "Any"
        return Argument(free, name, made, needed, one_line(str(parameter.raw.get("description", ""))))


def write(
    folder: Path,
    label: str,
    documents: Sequence[tuple[Document, list[EndpointFunction]]],
    names: Mapping[str, Names],
    plans: Sequence[Plan],
    chosen: DistributionNames,
    check: Callable[[], object],
) -> None:
    """Write the provider's distribution into a folder. Without a job, nothing is written.

    Args:
        folder: The folder.
        label: The name of the folder of documents, for the banners.
        documents: The documents with their functions.
        names: The Python names of each document, by its stem.
        plans: The plan of the trial of each document.
        chosen: The names of the client's distribution.
        check: Called when the modules are written, before they are formatted.
    """
    products = [
        Connected(document, names[document.stem], functions, plan, chosen)
        for (document, functions), plan in zip(documents, plans, strict=True)
        if jobs_of(functions)
    ]
    if not products:
        return
    values: dict[str, Any] = {"chosen": chosen, "provider": provider_name(chosen), "label": label}
    package = folder / values["provider"]
    banner = distribution.banner(label)
    written = {f"{name}/__init__.py": f'"""{about}"""\n' for name, about in PACKAGES.items()}
    written["__init__.py"] = render("airflow/package_init.py.jinja", **values)
    written["get_provider_info.py"] = render("airflow/get_provider_info.py.jinja", products=products, **values)
    written["triggers/jobs.py"] = render("airflow/triggers.py.jinja", products=products, **values)
    sources = dict.fromkeys(written, banner)
    for product in products:
        module = f"{product.names.package}.py"
        for kind in ("hooks", "operators", "sensors"):
            written[f"{kind}/{module}"] = render(f"airflow/{kind}.py.jinja", product=product, **values)
            sources[f"{kind}/{module}"] = distribution.banner(f"{label}/{product.document.path.name}")
    for name, source in written.items():
        _write(package / name, source)
    _copy_runtime(package / RUNTIME, chosen)
    check()
    format_package(package, [package])
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package).as_posix()
        mark = sources.get(name) or distribution.banner(f"scripts/airflow/{path.name}")
        _write(path, f"# {mark}\n\n{path.read_text(encoding='utf-8')}".rstrip() + "\n")
    at_the_top = {
        "pyproject.toml": render("airflow/pyproject.toml.jinja", **values),
        "README.md": render("airflow/README.md.jinja", products=products, **values),
        f"{values['provider']}/py.typed": "",
        **distribution.licenses(chosen, f"{values['provider']}/{RUNTIME}"),
    }
    for name, source in at_the_top.items():
        mark = f"<!-- {banner} -->" if name.endswith(".md") else f"# {banner}"
        _write(folder / name, f"{mark}\n\n{source}" if source else f"{mark}\n")


def provider_name(chosen: DistributionNames) -> str:
    """Return the name to import the provider: of a client `kiln_client`, `kiln_client_airflow`."""
    return f"{chosen.import_name}_airflow"


def _copy_runtime(target: Path, chosen: DistributionNames) -> None:
    """Copy the hand-written part, which imports the client's distribution there."""
    with as_file(files(airflow)) as folder:
        for source in sorted(folder.glob("*.py")):
            copied = CLIENT_IMPORT.sub(f"from {chosen.import_name}._client", source.read_text(encoding="utf-8"))
            _write(target / source.name, copied)


def _write(path: Path, source: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source, encoding="utf-8", newline="\n")
