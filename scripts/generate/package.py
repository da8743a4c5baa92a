"""Builds the distribution `job-status` from documents, aside, and puts it in its place in one move."""

import ast
import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

from ..document import Document, DocumentError, Operation, snake_case
from . import classes, losses, texts
from .tolerant import tolerant

IMPORT_NAME = "job_status"
RUNTIME = Path(__file__).resolve().parents[1] / "runtime"
CALLS = ("sync", "sync_detailed", "asyncio", "asyncio_detailed")
UNSET_ANCHOR = """\
    def __bool__(self) -> Literal[False]:
        return False
"""
UNSET_METHODS = """
    def __reduce__(self) -> str:
        return "UNSET"

    def __repr__(self) -> str:
        return "UNSET"
"""
# The same bytes everywhere: no configuration of the surroundings, no cache, rules by name. --isolated keeps a
# pyproject.toml above the folder out of it; the PATH of _environment keeps another ruff out.
HOOKS = (
    "ruff check --isolated --no-cache --quiet --fix-only --target-version py311 --line-length 120 "
    "--select F401,I,RUF022,RUF100,UP .",
    "ruff format --isolated --no-cache --quiet --target-version py311 --line-length 120 .",
)


class GenerationError(Exception):
    """The generator did not make what the document describes. The message says what is missing and what it printed."""


def build(documents: tuple[Document, ...], folder: Path, label: str) -> None:
    """Writes the distribution into an empty folder. `label` names the folder of documents in the banners.

    Raises:
        DocumentError: a document says something that would be lost on the way to the client.
        GenerationError: the generator warned, failed or left something out.
    """
    if problems := [problem for document in documents for problem in losses.problems(document)]:
        raise DocumentError(problems)
    package = folder / IMPORT_NAME
    package.mkdir(parents=True)
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for _ in pool.map(lambda document: _generate(document, package / document.package), documents):
            pass
    (package / "_clients").mkdir()
    for document in documents:
        try:
            text = classes.write(document, package / document.package)
        except classes.Unreadable as error:
            raise GenerationError(f"{document.path}: {error}") from None
        (package / "_clients" / f"{document.package}.py").write_text(text, encoding="utf-8", newline="\n")
    version = project_version()
    everything = texts.banner(label)
    (package / "__init__.py").write_text(texts.package_init(documents, version), encoding="utf-8", newline="\n")
    _tidy(package)
    for document in documents:
        banner = texts.banner(f"{label}/{document.path.name}")
        _stamp(package / document.package, banner)
        _stamp(package / "_clients" / f"{document.package}.py", banner)
    _stamp(package / "__init__.py", everything)
    for source in sorted(RUNTIME.rglob("*.py")):
        copy = package / "_runtime" / source.relative_to(RUNTIME)
        copy.parent.mkdir(exist_ok=True)
        copy.write_text(source.read_text(encoding="utf-8"), encoding="utf-8", newline="\n")
        _stamp(copy, texts.banner(f"scripts/runtime/{source.relative_to(RUNTIME).as_posix()}"))
    written = {
        "pyproject.toml": texts.pyproject(version),
        "README.md": texts.readme(documents, label),
        f"{IMPORT_NAME}/_clients/__init__.py": '"""A client class per document, sync and async."""\n',
        f"{IMPORT_NAME}/credentials.py": texts.CREDENTIALS,
        f"{IMPORT_NAME}/py.typed": "",
    }
    for name, text in written.items():
        mark = f"<!-- {everything} -->" if name.endswith(".md") else f"# {everything}"
        (folder / name).write_text(f"{mark}\n\n{text}" if text else f"{mark}\n", encoding="utf-8", newline="\n")


def generate(documents: tuple[Document, ...], out: Path, label: str) -> None:
    """Builds the distribution beside `out` and swaps it in. A failure leaves `out` as it was."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as aside:
        fresh, old = Path(aside, "new"), Path(aside, "old")
        build(documents, fresh, label)
        if out.exists():
            out.rename(old)
        try:
            fresh.rename(out)
        except OSError:
            if old.exists():
                old.rename(out)
            raise


def stale(documents: tuple[Document, ...], out: Path, label: str) -> list[str]:
    """How `out` differs from what the documents give: a line per file, empty when it is current."""
    with tempfile.TemporaryDirectory(prefix="job-status-") as aside:
        fresh = Path(aside, "new")
        build(documents, fresh, label)
        wanted, got = _files(fresh), _files(out)
        lines = []
        for name in sorted(wanted.keys() | got.keys()):
            if name not in got:
                lines.append(f"{out / name}: is missing")
            elif name not in wanted:
                lines.append(f"{out / name}: no document gives this file")
            elif wanted[name] != got[name]:
                lines.append(f"{out / name}: differs from what the documents give")
        return lines


def project_version() -> str:
    """The project's one version, from the root pyproject.toml, or from the installed tools."""
    root = Path(__file__).resolve().parents[2] / "pyproject.toml"
    if root.is_file():
        return str(tomllib.loads(root.read_text(encoding="utf-8"))["project"]["version"])
    from importlib.metadata import version

    return version("job-status-tools")


