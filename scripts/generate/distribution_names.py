"""The names, the version and the license of a distribution: ours, or those chosen for other documents."""

import ast
import functools
import importlib.resources
import keyword
import re
import sys
from collections.abc import Iterable, Iterator
from importlib.resources.abc import Traversable
from typing import Final

from attrs import frozen
from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.version import InvalidVersion, Version

from ..document import Document

OWN_NAME: Final = "job-status"
OWN_PACKAGE: Final = "job_status"
# What a package must not hide, in addition to what the client and the provider import: packages of this project, and
# what the imported ones import.
HIDDEN: Final = frozenset({OWN_PACKAGE, f"{OWN_PACKAGE}_tools", "attr", "h11", "idna", "sniffio", "socksio"})


class InvalidNameError(ValueError):
    """The name or the version cannot be that of a Python distribution. The message says why."""


@frozen
class DistributionNames:
    """A distribution: its name, the name to import, its version, and what the documents say about their license.

    `license` is an SPDX expression, empty if the documents name none. `notices` are the lines about the license of each
    document; a distribution of this project's own documents has none.
    """

    name: str
    import_name: str
    version: str
    license: str
    notices: tuple[str, ...] = ()


def choose_names(documents: Iterable[Document], name: str, version: str, own_version: str) -> DistributionNames:
    """Return the names of a distribution: this project's own if no name is given.

    Args:
        documents: The documents. Their `info.version` is the version unless `version` is given.
        name: The name of the distribution, such as `kiln-client`; empty for this project's.
        version: The version, or an empty string.
        own_version: The version of this project.

    Raises:
        InvalidNameError: The name or version is not valid, or the documents have several versions.
    """
    if not name or name == OWN_NAME:
        return DistributionNames(OWN_NAME, OWN_PACKAGE, version or own_version, "MIT")
    documents = tuple(documents)
    licenses = [_license(document) for document in documents]
    expressions = {expression for expression, _ in licenses if expression}
    whole = " AND ".join(sorted({*expressions, "MIT"})) if all(expression for expression, _ in licenses) else ""
    return DistributionNames(
        name, _import_name(name), _version(documents, version), whole, tuple(notice for _, notice in licenses)
    )


def _import_name(name: str) -> str:
    made = re.sub(r"[-.]+", "_", name).lower()
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", name) or not made.isidentifier():
        message = "expected letters, digits and dashes that begin with a letter, such as kiln-client"
        raise InvalidNameError(f"the name {name!r} is no name of a Python distribution; {message}")
    if keyword.iskeyword(made) or made in {*sys.stdlib_module_names, *HIDDEN, *_imported()}:
        raise InvalidNameError(f"the package {made} would hide another one; choose another name, such as {name}-client")
    return made


@functools.cache
def _imported() -> frozenset[str]:
    """Return the packages that the client and the provider import."""
    room = importlib.resources.files(__package__.rpartition(".")[0])
    trees = [ast.parse(path.read_bytes()) for name in ("client", "airflow") for path in _modules(room / name)]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and node.level == 0]
    return frozenset(name.partition(".")[0] for name in names)


def _modules(folder: Traversable) -> Iterator[Traversable]:
    for path in folder.iterdir():
        if path.is_dir():
            yield from _modules(path)
        elif path.name.endswith(".py"):
            yield path


def _version(documents: tuple[Document, ...], version: str) -> str:
    written = {version} if version else {str(document.data["info"]["version"]) for document in documents}
    if len(written) > 1:
        found = ", ".join(sorted(written))
        raise InvalidNameError(f"the documents have the versions {found}; choose one with VERSION= (--package-version)")
    (text,) = written
    try:
        return str(Version(text))
    except InvalidVersion:
        source = "the version" if version else "the version of the document"
        message = "choose one such as 1.2.0 with VERSION= (--package-version)"
        raise InvalidNameError(f"{source} {text!r} is no version of a Python distribution; {message}") from None


def _license(document: Document) -> tuple[str, str]:
    """Return the SPDX expression of a document's license, empty if unknown, and a line about it."""
    described = document.data["info"].get("license")
    if not isinstance(described, dict):
        return "", f"{document.path.name}: the document names no license."
    name, url = str(described.get("name", "")), str(described.get("url", ""))
    text = f"{document.path.name}: {described.get('identifier') or name}{f' ({url})' if url else ''}"
    try:
        return str(canonicalize_license_expression(described.get("identifier") or name)), text
    except InvalidLicenseExpression:
        return "", text
