"""The page with the options of every command, as the commands print them."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

from .errors import SiteError

Arguments: TypeAlias = tuple[str, ...]

COLUMNS: Final = "88"
CLIENT: Final = ("-m", "job_status")
TOOLS: Final = ("-m", "scripts")


def command_pages(root: Path) -> dict[str, str]:
    """Return the page with the options of the commands by name.

    Raises:
        SiteError: A command does not print its help.
    """
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        client = _helps(root, CLIENT, threads)
        tools = _helps(root, TOOLS, threads)
    lines = [
        "# Options of the commands\n",
        "What `--help` prints. [The command line](command-line.md) explains the exit statuses, the output and the",
        "waits of `job-status`; `make help` lists the commands of the repository.\n",
        *_sections("job-status", client),
        *_sections("job-status-tools", tools),
    ]
    return {"reference-commands.md": "\n".join(lines)}


def _sections(name: str, helps: Mapping[Arguments, str]) -> Iterator[str]:
    """Yield a section for each command."""
    for arguments, text in helps.items():
        level = min(len(arguments) + 2, 4)
        yield from [f"{'#' * level} {' '.join((name, *arguments))}\n", "```text", text.rstrip(), "```\n"]


def _helps(root: Path, program: Sequence[str], threads: ThreadPoolExecutor) -> dict[Arguments, str]:
    """Return the help of a program and of each of its commands, by their arguments."""
    found: dict[Arguments, str] = {}
    level: list[Arguments] = [()]
    while level:
        found |= zip(level, threads.map(partial(_help, root, program), level), strict=True)
        level = [(*arguments, name) for arguments in level for name in commands_of(found[arguments])]
    return dict(sorted(found.items(), key=lambda item: _order(item[0], found)))


def _order(arguments: Arguments, helps: Mapping[Arguments, str]) -> list[int]:
    """Return the place of a command: that of each of its arguments in the help that lists it."""
    return [commands_of(helps[arguments[:index]]).index(name) for index, name in enumerate(arguments)]


def commands_of(text: str) -> list[str]:
    """Return the commands that a help lists, in a section of their own or, indented, before the first section."""
    nested = re.search(r"^  [A-Z]+\n((?: {4,}.*\n)+)", text, re.MULTILINE)
    if nested:
        return re.findall(r"^ {4}([a-z][\w-]*)", nested[1], re.MULTILINE)
    return [] if re.search(r"^options:", text, re.MULTILINE) else re.findall(r"^  ([a-z]+) {2,}\S", text, re.MULTILINE)


def _help(root: Path, program: Sequence[str], arguments: Arguments) -> str:
    """Return what a command prints for `--help`."""
    environment = {**os.environ, "COLUMNS": COLUMNS, "NO_COLOR": "1", "PYTHONPATH": str(root / "generated")}
    command = [sys.executable, *program, *arguments, "--help"]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode or not done.stdout.startswith("usage:"):
        raise SiteError(f"{' '.join(command[1:])} does not print its help: {(done.stderr or done.stdout).strip()}")
    return done.stdout
