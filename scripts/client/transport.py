"""The httpx transports under a client: trust, proxies, few connections, and deadlines."""

import functools
import ipaddress
import os
import ssl
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx

from .arguments import LABEL, told
from .errors import InvalidArgumentError
from .sanitize import shown

# httpx's pool takes time that grows with the square of its connections; a status is a small answer.
LIMITS: Final = httpx.Limits(max_connections=10, max_keepalive_connections=10, keepalive_expiry=60.0)
# For what is sent once: a connection of its own, which no server is about to close.
FRESH: Final = httpx.Limits(max_connections=10, max_keepalive_connections=0)
# Polls of the waits of one client that are under way at a time; some connections are left for its calls.
POLLS: Final = 8


def context(verify: Any, *, tls: bool, trust_env: bool) -> ssl.SSLContext:
    """The TLS context for `verify`.

    True trusts the system's store and that of certifi, or instead of both what SSL_CERT_FILE and SSL_CERT_DIR name;
    a path trusts a file or folder of certificates; False trusts everybody.

    Raises:
        InvalidArgumentError: it is none of these, or holds no certificates that can be read.
    """
    if isinstance(verify, ssl.SSLContext):
        return verify
    if isinstance(verify, bool):
        if not verify:
            return httpx.create_ssl_context(verify=False)
        if not tls:
            return _unused_context()
        named = (os.environ.get("SSL_CERT_FILE", ""), os.environ.get("SSL_CERT_DIR", "")) if trust_env else ("", "")
        return shared_context(*named) if any(named) else shared_context()
    if isinstance(verify, str | os.PathLike) and str(verify):
        path = Path(verify)
        return _trusting("verify=", "verify=", *(("", str(path)) if path.is_dir() else (str(path), "")))
    wanted = "True, False, the path of a file or folder of certificates, or an ssl.SSLContext"
    raise InvalidArgumentError(f"verify= wants {wanted}, got {told(verify)}")


@functools.cache
def shared_context(file: str = "", folder: str = "") -> ssl.SSLContext:
    """The TLS context of every client that is given no other. It takes tens of milliseconds to make."""
    if file or folder:
        return _trusting("SSL_CERT_FILE", "SSL_CERT_DIR", file, folder)
    import certifi

    made = ssl.create_default_context()
    made.load_verify_locations(certifi.where())
    return made


def _trusting(file_name: str, folder_name: str, file: str, folder: str) -> ssl.SSLContext:
    for name, path, is_there in ((file_name, file, os.path.exists), (folder_name, folder, os.path.isdir)):
        # OpenSSL takes a list of folders.
        places = path.split(os.pathsep) if is_there is os.path.isdir else [path]
        if path and not any(is_there(place) for place in places):
            what = "a folder" if is_there is os.path.isdir and os.path.exists(path) else "there"
            raise InvalidArgumentError(f"{name} names {shown(path, 200)}, which is not {what}")
    try:
        return ssl.create_default_context(cafile=file or None, capath=folder or None)
    except (OSError, ValueError) as error:
        name, path = (file_name, file) if file else (folder_name, folder)
        told = f"which holds no certificates that can be read: {error}"
        raise InvalidArgumentError(f"{name} names {shown(path, 200)}, {told}") from None


