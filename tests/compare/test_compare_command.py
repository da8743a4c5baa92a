"""`make compare` and `job-status-tools compare`: git refs, folders and wheels, exit statuses and messages."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from scripts.compare.report import MARK

from ..conftest import ROOT
from .edits import FIRST, Edit

EDITS = {edit.name: edit for edit in FIRST}


def run(*arguments: str | Path, folder: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scripts", "compare", *map(str, arguments)]
    variables = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)


def git(folder: Path, *arguments: str) -> None:
    names = ["-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *names, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a git repository with our documents, a version and a changelog, and a tag v1."""
    folder = tmp_path / "project with spaces"
    shutil.copytree(ROOT / "openapi", folder / "openapi")
    (folder / "pyproject.toml").write_text('[project]\nname = "kilns"\nversion = "1.2.0"\n', encoding="utf-8")
    (folder / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n", encoding="utf-8")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "first")
    git(folder, "tag", "v1")
    return folder


def edit(project: Path, name: str) -> Edit:
    EDITS[name].apply(project / "openapi")
    return EDITS[name]


def test_git_ref_until_version_and_changelog_follow(project: Path) -> None:
    assert (run("v1", folder=project).stdout, run("v1", folder=project).returncode) == ("no change for anybody\n", 0)
    edit(project, "operationId renamed")

    done = run("v1", folder=project)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "        do: use AIForProcess.withdraw_model, AIForProcess.withdraw_model_raw" in done.stdout
    assert "v1:openapi/ai-for-process.yaml:103 -> openapi/ai-for-process.yaml:103" in done.stdout
    assert "error: the version is 1.2.0, and was 1.2.0: a major bump needs 2.0.0 or higher" in done.stdout
    assert "error: CHANGELOG.md has no new line about undeploy_model" in done.stdout

    (project / "pyproject.toml").write_text('[project]\nname = "kilns"\nversion = "2.0.0"\n', encoding="utf-8")
    draft = next(line for line in done.stdout.splitlines() if line.startswith("- ai-for-process:"))
    with (project / "CHANGELOG.md").open("a", encoding="utf-8") as changelog:
        changelog.write(f"\n### Changed\n\n{draft}\n")
    done = run("v1", folder=project)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "undeploy_model was renamed to withdraw_model" in done.stdout


@pytest.mark.parametrize("name", ["job-status-tools", "class"])
def test_package_in_git_is_compared_whatever_the_project_is_called(name: str, project: Path) -> None:
    shutil.copytree(ROOT / "generated", project / "generated")
    (project / "pyproject.toml").write_text(f'[project]\nname = "{name}"\nversion = "1.2.0"\n', encoding="utf-8")
    git(project, "add", ".")
    git(project, "commit", "-qm", "generated")
    edit(project, "component renamed")

    done = run("HEAD", folder=project)

    assert "agent_platform.JobResult" in done.stdout, done.stderr
    assert "was renamed to" in done.stdout


def test_folder_of_documents_elsewhere_is_of_the_new_version(project: Path) -> None:
    shutil.copytree(project / "openapi", project / "old")
    edit(project, "operationId renamed")
    (project / "tools").mkdir()

    done = run("../old", "--openapi", "../openapi", folder=project / "tools")

    assert done.returncode == 1, done.stdout + done.stderr
    assert "was renamed to" in done.stdout


def test_two_git_refs(project: Path) -> None:
    edit(project, "path changed")
    git(project, "commit", "-qam", "second")

    done = run("v1", "HEAD", folder=project)

    assert "HEAD:openapi/agent-platform.yaml" in done.stdout
    assert "code fine, field breaks, wait fine" in done.stdout
    assert "the version is 1.2.0, and was 1.2.0: a patch bump needs 1.2.1" in done.stdout


def test_accepted_change_ends_with_0(project: Path) -> None:
    edit(project, "path changed")
    (found,) = json.loads(run("v1", "--format", "json", folder=project).stdout)["changes"]
    accepted = project / "accepted.yaml"
    entry = f"accepted:\n- fingerprint: {found['fingerprint']}\n  reason: the gateway serves both\n"
    accepted.write_text(entry, encoding="utf-8")

    done = run("v1", "--accepted", "accepted.yaml", folder=project)

    assert done.returncode == 0, done.stdout
    assert "accepted: the gateway serves both" in done.stdout


def test_make_compares_with_a_ref(project: Path) -> None:
    edit(project, "field renamed")
    variables = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    command = ["make", "-s", "compare", "BASE=HEAD", f"OPENAPI={project / 'openapi'}", "FORMAT=github", "WITNESS=1"]

    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)

    # HEAD is that of the repository with the documents.
    assert "title=code breaks::DockStatus.percentageComplete was renamed to percentDone" in done.stdout, done.stderr
    assert "::error title=release::the version is 1.2.0, and was 1.2.0: a major bump needs 2.0.0" in done.stdout


