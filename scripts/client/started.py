"""The requests that have started jobs: the links of their responses may refer to a request or to response headers."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import httpx
from attrs import field, frozen

from .expressions import get_path

if TYPE_CHECKING:
    from .call import Operation


@frozen
class Origin:
    """A request that has started a job, and its response.

    Attributes:
        operation: The start operation.
        url: The URL of the request, without credentials.
        values: The values of its path parameters.
        request: The other parameters and the body, as the generated code has built them.
        status: The HTTP status code of the response.
        headers: The headers of the response.
    """

    operation: Operation
    url: str = field(repr=False)
    values: tuple[Any, ...] = field(repr=False)
    request: Mapping[str, Any] = field(repr=False)
    status: int
    headers: httpx.Headers = field(repr=False)

    def evaluate(self, source: str, keys: tuple[Any, ...]) -> Any:
        """Return the value of an expression, except one in the body of the response, or None if missing."""
        match source:
            case "response.header":
                return self.headers.get(keys[0])
            case "request.path":
                return dict(zip(self.operation.parameters, self.values, strict=True)).get(keys[0])
            case "request.query":
                return self.request.get("params", {}).get(keys[0])
            case "request.header":
                return httpx.Headers(self.request.get("headers")).get(keys[0])
            case "request.body":
                return get_path(self.request.get("json", self.request.get("data")), keys)
            case _:
                return self.status


# Models are not hashable, and know nothing of the call that returned them.
_origins: Final[dict[int, tuple[weakref.ref[Any], Origin]]] = {}


def remember(model: Any, origin: Origin) -> None:
    """Remember the origin of a model for as long as the model exists."""
    key = id(model)
    with contextlib.suppress(TypeError):  # a string, for example, has no weak references
        _origins[key] = (weakref.ref(model, lambda _: _origins.pop(key, None)), origin)


def origin_of(started: Any) -> Origin | None:
    """Return the origin of what a start operation has returned, or None if it is unknown, as for a copy."""
    reference, origin = _origins.get(id(started), (None, None))
    return origin if reference is not None and reference() is started else None
