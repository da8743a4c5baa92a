"""Requests from a template equal those that httpx creates."""

import random
from typing import Any

import httpx
import pytest
from job_status._client.auth import AuthParameters
from job_status._client.request_template import LONGEST, RequestTemplate

BASES = [
    "http://host",
    "https://host:8443",
    "http://[::1]:80/prefix",
    "https://höst/a%20b/ü",
    "http://h/x~y!$&'()*+,;=:@",
]
PATHS = {
    "/jobs/ds-1": True,
    "/jobs/a%2Fb%20%C3%BC": True,
    "/jobs/...": True,
    "/jobs/.a/..b/c.": True,
    "/jobs//1": True,
    "/jobs/": True,
    "/x~y!$&'()*+,;=:@": True,
    "/jobs/..": False,
    "/jobs/../a": False,
    "/jobs/./a": False,
    "/jobs/%zz": False,
    "/jobs/%2f": False,
    "/jobs/ü": False,
    "/jobs/a b": False,
    "/jobs/a?b": False,
    "/jobs/a#b": False,
    "/jobs/a\n": False,
    '/jobs/"<>{}|^`': False,
    "jobs": False,
    "": False,
    "/" + "x" * LONGEST: False,
}
QUERIES = ["", "a=b", "all=true&x=%C3%BC+y&z=", "a=1&a=2", "x=%27%28~"]
NO_AUTH = AuthParameters([], {}, ())


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("path", PATHS, ids=range(len(PATHS)))
@pytest.mark.parametrize("query", QUERIES)
def test_url_equals_that_of_httpx(base: str, path: str, query: str) -> None:
    url = RequestTemplate(base, []).url(path, query)

    assert (url is not None) == PATHS[path]
    if url is not None:
        expected = httpx.URL(base + path + (f"?{query}" if query else ""))
        assert url == expected
        assert (url.raw_path, url.host, url.path, url.query) == (
            expected.raw_path,
            expected.host,
            expected.path,
            expected.query,
        )


def test_url_of_random_characters_equals_that_of_httpx() -> None:
    source, template = random.Random(5), RequestTemplate("https://host/base", [])
    made = 0
    for _ in range(5000):
        path = "/" + "".join(chr(source.choice([*range(33, 127), 0xE4])) for _ in range(source.randint(0, 4)))
        url = template.url(path, "")
        if url is not None:
            made += 1
            assert url == httpx.URL("https://host/base" + path)
    assert made > 500


@pytest.mark.parametrize("auth", [NO_AUTH, AuthParameters([(b"X-Key", b"secret")], {}, ("secret",))])
@pytest.mark.parametrize("query", ["", "all=true"])
def test_request_equals_that_of_httpx(auth: AuthParameters, query: str) -> None:
    headers = [(b"Accept", b"application/json"), (b"X-Team", b"a")]
    template, timeout = RequestTemplate("http://host:81/p", headers), {"connect": 1.0}
    for _ in range(2):
        request = template.request({"method": "get", "url": "/jobs/1", "params": {}}, query, auth, timeout)
        assert request is not None
        expected = httpx.Request(
            "GET",
            f"http://host:81/p/jobs/1{f'?{query}' if query else ''}",
            headers=[*headers, *auth.headers()],
            extensions={"timeout": timeout},
        )
        assert (request.method, request.url, request.headers.raw) == (
            expected.method,
            expected.url,
            expected.headers.raw,
        )
        assert (request.content, request.extensions) == (b"", expected.extensions)
        request.headers["X-Team"] = "changed by a hook"


@pytest.mark.parametrize(
    "request_",
    [
        {"method": "post", "url": "/jobs/1"},
        {"method": "get", "url": "/jobs/1", "headers": {"a": "b"}},
        {"method": "get", "url": "/jobs/1", "cookies": {"a": "b"}},
        {"method": "get", "url": "/jobs/1", "json": {}},
    ],
)
def test_other_requests_are_created_by_httpx(request_: dict[str, Any]) -> None:
    assert RequestTemplate("http://host", []).request(request_, "", NO_AUTH, {}) is None


def test_credentials_in_the_query_are_merged_by_httpx() -> None:
    auth = AuthParameters([], {"key": "secret"}, ("secret",))
    template = RequestTemplate("http://host", [])

    assert template.request({"method": "get", "url": "/jobs/1"}, "", auth, {}) is None
