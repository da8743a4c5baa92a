"""Secrets are redacted by place, name, likeness and value, and everything else stays."""

import base64
import gzip
import html
import json
import re
import subprocess
import sys
import time
import urllib.parse
from pathlib import Path

import pytest

from scripts.client.redaction import Redactor, is_secret_name
from scripts.document import load, load_folder

from ..conftest import ROOT
from .archives import KEY, checked, checks, clean, edited, entry, log, write

SECRET_NAMES = [
    "Authorization",
    "Proxy-Authorization",
    "Cookie",
    "Set-Cookie",
    "x-api-key",
    "X-API-KEY",
    "apiKey",
    "api_key",
    "apikey",
    "access_token",
    "accessToken",
    "refreshToken",
    "id_token",
    "x-auth-token",
    "X-Amz-Security-Token",
    "XSRF-TOKEN",
    "x-csrf-token",
    "clientSecret",
    "client_secret",
    "password",
    "passwd",
    "userPassword",
    "passphrase",
    "privateKey",
    "private_key",
    "signingKey",
    "subscription-key",
    "Ocp-Apim-Subscription-Key",
    "sessionId",
    "JSESSIONID",
    "connect.sid",
    "credentials",
    "jwt",
    "sig",
    "X-Goog-Signature",
    "code_verifier",
    "auth",
    "otp",
    "bearer",
]
OTHER_NAMES = [
    "author",
    "authorId",
    "userName",
    "status",
    "state",
    "key",
    "primaryKeyColumn",
    "partitionKey",
    "monkey",
    "tokenType",
    "token_type",
    "secretName",
    "keyId",
    "passwordPolicy",
    "session_state",
    "accountId",
    "botId",
    "streamId",
    "pin",
    "design",
    "sidebar",
    "expires_in",
    "authorized",
    "assigned",
]

