"""Run rows of the matrix through lint, generate, compile, mypy, verify and waits."""

import json
import os
import re
import subprocess
import sys
import time
import traceback
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from scripts.document import MISSING, Document, DocumentError, Operation, Problem, known_values, load_folder, sample
from scripts.generate.identifiers import operation_names
from scripts.generate.output import generate
from scripts.simulate import ControlledSimulator, JobDistribution, Simulator, SimulatorSettings, SteppingClock
from scripts.simulate.remote import Control
from scripts.verify.local_simulator import synthetic_environment
from scripts.verify.run import verify
from scripts.verify.target import make_target

from ..conftest import ROOT, served
from .row import MAX_SECONDS, Row

VERIFY_SECONDS: Final = 60
WAIT_SECONDS: Final = 600
MAX_MEMORY: Final = 2 << 30  # bytes, of a process that reads a hostile document
CLIENTS: Final = Path(__file__).with_name("clients.py")


@frozen
class Failure:
    """Why a row fails: the part of the project (document, generate, client, simulate, verify), and the reason."""

    room: str
    reason: str

    def __str__(self) -> str:
        return f"{self.room}: {self.reason}"


Failures = dict[Row, list[Failure]]
Accepted = dict[Row, Document]


def run(rows: Sequence[Row], folder: Path) -> Mapping[Row, Sequence[Failure]]:
    """Run a batch of rows in an empty folder. Return the failures of each row that fails.

    What cannot be generated is verified nevertheless, so that one failure does not hide another.
    """
    failures: Failures = {}
    accepted: Accepted = {}
    for row in rows:
        document = lint(row, folder / "rows" / row.stem, failures)
        if document is not None:
            accepted[row] = document
    verify_batch(accepted, failures)
    generated = generate_batch(accepted, folder, failures)
    if generated:
        compile_batch(generated, folder, failures)
        check_types(generated, folder, failures)
        wait_batch(generated, folder, failures)
    return failures


def fail(failures: Failures, row: Row, room: str, reason: str) -> None:
    """Add a failure; the first of a room is kept."""
    found = failures.setdefault(row, [])
    if all(failure.room != room for failure in found):
        found.append(Failure(room, reason))


def shown(error: BaseException) -> str:
    """Return an unexpected exception with its place in the project."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "site-packages" not in f.filename]
    where = f" at {os.path.relpath(frames[-1].filename, ROOT)}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}: {str(error)[:600]}{where}"


def lint(row: Row, folder: Path, failures: Failures) -> Document | None:
    """Write and check the document of a row. Return it if it is accepted, as expected."""
    folder.mkdir(parents=True)
    path = folder / f"{row.stem}{row.suffix}"
    path.write_bytes(row.content())
    if row.overlay:
        (folder / f"{row.stem}.overlay.yaml").write_text(row.overlay, encoding="utf-8")
    started = time.monotonic()
    try:
        if row.isolated:
            lines = _lint_in_a_process(folder)
            document = None
        else:
            (document,) = load_folder(folder)
            lines = []
    except DocumentError as error:
        lines = [str(problem) for problem in error.problems]
        document = None
    except Exception as error:
        fail(failures, row, "document", f"lint crashed: {shown(error)}")
        return None
    reason = _refusal_failure(row, folder, lines) if row.refused or lines else ""
    if time.monotonic() - started > MAX_SECONDS:
        reason = f"lint took {time.monotonic() - started:.0f} s"
    found = [str(warning) for warning in document.warnings] if document else []
    if not reason and row.warned and not any(row.warned in warning for warning in found):
        reason = f"expected a warning with {row.warned!r}, got {found}"
    if reason:
        fail(failures, row, "document", reason)
        return None
    return document


def _lint_in_a_process(folder: Path) -> list[str]:
    program = (
        f"import resource; resource.setrlimit(resource.RLIMIT_AS, ({MAX_MEMORY}, {MAX_MEMORY}));"
        "import runpy, sys; sys.argv[0] = 'lint'; runpy.run_module('scripts.document', run_name='__main__')"
    )
    command = [sys.executable, "-c", program, "--openapi", str(folder)]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=MAX_SECONDS * 2)
    except subprocess.TimeoutExpired:
        return [f"no result after {MAX_SECONDS * 2:.0f} s"]
    return done.stderr.splitlines()


def _refusal_failure(row: Row, folder: Path, lines: Sequence[str]) -> str:
    """Return what is wrong with the messages of a refusal, or an empty string."""
    if not row.refused:
        return f"refused: {' | '.join(lines)[:900]}"
    if not lines:
        return f"accepted, expected the refusal {row.refused!r}"
    for line in lines:
        found = re.fullmatch(rf"{re.escape(str(folder))}/([^:]+):(\d+)( [^:]+)?: (.+)", line)
        if found is None:
            return f"expected file:line: message, got {line[:300]}"
        if not re.search(r"[;,] ", found[4]):
            return f"the message has no way out: {line[:300]}"
    named = [line for line in lines if row.refused in line]
    if not named:
        return f"expected {row.refused!r} in the message, got {' | '.join(lines)[:600]}"
    file, number = re.findall(r"/([^/:]+):(\d+)", named[0])[0]
    text = (folder / file).read_text(encoding="utf-8", errors="replace").splitlines()
    if row.at and row.at not in text[int(number) - 1]:
        return f"expected the line of {row.at!r}, got line {number}: {text[int(number) - 1][:100]}"
    return ""


def _folder_of(rows: Mapping[Row, Document], folder: Path) -> tuple[Document, ...]:
    """Copy the documents of rows into one folder, and load them."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for document in rows.values():
        for path in document.path.parent.iterdir():
            (folder / path.name).write_bytes(path.read_bytes())
    return load_folder(folder)


