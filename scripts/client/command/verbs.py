"""The commands `wait`, `get`, `start` and `resume`: arguments become jobs, which are followed or read once."""

from __future__ import annotations

import argparse
import hashlib
import json
import queue
import shlex
import threading
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from ..auth import redact_json
from ..errors import InvalidArgumentError, JobError, JobStatusError
from ..polling.learned import LearnedSchedule
from ..polling.run_id import RunId
from ..started import origin_of
from . import github
from .follow import Follower, remaining
from .job import Followed, exit_of
from .output import Results, print_error, to_json
from .parser import credential_destination, destination, wait_parser
from .resume_file import ResumeFile
from .settings import Profiles, Settings, option_of
from .status import RUNNING, UNKNOWN, CommandError, StoppedError, worst
from .table import Distribution, Job, Parameter, Product, Start
from .values import STDIN, from_json, from_text, positional, read_file, read_json

READERS: Final = 8  # requests in flight of `get`


class _Command:
    """What the commands of one product share.

    Args:
        distribution: The distribution.
        product: The product.
        parsed: The parsed arguments.
        argv: The arguments as written.
        entry: What the command is applied to, None if a file says that.
    """

    def __init__(
        self,
        distribution: Distribution,
        product: Product,
        parsed: argparse.Namespace,
        argv: Sequence[str],
        entry: Job | Start | None = None,
    ) -> None:
        self.distribution = distribution
        self.product = product
        self.entry = entry
        self.parsed = parsed
        self.argv = argv
        self.content: Any = None  # of `--body`
        files = {one.keyword: self._given(credential_destination(one.keyword)) for one in product.credentials}
        self.files = {keyword: name for keyword, name in files.items() if name is not None}
        self._check_stdin()
        profiles = Profiles(distribution.program)
        self.settings = Settings(distribution, product, profiles, parsed.profile, parsed.url, self.files)

    def _given(self, name: str) -> Any:
        return getattr(self.parsed, name, None)

    def _check_stdin(self) -> None:
        """Refuse several arguments that read stdin."""
        ids = ["the ids"] if STDIN in (self._given("ids") or ()) else []
        files = [option_of(c) for c in self.product.credentials if self.files.get(c.keyword) == STDIN]
        readers = [*ids, *(["--body"] if self._given("body") == STDIN else []), *files]
        if len(readers) > 1:
            raise CommandError(f"only one of {', '.join(readers)} can be read from stdin")

    def ids(self, job: Job) -> list[str]:
        """Return the ids of the arguments, or of stdin, each once."""
        given = list(self.parsed.ids)
        if STDIN in given:
            if given != [STDIN]:
                raise CommandError("expected ids or - for stdin, got both")
            given = [line.strip() for line in read_file(STDIN, "ids").splitlines() if line.strip()]
        if not given:
            name = job.parameters[job.id].name
            raise CommandError(f"expected at least one {name}; pass it, or - to read one per line of stdin")
        return [positional(job.parameters[job.id], one) for one in dict.fromkeys(given)]

    def values(self, job: Job, name: str) -> tuple[str, ...]:
        """Return the values of the parameters that name a job with this id."""
        return tuple(
            name if number == job.id else self.positional(parameter) for number, parameter in enumerate(job.parameters)
        )

    def positional(self, parameter: Parameter) -> str:
        """Return the value of a positional argument."""
        return positional(parameter, self._given(destination(parameter)))

    def keywords(self, method: Callable[..., Any], options: Sequence[Parameter], body: str) -> dict[str, Any]:
        """Return the keyword arguments of a method from the options of its operation."""
        hints = typing.get_type_hints(method)
        found: dict[str, Any] = {}
        for parameter in options:
            value = self._given(destination(parameter))
            if value is None:
                continue
            hint = hints.get(parameter.python, Any)
            try:
                found[parameter.python] = self._converted(value, hint, parameter.json)
            except CommandError as error:
                raise CommandError(f"--{parameter.python.strip('_').replace('_', '-')}: {error}") from None
        if body and self.parsed.body is not None:
            self.content = read_json(self.parsed.body, "--body")
            try:
                found["body"] = from_json(self.content, hints.get("body", Any))
            except CommandError as error:
                raise CommandError(f"--body: {error}") from None
        return found

    def _converted(self, value: Any, hint: Any, as_json: str) -> Any:
        if isinstance(value, bool):
            return value
        if isinstance(value, list):
            (element,) = next(
                (typing.get_args(one) for one in (hint, *typing.get_args(hint)) if typing.get_origin(one) is list),
                (Any,),
            )
            return [from_text(one, element, as_json) for one in value]
        return from_text(value, hint, as_json)

    def wait_options(self, *names: str) -> dict[str, Any]:
        """Return the options of a wait that are given."""
        found = {name: self._given(name) for name in names}
        options = {name: value for name, value in found.items() if value is not None}
        if hasattr(self.parsed, "timeout"):
            options["timeout"] = self.parsed.timeout
        if (run := self._given("after_run")) is not None:
            options["after_run"] = _run(run)
        if (path := self._given("schedule")) is not None:
            options["schedule"] = _schedule(path)
        return options

    def start_identity(self, entry: Start) -> str:
        """Return what differs between two starts: a digest, because a body may contain secrets."""
        url = self.settings.url()
        given = {one.python: self._given(destination(one)) for one in (*entry.parameters, *entry.options)}
        what = [self.product.class_name, entry.method, url and url.value.rstrip("/"), given, self.content]
        return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()

    def again(self) -> str:
        """Return this command."""
        return self._shown(self.argv)

    def wait_command(self, left: Sequence[Followed], **changed: Any) -> str:
        """Return the command that waits for jobs of one kind: with the options of this one, but for other values."""
        first = left[0]
        given = vars(self.parsed)
        if isinstance(self.entry, Start):
            # Its parameters and its body are not those of the status.
            arguments = json.loads(first.handle.token())["arguments"]
            given = {name: value for name, value in given.items() if not name.startswith("parameter:")}
            given |= {"body": None, **{f"parameter:{name}": value for name, value in arguments.items()}}
        values = {destination(one): value for one, value in zip(first.job.parameters, first.values, strict=True)}
        ids = given.get("ids")
        if ids != [STDIN]:
            ids = [one.values[first.job.id] for one in left]
        written = wait_parser("", first.product, first.job).written({**given, **values, "ids": ids, **changed})
        return self._shown(["wait", first.product.name, first.job.name, *written])

    def _shown(self, arguments: Sequence[str]) -> str:
        shown = shlex.join([self.distribution.program, *arguments])
        return f"{shown}, with the same stdin" if STDIN in arguments else shown


