"""The command of a distribution of one's own documents: jobs of every shape, starts, and names of any form."""

import argparse
import http.server
import importlib
import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from scripts.document import load_folder
from scripts.generate import build
from scripts.generate.distribution_names import choose_names

from ..any_job import CASES, LISTS, TEXT, Case, Reply, content, document, ok, parameter
from ..any_start import RUN, STARTS, STATUS
from .installed import Command, install

NAME = "acme.Any-client"
STATUSES = {"success": 0, "failure": 1, "partial": 5, "unknown": 4, "pending": 6}
OUTCOMES = [
    (name, outcome)
    for name, case in CASES.items()
    for outcome in case.replies
    if outcome != "pending" or name in {"status_code", "null_state"}
]
SCHEMES: dict[str, Any] = {
    "appKey": {"type": "apiKey", "in": "header", "name": "X-App"},
    "user-token": {"type": "http", "scheme": "bearer"},
    "login": {"type": "http", "scheme": "basic"},
}
SECURED = document("Secured", {"job": Case(LISTS, {})})
SECURED["components"]["securitySchemes"] = SCHEMES
SECURED["security"] = [{"appKey": [], "user-token": []}, {"login": []}]
# Names that are options of the command, keywords, numbers, and of other alphabets; text that formats and escapes.
AWKWARD_TEXT = '100 % of %(prog)s {x} \x1b[31m\u202e \'quoted\' """ \\ ::warning:: `x`'
AWKWARD = document(
    "%s Ünïcode %(prog)s",
    {
        "class": Case(
            LISTS,
            {},
            parameters=tuple(
                {**parameter(name), "required": False, "description": AWKWARD_TEXT}
                for name in (
                    "url",
                    "timeout",
                    "output",
                    "quiet",
                    "help",
                    "body",
                    "resume",
                    "ids",
                    "all",
                    "from",
                    "api-version",
                )
            ),
        )
    },
)
AWKWARD["info"]["summary"] = AWKWARD_TEXT
AWKWARD["paths"]["/class/jobs/{id}"]["get"]["summary"] = AWKWARD_TEXT
TYPED = Case(
    LISTS,
    {},
    parameters=(
        {**parameter("flag", type="boolean"), "required": False},
        {**parameter("number", type="integer"), "required": False},
        {**parameter("share", type="number"), "required": False},
        {**parameter("day", format="date"), "required": False},
        {**parameter("form", enum=["long", "short"]), "required": True},
        {"name": "tags", "in": "query", "schema": {"type": "array", "items": TEXT}},
        {**parameter("X-Tenant", "header"), "required": False},
    ),
)
POINT = {"type": "object", "properties": {"x": {"type": "integer"}, "name": TEXT}}
STRUCTURED = Case(
    LISTS,
    {},
    parameters=(
        {"name": "deep", "in": "query", "style": "deepObject", "explode": True, "schema": POINT},
        {"name": "form", "in": "query", "schema": POINT},
        {"name": "joined", "in": "query", "explode": False, "schema": POINT},
        {"name": "where", "in": "query", **content(POINT)},
        {"name": "any_where", "in": "query", **content({"type": "object", "additionalProperties": True})},
        {"name": "points", "in": "query", **content({"type": "array", "items": POINT})},
        {"name": "count", "in": "query", **content({"type": "integer"})},
        {"name": "text", "in": "query", **content(TEXT)},
        {"name": "yes", "in": "query", **content({"type": "boolean"})},
        {"name": "perhaps", "in": "query", "schema": {"anyOf": [{"type": "array", "items": TEXT}, {"type": "null"}]}},
        {"name": "either", "in": "query", "schema": {"anyOf": [{"type": "array", "items": TEXT}, TEXT]}},
    ),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generate a distribution of many documents, and install it."""
    documents, target = tmp_path_factory.mktemp("documents"), tmp_path_factory.mktemp("package")
    start_paths = dict(one.operation(name) for name, one in STARTS.items())
    found = {
        "any": document("Any", CASES),
        "start": document("Start", {RUN: STATUS, "Ticket": Case(LISTS, {}, {"run": TEXT})}, start_paths),
        "secured": SECURED,
        "awkward.names": AWKWARD,
        "typed": document("Typed", {"typed": TYPED}),
        "structured": document("Structured", {"structured": STRUCTURED}),
        "nothing": {
            "openapi": "3.1.0",
            "info": {"title": "Nothing", "version": "1"},
            "paths": {
                "/x": {"get": {"operationId": "get_x", "responses": {"200": {"description": "X.", **content(TEXT)}}}}
            },
        },
    }
    del found["start"]["paths"]["/Ticket/jobs/{id}"]
    for name, data in found.items():
        (documents / f"{name}.json").write_text(json.dumps(data), encoding="utf-8")
    loaded = load_folder(documents)
    build(loaded, target, "tests", choose_names(loaded, NAME, "1.2", "9"))
    return install(target, tmp_path_factory.mktemp("command"))


@pytest.fixture
def command(folder: Path, tmp_path: Path) -> Command:
    """Return the command, whose name is that of the distribution."""
    return Command(folder, tmp_path, NAME)


class Server:
    """An HTTP server whose jobs are pending once, and then reply with an outcome."""

    def __init__(
        self, replies: dict[str, Reply], outcome: str, at_once: bool = False, start: Reply | None = None
    ) -> None:
        self.replies, self.outcome, self.at_once, self.start = replies, outcome, at_once, start
        self.polls: Counter[str] = Counter()
        self.requests: list[tuple[str, str, dict[str, str], str]] = []

    def reply(self, method: str, target: str) -> Reply:
        """Return the reply to a request."""
        if self.start is not None and "/start_" in target:
            return self.start
        self.polls[target] += 1
        return self.replies[self.outcome if self.at_once or self.polls[target] > 1 else "pending"]


@contextmanager
def served(server: Server) -> Iterator[str]:
    """Serve on a free loopback port, and yield the URL."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def respond(self) -> None:
            size = int(self.headers.get("content-length") or 0)
            body = self.rfile.read(size).decode()
            server.requests.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            status, content, headers = server.reply(self.command, self.path)
            port = httpd.server_port
            sent = b"" if content is None else json.dumps(content).encode()
            self.send_response(status)
            for name, value in headers.items():
                value = value.replace("http://VENDOR:80", f"http://127.0.0.1:{port}")
                self.send_header(name, value.replace("http://vendor", f"http://127.0.0.1:{port}"))
            if status not in {204, 304}:
                self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent if status != 204 else b"")

        do_GET = do_POST = do_PUT = do_DELETE = respond

        def log_message(self, *_: Any) -> None:
            """Stay silent."""

    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{httpd.server_address[1]}"
    finally:
        httpd.shutdown()
        httpd.server_close()


