"""TCP connections within one time limit for name resolution and all addresses together."""

import errno
import ipaddress
import os
import selectors
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any, Final

import httpcore

HEAD_START: Final = 0.25  # seconds before the next address is tried in parallel (RFC 8305)
Address = tuple[int, int, int, Any]  # family, type, protocol, socket address


def connect(host: str, port: int, seconds: float, local_address: str | None, options: Iterable[Any]) -> socket.socket:
    """Return a socket connected to the first address of a host that accepts.

    Raises:
        httpcore.ConnectTimeout: The time limit passed.
        httpcore.ConnectError: The name does not resolve, or every address refused.
    """
    ends_at = time.monotonic() + seconds
    found = _race(list(_interleave(_resolve(host, port, seconds))), ends_at, local_address)
    try:
        for option in options:
            found.setsockopt(*option)
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        found.close()
        raise httpcore.ConnectError(str(error)) from None
    found.setblocking(True)
    return found


def _resolve(host: str, port: int, seconds: float) -> list[Address]:
    """Return the addresses of a host. A lookup cannot be cancelled, so it runs in a thread that may be abandoned."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        found = _shared_lookup(host, port).get(seconds)
        if found is None:
            raise httpcore.ConnectTimeout("name resolution timed out") from None
    else:
        found = _getaddrinfo(host, port)
    if isinstance(found, BaseException):
        raise httpcore.ConnectError(str(found)) from None
    return found


class _Lookup:
    """A lookup in flight, shared by all connections to that name."""

    def __init__(self, host: str, port: int) -> None:
        self._done = threading.Event()
        self._found: list[Address] | BaseException = []
        self._key = (host, port)

    def run(self) -> None:
        """Resolve the name."""
        self._found = _getaddrinfo(*self._key)
        lookups.pop(self._key, None)
        self._done.set()

    def start(self) -> None:
        """Resolve the name in a thread; here, if the machine has no thread left."""
        try:
            threading.Thread(target=self.run, daemon=True, name="job-status-dns").start()
        except RuntimeError:
            self.run()

    def abandon(self) -> None:
        """Fail: an exception of a signal handler, for example, has prevented the thread."""
        self._found = OSError("the name resolution was interrupted")
        if lookups.get(self._key) is self:
            lookups.pop(self._key, None)
        self._done.set()

    def get(self, seconds: float) -> list[Address] | BaseException | None:
        """Return the result, or None after `seconds`."""
        return self._found if self._done.wait(seconds) else None


lookups: dict[tuple[str, int], _Lookup] = {}


def _shared_lookup(host: str, port: int) -> _Lookup:
    new = _Lookup(host, port)
    try:
        shared = lookups.setdefault((host, port), new)
        if shared is new:
            new.start()
    except BaseException:
        new.abandon()
        raise
    return shared


def _getaddrinfo(host: str, port: int) -> list[Address] | BaseException:
    try:
        infos = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)
    except Exception as error:  # includes names that cannot be encoded
        return error
    return [(family, kind, protocol, address) for family, kind, protocol, _, address in infos]


def _interleave(addresses: list[Address]) -> Iterator[Address]:
    """Alternate the address families, so that an unreachable family costs one head start only."""
    first = addresses[0][0] if addresses else 0
    one = [address for address in addresses if address[0] == first]
    other = [address for address in addresses if address[0] != first]
    for index in range(max(len(one), len(other))):
        yield from one[index : index + 1]
        yield from other[index : index + 1]


def _race(addresses: list[Address], ends_at: float, local_address: str | None) -> socket.socket:
    """Try the addresses, each with a head start before the next, and return the first connected socket."""
    last: BaseException = OSError("the name has no address")
    untried, connecting = list(addresses), set[socket.socket]()
    try:
        with selectors.DefaultSelector() as selector:
            while untried or connecting:
                now = time.monotonic()
                if now >= ends_at:
                    raise httpcore.ConnectTimeout("no address accepted the connection in time")
                if untried:
                    try:
                        connecting.add(started := _start(untried.pop(0), local_address))
                    except OSError as error:
                        last = error
                        continue
                    selector.register(started, selectors.EVENT_WRITE)
                for key, _ in selector.select(min(ends_at - now, HEAD_START if untried else ends_at - now)):
                    tried = key.fileobj
                    assert isinstance(tried, socket.socket)  # noqa: S101 - only sockets are registered
                    selector.unregister(tried)
                    connecting.discard(tried)
                    status = tried.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                    if status == 0:
                        return tried
                    tried.close()
                    last = _socket_error(status)
    finally:
        for unused in connecting:
            unused.close()
    raise httpcore.ConnectError(str(last)) from None


def _socket_error(status: int) -> OSError:
    """Return the error of a socket; on Windows, its numbers have messages of their own."""
    return OSError(status, getattr(socket, "errorTab", {}).get(status) or os.strerror(status))


def _start(address: Address, local_address: str | None) -> socket.socket:
    """Return a non-blocking socket that is connecting."""
    family, kind, protocol, socket_address = address
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setblocking(False)
        if local_address is not None:
            sock.bind((local_address, 0))
        status = sock.connect_ex(socket_address)
        if status not in {0, errno.EINPROGRESS, errno.EWOULDBLOCK, getattr(errno, "WSAEWOULDBLOCK", 0)}:
            raise _socket_error(status)
    except BaseException:
        sock.close()
        raise
    return sock
