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

from scripts.client.redaction import Redactor
from scripts.client.secret_names import is_secret_name
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
    # In lower case, without punctuation.
    "accesstoken",
    "authtoken",
    "refreshtoken",
    "sessiontoken",
    "clientsecret",
    "secretkey",
    "accesskey",
    "privatekey",
    "sharedaccesskey",
    "encryptionkey",
    "userpassword",
    "x-authtoken",
    # By the last term, and the one before.
    "pass",
    "db_pass",
    "userPass",
    "pw",
    "psw",
    "totp",
    "hmac",
    "cvv",
    "mfa_code",
    "recovery_code",
    "recoveryCodes",
    "device_code",
    "user_code",
    "2fa_code",
    "verificationCode",
    "accountPin",
    "login_ticket",
    "X-Ticket",
    "connection_string",
    "connectionString",
    "x-functions-key",
    "dd-application-key",
    "x-rapidapi-key",
    "x-appwrite-key",
    "X-User-Key",
    "stripe_key",
    "password2",
    "api_key_2",
    "Authentication",
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
    "code",
    "error_code",
    "errorCode",
    "status_code",
    "country_code",
    "zip_code",
    "exitCode",
    "language_codes",
    "monkey",
    "turkey",
    "hockey",
    "primary_key",
    "primaryKey",
    "sort_key",
    "foreign_key",
    "partitionkey",
    "cache_key",
    "publicKey",
    "issueKey",
    "routing_key",
    "Idempotency-Key",
    "Sec-WebSocket-Key",
    "bypass",
    "compass",
    "first_pass",
    "ticket",
    "ticket_count",
    "pinned",
    "mapPin",
    "secretary",
    "tokenizer",
    "auth_time",
    "token_expires_at",
    "password_max_age",
    "author_name",
    "opacity",
    "",
    "___",
]

