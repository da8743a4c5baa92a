# Generated from scripts/client/transport.py by `make generate`; do not edit.

"""The built-in httpx transports of a client: TLS verification, proxies, connection limits, and deadlines."""

import contextlib
import functools
import ipaddress
import os
import re
import socket
import ssl
import sys
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
from attrs import field, frozen

from . import httpx_internals
from .arguments import HOST_LABEL
from .errors import InvalidArgumentError
from .sanitize import describe, sanitize

KEEPALIVE: Final = 60.0  # seconds for which an idle connection is kept
# Calls of one client in flight at a time, and starts; the polls of its waits have a limit of their own.
MAX_CALLS_IN_FLIGHT: Final = 10
LOCAL_NAMES: Final = frozenset({"localhost", "ip6-localhost", "ip6-loopback"})
# How `openssl rehash` names a certificate or a list of revoked ones.
HASHED_NAME: Final = re.compile(r"[0-9a-f]{8}\.r?[0-9]+")
# In the extensions of a response: whether its connection had been used before.
IS_REUSED: Final = "job_status_is_reused"


def create_tls_context(verify: Any, *, tls: bool, trust_env: bool) -> ssl.SSLContext:
    """Return the TLS context for `verify`.

    True trusts the system's store and certifi's, or instead of both the certificates of SSL_CERT_FILE and
    SSL_CERT_DIR; a path trusts a file or folder of certificates; False disables verification.

    Raises:
        InvalidArgumentError: It is another kind of value, or contains no readable certificates.
    """
    if isinstance(verify, ssl.SSLContext):
        return verify
    if isinstance(verify, bool):
        if not verify:
            return httpx.create_ssl_context(verify=False)
        if not tls:
            return _unused_context()
        paths = (os.environ.get("SSL_CERT_FILE", ""), os.environ.get("SSL_CERT_DIR", "")) if trust_env else ("", "")
        return _environment_context(*paths, *map(_stamp, paths)) if any(paths) else default_context()
    if isinstance(verify, str | os.PathLike) and str(verify):
        path = os.fspath(Path(verify))
        return _load_certificates("verify=", "verify=", *(("", path) if os.path.isdir(path) else (path, "")))
    expected = "True, False, the path of a file or folder of certificates, or an ssl.SSLContext"
    raise InvalidArgumentError(f"verify= must be {expected}, got {describe(verify)}")


@functools.cache
def default_context() -> ssl.SSLContext:
    """Return the TLS context that clients share by default: creating one takes tens of milliseconds.

    It trusts the system's store and certifi's, whatever SSL_CERT_FILE and SSL_CERT_DIR say: OpenSSL reads them where
    it loads its default paths, so those that it was compiled with are named here.
    """
    import certifi

    context = ssl.create_default_context(cafile=certifi.where())
    paths = ssl.get_default_verify_paths()
    for path in (paths.openssl_cafile, paths.openssl_capath):
        _load(context, path)
    for certificate in _windows_store():
        with contextlib.suppress(ssl.SSLError):
            context.load_verify_locations(cadata=certificate)
    return context


def _windows_store() -> list[bytes]:
    """Return the certificates of the system's store on Windows, where it is not a file or folder."""
    found: list[bytes] = []
    if sys.platform == "win32":
        for store in ("CA", "ROOT"):
            for certificate, encoding, purposes in ssl.enum_certificates(store):
                if encoding == "x509_asn" and (purposes is True or ssl.Purpose.SERVER_AUTH.oid in purposes):
                    found.append(certificate)
    return found


@functools.lru_cache(maxsize=8)
def _environment_context(file: str, folder: str, *stamps: tuple[int, int]) -> ssl.SSLContext:
    """Return the TLS context for SSL_CERT_FILE and SSL_CERT_DIR, until what they name is replaced."""
    return _load_certificates("SSL_CERT_FILE", "SSL_CERT_DIR", file, folder)


def _stamp(path: str) -> tuple[int, int]:
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return (0, 0)
    return found.st_mtime_ns, found.st_size