def _schedule(path: str) -> LearnedSchedule:
    """Return the learned schedule of a file."""
    try:
        return LearnedSchedule.load(path)
    except InvalidArgumentError as error:
        raise CommandError(f"--schedule: {error}") from None
    except (OSError, ValueError) as error:  # such as a null character in the path
        raise CommandError(f"--schedule: {path}: {getattr(error, 'strerror', None) or error}") from None


def _run(text: str) -> RunId:
    """Return the run that `get --run` has printed, itself or in a file."""
    content = text if text.lstrip().startswith("{") else read_file(text, "--after-run")
    try:
        raw = json.loads(content)
        ids, requested_at = raw["ids"], raw["requested_at"]
        if not isinstance(ids, list) or not isinstance(requested_at, int | float | None):
            raise TypeError
    except (ValueError, TypeError, KeyError, RecursionError):
        raise CommandError(f"--after-run: expected what `get --run` prints, got {text[:100]!r}") from None
    return RunId(tuple(ids), None if requested_at is None else float(requested_at))


def wait(
    distribution: Distribution, product: Product, job: Job, parsed: argparse.Namespace, argv: Sequence[str]
) -> int:
    """Wait for the jobs with the given ids, and return the exit status."""
    command = _Command(distribution, product, parsed, argv, job)
    ids = command.ids(job)
    file = ResumeFile(parsed.resume) if parsed.resume else None
    options = command.wait_options("error_timeout", "not_started_timeout", "max_rate")
    rate = options.pop("max_rate", None)
    with command.settings.client() as api:
        method = getattr(api, f"{job.noun}_job")
        keywords = command.keywords(method, job.options, job.body)
        jobs = []
        for name in ids:
            followed, values = Followed(product, job), command.values(job, name)
            followed.handle = _checked(method, *values, **keywords, **options, on_update=followed.changed)
            if file and (token := file.take(followed)):
                followed.handle = _continued(api, token, options, followed)
            jobs.append(followed)
        return _follow(command, jobs, file, rate)


