# Generated from scripts/client/connect.py by `make generate`; do not edit.

"""Opens a connection within a time that bounds the look-up of the name and every address together."""

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

HEAD_START: Final = 0.25  # seconds that an address has before the next is tried beside it (RFC 8305)
Address = tuple[int, int, int, Any]  # family, type, protocol, where


def connect(host: str, port: int, seconds: float, local_address: str | None, options: Iterable[Any]) -> socket.socket:
    """A socket that is connected to the first address of a host that answers.

    Raises:
        httpcore.ConnectTimeout: neither the name nor an address has answered in time.
        httpcore.ConnectError: there is no such name, or no address takes the connection.
    """
    ends_at = time.monotonic() + seconds
    found = _race(list(_mixed(_addresses(host, port, seconds))), ends_at, local_address)
    try:
        for option in options:
            found.setsockopt(*option)
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        found.close()
        raise httpcore.ConnectError(str(error)) from None
    found.setblocking(True)
    return found


def _addresses(host: str, port: int, seconds: float) -> list[Address]:
    """The addresses of a host. A look-up cannot be ended from outside, so it has a thread of its own, which is left."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        found = _shared_look_up(host, port).get(seconds)
        if found is None:
            raise httpcore.ConnectTimeout("the name has not been looked up in time") from None
    else:
        found = _looked_up(host, port)
    if isinstance(found, BaseException):
        raise httpcore.ConnectError(str(found)) from None
    return found


class _LookUp:
    """One look-up under way, for all who ask for that name meanwhile."""

    def __init__(self, host: str, port: int) -> None:
        self._done = threading.Event()
        self._found: list[Address] | BaseException = []
        self._key = (host, port)

    def run(self) -> None:
        """Looks the name up, and lets go of it."""
        self._found = _looked_up(*self._key)
        _under_way.pop(self._key, None)
        self._done.set()

    def get(self, seconds: float) -> list[Address] | BaseException | None:
        """What was found; None where nothing has come in time."""
        return self._found if self._done.wait(seconds) else None


_under_way: dict[tuple[str, int], _LookUp] = {}


def _shared_look_up(host: str, port: int) -> _LookUp:
    fresh = _LookUp(host, port)
    shared = _under_way.setdefault((host, port), fresh)
    if shared is fresh:
        threading.Thread(target=fresh.run, daemon=True, name="job-status-name").start()
    return shared


def _looked_up(host: str, port: int) -> list[Address] | BaseException:
    try:
        infos = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)
    except Exception as error:  # also a name that cannot be encoded
        return error
    return [(family, kind, protocol, where) for family, kind, protocol, _, where in infos]


def _mixed(addresses: list[Address]) -> Iterator[Address]:
    """The addresses with their families in turn, so that a family that leads nowhere costs one head start."""
    first = addresses[0][0] if addresses else 0
    one = [address for address in addresses if address[0] == first]
    other = [address for address in addresses if address[0] != first]
    for index in range(max(len(one), len(other))):
        yield from one[index : index + 1]
        yield from other[index : index + 1]


def _race(addresses: list[Address], ends_at: float, local_address: str | None) -> socket.socket:
    """Tries one address after the other, each with a head start before the next, and keeps the first that answers."""
    last: BaseException = OSError("the name has no address")
    left, waiting = list(addresses), set[socket.socket]()
    try:
        with selectors.DefaultSelector() as selector:
            while left or waiting:
                now = time.monotonic()
                if now >= ends_at:
                    raise httpcore.ConnectTimeout("no address has answered in time")
                if left:
                    try:
                        waiting.add(begun := _begun(left.pop(0), local_address))
                    except OSError as error:
                        last = error
                        continue
                    selector.register(begun, selectors.EVENT_WRITE)
                for key, _ in selector.select(min(ends_at - now, HEAD_START if left else ends_at - now)):
                    tried = key.fileobj
                    assert isinstance(tried, socket.socket)  # noqa: S101 - only sockets are registered
                    selector.unregister(tried)
                    waiting.discard(tried)
                    status = tried.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                    if status == 0:
                        return tried
                    tried.close()
                    last = OSError(status, os.strerror(status))
    finally:
        for loser in waiting:
            loser.close()
    raise httpcore.ConnectError(str(last)) from None


def _begun(address: Address, local_address: str | None) -> socket.socket:
    """A socket that has begun to connect."""
    family, kind, protocol, where = address
    made = socket.socket(family, kind, protocol)
    try:
        made.setblocking(False)
        if local_address is not None:
            made.bind((local_address, 0))
        status = made.connect_ex(where)
        if status not in {0, errno.EINPROGRESS, errno.EWOULDBLOCK, getattr(errno, "WSAEWOULDBLOCK", 0)}:
            raise OSError(status, os.strerror(status))
    except BaseException:
        made.close()
        raise
    return made