TELEGRAM = "https://api.telegram.org/" + "bot"
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
    "number": ('{"otp": 88127635, "n": 1}', '{"otp": "***", "n": 1}'),
    "numbers of a list": ('{"recovery_codes":[81276350, 71276351]}', '{"recovery_codes":["***", "***"]}'),
    "number in an escape": ('{"x": "{\\"otp\\":88127635}"}', '{"x": "{\\"otp\\":"***"}"}'),
    "list": ('{"tokens":["§", "§2"], "a": ["b"]}', '{"tokens":["***", "***"], "a": ["b"]}'),
    "list that is cut off": ('{"a": 1, "tokens": ["§", "§', '{"a": 1, "tokens": ["***", "***'),
    "object that is cut off": ('{"credentials": {"value": "§', '{"credentials": {"value": "***'),
    "name as a value": ('{"name":"Authorization","value":"§"}', '{"name":"Authorization","value":"***"}'),
    "name as a key, after the value": ('{"value": "§", "key": "api_key"}', '{"value": "***", "key": "api_key"}'),
    "YAML": ("user: a\npassword: §\nb: c", "user: a\npassword: ***\nb: c"),
    "a plain value in YAML": ("user: a\npassword: hunter\nb: c", "user: a\npassword: ***\nb: c"),
    "YAML in JSON": ('{"x": "user: a\\npassword: §\\n"}', '{"x": "user: a\\npassword: ***\\n"}'),
    "a pair in the value of another": ("error: password: §", "error: password: ***"),
    "a form in the value of another": ("data=token=§&a=1", "data=token=***&a=1"),
    "header": ("x-api-key: §", "x-api-key: ***"),
    "header in JSON": ('{"x": "a\\nx-api-key: §"}', '{"x": "a\\nx-api-key: ***"}'),
    "credentials of another scheme": ("Authorization: ApiKey id=§, n=1", "Authorization: ApiKey ***"),
    "digest": ('Authorization: Digest username="u", response="§"', "Authorization: Digest ***"),
    "cookies": ("Cookie: a=§; b=§2\nHost: h", "Cookie: a=***; b=***\nHost: h"),
    "GraphQL": ('mutation { login(user: "a", password: "§") }', 'mutation { login(user: "a", password: "***") }'),
    "GraphQL in JSON": ('{"query":"m(password: \\"§\\")"}', '{"query":"m(password: \\"***\\")"}'),
    "JavaScript": ('var c={apiKey:"§"}', 'var c={apiKey:"***"}'),
    "Python": ("{'user': 'u', 'password': '§'}", "{'user': 'u', 'password': '***'}"),
    "Ruby": ("{'password' => '§'}", "{'password' => '***'}"),
    "TOML": ('password = "§"', 'password = "***"'),
    "INI": ("password = §", "password = ***"),
    "shell": ('export API_KEY="§"', 'export API_KEY="***"'),
    "ODBC": ("Server=h;Uid=u;Pwd=§;", "Server=h;Uid=u;Pwd=***;"),
    "XML attribute": ('<user password="§"/>', '<user password="***"/>'),
    "CDATA": ("<password><![CDATA[§<]]></password>", "<password>***</password>"),
    "HTML field": ('<input name="csrf_token" value="§">', '<input name="csrf_token" value="***">'),
    "HTML field, other order": ('<input value="§" type="a" name="pass">', '<input value="***" type="a" name="pass">'),
    "HTML meta": ('<meta name="csrf-token" content="§">', '<meta name="csrf-token" content="***">'),
    "form of parts without quotes": (
        "--b\r\nContent-Disposition: form-data; name=token\r\n\r\n§\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=token\r\n\r\n***\r\n--b--",
    ),
    "curl": ("curl -u bob:§ https://h", "curl -u bob:*** https://h"),
    "encoded form in a URL": ("https://h/?next=%2Fx%3Faccess_token%3D§", "https://h/?next=%2Fx%3Faccess_token%3D***"),
    "encoded JSON in a URL": ("?q=%7B%22password%22%3A%22§%22%7D", "?q=%7B%22password%22%3A%22***%22%7D"),
    "encoded twice": ("?a=%2Fx%253Ftoken%253D§", "?a=%2Fx%253Ftoken%253D***"),
    "at sign in a password": ("postgres://u:a@§@h/db", "postgres://u:***@h/db"),
    "code of OAuth": ("https://h/cb?code=§Wx55&state=1", "https://h/cb?code=***&state=1"),
    "key of a URL": ("https://h/x?key=§Wx55", "https://h/x?key=***"),
    "Slack": ("https://hooks.slack.com/services/T0/B0/§ x", "https://hooks.slack.com/services/*** x"),
    "Telegram": (f"{TELEGRAM}12345:§/getMe", f"{TELEGRAM}***/getMe"),
    "web socket": ("bearer, §Wx55", "bearer, ***"),
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
    "-----BEGIN PGP PRIVATE KEY BLOCK-----\nMIIE\n-----END PGP PRIVATE KEY BLOCK-----",
    "gsk_" + "a1B2" * 13,
    "shpat_" + "a1b2" * 8,
    "ATATT3xFfGF0" + "A1b2" * 20,
    "GOCSPX-" + "A1b2" * 7,
    "dckr_pat_" + "A1b2" * 7,
    "sbp_" + "a1b2" * 10,
    "PMAK-" + "a1b2" * 6 + "-" + "a1b2" * 8,
    "AGE-SECRET-KEY-1" + "A1B2" * 14,
    "figd_" + "A1b2" * 10,
    "glsa_" + "A1b2" * 8 + "_a1b2c3d4",
    "glrt-" + "A1b2" * 5,
    "gldt-" + "A1b2" * 5,
    "lin_api_" + "A1b2" * 10,
    "xai-" + "A1b2" * 20,
    "dapi" + "a1b2" * 8,
    "NRAK-" + "A1B2" * 7,
    "sq0atp-" + "A1b2" * 6,
    "r8_" + "A1b2" * 9,
    "pplx-" + "a1b2" * 12,
    "pul-" + "a1b2" * 10,
    "SK" + "a1b2" * 8,
    "key-" + "a1b2" * 8,
    "a1b2" * 8 + "-us12",
    "v4.local." + "A1b2" * 20,
    "xoxe.xoxp-1-" + "A1b2" * 10,
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
        '{"error_code": 40412345, "status_code": "E1234567890", "zip_code": "94103-1234"}',
        '{"code": "INVALID_REQUEST_400", "key": "jobs/2026/report-1.json", "pin": 7}',
        "https://h/x?code=404&key=name&zip_code=94103123&sort_key=created_at_2",
        '{"max_tokens": 4096, "tokens": 1234567, "cookies": 12, "auth": true, "token": null}',
        '{"primary_key": "id_12345678", "sort_key": "a1b2c3d4e5", "monkey": "m1n2b3v4c5"}',
        '{"name": "status", "value": "SUCCESS"}',
        '<input name="color" value="a1b2c3d4e5">',
        "Password: required",
        "Error: password: must be longer",
        "Authorization: header is missing",
        "curl -X POST https://h/x -H 'Accept: */*'",
        "user,name\nbob,Robert",
        "git clone ssh://git@h/x",
        "https://h/?q=100%25%20of%20it",
        "2026-11-28T02:00:01Z: bypass: a1b2c3d4e5",
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


