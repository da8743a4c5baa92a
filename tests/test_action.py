"""The GitHub Action that verifies an API: its steps run as the runner would run them, with the tools installed."""

import html
import json
import re
import shutil
import subprocess
import sysconfig
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import yaml

from scripts.document import load
from scripts.github_runner import append_summary, repository_path, set_outputs
from scripts.simulate import Simulator, SimulatorSettings, SteppingClock

from .action_runner import ActionError, Annotation, Run, Runner, evaluate, expand, job_variables, parse_outputs
from .conftest import ENVIRONMENT, ROOT, Serve
from .faulty_responses import FaultyServer, OutgoingResponse
from .paths import operation_in
from .test_drift import REPOSITORY, TOKEN, SimulatedGitHub
from .traffic.archives import clean, entry, write

ACTION = ROOT / ".github/actions/verify"
STEM, KEY = "agent-platform", ENVIRONMENT["AGENT_PLATFORM_API_KEY"]
JOB = "ds-24a6f1c3-0b9c-5e75-a8d3-c19d04e7f5b8"
CREDENTIALS = f"AGENT_PLATFORM_API_KEY={KEY}\n\nAGENT_PLATFORM_DOCK_STATUS_ID={JOB}\n"
REPORTS = {"junit.xml", "report.html", "verify.sarif"}
MESSAGE = 'a message | with ::error:: `code`, <b> and 100 %25 of "quotes"'

Act = Callable[..., Run]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the temporary folder of a runner, in which the action installs the tools once."""
    return tmp_path_factory.mktemp("runner")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Return a repository with one document."""
    folder = tmp_path / "a workspace"
    (folder / "openapi").mkdir(parents=True)
    shutil.copy(ROOT / f"openapi/{STEM}.yaml", folder / "openapi")
    return folder


@pytest.fixture
def act(installed: Path, workspace: Path) -> Act:
    """Return a function that runs the action with inputs.

    pip has no index: what the lock file requires is found where it is installed for these tests.
    """
    packages = {"PYTHONPATH": sysconfig.get_path("purelib"), "PIP_NO_INDEX": "1", "PIP_NO_CACHE_DIR": "1"}

    def run(inputs: Mapping[str, str], **variables: str) -> Run:
        runner = Runner(workspace, installed, python(), {**job_variables(), **packages, **variables})
        return runner.run(ACTION, inputs)

    return run


def python() -> str:
    """Return the interpreter that setup-python would install."""
    return str(Path(sysconfig.get_path("scripts")) / "python")


@pytest.fixture
def server(serve: Serve) -> Callable[..., str]:
    """Return a function that serves the document, with the changes of its responses; it returns the base URL."""

    def start(change: Callable[[OutgoingResponse], None] = lambda _: None) -> str:
        settings = SimulatorSettings(environment=ENVIRONMENT, clock=SteppingClock(1.0))
        return f"{serve(FaultyServer(Simulator([load(ROOT / f'openapi/{STEM}.yaml')], settings), change))}/{STEM}"

    return start


def wrong_state(response: OutgoingResponse) -> None:
    """Return an undocumented state, with text that must have no effect in logs and summaries."""
    if response.status == 200 and operation_in(response.path) == "get_dock_status" and response.method == "GET":
        response.body["status"] = MESSAGE


def line_of(document: Path, pattern: str) -> int:
    """Return the number of the only line that a pattern matches."""
    lines = document.read_text(encoding="utf-8").splitlines()
    (number,) = (number for number, line in enumerate(lines, 1) if re.fullmatch(pattern, line))
    return number


def results_of(run: Run) -> dict[str, str]:
    """Return the outputs of an action that depend on what was verified."""
    return {name: value for name, value in run.outputs.items() if name != "program"}


def failed_cases(junit: bytes) -> set[str]:
    """Return the checks that failed, by the JUnit report."""
    cases = ET.fromstring(junit).iter("testcase")  # noqa: S314 - a report of this project
    return {str(case.get("name")) for case in cases if case.find("failure") is not None}


