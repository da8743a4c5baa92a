"""An ASGI application that modifies the responses of another, to simulate a server with faulty responses."""

import json
from collections.abc import Callable
from typing import Any

from attrs import define
from starlette.types import ASGIApp, Message, Receive, Scope, Send


@define
class OutgoingResponse:
    """A response before it is sent. `body` is parsed JSON, or bytes if the body is not JSON."""

    method: str
    path: str
    status: int
    content_type: str
    body: Any


Change = Callable[[OutgoingResponse], None]


async def buffer_response(application: ASGIApp, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
    """Call an application and return the start message and the complete body of its response without sending them."""
    start: Message = {}
    chunks: list[bytes] = []

    async def collect(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            chunks.append(message.get("body", b""))

    await application(scope, receive, collect)
    return start, b"".join(chunks)


class FaultyServer:
    """An ASGI application that applies `change` to every response of another application."""

    def __init__(self, application: ASGIApp, change: Change) -> None:
        self.application = application
        self.change = change

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request and send the modified response."""
        start, raw = await buffer_response(self.application, scope, receive)
        headers = {name.lower(): value for name, value in start["headers"]}
        content_type = headers.get(b"content-type", b"").decode()
        try:
            body = json.loads(raw)
        except ValueError:
            body = raw
        response = OutgoingResponse(scope["method"], scope["path"], start["status"], content_type, body)
        self.change(response)
        sent = response.body if isinstance(response.body, bytes) else json.dumps(response.body).encode()
        headers[b"content-type"] = response.content_type.encode()
        headers[b"content-length"] = str(len(sent)).encode()
        await send({"type": "http.response.start", "status": response.status, "headers": list(headers.items())})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else sent})
