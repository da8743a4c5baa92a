"""Derive Python names from the names in a document, without collisions."""

import builtins
import keyword
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet

from attrs import frozen
from openapi_python_client.strings import ClassName, PythonIdentifier

from ..client.base import AsyncClient, Client
from ..document import Document, snake_case

BUILTINS = frozenset(dir(builtins))
# The public attributes of every client class.
CLIENT_NAMES = frozenset(name for kind in (Client, AsyncClient) for name in dir(kind) if not name.startswith("_"))
FIELD = "field_"  # the prefix of openapi-python-client for names that are not valid in Python
NONE_TAKEN: AbstractSet[str] = frozenset()


@frozen
class Names:
    """The Python names of a document: its sub-package, its client class, and the argument of each security scheme."""

    package: str
    class_name: str
    schemes: Mapping[str, str]


def identifier(name: str, taken: AbstractSet[str] = NONE_TAKEN, prefix: str = "a") -> str:
    """Return the identifier for a name in snake case: not a keyword, not a builtin, not taken.

    A name without ASCII letters and digits, or one that begins with a digit, gets the prefix.
    """
    made = snake_case(name)
    if not made or made[0].isdigit():
        made = f"{prefix}_{made}".rstrip("_")
    while keyword.iskeyword(made) or made in BUILTINS or made in taken:
        made += "_"
    return made


def class_identifier(name: str, taken: AbstractSet[str] = NONE_TAKEN, suffix: str = "Client") -> str:
    """Return the identifier for a name in CamelCase: not a keyword, not a builtin, not taken.

    It is empty if the name has no ASCII letters. A taken name gets the suffix, and a number if that is taken too.
    """
    base = "".join(part[0].upper() + part[1:] for part in re.findall(r"[A-Za-z0-9]+", name)).lstrip("0123456789")
    made, number = base, 1
    while keyword.iskeyword(made) or made in BUILTINS or made in taken:
        made, number = f"{base}{suffix}{number if number > 1 else ''}", number + 1
    return made


def document_names(
    documents: Iterable[Document], keywords: AbstractSet[str], modules: AbstractSet[str], exported: AbstractSet[str]
) -> dict[str, Names]:
    """Return the Python names of each document of a distribution, by the stem of its file name.

    Args:
        documents: The documents.
        keywords: The arguments of every constructor, except the credentials.
        modules: The modules of the package, except those of the documents.
        exported: The names that the package exports, except the client classes.
    """
    found: dict[str, Names] = {}
    packages, classes = {*modules, *exported}, set(exported)
    for document in documents:
        package = identifier(document.package, packages, "api")
        # The module of the client class imports the models.
        taken = classes | set(component_names(document).values())
        taken |= {name.removeprefix("Async") for name in taken}
        class_name = class_identifier(document.title, taken) or class_identifier(document.stem, taken) or "Api"
        schemes: dict[str, str] = {}
        for key in document.security_schemes:
            schemes[key] = identifier(key, {*keywords, *schemes.values()}, "credential")
        packages.add(package)
        classes |= {class_name, f"Async{class_name}"}
        found[document.stem] = Names(package, class_name, schemes)
    return found


def collisions(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the names for which openapi-python-client uses the Python name of an earlier one, with that one.

    It uses a second form of the name if the snake case forms collide, and fails if the second forms collide too.
    """
    names = tuple(names)
    usual = Counter(PythonIdentifier(name, FIELD) for name in names)
    seen: dict[str, str] = {}
    for name in names:
        made = PythonIdentifier(name, FIELD)
        if usual[made] > 1:
            made = PythonIdentifier(name, FIELD, skip_snake_case=True)
        if (other := seen.setdefault(made, name)) != name:
            yield name, other


def component_names(document: Document, taken: AbstractSet[str] = NONE_TAKEN) -> dict[str, str]:
    """Return the class of each component schema by its name in the document: that name, if it is in CamelCase."""
    named = list(document.data.get("components", {}).get("schemas", {}))
    found: dict[str, str] = {}
    modules: set[str] = set()
    kept = {name for name in named if re.match(r"[A-Z]", name) and ClassName(name, FIELD) == name not in taken}
    for name in sorted(named, key=lambda name: name not in kept):
        base = name if name in kept else ClassName(class_identifier(name, suffix="Model") or "Model", FIELD)
        made, number = base, 1
        while made in taken or snake_case(made) in modules:
            made, number = f"{base}Model{number if number > 1 else ''}", number + 1
        modules.add(snake_case(made))
        found[name] = made
    return {name: found[name] for name in named}