def table(folder: Path) -> Any:
    """Return the table of the commands of the installed distribution."""
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module("acme_any_client._commands").DISTRIBUTION
    finally:
        sys.path.remove(str(folder))


def entry(folder: Path, product: str, name: str) -> Any:
    """Return a job or start of the table."""
    (found,) = [
        one
        for p in table(folder).products
        if p.name == product
        for one in (*p.jobs, *p.starts)
        if one.name == name.replace("_", "-")
    ]
    return found


def options(command: Command, keywords: dict[str, Any]) -> list[str]:
    """Return the options of the operation for keyword arguments of the method."""
    made: list[str] = []
    for name, value in keywords.items():
        option = f"--{name.strip('_').replace('_', '-')}"
        if name == "body":
            (command.home / "body.json").write_text(json.dumps(value))
            made += [option, "body.json"]
        elif isinstance(value, bool):
            made.append(option if value else f"--no-{option[2:]}")
        else:
            made += [option, str(value)]
    return made


def ids_first(folder: Path, name: str, values: tuple[Any, ...]) -> list[str]:
    """Return the values of the parameters of a job in the order of the command: its id is the last one."""
    position = entry(folder, "any", name).id
    shown = [str(value) for value in values]
    return [*shown[:position], *shown[position + 1 :], shown[position]]


