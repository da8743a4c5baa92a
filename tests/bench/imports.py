"""Processor time of imports, in a clean environment: one with the requirements of the distribution alone.

The project's own environment flatters: there, httpx imports click and rich.
"""

import compileall
import importlib.metadata
import re
import resource
import shutil
import subprocess
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path

from ..conftest import ROOT
from .results import Table

ROUNDS = 15
NOTHING, HTTPX, HTTPX_CLIENT = "pass", "import httpx", "import httpx; httpx.Client()"
CLASS = "from job_status import AgentPlatform"
# What is measured, with the program to compare it with and the goal.
ROWS = (
    ("import job_status", "import job_status", HTTPX, "ratio up to 0.40"),
    ("a class by name", CLASS, HTTPX, "ratio up to 1.25"),
    ("a class and a client", f"{CLASS}; AgentPlatform('http://localhost', api_key='k')", HTTPX_CLIENT, ""),
    (
        "the command, --help",
        "import sys; sys.argv[1:] = ['--help']; from job_status.__main__ import main; main()",
        HTTPX,
        "",
    ),
)


def requirements(*names: str) -> Iterator[importlib.metadata.Distribution]:
    """Yield distributions of this environment and all that they require, without extras."""
    seen: set[str] = set()
    pending = list(names)
    while pending:
        name = pending.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            found = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:  # required by an older Python or another system
            continue
        yield found
        required = (one.partition(";") for one in found.requires or ())
        pending += [re.split(r"[^\w.-]", one)[0] for one, _, marker in required if "extra" not in marker]


def make_environment(folder: Path) -> str:
    """Create an environment with the distribution and its requirements alone, and return its Python."""
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    command = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    site = Path(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())
    for distribution in requirements("attrs", "httpx", "sniffio"):
        for file in distribution.files or ():
            if ".." not in file.parts and file.suffix != ".pyc":
                copied = site / file
                copied.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(str(file.locate()), copied)
    shutil.copytree(ROOT / "generated" / "job_status", site / "job_status", ignore=shutil.ignore_patterns("*.pyc"))
    compileall.compile_dir(site, quiet=2)
    return str(python)


def spent(python: str, program: str) -> float:
    """Return the processor seconds of a new process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([python, "-I", "-c", program], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def tables() -> list[Table]:
    """Measure all programs in alternating rounds."""
    programs = list(dict.fromkeys([NOTHING, *(one for _, ours, plain, _ in ROWS for one in (plain, ours))]))
    times: dict[str, list[float]] = {program: [] for program in programs}
    with tempfile.TemporaryDirectory() as folder:
        python = make_environment(Path(folder, "venv"))
        for program in programs:
            spent(python, program)
        for _ in range(ROUNDS):
            for program in programs:
                times[program].append(spent(python, program))
    made = []
    for plain in dict.fromkeys(plain for _, _, plain, _ in ROWS):
        note = "CPU time of a new process, in an environment with the requirements of the distribution alone."
        table = Table(f"Import, compared with `{plain}`", f"`{plain}`", note)
        table.add("nothing", "CPU time", "ms", times[NOTHING], scale=1e3)
        table.add(f"`{plain}`", "CPU time", "ms", times[plain], scale=1e3)
        for name, ours, compared, goal in ROWS:
            if compared == plain:
                table.add(f"job-status, {name}{f' ({goal})' if goal else ''}", "CPU time", "ms", times[ours], scale=1e3)
        made.append(table)
    return made
