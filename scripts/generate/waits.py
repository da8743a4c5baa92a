"""Writes what a client class knows of waiting: the plan of each job, and the methods that wait for it."""

import keyword
from collections.abc import Mapping

from attrs import frozen

from ..document import Document, Job, Keys, Operation, Parameter
from .prose import docstring, indented, sentence

OPTIONS = {
    "timeout": ("float | None = 3600.0", "seconds until the wait is given up, None for no limit. The job goes on."),
    "on_update": (
        "_Callable[[{model}, float | None], object] | None = None",
        "called with the status and the progress, 0 to 100 or None, when either has changed.",
    ),
    "schedule": (
        "_Iterable[float] | None = None",
        "another schedule: due times in seconds after the beginning. The last gap repeats. An iterator serves one job.",
    ),
    "after_run": (
        "_RunId | None = None",
        "the mark of a run, as `current_run()` of a job gives it; that run and those before it do not count.",
    ),
    "not_started_timeout": (
        "float = 30.0",
        "seconds that a job may rest in a state that it does not leave by itself.",
    ),
    "error_timeout": ("float = 120.0", "seconds of nothing but faults, such as 503 or no connection, that are borne."),
    "headers": ("_Mapping[str, str] | None = None", "headers of every request, beside the client's."),
}


@frozen
class Waited:
    """A job as its methods are written: the operation that reports it, and how the generated function takes it."""

    operation: Operation
    model: str
    positional: tuple[str, ...]
    keywords: tuple[str, ...]
    positional_names: tuple[str, ...]
    keyword_names: Mapping[str, str]

    @property
    def job(self) -> Job:
        """What the document says of the job."""
        if self.operation.job is None:
            raise ValueError(f"{self.operation.id} reports no job")
        return self.operation.job

    @property
    def noun(self) -> str:
        """The name of the job: `get_dock_status` reports the `dock_status`."""
        return noun(self.operation)

    @property
    def constant(self) -> str:
        """The name of its plan."""
        return f"_SPEC_{self.noun.upper()}"

    @property
    def options(self) -> tuple[str, ...]:
        """The options that a wait for it takes."""
        left_out = {"after_run": not self.job.run, "not_started_timeout": not self.job.not_started}
        return tuple(name for name in OPTIONS if not left_out.get(name))


def noun(operation: Operation) -> str:
    """What of the name of an operation names its job; all of it where the rest is no name."""
    rest = operation.id.partition("_")[2]
    return rest if rest.isidentifier() and not keyword.iskeyword(rest) else operation.id


def limits(operation: Operation) -> str:
    """The documented limits of an operation, as source."""
    if operation.job is None or not operation.job.limits:
        return ""
    return f", {tuple((limit.requests, limit.per) for limit in operation.job.limits)!r}"


def plan(class_name: str, waited: Waited) -> str:
    """The plan of a job, as source."""
    job, operation = waited.job, waited.operation
    begun = job.timestamps[0] if job.timestamps else None
    optional: dict[str, object] = {
        "not_started": job.not_started,
        "progress": job.progress,
        "reason": job.reason,
        "run": job.run,
        "begun": begun,
        "unknown": _unknown(operation),
        "widest": (waited.keyword_names[job.detail.parameter], job.detail.values[-1]) if job.detail else None,
    }
    rows = [
        f"api={class_name!r}",
        f"operation=_OP_{operation.id.upper()}",
        f"request=_op_{operation.id}._get_kwargs",
        f"read={waited.model}.from_dict",
        *(f"{name}={getattr(job, name)!r}" for name in ("id", "state", "pending", "success", "failure")),
        *(f"{name}={value!r}" for name, value in optional.items() if value),
    ]
    return f"{waited.constant} = _JobSpec({', '.join(rows)})"


def _unknown(operation: Operation) -> tuple[int, str] | None:
    """How a server says for sure that there is no such job, where the document knows an answer that says it for now."""
    found = operation.situation("unknown_id")
    if found is None or operation.situation("temporarily_unknown") is None:
        return None
    response, _, example = found
    samples = [str(e.value) for p in operation.parameters for e in p.examples if e.when == "unknown_id"]
    texts = (
        [value for value in example.value.values() if isinstance(value, str)] if isinstance(example.value, dict) else []
    )
    if not texts or not response.status.isdecimal():
        return None
    text = texts[0]
    for sample in samples:
        text = text.partition(sample)[0]
    return int(response.status), text