def test_wheel_of_the_package_has_its_documents(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path / "dist")]
    distribution = tmp_path / "distribution"
    shutil.copytree(ROOT / "generated", distribution)
    subprocess.run([*command, str(distribution)], check=True, capture_output=True)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    folder = tmp_path / "openapi"
    shutil.copytree(ROOT / "openapi", folder)
    EDITS["notStarted to failure"].apply(folder)

    done = run(wheel, folder)

    assert "code breaks, field fine, wait breaks" in done.stdout, done.stderr
    place = f"{wheel.name}:job_status/_documents/opensearch-flow-framework.yaml:118"
    assert place in done.stdout
    assert "note:" not in done.stdout


def test_package_without_documents_is_compared_in_code_alone(tmp_path: Path) -> None:
    old = tmp_path / "distribution"
    shutil.copytree(ROOT / "generated", old)
    shutil.rmtree(old / "job_status/_documents")
    folder = tmp_path / "openapi"
    shutil.copytree(ROOT / "openapi", folder)
    EDITS["component renamed"].apply(folder)

    done = run(old, folder)

    assert "agent_platform.JobResult was removed" in done.stdout, done.stderr
    assert "has a package and no documents: only code is compared" in done.stdout


def test_one_document_is_compared_by_its_file(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "openapi", tmp_path / "openapi")
    EDITS["limits halved"].apply(tmp_path / "openapi")

    done = run(ROOT / "openapi/ai-for-service.yaml", tmp_path / "openapi/ai-for-service.yaml", "--witness")

    assert "code fine, field fine, wait breaks" in done.stdout, done.stderr
    assert done.returncode == 1


CANNOT = {
    "no such ref": (["no-such-ref"], "git knows no such commit"),
    "no folder of documents": (["HEAD", "--openapi", "nowhere", "--generated", "nowhere"], "HEAD: has no nowhere/"),
    "an option as a ref": (["--", "-x"], "expected a git ref, a folder, a document, or a wheel"),
    "no documents": (["{empty}"], "contains no *.yaml"),
    "a broken wheel": (["{broken}"], "expected a wheel or a source archive"),
    "a wheel without a package": (["{other}"], "contains no *.yaml"),
    "no accepted file": (["HEAD", "--accepted", "nowhere.yaml"], "nowhere.yaml"),
    "an invalid document": (["{invalid}"], "invalid.yaml:2"),
    "no such format": (["HEAD", "--format", "xml"], "xml"),
}


@pytest.mark.parametrize("name", CANNOT)
def test_what_cannot_be_compared_is_one_message_and_exit_status_2(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.whl").write_bytes(b"PK\x03\x04 and nothing else")
    shutil.make_archive(str(tmp_path / "other"), "zip", tmp_path / "empty")
    (tmp_path / "invalid.yaml").write_text("openapi: [3.1", encoding="utf-8")
    names = {"empty": "empty", "broken": "broken.whl", "other": "other.zip", "invalid": "invalid.yaml"}
    arguments, expected = CANNOT[name]

    done = run(*(text.format(**{key: tmp_path / value for key, value in names.items()}) for text in arguments))

    assert done.returncode == 2, done.stdout
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_outside_of_git_the_message_says_so(tmp_path: Path) -> None:
    done = run("main", folder=tmp_path, GIT_CEILING_DIRECTORIES=str(tmp_path.parent))

    assert done.returncode == 2
    assert "this folder is no git repository" in done.stderr


OASDIFF = '#!/bin/sh\necho \'[{"id": "x-id", "text": "a message", "operation": "GET", "path": "/x"}]\'\nexit 1\n'


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (OASDIFF, "note: oasdiff on ai-for-service.yaml: x-id: a message (GET /x)"),
        ("#!/bin/sh\necho broken >&2\nexit 9\n", "note: oasdiff on ai-for-service.yaml: broken"),
        ("#!/bin/sh\necho '{'\n", "note: oasdiff on ai-for-service.yaml: "),
        ("", "note: oasdiff is not on PATH"),
    ],
    ids=["found", "fails", "no JSON", "absent"],
)
def test_oasdiff_adds_its_verdict_where_it_is_installed(script: str, expected: str, tmp_path: Path) -> None:
    if script:
        (tmp_path / "oasdiff").write_text(script, encoding="utf-8")
        (tmp_path / "oasdiff").chmod(0o755)
    document = ROOT / "openapi/ai-for-service.yaml"

    done = run(document, document, "--oasdiff", PATH=f"{tmp_path}:/usr/bin:/bin" if script else str(tmp_path))

    assert expected in done.stdout, done.stderr
    assert done.returncode == 0


