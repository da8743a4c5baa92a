"""Bodies of archives in every encoding that a recorder leaves: their secrets are seen, and masked in place."""

import base64
import gzip
import json
import textwrap
import zlib
from typing import Any

import pytest

from scripts.client.archived_body import read_body
from scripts.client.redaction import Redactor, redact_entry
from scripts.har.archive import GZIP_MAGIC
from scripts.verify.traffic.entries import read_entry

SECRET = "Zq7gzKx93LmPwVt2"
TEXT = json.dumps({"id": "c1", "clientSecret": SECRET, "colour": "grün"}, ensure_ascii=False)


def raw_deflate(data: bytes) -> bytes:
    """Return data compressed without the header of zlib."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def entry(text: str, encoding: str, headers: dict[str, str], media_type: str, place: str) -> dict[str, Any]:
    """Return an entry with a body in its request or its response."""
    body = {"mimeType": media_type, "text": text, "encoding": encoding, "size": -1}
    listed = [{"name": name, "value": value} for name, value in headers.items()]
    request: dict[str, Any] = {"method": "POST", "url": "https://api.example/jobs", "headers": []}
    response: dict[str, Any] = {"status": 200, "headers": [], "content": {"size": 0, "mimeType": ""}}
    owner, name = (request, "postData") if place == "request" else (response, "content")
    owner |= {name: body, "headers": listed}
    return {"startedDateTime": "2026-11-01T10:00:00Z", "time": 1, "request": request, "response": response}


def encoded(data: bytes) -> str:
    """Return data in base64."""
    return base64.b64encode(data).decode()


JSON = "application/json"
FORMS: dict[str, tuple[str, str, dict[str, str], str]] = {
    "plain": (TEXT, "", {}, JSON),
    "base64": (encoded(TEXT.encode()), "base64", {}, JSON),
    "base64 in capitals": (encoded(TEXT.encode()), "BASE64", {}, JSON),
    "wrapped base64": ("\n".join(textwrap.wrap(encoded(TEXT.encode()), 20)), "base64", {}, JSON),
    "base64 without its end": (encoded(TEXT.encode()).rstrip("="), "base64", {}, JSON),
    "base64 of URLs": (base64.urlsafe_b64encode(TEXT.encode()).decode(), "base64", {}, JSON),
    "gzip": (encoded(gzip.compress(TEXT.encode())), "base64", {"Content-Encoding": "gzip"}, JSON),
    "gzip unannounced": (encoded(gzip.compress(TEXT.encode())), "base64", {}, JSON),
    "gzip twice": (encoded(gzip.compress(gzip.compress(TEXT.encode()))), "base64", {}, JSON),
    "zlib": (encoded(zlib.compress(TEXT.encode())), "base64", {"Content-Encoding": "deflate"}, JSON),
    "deflate": (encoded(raw_deflate(TEXT.encode())), "base64", {"content-encoding": "deflate"}, JSON),
    "UTF-16": (encoded(TEXT.encode("utf-16")), "base64", {}, f"{JSON}; charset=utf-16"),
    "UTF-16 without a mark": (encoded(TEXT.encode("utf-16-be")), "base64", {}, JSON),
    "Latin-1": (encoded(TEXT.encode("latin-1")), "base64", {}, f"{JSON}; charset=latin-1"),
    "Brotli": (encoded(b"\x1b\xff" + SECRET.encode() + b"\xfe"), "base64", {"Content-Encoding": "br"}, JSON),
    "no base64": (f"{TEXT}é", "base64", {}, JSON),
}


def layers(data: bytes) -> list[bytes]:
    """Return data, and all that it may contain compressed."""
    found = [data, data.replace(b"\0", b"")]
    for unpack in (gzip.decompress, zlib.decompress, lambda one: zlib.decompress(one, -zlib.MAX_WBITS)):
        try:
            found += layers(unpack(data)) if data else []
        except (OSError, EOFError, zlib.error):
            continue
    return found


@pytest.mark.parametrize("place", ["request", "response"])
@pytest.mark.parametrize("name", FORMS)
def test_secret_in_a_body_is_redacted(name: str, place: str) -> None:
    redacted = redact_entry(Redactor(), entry(*FORMS[name], place))

    body = redacted["request"]["postData"] if place == "request" else redacted["response"]["content"]
    shown = [body["text"].encode()]
    if body["encoding"].lower() == "base64" and name != "no base64":
        shown += layers(base64.b64decode(body["text"] + "=="))
    assert not any(SECRET.encode() in one for one in shown)
    assert SECRET not in json.dumps(redacted)


@pytest.mark.parametrize("name", [name for name in FORMS if name not in {"Brotli", "no base64"}])
def test_secret_of_a_body_is_learned_and_the_rest_stays_readable(name: str) -> None:
    redactor = Redactor()
    redacted = redact_entry(redactor, entry(*FORMS[name], "response"))

    assert redactor.values(f"x {SECRET} y") == "x *** y"
    again = read_body(redacted["response"]["content"], {})
    assert json.loads(again.text) == {"id": "c1", "clientSecret": "***", "colour": "grün"}


def test_verification_reads_what_redaction_has_written() -> None:
    redacted = redact_entry(Redactor(), entry(*FORMS["gzip"], "response"))

    read = read_entry(redacted, "entry 1")

    assert not read.is_cut
    assert json.loads(read.exchange.body)["id"] == "c1"


def test_body_without_secrets_stays_as_it_is() -> None:
    packed = gzip.compress(b'{"id": "c1"}')
    given = entry(encoded(packed), "base64", {}, JSON, "response")

    assert redact_entry(Redactor(), given)["response"]["content"] == given["response"]["content"]
    assert packed.startswith(GZIP_MAGIC)


@pytest.mark.parametrize("value", [120, 1.5, None, True, ["a"], {"a": 1}])
@pytest.mark.parametrize("kind", ["headers", "cookies", "queryString"])
def test_value_of_another_type_is_no_failure(kind: str, value: Any) -> None:
    given = entry(*FORMS["plain"], "response")
    given["request"][kind] = [{"name": "Content-Length", "value": value}, {"name": "Authorization", "value": [SECRET]}]

    assert SECRET not in json.dumps(redact_entry(Redactor(), given))


@pytest.mark.parametrize(
    "item",
    [
        ["Authorization", f"Bearer {SECRET}"],
        {"key": "Authorization", "value": f"Bearer {SECRET}"},
        {"Name": "Authorization", "Value": f"Bearer {SECRET}"},
        {"name": "Authorization", "values": [f"Bearer {SECRET}"]},
        f"sid={SECRET}",
    ],
)
@pytest.mark.parametrize("kind", ["headers", "cookies", "queryString"])
def test_pair_of_another_shape_is_masked(kind: str, item: Any) -> None:
    given = entry(*FORMS["plain"], "response")
    given["request"][kind] = [item]

    assert SECRET not in json.dumps(redact_entry(Redactor(), given))


def test_user_in_an_authority_is_masked() -> None:
    given = entry(*FORMS["plain"], "response")
    given["request"]["headers"] = [{"name": ":authority", "value": f"u:{SECRET}@api.example"}]

    assert redact_entry(Redactor(), given)["request"]["headers"][0]["value"] == "***@api.example"