def _files(folder: Path) -> dict[str, bytes]:
    caches = {"__pycache__", ".mypy_cache", ".ruff_cache"}
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not caches & set(path.parts)
    }


def _environment() -> dict[str, str]:
    """The surroundings, with this interpreter's own programs first: the pinned ruff, whatever else is on PATH."""
    programs = str(Path(sys.executable).parent)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RUFF_", "PYTHONHASHSEED"))}
    return {**kept, "PATH": os.pathsep.join([programs, os.environ.get("PATH", "")])}


def _generate(document: Document, target: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="job-status-") as scratch:
        view, settings = Path(scratch, f"{document.stem}.json"), Path(scratch, "settings.json")
        view.write_text(json.dumps(tolerant(document)), encoding="utf-8")
        settings.write_text(
            json.dumps(
                {
                    "package_name_override": document.package,
                    "docstrings_on_attributes": True,
                    "post_hooks": list(HOOKS),
                }
            ),
            encoding="utf-8",
        )
        command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--fail-on-warning"]
        command += ["--path", str(view), "--config", str(settings), "--output-path", str(target)]
        done = subprocess.run(  # noqa: S603 - the pinned generator, on files of our own
            command, env=_environment(), capture_output=True, text=True, check=False, timeout=120
        )
    if done.returncode != 0:
        said = "\n".join(line for line in (done.stdout + done.stderr).splitlines() if line.strip())
        raise GenerationError(f"{document.path}: openapi-python-client refuses the document:\n{said}")
    missing = [line for operation in document.operations for line in _missing(operation, target)]
    missing += list(_missing_models(document, target))
    _mend_unset(document, target / "types.py")
    if missing:
        raise GenerationError(f"{document.path}: openapi-python-client left out: " + "; ".join(missing))


def _mend_unset(document: Document, types: Path) -> None:
    """Lets `UNSET` be itself after a pickle or a copy, since errors hold models, and be short when it is printed."""
    text = types.read_text(encoding="utf-8")
    before, found, after = text.partition(UNSET_ANCHOR)
    if not found or UNSET_ANCHOR in after:
        raise GenerationError(f"{document.path}: openapi-python-client writes another class Unset; is the pin right?")
    types.write_text(before + found + UNSET_METHODS + after, encoding="utf-8", newline="\n")


def _missing(operation: Operation, target: Path) -> Iterator[str]:
    """What of an operation is not in the generated module."""
    module = next(iter(target.glob(f"api/*/{operation.id}.py")), None)
    if module is None:
        yield f"the operation {operation.id}"
        return
    tree = ast.parse(module.read_text(encoding="utf-8"))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    for name in CALLS:
        if name not in functions:
            yield f"the call {operation.id}.{name}"
    if "sync_detailed" in functions:
        arguments = functions["sync_detailed"].args
        given = {argument.arg.strip("_") for argument in (*arguments.args, *arguments.kwonlyargs)}
        for parameter in operation.parameters:
            name = snake_case(parameter.name)
            if not given & {name, f"{name}_{parameter.where}", parameter.name}:
                yield f"the parameter {parameter.name} of {operation.id}"


def _missing_models(document: Document, target: Path) -> Iterator[str]:
    written = "".join(path.read_text(encoding="utf-8") for path in sorted(target.glob("models/*.py")))
    for name, schema in document.data.get("components", {}).get("schemas", {}).items():
        if ("properties" in schema or "enum" in schema) and f"class {name}" not in written:
            yield f"the component {name}"


def _tidy(package: Path) -> None:
    """Runs the hooks once more, on what was not written by the generator."""
    files = [package / "__init__.py", *sorted((package / "_clients").glob("*.py"))]
    for hook in HOOKS:
        command = [*hook.split()[:-1], *map(str, files)]
        command[0] = str(Path(sys.executable).with_name(command[0]))
        done = subprocess.run(command, env=_environment(), capture_output=True, text=True, check=False, timeout=60)  # noqa: S603
        if done.returncode != 0:
            raise GenerationError(f"the classes could not be formatted: {done.stdout}{done.stderr}")


def _stamp(package: Path, banner: str) -> None:
    for path in sorted(package.rglob("*")) if package.is_dir() else [package]:
        if path.suffix == ".py":
            path.write_text(f"# {banner}\n\n{path.read_text(encoding='utf-8')}".rstrip() + "\n", "utf-8", newline="\n")
        elif path.is_file():
            raise GenerationError(f"openapi-python-client wrote {path.name}, which nobody expects; is the pin right?")
