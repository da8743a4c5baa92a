"""Load and check documents."""

from pathlib import Path

from . import rules
from .model import Document
from .parse import parse_document
from .problem import DocumentError, NoDocumentsError, Problem
from .source import read_yaml


def load(path: Path) -> Document:
    """Load one document.

    Raises:
        DocumentError: The document is invalid. The error holds every problem.
    """
    source = read_yaml(path)
    try:
        if problems := rules.check_source(source):
            raise DocumentError(problems)
        document = parse_document(source)
        if problems := rules.check_document(document):
            raise DocumentError(problems)
    except (AttributeError, KeyError, LookupError, TypeError, ValueError) as error:
        # A part has a type that the rules do not expect; the schema of the specification names it.
        unexpected = Problem(path, 1, "", f"is not valid OpenAPI 3.1: {type(error).__name__}: {error}")
        raise DocumentError(rules.check_specification(source) or [unexpected]) from None
    return document


def load_folder(folder: Path) -> tuple[Document, ...]:
    """Load every `*.yaml` of a folder, ordered by file name.

    Raises:
        NoDocumentsError: The folder contains no document.
        DocumentError: A document is invalid. The error holds every problem of every document.
    """
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        raise NoDocumentsError(
            [Problem(folder, 1, "", "contains no *.yaml document; name a folder of OpenAPI documents")]
        )
    documents: list[Document] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            documents.append(load(path))
        except DocumentError as error:
            problems += error.problems
    names: dict[str, Document] = {}
    for document in documents:
        stem = document.stem
        if not document.package.isidentifier() or document.package != document.package.lower():
            message = f"the file name becomes a Python package name; rename {stem}.yaml to lower case with dashes"
            problems.append(Problem(document.path, 1, "", message))
        other = names.setdefault(document.class_name, document)
        if other is not document and document.class_name:
            message = (
                f"the title {document.title!r} gives the class name {document.class_name}, as that of "
                f"{other.path.name} does; change the title"
            )
            problems.append(Problem(document.path, document.line(("info", "title")), "", message))
    if problems:
        raise DocumentError(problems)
    return tuple(documents)