def test_conforming_server_passes(act: Act, server: Callable[..., str]) -> None:
    run = act({"url": server(), "credentials": CREDENTIALS})

    assert not run.failed, run.log
    assert run.outcomes["End with the exit status"] == "skipped"
    assert results_of(run) == {"status": "0", "failures": "0", "reports": "build/verify"}
    assert run.annotations == []
    assert run.artifacts["verification"].keys() == REPORTS
    assert failed_cases(run.artifacts["verification"]["junit.xml"]) == set()
    assert re.search(r"^### job-status verify: \d+ checks, 0 failed", run.summary)
    assert re.search(r"^\| agent-platform get\\_dock\\_status \| \d+ \| 0 \|  \| .*SUCCESS", run.summary, re.MULTILINE)


def test_simulator_is_verified_without_a_url(act: Act, workspace: Path) -> None:
    run = act({"documents": f"openapi/{STEM}.yaml", "out": "reports here", "artifact": "own name"})

    assert not run.failed, run.log
    assert results_of(run) == {"status": "0", "failures": "0", "reports": "reports here"}
    assert run.artifacts["own name"].keys() == REPORTS
    assert (workspace / "reports here/verify.sarif").is_file()


def test_failure_is_annotated_summarized_and_kept(act: Act, server: Callable[..., str], workspace: Path) -> None:
    clause = line_of(workspace / f"openapi/{STEM}.yaml", r"        '200':")

    run = act({"url": server(wrong_state), "credentials": CREDENTIALS})

    check = "response_schema_conformance"
    assert run.outcomes == {
        "python": "success",
        "install": "success",
        "verify": "success",
        "Keep the reports": "success",
        "End with the exit status": "failure",
    }
    kept = run.artifacts["verification"]
    results = json.loads(kept["verify.sarif"])["runs"][0]["results"]
    assert results_of(run) == {"status": "1", "failures": str(len(results)), "reports": "build/verify"}
    # Each failure is annotated, at the line of its clause.
    places = [one["locations"][0]["physicalLocation"] for one in results]
    assert [(one.properties["file"], int(one.properties["line"])) for one in run.annotations] == [
        (place["artifactLocation"]["uri"], place["region"]["startLine"]) for place in places
    ]
    annotation = next(one for one in run.annotations if one.properties["title"].endswith(check))
    title = f"{STEM} get_dock_status {check}"
    assert annotation.properties == {"file": f"openapi/{STEM}.yaml", "line": str(clause), "title": title}
    assert "expected " in annotation.message
    assert json.dumps(MESSAGE)[1:-1] in annotation.message
    # The summary has a row for each, with the clause.
    rows = [row for row in run.summary.splitlines() if f"openapi/{STEM}.yaml:" in row]
    assert len(rows) == len(results)
    (row,) = (row for row in rows if check.replace("_", "\\_") in row)
    assert f"openapi/{STEM}.yaml:{clause} |" in row
    assert "<b>" not in run.summary
    assert f"| **{len(results)}** |" in run.summary
    # The reports have it too.
    assert kept.keys() == REPORTS
    assert check in failed_cases(kept["junit.xml"])
    assert check in {one["ruleId"] for one in results}
    assert f"{STEM} get_dock_status {check}" in re.sub("<[^>]*>", "", html.unescape(kept["report.html"].decode()))


def test_expected_failures_pass_with_a_baseline(act: Act, server: Callable[..., str], workspace: Path) -> None:
    url = server(wrong_state)
    failing = act({"url": url, "credentials": CREDENTIALS}).artifacts["verification"]["verify.sarif"]
    checks = {one["ruleId"] for one in json.loads(failing)["runs"][0]["results"]}
    accepted = [{"rule": check, "reason": "They know.", "expires": "2999-01-01"} for check in sorted(checks)]
    (workspace / "a baseline.yaml").write_text(yaml.safe_dump({"accepted": accepted}), encoding="utf-8")

    run = act({"url": url, "credentials": CREDENTIALS, "baseline": "a baseline.yaml"})

    assert (run.outputs["status"], run.outputs["failures"]) == ("0", "0"), run.log
    assert run.annotations == []
    assert "accepted: They know." in run.summary


def test_archives_are_checked(act: Act, workspace: Path) -> None:
    write(workspace, clean(), "one file.har")
    write(workspace, [entry("SUCCESS", 11), entry("IN_PROGRESS", 22), entry("BURNT", 33)], "-wrong.har")

    run = act({"har": "\none file.har\r\n-wrong.har\n"})

    assert run.outputs["status"] == "1", run.log
    titles = {one.properties["title"].split()[-1] for one in run.annotations}
    assert {"terminal_is_final", "response_schema_conformance"} <= titles
    assert run.artifacts["verification"].keys() == {*REPORTS, f"{STEM}.overlay.yaml"}
    assert act({"har": "one file.har"}).outputs["status"] == "0"


