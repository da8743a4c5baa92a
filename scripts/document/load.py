"""Loads documents, or says everything that is wrong with them."""

from pathlib import Path

from . import check
from .model import Document
from .parse import parse
from .problem import DocumentError, NoDocuments, Problem
from .source import read


def load(path: Path) -> Document:
    """Loads one document.

    Raises:
        DocumentError: it cannot be used; every reason is given.
    """
    source = read(path)
    try:
        if problems := check.before_parsing(source):
            raise DocumentError(problems)
        document = parse(source)
        if problems := check.after_parsing(document):
            raise DocumentError(problems)
    except (AttributeError, KeyError, LookupError, TypeError, ValueError) as error:
        # Something is of another kind than every rule takes for granted; the specification's own schema names it.
        slip = Problem(path, 1, "", f"is not of the form of OpenAPI 3.1: {type(error).__name__}: {error}")
        raise DocumentError(check.against_specification(source) or [slip]) from None
    return document


def load_folder(folder: Path) -> tuple[Document, ...]:
    """Loads every `*.yaml` of a folder, in the order of their names.

    Raises:
        NoDocuments: there is none.
        DocumentError: one cannot be used; every reason of every document is given.
    """
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        raise NoDocuments([Problem(folder, 1, "", "holds no *.yaml document; name a folder of OpenAPI documents")])
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
            message = f"the file name becomes a Python package; rename {stem}.yaml to lower-case words joined by dashes"
            problems.append(Problem(document.path, 1, "", message))
        other = names.setdefault(document.class_name, document)
        if other is not document and document.class_name:
            message = (
                f"the title {document.title!r} gives the class {document.class_name}, which {other.path.name} gives too"
            )
            line = document.line(("info", "title"))
            problems.append(Problem(document.path, line, "", f"{message}; change the title"))
    if problems:
        raise DocumentError(problems)
    return tuple(documents)
