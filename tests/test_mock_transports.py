"""httpx.MockTransport and httpx.ASGITransport, with responses that are streamed, or already read or decoded."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
from job_status import NotFoundError, ServerError, TransportError, UnexpectedResponseError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from .paths import id_in
from .products import AGENT, BOTH, EVERY, PRODUCTS, Product

ResponseFactory = Callable[[int, bytes], httpx.Response]


class ByteChunks(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that is sent in chunks of seven bytes."""

    def __init__(self, body: bytes) -> None:
        self.chunks = [body[start : start + 7] for start in range(0, len(body), 7)]

    def __iter__(self) -> Iterator[bytes]:
        yield from self.chunks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self.chunks:
            yield chunk


def without_length(status: int, body: bytes) -> httpx.Response:
    """Return a response that is already read and has no Content-Length."""
    response = httpx.Response(status, content=body)
    del response.headers["content-length"]
    return response


def compress_raw_deflate(body: bytes) -> bytes:
    """Compress as raw deflate, without the zlib header, as some servers do."""
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(body) + compressor.flush()


def encoded(encoding: str, compress: Callable[[bytes], bytes]) -> ResponseFactory:
    """Return a factory of responses with a content encoding."""
    return lambda status, body: httpx.Response(status, headers={"content-encoding": encoding}, content=compress(body))


def streamed(headers: dict[str, str], compress: Callable[[bytes], bytes] = bytes) -> ResponseFactory:
    """Return a factory of responses whose body is not read yet."""
    return lambda status, body: httpx.Response(status, headers=headers, stream=ByteChunks(compress(body)))


def recorded(status: int, body: bytes) -> httpx.Response:
    """Return a decoded body with the headers of the encoded one, as cassettes of recorded responses do."""
    headers = {"content-type": "application/json", "content-encoding": "gzip", "content-length": "20"}
    response = httpx.Response(status, content=body)
    response.headers = httpx.Headers(headers)
    return response


def already_read(status: int, body: bytes) -> httpx.Response:
    """Return a response that the handler has already read."""
    response = httpx.Response(status, headers={"transfer-encoding": "chunked"}, content=body)
    response.read()
    return response


RESPONSES: dict[str, ResponseFactory] = {
    "content": lambda status, body: httpx.Response(status, content=body),
    "text": lambda status, body: httpx.Response(status, text=body.decode()),
    "html": lambda status, body: httpx.Response(status, html=body.decode()),
    "gzip": encoded("gzip", gzip.compress),
    "x-gzip": encoded("x-gzip", bytes),
    "GZIP": encoded("GZIP", gzip.compress),
    "deflate": encoded("deflate", zlib.compress),
    "raw deflate": encoded("deflate", compress_raw_deflate),
    "gzip twice": encoded("gzip, gzip", lambda body: gzip.compress(gzip.compress(body))),
    "identity": encoded("identity", bytes),
    "no content-length": without_length,
    "invalid content-length": lambda status, body: httpx.Response(
        status, headers={"content-length": "x"}, content=body
    ),
    "chunked": lambda status, body: httpx.Response(status, headers={"transfer-encoding": "chunked"}, content=body),
    "already read": already_read,
    "recorded": recorded,
    "stream": streamed({}),
    "stream with content-length": lambda status, body: httpx.Response(
        status, headers={"content-length": str(len(body))}, stream=ByteChunks(body)
    ),
    "chunked stream": streamed({"transfer-encoding": "chunked"}),
    "gzip stream": streamed({"content-encoding": "gzip"}, gzip.compress),
    "raw deflate stream": streamed({"content-encoding": "deflate"}, compress_raw_deflate),
}
METHODS = ("get_{}", "get_{}_raw", "wait_for_{}")