PLACES = {
    "JSON": ('{"password": "§", "a": "b"}', '{"password": "***", "a": "b"}'),
    "JSON with escapes": ('{"password":"§\\"x","a":1}', '{"password":"***","a":1}'),
    "JSON that is cut off": ('{"a": 1, "password": "§', '{"a": 1, "password": "***'),
    "JSON in JSON": ('{"x": "{\\"password\\":\\"§\\"}"}', '{"x": "{\\"password\\":\\"***\\"}"}'),
    "query": ("https://h/x?a=1&access_token=§&b=2", "https://h/x?a=1&access_token=***&b=2"),
    "user of a URL": ("see https://u:§@h/x", "see https://u:***@h/x"),
    "form": ("a=1&client_secret=§", "a=1&client_secret=***"),
    "XML": ("<user><password>§</password></user>", "<user><password>***</password></user>"),
    "form of parts": (
        '--b\r\nContent-Disposition: form-data; name="token"\r\n\r\n§\r\n--b--',
        '--b\r\nContent-Disposition: form-data; name="token"\r\n\r\n***\r\n--b--',
    ),
    "bearer": ("Authorization: Bearer §", "Authorization: Bearer ***"),
    "basic": ("got Basic §==", "got Basic ***"),
}
LIKENESSES = [
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
    "AKIA" + "IOSFODNN7EXAMPLE",
    "ghp_" + "a1B2" * 9,
    "github_pat_" + "a1B2" * 9,
    "glpat-" + "a1B2" * 5,
    "xoxb-" + "1234567890-abcdef",
    "sk_live_" + "a1B2" * 6,
    "AIza" + "a1B2c" * 7,
    "sk-proj-" + "a1B2" * 9,
    "npm_" + "a1B2" * 9,
    "kg-4a1b3e3d-7f55-5d80-acc6-7066e5cabcde",
]


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_name_of_a_secret(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", OTHER_NAMES)
def test_name_of_no_secret(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(("text", "expected"), PLACES.values(), ids=PLACES)
def test_secret_in_its_place(text: str, expected: str) -> None:
    assert Redactor().text(text.replace("§", "canary7Zq")) == expected


@pytest.mark.parametrize("secret", LIKENESSES, ids=lambda secret: secret[:8])
def test_secret_by_its_likeness(secret: str) -> None:
    assert Redactor().text(f'{{"note": "it is {secret} there"}}') == '{"note": "it is *** there"}'


@pytest.mark.parametrize(
    "text",
    [
        "Bearer token is missing",
        '{"status":"SUCCESS","count":3}',
        "a=1&status=done",
        "password is wrong",
        "sk-1",
        "<a>b</a>",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert Redactor().text(text) == text


@pytest.mark.parametrize(
    "encode",
    [
        str,
        lambda value: urllib.parse.quote(value, safe=""),
        lambda value: re.sub("%..", lambda found: found[0].lower(), urllib.parse.quote(value, safe="")),
        urllib.parse.quote_plus,
        lambda value: base64.b64encode(value.encode()).decode(),
        lambda value: json.dumps(value)[1:-1],
        lambda value: json.dumps(json.dumps(value))[3:-3],
        lambda value: value.replace("/", "\\/"),
        html.escape,
        lambda value: html.escape(value, quote=False),
    ],
)
def test_known_value_is_redacted_in_every_form(encode: object) -> None:
    secret = 'can/ary+"<7Zq'
    assert callable(encode)

    assert Redactor(values=[secret]).text(f"before {encode(secret)} after") == "before *** after"


def test_public_terms_and_ids_stay() -> None:
    redactor = Redactor(exempt=["SUCCESS"], unnamed=["token"])

    redactor.learn_json({"password": "SUCCESS", "secret": "abc", "token": "job-1"})

    assert redactor.values("SUCCESS abc job-1") == "SUCCESS abc job-1"
    assert redactor.text('{"token": "job-1"}') == '{"token": "job-1"}'


def test_hostile_strings_take_no_time() -> None:
    hostile = [
        '"' + "\\" * 100_000,
        '"a":"' + "\\" * 100_000,
        '"a":"' * 20_000,
        "a=" * 50_000,
        "<a>" * 30_000,
        'name="a"' + "\r\nx:" * 30_000,
        "eyJ" * 30_000,
        "Bearer " + " " * 100_000,
        "://" * 30_000 + "@",
        "-----BEGIN PRIVATE KEY-----" * 3000,
    ]
    began = time.process_time()

    for text in hostile:
        Redactor().text(text)

    assert time.process_time() - began < 20


# The command


def redact(*arguments: str, stdin: bytes = b"", folder: Path = ROOT) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "scripts", "redact", *arguments]
    return subprocess.run(command, cwd=folder, input=stdin, capture_output=True, check=False)


def planted() -> list[dict[str, object]]:
    """Return traffic with a secret in every place of an entry."""
    first = entry("IN_PROGRESS", 1.1, note=f"echo of {KEY}")
    first["request"]["headers"].append({"name": "Cookie", "value": "session=canary-cookie-77; theme=dark"})
    first["request"]["cookies"] = [{"name": "session", "value": "canary-cookie-77"}]
    first["request"]["queryString"] = [{"name": "sig", "value": "canary-query-88"}]
    first["request"]["url"] += "?sig=canary-query-88"
    first["response"]["headers"].append({"name": "Set-Cookie", "value": "sid=canary-set-99; Path=/; HttpOnly"})
    first["_initiator"] = {"url": "https://h/?token=canary-extension-11", "password": "canary-member-12"}
    login = edited(entry(), "request.url", "https://login.invalid/")
    login["request"]["postData"] = {
        "mimeType": "application/x-www-form-urlencoded",
        "params": [{"name": "password", "value": "canary-form-22"}],
        "text": "user=u&password=canary-form-22",
    }
    body = base64.b64encode(json.dumps({"access_token": "canary-body-33", "echo": "canary-set-99"}).encode()).decode()
    login["response"]["content"] = {"size": 61, "mimeType": "application/json", "encoding": "base64", "text": body}
    return [first, *clean()[1:], login]


def test_archive_is_copied_without_its_secrets(tmp_path: Path) -> None:
    source = write(tmp_path, planted())

    done = redact(source, str(tmp_path / "out.har"), "--openapi", "openapi")

    assert (done.returncode, b"5 entries" in done.stderr) == (0, True), done.stderr
    written = (tmp_path / "out.har").read_text()
    entries = json.loads(written)["log"]["entries"]
    decoded = base64.b64decode(entries[-1]["response"]["content"]["text"]).decode()
    assert "canary" not in written + decoded
    assert json.loads(decoded) == {"access_token": "***", "echo": "***"}
    assert entries[0]["response"]["headers"][-1]["value"] == "sid=***; Path=/; HttpOnly"
    assert "theme=" in written
    # Everything else is as it was.
    assert [one["request"]["url"].partition("?")[0] for one in entries] == [
        one["request"]["url"].partition("?")[0]  # type: ignore[index]
        for one in planted()
    ]


def test_redacted_archive_is_checked_as_the_original(tmp_path: Path) -> None:
    document = load(ROOT / "openapi" / "agent-platform.yaml")
    source = write(tmp_path, [*planted(), entry("IN_PROGRESS", 9.9, toolId="a-7")])

    assert redact(source, str(tmp_path / "out.har")).returncode == 0
    entries = json.loads((tmp_path / "out.har").read_text())["log"]["entries"]

    after = checked(tmp_path, [document], entries)
    assert checks(after) == {"terminal_is_final", "immutable"}
    assert after.results[0].problems == []


def test_streams_compressed_files_and_names(tmp_path: Path) -> None:
    (tmp_path / "in.har.gz").write_bytes(gzip.compress(log(planted())))

    piped = redact("-", "-", "--name", "toolId", stdin=log(planted()))
    packed = redact(str(tmp_path / "in.har.gz"), str(tmp_path / "out.har.gz"), folder=ROOT)
    again = redact(str(tmp_path / "in.har.gz"), str(tmp_path / "out.har.gz"))

    assert (piped.returncode, packed.returncode, again.returncode) == (0, 0, 0), again.stderr
    assert b"canary" not in piped.stdout
    assert b"a-1" not in piped.stdout
    assert b"canary" not in gzip.decompress((tmp_path / "out.har.gz").read_bytes())


@pytest.mark.parametrize("name", ["mine.txt", "mine.har.gz", "folder"])
def test_file_of_another_program_is_not_replaced(tmp_path: Path, name: str) -> None:
    target = tmp_path / name
    if name == "folder":
        target.mkdir()
    else:
        target.write_bytes(gzip.compress(b"mine") if name.endswith("gz") else b"mine")

    done = redact(write(tmp_path, clean()), str(target))

    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1
    assert target.is_dir() or b"mine" in (gzip.decompress if name.endswith("gz") else bytes)(target.read_bytes())


def test_broken_archive_leaves_the_target(tmp_path: Path) -> None:
    assert redact(write(tmp_path, clean()), str(tmp_path / "out.har")).returncode == 0
    before = (tmp_path / "out.har").read_bytes()
    (tmp_path / "broken.har").write_bytes(log(clean())[:-100])

    done = redact(str(tmp_path / "broken.har"), str(tmp_path / "out.har"))

    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1)
    assert (tmp_path / "out.har").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 3


def test_every_documented_credential_is_secret(tmp_path: Path) -> None:
    from scripts.har.secrets import make_redactor

    documents = load_folder(ROOT / "openapi")
    names = {scheme.name for document in documents for scheme in document.security_schemes.values() if scheme.name}

    assert names
    assert all(make_redactor(documents).is_secret(name) for name in names)