def starts(document: Document, models: Mapping[str, str], waited: Mapping[str, Waited]) -> str:
    """What each class of a start's answer leads to, as source; empty where nothing starts a job."""
    rows = []
    for operation in document.operations:
        if operation.is_start:
            links = "".join(
                f"_Link({waited[link.operation_id].constant}, {_link_paths(waited[link.operation_id], link.parameters)!r}),"
                for response in operation.responses
                for link in response.follow
            )
            rows.append(f"{models[operation.id]}: _Start({operation.id!r}, ({links})),")
    return f"_STARTS: _Starts = {{{' '.join(rows)}}}" if rows else ""


def _link_paths(waited: Waited, parameters: Mapping[str, Keys]) -> tuple[Keys, ...]:
    return tuple(parameters[name] for name in path_order(waited.operation))


def path_order(operation: Operation) -> list[str]:
    """The path parameters in the order of the path, which is that of the generated function."""
    names = [parameter.name for parameter in operation.parameters_in("path")]
    return sorted(names, key=lambda name: operation.path.index(f"{{{name}}}"))


def methods(waited: Waited, parameters: Mapping[str, Parameter], *, asynchronous: bool) -> str:
    """The methods that wait for a job by its id."""
    kind = "_AsyncJob" if asynchronous else "_Job"
    noun = waited.noun
    signature = _signature(waited, (*waited.positional, "*", *waited.keywords))
    values = "".join(f"{name}, " for name in waited.positional_names)
    arguments = ", ".join(f"{name!r}: {name}" for name in waited.keyword_names.values())
    passed = ", ".join(
        [*waited.positional_names, *(f"{name}={name}" for name in (*waited.keyword_names.values(), *waited.options))]
    )
    described = [f"{name}: {sentence(parameter.raw.get('description', ''))}" for name, parameter in parameters.items()]
    job_doc = docstring(
        f"The job of that id, to be waited for now or with others. Its time runs from here. "
        f"See `wait_for_{noun}` for the arguments."
    )
    return f"""\
def {noun}_job({signature}) -> {kind}[{waited.model}]:
{indented(job_doc)}
    return {kind}(self, {waited.constant}, ({values}), timeout=timeout, schedule=schedule, options=_options({{{arguments}}}, {_told(waited)}))

{_def(asynchronous)} wait_for_{noun}({signature}) -> {waited.model}:
{indented(_wait_doc(waited, described, f"Waits until the job reported by `{waited.operation.id}` has ended."))}
    {_waiting(f"self.{noun}_job({passed})", asynchronous)}
"""


def _def(asynchronous: bool) -> str:
    return "async def" if asynchronous else "def"


def _waiting(made: str, asynchronous: bool) -> str:
    return f"return {'await ' if asynchronous else ''}{made}.wait()"