def call_client(product: Product, handler: Callable[..., Any], asynchronous: bool, method: str, **options: Any) -> Any:
    """Call a method of a new client over a mock transport for the job `mine`; return its result."""
    name = method.format(product.noun)
    transport = httpx.MockTransport(handler)
    options.setdefault("max_retries", 0)
    arguments = {"timeout": 1.0} if name.startswith("wait") else {}
    if not asynchronous:
        with product.client("http://host", http_transport=transport, **options) as api:
            return getattr(api, name)("mine", **arguments)

    async def call() -> Any:
        async with product.client("http://host", asynchronous=True, http_transport=transport, **options) as api:
            return await getattr(api, name)("mine", **arguments)

    return asyncio.run(call())


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("response", RESPONSES)
@BOTH
def test_status_is_parsed_from_any_response(asynchronous: bool, response: str, method: str) -> None:
    result = call_client(AGENT, lambda _: RESPONSES[response](200, AGENT.body("mine")), asynchronous, method)

    assert getattr(result, "parsed", result).status == "SUCCESS"


@pytest.mark.parametrize("response", RESPONSES)
@EVERY
def test_async_handler(product: Product, response: str) -> None:
    async def handle(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        return RESPONSES[response](200, product.body(id_in(request.url.raw_path)))

    assert call_client(product, handle, True, "get_{}").to_dict()[product.state] == product.success


@pytest.mark.parametrize(("status", "error"), [(404, NotFoundError), (500, ServerError)])
@pytest.mark.parametrize("response", RESPONSES)
@BOTH
def test_error_message_is_read_from_any_response(
    asynchronous: bool, response: str, status: int, error: type[Exception]
) -> None:
    body = b'{"errors": [{"msg": "No such thing", "code": 40}]}'

    with pytest.raises(error, match="No such thing"):
        call_client(AGENT, lambda _: RESPONSES[response](status, body), asynchronous, "get_{}")


@pytest.mark.parametrize("response", RESPONSES)
@BOTH
def test_max_response_bytes_applies_to_any_response(asynchronous: bool, response: str) -> None:
    body = AGENT.body("mine" + " " * 2000)

    with pytest.raises(UnexpectedResponseError, match="too large"):
        call_client(AGENT, lambda _: RESPONSES[response](200, body), asynchronous, "get_{}", max_response_bytes=1000)


@pytest.mark.parametrize("response", RESPONSES)
@BOTH
def test_raw_response_is_decoded_without_content_encoding(asynchronous: bool, response: str) -> None:
    raw = call_client(AGENT, lambda _: RESPONSES[response](200, AGENT.body("mine")), asynchronous, "get_{}_raw")

    assert raw.content == AGENT.body("mine")
    assert raw.headers.get("content-encoding", "identity") == "identity" or response == "recorded"


@BOTH
def test_response_object_can_be_returned_repeatedly(asynchronous: bool) -> None:
    same = httpx.Response(200, headers={"content-encoding": "gzip"}, content=gzip.compress(AGENT.body("mine")))

    for _ in range(3):
        assert call_client(AGENT, lambda _: same, asynchronous, "get_{}").status == "SUCCESS"


@BOTH
def test_undecodable_body_is_an_error(asynchronous: bool) -> None:
    with pytest.raises((UnexpectedResponseError, TransportError)):
        call_client(AGENT, lambda _: encoded("gzip", bytes)(200, b"no gzip"), asynchronous, "get_{}")


@pytest.mark.parametrize("chunked", [False, True], ids=["whole", "chunked"])
@EVERY
def test_asgi_transport(product: Product, chunked: bool) -> None:
    async def report(request: Request) -> Response:
        body = product.body(id_in(request.scope["raw_path"]))
        if not chunked:
            return Response(body)

        async def chunks() -> AsyncIterator[bytes]:
            for chunk in ByteChunks(body).chunks:
                yield chunk

        return StreamingResponse(chunks())

    transport = httpx.ASGITransport(Starlette(routes=[Route("/{path:path}", report)]))

    async def call() -> Any:
        async with product.client("http://host", asynchronous=True, http_transport=transport) as api:
            return await getattr(api, f"get_{product.noun}")("mine")

    assert asyncio.run(call()).to_dict()[product.id] == "mine"


def test_all_four_products_are_tested() -> None:
    assert len({product.name for product in PRODUCTS}) == 4
