"""Makes Python names out of the words of a document, so that none meets another or one of ours."""

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
# What every client class has, whatever its document says.
CLIENT_NAMES = frozenset(name for kind in (Client, AsyncClient) for name in dir(kind) if not name.startswith("_"))
FIELD = "field_"  # what the generator puts before a name that Python would not take
NOTHING: AbstractSet[str] = frozenset()


@frozen
class Names:
    """The names of a document in Python: its sub-package, its client class, and the keyword of each security scheme."""

    package: str
    class_name: str
    schemes: Mapping[str, str]


def identifier(word: str, taken: AbstractSet[str] = NOTHING, prefix: str = "a") -> str:
    """A name in lower case for a word: no keyword, no name of Python's own, and none of those that are taken.

    A word without letters and digits of ASCII, or one that begins with a digit, gets the prefix.
    """
    name = snake_case(word)
    if not name or name[0].isdigit():
        name = f"{prefix}_{name}".rstrip("_")
    while keyword.iskeyword(name) or name in BUILTINS or name in taken:
        name += "_"
    return name


def class_identifier(word: str, taken: AbstractSet[str] = NOTHING, suffix: str = "Client") -> str:
    """A name in the form of classes, as `identifier` gives one in lower case; empty where no letter is left.

    One that is taken gets the suffix, and a number where that is taken too.
    """
    base = "".join(part[0].upper() + part[1:] for part in re.findall(r"[A-Za-z0-9]+", word)).lstrip("0123456789")
    name, number = base, 1
    while keyword.iskeyword(name) or name in BUILTINS or name in taken:
        name, number = f"{base}{suffix}{number if number > 1 else ''}", number + 1
    return name


def document_names(
    documents: Iterable[Document], keywords: AbstractSet[str], modules: AbstractSet[str], exported: AbstractSet[str]
) -> dict[str, Names]:
    """The names of each document of one distribution, by its stem.

    Args:
        documents: the documents.
        keywords: the arguments that every constructor has beside its credentials.
        modules: the modules that the package has beside those of the documents.
        exported: the names that the package exports beside the classes of the documents.
    """
    found: dict[str, Names] = {}
    packages, classes = {*modules, *exported}, set(exported)
    for document in documents:
        package = identifier(document.package, packages, "api")
        # A model of this name would stand in the same module.
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


def meeting(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Words that openapi-python-client would give one name to, each with the one before it of that name.

    It takes another form for words whose usual names meet, and fails where those meet too.
    """
    words = tuple(words)
    usual = Counter(PythonIdentifier(word, FIELD) for word in words)
    seen: dict[str, str] = {}
    for word in words:
        name = PythonIdentifier(word, FIELD)
        if usual[name] > 1:
            name = PythonIdentifier(word, FIELD, skip_snake_case=True)
        if (other := seen.setdefault(name, word)) != word:
            yield word, other


def component_names(document: Document, taken: AbstractSet[str] = NOTHING) -> dict[str, str]:
    """The class of each component schema by its name in the document: that name, where it is in the form of classes."""
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
