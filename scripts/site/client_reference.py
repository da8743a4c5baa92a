"""The pages of the client reference, which Sphinx fills from the docstrings of the generated package."""

from collections.abc import Iterable, Iterator
from importlib import import_module
from inspect import isclass
from operator import methodcaller
from pkgutil import iter_modules
from types import ModuleType
from typing import Any, Final

PACKAGE: Final = "job_status"
CREDENTIALS: Final = f"{PACKAGE}.credentials"
TYPES: Final = f"{PACKAGE}.types"
INTERNAL: Final = {f"{PACKAGE}._client.polling.learned.plan"}
GENERATED_MODELS: Final = ("Client", "AuthenticatedClient")  # of openapi-python-client, for its own modules


def client_pages() -> dict[str, str]:
    """Return the pages of the client reference by name."""
    package = import_module(PACKAGE)
    public = {name: getattr(package, name) for name in package.__all__ if not name.startswith("_")}
    errors = [name for name, value in public.items() if isclass(value) and issubclass(value, Exception)]
    products = list(_products(package))
    classes = [name for product in products for name in product_classes(product)]
    others = [name for name in public if name not in {*errors, *classes}]
    return {
        "reference-clients.rst": "\n".join(_clients(products)),
        "reference-waits.rst": "\n".join(_waits(others)),
        "reference-errors.rst": "\n".join(_errors(public, errors)),
    }


def public_names() -> dict[str, str]:
    """Return the public name of each class and function by the name under which it is defined."""
    package = import_module(PACKAGE)
    modules = [
        package,
        import_module(CREDENTIALS),
        import_module(TYPES),
        *(import_module(f"{PACKAGE}.{name}") for name in _products(package)),
    ]
    values = ((module, name, getattr(module, name)) for module in modules for name in module.__all__)
    return {
        f"{value.__module__}.{value.__qualname__}": f"{module.__name__}.{name}"
        for module, name, value in values
        if hasattr(value, "__qualname__")
    }


def constructed_names() -> set[str]:
    """Return the public names of the classes that users create."""
    package = import_module(PACKAGE)
    clients = (f"{PACKAGE}.{name}" for product in _products(package) for name in product_classes(product))
    return {*clients, f"{CREDENTIALS}.AppToken"}


def load_operations() -> None:
    """Load what the first client of each product loads, so that every annotation can be evaluated."""
    package = import_module(PACKAGE)
    for product in _products(package):
        for name in product_classes(product):
            methodcaller("_load")(getattr(package, name))


def product_classes(product: str) -> list[str]:
    """Return the names of the client classes of a product, the sync one first."""
    package = import_module(PACKAGE)
    home = f"{PACKAGE}._apis.{product}"
    return sorted(
        (name for name in package.__all__ if _home(package, name) == home), key=lambda name: name[:5] == "Async"
    )


def _home(package: ModuleType, name: str) -> str:
    return str(getattr(getattr(package, name), "__module__", ""))


def _products(package: ModuleType) -> Iterator[str]:
    apis = import_module(f"{package.__name__}._apis")
    yield from (module.name for module in iter_modules(apis.__path__))


def _heading(title: str, line: str) -> list[str]:
    return [title, line * len(title), ""]


def _directive(kind: str, target: str, *options: str) -> list[str]:
    return [f".. {kind}:: {target}", *(f"   :{option}:" for option in options), ""]


def _clients(products: Iterable[str]) -> Iterator[str]:
    yield from _heading("Clients and models", "=")
    yield "Each document has a sync and an async class with the same methods; those of the async class are coroutines."
    yield "The `client <client.html>`_ explains what all of them share."
    yield ""
    for product in products:
        sync, asynchronous = product_classes(product)
        yield from _heading(sync, "-")
        yield from _directive("autoclass", f"{PACKAGE}.{sync}", "members", "inherited-members: object")
        yield from _directive("autoclass", f"{PACKAGE}.{asynchronous}", "members", "inherited-members: object")
        yield from _heading(f"Models of {sync}", "~")
        module = import_module(f"{PACKAGE}.{product}")
        for name in module.__all__:
            value = getattr(module, name)
            if name in GENERATED_MODELS:
                continue
            if isclass(value):
                yield from _directive("autoclass", f"{module.__name__}.{name}", "members")
            else:
                yield from _directive("autodata", f"{module.__name__}.{name}")


def _waits(names: Iterable[str]) -> Iterator[str]:
    package = import_module(PACKAGE)
    yield from _heading("Waits, schedules and credentials", "=")
    yield "`Waiting for jobs <waiting.html>`_ explains how they work together."
    yield ""
    for name in names:
        yield from _documented(package, name)
    yield from _heading("Missing values", "-")
    yield from _directive("autodata", f"{TYPES}.UNSET", "no-value")
    yield from _directive("autoclass", f"{TYPES}.Unset")
    yield from _heading("Credentials", "-")
    credentials = import_module(CREDENTIALS)
    for name in credentials.__all__:
        yield from _documented(credentials, name)


def _documented(module: ModuleType, name: str) -> list[str]:
    value = getattr(module, name)
    kind = "autoclass" if isclass(value) else "autofunction" if hasattr(value, "__code__") else "autodata"
    options = ["members", "inherited-members: object, Generic"] if kind == "autoclass" else []
    return _directive(kind, f"{module.__name__}.{name}", *options)


def _errors(public: dict[str, Any], names: Iterable[str]) -> Iterator[str]:
    yield from _heading("Exceptions", "=")
    yield "`The client <client.html#exceptions>`_ has their hierarchy, `waiting <waiting.html#how-a-wait-ends>`_ says"
    yield "which of them end a wait. Whatever a server, a network or an argument can cause is one of them."
    yield ""
    for name in sorted(names, key=lambda name: (len(public[name].__mro__), name)):
        yield from _directive("autoexception", f"{PACKAGE}.{name}", "members", "show-inheritance")