def described(request: tuple[str, str, dict[str, str], str]) -> str:
    """Return a request as `Case.polled` has it."""
    method, target, headers, body = request
    tenant = f" X-Tenant: {headers['x-tenant']}" if "x-tenant" in headers else ""
    shown = f" {json.dumps(json.loads(body))}" if body else ""
    return f"{method} {target}{tenant}{shown}"


@pytest.mark.parametrize(("name", "outcome"), OUTCOMES)
def test_status_of_every_job_is_read_once(command: Command, folder: Path, name: str, outcome: str) -> None:
    case = CASES[name]
    server = Server(case.replies, outcome, at_once=True)
    with served(server) as url:
        values = ids_first(folder, name, case.wait[0])
        done = command.run(
            "get", "any", name, *values, "--url", url, *options(command, case.wait[1]), "--output", "json"
        )

    assert done.status == STATUSES[outcome], done.err
    assert described(server.requests[0]).replace(f"/{name}/", "/", 1) == case.polled
    assert json.loads(done.out)["done"] is (outcome in {"success", "failure", "partial"})
    if outcome == "failure":
        assert json.loads(done.out)["state"] == case.state
        assert case.reason in done.err


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        (name, outcome)
        for name, outcome in OUTCOMES
        if outcome != "pending" and (name in {"partial", "unknown", "first_of_two", "status_code", "posted_body"})
    ],
)
def test_every_kind_of_job_is_waited_for(command: Command, folder: Path, name: str, outcome: str) -> None:
    case = CASES[name]
    with served(Server(case.replies, outcome)) as url:
        values = ids_first(folder, name, case.wait[0])
        arguments = [*options(command, case.wait[1]), "--url", url, "--error-timeout", "1s"]
        done = command.run("wait", "any", name, *values, *arguments)

    assert done.status == STATUSES[outcome], done.err
    assert done.out.startswith(f"{values[-1]} ")


@pytest.mark.parametrize("name", STARTS)
def test_every_start_is_followed(command: Command, folder: Path, name: str) -> None:
    start = STARTS[name]
    server = Server(STATUS.replies, "success", start=start.reply)
    found = entry(folder, "start", f"start_{name}")
    keywords = dict(start.arguments)
    positional = [str(keywords.pop(one.python)) for one in found.parameters]
    with served(server) as url:
        done = command.run(
            "start",
            "start",
            f"start_{name}",
            *positional,
            *options(command, keywords),
            "--wait",
            "--url",
            f"{url}/base",
        )

    assert done.status == 0, done.err
    assert done.out == "r-1 done\n"
    assert described(server.requests[-1]).replace(f"/base/{RUN}/", "/", 1) == start.polled


def test_typed_options_are_sent_as_the_document_says(command: Command) -> None:
    server = Server({"pending": ok({"state": "running"})}, "pending")
    arguments = ["--flag", "--number", "7", "--share", "0.5", "--day", "2026-01-02", "--form", "short"]
    with served(server) as url:
        arguments += ["--tags", "a", "--tags", "b", "--x-tenant", "t", "--url", url]
        done = command.run("get", "typed", "typed", "j-1", *arguments)

    assert done.status == 6, done.err
    assert set(server.requests[0][1].partition("?")[2].split("&")) == {
        "flag=true", "number=7", "share=0.5", "day=2026-01-02", "form=short", "tags=a", "tags=b"
    }  # fmt: skip
    assert server.requests[0][2]["x-tenant"] == "t"


