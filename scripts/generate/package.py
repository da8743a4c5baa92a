"""Builds the distribution `job-status` from documents, aside, and puts it in its place in one move."""

import ast
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .. import owned
from ..document import Document, DocumentError, Operation, Problem, snake_case
from ..document.source import Pointer
from ..printable import printable
from . import classes, losses, texts, trials
from .identifiers import Names, component_names, document_names
from .tolerant import named, tolerant

IMPORT_NAME = "job_status"
WRITER = "make generate"
CLIENT = Path(__file__).resolve().parents[1] / "client"
# What every constructor takes beside its credentials, and what the package has beside its documents.
KEYWORDS = frozenset({"self", "base_url", *classes.OPTION_NAMES})
MODULES = frozenset({"_apis", "_client", "credentials", "py", "types"})
GENERATOR_SECONDS = 300
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
    names = document_names(documents, KEYWORDS, MODULES, texts.EXPORTED)
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        models = list(pool.map(lambda document: _generate(document, package / names[document.stem].package), documents))
    (package / "_apis").mkdir()
    functions = []
    for document in documents:
        target = package / names[document.stem].package
        functions.append(classes.read(document, target))
        text = classes.write(document, names[document.stem], functions[-1])
        _write(package / "_apis" / f"{target.name}.py", text)
    version = project_version()
    everything = texts.banner(label)
    _write(package / "__init__.py", texts.package_init(documents, names, version))
    _compile(documents, names, folder)
    _tidy(package)
    for document in documents:
        banner = texts.banner(f"{label}/{document.path.name}")
        _stamp(package / names[document.stem].package, banner)
        _stamp(package / "_apis" / f"{names[document.stem].package}.py", banner)
    _stamp(package / "__init__.py", everything)
    for source in sorted(CLIENT.rglob("*.py")):
        copy = package / "_client" / source.relative_to(CLIENT)
        copy.parent.mkdir(exist_ok=True)
        _write(copy, source.read_text(encoding="utf-8"))
        _stamp(copy, texts.banner(f"scripts/client/{source.relative_to(CLIENT).as_posix()}"))
    written = {
        "pyproject.toml": texts.pyproject(version),
        "README.md": texts.readme(documents, names, label),
        f"{IMPORT_NAME}/_apis/__init__.py": '"""A client class per document, sync and async."""\n',
        f"{IMPORT_NAME}/credentials.py": texts.CREDENTIALS,
        f"{IMPORT_NAME}/py.typed": "",
        "LICENSE": _license(),
    }
    for name, text in written.items():
        mark = f"<!-- {everything} -->" if name.endswith(".md") else f"# {everything}"
        _write(folder / name, f"{mark}\n\n{text}" if text else f"{mark}\n")
    plans = [
        trials.plan(document, names[document.stem], classes_of, read)
        for document, classes_of, read in zip(documents, models, functions, strict=True)
    ]
    trials.run(folder, documents, plans)


def _license() -> str:
    """The project's licence: beside `scripts` in the repository, inside the installed tools."""
    here = Path(__file__).resolve()
    path = next(folder / "LICENSE" for folder in (here.parents[2], here.parents[1]) if (folder / "LICENSE").is_file())
    return path.read_text(encoding="utf-8")


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _compile(documents: tuple[Document, ...], names: Mapping[str, Names], folder: Path) -> None:
    """Whether every file is Python, before anything reads it.

    Raises:
        DocumentError: one is not. The message names the document, and the operation or component as far as it is known.
    """
    problems = []
    for name, path in owned.files(folder).items():
        try:
            compile(path.read_bytes(), name, "exec")
        except (SyntaxError, ValueError) as error:
            owner = next(
                (d for d in documents if names[d.stem].package in Path(name).with_suffix("").parts), documents[0]
            )
            operation = next((o for o in owner.operations if o.id == path.stem), None)
            line = owner.line((*operation.pointer, "operationId")) if operation else 1
            reason = f"the code written for it is no Python: {error.msg if isinstance(error, SyntaxError) else error} ({name})"
            problems.append(
                Problem(owner.path, line, operation.id if operation else "", f"{reason}; rename what it names")
            )
    if problems:
        raise DocumentError(problems)


def generate(documents: tuple[Document, ...], out: Path, label: str) -> None:
    """Builds the distribution aside and puts its files into `out`. A failure leaves `out` as it was.

    Raises:
        DocumentError: a document says something that would be lost on the way to the client.
        GenerationError: the generator warned, failed or left something out.
        owned.NotOurs: a file that was not generated stands where one would be written.
    """
    out = out.resolve()
    owned.check(out, (), texts.MARK, WRITER)
    with tempfile.TemporaryDirectory(prefix="job-status-") as aside:
        fresh = Path(aside, "new")
        build(documents, fresh, label)
        owned.replace(fresh, out, texts.MARK, WRITER)


