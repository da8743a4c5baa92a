"""`job-status-tools drift`: the lifecycle of the issue, against a simulated GitHub on a real socket."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from scripts.drift.github import GitHub, GitHubError
from scripts.drift.issue import LABEL, Drift, synchronize
from scripts.drift.sarif import TOOL, Finding, Findings, ReportError, read_report

from .conftest import ROOT, Serve

TOKEN = "ghs_canarytoken0123456789"
REPOSITORY = "kilns/kiln"


class SimulatedGitHub:
    """The issues of one repository. `first` are responses to send before the usual ones."""

    def __init__(self) -> None:
        self.issues: list[dict[str, Any]] = []
        self.comments: list[tuple[int, str]] = []
        self.requests: list[str] = []
        self.first: list[Response] = []
        self.lock = threading.Lock()
        self.before_create: Callable[[], None] = lambda: None
        path = f"/repos/{REPOSITORY}/issues"
        self.application = Starlette(
            routes=[
                Route(path, self.listing, methods=["GET"]),
                Route(path, self.create, methods=["POST"]),
                Route(f"{path}/{{number:int}}", self.update, methods=["PATCH"]),
                Route(f"{path}/{{number:int}}/comments", self.comment, methods=["POST"]),
            ]
        )

    def refused(self, request: Request) -> Response | None:
        with self.lock:
            self.requests.append(f"{request.method} {request.url.path}")
            if self.first:
                return self.first.pop(0)
        if request.headers["authorization"] != f"Bearer {TOKEN}":
            return JSONResponse({"message": "Bad credentials"}, 401)
        return None

    def listing(self, request: Request) -> Response:
        if (refused := self.refused(request)) is not None:
            return refused
        query = request.query_params
        found = [one for one in self.issues if one["state"] == query["state"] and query["labels"] in one["labels"]]
        size, page = int(query["per_page"]), int(query["page"])
        return JSONResponse(found[size * (page - 1) : size * page])

    async def create(self, request: Request) -> Response:
        if (refused := self.refused(request)) is not None:
            return refused
        fields = await request.json()
        with self.lock:
            issue = {**fields, "number": len(self.issues) + 1, "state": "open"}
            self.issues.append(issue)
        return JSONResponse(issue, 201)

    async def update(self, request: Request) -> Response:
        if (refused := self.refused(request)) is not None:
            return refused
        self.issues[request.path_params["number"] - 1] |= await request.json()
        return JSONResponse({})

    async def comment(self, request: Request) -> Response:
        if (refused := self.refused(request)) is not None:
            return refused
        self.comments.append((request.path_params["number"], (await request.json())["body"]))
        return JSONResponse({}, 201)

    @property
    def open(self) -> list[int]:
        return [one["number"] for one in self.issues if one["state"] == "open"]


@pytest.fixture
def simulated() -> SimulatedGitHub:
    return SimulatedGitHub()


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def github(simulated: SimulatedGitHub, serve: Serve, pauses: list[float]) -> GitHub:
    return GitHub(serve(simulated.application), REPOSITORY, TOKEN, sleep=pauses.append, now=lambda: 1000.0)


def found(
    *checks: str, got: str = "got IN_PROGRESS", problems: tuple[str, ...] = (), notes: tuple[str, ...] = ()
) -> Findings:
    failures = tuple(Finding(check, f"openapi/kiln.yaml:{len(check)}", f"get_kiln: expected {got}") for check in checks)
    return Findings(failures, problems, notes)


KILN = Drift("kiln", "https://github.example/kilns/kiln/actions/runs/7")


def test_issue_is_open_as_long_as_the_drift(github: GitHub, simulated: SimulatedGitHub) -> None:
    assert synchronize(github, KILN, found()) == "kiln: no failures"
    assert simulated.issues == []

    assert synchronize(github, KILN, found("terminal_is_final")) == "kiln: opened #1"
    (issue,) = simulated.issues
    assert issue["labels"] == [LABEL]
    assert "`terminal_is_final` | `openapi/kiln.yaml:17`" in issue["body"]
    assert KILN.run in issue["body"]

    assert synchronize(github, KILN, found("terminal_is_final", got="something else")) == "kiln: #1 is up to date"
    assert simulated.comments == []

    assert synchronize(github, KILN, found("terminal_is_final", "immutable")) == "kiln: updated #1"
    assert "immutable" in issue["body"]
    assert len(simulated.comments) == 1

    assert synchronize(github, KILN, found(problems=("no known id",))).endswith("not everything was checked")
    assert simulated.open == [1]

    assert synchronize(github, KILN, found()) == "kiln: closed #1"
    assert simulated.open == []
    assert "does what its document says again" in simulated.comments[-1][1]

    assert synchronize(github, KILN, found("immutable")) == "kiln: opened #2"


SUNSET = ("kiln: get_kiln: the server announces: sunset 2026-11-11T23:59:59Z",)
EARLIER = ("kiln: get_kiln: the server announces: sunset 2026-10-11T23:59:59Z",)


def test_a_sunset_alone_opens_an_issue_of_its_own_content(github: GitHub, simulated: SimulatedGitHub) -> None:
    assert synchronize(github, KILN, found(notes=SUNSET)) == "kiln: opened #1"
    (issue,) = simulated.issues
    assert issue["title"] == "kiln announces its retirement"
    assert f"- {SUNSET[0]}".replace("_", "\\_") in issue["body"]
    assert "does not do what" not in issue["body"]

    assert synchronize(github, KILN, found(notes=SUNSET)) == "kiln: #1 is up to date"
    assert simulated.comments == []
    assert synchronize(github, KILN, found(notes=EARLIER)) == "kiln: updated #1"
    assert "2026-10-11" in issue["body"]
    assert "announced" in simulated.comments[-1][1]
    assert synchronize(github, KILN, found(problems=("no id",))).endswith("not everything was checked")
    assert simulated.open == [1]
    assert synchronize(github, KILN, found()) == "kiln: closed #1"
    assert "announces no end any more" in simulated.comments[-1][1]


def test_failures_and_sunset_share_one_issue(github: GitHub, simulated: SimulatedGitHub) -> None:
    assert synchronize(github, KILN, found("immutable")) == "kiln: opened #1"
    assert synchronize(github, KILN, found("immutable", notes=SUNSET)) == "kiln: updated #1"
    (issue,) = simulated.issues
    assert issue["title"] == "kiln has drifted from its document"
    assert "`immutable`" in issue["body"]
    assert "2026-11-11" in issue["body"]

    assert synchronize(github, KILN, found(problems=("no id",), notes=SUNSET)).endswith("not everything was checked")
    assert "`immutable`" in issue["body"]
    assert synchronize(github, KILN, found(notes=SUNSET)) == "kiln: updated #1"
    assert issue["title"] == "kiln announces its retirement"
    assert "`immutable`" not in issue["body"]
    assert simulated.comments[-1][1].startswith("No check fails any more")
    assert synchronize(github, KILN, found("immutable", notes=SUNSET)) == "kiln: updated #1"
    assert issue["title"] == "kiln has drifted from its document"


def test_an_issue_that_was_closed_by_hand_is_opened_again_for_another_date_or_a_failure(
    github: GitHub, simulated: SimulatedGitHub
) -> None:
    synchronize(github, KILN, found("immutable", notes=SUNSET))
    simulated.issues[0]["state"] = "closed"

    assert synchronize(github, KILN, found(notes=SUNSET)).endswith("announced in #1, which is closed")
    assert synchronize(github, Drift("kiln-2"), found(notes=SUNSET)) == "kiln-2: opened #2"
    assert synchronize(github, KILN, found(notes=EARLIER)) == "kiln: opened #3"
    simulated.issues[2]["state"] = "closed"
    assert synchronize(github, KILN, found("immutable", notes=SUNSET)) == "kiln: opened #4"


def test_a_sunset_opens_an_issue_although_not_everything_was_checked(
    github: GitHub, simulated: SimulatedGitHub
) -> None:
    assert synchronize(github, KILN, found(problems=("no id",), notes=SUNSET)) == "kiln: opened #1"
    assert "could not be checked: no id" in simulated.issues[0]["body"]


def test_each_api_has_its_own_issue(github: GitHub, simulated: SimulatedGitHub) -> None:
    simulated.issues += [
        {"number": 1, "state": "open", "labels": [LABEL], "body": None},
        {"number": 2, "state": "open", "labels": [LABEL], "body": KILN.body(found("x")), "pull_request": {}},
        {"number": 3, "state": "open", "labels": [LABEL], "body": Drift("kiln-2").body(found("x"))},
    ]

    assert synchronize(github, KILN, found("x")) == "kiln: opened #4"
    assert synchronize(github, Drift("kiln-2"), found()) == "kiln-2: closed #3"
    assert simulated.open == [1, 2, 4]


def test_an_issue_is_found_below_what_people_have_written(github: GitHub, simulated: SimulatedGitHub) -> None:
    synchronize(github, KILN, found("x"))
    simulated.issues[0]["body"] = f"Ann looks at it.\r\n{simulated.issues[0]['body']}"

    assert synchronize(github, KILN, found()) == "kiln: closed #1"


@pytest.mark.parametrize("name", ["a b", "a-b", "a%20b", "a+b", "a/b", "a--b", "a-->b", "ä"])
def test_names_that_are_alike_have_issues_of_their_own(name: str, github: GitHub, simulated: SimulatedGitHub) -> None:
    others = [Drift(one) for one in ("a_b", "a-b-", "a b ", "A b", "a%2520b", "%C3%A4%20")]
    for one in others:
        synchronize(github, one, found("x"))

    assert synchronize(github, Drift(name), found("x")) == f"{name}: opened #{len(others) + 1}"
    assert synchronize(github, Drift(name), found()) == f"{name}: closed #{len(others) + 1}"
    assert simulated.issues[-1]["body"].splitlines()[0].count("-->") == 1


@pytest.mark.parametrize("listed", [{"body": KILN.mark}, {"body": KILN.mark, "number": "seven"}, "text", None])
def test_what_is_no_issue_is_passed_over(listed: Any, github: GitHub, simulated: SimulatedGitHub) -> None:
    simulated.first.append(JSONResponse([listed]))

    assert synchronize(github, KILN, found("x")) == "kiln: opened #1"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_renamed_repository_is_followed(status: int, serve: Serve, simulated: SimulatedGitHub) -> None:
    async def moved(request: Request) -> Response:
        query = f"?{request.url.query}" if request.url.query else ""
        path = request.url.path.replace("kilns/old", REPOSITORY)
        return Response(status_code=status, headers={"location": f"{request.base_url}{path[1:]}{query}"})

    methods = ["GET", "POST", "PATCH"]
    application = Starlette(
        routes=[Route("/repos/kilns/old/{rest:path}", moved, methods=methods), *simulated.application.routes]
    )
    github = GitHub(serve(application), "kilns/old", TOKEN)

    assert synchronize(github, KILN, found("x")) == "kiln: opened #1"
    assert synchronize(github, KILN, found()) == "kiln: closed #1"
    assert len(simulated.issues) == 1


@pytest.mark.parametrize("target", ["http://127.0.0.1:1/repos/kilns/kiln/issues", "/repos/kilns/kiln/issues", ""])
def test_a_redirect_to_elsewhere_or_without_end_is_an_error(
    target: str, github: GitHub, simulated: SimulatedGitHub
) -> None:
    simulated.first += [Response(status_code=301, headers={"location": target}) for _ in range(9)]

    with pytest.raises(GitHubError, match="301"):
        synchronize(github, KILN, found("x"))


def test_issue_on_a_later_page_is_found(github: GitHub, simulated: SimulatedGitHub) -> None:
    simulated.issues += [
        {"number": number, "state": "open", "labels": [LABEL], "body": "another"} for number in range(1, 251)
    ]
    synchronize(github, KILN, found("x"))

    assert synchronize(github, KILN, found("x")) == "kiln: #251 is up to date"


def test_two_runs_at_once_leave_one_issue(serve: Serve, simulated: SimulatedGitHub) -> None:
    url = serve(simulated.application)
    barrier = threading.Barrier(2)

    def run(_: int) -> str:
        github = GitHub(url, REPOSITORY, TOKEN)
        create = github.create

        def at_once(title: str, body: str, label: str) -> int:
            barrier.wait(10)
            number = create(title, body, label)
            barrier.wait(10)
            return number

        github.create = at_once  # type: ignore[method-assign]
        return synchronize(github, KILN, found("x"))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, range(2)))

    assert simulated.open == [1]
    assert len(simulated.issues) == 2


LIMITS = {
    "retry-after": (JSONResponse({"message": "slow down"}, 429, {"retry-after": "7"}), [7.0]),
    "reset": (
        JSONResponse({"message": "limit"}, 403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1030"}),
        [30.0],
    ),
    "secondary": (JSONResponse({"message": "You have exceeded a secondary rate limit"}, 403), [60.0]),
    "server": (Response("<html>", 502), [1.0]),
}


@pytest.mark.parametrize("name", LIMITS)
def test_temporary_refusals_are_waited_for(
    name: str, github: GitHub, simulated: SimulatedGitHub, pauses: list[float]
) -> None:
    response, expected = LIMITS[name]
    simulated.first.append(response)

    assert synchronize(github, KILN, found("x")) == "kiln: opened #1"
    assert pauses == expected


def test_a_long_rate_limit_is_an_error(github: GitHub, simulated: SimulatedGitHub, pauses: list[float]) -> None:
    simulated.first.append(JSONResponse({"message": "slow down"}, 429, {"retry-after": "3600"}))

    with pytest.raises(GitHubError, match="429: slow down; the rate limit ends in 3600 s"):
        synchronize(github, KILN, found("x"))
    assert pauses == []


def test_a_server_that_keeps_failing_is_an_error(
    github: GitHub, simulated: SimulatedGitHub, pauses: list[float]
) -> None:
    simulated.first += [Response("down\x1b[2J", 500) for _ in range(9)]

    with pytest.raises(GitHubError, match=r"500: down\\x1b"):
        synchronize(github, KILN, found("x"))
    assert pauses == [1.0, 2.0, 4.0]


def test_an_issue_is_not_created_twice(github: GitHub, simulated: SimulatedGitHub, pauses: list[float]) -> None:
    simulated.first += [JSONResponse([]), Response("gateway", 504)]

    with pytest.raises(GitHubError, match="504: gateway"):
        synchronize(github, KILN, found("x"))
    assert simulated.requests.count(f"POST /repos/{REPOSITORY}/issues") == 1
    assert pauses == []


def test_strings_of_a_server_mention_nobody_and_end_no_cell(github: GitHub, simulated: SimulatedGitHub) -> None:
    synchronize(github, KILN, found("x", got="@everyone | `<img src=x>` #1"))

    body = simulated.issues[0]["body"]
    assert "@everyone" not in body
    assert "<img" not in body
    (row,) = (line for line in body.splitlines() if "everyone" in line)
    assert row.replace("\\|", "").count("|") == 4


def test_a_long_body_is_cut(github: GitHub, simulated: SimulatedGitHub) -> None:
    synchronize(github, KILN, found(*(f"check_{number}" for number in range(200)), got="x" * 1000))

    assert len(simulated.issues[0]["body"]) <= 65_000
    assert synchronize(github, KILN, found()) == "kiln: closed #1"


def sarif(folder: Path, *results: dict[str, Any], problems: tuple[str, ...] = (), notes: tuple[str, ...] = ()) -> Path:
    levels = {"error": problems, "note": notes}
    shown = [{"level": level, "message": {"text": text}} for level, some in levels.items() for text in some]
    call = {"executionSuccessful": not problems, "toolExecutionNotifications": shown}
    run = {"tool": {"driver": {"name": TOOL}}, "results": list(results), "invocations": [call]}
    path = folder / "verify.sarif"
    path.write_text(json.dumps({"version": "2.1.0", "runs": [run]}), encoding="utf-8")
    return path


def result(check: str, **fields: Any) -> dict[str, Any]:
    place = {"artifactLocation": {"uri": "openapi/kiln.yaml"}, "region": {"startLine": 9}}
    return {"ruleId": check, "message": {"text": "m"}, "locations": [{"physicalLocation": place}], **fields}


def test_reports_are_read_without_what_is_accepted(tmp_path: Path) -> None:
    path = sarif(tmp_path, result("a"), result("b", suppressions=[{"kind": "external"}]), problems=("no id",))

    assert read_report(path) == Findings((Finding("a", "openapi/kiln.yaml:9", "m"),), ("no id",))


def test_notes_are_no_problems(tmp_path: Path) -> None:
    path = sarif(tmp_path, problems=("no id",), notes=SUNSET)

    assert read_report(path) == Findings((), ("no id",), SUNSET)


def test_notification_without_a_level_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "verify.sarif"
    call = {"executionSuccessful": True, "toolExecutionNotifications": [{"message": {"text": "no id"}}]}
    run = {"tool": {"driver": {"name": TOOL}}, "results": [], "invocations": [call]}
    path.write_text(json.dumps({"runs": [run]}), encoding="utf-8")

    assert read_report(path) == Findings((), ("no id",))


@pytest.mark.parametrize("calls", [[], [{}], [{"executionSuccessful": False}], [{"executionSuccessful": "true"}]])
def test_a_run_that_did_not_end_successfully_heals_nothing(
    calls: list[Any], github: GitHub, simulated: SimulatedGitHub, tmp_path: Path
) -> None:
    synchronize(github, KILN, found("x"))
    run = {"tool": {"driver": {"name": TOOL}}, "results": [result("a", kind="pass")], "invocations": calls}
    (tmp_path / "report").write_text(json.dumps({"runs": [run]}), encoding="utf-8")

    findings = read_report(tmp_path / "report")

    assert findings == Findings((), ("the verification did not end successfully",))
    synchronize(github, KILN, findings)
    assert simulated.open == [1]


OTHERS = ["", "[]", "{}", '{"runs": [{"results": [{}]}]}', "\x00", '{"runs": 1}', "[" * 99999, '{"runs": []}']
OTHERS += [
    json.dumps({"runs": [{"tool": {"driver": {"name": name}}, "results": [], "invocations": [{}]}]})
    for name in ("CodeQL", "", None)
]


@pytest.mark.parametrize("text", OTHERS)
def test_other_files_are_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "report").write_text(text, encoding="utf-8")

    with pytest.raises(ReportError, match="expected SARIF"):
        read_report(tmp_path / "report")
    with pytest.raises(ReportError, match="No such file"):
        read_report(tmp_path / "nowhere")


@pytest.fixture
def command(simulated: SimulatedGitHub, serve: Serve) -> Callable[..., subprocess.CompletedProcess[str]]:
    url = serve(simulated.application)

    def run(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("GITHUB_")}
        given = {"GITHUB_TOKEN": TOKEN, "GITHUB_REPOSITORY": REPOSITORY, "GITHUB_API_URL": url, **variables}
        line = [sys.executable, "-m", "scripts", "drift", *map(str, arguments)]
        return subprocess.run(line, cwd=ROOT, env=environment | given, capture_output=True, text=True, check=False)

    return run


def test_command_opens_and_closes(
    command: Callable[..., subprocess.CompletedProcess[str]], simulated: SimulatedGitHub, tmp_path: Path
) -> None:
    run = {"GITHUB_SERVER_URL": "https://github.example", "GITHUB_RUN_ID": "7"}

    assert command(sarif(tmp_path, result("a")), "--name", "kiln", **run).stdout == "kiln: opened #1\n"
    assert KILN.run in simulated.issues[0]["body"]
    assert command(sarif(tmp_path), "--name", "kiln").stdout == "kiln: closed #1\n"


REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "wrong token": ({"GITHUB_TOKEN": f"{TOKEN}x"}, "401: Bad credentials"),
    "no token": ({"GITHUB_TOKEN": ""}, "GITHUB_TOKEN: expected a token"),
    "a line break": ({"GITHUB_TOKEN": f"{TOKEN}\n"}, "GITHUB_TOKEN: expected a token"),
    "no repository": ({"GITHUB_REPOSITORY": "kiln"}, "--repository: expected OWNER/NAME"),
    "no server": ({"GITHUB_API_URL": "http://127.0.0.1:1"}, "no response: ConnectError"),
    "no URL": ({"GITHUB_API_URL": "http://x:y"}, "GITHUB_API_URL: expected a URL"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_command_ends_with_2_and_one_line(
    name: str, command: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    variables, expected = REFUSED[name]

    done = command(sarif(tmp_path, result("a")), "--name", "kiln", **variables)

    assert done.returncode == 2
    assert expected in done.stderr
    assert done.stderr.count("\n") == 1
    assert TOKEN not in done.stdout + done.stderr
