# Generated from scripts/runtime/transport.py by `make generate`; do not edit.

"""The httpx transports under a client: one TLS context, few connections, and deadlines."""

import functools
import ssl
from typing import Final

import httpx

# httpx's pool takes time that grows with the square of its connections; a status is a small answer.
LIMITS: Final = httpx.Limits(max_connections=10, max_keepalive_connections=10, keepalive_expiry=60.0)
# Polls of the waits of one client that are under way at a time; some connections are left for its calls.
POLLS: Final = 8


@functools.cache
def shared_context() -> ssl.SSLContext:
    """The TLS context of every client that is given no other. It takes tens of milliseconds to make."""
    return httpx.create_ssl_context()


@functools.cache
def _unused_context() -> ssl.SSLContext:
    """For clients of plain http, which never shake hands. It trusts nobody."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def context(verify: ssl.SSLContext | str | bool, *, tls: bool) -> ssl.SSLContext:
    """The TLS context for `verify`: True for the system's trust, False for none, a path to certificates, or a context."""
    if isinstance(verify, ssl.SSLContext):
        return verify
    if isinstance(verify, str):
        return ssl.create_default_context(cafile=verify)
    if verify is False:
        return httpx.create_ssl_context(verify=False)
    return shared_context() if tls else _unused_context()


def sync_transport(verify: ssl.SSLContext, proxy: str | httpx.Proxy | None) -> httpx.HTTPTransport:
    """httpx's own transport, whose connections know the deadline of the call."""
    from .backends import Backend  # httpcore is not imported before a client is made

    transport = httpx.HTTPTransport(verify=verify, limits=LIMITS, proxy=proxy, trust_env=False)
    pool = transport._pool
    pool._network_backend = Backend(pool._network_backend)
    return transport


def async_transport(verify: ssl.SSLContext, proxy: str | httpx.Proxy | None) -> httpx.AsyncHTTPTransport:
    """httpx's own transport, whose connections know the deadline of the call."""
    from .backends import AsyncBackend  # httpcore is not imported before a client is made

    transport = httpx.AsyncHTTPTransport(verify=verify, limits=LIMITS, proxy=proxy, trust_env=False)
    pool = transport._pool
    pool._network_backend = AsyncBackend(pool._network_backend)
    return transport
