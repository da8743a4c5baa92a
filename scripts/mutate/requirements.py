"""What an API needs so that a mutant of the lifecycle can change it, and its state in a body."""

from collections.abc import Callable

from ..document import MISSING, Keys, walk
from .messages import Response
from .mutant import (
    Api,
    Poll,
    put,
)

Change = Callable[[Poll], Response | None]


def has(name: str) -> Callable[[Api], bool]:
    """Return the requirement that `x-job` has a key."""
    return lambda api: bool(api.operation.raw["x-job"].get(name))


def is_plain(api: Api) -> bool:
    """Require that the state is a string in a field."""
    return api.job.state is not None


def all_of(*needs: Callable[[Api], bool]) -> Callable[[Api], bool]:
    """Return the requirement that all requirements hold."""
    return lambda api: all(need(api) for need in needs)


def set_state(api: Api, poll: Poll, state: str) -> None:
    """Set the state of a status, and the fields that mirror it."""
    put(poll.body, api.job.state or (), state)
    for mirror in api.job.mirrors:
        if walk(poll.body, mirror.at) is not MISSING:
            put(poll.body, mirror.at, mirror.values[state])


def state_at(api: Api) -> Keys:
    """Return the path of the state."""
    return api.job.state or ()
