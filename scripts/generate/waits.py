"""The waiting part of a client class: the specification of each job, and the methods that wait for it."""

import keyword
from collections.abc import Iterable, Mapping, Sequence

from attrs import frozen

from ..document import JobLifecycle, Keys, Operation
from .generated_source import EndpointFunction, path_order
from .options import WAIT_OPTION, WAIT_OPTIONS, Option

# The options of a wait that are options of its polls. `headers` and `on_update` are too, in every wait.
POLL_OPTIONS = ("after_run", "not_started_timeout", "error_timeout")


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
        """The class of the status."""
        return self.function.model

    @property
    def job(self) -> JobLifecycle:
        """The lifecycle of the job."""
        if self.operation.job is None:
            raise ValueError(f"{self.operation.id} reports no job")
        return self.operation.job

    @property
    def noun(self) -> str:
        """The name of the job: `get_dock_status` reports the `dock_status`."""
        return job_noun(self.operation)

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
        omitted = {"after_run": not self.job.run, "not_started_timeout": not self.can_be_not_started}
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
    def keyword_values(self) -> str:
        """The dict of these arguments, as source."""
        return "{" + ", ".join(f"{name!r}: {name}" for name in self.keyword_names.values()) + "}"

    @property
    def signature(self) -> str:
        """The parameters of the methods, as source."""
        return self.function.signature(self.options, self.model)

    @property
    def passed(self) -> str:
        """The arguments that one method passes to the other, as source."""
        names = (*self.keyword_names.values(), *(option.name for option in self.options))
        return ", ".join([*self.function.positional, *(f"{name}={name}" for name in names)])

    @property
    def final_states(self) -> tuple[str, ...]:
        """The states that end the job."""
        return (*self.job.success, *self.job.failure)

    @property
    def spec(self) -> Mapping[str, object]:
        """The arguments of its specification that are literals."""
        job = self.job
        optional: dict[str, object] = {
            "not_started": job.not_started,
            "progress": job.progress,
            "reason": job.reason,
            "run": job.run,
            "requested_at": job.timestamps[0] if job.timestamps else None,
            "unknown": _definitely_unknown(self.operation),
            "full_view": (self.keyword_names[job.detail.parameter], job.detail.values[-1]) if job.detail else None,
        }
        required = {name: getattr(job, name) for name in ("id", "state", "pending", "success", "failure")}
        return required | {name: value for name, value in optional.items() if value}


@frozen
class Link:
    """A link from the response of a start operation to the job that it has started."""

    job: JobMethods
    paths: tuple[Keys, ...]


@frozen
class Start:
    """A start operation: the class of its response, its links, and the signature of its overload."""

    operation: Operation
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
        starts = [function for function in functions if function.operation.is_start]
        links = [
            tuple(
                _link(by_id[link.operation_id], link.parameters)
                for response in start.operation.responses
                for link in response.links
            )
            for start in starts
        ]
        used = {option for listed in links for link in listed for option in link.job.options}
        options = tuple(option for option in WAIT_OPTIONS if option in used and option.name != "after_run")
        rows = (Start(s.operation, s.model, listed, options) for s, listed in zip(starts, links, strict=True))
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
        return " or ".join(f"`{start.operation.id}`" for start in self.rows)

    @property
    def can_be_not_started(self) -> bool:
        """Whether a started job may have a state before its start."""
        return any(job.can_be_not_started for job in self._jobs)

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


def job_noun(operation: Operation) -> str:
    """Return the name of the job in the name of its operation, or the entire name if the rest is not a name."""
    rest = operation.id.partition("_")[2]
    return rest if rest.isidentifier() and not keyword.iskeyword(rest) else operation.id


def _link(job: JobMethods, parameters: Mapping[str, Keys]) -> Link:
    return Link(job, tuple(parameters[name] for name in path_order(job.operation)))


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
