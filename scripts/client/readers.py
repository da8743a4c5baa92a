"""Success responses that are not simply one JSON object: by status, without a body, lists, text and bytes."""

from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

import httpx
from attrs import frozen

T = TypeVar("T")


@frozen
class Reader(Generic[T]):
    """What a success response is read as, by its status.

    Attributes:
        rows: Each status, range or `default` as documented, with what its body is (`json`, `text`, `bytes` or `none`)
            and what creates the value from it.
    """

    rows: tuple[tuple[str, str, Callable[[Any], T]], ...]

    def __call__(self, body: Any) -> T:
        """Return the value of a JSON body."""
        return self.rows[0][2](body)

    def read(self, response: httpx.Response) -> tuple[Any, Callable[[Any], T]]:
        """Return the body of a response, and what creates the value from it.

        Raises:
            ValueError: The body is not JSON.
        """
        status = response.status_code
        by_status = {row[0]: row for row in self.rows}
        row = by_status.get(str(status)) or by_status.get(f"{status // 100}XX") or self.rows[-1]
        _, form, create = row
        return BODIES[form](response), create


BODIES: Final[dict[str, Callable[[httpx.Response], Any]]] = {
    "json": lambda response: response.json(),
    "text": lambda response: response.text,
    "bytes": lambda response: response.content,
    "none": lambda response: None,
}


def same(body: Any) -> Any:
    """Return the body itself."""
    return body


def list_of(create: Callable[[Any], T]) -> Callable[[Any], list[T]]:
    """Return what creates a list of values from a JSON array."""

    def created(body: Any) -> list[T]:
        if not isinstance(body, list):
            raise TypeError(f"expected an array, got {type(body).__name__}")
        return [create(item) for item in body]

    return created


def optional(create: Callable[[Any], T]) -> Callable[[Any], T | None]:
    """Return what creates a value, or None from null."""
    return lambda body: None if body is None else create(body)


def empty(create: Callable[[Any], T]) -> Callable[[Any], T]:
    """Return what creates the model of a response without a body."""
    return lambda _: create({})