WRITING = {"true": True, "false": False}


@pytest.mark.parametrize("value", WRITING)
def test_writes_are_sent_only_if_allowed(act: Act, serve: Serve, workspace: Path, value: str) -> None:
    methods: set[str] = set()

    def note(response: OutgoingResponse) -> None:
        methods.add(response.method)

    shutil.copy(ROOT / "openapi/ai-for-process.yaml", workspace / "openapi")
    document = load(ROOT / "openapi/ai-for-process.yaml")
    simulator = Simulator([document], SimulatorSettings(environment=ENVIRONMENT, clock=SteppingClock(1.0)))
    inputs = {
        "url": f"{serve(FaultyServer(simulator, note))}/ai-for-process",
        "api": "ai-for-process",
        "allow-writes": value,
        "credentials": f"AI_FOR_PROCESS_API_KEY={ENVIRONMENT['AI_FOR_PROCESS_API_KEY']}",
    }

    # The input alone decides, not a variable of the job.
    act(inputs, ALLOW_WRITES="1")

    assert ("POST" in methods) is WRITING[value]


NONSENSE: dict[str, tuple[dict[str, str], str, str]] = {
    "no document": ({"documents": "nowhere"}, "OpenAPI document", "contains no *.yaml, *.yml or *.json document"),
    "an unknown api": ({"api": "kiln"}, "nothing was checked", "--api: expected one of agent-platform, got kiln"),
    "an option as api": ({"api": "--help"}, "nothing was checked", "--api: expected one of agent-platform, got --help"),
    "an empty url": ({"url": ""}, "nothing was checked", "--url: expected a base URL"),
    "a wrong url": ({"url": "ftp://x"}, "nothing was checked", "ftp://x"),
    "no archive": ({"har": "nowhere.har"}, "nothing was checked", "nowhere.har"),
    "no baseline": ({"baseline": "nowhere.yaml"}, "OpenAPI document", "No such file"),
    "no boolean": ({"allow-writes": "maybe"}, "job-status verify", "allow-writes: expected true or false"),
    "no credentials": (
        {"credentials": f"AGENT_PLATFORM_API_KEY={KEY}\nthe key: xyzzy-1"},
        "job-status verify",
        "credentials: line 2 is not of the form NAME=value",
    ),
}


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_is_a_clear_error_with_status_2(act: Act, name: str) -> None:
    inputs, title, message = NONSENSE[name]

    run = act(inputs)

    assert run.failed
    assert results_of(run) == {"status": "2", "failures": "", "reports": ""}
    assert run.artifacts == {}
    (annotation,) = run.annotations
    assert (annotation.level, annotation.properties["title"]) == ("error", title)
    assert message in annotation.message
    assert "Traceback" not in run.log
    assert not {"xyzzy-1", KEY} & set(re.findall(r"[\w-]+", run.log))


def test_wrong_usage_of_an_option_has_status_2(act: Act) -> None:
    run = act({"seed": "$(id)"})

    assert run.failed
    assert run.outputs["status"] == "2"
    assert "argument --seed: invalid int value: '$(id)'" in run.log


def test_problems_of_a_document_are_annotated_at_their_lines(act: Act, workspace: Path) -> None:
    path = workspace / f"openapi/{STEM}.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("      x-job:\n", "      x-job:\n        final: [x]\n"), encoding="utf-8")

    run = act({})

    assert run.outputs["status"] == "2"
    assert Annotation("error", run.annotations[0].properties, run.annotations[0].message) == run.annotations[0]
    assert {one.properties["file"] for one in run.annotations} == {f"openapi/{STEM}.yaml"}
    assert str(line_of(path, r"      x-job:")) in {one.properties["line"] for one in run.annotations}


def test_server_that_does_not_respond_is_inconclusive(act: Act) -> None:
    run = act({"url": "http://127.0.0.1:9", "credentials": CREDENTIALS})

    assert run.failed
    assert (run.outputs["status"], run.outputs["failures"]) == ("2", "0")
    assert run.artifacts["verification"].keys() == REPORTS
    assert [one.properties for one in run.annotations][:1] == [{"title": f"{STEM} could not be checked"}]
    assert f"- {STEM} could not be checked: " in run.summary


