"""The private attributes of httpx and httpcore that this package relies on, all in one place.

Known to hold for httpx 0.28 with httpcore 1. `tests/test_httpx_internals.py` fails when they change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import httpx

if TYPE_CHECKING:
    import httpcore

KNOWN_HTTPX: Final = "0.28"
KNOWN_HTTPCORE: Final = "1."


def connection_pool(transport: httpx.HTTPTransport | httpx.AsyncHTTPTransport) -> Any:
    """Return the httpcore connection pool of a transport."""
    return transport._pool


def replace_network_backend(transport: httpx.HTTPTransport | httpx.AsyncHTTPTransport, wrap: Any) -> Any:
    """Wrap the network backend of a transport, and return it: httpx has no parameter for it."""
    pool: Any = connection_pool(transport)
    pool._network_backend = wrap(pool._network_backend)
    return pool._network_backend


def replace_connection_pool(transport: httpx.HTTPTransport | httpx.AsyncHTTPTransport, pool: Any) -> None:
    """Let a transport send its requests with another pool: httpx has no parameter for it."""
    transport._pool = pool


def is_readable(sock: Any) -> bool:
    """Return whether a read of an idle socket would return at once: the server has closed it, or sent something."""
    from httpcore._utils import is_socket_readable

    return is_socket_readable(sock)


def stream_of_socket(sock: Any) -> httpcore.NetworkStream:
    """Return the httpcore stream of a connected socket: nothing public makes one."""
    from httpcore._backends.sync import SyncStream

    return SyncStream(sock)


def environment_proxies() -> dict[str, str | None]:
    """Return the proxies of the environment by URL pattern, as httpx reads them."""
    from httpx._utils import get_environment_proxies

    return get_environment_proxies()


def url_pattern(pattern: str) -> Any:
    """Return httpx's matcher of a URL pattern."""
    from httpx._utils import URLPattern

    return URLPattern(pattern)


def with_path(base: httpx.URL, path: str, query: str | None) -> httpx.URL:
    """Return a URL with another path and query, which are valid and escaped: httpx would parse and escape them."""
    url = httpx.URL.__new__(httpx.URL)
    url._uri_reference = base._uri_reference._replace(path=path, query=query)
    return url


def has_body(response: httpx.Response) -> bool:
    """Return whether the body of a response has been read."""
    return hasattr(response, "_content")
