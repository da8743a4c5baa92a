"""The servers: one function per framework that serves the tasks on a loopback port in a thread."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from .tasks import Tasks


@contextmanager
def served_by_uvicorn(application: Any) -> Iterator[str]:
    """Serve an ASGI application."""
    import uvicorn

    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application, log_level="critical"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield url_of(listening.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listening.close()


def url_of(port: int) -> str:
    """Return the URL of a loopback port."""
    return f"http://127.0.0.1:{port}"


def starlette() -> AbstractContextManager[str]:
    """Serve with Starlette, which supports HEAD for each GET."""
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.gzip import GZipMiddleware
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    tasks = Tasks()

    async def read(request: Request) -> JSONResponse:
        query = request.query_params
        status, body = tasks.read(request.headers.get("authorization"), request.path_params["id"], query.get("verbose"))
        return JSONResponse(body, status)

    async def start(request: Request) -> JSONResponse:
        status, body = tasks.start(request.headers.get("authorization"), await request.body())
        return JSONResponse(body, status)

    routes = [Route("/tasks", start, methods=["POST"]), Route("/tasks/{id}", read)]
    return served_by_uvicorn(Starlette(routes=routes, middleware=[Middleware(GZipMiddleware, minimum_size=100)]))


def fastapi() -> AbstractContextManager[str]:
    """Serve with FastAPI, which rejects HEAD and converts booleans itself."""
    from fastapi import FastAPI, Header, Request
    from fastapi.responses import JSONResponse

    application, tasks = FastAPI(), Tasks()

    def read(id: str, verbose: bool = False, authorization: str | None = Header(default=None)) -> JSONResponse:
        status, body = tasks.read(authorization, id, str(verbose))
        return JSONResponse(body, status)

    async def start(request: Request) -> JSONResponse:
        status, body = tasks.start(request.headers.get("authorization"), await request.body())
        return JSONResponse(body, status)

    application.add_api_route("/tasks/{id}", read, methods=["GET"])
    application.add_api_route("/tasks", start, methods=["POST"])
    return served_by_uvicorn(application)


@contextmanager
def flask() -> Iterator[str]:
    """Serve with Flask, with one thread per request."""
    import logging

    import flask as framework
    from werkzeug.serving import make_server

    application, tasks = framework.Flask(__name__), Tasks()
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)

    def read(task_id: str) -> Any:
        given = framework.request
        status, body = tasks.read(given.headers.get("Authorization"), task_id, given.args.get("verbose"))
        return framework.jsonify(body), status

    def start() -> Any:
        status, body = tasks.start(framework.request.headers.get("Authorization"), framework.request.get_data())
        return framework.jsonify(body), status

    application.add_url_rule("/tasks/<task_id>", view_func=read)
    application.add_url_rule("/tasks", view_func=start, methods=["POST"])
    server = make_server("127.0.0.1", 0, application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield url_of(server.server_port)
    finally:
        server.shutdown()
        thread.join(timeout=10)
        server.server_close()


@contextmanager
def served_by_loop(start: Callable[[], Any]) -> Iterator[str]:
    """Run a coroutine that starts a server and returns its port, in an event loop of its own."""
    loop, ready = asyncio.new_event_loop(), threading.Event()
    ports: list[int] = []

    def run() -> None:
        asyncio.set_event_loop(loop)
        ports.append(loop.run_until_complete(start()))
        ready.set()
        loop.run_forever()

    def stop() -> None:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.call_soon(loop.stop)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    ready.wait(timeout=10)
    try:
        yield url_of(ports[0])
    finally:
        loop.call_soon_threadsafe(stop)
        thread.join(timeout=10)


def aiohttp() -> AbstractContextManager[str]:
    """Serve with aiohttp, which supports HEAD for each GET."""
    import logging

    from aiohttp import web

    tasks = Tasks()
    logging.getLogger("aiohttp").setLevel(logging.CRITICAL)

    async def read(request: web.Request) -> web.Response:
        given, query = request.headers.get("Authorization"), request.query
        status, body = tasks.read(given, request.match_info["id"], query.get("verbose"))
        return web.json_response(body, status=status)

    async def start(request: web.Request) -> web.Response:
        status, body = tasks.start(request.headers.get("Authorization"), await request.read())
        return web.json_response(body, status=status)

    async def serve() -> int:
        application = web.Application()
        application.add_routes([web.get("/tasks/{id}", read), web.post("/tasks", start)])
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return int(runner.addresses[0][1])

    return served_by_loop(serve)


def tornado() -> AbstractContextManager[str]:
    """Serve with Tornado, whose 405 has no Allow, and which makes an ETag of each response."""
    import logging

    from tornado.httpserver import HTTPServer
    from tornado.netutil import bind_sockets
    from tornado.web import Application, RequestHandler

    tasks = Tasks()
    logging.getLogger("tornado.access").setLevel(logging.CRITICAL)

    class Read(RequestHandler):
        def get(self, task_id: str) -> None:
            given = self.request.headers.get("Authorization")
            status, body = tasks.read(given, task_id, self.get_query_argument("verbose", None))
            self.set_status(status)
            self.write(body)

    class Start(RequestHandler):
        def post(self) -> None:
            status, body = tasks.start(self.request.headers.get("Authorization"), self.request.body)
            self.set_status(status)
            self.write(body)

    async def serve() -> int:
        sockets = bind_sockets(0, "127.0.0.1")
        server = HTTPServer(Application([("/tasks/([^/]+)", Read), ("/tasks", Start)]))
        server.add_sockets(sockets)
        return int(sockets[0].getsockname()[1])

    return served_by_loop(serve)


FRAMEWORKS: Mapping[str, Callable[[], AbstractContextManager[str]]] = {
    "starlette": starlette,
    "fastapi": fastapi,
    "flask": flask,
    "aiohttp": aiohttp,
    "tornado": tornado,
}
