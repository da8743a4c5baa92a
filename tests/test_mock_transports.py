"""httpx.MockTransport and its like: an answer that the transport has read or decoded already is an answer."""

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

from .products import AGENT, BOTH, EVERY, PRODUCTS, Product
from .vendor import named

Make = Callable[[int, bytes], httpx.Response]


class Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that comes in pieces."""

    def __init__(self, body: bytes) -> None:
        self.pieces = [body[start : start + 7] for start in range(0, len(body), 7)]

    def __iter__(self) -> Iterator[bytes]:
        yield from self.pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            yield piece


def without_length(status: int, body: bytes) -> httpx.Response:
    """An answer that was read already and does not say how long it is."""
    response = httpx.Response(status, content=body)
    del response.headers["content-length"]
    return response


def packed_raw(body: bytes) -> bytes:
    """Deflate without a frame, as some servers send it."""
    packing = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packing.compress(body) + packing.flush()


def encoded(encoding: str, pack: Callable[[bytes], bytes]) -> Make:
    """An answer of a content encoding."""
    return lambda status, body: httpx.Response(status, headers={"content-encoding": encoding}, content=pack(body))


def streamed(headers: dict[str, str], pack: Callable[[bytes], bytes] = bytes) -> Make:
    """An answer whose body nobody has read yet."""
    return lambda status, body: httpx.Response(status, headers=headers, stream=Pieces(pack(body)))


def of_a_cassette(status: int, body: bytes) -> httpx.Response:
    """A recorded answer, decoded, under the headers that it came with."""
    headers = {"content-type": "application/json", "content-encoding": "gzip", "content-length": "20"}
    response = httpx.Response(status, content=body)
    response.headers = httpx.Headers(headers)
    return response


def read_before(status: int, body: bytes) -> httpx.Response:
    """An answer that the handler has read itself."""
    response = httpx.Response(status, headers={"transfer-encoding": "chunked"}, content=body)
    response.read()
    return response


FORMS: dict[str, Make] = {
    "content": lambda status, body: httpx.Response(status, content=body),
    "text": lambda status, body: httpx.Response(status, text=body.decode()),
    "html": lambda status, body: httpx.Response(status, html=body.decode()),
    "gzip": encoded("gzip", gzip.compress),
    "x-gzip": encoded("x-gzip", bytes),
    "GZIP": encoded("GZIP", gzip.compress),
    "deflate": encoded("deflate", zlib.compress),
    "deflate without a frame": encoded("deflate", packed_raw),
    "gzip twice": encoded("gzip, gzip", lambda body: gzip.compress(gzip.compress(body))),
    "identity": encoded("identity", bytes),
    "no content-length": without_length,
    "a content-length that is none": lambda status, body: httpx.Response(
        status, headers={"content-length": "x"}, content=body
    ),
    "chunked": lambda status, body: httpx.Response(status, headers={"transfer-encoding": "chunked"}, content=body),
    "read before": read_before,
    "a cassette": of_a_cassette,
    "a stream": streamed({}),
    "a stream with a length": lambda status, body: httpx.Response(
        status, headers={"content-length": str(len(body))}, stream=Pieces(body)
    ),
    "a chunked stream": streamed({"transfer-encoding": "chunked"}),
    "a gzip stream": streamed({"content-encoding": "gzip"}, gzip.compress),
    "a deflate stream": streamed({"content-encoding": "deflate"}, packed_raw),
}
METHODS = ("get_{}", "get_{}_raw", "wait_for_{}")


def use(product: Product, handler: Callable[..., Any], asynchronous: bool, method: str, **options: Any) -> Any:
    """What a method of a client over a mock transport gives for the job `mine`."""
    name = method.format(product.noun)
    transport = httpx.MockTransport(handler)
    options.setdefault("max_retries", 0)
    more = {"timeout": 1.0} if name.startswith("wait") else {}
    if not asynchronous:
        with product.client("http://host", http_transport=transport, **options) as api:
            return getattr(api, name)("mine", **more)

    async def call() -> Any:
        async with product.client("http://host", asynchronous=True, http_transport=transport, **options) as api:
            return await getattr(api, name)("mine", **more)

    return asyncio.run(call())


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("form", FORMS)
@BOTH
def test_an_answer_in_any_form_is_read(asynchronous: bool, form: str, method: str) -> None:
    got = use(AGENT, lambda _: FORMS[form](200, AGENT.body("mine")), asynchronous, method)

    assert getattr(got, "parsed", got).status == "SUCCESS"


@pytest.mark.parametrize("form", FORMS)
@EVERY
def test_an_async_handler_answers_too(product: Product, form: str) -> None:
    async def handle(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        return FORMS[form](200, product.body(named(request.url)))

    assert use(product, handle, True, "get_{}").to_dict()[product.state] == product.success


@pytest.mark.parametrize(("status", "error"), [(404, NotFoundError), (500, ServerError)])
@pytest.mark.parametrize("form", FORMS)
@BOTH
def test_a_refusal_in_any_form_says_why(asynchronous: bool, form: str, status: int, error: type[Exception]) -> None:
    body = b'{"errors": [{"msg": "No such thing", "code": 40}]}'

    with pytest.raises(error, match="No such thing"):
        use(AGENT, lambda _: FORMS[form](status, body), asynchronous, "get_{}")


@pytest.mark.parametrize("form", FORMS)
@BOTH
def test_an_answer_in_any_form_can_be_too_large(asynchronous: bool, form: str) -> None:
    body = AGENT.body("mine" + " " * 2000)

    with pytest.raises(UnexpectedResponseError, match="too large"):
        use(AGENT, lambda _: FORMS[form](200, body), asynchronous, "get_{}", max_response_bytes=1000)


@pytest.mark.parametrize("form", FORMS)
@BOTH
def test_the_body_of_a_raw_answer_is_decoded_and_says_so(asynchronous: bool, form: str) -> None:
    raw = use(AGENT, lambda _: FORMS[form](200, AGENT.body("mine")), asynchronous, "get_{}_raw")

    assert raw.content == AGENT.body("mine")
    assert raw.headers.get("content-encoding", "identity") == "identity" or form == "a cassette"


@BOTH
def test_one_answer_can_be_given_again_and_again(asynchronous: bool) -> None:
    once = httpx.Response(200, headers={"content-encoding": "gzip"}, content=gzip.compress(AGENT.body("mine")))

    for _ in range(3):
        assert use(AGENT, lambda _: once, asynchronous, "get_{}").status == "SUCCESS"


@BOTH
def test_what_cannot_be_decoded_is_no_answer(asynchronous: bool) -> None:
    with pytest.raises((UnexpectedResponseError, TransportError)):
        use(AGENT, lambda _: encoded("gzip", bytes)(200, b"no gzip"), asynchronous, "get_{}")


@pytest.mark.parametrize("pieces", [False, True], ids=["whole", "in pieces"])
@EVERY
def test_an_application_in_memory_answers(product: Product, pieces: bool) -> None:
    async def report(request: Request) -> Response:
        body = product.body(named(httpx.URL(str(request.url))))
        if not pieces:
            return Response(body)

        async def parts() -> AsyncIterator[bytes]:
            for part in Pieces(body).pieces:
                yield part

        return StreamingResponse(parts())

    transport = httpx.ASGITransport(Starlette(routes=[Route("/{path:path}", report)]))

    async def call() -> Any:
        async with product.client("http://host", asynchronous=True, http_transport=transport) as api:
            return await getattr(api, f"get_{product.noun}")("mine")

    assert asyncio.run(call()).to_dict()[product.id] == "mine"


def test_every_product_is_asked_here() -> None:
    assert len({product.name for product in PRODUCTS}) == 4
