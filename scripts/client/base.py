"""The base classes of the generated client classes.

They import what calls and waits need when a client is created: a program that names a class waits for httpx alone.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self

import httpx

from .clock import SYSTEM_CLOCK, Clock
from .schemes import Scheme

if TYPE_CHECKING:
    from .core import AsyncCore, SyncCore


class _Base:
    _url_variable: ClassVar[str] = ""
    _schemes: ClassVar[tuple[Scheme, ...]] = ()
    _alternatives: ClassVar[tuple[tuple[str, ...], ...]] = ()
    _clock: ClassVar[Clock] = SYSTEM_CLOCK
    _core: Any

    @classmethod
    def _load(cls) -> None:
        """Import what the methods use; the first client of a class does."""

    def __repr__(self) -> str:
        core = getattr(self, "_core", None)  # missing after a constructor that raised
        return f"{type(self).__name__}({core.settings.base_url!r})" if core else f"{type(self).__name__}()"

    def __reduce__(self) -> tuple[Any, ...]:
        name = type(self).__name__
        raise TypeError(f"{name} holds connections and credentials and cannot be pickled; create it where it is needed")


class Client(_Base):
    """A sync client of one API. Calls return a typed model or raise a `JobStatusError`, within their timeout."""

    _core: SyncCore

    def __init__(
        self,
        base_url: str | None,
        credentials: Mapping[str, Any],
        *,
        timeout: float,
        max_retries: int,
        headers: Mapping[str, str] | None,
        verify: ssl.SSLContext | str | bool,
        proxy: str | httpx.Proxy | None,
        http_transport: httpx.BaseTransport | None,
        event_hooks: Mapping[str, list[Callable[..., Any]]] | None,
        max_response_bytes: int,
        trust_env: bool,
        record: str | os.PathLike[str] | None,
        max_in_flight: int,
        limits_store: str | os.PathLike[str] | None,
    ) -> None:
        from .core import Options, SyncCore
        from .environment import base_url_of, credentials_of

        self._load()
        options = Options(
            base_url_of(base_url, self._url_variable, trust_env=trust_env),
            timeout,
            max_retries,
            headers,
            verify,
            proxy,
            http_transport,
            event_hooks,
            max_response_bytes,
            trust_env,
            record,
            max_in_flight,
            limits_store,
        )
        self._core = SyncCore(
            options,
            credentials_of(credentials, self._schemes, self._alternatives, trust_env=trust_env),
            self._schemes,
            self._alternatives,
            self._clock,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections and end the waits in progress. The client cannot be used afterwards."""
        self._core.close()


class AsyncClient(_Base):
    """An async client of one API. Calls return a typed model or raise a `JobStatusError`, within their timeout.

    It can be used from several event loops, one after the other.
    """

    _core: AsyncCore

    def __init__(
        self,
        base_url: str | None,
        credentials: Mapping[str, Any],
        *,
        timeout: float,
        max_retries: int,
        headers: Mapping[str, str] | None,
        verify: ssl.SSLContext | str | bool,
        proxy: str | httpx.Proxy | None,
        http_transport: httpx.AsyncBaseTransport | None,
        event_hooks: Mapping[str, list[Callable[..., Any]]] | None,
        max_response_bytes: int,
        trust_env: bool,
        record: str | os.PathLike[str] | None,
        max_in_flight: int,
        limits_store: str | os.PathLike[str] | None,
    ) -> None:
        from .core import AsyncCore, Options
        from .environment import base_url_of, credentials_of

        self._load()
        options = Options(
            base_url_of(base_url, self._url_variable, trust_env=trust_env),
            timeout,
            max_retries,
            headers,
            verify,
            proxy,
            http_transport,
            event_hooks,
            max_response_bytes,
            trust_env,
            record,
            max_in_flight,
            limits_store,
        )
        self._core = AsyncCore(
            options,
            credentials_of(credentials, self._schemes, self._alternatives, trust_env=trust_env),
            self._schemes,
            self._alternatives,
            self._clock,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections, once the requests of cancelled calls have ended, and end the waits in progress."""
        await self._core.close()
