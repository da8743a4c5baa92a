"""The waiting part of a client class: the specification of each job, and the methods that wait for it."""

import re
from collections.abc import Iterable, Mapping, Sequence

from attrs import frozen

from ..document import Expression, FieldTest, JobLifecycle, Operation
from ..document import Link as DocumentLink
from .generated_source import EndpointFunction
from .options import WAIT_OPTION, WAIT_OPTIONS, Option

# The options of a wait that are options of its polls. `headers` and `on_update` are too, in every wait.
POLL_OPTIONS = ("after_run", "not_started_timeout", "error_timeout", "raise_on_partial")
# The types of keyword arguments that are the same in JSON.
PLAIN = frozenset({"str", "int", "float", "bool", "None", "Unset", "UUID", "Any", "list", "dict"})


@frozen
class JobMethods:
    """The methods that wait for one job, whose status the function requests."""

    function: EndpointFunction

    @property
    def operation(self) -> Operation:
        """The operation that reports the job."""
        return self.function.operation

    @property
    def model(self) -> str:
        """The type of the status, as source."""
        return self.function.model

    @property
    def parse(self) -> str:
        """What creates the status from a JSON body, as source."""
        return "_same" if self.model == "None" else f"{next(iter(self.function.result.models))}.from_dict"

    @property
    def job(self) -> JobLifecycle:
        """The lifecycle of the job."""
        if self.operation.job is None:
            raise ValueError(f"{self.operation.id} reports no job")
        return self.operation.job

    @property
    def noun(self) -> str:
        """The name of the job: `get_dock_status` reports the `dock_status`."""
        return self.function.noun

    @property
    def names(self) -> tuple[str, str]:
        """The names of the methods."""
        return f"wait_for_{self.noun}", f"{self.noun}_job"

    @property
    def spec_name(self) -> str:
        """The name of its specification in the source."""
        return f"_SPEC_{self.noun.upper()}"

    @property
    def can_be_not_started(self) -> bool:
        """Whether the job has a state before its start."""
        return bool(self.job.not_started)

    @property
    def options(self) -> tuple[Option, ...]:
        """The options of a wait for it."""
        omitted = {
            "after_run": not self.job.run,
            "not_started_timeout": not self.can_be_not_started,
            "raise_on_partial": not self.job.partial,
        }
        return tuple(option for option in WAIT_OPTIONS if not omitted.get(option.name))

    @property
    def poll_options(self) -> list[str]:
        """The options of its polls."""
        return [name for name in POLL_OPTIONS if WAIT_OPTION[name] in self.options]

    @property
    def keyword_names(self) -> Mapping[str, str]:
        """The Python names of the parameters that are keyword arguments, by name in the document."""
        keywords = self.function.keywords
        return {p.name: python for python, p in self.function.parameters.items() if python in keywords}

    @property
    def converters(self) -> Mapping[str, str]:
        """The class of each keyword argument that is not the same in JSON, such as an enum or a body."""
        found = {}
        for name, source in self.function.keywords.items():
            annotation = source.partition(":")[2].partition(" = ")[0]
            classes = set(re.findall(r"[\w.]+", annotation)) - PLAIN
            if len(classes) == 1 and not {"list", "dict"} & set(re.findall(r"\w+", annotation)):
                found[name] = classes.pop()
        return found

    @property
    def signature(self) -> str:
        """The parameters of the methods, as source."""
        return self.function.signature(self.options, self.model)

    @property
    def passed(self) -> str:
        """The arguments that one method passes to the other, as source."""
        names = (*self.function.keywords, *(option.name for option in self.options))
        return ", ".join([*self.function.positional, *(f"{name}={name}" for name in names)])

    @property
    def final_states(self) -> tuple[str, ...]:
        """The states that end the job."""
        return (*self.job.success, *self.job.partial, *self.job.failure)

    @property
    def spec(self) -> Mapping[str, object]:
        """The arguments of its specification that are literals."""
        job = self.job
        bodies = self.function.view.successes.items() if job.conditions else ()
        lists = {"pending": job.pending, "success": job.success, "failure": job.failure, "partial": job.partial}
        found: dict[str, object] = {
            "state": job.state,
            **({} if job.conditions else lists),
            "not_started": job.not_started,
            "conditions": tuple((condition.kind, tests(condition.tests)) for condition in job.conditions),
            "without_body": tuple(status for status, body in bodies if body.form != "json"),
            "progress_of": job.progress.of if job.progress and job.progress.of != 100 else None,
            "progress": job.progress.at if job.progress else None,
            "reason": job.reason,
            "run": job.run,
            "requested_at": job.timestamps[0] if job.timestamps else None,
            "unknown": _definitely_unknown(self.operation),
            "full_view": (self.keyword_names[job.detail.parameter], job.detail.values[-1]) if job.detail else None,
        }
        return {name: value for name, value in found.items() if value}


@frozen
class Link:
    """A link from the response of a start operation to the job that it has started.

    Attributes:
        job: The job.
        values: The name in the document, and the expression, of each parameter that names the job.
        arguments: The same of its other parameters, by keyword argument.
    """

    job: JobMethods
    values: tuple[object, ...]
    arguments: Mapping[str, object]

    @property
    def literals(self) -> tuple[tuple[object, ...], dict[str, object]]:
        """The arguments of its constant in the source, positional and by keyword."""
        keywords: dict[str, object] = {"arguments": dict(self.arguments)} if self.arguments else {}
        return (self.values, f"wait_for_{self.job.noun}", self.job.operation.path), keywords


