# Generated from scripts/client/response_parser.py by `make generate`; do not edit.

"""The parsers of the responses of `asyncio_connection.py`: h11, which httpcore requires, or httptools, which is in C.

Both call the methods `on_message_begin`, `on_status`, `on_header`, `on_headers_complete`, `on_body` and
`on_message_complete` of their connection.
"""

from __future__ import annotations

import functools
import sys
from typing import Any, Final, Protocol

import h11
import httpcore

LARGEST_HEAD: Final = 100 * 1024  # bytes of a response before its body, as in httpcore


class Parser(Protocol):
    """A parser of the responses of one connection."""

    def __init__(self, connection: Any) -> None: ...

    @property
    def status(self) -> int:
        """The status code of the response."""

    @property
    def http_version(self) -> str:
        """The version of HTTP, such as 1.1."""

    @property
    def keeps_alive(self) -> bool:
        """Whether the connection can be used again after the response."""

    def begin(self, method: bytes) -> None:
        """Expect the response to a request."""

    def feed(self, data: bytes) -> None:
        """Parse a part of the response.

        Raises:
            httpcore.RemoteProtocolError: It is not HTTP.
        """


class H11Parser:
    """Parses with h11."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._state: Any = None
        self.status = 0
        self.http_version = ""
        self.keeps_alive = False

    def begin(self, method: bytes) -> None:
        """Expect the response to a request. The request itself is written by the connection."""
        if self._state is None:
            self._state = h11.Connection(h11.CLIENT, max_incomplete_event_size=LARGEST_HEAD)
        else:
            self._state.start_next_cycle()
        self._state.send(_request(method))
        self._state.send(END)

    def feed(self, data: bytes) -> None:
        """Parse a part of the response."""
        try:
            self._state.receive_data(data)
            while (event := self._state.next_event()) is not h11.NEED_DATA and event is not h11.PAUSED:
                self._handle(event)
        except h11.RemoteProtocolError as error:
            raise httpcore.RemoteProtocolError(str(error)) from None

    def _handle(self, event: Any) -> None:
        connection = self._connection
        if isinstance(event, h11.Data):
            connection.on_body(bytes(event.data))
        elif isinstance(event, h11.EndOfMessage):
            self.keeps_alive = self._state.their_state is h11.DONE and not self._state.trailing_data[0]
            connection.on_message_complete()
        elif isinstance(event, h11.InformationalResponse | h11.Response):
            connection.on_message_begin()
            connection.on_status(event.reason)
            for name, value in event.headers.raw_items():
                connection.on_header(name, value)
            self.status, self.http_version = event.status_code, event.http_version.decode("ascii")
            connection.on_headers_complete()


END: Final = h11.EndOfMessage()


@functools.lru_cache(maxsize=8)
def _request(method: bytes) -> h11.Request:
    """Return a request without a body: what matters for the response is its method."""
    return h11.Request(method=method, target=b"/", headers=[(b"Host", b"host")])


class HttptoolsParser:
    """Parses with llhttp, of the extra `fast`."""

    def __init__(self, connection: Any) -> None:
        import httptools

        self._parser = httptools.HttpResponseParser(connection)
        # As h11 does. A response with both a length and chunks has chunks.
        self._parser.set_dangerous_leniencies(
            lenient_chunked_length=True,
            lenient_optional_cr_before_lf=True,
            lenient_spaces_after_chunk_size=True,
            lenient_version=True,
        )
        self._upgrade, self._error = httptools.HttpParserUpgrade, httptools.HttpParserError
        self._callback_error = httptools.HttpParserCallbackError

    @property
    def status(self) -> int:
        """The status code of the response."""
        code: int = self._parser.get_status_code()
        return code

    @property
    def http_version(self) -> str:
        """The version of HTTP, such as 1.1."""
        version: str = self._parser.get_http_version()
        return version

    @property
    def keeps_alive(self) -> bool:
        """Whether the connection can be used again after the response."""
        keeps: bool = self._parser.should_keep_alive()
        return keeps

    def begin(self, method: bytes) -> None:
        """Expect the response to a request; the parser is ready for the next one by itself."""

    def feed(self, data: bytes) -> None:
        """Parse a part of the response."""
        handled = sys.exception()
        try:
            self._parser.feed_data(data)
        except self._upgrade:
            problem = "the server switches to another protocol, which was not requested"
            raise httpcore.RemoteProtocolError(problem) from None
        except self._callback_error as error:
            # The methods of the connection raise nothing: it is the exception of a signal handler. If the caller
            # handles another one, that has taken its place.
            interruption = error.__context__
            raise KeyboardInterrupt if interruption in (None, handled) else interruption from None
        except self._error as error:
            raise httpcore.RemoteProtocolError(str(error)) from None