@functools.cache
def _unused_context() -> ssl.SSLContext:
    """For clients of plain http, which never shake hands. It trusts nobody."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def read_proxy(proxy: Any, base_url: str, *, trust_env: bool) -> httpx.Proxy | None:
    """The proxy that leads to a base URL: the one that is given, or that of the environment, as httpx chooses it.

    No proxy of the environment leads to this machine itself.

    Raises:
        InvalidArgumentError: it cannot be used.
    """
    name, found = "proxy=", proxy
    if proxy is None and trust_env and not _is_here(base_url):
        try:
            name, found = _of_the_environment(base_url)
        except (ValueError, httpx.InvalidURL) as error:
            wanted = "HTTP_PROXY, HTTPS_PROXY, ALL_PROXY or NO_PROXY cannot be read"
            raise InvalidArgumentError(f"{wanted}: {error}; correct it, or pass trust_env=False") from None
    if found is None:
        return None
    wanted = f"{name} wants the URL of a proxy, such as http://host:3128"
    try:
        made = found if isinstance(found, httpx.Proxy) else httpx.Proxy(found)
        # A name or port that there cannot be is noticed here.
        has_host = bool(made.url.host) and urllib.parse.urlsplit(str(made.url)).port != 0
        if not made.url.host.isprintable() or " " in made.url.host or "%20" in str(made.url):
            raise ValueError("it holds a blank")
        labels = made.url.raw_host.decode().removesuffix(".").split(".")
        if ":" not in made.url.host and has_host and not all(LABEL.fullmatch(label) for label in labels):
            raise ValueError("there can be no host of that name")
    except Exception as error:
        # What httpx says of a URL repeats its password.
        why = "" if isinstance(found, str) and "@" in found else f": {shown(error, 200)}"
        raise InvalidArgumentError(f"{wanted}{why}") from None
    if not has_host:
        raise InvalidArgumentError(f"{wanted}, got one without a host")
    return made


def _of_the_environment(base_url: str) -> tuple[str, str | None]:
    """The variable that names the proxy for a URL, and the proxy; None where it takes none."""
    # httpx has these for its own clients; nothing public of it says which proxy a URL takes.
    from httpx._utils import URLPattern, get_environment_proxies

    url, patterns = httpx.URL(base_url), []
    for pattern, proxy in get_environment_proxies().items():
        try:
            patterns.append((URLPattern(pattern), proxy))
        except (ValueError, httpx.InvalidURL):
            if proxy is not None:
                raise
            # An entry of NO_PROXY that names no host, such as fe80::/10: it is none of ours.
    patterns.sort(key=lambda entry: entry[0])
    chosen = next((entry for entry in patterns if entry[0].matches(url)), None)
    if chosen is None:
        return "", None
    scheme, proxy = chosen[0].scheme or "all", chosen[1]
    names = (f"{scheme}_proxy", f"{scheme}_proxy".upper())
    return next((name for name in names if os.environ.get(name)), "the proxy of the system"), proxy


def _is_here(base_url: str) -> bool:
    """Whether a URL leads to this machine."""
    host = (urllib.parse.urlsplit(base_url).hostname or "").removesuffix(".")
    try:
        return host == "localhost" or host.endswith(".localhost") or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def passwords(proxy: httpx.Proxy | None) -> Iterator[str]:
    """What of a proxy must not be shown, in the forms in which it is repeated."""
    if proxy is not None and proxy.raw_auth is not None:
        import base64

        password = proxy.raw_auth[1].decode("utf-8", errors="replace")
        yield password
        yield base64.b64encode(b":".join(proxy.raw_auth)).decode()


def _made(kind: Any, verify: ssl.SSLContext, proxy: httpx.Proxy | None, limits: httpx.Limits) -> Any:
    try:
        return kind(verify=verify, limits=limits, proxy=proxy, trust_env=False)
    except ImportError:
        raise InvalidArgumentError(
            "proxy= names a SOCKS proxy; install what it needs: pip install httpx[socks]"
        ) from None


def sync_transport(
    verify: ssl.SSLContext, proxy: httpx.Proxy | None, limits: httpx.Limits = LIMITS
) -> httpx.HTTPTransport:
    """httpx's own transport, whose connections know the deadline of the call."""
    from .network import Backend  # httpcore is not imported before a client is made

    transport: httpx.HTTPTransport = _made(httpx.HTTPTransport, verify, proxy, limits)
    pool = transport._pool
    # Its own lock is one of Python's making: a signal handler that raises within it would leave the thread to wait for
    # itself. This one is the thread's already.
    pool._optional_thread_lock = threading.RLock()  # type: ignore[assignment]
    pool._network_backend = Backend(pool._network_backend)
    return transport


def async_transport(
    verify: ssl.SSLContext, proxy: httpx.Proxy | None, limits: httpx.Limits = LIMITS
) -> httpx.AsyncHTTPTransport:
    """httpx's own transport, whose connections know the deadline of the call."""
    from .network import AsyncBackend  # httpcore is not imported before a client is made

    transport: httpx.AsyncHTTPTransport = _made(httpx.AsyncHTTPTransport, verify, proxy, limits)
    pool = transport._pool
    pool._network_backend = AsyncBackend(pool._network_backend)
    return transport