def stale(documents: tuple[Document, ...], out: Path, label: str) -> list[str]:
    """How `out` differs from what the documents give: a line per file, empty when it is current.

    Files of others count where they would be shipped, in the package itself.
    """
    with tempfile.TemporaryDirectory(prefix="job-status-") as aside:
        fresh = Path(aside, "new")
        build(documents, fresh, label)
        wanted, got = owned.files(fresh), owned.files(out)
        lines = []
        for name in sorted(wanted.keys() | got.keys()):
            if name not in got:
                lines.append(f"{out / name}: is missing")
            elif name not in wanted:
                if name.startswith(f"{IMPORT_NAME}/") or owned.is_marked(got[name], texts.MARK):
                    lines.append(f"{out / name}: no document gives this file")
            elif wanted[name].read_bytes() != got[name].read_bytes():
                lines.append(f"{out / name}: differs from what the documents give")
        return lines


def project_version() -> str:
    """The project's one version, from the root pyproject.toml, or from the installed tools."""
    root = Path(__file__).resolve().parents[2] / "pyproject.toml"
    if root.is_file():
        return str(tomllib.loads(root.read_text(encoding="utf-8"))["project"]["version"])
    from importlib.metadata import version

    return version("job-status-tools")


def _environment() -> dict[str, str]:
    """The surroundings, with this interpreter's own programs first: the pinned ruff, whatever else is on PATH."""
    programs = str(Path(sys.executable).parent)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RUFF_", "PYTHONHASHSEED"))}
    return {**kept, "PATH": os.pathsep.join([programs, os.environ.get("PATH", "")])}


def _generate(document: Document, target: Path) -> dict[str, str]:
    """Has a document's sub-package written; gives the class of each component schema.

    A component that has the name of something that the generator writes itself gets another one.
    """
    taken: frozenset[str] = frozenset()
    while True:
        models = component_names(document, taken)
        _run_generator(document, named(tolerant(document), models), target)
        met = _own_names(target) & set(models.values()) - taken
        if not met:
            break
        taken |= met
        shutil.rmtree(target)
    problems = [problem for operation in document.operations for problem in _missing(document, operation, target)]
    problems += _missing_models(document, models, target)
    _mend_unset(document, target / "types.py")
    if problems:
        raise DocumentError(problems)
    return models


def _run_generator(document: Document, view: Mapping[str, Any], target: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="job-status-") as scratch:
        path, settings = Path(scratch, "document.json"), Path(scratch, "settings.json")
        path.write_text(json.dumps(view), encoding="utf-8")
        given = {
            "package_name_override": target.name,
            "docstrings_on_attributes": True,
            "post_hooks": list(HOOKS),
        }
        settings.write_text(json.dumps(given), encoding="utf-8")
        command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--fail-on-warning"]
        command += ["--path", str(path), "--config", str(settings), "--output-path", str(target)]
        try:
            done = subprocess.run(  # noqa: S603 - the pinned generator, on files of our own
                command, env=_environment(), capture_output=True, text=True, check=False, timeout=GENERATOR_SECONDS
            )
        except subprocess.TimeoutExpired:
            message = f"openapi-python-client has not ended within {GENERATOR_SECONDS} s; split the document"
            raise GenerationError(f"{document.path}: {message}") from None
    if done.returncode != 0:
        raise _refusal(document, view, done.stdout + done.stderr)


def _refusal(document: Document, view: Mapping[str, Any], said: str) -> DocumentError | GenerationError:
    """What the generator has said, at the lines of the operations and components that it names."""
    classes_of = {cls: name for name, cls in zip(_schemas(document.data), _schemas(view), strict=True)}
    problems = []
    found = re.findall(r"^(?:WARNING parsing|Unable to process schema) (.*)\n\s*((?:.*\S.*\n)*)", said, re.M)
    for place, reason in found:
        words = place.split(" within ")[0].split()
        operation = next((o for o in document.operations if [o.method, o.path] == words[:2]), None)
        component = next((n for n in (classes_of.get(p) for p in re.findall(r"[^/\s:]+", place)) if n), None)
        told = " ".join(line for line in reason.splitlines() if "please open an issue" not in line)
        path = next((path for path in document.data["paths"] if path in f"{place} {told}"), None)
        pointer: Pointer = ("components", "schemas", component) if component else ("paths", path) if path else ()
        pointer = operation.pointer if operation else pointer
        message = f"openapi-python-client refuses it: {told or place}; describe it in another way"
        where = operation.id if operation else component or ""
        problems.append(Problem(document.path, document.line(pointer), where, message))
    if problems:
        return DocumentError(problems)
    shown = "\n".join(printable(line) for line in said.splitlines() if line.strip())
    return GenerationError(f"{document.path}: openapi-python-client refuses the document:\n{shown}")