def _load_certificates(file_name: str, folder_name: str, file: str, folder: str) -> ssl.SSLContext:
    """Return a TLS context that trusts the certificates of a file, and those of a list of folders."""
    for name, path, exists in ((file_name, file, os.path.exists), (folder_name, folder, os.path.isdir)):
        # OpenSSL accepts a list of folders.
        places = path.split(os.pathsep) if exists is os.path.isdir else [path]
        if path and not any(exists(place) for place in places):
            problem = "is not a folder" if exists is os.path.isdir and os.path.exists(path) else "does not exist"
            raise InvalidArgumentError(f"{name} is {sanitize(path, 200)}, which {problem}")
    try:
        context = ssl.create_default_context(cafile=file or None, capath=folder or None)
    except (OSError, ValueError) as error:
        name, path = (file_name, file) if file else (folder_name, folder)
        problem = f"which contains no readable certificates: {error}"
        raise InvalidArgumentError(f"{name} is {sanitize(path, 200)}, {problem}") from None
    if folder and not sum(_load_folder(context, place) for place in folder.split(os.pathsep)):
        problem = "which contains no readable certificates"
        raise InvalidArgumentError(f"{folder_name} is {sanitize(folder, 200)}, {problem}")
    return context


def _load_folder(context: ssl.SSLContext, folder: str) -> bool:
    """Load a folder whose files have names of their own, not the hashes by which OpenSSL finds them when needed.

    Returns:
        Whether it contains certificates.
    """
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return False
    if any(HASHED_NAME.fullmatch(name) for name in names):
        return True
    paths = (os.path.join(folder, name) for name in names)
    return sum(_load(context, path) for path in paths if os.path.isfile(path)) > 0  # all of them are loaded


def _load(context: ssl.SSLContext, path: str) -> bool:
    """Load a file or folder, and return whether that was possible."""
    try:
        context.load_verify_locations(**{"capath" if os.path.isdir(path) else "cafile": path})
    except (OSError, ValueError):
        return False
    return True


@functools.cache
def _unused_context() -> ssl.SSLContext:
    """Return the context of clients of plain http, which never use it. It trusts no certificate."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@frozen
class ProxyChoice:
    """The proxy of a client, and `source`, the argument or variable that has named it."""

    proxy: httpx.Proxy = field(repr=False)
    source: str

    def __str__(self) -> str:
        url = self.proxy.url
        return f"the proxy {sanitize(f'{url.host}:{url.port}' if url.port else url.host, 200)} of {self.source}"


def resolve_proxy(proxy: Any, base_url: str, *, trust_env: bool) -> ProxyChoice | None:
    """Return the proxy for a base URL: the given one or, as httpx selects it, that of the environment.

    The proxies of the environment are not used for loopback addresses.

    Raises:
        InvalidArgumentError: The proxy cannot be used.
    """
    name, found = "proxy=", proxy
    if proxy is None and trust_env and not _is_loopback(base_url):
        try:
            name, found = _environment_proxy(base_url)
        except (ValueError, httpx.InvalidURL) as error:
            problem = "HTTP_PROXY, HTTPS_PROXY, ALL_PROXY or NO_PROXY cannot be parsed"
            raise InvalidArgumentError(f"{problem}: {error}; correct it, or pass trust_env=False") from None
    if found is None:
        return None
    expected = f"{name} must be the URL of a proxy, such as http://host:3128"
    try:
        parsed = found if isinstance(found, httpx.Proxy) else httpx.Proxy(found)
        # An invalid host or port is noticed here.
        has_host = bool(parsed.url.host) and urllib.parse.urlsplit(str(parsed.url)).port != 0
        if not parsed.url.host.isprintable() or " " in parsed.url.host or "%20" in str(parsed.url):
            raise ValueError("it contains a space")
        labels = parsed.url.raw_host.decode().removesuffix(".").split(".")
        if ":" not in parsed.url.host and has_host and not all(HOST_LABEL.fullmatch(label) for label in labels):
            raise ValueError("invalid host name")
    except Exception as error:
        # httpx's message about a URL repeats its password.
        reason = "" if isinstance(found, str) and "@" in found else f": {sanitize(error, 200)}"
        raise InvalidArgumentError(f"{expected}{reason}") from None
    if not has_host:
        raise InvalidArgumentError(f"{expected}, got one without a host")
    return ProxyChoice(parsed, name)


def _environment_proxy(base_url: str) -> tuple[str, str | None]:
    """Return the environment variable of the proxy for a URL, and the proxy, or None if no proxy is set."""
    url, patterns = httpx.URL(base_url), []
    for text, proxy in httpx_internals.environment_proxies().items():
        try:
            patterns.append((httpx_internals.url_pattern(text), proxy))
        except (ValueError, httpx.InvalidURL):
            if proxy is not None:
                raise
            # An entry of NO_PROXY that is not a host, such as fe80::/10, does not concern this URL.
    patterns.sort(key=lambda entry: entry[0])
    chosen = next((entry for entry in patterns if entry[0].matches(url)), None)
    if chosen is None:
        return "", None
    scheme, proxy = chosen[0].scheme or "all", chosen[1]
    variables = (f"{scheme}_proxy", f"{scheme}_proxy".upper())
    return next((name for name in variables if os.environ.get(name)), "the proxy of the system"), proxy


def _is_loopback(base_url: str) -> bool:
    """Return whether a URL leads to this machine, in any spelling that is resolved without a name server."""
    host = (urllib.parse.urlsplit(base_url).hostname or "").removesuffix(".").partition("%")[0]
    if host in LOCAL_NAMES or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host if ":" in host else socket.inet_aton(host))
    except (OSError, ValueError):
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_unspecified


def proxy_secrets(choice: ProxyChoice | None) -> Iterator[str]:
    """Yield the secrets of a proxy, in the forms in which a message can repeat them."""
    if choice is not None and choice.proxy.raw_auth is not None:
        import base64

        password = choice.proxy.raw_auth[1].decode("utf-8", errors="replace")
        yield password
        yield base64.b64encode(b":".join(choice.proxy.raw_auth)).decode()


@frozen
class Transports:
    """The built-in transports of a client.

    Attributes:
        calls: For calls that can be repeated.
        polls: For polls. They share the connections of the calls.
        starts: For requests that are sent once, each on a new connection, which the server is not about to close.
    """

    calls: Any
    polls: Any
    starts: Any

    def each(self) -> list[Any]:
        """Return the different transports, to close them. Calls and polls share connections."""
        return [self.calls] if self.calls is self.starts else [self.calls, self.starts]


def sync_transports(verify: ssl.SSLContext, proxy: ProxyChoice | None) -> Transports:
    """Return httpx's own transports, with connections that enforce the deadline of the call."""
    from .connections import Connections, Pool  # httpcore is imported when the first client is created
    from .network import DeadlineBackend

    made = _create(httpx.HTTPTransport, DeadlineBackend, Connections, Pool, verify, proxy)
    if proxy is None:
        from .sync_connection import Factory

        for shared in _connections(made):
            shared.factory = Factory(shared.network, verify, _parser())
    return made


