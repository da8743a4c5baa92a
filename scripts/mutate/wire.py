"""A mutated server: as a transport of httpx, in process, and as an ASGI application."""

import urllib.parse
from typing import Any

import httpx

from .messages import Exchange, Log, Mutation, Request, Response

INCOMPLETE = "peer closed connection without sending complete message body"


class MutatedServer:
    """A conforming ASGI application behind a mutation, and the log of its exchanges."""

    def __init__(self, application: Any, mutation: Mutation) -> None:
        self._application = application
        self._mutation = mutation
        self.log: Log = []

    async def respond(self, request: Request) -> Response:
        """Return the mutated response to a request."""
        forwarded: list[tuple[Request, Response]] = []

        async def serve(inner: Request) -> Response:
            response = await call_application(self._application, inner)
            forwarded.append((inner, response))
            return response

        sent = await self._mutation(request, serve)
        same = next((pair for pair in forwarded if pair[0] == request), None)
        self.log.append(Exchange(request, sent, *(same or (forwarded[-1] if forwarded else ()))))
        return sent

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Respond to one request, as an ASGI application."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        query = scope["query_string"].decode("latin-1")
        target = scope["raw_path"].decode("latin-1").partition("?")[0] + (f"?{query}" if query else "")
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
        response = await self.respond(Request(scope["method"], target, headers, body))
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
        await send({"type": "http.response.start", "status": response.status, "headers": raw})
        await send({"type": "http.response.body", "body": response.body, "more_body": response.is_cut})


class InProcess(httpx.AsyncBaseTransport):
    """A transport to a mutated server without a socket, which reports a cut body as a connection does."""

    def __init__(self, server: MutatedServer) -> None:
        self._server = server

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request."""
        target = request.extensions.get("target", request.url.raw_path).decode("latin-1")
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw)
        response = await self._server.respond(Request(request.method, target, headers, await request.aread()))
        length = int(response.header("content-length") or len(response.body))
        if request.method != "HEAD" and (response.is_cut or length > len(response.body)):
            detail = f" (received {len(response.body)} bytes, expected {length})"
            raise httpx.RemoteProtocolError(INCOMPLETE + detail, request=request)
        body = b"" if request.method == "HEAD" else response.body
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
        return httpx.Response(response.status, headers=raw, stream=httpx.ByteStream(body), request=request)


async def call_application(application: Any, request: Request) -> Response:
    """Return the response of an ASGI application to a request."""
    start: dict[str, Any] = {}
    chunks: list[bytes] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": request.body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            chunks.append(message.get("body", b""))

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": request.method,
        "path": urllib.parse.unquote(request.path),
        "raw_path": request.path.encode("latin-1"),
        "query_string": request.query.encode("latin-1"),
        "root_path": "",
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in request.headers],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    await application(scope, receive, send)
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"])
    return Response(start["status"], headers, b"".join(chunks))
