# Generated from scripts/client/command/parser.py by `make generate`; do not edit.

"""The arguments of the commands, from the table of the documents. It imports no client, so that help is quick."""

from __future__ import annotations

import argparse
import re
import shutil
import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from .argument_parser import Parser
from .status import MEANINGS
from .table import Distribution, Job, Parameter, Product, Start
from .values import duration, given, limit, rate

VERBS: Final = {
    "wait": "wait until jobs end, with success or failure",
    "get": "read the status of jobs once",
    "start": "start a job, and wait for it with --wait",
    "resume": "continue the waits of a file that --resume has written",
    "profiles": "list the profiles, and where each setting comes from",
    "completion": "print the completion script of a shell",
}
SHELLS: Final = ("bash", "zsh", "tcsh")
DETACHED: Final = """\
  130, 143, 129  detached by SIGINT, SIGTERM or SIGHUP; the jobs keep running
  141  the reader of stdout has closed it while jobs were running"""
SCHEDULE_HELP: Final = "poll as past jobs suggest: what `job-status-tools learn` has written"
# The options of every verb: an option of an operation has the same name with all of them.
OWN_OPTIONS: Final = frozenset(
    f"--{name}"
    for name in (
        *("all", "any", "after-run", "body", "error-timeout", "fail-fast", "help", "max-rate", "not-started-timeout"),
        *("output", "profile", "quiet", "resume", "run", "schedule", "timeout", "url", "version", "wait"),
    )
)


class _Formatter(argparse.HelpFormatter):
    """Keep the lines of an epilog, and wrap the description."""

    def __init__(self, prog: str) -> None:
        width = shutil.get_terminal_size().columns - 2
        super().__init__(prog, max_help_position=30, width=max(width, 40))

    def add_argument(self, action: argparse.Action) -> None:
        """Add an argument; argparse itself forgets the indent of commands."""
        super().add_argument(action)
        if isinstance(action.choices, dict):
            longest = max(map(len, action.choices), default=0)
            self._action_max_length = max(self._action_max_length, longest + self._current_indent + 4)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        filled = (
            textwrap.fill(line, width, initial_indent=indent, subsequent_indent=indent + _hanging(line))
            for line in text.splitlines()
        )
        return "\n".join(filled)


def _hanging(line: str) -> str:
    found = re.match(r"\s*\S+\s{2,}", line)
    return " " * len(found[0]) if found else re.match(r"\s*", line)[0]  # type: ignore[index]