def async_transports(verify: ssl.SSLContext, proxy: ProxyChoice | None) -> Transports:
    """Return httpx's own transports, with connections that enforce the deadline of the call."""
    from .connections import AsyncPool, Connections  # httpcore is imported when the first client is created
    from .network import AsyncDeadlineBackend

    made = _create(httpx.AsyncHTTPTransport, AsyncDeadlineBackend, Connections, AsyncPool, verify, proxy)
    if proxy is None:
        from .asyncio_connection import Factory

        for shared in _connections(made):
            shared.factory = Factory(shared.factory, verify, _parser())
    return made


def _connections(transports: Transports) -> Iterator[Any]:
    for transport in transports.each():
        yield httpx_internals.connection_pool(transport).shared


def _parser() -> Any:
    """Return the class that parses responses."""
    from .response_parser import H11Parser, HttptoolsParser

    return HttptoolsParser if has_fast_extra() else H11Parser


@functools.cache
def has_fast_extra() -> bool:
    """Return whether what the extra `fast` requires is installed."""
    try:
        import httptools
    except ImportError:
        return False
    # Older versions lack the means to be as lenient as httpcore.
    return hasattr(httptools.HttpResponseParser, "set_dangerous_leniencies")


def _create(
    cls: Any, backend: Any, connections: Any, pool: Any, verify: ssl.SSLContext, proxy: ProxyChoice | None
) -> Transports:
    try:
        limits = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=KEEPALIVE)
        chosen = proxy.proxy if proxy else None
        made = [cls(verify=verify, limits=limits, proxy=chosen, trust_env=False) for _ in range(3)]
    except ImportError:
        problem = f"{proxy and proxy.source} is a SOCKS proxy; install its dependency: pip install httpx[socks]"
        raise InvalidArgumentError(problem) from None
    network = httpx_internals.replace_network_backend(made[0], backend)
    factory = httpx_internals.connection_pool(made[0])
    shared = connections(factory, network, KEEPALIVE)
    once = connections(factory, network, 0.0)
    pools = (pool(shared, MAX_CALLS_IN_FLIGHT), pool(shared, None), pool(once, MAX_CALLS_IN_FLIGHT))
    for transport, replacement in zip(made, pools, strict=True):
        httpx_internals.replace_connection_pool(transport, replacement)
    return Transports(*made)