@pytest.mark.parametrize(
    ("arguments", "sent"),
    [
        (["--deep", '{"x": 1, "name": "a b"}'], {"deep[x]": "1", "deep[name]": "a b"}),
        (["--form", '{"x": 1}'], {"x": "1"}),
        (["--joined", '{"x": 1, "name": "a"}'], {"joined": "x,1,name,a"}),
        (["--where", '{"x": 1}'], {"where": '{"x":1}'}),
        (["--any-where", '{"y": [1, {"z": null}]}'], {"any_where": '{"y":[1,{"z":null}]}'}),
        (["--points", '{"x": 1}', "--points", '{"x": 2}'], {"points": '[{"x":1},{"x":2}]'}),
        (["--count", "7"], {"count": "7"}),
        (["--text", "7"], {"text": '"7"'}),
        (["--yes"], {"yes": "true"}),
        (["--perhaps", '["a"]'], {"perhaps": "a"}),
        (["--either", ' ["a"]'], {"either": "a"}),
        (["--either", "[x"], {"either": "[x"}),
    ],
)
def test_objects_are_given_as_json(command: Command, arguments: list[str], sent: dict[str, str]) -> None:
    server = Server({"pending": ok({"state": "running"})}, "pending")
    with served(server) as url:
        done = command.run("get", "structured", "structured", "j-1", *arguments, "--url", url)

    assert done.status == 6, done.err
    assert dict(parse_qsl(server.requests[0][1].partition("?")[2])) == sent


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--deep", "x=1"], """--deep: expected JSON, such as {"name": "value"}, got 'x=1'"""),
        (["--where", '{"x": 1'], "--where: expected JSON, such as"),
        (["--form", "[1]"], "--form: expected an object, such as"),
        (["--deep", "[1]"], """--deep: expected an object, such as {"name": "value"}, got '[1]'"""),
        (["--where", "7"], "--where: expected an object, such as"),
        (["--points", '[{"x": 1}]'], "--points: expected an object, such as"),
        (["--count", "many"], "--count: expected JSON, such as"),
        (["--points", "[" * 100_000], "--points: expected JSON, such as"),
        (["--perhaps", "a"], """--perhaps: expected JSON, such as ["value"], got 'a'"""),
    ],
)
def test_what_is_no_json_object_is_wrong_usage(command: Command, arguments: list[str], message: str) -> None:
    done = command.run("get", "structured", "structured", "j-1", *arguments, "--url", "http://127.0.0.1:1")

    assert done.status == 2
    assert message in done.err
    assert len(done.err) < 2000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--form", "tall"], "invalid choice: 'tall'"),
        ([], "the following arguments are required: --form"),
        (["--form", "long", "--number", "many"], "--number: expected an integer, got 'many'"),
        (["--form", "long", "--share", "half"], "--share: expected"),
    ],
)
def test_value_of_another_type_is_wrong_usage(command: Command, arguments: list[str], message: str) -> None:
    done = command.run("get", "typed", "typed", "j-1", *arguments, "--url", "http://127.0.0.1:1")

    assert done.status == 2
    assert message in done.err


def test_body_that_is_missing_or_no_json_is_wrong_usage(command: Command) -> None:
    (command.home / "bad.json").write_text("{")
    for arguments, message in (
        ((), "required: --body"),
        (("--body", "bad.json"), "--body: bad.json is not JSON"),
        (("--body", "missing.json"), "--body: missing.json: No such file"),
    ):
        done = command.run("start", "start", "start_body", *arguments, "--url", "http://127.0.0.1:1")
        assert done.status == 2
        assert message in done.err


def test_body_is_read_from_stdin(command: Command) -> None:
    server = Server(STATUS.replies, "success", start=STARTS["body"].reply)
    with served(server) as url:
        done = command.run(
            *("start", "start", "start-body", "--body", "-", "--url", f"{url}/base"), stdin='{"in": {"queue": "q"}}'
        )

    assert (done.status, done.out) == (0, "r-1\n"), done.err
    assert json.loads(server.requests[0][3]) == {"in": {"queue": "q"}}


@pytest.mark.parametrize(
    ("env", "headers"),
    [
        (
            {"SECURED_APP_KEY": "k-1234", "SECURED_USER_TOKEN": "t-1234"},
            {"x-app": "k-1234", "authorization": "Bearer t-1234"},
        ),
        ({"SECURED_LOGIN": "me:se:cret"}, {"authorization": "Basic bWU6c2U6Y3JldA=="}),
    ],
)
def test_alternatives_of_several_credentials(command: Command, env: dict[str, str], headers: dict[str, str]) -> None:
    server = Server({"pending": ok({"state": "running"})}, "pending")
    with served(server) as url:
        done = command.run("get", "secured", "job", "j-1", "--url", url, env=env)

    assert done.status == 6, done.err
    assert server.requests[0][2].items() >= headers.items()


@pytest.mark.parametrize(
    ("env", "message"),
    [
        ({}, "set SECURED_APP_KEY (or --app-key-file) and SECURED_USER_TOKEN (or --user-token-file), or SECURED_LOGIN"),
        ({"SECURED_APP_KEY": "k-1234"}, "a credential is missing"),
        ({"SECURED_LOGIN": "canary"}, "SECURED_LOGIN must be user:password, got no colon"),
    ],
)
def test_missing_credentials_are_named(command: Command, env: dict[str, str], message: str) -> None:
    done = command.run("get", "secured", "job", "j-1", "--url", "http://127.0.0.1:1", env=env)

    assert done.status == 4
    assert message in done.err
    assert "canary" not in done.err


def leaves(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Yield a parser and all that are below it."""
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for child in action.choices.values():
                yield from leaves(child)


