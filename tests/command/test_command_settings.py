"""Where the command finds URLs and credentials, completion in shells, and how quickly it starts."""

import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from job_status._client.command.settings import Profiles, Settings
from job_status._client.command.status import CommandError
from job_status._client.command.table import Credential, Parameter
from job_status._client.command.values import positional
from job_status._commands import DISTRIBUTION

from .installed import Command

DOCK = ("ai-for-process", "dock-status")
CONFIG = """\
[profiles.default.ai-for-process]
url = "{url}/default"
api_key = "default-key-canary"

[profiles.staging.ai-for-process]
url = "{url}/staging"
api_key = "staging-key-canary"

[profiles.staging.opensearch-flow-framework]
url = "{url}/search"
basic_auth = "admin:search-canary"

[profiles.half.ai-for-process]
url = "{url}/half"
"""


@pytest.fixture
def command(folder: Path, tmp_path: Path) -> Command:
    """Return the command in an empty environment."""
    return Command(folder, tmp_path)


@pytest.fixture
def seen() -> Iterator[list[tuple[str, str]]]:
    """Serve successful jobs; yield the URL, and then the path and the credential of each request."""
    requests: list[tuple[str, str]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = self.path.split("/")
            requests.append((parts[1], self.headers.get("x-api-key") or self.headers.get("authorization") or ""))
            body = b'{"_id": "ds-1", "workflow_id": "ds-1", "status": "SUCCESS", "state": "COMPLETED"}'
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    requests.append((f"http://127.0.0.1:{server.server_address[1]}", ""))
    yield requests
    server.shutdown()
    server.server_close()


def configure(command: Command, text: str, mode: int = 0o600) -> Path:
    """Write the configuration file."""
    path = command.home / ".config" / "job-status" / "config.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


PRODUCT = next(one for one in DISTRIBUTION.products if one.name == "ai-for-process")._replace(
    credentials=tuple(Credential(name, f"T_{name}".upper(), "key") for name in ("token", "client_id", "client_secret")),
    alternatives=(("token",), ("client_id", "client_secret")),
)
PAIR = {"client_id": "i", "client_secret": "s"}
ORDERS: dict[str, tuple[dict[str, dict[str, str]], str | None, dict[str, str], dict[str, str]]] = {
    # The profiles, the profile of the option, the environment, and the credentials that are used.
    "a named profile before a pair of the environment": (
        {"tok": {"token": "p"}},
        "tok",
        {"T_CLIENT_ID": "i", "T_CLIENT_SECRET": "s"},
        {"token": "p"},
    ),
    "the environment before a pair of the default profile": (
        {"default": PAIR},
        None,
        {"T_TOKEN": "e"},
        {"token": "e"},
    ),
    "a pair of the environment before a token of the default profile": (
        {"default": {"token": "p"}},
        None,
        {"T_CLIENT_ID": "i", "T_CLIENT_SECRET": "s"},
        PAIR,
    ),
    "half of a pair does not suffice": (
        {"default": {"client_secret": "s"}},
        None,
        {"T_CLIENT_ID": "i"},
        PAIR,
    ),
    "a named profile with a half, and the environment": (
        {"half": {"client_id": "p"}},
        "half",
        {"T_CLIENT_ID": "i", "T_CLIENT_SECRET": "s"},
        {"client_id": "p", "client_secret": "s"},
    ),
    "no default profile with a named one": ({"default": PAIR, "none": {}}, "none", {}, {}),
}


@pytest.mark.parametrize("name", ORDERS)
def test_sources_are_read_in_order_until_they_suffice(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sections, profile, environment, expected = ORDERS[name]
    for variable in ("T_TOKEN", "T_CLIENT_ID", "T_CLIENT_SECRET"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    profiles = Profiles("job-status")
    profiles._read = {one: {PRODUCT.name: section} for one, section in sections.items()}

    found = Settings(DISTRIBUTION, PRODUCT, profiles, profile).credentials()

    assert {keyword: one.value for keyword, one in found.items()} == expected


def test_a_file_that_is_not_needed_is_not_read(command: Command, seen: list[tuple[str, str]]) -> None:
    configure(command, "no TOML", 0o644)
    env = {"AI_FOR_PROCESS_URL": f"{seen.pop()[0]}/env", "AI_FOR_PROCESS_API_KEY": "env-key"}

    assert command.run("get", *DOCK, "ds-1", env=env).status == 0
    assert seen == [("env", "env-key")]


@pytest.mark.parametrize("home", ["~no-such-user/x", "~"])
def test_a_user_without_a_home_has_no_profiles(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setenv("XDG_CONFIG_HOME", home)
    monkeypatch.setattr(Path, "expanduser", refuse)
    profiles = Profiles("job-status")

    assert profiles.all == {}
    assert profiles.path.is_absolute()


POSITIONAL = {
    "choice": (Parameter("zone", "zone", choices=("eu", "us")), ["eu", "us"], ["mars", "EU", "", "eu "]),
    "integer": (
        Parameter("task", "task", is_integer=True),
        ["7", "-1", "0", "9" * 40],
        ["7x", "1.5", "seven", "", "\u0667"],
    ),
    "string": (Parameter("id", "id"), ["7x", "ä b"], []),
}


@pytest.mark.parametrize("name", POSITIONAL)
def test_positional_arguments_are_those_that_the_document_allows(name: str) -> None:
    parameter, allowed, refused = POSITIONAL[name]

    assert [positional(parameter, one) for one in allowed] == allowed
    for one in refused:
        with pytest.raises(CommandError, match=f"{parameter.name}: expected ") as caught:
            positional(parameter, one)
        assert caught.value.status == 2


def test_default_profile_is_used(command: Command, seen: list[tuple[str, str]]) -> None:
    configure(command, CONFIG.format(url=seen[0][0]))

    done = command.run("get", *DOCK, "ds-1")

    assert (done.status, done.out) == (0, "ds-1 SUCCESS\n"), done.err
    assert seen[1:] == [("default", "default-key-canary")]


def test_named_profile_is_used_before_the_environment(command: Command, seen: list[tuple[str, str]]) -> None:
    configure(command, CONFIG.format(url=seen[0][0]))
    env = {"AI_FOR_PROCESS_URL": f"{seen[0][0]}/env", "AI_FOR_PROCESS_API_KEY": "env-key"}

    command.run("get", *DOCK, "ds-1", "--profile", "staging", env=env)
    command.run("get", *DOCK, "ds-1", "--profile", "half", env=env)
    command.run("get", *DOCK, "ds-1", env=env)
    command.run("get", *DOCK, "ds-1", "--url", f"{seen[0][0]}/option", env=env)

    assert seen[1:] == [
        ("staging", "staging-key-canary"), ("half", "env-key"), ("env", "env-key"), ("option", "env-key")
    ]  # fmt: skip


def test_user_and_password_of_a_profile(command: Command, seen: list[tuple[str, str]]) -> None:
    configure(command, CONFIG.format(url=seen[0][0]))

    done = command.run("get", "opensearch-flow-framework", "workflow-status", "ds-1", "--profile", "staging")

    assert done.status == 0, done.err
    assert seen[1] == ("search", "Basic YWRtaW46c2VhcmNoLWNhbmFyeQ==")


@pytest.mark.parametrize("stdin", [False, True])
def test_credential_in_a_file_or_stdin_wins(command: Command, seen: list[tuple[str, str]], stdin: bool) -> None:
    (command.home / "key").write_text("file-key\n")
    env = {"AI_FOR_PROCESS_URL": f"{seen[0][0]}/env", "AI_FOR_PROCESS_API_KEY": "env-key"}

    done = command.run(
        "get",
        *DOCK,
        "ds-1",
        "--api-key-file",
        "-" if stdin else "key",
        env=env,
        stdin="file-key\r\n" if stdin else None,
    )

    assert done.status == 0, done.err
    assert seen[1] == ("env", "file-key")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o622])
def test_file_that_others_can_read_is_refused(command: Command, seen: list[tuple[str, str]], mode: int) -> None:
    path = configure(command, CONFIG.format(url=seen[0][0]), mode)

    done = command.run("get", *DOCK, "ds-1")

    assert done.status == 4
    assert f"chmod 600 {path}" in done.err
    assert len(seen) == 1


def test_file_is_not_read_if_the_environment_suffices(command: Command, seen: list[tuple[str, str]]) -> None:
    configure(command, CONFIG.format(url=seen[0][0]), 0o644)
    env = {"AI_FOR_PROCESS_URL": f"{seen[0][0]}/env", "AI_FOR_PROCESS_API_KEY": "env-key"}

    assert command.run("get", *DOCK, "ds-1", env=env).status == 0


@pytest.mark.parametrize(
    "text",
    [
        'api_key = "canary',
        "profiles = 1",
        "[profiles]\ndefault = 'canary'",
        "[profiles.default]\nai-for-process = 'canary'",
        "[profiles.default.ai-for-process]\nurl = 1\napi_key = 'canary'",
        "\xff",
    ],
)
def test_wrong_configuration_is_named_without_its_content(command: Command, text: str) -> None:
    path = configure(command, text)

    done = command.run("get", *DOCK, "ds-1")

    assert done.status in {2, 4}
    assert str(path) in done.err
    assert "canary" not in done.err
    assert "Traceback" not in done.err


def test_configuration_is_found_through_xdg(command: Command, seen: list[tuple[str, str]]) -> None:
    configure(command, CONFIG.format(url=seen[0][0]))
    (command.home / ".config").rename(command.home / "elsewhere")

    assert command.run("get", *DOCK, "ds-1", env={"XDG_CONFIG_HOME": str(command.home / "elsewhere")}).status == 0


def test_profiles_shows_sources_and_no_values(command: Command) -> None:
    configure(command, CONFIG.format(url="http://host-canary"))

    done = command.run("profiles", env={"AI_FOR_SERVICE_JWT": "jwt-canary"})
    staging = command.run("profiles", "--profile", "staging")

    assert done.status == staging.status == 0
    rows = done.out.splitlines()
    assert rows[0].endswith("config.toml: default, half, staging")
    assert "ai-for-process api_key: profile default" in rows
    assert "ai-for-service jwt: AI_FOR_SERVICE_JWT" in rows
    assert any(row.startswith("agent-platform url: not set; AGENT_PLATFORM_URL, or [profiles.default") for row in rows)
    assert "opensearch-flow-framework basic_auth: profile staging" in staging.out
    assert "canary" not in done.out + done.err + staging.out
    assert command.run("profiles", "--profile", "nope").status == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("wait", *DOCK, "-", "--api-key-file", "-"),
        ("start", "ai-for-process", "undeploy-model", "cm-1", "--api-key-file", "missing"),
    ],
)
def test_stdin_is_read_once_and_files_must_exist(command: Command, arguments: tuple[str, ...]) -> None:
    done = command.run(*arguments, env={"AI_FOR_PROCESS_URL": "http://127.0.0.1:1"}, stdin="x")

    assert done.status == 2
    assert "--api-key-file" in done.err