PAGE = (ROOT / "docs/versioning.md").read_text(encoding="utf-8")


def test_page_shows_a_report_and_its_fingerprint(project: Path) -> None:
    (shown,) = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    (accepted,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (project / "accepted.yaml").write_text(accepted, encoding="utf-8")
    edit(project, "limits halved")

    done = run("HEAD", folder=project)
    assert done.stdout.startswith(shown), done.stdout

    done = run("HEAD", "--accepted", "accepted.yaml", folder=project)
    assert "1 change, 1 accepted: code fine, field fine, wait fine" in done.stdout


GH = """#!/bin/sh
printf '%s\\n' "$*" >>"$LOG"
case "$*" in *--paginate*) printf '%s' "$EXISTING";; esac
"""


def steps_of_the_workflow(project: Path, existing: str = "") -> list[subprocess.CompletedProcess[str]]:
    """Run each step of the job that compares a pull request in a project, as GitHub does; return their results."""
    workflow = yaml.safe_load((ROOT / ".github/workflows/check.yml").read_text(encoding="utf-8"))
    scripts = [step["run"] for step in workflow["jobs"]["compare"]["steps"] if "run" in step]
    git(project, "update-ref", "refs/remotes/origin/main", "HEAD")
    for name in ("Makefile", "requirements.lock"):
        shutil.copy(ROOT / name, project)
    programs = {".venv/.ready": "", ".venv/bin/python": f'#!/bin/sh\nexec {sys.executable} "$@"\n', "gh/gh": GH}
    for name, text in programs.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text, encoding="utf-8")
        (project / name).chmod(0o755)
    environment = {"PATH": f"{project / 'gh'}:/usr/bin:/bin", "LOG": str(project / "log"), "EXISTING": existing}
    environment |= {"GITHUB_REPOSITORY": "kilns/kiln", "NUMBER": "5", "GITHUB_BASE_REF": "main"}
    environment |= {"GITHUB_ENV": str(project / "env"), "GITHUB_STEP_SUMMARY": str(project / "summary")}
    (project / "env").touch()
    done = []
    for script in scripts:
        added = dict(line.split("=", 1) for line in (project / "env").read_text(encoding="utf-8").splitlines())
        variables = environment | added | {"PYTHONPATH": str(ROOT)}
        command = ["bash", "-e", "-c", script]
        done.append(subprocess.run(command, cwd=project, env=variables, capture_output=True, text=True, check=False))
        if done[-1].returncode:
            break
    return done


@pytest.mark.parametrize("existing", ["", "17\n23\n"], ids=["first", "again"])
@pytest.mark.parametrize("breaks", [True, False], ids=["breaks", "fine"])
def test_workflow_comments_once_then_annotates_then_fails(existing: str, breaks: bool, project: Path) -> None:
    if breaks:
        edit(project, "path changed")

    done = steps_of_the_workflow(project, existing)

    assert [step.returncode for step in done] == [0, 0, 0, int(breaks)], done[-1]
    comment = (project / "compare.md").read_text(encoding="utf-8")
    assert comment.startswith(MARK)
    assert comment == (project / "summary").read_text(encoding="utf-8")
    assert ("::warning file=openapi/agent-platform.yaml,line=" in done[-1].stdout) == breaks
    listed, sent = (project / "log").read_text(encoding="utf-8").splitlines()
    assert MARK in listed
    target = (
        "--method PATCH repos/kilns/kiln/issues/comments/17"
        if existing
        else "--method POST repos/kilns/kiln/issues/5/comments"
    )
    assert sent == f"api {target} -F body=@compare.md"


def test_workflow_fails_if_the_versions_cannot_be_compared(project: Path) -> None:
    (project / "openapi/agent-platform.yaml").write_text("openapi: [3.1", encoding="utf-8")

    done = steps_of_the_workflow(project)

    assert [step.returncode for step in done] == [0, 2]
    assert not (project / "log").exists()