class Arguments:
    """The arguments of one parser. Its own options come first; one of a document with the same name is renamed."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self.parser = parser
        self.taken = set(OWN_OPTIONS)

    def option(self, *names: str, group: Any = None, **settings: Any) -> None:
        """Add an option of the command itself."""
        self.taken.update(names)
        (group or self.parser).add_argument(*names, **settings)

    def documented(self, parameters: Iterable[Parameter]) -> None:
        """Add the options of an operation."""
        group = None
        for parameter in parameters:
            group = group or self.parser.add_argument_group("options of the operation")
            name = f"--{cli_name(parameter.python)}"
            while {name, f"--no-{name[2:]}"} & self.taken:
                name += "-parameter"
            self.taken.add(name)
            settings: dict[str, Any] = {
                "dest": destination(parameter),
                "help": _help(parameter.text),
                "default": None,
                "required": parameter.required,
            }
            if parameter.is_flag:
                settings["action"] = argparse.BooleanOptionalAction
                self.taken.add(f"--no-{name[2:]}")
            else:
                settings["metavar"] = name[2:].upper().replace("-", "_")
                settings["choices"] = parameter.choices or None
                settings["action"] = "append" if parameter.is_list else "store"
            group.add_argument(name, **settings)


def cli_name(python: str) -> str:
    """Return a Python name as it is written in commands."""
    return python.strip("_").replace("_", "-") or python


def destination(parameter: Parameter) -> str:
    """Return the attribute of the parsed arguments that has a parameter."""
    return f"parameter:{parameter.python}"


def credential_destination(keyword: str) -> str:
    """Return the attribute of the parsed arguments that has the file of a credential."""
    return f"credential:{keyword}"


def _help(text: str) -> str | None:
    return text.replace("%", "%%") or None


def new_parser(prog: str, description: str, epilog: str = "") -> Parser:
    """Return a parser without arguments."""
    # argparse formats a description that has this in it.
    escaped = description.replace("%", "%%") if "%(prog)" in description else description
    return Parser(prog=prog, description=escaped, epilog=epilog or None, formatter_class=_Formatter, allow_abbrev=False)


def statuses() -> str:
    """Return the exit statuses, for help."""
    rows = "\n".join(f"  {status}  {meaning}" for status, meaning in MEANINGS)
    return f"exit statuses:\n{rows}\n{DETACHED}"


def variables(product: Product) -> str:
    """Return the environment variables of a product, for help."""
    rows = [f"  {product.url_variable}  the base URL, such as {product.url}"]
    for credential in product.credentials:
        what = "user:password" if credential.kind == "basic" else "the credential"
        rows.append(f"  {credential.variable}  {what}")
    return "environment variables:\n" + "\n".join(rows)


def add_connection(arguments: Arguments, product: Product | None) -> None:
    """Add the options that say which server is called and with which credentials."""
    group = arguments.parser.add_argument_group("server and credentials")
    variable = f", instead of {product.url_variable}" if product else ""
    arguments.option("--url", type=given, group=group, metavar="URL", help=f"the base URL{variable}")
    arguments.option("--profile", group=group, metavar="NAME", help="a profile of the configuration file")
    for credential in product.credentials if product else ():
        name = f"--{cli_name(credential.keyword)}-file"
        text = f"a file with {'user:password' if credential.kind == 'basic' else 'the credential'}, - for stdin, "
        arguments.option(
            name,
            type=given,
            group=group,
            metavar="FILE",
            dest=credential_destination(credential.keyword),
            help=f"{text}instead of {credential.variable}",
        )


def add_output(arguments: Arguments) -> None:
    """Add the options of the output."""
    arguments.option("--output", choices=("text", "json"), default="text", help="the form of stdout; text by default")
    arguments.option("--quiet", "-q", action="store_true", help="no progress on stderr, only problems")


def add_wait(arguments: Arguments, waits: Iterable[str], *, timeout: str = "1h") -> None:
    """Add the options of a wait."""
    group = arguments.parser.add_argument_group("wait")

    def option(*names: str, **settings: Any) -> None:
        arguments.option(*names, group=group, **settings)

    text = "until the wait is over, such as 90s, 10m, none; the job keeps running"
    option("--timeout", type=limit, metavar="TIME", default=argparse.SUPPRESS, help=f"{text}; {timeout} by default")
    option(
        "--error-timeout",
        type=duration,
        metavar="TIME",
        help="how long errors such as 503 are tolerated; 2m by default",
    )
    if "not_started_timeout" in waits:
        option(
            "--not-started-timeout", type=duration, metavar="TIME", help="how long nobody may start it; 30s by default"
        )
    if "after_run" in waits:
        option(
            "--after-run", metavar="RUN", help="ignore this run and earlier ones: what `get --run` printed, or a file"
        )
    text = "keep resume tokens in a file; a restarted command continues with them"
    option("--resume", type=given, metavar="FILE", help=text)
    option("--max-rate", type=rate, metavar="NUMBER", help="at most so many requests per second")
    option("--schedule", metavar="FILE", help=SCHEDULE_HELP)


def add_until(arguments: Arguments) -> None:
    """Add the options that say when a wait for several jobs is over."""
    choice = arguments.parser.add_mutually_exclusive_group()
    for name, text in (
        ("all", "wait until every job has ended (the default)"),
        ("any", "wait until one job has succeeded"),
        ("fail-fast", "wait until one job has failed, or every job has ended"),
    ):
        option = f"--{name}"
        arguments.option(option, group=choice, dest="until", action="store_const", const=name, default="all", help=text)


def add_ids(parser: argparse.ArgumentParser, job: Job) -> None:
    """Add the positional arguments that name jobs."""
    for number, parameter in enumerate(job.parameters):
        if number != job.id:
            _positional(parser, parameter)
    name = job.parameters[job.id]
    example = f", such as {name.example}" if name.example else ""
    text = f"{name.text.rstrip('.') or 'the id of a job'}{example}; several, or - for one per line of stdin"
    parser.add_argument("ids", nargs="*", metavar=_metavar(name), help=_help(text))


def _positional(parser: argparse.ArgumentParser, parameter: Parameter) -> None:
    parser.add_argument(destination(parameter), metavar=_metavar(parameter), help=_help(parameter.text))


def _metavar(parameter: Parameter) -> str:
    return cli_name(parameter.python).upper().replace("-", "_")


def wait_parser(prog: str, product: Product, job: Job) -> Parser:
    """Return the parser of `wait PRODUCT JOB`."""
    ends = f" It ends with {', '.join(job.final)}." if job.final else ""
    parser = new_parser(prog, f"{job.text}, and wait until it ends.{ends}", f"{variables(product)}\n\n{statuses()}")
    arguments = Arguments(parser)
    add_ids(parser, job)
    add_output(arguments)
    add_until(arguments)
    add_wait(arguments, job.waits)
    add_connection(arguments, product)
    _add_body(arguments, job.body)
    arguments.documented(job.options)
    return parser


def get_parser(prog: str, product: Product, job: Job) -> Parser:
    """Return the parser of `get PRODUCT JOB`."""
    parser = new_parser(prog, f"{job.text}, once.", f"{variables(product)}\n\n{statuses()}")
    arguments = Arguments(parser)
    add_ids(parser, job)
    add_output(arguments)
    if "after_run" in job.waits:
        arguments.option("--run", action="store_true", help="print the run that is reported now, for --after-run")
    add_connection(arguments, product)
    _add_body(arguments, job.body)
    arguments.documented(job.options)
    return parser


def start_parser(prog: str, product: Product, start: Start) -> Parser:
    """Return the parser of `start PRODUCT OPERATION`."""
    parser = new_parser(prog, f"{start.text}.", f"{variables(product)}\n\n{statuses()}")
    arguments = Arguments(parser)
    for parameter in start.parameters:
        _positional(parser, parameter)
    add_output(arguments)
    arguments.option("--wait", action="store_true", help="wait until the started job ends")
    waits = {name for job in product.jobs if job.name in start.jobs for name in job.waits}
    add_wait(arguments, waits - {"after_run"})
    add_connection(arguments, product)
    _add_body(arguments, start.body)
    arguments.documented(start.options)
    return parser


def _add_body(arguments: Arguments, body: str) -> None:
    if body:
        text = "the JSON of the request body, - for stdin"
        arguments.option("--body", metavar="FILE", required=body == "required", help=text)


def resume_parser(prog: str) -> argparse.ArgumentParser:
    """Return the parser of `resume`."""
    parser = new_parser(prog, "Continue the waits of a file that --resume has written.", statuses())
    parser.add_argument("file", type=given, metavar="FILE", help="the file")
    arguments = Arguments(parser)
    add_output(arguments)
    add_until(arguments)
    group = parser.add_argument_group("wait")
    text = "from now on, instead of the deadline that was set first, such as 10m"
    arguments.option("--timeout", type=limit, metavar="TIME", group=group, default=argparse.SUPPRESS, help=text)
    arguments.option("--max-rate", type=rate, metavar="NUMBER", group=group, help="at most so many requests per second")
    arguments.option("--schedule", metavar="FILE", group=group, help=SCHEDULE_HELP)
    add_connection(arguments, None)
    return parser


def profiles_parser(prog: str) -> argparse.ArgumentParser:
    """Return the parser of `profiles`."""
    parser = new_parser(prog, "List the profiles, and where the settings of each product come from. No value is shown.")
    parser.add_argument("--profile", metavar="NAME", help="a profile, instead of default")
    return parser


def completion_parser(prog: str) -> argparse.ArgumentParser:
    """Return the parser of `completion`."""
    parser = new_parser(prog, "Print the completion script of a shell. It needs shtab, the extra `cli`.")
    parser.add_argument("shell", choices=SHELLS)
    return parser


PLAIN: Final[dict[str, Callable[[str], argparse.ArgumentParser]]] = {
    "resume": resume_parser,
    "profiles": profiles_parser,
    "completion": completion_parser,
}


def entries(product: Product, verb: str) -> Sequence[Job | Start]:
    """Return what a verb can be applied to."""
    return product.starts if verb == "start" else product.jobs


def leaf_parser(prog: str, verb: str, product: Product, entry: Job | Start) -> Parser:
    """Return the parser of one job or start."""
    if isinstance(entry, Start):
        return start_parser(prog, product, entry)
    return wait_parser(prog, product, entry) if verb == "wait" else get_parser(prog, product, entry)


def whole_parser(distribution: Distribution) -> argparse.ArgumentParser:
    """Return the parser of everything, for help about the commands and for the completion of shells."""
    program = distribution.program
    parser = new_parser(program, "Wait until jobs succeed or fail, start them, and read their status.", statuses())
    parser.add_argument("--version", action="version", version=f"{program} {distribution.version}")
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND", dest="verb", required=True)
    for verb, text in VERBS.items():
        prog = f"{program} {verb}"
        if verb in PLAIN:
            _add(verbs, verb, text, PLAIN[verb](prog))
            continue
        made = new_parser(prog, f"{text[0].upper()}{text[1:]}.")
        products = made.add_subparsers(title="products", metavar="PRODUCT", dest="product", required=True)
        for product in distribution.products:
            listed = entries(product, verb)
            if not listed:
                continue
            inner = new_parser(f"{prog} {product.name}", product.text or product.title, variables(product))
            title, metavar = ("operations", "OPERATION") if verb == "start" else ("jobs", "JOB")
            jobs = inner.add_subparsers(title=title, metavar=metavar, dest="entry", required=True)
            for entry in listed:
                leaf = leaf_parser(f"{prog} {product.name} {entry.name}", verb, product, entry)
                _add(jobs, entry.name, entry.text, leaf)
            _add(products, product.name, product.title, inner)
        _add(verbs, verb, text, made)
    return parser


def _add(subparsers: Any, name: str, text: str, parser: argparse.ArgumentParser) -> None:
    """Add a finished parser to the subparsers of another."""
    subparsers.add_parser(
        name,
        help=_help(text),
        parents=[parser],
        add_help=False,
        prog=parser.prog,
        description=parser.description,
        epilog=parser.epilog,
        formatter_class=_Formatter,
        allow_abbrev=False,
    )