@pytest.mark.parametrize(
    ("kind", "text"),
    {
        "headers": "Authorization: ApiKey id=§, n=1",
        "headers of a digest": 'Authorization: Digest username="u", uri="/x", response="§"',
        "headers of AWS": "Authorization: AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=§",
        "headers of a key as a user": f"Authorization: Basic {base64.b64encode(b'canary7Zq:').decode()}",
        "headers of cookies": "Set-Cookie: a=1; Path=/\nsession=§; Path=/",
        "headers of joined cookies": "Set-Cookie: a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT, session=§; Path=/",
        "headers of a referrer": "Referer: https://h/?access_token=§",
        "body of lines": '{"a": 1}\n{"tokens": ["§"]}\n',
        "body of events": 'event: x\ndata: {"token": "§"}\n\n',
        "body with a mark": '\ufeff{"tokens": ["§"]}',
        "body of a table": 'user,"password"\nbob,§\n',
        "body of a table with tabs": "user\tapi_key\nbob\t§\n",
        "body of pairs": '[{"name": "Authorization", "value": "§"}, {"value": "§", "key": "x-api-key"}]',
        "body of a form": "next=%2Fx%3Faccess_token%3D§&q=1",
        "body of JSON in a form": "q=%7B%22password%22%3A%22§%22%7D",
    }.items(),
)
def test_learned_secret_is_redacted_in_another_place(kind: str, text: str) -> None:
    redactor = Redactor()
    planted = text.replace("§", "canary7Zq")

    if kind.startswith("headers"):
        name, _, value = planted.partition(": ")
        redactor.learn_headers([(name, value)])
        assert "canary7Zq" not in redactor.header(name, value)
    else:
        redactor.learn_body(planted)

    assert (
        redactor.values("it is canary7Zq, of u at /x, host, 21 Oct 2026") == "it is ***, of u at /x, host, 21 Oct 2026"
    )


def test_number_is_redacted_by_its_name() -> None:
    redactor = Redactor()
    body = {"password": 88127635, "pin": 4711, "otp": 12, "max_tokens": 4096, "codes": [12345], "backup_codes": [12345]}

    assert redactor.member("", body) == {
        "password": "***",
        "pin": "***",
        "otp": 12,
        "max_tokens": 4096,
        "codes": [12345],
        "backup_codes": ["***"],
    }
    redactor.learn_json(body)
    assert redactor.values("88127635 4711 12345 4096") == "*** 4711 12345 4096"
    # JSON stays JSON.
    sent = '{"password": 88127635, "echo":88127635, "backup_codes": [12345, 88127635], "x": "is 88127635, y"}'
    assert redactor.text(sent) == '{"password": "***", "echo":"***", "backup_codes": ["***", "***"], "x": "is ***, y"}'