def test_help_of_everything_is_printable_and_fits(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = table(folder)
    module = importlib.import_module("acme_any_client._client.command.parser")
    monkeypatch.setenv("COLUMNS", "100")

    parsers = list(leaves(module.whole_parser(found)))

    assert len(parsers) > 80
    for parser in parsers:
        text = parser.format_help()
        assert text.replace("\n", "").isprintable()
        assert "%%" not in text


def test_awkward_names_and_text_work(command: Command) -> None:
    server = Server({"pending": ok({"state": "done"})}, "pending")
    with served(server) as url:
        for verb in ("get", "wait"):
            done = command.run(
                *(verb, "awkward-names", "get-class", "j-1", "--url", url, "--url-parameter", "u", "--from", "f"),
                *(
                    "--output",
                    "text",
                    "--output-parameter",
                    "o",
                    "--all-parameter",
                    "a",
                    "--ids",
                    "i",
                    "--api-version",
                    "v",
                ),
            )
            assert (done.status, done.out) == (0, "j-1 done\n"), done.err

    for request in server.requests:
        assert set(request[1].partition("?")[2].split("&")) == {
            "url=u", "from=f", "output=o", "all=a", "ids=i", "api-version=v"
        }  # fmt: skip


def test_no_option_of_the_command_can_be_one_of_an_operation(folder: Path) -> None:
    found = table(folder)
    module = importlib.import_module("acme_any_client._client.command.parser")
    own = {
        option
        for parser in leaves(module.whole_parser(found))
        for group in parser._action_groups
        if group.title != "options of the operation"
        for action in group._group_actions
        for option in action.option_strings
        if option.startswith("--") and not option.endswith("-file")
    }

    # These jobs have no runs, and no state before their start.
    assert own | {"--run", "--after-run", "--not-started-timeout"} == module.OWN_OPTIONS


def test_document_without_a_job_has_no_command(folder: Path) -> None:
    assert "nothing" not in {product.name for product in table(folder).products}


def test_command_and_settings_are_named_after_the_distribution(command: Command, folder: Path) -> None:
    assert command.run("--version").out == f"{NAME} 1.2\n"
    assert f"{command.home}/.config/{NAME}/config.toml" in command.run("profiles").out
    by_module = subprocess.run(
        [sys.executable, "-m", "acme_any_client", "--version"],
        env=command.variables({}),
        capture_output=True,
        text=True,
        check=True,
    )
    assert by_module.stdout == f"{NAME} 1.2\n"
