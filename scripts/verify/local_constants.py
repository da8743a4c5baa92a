"""The constants that hypothesis takes from the source of imported modules: they must not vary within a run.

Modules are imported during a run, at a time that varies, so that the same seed led to other requests now and then.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from hypothesis.internal.conjecture import providers

COLLECT: Final = "_get_local_constants"  # a function of a module that is not documented


def local_constants() -> Any:
    """Return the constants of the modules that are imported by now."""
    return getattr(providers, COLLECT)()


@contextmanager
def constants_kept(constants: Any) -> Iterator[None]:
    """Let hypothesis use these constants only."""
    collect = getattr(providers, COLLECT)
    setattr(providers, COLLECT, lambda: constants)
    try:
        yield
    finally:
        setattr(providers, COLLECT, collect)
