"""The hooks for pre-commit: their files, and what they do in a repository, called as pre-commit calls them."""

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import ROOT

HOOKS: dict[str, dict[str, Any]] = {
    hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
}
LINT, CHECK = "job-status-lint", "job-status-generate-check"

Hook = Callable[[str], "subprocess.CompletedProcess[str] | None"]


def git(folder: Path, *arguments: str) -> str:
    """Run git in a repository; return its output."""
    return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository with two documents, and other files."""
    folder = tmp_path / "repository"
    shutil.copytree(ROOT / "tests/vendors", folder / "openapi", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    (folder / "openapi/notes.md").write_text("# Notes\n", encoding="utf-8")
    (folder / "compose.yaml").write_text("services: {}\n", encoding="utf-8")
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    return folder


@pytest.fixture
def hook(repository: Path, installed_tools: Path) -> Hook:
    """Return a function that runs a hook on the staged files, or returns None if it has no file.

    Deleted files do not count, as for pre-commit.
    """

    def run(name: str) -> subprocess.CompletedProcess[str] | None:
        definition = HOOKS[name]
        staged = git(repository, "diff", "--staged", "--name-only", "--diff-filter=ACMRTUXB").splitlines()
        files = [path for path in staged if re.search(definition["files"], path)]
        if not files and not definition.get("always_run", False):
            return None
        program, *arguments = shlex.split(definition["entry"]) + list(definition.get("args", []))
        arguments += files if definition.get("pass_filenames", True) else []
        return subprocess.run(
            [sys.executable, str(installed_tools / "bin" / program), *arguments],
            cwd=repository,
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(installed_tools)},
            capture_output=True,
            text=True,
            check=False,
            timeout=140,
        )

    return run


def commit(repository: Path) -> None:
    """Commit everything, so that later changes are staged alone."""
    git(repository, "add", "--all")
    git(repository, "-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "--quiet", "--message", "x")


def corrupt(path: Path) -> None:
    """Give a document a job without a valid keyword."""
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("      x-job:\n", "      x-job:\n        final: [x]\n"), encoding="utf-8")


def generate(repository: Path, installed_tools: Path) -> None:
    """Generate the client of a repository."""
    command = [sys.executable, str(installed_tools / "bin/job-status-tools"), "generate"]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(installed_tools)}
    subprocess.run(command, cwd=repository, env=environment, capture_output=True, check=True, timeout=140)


def test_hooks_have_the_keys_of_a_manifest() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]

    assert set(HOOKS) == {LINT, CHECK}
    for definition in HOOKS.values():
        assert {"id", "name", "description", "entry", "language", "files"} <= definition.keys()
        assert definition.keys() <= {
            *("id", "name", "description", "entry", "language", "files"),
            *("always_run", "pass_filenames", "require_serial"),
        }
        assert definition["language"] == "python"
        assert shlex.split(definition["entry"])[0] in scripts


def test_documents_are_checked_by_name(hook: Hook, repository: Path) -> None:
    done = hook(LINT)

    assert done is not None
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

    corrupt(repository / "openapi/mill.yaml")
    done = hook(LINT)

    assert done is not None
    assert done.returncode == 1
    assert re.search(r"^openapi/mill\.yaml:\d+ .*x-job.*final", done.stderr, re.MULTILINE), done.stderr


def test_only_staged_documents_are_checked(hook: Hook, repository: Path) -> None:
    corrupt(repository / "openapi/mill.yaml")
    commit(repository)
    (repository / "compose.yaml").write_text("services: {a: {}}\n", encoding="utf-8")
    git(repository, "add", "--all")
    assert hook(LINT) is None

    freight = repository / "openapi/freight.yaml"
    freight.write_text(freight.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    git(repository, "add", "--all")
    done = hook(LINT)
    assert done is not None
    assert done.returncode == 0, done.stderr


def test_overlay_is_checked_with_its_document(hook: Hook, repository: Path) -> None:
    commit(repository)
    overlay = "overlay: 1.0.0\ninfo: {title: x, version: '1'}\nactions:\n- {update: {}}\n"
    (repository / "openapi/mill.overlay.yaml").write_text(overlay, encoding="utf-8")
    git(repository, "add", "--all")

    done = hook(LINT)

    assert done is not None
    assert done.returncode == 1
    assert "openapi/mill.overlay.yaml:4 action 1: has no target" in done.stderr


def test_client_that_is_not_current_is_found(hook: Hook, repository: Path, installed_tools: Path) -> None:
    done = hook(CHECK)
    assert done is not None
    assert done.returncode == 1
    assert "generated is not up to date with openapi" in done.stderr

    generate(repository, installed_tools)
    done = hook(CHECK)
    assert done is not None
    assert (done.returncode, done.stderr) == (0, "")

    document = repository / "openapi/mill.yaml"
    text = document.read_text(encoding="utf-8")
    assert "Mill & Co." in text
    document.write_text(text.replace("Mill & Co.", "Mill & Heirs"), encoding="utf-8")
    done = hook(CHECK)
    assert done is not None
    assert done.returncode == 1
    assert git(repository, "status", "--short", "generated").startswith("?? generated/")


def test_commit_that_only_deletes_files_is_checked(hook: Hook, repository: Path, installed_tools: Path) -> None:
    overlay = "overlay: 1.0.0\ninfo: {title: x, version: '1'}\nactions:\n- {target: $.info, update: {title: Mill}}\n"
    (repository / "openapi/mill.overlay.yaml").write_text(overlay, encoding="utf-8")
    generate(repository, installed_tools)
    commit(repository)
    assert getattr(hook(CHECK), "returncode", None) == 0

    for deleted, problem in (
        ("openapi/freight.yaml", "generated is not up to date with openapi"),
        ("openapi/mill.yaml", "openapi/mill.overlay.yaml"),
        ("generated/pyproject.toml", "generated is not up to date with openapi"),
    ):
        git(repository, "rm", "--quiet", deleted)
        assert hook(LINT) is None
        done = hook(CHECK)
        assert done is not None
        assert done.returncode == 1, done.stderr
        assert problem in done.stderr
        git(repository, "reset", "--quiet", "--hard")


def test_files_and_a_folder_exclude_each_other(hook: Hook, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(HOOKS[LINT], "args", ["--openapi", "openapi"])

    done = hook(LINT)

    assert done is not None
    assert done.returncode == 2
    assert "--openapi has no effect with files" in done.stderr


def test_example_of_the_page_is_a_configuration() -> None:
    page = (ROOT / "docs/ci.md").read_text(encoding="utf-8")
    *_, example = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    (repository,) = yaml.safe_load(example)["repos"]

    assert repository.keys() == {"repo", "rev", "hooks"}
    assert [one["id"] for one in repository["hooks"]] == [LINT, CHECK]
    lint, check = repository["hooks"]
    assert lint.keys() == {"id", "files"}
    assert re.search(lint["files"], "apis/mill.yaml")
    assert not re.search(lint["files"], "openapi/mill.yaml")
    assert check == {"id": CHECK, "args": ["--openapi", "apis", "--out", "client"]}
