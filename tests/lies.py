"""Servers that lie: a simulator whose answers are changed on their way out."""

import json
from collections.abc import Callable
from typing import Any

from attrs import define
from starlette.types import ASGIApp, Message, Receive, Scope, Send


@define
class Answer:
    """An answer on its way out. `body` is parsed JSON, or bytes where it is none."""

    method: str
    path: str
    status: int
    content_type: str
    body: Any


Change = Callable[[Answer], None]


async def held(application: ASGIApp, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
    """The beginning of an application's answer and its whole body, held back."""
    start: Message = {}
    chunks: list[bytes] = []

    async def hold(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            chunks.append(message.get("body", b""))

    await application(scope, receive, hold)
    return start, b"".join(chunks)


class Lie:
    """An ASGI application that changes the answers of another."""

    def __init__(self, application: ASGIApp, change: Change) -> None:
        self.application = application
        self.change = change

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request, untruthfully."""
        start, raw = await held(self.application, scope, receive)
        headers = {name.lower(): value for name, value in start["headers"]}
        content_type = headers.get(b"content-type", b"").decode()
        try:
            body = json.loads(raw)
        except ValueError:
            body = raw
        answer = Answer(scope["method"], scope["path"], start["status"], content_type, body)
        self.change(answer)
        sent = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        headers[b"content-type"] = answer.content_type.encode()
        headers[b"content-length"] = str(len(sent)).encode()
        await send({"type": "http.response.start", "status": answer.status, "headers": list(headers.items())})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else sent})