def test_secrets_that_overlap_leave_nothing() -> None:
    redactor = Redactor(values=["abcd12", "cd12efgh", "abcd12ef"])

    assert redactor.values("x abcd12efgh y abcd12abcd12 z abcd1") == "x *** y ****** z abcd1"


def test_cost_does_not_grow_with_the_number_of_secrets() -> None:
    def seconds(count: int) -> float:
        redactor = Redactor(values=[f"s3ss{number * 7919:032d}" for number in range(count)])
        text = '{"a": "some text", "b": 12345, "c": "s3ss"}' * 200
        redactor.values(text)
        began = time.process_time()
        for _ in range(10):
            redactor.values(text)
        return time.process_time() - began

    assert seconds(20_000) < 10 * seconds(20) + 0.2


@pytest.mark.parametrize("name", ["auth", "sessionId", "credentials", "signature"])
def test_public_value_stays_under_a_secret_name(name: str) -> None:
    redactor = Redactor(exempt=["granted", "denied"])

    assert redactor.member("", {name: "granted", "x": {name: ["denied", "abc"]}}) == {
        name: "granted",
        "x": {name: ["denied", "***"]},
    }
    assert redactor.text(f'{{"{name}": "granted", "{name}": "abc"}}') == f'{{"{name}": "granted", "{name}": "***"}}'
    assert Redactor([name], exempt=["granted"]).member(name, "granted") == "***"


def test_public_terms_and_ids_stay() -> None:
    redactor = Redactor(exempt=["SUCCESS"], unnamed=["token"])

    redactor.learn_json({"password": "SUCCESS", "secret": "abc", "token": "job-1"})

    assert redactor.values("SUCCESS abc job-1") == "SUCCESS abc job-1"
    assert redactor.text('{"token": "job-1"}') == '{"token": "job-1"}'


HOSTILE = [
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
    "password=" * 20_000,
    "password: " * 20_000,
    '"tokens":["' * 20_000,
    "<a><![CDATA[]" * 20_000,
    'name="a" ' * 20_000,
    "%2541" * 30_000,
    'cookie: a="' * 10_000,
    "\\" * 50_000 + '"a":',
    "password" + " " * 100_000 + "=",
    'data:{"a"\n' * 10_000,
]


@pytest.mark.parametrize("hostile", [HOSTILE[:10], HOSTILE[10:]], ids=["first", "second"])
def test_hostile_strings_take_no_time(hostile: list[str]) -> None:
    began = time.process_time()

    for text in hostile:
        Redactor().text(text)
        Redactor().learn_body(text)
        Redactor().learn_headers([("Authorization", f"Digest {text}"), ("Set-Cookie", text)])

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
    first["_webSocketMessages"] = [{"type": "send", "data": json.dumps({"auth": {"t": "canary-socket-13"}})}]
    first["response"]["headers"].append({"name": "Set-Cookie", "value": "a=1; Path=/\nb=canary-second-14; Path=/"})
    first["request"]["queryString"].append({"name": "code", "value": "canary-code-15"})
    login = edited(entry(), "request.url", "https://login.invalid/")
    login["request"]["postData"] = {
        "mimeType": "application/x-www-form-urlencoded",
        "params": [{"name": "password", "value": "canary-form-22"}],
        "text": "user=u&password=canary-form-22",
        "comment": "canary-code-15",
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
    assert [header["value"] for header in entries[0]["response"]["headers"][-2:]] == [
        "sid=***; Path=/; HttpOnly",
        "a=***; Path=/\nb=***; Path=/",
    ]
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