def _continued(api: Any, token: str, options: Mapping[str, Any], followed: Followed) -> Any:
    """Return the handle of a job in a file of `--resume`. Its deadline stays, unless `--timeout` ends earlier."""
    handle = _checked(api.resume, token, schedule=options.get("schedule"), on_update=followed.changed)
    if (timeout := options.get("timeout")) is not None:
        poller = handle.__poller__
        poller.limit(poller.core.settings.clock.now() + timeout)
    return handle


def _follow(
    command: _Command,
    jobs: Sequence[Followed],
    file: ResumeFile | None,
    rate: float | None,
    announcement: str = "",
) -> int:
    parsed, program = command.parsed, command.distribution.program

    def resume_command(left: Sequence[Followed]) -> str:
        return command.again() if file else command.wait_command(left, timeout=remaining(left[0]))

    follower = Follower(
        jobs,
        until=getattr(parsed, "until", "all"),
        output=parsed.output,
        resume=file,
        max_rate=rate,
        resume_command=resume_command,
    )
    return follower.run(shlex.join([program, *command.argv[:3]]), quiet=parsed.quiet, announcement=announcement)


def get(distribution: Distribution, product: Product, job: Job, parsed: argparse.Namespace, argv: Sequence[str]) -> int:
    """Read the status of the jobs with the given ids once, and return the exit status."""
    command = _Command(distribution, product, parsed, argv, job)
    ids, results = command.ids(job), Results()
    prints_run = getattr(parsed, "run", False)
    if prints_run and len(ids) > 1:
        raise CommandError("--run takes one id")
    with command.settings.client() as api:
        method = getattr(api, f"{job.noun}_job")
        keywords = command.keywords(method, job.options, job.body)
        jobs = [Followed(product, job) for _ in ids]
        for followed, name in zip(jobs, ids, strict=True):
            values = command.values(job, name)
            followed.handle = _checked(method, *values, **keywords)
        if prints_run:
            run = _sent(jobs[0].handle.current_run)
            results.print(to_json({"ids": list(run.ids), "requested_at": run.requested_at}))
            return 0
        for followed in _looked(jobs):
            results.print(followed.row(parsed.output))
            if followed.problem:
                print_error(followed.problem)
    github.report([followed for followed in jobs if followed.exit != RUNNING])
    return worst(followed.exit for followed in jobs if followed.exit is not None)


def _looked(jobs: Sequence[Followed]) -> Iterator[Followed]:
    """Read the status of each job, several at once, and yield the jobs in their order.

    The threads are daemons: the end of the command does not wait for a server that does not respond.
    """
    left, done = iter(jobs), queue.SimpleQueue[Followed | BaseException]()
    lock = threading.Lock()

    def look() -> None:
        while True:
            with lock:
                job = next(left, None)
            if job is None:
                return
            try:
                _look(job)
            except BaseException as error:
                done.put(error)
                return
            done.put(job)

    for _ in range(min(READERS, len(jobs))):
        threading.Thread(target=look, name="job-status-reader", daemon=True).start()
    ready: set[int] = set()
    for job in jobs:
        while id(job) not in ready:
            found = done.get()
            if isinstance(found, BaseException):
                raise found
            ready.add(id(found))
        yield job


def _look(job: Followed) -> None:
    try:
        job.handle.poll_once()
    except JobStatusError as error:
        job.end(error)
    else:
        job.look()


def start(
    distribution: Distribution, product: Product, entry: Start, parsed: argparse.Namespace, argv: Sequence[str]
) -> int:
    """Start a job, unless a file of an interrupted command has it already; wait for it with `--wait`."""
    command = _Command(distribution, product, parsed, argv, entry)
    _check_wait_options(parsed)
    file = ResumeFile(parsed.resume) if parsed.resume else None
    options = command.wait_options("error_timeout", "not_started_timeout", "max_rate")
    rate = options.pop("max_rate", None)
    with command.settings.client() as api:
        followed = Followed(product, product.jobs[0])
        values = [command.positional(parameter) for parameter in entry.parameters]
        method = getattr(api, entry.method)
        keywords = command.keywords(method, entry.options, entry.body)
        response = None
        if file and (token := file.take_start(followed, command.start_identity(entry))):
            print_error(f"{distribution.program}: continuing the job of {file.path}; nothing is started")
            followed.handle = _continued(api, token, options, followed)
        else:
            try:
                response = _sent(method, *values, **keywords)
                followed.handle = _sent(api.job, response, **options, on_update=followed.changed)
            except StoppedError:
                print_error(_unknown_start(distribution.program, product, entry))
                raise
        operation = followed.handle.__poller__.spec.operation.id
        followed.job = next(job for job in product.jobs if job.operation == operation)
        if file:
            file.save([followed], now=True)
        if parsed.wait:
            return _follow(command, [followed], file, rate, f"started: {followed.name}" if response is not None else "")
        timeout = remaining(followed) if hasattr(parsed, "timeout") else None
        try:
            Results().print(_started(followed, response, parsed.output))
        finally:
            # Also if stdout fails: nothing else says which job has been started.
            print_error(f"wait for it with: {command.wait_command([followed], timeout=timeout)}")
        return 0