SECRET = "p%25w ='\"`$(touch stolen)`;\\:xyzzy%"


def test_credentials_are_only_in_their_masks(act: Act, serve: Serve, workspace: Path) -> None:
    settings = SimulatorSettings(environment={"AGENT_PLATFORM_API_KEY": SECRET}, clock=SteppingClock(1.0))
    simulator = Simulator([load(ROOT / f"openapi/{STEM}.yaml")], settings)

    def leak(response: OutgoingResponse) -> None:
        wrong_state(response)
        if response.status == 200 and isinstance(response.body, dict):
            response.body["echo"] = SECRET

    url = f"{serve(FaultyServer(simulator, leak))}/{STEM}"
    run = act({"url": url, "credentials": f"AGENT_PLATFORM_API_KEY={SECRET}\r\nAGENT_PLATFORM_DOCK_STATUS_ID={JOB}"})

    assert run.outputs["status"] == "1", run.log
    assert run.masks == [SECRET, JOB]
    seen = [run.log, run.summary, *run.outputs.values(), *(one.message for one in run.annotations)]
    seen += [content.decode() for content in run.artifacts["verification"].values()]
    assert not [text for text in seen if "xyzzy" in text]
    assert not list(workspace.glob("stolen"))


def test_inputs_are_never_run(act: Act, workspace: Path) -> None:
    folder = 'do\'cu $(touch stolen) "ments" `touch stolen`; touch stolen'
    (workspace / "openapi").rename(workspace / folder)

    run = act({"documents": folder, "out": f"out/{folder}", "seed": "7", "artifact": "$(touch stolen)"})

    assert results_of(run) == {"status": "0", "failures": "0", "reports": f"out/{folder}"}, run.log
    assert run.artifacts["$(touch stolen)"].keys() == REPORTS
    assert "; seed 7, " in run.summary
    assert act({"url": "'; touch stolen; '", "har": "$(touch stolen)"}).outputs["status"] == "2"
    assert not list(workspace.glob("stolen"))


def test_tools_are_installed_from_a_requirement(act: Act, installed_tools: Path, workspace: Path) -> None:
    (wheel,) = installed_tools.parent.glob("*.whl")
    shutil.copy(wheel, workspace)

    run = act({"requirement": f"./{wheel.name}", "api": "kiln"}, PIP_NO_DEPS="1")

    assert run.outcomes["install"] == "success", run.log
    assert "expected one of agent-platform, got kiln" in run.log
    absent = act({"requirement": "--index-url=x job-status-tools"})
    assert (absent.outcomes["install"], absent.outcomes["verify"]) == ("failure", "skipped")
    assert absent.outputs["status"] == ""


Call = Callable[..., Run]


@pytest.fixture
def call_drift(installed: Path, tmp_path: Path, serve: Serve) -> Call:
    """Return a function that calls the workflow for drift from a repository that has nothing but a README."""
    caller = tmp_path / "caller"
    caller.mkdir()
    (caller / "README.md").write_text("ours\n", encoding="utf-8")
    packages = {"PYTHONPATH": sysconfig.get_path("purelib"), "PIP_NO_INDEX": "1", "PIP_NO_CACHE_DIR": "1"}
    (job,) = yaml.safe_load((ROOT / ".github/workflows/drift.yml").read_text(encoding="utf-8"))["jobs"].values()

    def run(github: SimulatedGitHub, credentials: str, **inputs: str) -> Run:
        api = {"GITHUB_API_URL": serve(github.application), "GITHUB_REPOSITORY": REPOSITORY}
        (caller / ".job-status").unlink(missing_ok=True)
        runner = Runner(
            caller, installed, python(), {**job_variables(), **packages, **api}, {"kilns/tools@0a1b2c": ROOT}
        )
        contexts = {
            "inputs": inputs,
            "secrets": {"environment": credentials},
            "github": {"token": TOKEN, "repository": REPOSITORY, "sha": "d4e5f6"},
            "job": {"workflow_repository": "kilns/tools", "workflow_sha": "0a1b2c"},
        }
        return runner.run_job(job, contexts)

    return run


