"""Processor time of imports, in a clean environment: one with the requirements of the distribution alone.

The project's own environment flatters: there, httpx imports click and rich.
"""

import compileall
import importlib.metadata
import re
import resource
import shutil
import statistics
import subprocess
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path

from ..conftest import ROOT

ROUNDS = 15
NOTHING, HTTPX, HTTPX_CLIENT = "pass", "import httpx", "import httpx; httpx.Client()"
CLASS = "from job_status import AgentPlatform"
# What is measured, with the program to compare it with and the goal.
ROWS = (
    ("import job_status", "import job_status", HTTPX, "goal 0.40"),
    ("a class by name", CLASS, HTTPX, "goal 1.25"),
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


def main() -> None:
    """Print the medians of alternating rounds."""
    programs = list(dict.fromkeys([NOTHING, *(one for _, ours, plain, _ in ROWS for one in (plain, ours))]))
    times: dict[str, list[float]] = {program: [] for program in programs}
    with tempfile.TemporaryDirectory() as folder:
        python = make_environment(Path(folder, "venv"))
        for program in programs:
            spent(python, program)
        for _ in range(ROUNDS):
            for program in programs:
                times[program].append(spent(python, program))
    medians = {program: statistics.median(values) * 1000 for program, values in times.items()}
    print(f"\nprocessor time of a new process, clean environment; an empty one takes {medians[NOTHING]:.1f} ms")
    for name, ours, plain, goal in ROWS:
        label = f"{name}, against {plain}"
        ratio = medians[ours] / medians[plain]
        print(f"{label:48} plain {medians[plain]:6.1f} ms   ours {medians[ours]:6.1f} ms   ratio {ratio:5.2f}   {goal}")


if __name__ == "__main__":
    main()