@pytest.mark.parametrize("option", ["--api-key", "--apikey", "--api_key", "--password"])
def test_credential_is_no_argument(command: Command, option: str) -> None:
    assert command.run("get", *DOCK, "ds-1", option, "canary").status == 2


# Completion


def complete(command: Command, script: str, line: str) -> set[str]:
    """Return what bash completes at the end of a command line."""
    parts = line.split(" ")
    program = f"""
source {script}
COMP_WORDS=({" ".join(parts)} {"''" if line.endswith(" ") else ""})
COMP_CWORD={len(parts) - 1}
COMP_LINE='{line}'; COMP_POINT={len(line)}
function_name=$(complete -p job-status | sed 's/.*-F \\([^ ]*\\).*/\\1/')
$function_name job-status '{parts[-1]}' '{parts[-2]}' 2>/dev/null
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    environment = command.variables({})
    done = subprocess.run(["bash", "-c", program], env=environment, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_bash_completes_commands_products_jobs_and_options(command: Command) -> None:
    script = command.home / "completion.bash"
    done = command.run("completion", "bash")
    assert done.status == 0, done.err
    script.write_text(done.out)

    assert complete(command, str(script), "job-status w") == {"wait"}
    assert {"ai-for-process", "ai-for-service"} <= complete(command, str(script), "job-status wait ai")
    assert complete(command, str(script), "job-status wait ai-for-process d") == {"dock-status"}
    assert "undeploy-model" in complete(command, str(script), "job-status start ai-for-process u")
    assert {"--timeout"} == complete(command, str(script), "job-status wait ai-for-process dock-status --time")


@pytest.mark.parametrize("shell", ["zsh", "tcsh"])
def test_completion_of_other_shells_is_printed(command: Command, shell: str) -> None:
    done = command.run("completion", shell)

    assert done.status == 0
    assert "job-status" in done.out


def test_completion_without_shtab_says_what_to_install(command: Command) -> None:
    (command.home / "hidden").mkdir()
    (command.home / "hidden" / "shtab.py").write_text("raise ImportError\n")

    done = command.run("completion", "bash", env={"PYTHONPATH": f"{command.home / 'hidden'}:{command.folder}"})

    assert done.status == 2
    assert "pip install 'job-status[cli]'" in done.err


# Time


def seconds(program: list[str], environment: dict[str, str]) -> float:
    """Return the processor time of a program, the least of several runs."""
    found = []
    for _ in range(7):
        before = os.times()
        subprocess.run(program, env=environment, stdout=subprocess.DEVNULL, check=True)
        after = os.times()
        found.append(sum(after[2:4]) - sum(before[2:4]))
    return min(found)


def test_help_and_import_are_quick(command: Command) -> None:
    environment = command.variables({"PYTHONPATH": str(command.folder)})
    environment = {name: value for name, value in environment.items() if not name.startswith("COVERAGE")}
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(command.folder)], check=True)

    httpx = seconds([sys.executable, "-c", "import httpx"], environment)
    help_text = seconds([str(command.folder / "bin" / "job-status"), "--help"], environment)
    package = seconds([sys.executable, "-c", "import job_status"], environment)
    nothing = seconds([sys.executable, "-c", "pass"], environment)

    assert help_text < 1.5 * httpx
    assert package - nothing < 0.3 * (httpx - nothing)


def test_help_imports_no_client(command: Command) -> None:
    program = (
        "import sys; from job_status._client.command.main import run; from job_status._commands import DISTRIBUTION\n"
        "run(DISTRIBUTION, ['wait', 'ai-for-process', 'dock-status', '--help'])\n"
        "sys.exit(bool({'httpx', 'attrs', 'attr', 'rich', 'ssl'} & set(sys.modules)))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], env=command.variables({}), capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
