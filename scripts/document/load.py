"""Load and check documents."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs

from . import rules
from .model import Document
from .naming import name_operations
from .navigate import mappings
from .overlay import MARK, apply_overlay, overlay_of
from .parse import parse_document
from .problem import DocumentError, NoDocumentsError, Problem
from .read import read_file
from .schema_rules import endless_schemas
from .source import Pointer
from .upgrade import normalize_references, upgrade, version_of

SUFFIXES = (".yaml", ".yml", ".json")


def load(path: Path) -> Document:
    """Load one document, with its overlay, `<stem>.overlay.yaml`, if that exists.

    Raises:
        DocumentError: The document is invalid. The error holds every problem.
    """
    source = read_file(path)
    warnings: list[Problem] = []
    if overlay := overlay_of(path):
        source, warnings = apply_overlay(source, overlay)
    try:
        if problems := source.problems(normalize_references(source)):
            raise DocumentError(problems)
        if problems := rules.check_source(source):
            raise DocumentError(problems)
        version = version_of(source)
        upgrade(source)
        problems, harmless = rules.check_specification(source, version)
        if problems:
            raise DocumentError(problems)
        warnings += [*source.differences, *harmless]
        operation_ids = name_operations(source.data)
        document = parse_document(source, operation_ids)
        if problems := rules.check_document(document):
            raise DocumentError(problems)
        findings, unusable = rules.check_adopted(document)
        warnings += source.problems(findings)
        if unusable:
            for pointer in unusable:
                _remove(source.data, pointer)
            document = parse_document(source, operation_ids)
        document.warnings = [attrs.evolve(warning, is_warning=True) for warning in warnings]
    except (AttributeError, KeyError, LookupError, TypeError, ValueError, RecursionError) as error:
        # A part has a type that the rules do not expect; the schema of the specification names it.
        unexpected = Problem(path, 1, "", f"is not valid OpenAPI: {type(error).__name__}: {error}".splitlines()[0])
        problems = source.problems(endless_schemas(source.data)) if isinstance(error, RecursionError) else []
        raise DocumentError(problems or rules.check_specification(source, "3.1")[0] or [unexpected]) from None
    return document


def _remove(data: Any, pointer: Pointer) -> None:
    """Remove an example or a default, so that no tool uses it."""
    if pointer[:2] == ("components", "examples"):
        reference = {"$ref": f"#/components/examples/{pointer[2]}"}
        for node, _ in mappings(data):
            if isinstance(examples := node.get("examples"), dict):
                for name in [name for name, one in examples.items() if one == reference]:
                    del examples[name]
        return
    for key in pointer[:-1]:
        data = data[key]
    data.pop(pointer[-1], None)


def load_folder(folder: Path) -> tuple[Document, ...]:
    """Load every document of a folder, `*.yaml`, `*.yml` and `*.json` except overlays, ordered by file name, or a file.

    Raises:
        NoDocumentsError: The folder contains no document.
        DocumentError: A document is invalid. The error holds every problem of every document.
    """
    is_file = folder.is_file()
    files = sorted(path for path in ([folder] if is_file else folder.glob("*")) if path.suffix in SUFFIXES)
    if not any(is_file or not path.stem.endswith(MARK) for path in files):
        message = "contains no *.yaml, *.yml or *.json document; name a folder of OpenAPI documents"
        raise NoDocumentsError([Problem(folder, 1, "", message)])
    return load_files(files)


def load_files(files: Sequence[Path]) -> tuple[Document, ...]:
    """Load documents; an overlay stands for the document that it changes.

    Raises:
        DocumentError: A document is invalid, or a file is not one. The error holds every problem of every file.
    """
    documents: list[Document] = []
    problems: list[Problem] = []
    paths: dict[Path, None] = {}
    for path in files:
        if path.suffix not in SUFFIXES:
            problems.append(Problem(path, 1, "", "expected a document, *.yaml, *.yml or *.json"))
        elif not path.stem.endswith(MARK):
            paths[path] = None
        else:
            names = [path.with_name(path.stem.removesuffix(MARK) + suffix) for suffix in SUFFIXES]
            changed = [name for name in names if name.is_file() and overlay_of(name) == path]
            paths |= dict.fromkeys(changed)
            if not changed and (others := [overlay_of(name) for name in names if name.is_file()]):
                problems.append(Problem(path, 1, "", f"is a second overlay, next to {others[0]}; merge them into one"))
            elif not changed:
                message = f"is an overlay of no document; name it <stem>{MARK}.yaml after the file that it changes"
                problems.append(Problem(path, 1, "", message))
    for path in sorted(paths):
        try:
            documents.append(load(path))
        except DocumentError as error:
            problems += error.problems
    packages: dict[str, Document] = {}
    for document in documents:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", document.stem):
            message = "the file name is part of URLs and of Python names; use letters, digits, dashes and dots"
            problems.append(Problem(document.path, 1, "", message))
        if (other := packages.setdefault(document.package, document)) is not document:
            message = f"gives the Python name {document.package}, as {other.path.name} does; rename one of the files"
            problems.append(Problem(document.path, 1, "", message))
    if problems:
        raise DocumentError(problems)
    return tuple(documents)