def test_drift_is_called_from_another_repository(call_drift: Call, server: Callable[..., str], serve: Serve) -> None:
    github = SimulatedGitHub()
    key = f"{KEY}=="  # as many keys in Base64 end
    settings = SimulatorSettings(environment={**ENVIRONMENT, "AGENT_PLATFORM_API_KEY": key}, clock=SteppingClock(1.0))
    simulator = Simulator([load(ROOT / f"openapi/{STEM}.yaml")], settings)
    credentials = CREDENTIALS.replace(KEY, key)

    drifted = call_drift(github, credentials, api=STEM, url=f"{serve(FaultyServer(simulator, wrong_state))}/{STEM}")

    assert not drifted.failed, drifted.log
    assert github.open == [1]
    assert drifted.masks[0] == key
    assert key not in drifted.log
    assert drifted.artifacts["drift"].keys() >= REPORTS
    healed = call_drift(github, credentials, api=STEM, url=f"{serve(FaultyServer(simulator, lambda _: None))}/{STEM}")
    assert not healed.failed, healed.log
    assert github.open == []


def test_drift_that_verifies_nothing_fails_and_keeps_the_issue(call_drift: Call) -> None:
    github = SimulatedGitHub()

    run = call_drift(github, CREDENTIALS, api="kiln", url="http://127.0.0.1:1")

    assert run.outcomes["Keep the issue"] == "failure"
    assert "Nothing was verified" in run.annotations[-1].message
    assert github.requests == []


def test_scripts_have_no_expressions_and_actions_have_versions() -> None:
    action = yaml.safe_load((ACTION / "action.yml").read_text(encoding="utf-8"))
    used = set()
    for name in ("check.yml", "drift.yml"):
        workflow = yaml.safe_load((ROOT / ".github/workflows" / name).read_text(encoding="utf-8"))
        used |= {step["uses"] for job in workflow["jobs"].values() for step in job["steps"] if "uses" in step}

    for step in action["runs"]["steps"]:
        assert "${{" not in step.get("run", "")
        assert step.get("uses") in {None, *used}
    assert all(one.get("description") for one in (*action["inputs"].values(), *action["outputs"].values()))
    named = set(re.findall(r"\$\{\{ inputs\.([\w-]+) \}\}", (ACTION / "action.yml").read_text(encoding="utf-8")))
    assert named == action["inputs"].keys()


def test_paths_are_those_of_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "service").mkdir()
    monkeypatch.chdir(tmp_path / "service")
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    paths: list[str | Path] = [
        "openapi/kiln.yaml",
        "../kiln.yaml",
        tmp_path / "service/kiln.yaml",
        "/elsewhere/kiln.yaml",
    ]

    assert [*map(repository_path, paths)] == ["openapi/kiln.yaml", "../kiln.yaml", "kiln.yaml", "/elsewhere/kiln.yaml"]
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert [*map(repository_path, paths)] == [
        "service/openapi/kiln.yaml",
        "kiln.yaml",
        "service/kiln.yaml",
        "/elsewhere/kiln.yaml",
    ]


def test_files_of_the_runner_that_cannot_be_written_are_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "absent/summary"))
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))

    append_summary("a")
    set_outputs({"x": "y\nz=1"})

    assert capsys.readouterr().err == "GITHUB_STEP_SUMMARY: cannot be written: No such file or directory\n"
    assert parse_outputs((tmp_path / "output").read_text(encoding="utf-8")) == {"x": "y\nz=1"}


CONTEXT = {"inputs": {"a": "x", "b": ""}, "steps": {"s": {"outputs": {"status": "0"}}}}
CONDITIONS = {
    "always() && steps.s.outputs.reports != ''": (False, False),
    "always() && steps.s.outputs.status == '0'": (True, True),
    "steps.s.outputs.status != '1'": (True, False),
    "failure() || inputs.a == 'X'": (True, True),
    "!(inputs.a == 'y') && success()": (True, False),
    "inputs.b": (False, False),
}


@pytest.mark.parametrize("condition", CONDITIONS)
def test_runner_evaluates_conditions(condition: str) -> None:
    got = tuple(evaluate(condition, CONTEXT, failed=failed) for failed in (False, True))

    assert got == CONDITIONS[condition]