def generate_batch(rows: Accepted, folder: Path, failures: Failures) -> Accepted:
    """Generate one distribution; rows that prevent it fail and are left out. Return the others."""
    remaining = dict(rows)
    one_by_one = False
    while remaining:
        try:
            generate(_folder_of(remaining, folder / "openapi"), folder / "out", "openapi")
            return remaining
        except DocumentError as error:
            problems: dict[str, list[Problem]] = {}
            for problem in error.problems:
                problems.setdefault(problem.file.stem, []).append(problem)
            blamed = {row: problems[row.stem] for row in remaining if row.stem in problems}
            for row, found in blamed.items():
                fail(failures, row, "generate", " | ".join(f"{p.line} {p.where}: {p.message}" for p in found)[:900])
        except Exception as error:
            blamed = {}
            if one_by_one:
                for row in remaining:
                    fail(failures, row, "generate", f"the batch cannot be generated: {shown(error)}")
                return {}
        if not blamed:
            one_by_one = True
            for row, document in remaining.items():
                _generate_alone(row, document, folder / "alone" / row.stem, failures)
        remaining = {row: document for row, document in remaining.items() if not _is_refused(row, failures)}
    return {}


def _is_refused(row: Row, failures: Failures) -> bool:
    return any(failure.room == "generate" for failure in failures.get(row, ()))


def _generate_alone(row: Row, document: Document, folder: Path, failures: Failures) -> None:
    try:
        generate(_folder_of({row: document}, folder / "openapi"), folder / "out", "openapi")
    except Exception as error:
        fail(failures, row, "generate", shown(error))


def _row_of(path: str, rows: Accepted) -> Row | None:
    """Return the row to which a generated file belongs."""
    by_package = {row.package: row for row in rows}
    return next((by_package[part] for part in Path(path).with_suffix("").parts if part in by_package), None)


def compile_batch(rows: Accepted, folder: Path, failures: Failures) -> None:
    """Compile every generated module; a warning is a failure."""
    for path in sorted((folder / "out").rglob("*.py")):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
        except Exception as error:
            row = _row_of(str(path.relative_to(folder)), rows)
            for failed in [row] if row else rows:
                fail(failures, failed, "generate", f"{path.name} does not compile: {error}")


def check_types(rows: Accepted, folder: Path, failures: Failures) -> None:
    """Run mypy --strict on the distribution. The batches of one parent folder share a cache."""
    packages = [path.parent.name for path in (folder / "out").glob("*/__init__.py")]
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(folder.parent / "mypy"), "--no-pretty"]
    command += [part for package in packages for part in ("-p", package)]
    done = subprocess.run(command, cwd=folder / "out", capture_output=True, text=True, check=False, timeout=600)
    errors = [line for line in (done.stdout + done.stderr).splitlines() if ": error: " in line]
    if done.returncode and not errors:
        errors = [f"mypy: {(done.stdout + done.stderr)[-600:]}"]
    for line in errors:
        row = _row_of(line.partition(":")[0], rows)
        for failed in [row] if row else rows:
            fail(failures, failed, "generate", f"mypy --strict: {line[:300]}")