def _check_wait_options(parsed: argparse.Namespace) -> None:
    """Refuse options of a wait without a wait, now or later with the same file."""
    names = ("error_timeout", "not_started_timeout", "max_rate", "schedule")
    given = [name for name in names if getattr(parsed, name, None) is not None]
    given += ["timeout"] if "timeout" in parsed else []  # None: no deadline
    if given and not (parsed.wait or parsed.resume):
        raise CommandError(f"--{given[0].replace('_', '-')} is of a wait; add --wait, or --resume FILE")


def _unknown_start(program: str, product: Product, entry: Start) -> str:
    """Return what to do after a signal in the request of a start."""
    ways = [f"{program} get {product.name} {name} ..." for name in entry.jobs]
    return (
        f"{program}: the start may have been received, and whether the job runs is unknown; look for it before "
        f"starting another one, once its id is known with: {' or '.join(ways)}"
    )


def _started(job: Followed, response: Any, output: str) -> str:
    """Return the line of stdout about a started job."""
    if output == "text":
        return job.id
    names = [parameter.name for parameter in job.job.parameters]
    origin = origin_of(response)
    shown = {
        "api": job.product.name,
        "job": job.job.name,
        "id": job.values[job.job.id],
        "parameters": dict(zip(names, job.values, strict=True)),
        "http_status": origin.status if origin else None,
        "response": json.loads(
            redact_json(json.dumps(_plain(response)), job.handle.__poller__.core.authenticator.redact)
        ),
    }
    return to_json(shown)


def _plain(response: Any) -> Any:
    return response.to_dict() if hasattr(response, "to_dict") else None


def resume(distribution: Distribution, parsed: argparse.Namespace, argv: Sequence[str]) -> int:
    """Continue the waits of a file, and return the exit status."""
    file = ResumeFile(parsed.file)
    if not file.others:
        raise CommandError(f"{file.path} has no resume tokens; its jobs have ended, or the path is another one")
    by_class = {product.class_name: product for product in distribution.products}
    apis = list(dict.fromkeys(token["api"] for token in file.others.values()))
    if unknown := [api for api in apis if api not in by_class]:
        raise CommandError(
            f"{file.path} has tokens of {', '.join(map(str, unknown))}, which {distribution.program} lacks"
        )
    if parsed.url and len(apis) > 1:
        raise CommandError(f"--url is of one product, and {file.path} has jobs of {', '.join(apis)}")
    commands = {api: _Command(distribution, by_class[api], parsed, argv) for api in apis}
    options = {"timeout": None, **commands[apis[0]].wait_options()}
    clients = {api: command.settings.client() for api, command in commands.items()}
    jobs = []
    for token in file.others.values():
        product, api = by_class[token["api"]], clients[token["api"]]
        job = next((one for one in product.jobs if one.operation == token.get("operation")), product.jobs[0])
        followed = Followed(product, job)
        followed.handle = _checked(api.resume, json.dumps(token), **options, on_update=followed.changed)
        followed.start = token.get("start", "")
        jobs.append(followed)
    file.others.clear()
    try:
        return _follow(commands[apis[0]], jobs, file, parsed.max_rate)
    finally:
        for client in clients.values():
            client.close()


def _checked(create: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
    """Return a handle.

    Raises:
        CommandError: An argument cannot be sent.
    """
    try:
        return create(*arguments, **keywords)
    except InvalidArgumentError as error:
        raise CommandError(str(error)) from None


def _sent(call: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
    """Return the result of a request.

    Raises:
        CommandError: It failed.
    """
    try:
        return _checked(call, *arguments, **keywords)
    except JobStatusError as error:
        status = exit_of(error) if isinstance(error, JobError) else UNKNOWN
        raise CommandError(str(error), status) from None