@pytest.mark.parametrize("expression", ["github.actor", "a +", "inputs.a ==", "inputs.a inputs.b", "(inputs.a"])
def test_runner_refuses_other_expressions(expression: str) -> None:
    with pytest.raises(ActionError):
        evaluate(expression, CONTEXT)


def test_runner_parses_outputs_of_several_lines() -> None:
    assert parse_outputs("a=1=2\nb<<EOF\nx\n\ny=1\nEOF\n") == {"a": "1=2", "b": "x\n\ny=1"}
    for text in ("nonsense\n", "a<<EOF\nx\n"):
        with pytest.raises(ActionError):
            parse_outputs(text)


PAGE = (ROOT / "docs/ci.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def test_inputs_and_outputs_are_those_of_the_page() -> None:
    action = yaml.safe_load((ACTION / "action.yml").read_text(encoding="utf-8"))
    rows = re.findall(r"^\| (`.*) \| .* \|(.*)\|$", PAGE, re.MULTILINE)
    shown: dict[str, str] = {}
    for names, defaults in rows:
        listed = re.findall(r"`([^`]*)`", names)
        values = re.findall(r"`([^`]*)`", defaults) or [""] * len(listed)
        shown |= dict(zip(listed, values, strict=True))

    assert shown == {name: one.get("default") for name, one in action["inputs"].items()}
    (sentence,) = re.findall(r"The outputs are (.*?);", PAGE)
    assert set(re.findall(r"`(\w+)`", sentence)) == action["outputs"].keys()


def test_github_example_verifies(act: Act, server: Callable[..., str]) -> None:
    example = yaml.safe_load(BLOCKS[0])["steps"][1]
    assert example["uses"].partition("@")[0].endswith("/.github/actions/verify")
    assert len(BLOCKS[0].splitlines()) <= 10
    inputs = {**example["with"], "url": server()}
    values = {"secrets.AGENT_PLATFORM_API_KEY": KEY, "vars.DOCK_STATUS_ID": JOB}
    inputs["credentials"] = re.sub(r"\$\{\{ (.*?) \}\}", lambda found: values[found[1]], inputs["credentials"])

    run = act(inputs)

    assert run.outputs["status"] == "0", run.log
    assert run.masks == [KEY, JOB]


def test_code_scanning_example_uses_the_outputs(act: Act, workspace: Path) -> None:
    verified, uploaded = yaml.safe_load(BLOCKS[1])
    assert verified.keys() == {"uses", "id", "continue-on-error"}

    run = act({})

    context = {"steps": {verified["id"]: {"outputs": run.outputs}}}
    assert evaluate(uploaded["if"], context)
    assert (workspace / expand(uploaded["with"]["sarif_file"], context)).is_file()


STUB = """#!/bin/sh
printf '%s\\n' "$*" >>"$CALLS"
"""


def test_gitlab_example_verifies(installed_tools: Path, server: Callable[..., str], workspace: Path) -> None:
    job = yaml.safe_load(BLOCKS[2])["verify"]
    assert len(BLOCKS[2].splitlines()) <= 10
    stubs = workspace / "bin"
    stubs.mkdir()
    tools = f'#!/bin/sh\nexec {python()} {installed_tools}/bin/job-status-tools "$@"\n'
    for name, script in {"git": STUB, "pip": STUB, "job-status-tools": tools}.items():
        (stubs / name).write_text(script, encoding="utf-8")
        (stubs / name).chmod(0o755)
    environment = {
        **job_variables(),
        **dict(line.split("=") for line in CREDENTIALS.split()),
        "AGENT_PLATFORM_URL": server(),
        "JOB_STATUS_REPOSITORY": "https://example.com/x.git",
        "CALLS": str(workspace / "calls"),
        "PATH": f"{stubs}:/usr/bin:/bin",
        "PYTHONPATH": str(installed_tools),
    }

    done = subprocess.run(
        ["bash", "-ec", "\n".join(job["script"])],
        cwd=workspace,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=140,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    cloned, installed = (workspace / "calls").read_text(encoding="utf-8").splitlines()
    assert cloned.split()[-1] == "build/job-status"
    assert installed.split()[-1] == "./build/job-status"
    assert (workspace / job["artifacts"]["reports"]["junit"]).is_file()
    assert [(workspace / path).is_dir() for path in job["artifacts"]["paths"]] == [True]
    assert "::error" not in done.stdout