def verify_batch(rows: Accepted, failures: Failures) -> None:
    """Verify the simulator of each document against the document."""
    for row, document in rows.items():
        environment = synthetic_environment([document])
        settings = SimulatorSettings(environment=environment, clock=SteppingClock(1.0))
        try:
            simulator = Simulator([document], settings)
        except Exception as error:
            fail(failures, row, "simulate", f"does not start: {shown(error)}")
            continue
        try:
            with served(simulator) as url:
                target = make_target(
                    document, f"{url}/{document.stem}", environment, profile="full", writes=True, stepping=True
                )
                result = verify(target, 1, VERIFY_SECONDS)
        except Exception as error:
            fail(failures, row, "verify", f"crashed: {shown(error)}")
            continue
        found = [f"{f.operation_id} {f.check}: expected {f.expected}, got {f.got}" for f in result.failures()]
        if found or result.problems:
            reasons = [" ".join(reason.split())[:300] for reason in [*result.problems, *found]]
            fail(failures, row, "verify", f"{len(found)} failed: {' | '.join(reasons[:4])}")


def wait_batch(rows: Accepted, folder: Path, failures: Failures) -> None:
    """Start a job and wait for jobs of each kind with the generated clients, in a process that imports them."""
    plans = []
    with ExitStack() as stack:
        for row, document in rows.items():
            try:
                plans.append(_plan(row, document, stack))
            except Exception as error:
                fail(failures, row, "simulate", f"creates no jobs: {shown(error)}")
        command = [sys.executable, "-B", str(CLIENTS), str(folder / "out")]
        environment = {**os.environ, "NO_PROXY": "127.0.0.1"}
        done = subprocess.run(
            command,
            input=json.dumps(plans),
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=WAIT_SECONDS,
        )
    found = json.loads(done.stdout) if done.returncode == 0 else {}
    for row in rows:
        reason = found.get(row.stem, "") if done.returncode == 0 else f"the process failed: {done.stderr[-900:]}"
        if reason:
            fail(failures, row, "client", reason)


def _plan(row: Row, document: Document, stack: ExitStack) -> dict[str, Any]:
    """Serve the simulator of a document, create a job of each kind, and return the calls to make as JSON."""
    environment = synthetic_environment([document])
    settings = SimulatorSettings(
        environment=environment, clock=SteppingClock(1.0), distribution=JobDistribution(median=4.0, failures=0.5)
    )
    url = stack.enter_context(served(ControlledSimulator(Simulator([document], settings))))
    remote = stack.enter_context(Control(url))
    waits = []
    names = operation_names(document)
    for operation in document.operations:
        if operation.job is None:
            continue
        for kind in ("success", "failure", "partial"):
            for state in getattr(operation.job, kind):
                after = [[0, operation.job.pending[0]], [3, state]] if operation.job.pending else [[0, state]]
                waits.append({"method": f"{names[operation.id].noun}_job", "kind": kind, "state": state, "calls": []})
                for _ in range(2):
                    arguments = _arguments(document, operation)
                    job = remote.create_job(api=document.stem, operation=operation.id, after=after)
                    arguments |= {**job["parameters"], operation.job.parameter: job["id"]}
                    waits[-1]["calls"].append(arguments)
    return {
        "row": row.stem,
        "package": row.package,
        "names": row.names,
        "url": f"{url}/{document.stem}",
        "credentials": [
            environment[document.environment_variable(key)].split(":", 1)
            if scheme.scheme == "basic"
            else environment[document.environment_variable(key)]
            for key, scheme in document.security_schemes.items()
        ],
        "starts": [
            {"method": names[o.id].call, "arguments": _arguments(document, o), "body": _body(document, o)}
            for o in document.operations
            if o.is_start
        ],
        "waits": waits,
    }


def _arguments(document: Document, operation: Operation) -> dict[str, Any]:
    """Return a value of each required parameter, by its name in the document."""
    made = {p.name: next(iter(known_values(document, p)), MISSING) for p in operation.required}
    return {name: value for name, value in made.items() if value is not MISSING}


def _body(document: Document, operation: Operation) -> Any:
    media_type = operation.body or next(iter(operation.bodies), None)
    if media_type is None:
        return None
    examples: Iterator[Any] = (example.value for example in media_type.examples)
    body = next(examples, sample(document, media_type.schema, of_request=True))
    return "data" if body is MISSING else body