def _schemas(data: Mapping[str, Any]) -> list[str]:
    return list(data.get("components", {}).get("schemas", {}))


def _own_names(target: Path) -> set[str]:
    """The names in the generated modules that are none of models: what the generator defines or imports itself."""
    found: set[str] = set()
    for path in target.rglob("*.py"):
        is_model = path.parent.name == "models"
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ImportFrom) and not (node.level and "models" in (node.module or "").split(".")):
                if not (is_model and node.level == 1):
                    found |= {alias.asname or alias.name for alias in node.names}
            elif isinstance(node, ast.ClassDef | ast.Assign) and not is_model:
                targets = node.targets if isinstance(node, ast.Assign) else [ast.Name(node.name)]
                found |= {one.id for one in targets if isinstance(one, ast.Name)}
    return found


def _mend_unset(document: Document, types: Path) -> None:
    """Lets `UNSET` be itself after a pickle or a copy, since errors hold models, and be short when it is printed."""
    text = types.read_text(encoding="utf-8")
    before, found, after = text.partition(UNSET_ANCHOR)
    if not found or UNSET_ANCHOR in after:
        raise GenerationError(f"{document.path}: openapi-python-client writes another class Unset; is the pin right?")
    types.write_text(before + found + UNSET_METHODS + after, encoding="utf-8", newline="\n")


def _missing(document: Document, operation: Operation, target: Path) -> Iterator[Problem]:
    """What of an operation is not in the generated module."""

    def left_out(what: str, pointer: Pointer) -> Problem:
        message = f"openapi-python-client left out {what}; rename it, or describe it in another way"
        return Problem(document.path, document.line(pointer), operation.id, message)

    module = next(iter(target.glob(f"api/*/{operation.id}.py")), None)
    if module is None:
        yield left_out("the operation", operation.pointer)
        return
    tree = ast.parse(module.read_text(encoding="utf-8"))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    for name in CALLS:
        if name not in functions:
            yield left_out(f"the call {name}", operation.pointer)
    if "sync_detailed" in functions:
        arguments = functions["sync_detailed"].args
        given = {argument.arg.strip("_") for argument in (*arguments.args, *arguments.kwonlyargs)}
        for parameter in operation.parameters:
            name = snake_case(parameter.name)
            if not given & {name, f"{name}_{parameter.where}", parameter.name}:
                yield left_out(f"the parameter {parameter.name}", parameter.pointer)


def _missing_models(document: Document, models: Mapping[str, str], target: Path) -> Iterator[Problem]:
    written = "".join(path.read_text(encoding="utf-8") for path in sorted(target.glob("models/*.py")))
    for name, schema in document.data.get("components", {}).get("schemas", {}).items():
        if ("properties" in schema or "enum" in schema) and not re.search(rf"^class {models[name]}\b", written, re.M):
            line = document.line(("components", "schemas", name))
            message = "openapi-python-client left out the component; rename it, or describe it in another way"
            yield Problem(document.path, line, name, message)


def _tidy(package: Path) -> None:
    """Runs the hooks once more, on what was not written by the generator."""
    files = [package / "__init__.py", *sorted((package / "_apis").glob("*.py"))]
    for hook in HOOKS:
        command = [*hook.split()[:-1], *map(str, files)]
        command[0] = str(Path(sys.executable).with_name(command[0]))
        done = subprocess.run(command, env=_environment(), capture_output=True, text=True, check=False, timeout=60)  # noqa: S603
        if done.returncode != 0:
            said = done.stdout + done.stderr or f"ruff ended with {done.returncode}"
            raise GenerationError(f"the classes could not be formatted: {said}")


def _stamp(package: Path, banner: str) -> None:
    for path in sorted(package.rglob("*")) if package.is_dir() else [package]:
        if path.suffix == ".py":
            path.write_text(f"# {banner}\n\n{path.read_text(encoding='utf-8')}".rstrip() + "\n", "utf-8", newline="\n")
        elif path.is_file():
            raise GenerationError(f"openapi-python-client wrote {path.name}, which nobody expects; is the pin right?")