def start_methods(
    document: Document, models: Mapping[str, str], waited: Mapping[str, Waited], *, asynchronous: bool
) -> str:
    """The methods that follow a start: one overload for each class of answers."""
    kind = "_AsyncJob" if asynchronous else "_Job"
    started: list[tuple[str, list[Waited]]] = []
    for operation in document.operations:
        if operation.is_start:
            ids = dict.fromkeys(link.operation_id for r in operation.responses for link in r.follow)
            started.append((models[operation.id], [waited[name] for name in ids]))
    if not started:
        return ""
    every = list({target.noun: target for _, targets in started for target in targets}.values())
    union = " | ".join(dict.fromkeys(target.model for target in every))
    options = [name for name in OPTIONS if name != "after_run" and any(name in target.options for target in every)]
    job_overloads, wait_overloads = [], []
    word = _def(asynchronous)
    for answer, targets in started if len(started) > 1 else ():
        model = " | ".join(dict.fromkeys(target.model for target in targets))
        signature = _own(options, f"started: {answer}", model)
        job_overloads.append(f"@_overload\ndef job({signature}) -> {kind}[{model}]: ...\n")
        wait_overloads.append(f"@_overload\n{word} wait({signature}) -> {model}: ...\n")
    answers = " | ".join(answer for answer, _ in started)
    # The overloads tell the types where there are several.
    model = union if len(started) == 1 else "_Any"
    signature = _own(options, f"started: {answers}", union)
    told = ", ".join(f"{name}={name}" for name in options if name in {"not_started_timeout", "error_timeout"})
    passed = ", ".join(["started", *(f"{name}={name}" for name in options)])
    names = " or ".join(f"`{operation.id}`" for operation in document.operations if operation.is_start)
    rows = [f"started: what {names} has answered.", *(f"{name}: {OPTIONS[name][1]}" for name in options)]
    raises = [
        *_raises(any(target.job.not_started for target in every)),
        "UnexpectedResponseError: the answer names no job.",
    ]
    doc = docstring(
        f"Waits until the job that {names} has started has ended.",
        "The job is read at least once, also when the start has answered that it is done.",
        [("Args", "\n".join(rows)), ("Returns", "The last status of the job."), ("Raises", "\n".join(raises))],
    )
    job_doc = docstring("The job that a start has begun. Its time runs from here. See `wait` for the arguments.")
    return f"""\
{chr(10).join(job_overloads)}
def job({signature}) -> {kind}[{model}]:
{indented(job_doc)}
    return _follow({kind}, self, _STARTS, started, timeout, schedule, _options({{}}, headers, on_update, {told}))

{chr(10).join(wait_overloads)}
{word} wait({signature}) -> {model}:
{indented(doc)}
    {_waiting(f"self.job({passed})", asynchronous)}
"""


def resume_method(waited: Mapping[str, Waited], *, asynchronous: bool) -> str:
    """The method that goes on from a token."""
    kind = "_AsyncJob" if asynchronous else "_Job"
    union = " | ".join(dict.fromkeys(w.model for w in waited.values()))
    plans = "".join(f"{w.constant}, " for w in waited.values())
    rows = [
        "token: what `token()` of a job has given, in this process or another, or the `token` of an error.",
        "timeout: seconds from now, instead of the token's deadline.",
        *(f"{name}: {OPTIONS[name][1]}" for name in ("on_update", "schedule", "headers")),
    ]
    doc = docstring(
        "The job of a resume token: with its beginning, its run and its deadline.",
        "",
        [("Args", "\n".join(rows)), ("Raises", "InvalidArgumentError: it is no token of this API.")],
    )
    on_update = OPTIONS["on_update"][0].format(model=union)
    return f"""\
def resume(self, token: str, *, timeout: float | None = None, on_update: {on_update}, schedule: _Iterable[float] | None = None, headers: _Mapping[str, str] | None = None) -> {kind}[{union}]:
{indented(doc)}
    return _resume({kind}, self, ({plans}), token, timeout, schedule, _options({{}}, headers, on_update))
"""


def _signature(waited: Waited, own: tuple[str, ...]) -> str:
    return ", ".join(["self", *own, *(_option(name, waited.model) for name in waited.options)])


def _own(options: list[str], first: str, model: str) -> str:
    return ", ".join(["self", first, "*", *(_option(name, model) for name in options)])


def _option(name: str, model: str) -> str:
    return f"{name}: {OPTIONS[name][0].format(model=model)}"


def _told(waited: Waited) -> str:
    named = [name for name in ("after_run", "not_started_timeout", "error_timeout") if name in waited.options]
    return ", ".join(["headers", "on_update", *(f"{name}={name}" for name in named)])


def _raises(not_started: bool) -> list[str]:
    resting = ["JobNotStartedError: it rests in a state that it does not leave by itself."] if not_started else []
    return [
        "JobFailedError: the job has ended badly.",
        "JobTimeoutError: the time is over; the job goes on.",
        *resting,
        "CallError: the API has refused, or could not be reached for too long.",
    ]


def _wait_doc(waited: Waited, described: list[str], title: str) -> str:
    operation = waited.operation
    rows = [*described, *(f"{name}: {OPTIONS[name][1]}" for name in waited.options)]
    words = ", ".join((*waited.job.success, *waited.job.failure))
    return docstring(
        title,
        f"The state is final once it reads {words}. Words that are not known count as pending.",
        [
            ("Args", "\n".join(rows)),
            ("Returns", "The last status of a job that has ended well."),
            ("Raises", "\n".join(_raises(bool(waited.job.not_started)))),
        ],
        str(operation.raw.get("externalDocs", {}).get("url", "")),
    )