@frozen
class Start:
    """A start operation: the class of its response, its links, and the signature of its overload."""

    function: EndpointFunction
    model: str
    links: tuple[Link, ...]
    options: tuple[Option, ...]

    @property
    def status(self) -> str:
        """The type of the status of the started job, as source."""
        return _union(link.job.model for link in self.links)

    @property
    def signature(self) -> str:
        """The parameters of an overload, as source."""
        return _start_signature(self.model, self.options, self.status)


@frozen
class StartMethods:
    """The methods that wait for a started job, with an overload for each start operation if there are several."""

    rows: tuple[Start, ...]
    options: tuple[Option, ...]

    @classmethod
    def of(cls, functions: Iterable[EndpointFunction], jobs: Iterable[JobMethods]) -> "StartMethods":
        """Return the methods for the start operations of a document."""
        by_id = {job.operation.id: job for job in jobs}
        linked = [
            (
                function,
                tuple(
                    _link(function, by_id[link.operation_id], link)
                    for response in function.operation.responses
                    for link in response.links
                    if link.operation_id in by_id
                ),
            )
            for function in functions
        ]
        starts = [(function, links) for function, links in linked if links]
        used = {option for _, links in starts for link in links for option in link.job.options}
        options = tuple(option for option in WAIT_OPTIONS if option in used and option.name != "after_run")
        rows = (Start(function, function.model, links, options) for function, links in starts)
        return cls(tuple(rows), options)

    @property
    def overloads(self) -> tuple[Start, ...]:
        """The start operations that need an overload."""
        return self.rows if len(self.rows) > 1 else ()

    @property
    def status(self) -> str:
        """The return type, as source. The overloads declare the type if there are several."""
        return "_Any" if self.overloads else self.rows[0].status

    @property
    def signature(self) -> str:
        """The parameters of the methods, as source."""
        models = " | ".join(start.model for start in self.rows)
        return _start_signature(models, self.options, _union(job.model for job in self._jobs))

    @property
    def poll_options(self) -> list[str]:
        """The options of the polls."""
        return [name for name in POLL_OPTIONS if WAIT_OPTION[name] in self.options]

    @property
    def operation_names(self) -> str:
        """The start operations, for docstrings."""
        return " or ".join(f"`{start.function.name}`" for start in self.rows)

    @property
    def can_be_not_started(self) -> bool:
        """Whether a started job may have a state before its start."""
        return any(job.can_be_not_started for job in self._jobs)

    @property
    def can_be_partial(self) -> bool:
        """Whether a started job may succeed in part."""
        return any(job.job.partial for job in self._jobs)

    @property
    def _jobs(self) -> list[JobMethods]:
        return [link.job for start in self.rows for link in start.links]


@frozen
class ResumeMethod:
    """The method that continues from a resume token."""

    jobs: Sequence[JobMethods]

    @property
    def options(self) -> list[Option]:
        """Its options."""
        return [WAIT_OPTION[name] for name in ("on_update", "schedule", "headers")]

    @property
    def status(self) -> str:
        """The type of the status, as source."""
        return _union(job.model for job in self.jobs)

    @property
    def parameters(self) -> str:
        """The parameters of its options, as source."""
        return ", ".join(option.parameter(model=self.status) for option in self.options)


def tests(found: Iterable[FieldTest]) -> tuple[object, ...]:
    """Return the tests of a response as literals."""
    return tuple((t.expression.source, t.expression.keys, t.values if t.present is None else t.present) for t in found)


def _link(start: EndpointFunction, job: JobMethods, link: DocumentLink) -> Link:
    wires = {python: parameter.name for python, parameter in job.function.parameters.items()}
    found = {
        python: (wire, _expression(start, link.parameters[wire]))
        for python, wire in wires.items()
        if wire in link.parameters
    }
    values = tuple(found[python] for python in job.function.positional)
    return Link(job, values, {python: found[python] for python in job.function.keywords if python in found})


def _expression(start: EndpointFunction, expression: Expression) -> tuple[object, ...]:
    """Return an expression as literals; a parameter in the path is named as in Python."""
    if expression.source == "constant":
        return expression.source, (expression.value,)
    if expression.source == "request.path":
        return expression.source, (start.argument(expression.keys[0]),)
    return expression.source, expression.keys


def _definitely_unknown(operation: Operation) -> tuple[int, str] | None:
    """Return how a server says that a job definitely does not exist, if the document also describes a temporary 404."""
    found = operation.scenario("unknown_id")
    if found is None or operation.scenario("temporarily_unknown") is None:
        return None
    response, _, example = found
    samples = [str(e.value) for p in operation.parameters for e in p.examples if e.scenario == "unknown_id"]
    body = example.value if isinstance(example.value, dict) else {}
    messages = [value for value in body.values() if isinstance(value, str)]
    if not messages or not response.status.isdecimal():
        return None
    text = messages[0]
    for sample in samples:
        text = text.partition(sample)[0]
    return int(response.status), text


def _union(models: Iterable[str]) -> str:
    return " | ".join(dict.fromkeys(models))


def _start_signature(models: str, options: Iterable[Option], status: str) -> str:
    return ", ".join(["self", f"started: {models}", "*", *(option.parameter(model=status) for option in options)])
