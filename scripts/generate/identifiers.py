"""Derive Python names from the names in a document, without collisions."""

import builtins
import keyword
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from attrs import frozen
from openapi_python_client.strings import ClassName

from ..client.base import AsyncClient, Client
from ..document import Document, job_noun, snake_case
from .credentials import credential_kind
from .renames import FIELD
from .schemas import Component

BUILTINS = frozenset(dir(builtins))
# The public attributes of every client class.
CLIENT_NAMES = frozenset(name for kind in (Client, AsyncClient) for name in dir(kind) if not name.startswith("_"))
# Names in the generated models, in addition to those of the document.
MODEL_NAMES = frozenset(
    {
        *("self", "cls", "d", "src_dict", "field_dict", "prop", "prop_name", "prop_dict", "cast", "isoparse"),
        *("to_dict", "from_dict", "to_multipart"),
        *("additional_properties", "additional_keys", "additional_property"),
    }
)
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
    documents: Iterable[Document],
    models: Mapping[str, AbstractSet[str]],
    keywords: AbstractSet[str],
    modules: AbstractSet[str],
    exported: AbstractSet[str],
) -> dict[str, Names]:
    """Return the Python names of each document of a distribution, by the stem of its file name.

    Args:
        documents: The documents.
        models: The classes of the components of each document, by stem.
        keywords: The arguments of every constructor, except the credentials.
        modules: The modules of the package, except those of the documents.
        exported: The names that the package exports, except the client classes.
    """
    found: dict[str, Names] = {}
    packages, classes = {*modules, *exported}, set(exported)
    for document in documents:
        package = identifier(document.package, packages, "api")
        # The module of the client class imports the models.
        taken = classes | models[document.stem]
        taken |= {name.removeprefix("Async") for name in taken}
        # Of two documents with the same title, the second one is named after its file.
        title = "" if class_identifier(document.title) in classes else document.title
        class_name = class_identifier(title, taken) or class_identifier(document.stem, taken) or "Api"
        schemes: dict[str, str] = {}
        for key, scheme in document.security_schemes.items():
            if not credential_kind(scheme):
                continue
            raw = document.resolve(document.data["components"]["securitySchemes"][key])
            schemes[key] = identifier(str(raw.get("x-name", key)), {*keywords, *schemes.values()}, "credential")
        packages.add(package)
        classes |= {class_name, f"Async{class_name}"}
        found[document.stem] = Names(package, class_name, schemes)
    return found


@frozen
class OperationNames:
    """The names of the methods of an operation: its call, and the noun in those of its job, empty without a job."""

    call: str
    noun: str


def operation_names(document: Document) -> dict[str, OperationNames]:
    """Return the names of the methods of each operation, by its id: none is that of another method of the client."""
    jobs = [operation for operation in document.operations if operation.job]
    taken = {*CLIENT_NAMES, *BUILTINS, *keyword.kwlist, *(("wait", "job", "resume") if jobs else ())}
    calls = {operation.id: _free((operation.id,), taken, "{}", "{}_raw") for operation in document.operations}
    short = Counter(job_noun(operation.id) for operation in jobs)
    nouns: dict[str, str] = {}
    for operation in jobs:
        noun = job_noun(operation.id)
        names = (noun, operation.id) if short[noun] == 1 else (operation.id,)
        nouns[operation.id] = _free(names, taken, "wait_for_{}", "{}_job")
    return {name: OperationNames(call, nouns.get(name, "")) for name, call in calls.items()}


def _free(names: Sequence[str], taken: set[str], *methods: str) -> str:
    """Return the first of the names of which no method is taken, or the last one with underscores added; take them."""
    made = list(names)
    while {method.format(made[0]) for method in methods} & taken or (keyword.iskeyword(made[0]) and len(made) > 1):
        made = made[1:] or [f"{made[0]}_"]
    taken |= {method.format(made[0]) for method in methods}
    return made[0]


def class_names(components: Mapping[str, Component], taken: AbstractSet[str] = NONE_TAKEN) -> dict[str, str]:
    """Return the class of each component by its key: its base, if that is in CamelCase and no other class.

    The name of its module, which is that of a variable in the module, is no other name there.
    """
    bases = {key: str(component.flat.get("x-name") or component.base) for key, component in components.items()}
    found: dict[str, str] = {}
    modules = set(MODEL_NAMES)
    kept = {
        key
        for key, base in bases.items()
        if re.match(r"[A-Z]", base)
        and base.isascii()
        and ClassName(base, FIELD) == base not in taken
        and len(components[key].pointer) == 3
        and components[key].subclass_of is None
    }
    for key in sorted(bases, key=lambda key: key not in kept):
        base = bases[key] if key in kept else ClassName(class_identifier(bases[key], suffix="Model") or "Model", FIELD)
        made, number = base, 1
        while made in taken or snake_case(made) in modules:
            made, number = f"{base}Model{number if number > 1 else ''}", number + 1
        modules.add(snake_case(made))
        found[key] = made
    return {key: found[key] for key in bases}
