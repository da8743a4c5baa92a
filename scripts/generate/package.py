"""Build the distribution `job-status` from documents, in an empty folder."""

import concurrent.futures
import os
import shutil
from collections.abc import Mapping
from importlib.resources import as_file, files
from pathlib import Path

from .. import client, owned
from ..document import Document, DocumentError, Problem
from . import aliases, classes, distribution, models, options, trial, unsupported
from .generated_source import missing_parts, own_names, read_function
from .generator import GenerationError, format_package, run_generator
from .identifiers import Names, component_names, document_names
from .lenient import lenient, with_class_names

IMPORT_NAME = "job_status"
# The arguments of every constructor except credentials, and the modules of the package except those of documents.
KEYWORDS = frozenset({"self", "base_url", *(option.name for option in options.CLIENT_OPTIONS)})
MODULES = frozenset({"_apis", "_client", "credentials", "py", "types"})
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


def build(documents: tuple[Document, ...], folder: Path, label: str) -> None:
    """Write the distribution into an empty folder. `label` names the folder of documents in the banners.

    Raises:
        DocumentError: A document has a feature that the client would not support.
        GenerationError: openapi-python-client warned, failed or left something out.
    """
    if problems := [problem for document in documents for problem in unsupported.problems(document)]:
        raise DocumentError(problems)
    package = folder / IMPORT_NAME
    package.mkdir(parents=True)
    names = document_names(documents, KEYWORDS, MODULES, distribution.EXPORTED)
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        classes_by_document = list(
            pool.map(lambda document: _generate(document, package / names[document.stem].package), documents)
        )
    (package / "_apis").mkdir()
    functions = []
    for document in documents:
        target = package / names[document.stem].package
        functions.append([read_function(document, operation, target) for operation in document.operations])
        text = aliases.drop_aliases(classes.client_module(document, names[document.stem], functions[-1]))
        _write(package / "_apis" / f"{target.name}.py", text)
    models.finish(package, [names[document.stem].package for document in documents])
    version = distribution.project_version()
    everything = distribution.banner(label)
    _write(package / "__init__.py", distribution.package_init(documents, names, version))
    _compile(documents, names, folder)
    format_package(package)
    for document in documents:
        banner = distribution.banner(f"{label}/{document.path.name}")
        _stamp(package / names[document.stem].package, banner)
        _stamp(package / "_apis" / f"{names[document.stem].package}.py", banner)
    for name in ("__init__.py", "types.py"):
        _stamp(package / name, everything)
    _copy_client(package / "_client")
    written = {
        "pyproject.toml": distribution.pyproject(version),
        "README.md": distribution.readme(documents, names, label),
        f"{IMPORT_NAME}/_apis/__init__.py": '"""A client class per document, sync and async."""\n',
        f"{IMPORT_NAME}/credentials.py": distribution.CREDENTIALS,
        f"{IMPORT_NAME}/py.typed": "",
        "LICENSE": distribution.license_text(),
    }
    for name, text in written.items():
        mark = f"<!-- {everything} -->" if name.endswith(".md") else f"# {everything}"
        _write(folder / name, f"{mark}\n\n{text}" if text else f"{mark}\n")
    plans = [
        trial.plan(document, names[document.stem], classes_of, read)
        for document, classes_of, read in zip(documents, classes_by_document, functions, strict=True)
    ]
    trial.run(folder, documents, plans)


def _copy_client(target: Path) -> None:
    """Copy the hand-written part of the client."""
    with as_file(files(client)) as folder:
        for source in sorted(folder.rglob("*.py")):
            copy, name = target / source.relative_to(folder), source.relative_to(folder).as_posix()
            copy.parent.mkdir(exist_ok=True)
            _write(copy, source.read_text(encoding="utf-8"))
            _stamp(copy, distribution.banner(f"scripts/client/{name}"))


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _compile(documents: tuple[Document, ...], names: Mapping[str, Names], folder: Path) -> None:
    """Check that every file is valid Python.

    Raises:
        DocumentError: A file is not. The message names the document and, if it is known, the operation.
    """
    problems = []
    for name, path in owned.list_files(folder).items():
        try:
            compile(path.read_bytes(), name, "exec")
        except (SyntaxError, ValueError) as error:
            owner = next(
                (d for d in documents if names[d.stem].package in Path(name).with_suffix("").parts), documents[0]
            )
            operation = next((o for o in owner.operations if o.id == path.stem), None)
            line = owner.line((*operation.pointer, "operationId")) if operation else 1
            reason = error.msg if isinstance(error, SyntaxError) else error
            message = f"the code generated for it is not valid Python: {reason} ({name})"
            message += "; rename the operation or its parameters"
            problems.append(Problem(owner.path, line, operation.id if operation else "", message))
    if problems:
        raise DocumentError(problems)


def _generate(document: Document, target: Path) -> dict[str, str]:
    """Generate the sub-package of a document; return the class of each component schema.

    A component whose name collides with a name in the generated code gets another name.
    """
    taken: frozenset[str] = frozenset()
    while True:
        models = component_names(document, taken)
        run_generator(document, with_class_names(lenient(document), models), target)
        colliding = own_names(target) & set(models.values()) - taken
        if not colliding:
            break
        taken |= colliding
        shutil.rmtree(target)
    problems = list(missing_parts(document, models, target))
    _patch_unset(document, target / "types.py")
    if problems:
        raise DocumentError(problems)
    return models


def _patch_unset(document: Document, types: Path) -> None:
    """Make `UNSET` a singleton under pickle and copy, since errors contain models, and give it a short repr."""
    text = types.read_text(encoding="utf-8")
    before, found, after = text.partition(UNSET_ANCHOR)
    if not found or UNSET_ANCHOR in after:
        raise GenerationError(
            f"{document.path}: expected the class Unset of openapi-python-client in types.py, got another; "
            "is it the pinned version?"
        )
    types.write_text(before + found + UNSET_METHODS + after, encoding="utf-8", newline="\n")


def _stamp(package: Path, banner: str) -> None:
    for path in sorted(package.rglob("*")) if package.is_dir() else [package]:
        if path.suffix == ".py":
            path.write_text(f"# {banner}\n\n{path.read_text(encoding='utf-8')}".rstrip() + "\n", "utf-8", newline="\n")
        elif path.is_file():
            raise GenerationError(
                f"expected only Python files from openapi-python-client, got {path.name}; is it the pinned version?"
            )
