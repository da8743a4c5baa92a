"""What is published: versions, lock files, metadata, bills of materials, and the workflows."""

import json
import re
import subprocess
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

from scripts.release import build as building
from scripts.release.build import ReleaseError, check_versions, stage
from scripts.release.distributions import CLIENT, DISTRIBUTIONS, PROVIDER, TOOLS, Distribution, lock_file, locks
from scripts.release.metadata import metadata_problems
from scripts.release.sbom import complete

from .conftest import ROOT

PINNED = re.compile(r"[a-z0-9-]+==\S+( ; [^\\]+)? \\(\n    --hash=sha256:[0-9a-f]{64}( \\)?)+\n")
URL = "https://github.com/OWNER/NAME"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.y*ml"))
LOCKS = {name: (resolution, requirements) for name, resolution, requirements in locks(ROOT)}
METADATA = """\
Metadata-Version: 2.4
Name: {name}
Version: {version}
Summary: {description}
License-Expression: MIT
Requires-Python: >=3.11
Description-Content-Type: text/markdown
Project-URL: Source, {url}
Project-URL: Documentation, {url}/docs
Project-URL: Changelog, {url}/CHANGELOG.md
Classifier: Development Status :: 4 - Beta
Classifier: Intended Audience :: Developers
Classifier: Programming Language :: Python :: 3
Classifier: Topic :: Internet :: WWW/HTTP
Classifier: Typing :: Typed
Requires-Dist: job-status=={version}

A [page](https://example.com/page).
"""


@pytest.mark.parametrize("name", LOCKS)
def test_lock_file_has_exact_versions_and_hashes_only(name: str) -> None:
    text = lock_file(name).read_text(encoding="utf-8")

    assert "".join(match[0] for match in PINNED.finditer(text)) == text
    assert "://" not in text


@pytest.mark.parametrize("name", LOCKS)
def test_lock_file_is_of_the_requirements(name: str) -> None:
    resolution, requirements = LOCKS[name]
    text = lock_file(name).read_text(encoding="utf-8")
    pinned = {found[0]: Version(found[1]) for found in re.findall(r"^([a-z0-9-]+)==([^\s;]+)", text, re.MULTILINE)}

    for required in map(Requirement, requirements):
        version = pinned[required.name.lower()]
        assert required.specifier.contains(version), f"{required}: run `make package-locks`"
        if resolution == "lowest-direct":
            bound = min(Version(one.version) for one in required.specifier if one.operator in {">=", "=="})
            assert version.release[: len(bound.release)] == bound.release, f"{required}: run `make package-locks`"


def test_no_lock_file_is_left_over() -> None:
    assert {path.stem for path in (ROOT / "scripts/release/locks").iterdir()} == set(LOCKS)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository with one commit, in which all distributions have version 1.2.0."""
    for distribution in DISTRIBUTIONS:
        folder = tmp_path / distribution.folder
        folder.mkdir(parents=True, exist_ok=True)
        project = f'[project]\nname = "{distribution.name}"\nversion = "1.2.0"\n'
        (folder / "pyproject.toml").write_text(project, encoding="utf-8")
        (folder / "README.md").write_text("[a](docs/a.md) [b](https://b.example) [c](#c)\n", encoding="utf-8")
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## 1.2.0 - 2027-01-31\n", encoding="utf-8")
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    for arguments in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-q", "-m", "c"]):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)
    return tmp_path


def test_release_has_the_version_of_its_tag(repository: Path) -> None:
    assert check_versions(repository, "v1.2.0") == "1.2.0"
    with pytest.raises(ReleaseError, match=r"the tag is v1\.3\.0, expected v1\.2\.0"):
        check_versions(repository, "v1.3.0")


def test_release_is_in_the_changelog(repository: Path) -> None:
    (repository / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n\n## 1.2.0rc1\n", encoding="utf-8")

    assert check_versions(repository, None) == "1.2.0"
    with pytest.raises(ReleaseError, match=r"has no section `## 1\.2\.0`"):
        check_versions(repository, "v1.2.0")


def test_release_has_no_uncommitted_changes(repository: Path) -> None:
    (repository / "generated/README.md").write_text("changed\n", encoding="utf-8")

    with pytest.raises(ReleaseError, match="not committed"):
        check_versions(repository, "v1.2.0")


def test_distributions_have_one_version(repository: Path) -> None:
    path = repository / "generated/pyproject.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("1.2.0", "1.1.0"), encoding="utf-8")

    with pytest.raises(ReleaseError, match=r"expected one version, got job-status 1\.1\.0, job-status-tools 1\.2\.0,"):
        check_versions(repository, None)


def test_provider_is_of_the_client_and_of_airflow() -> None:
    needed = {Requirement(one).name for one in PROVIDER.requirements(ROOT, with_extras=False)}
    client = {Requirement(one).name for one in CLIENT.requirements(ROOT, with_extras=False)}

    assert needed - set(PROVIDER.host) - client == {CLIENT.name}
    assert set(PROVIDER.host) <= needed - client


def test_staged_files_are_those_of_git_with_absolute_links(repository: Path, tmp_path: Path) -> None:
    (repository / "secret.txt").write_text("not in git", encoding="utf-8")
    copy = tmp_path / "copy"

    stage(TOOLS, repository, copy, URL, 0o022)

    assert not (copy / "secret.txt").exists()
    expected = f"[a]({URL}/blob/v1.2.0/docs/a.md) [b](https://b.example) [c](#c)\n"
    assert (copy / "README.md").read_text(encoding="utf-8") == expected
    project = tomllib.loads((copy / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["urls"]["Changelog"] == f"{URL}/blob/v1.2.0/CHANGELOG.md"


@pytest.mark.parametrize("is_same", [True, False])
def test_second_build_has_the_bytes_of_the_first(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_same: bool
) -> None:
    content = "'x'" if is_same else "os.environ['TZ']"
    program = tmp_path / "program"
    script = f"import os, sys; open(os.path.join(sys.argv[5], 'a.whl'), 'w').write({content})"
    program.write_text(f'#!/bin/sh\nexec python3 -c "{script}" "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(building, "program", lambda environment, name: program)
    out = tmp_path / "out"
    out.mkdir()

    if is_same:
        assert [path.read_text() for path in building.build(CLIENT, repository, out, tmp_path, None)] == ["x"]
    else:
        with pytest.raises(ReleaseError, match=r"two builds of the same files differ: a\.whl"):
            building.build(CLIENT, repository, out, tmp_path, None)
        assert list(out.iterdir()) == []


def _wheel(path: Path, distribution: Distribution, metadata: str, files: dict[str, str]) -> Path:
    info = f"{distribution.file_name}-0.1.0.dist-info"
    written = {**dict.fromkeys(distribution.required, ""), f"{info}/METADATA": metadata, **files}
    written = {f"{info}/licenses/LICENSE": "Permission is hereby granted", **written}
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in written.items():
            archive.writestr(name, text)
    return path


def _problems(
    tmp_path: Path, distribution: Distribution = CLIENT, old: str = "", new: str = "", **files: str
) -> list[str]:
    project = distribution.project(ROOT)
    metadata = METADATA.format(url=URL, **{key: project[key] for key in ("name", "version", "description")})
    paths = {name.replace("__", "/"): text for name, text in files.items()}
    wheel = _wheel(tmp_path / "a.whl", distribution, metadata.replace(old, new) if old else metadata, paths)
    return metadata_problems(distribution, project, wheel, with_urls=True)


@pytest.mark.parametrize("distribution", DISTRIBUTIONS, ids=lambda one: str(one.name))
def test_wheel_with_everything_has_no_problem(tmp_path: Path, distribution: Distribution) -> None:
    assert _problems(tmp_path, distribution) == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("Version: 0.1.0", "Version: 0.2.0", "Version is 0.2.0, expected 0.1.0"),
        ("License-Expression: MIT", "License-Expression: BSD", "License-Expression is BSD, expected MIT"),
        ("Classifier: Typing :: Typed\n", "", "it has no classifier Typing"),
        ("Project-URL: Source,", "Project-URL: Home,", "it has no project URL Source"),
        ("https://example.com/page", "docs/page.md", "its description links to docs/page.md"),
    ],
)
def test_wrong_metadata_is_a_problem(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert _problems(tmp_path, old=old, new=new) == [problem]


def test_provider_requires_the_client_in_its_version(tmp_path: Path) -> None:
    problems = _problems(tmp_path, PROVIDER, "Requires-Dist: job-status==0.1.0", "Requires-Dist: job-status>=0.1.0")

    assert problems == ["it does not require job-status in its own version"]


def test_wrong_files_are_a_problem(tmp_path: Path) -> None:
    assert _problems(tmp_path, tests__x="") == ["it has tests/x, which is of the repository"]
    incomplete = Distribution("job-status", "generated", "docs", ("job_status/missing.py",))
    metadata = METADATA.format(
        url=URL, **{key: CLIENT.project(ROOT)[key] for key in ("name", "version", "description")}
    )
    wheel = _wheel(tmp_path / "b.whl", CLIENT, metadata, {"job_status-0.1.0.dist-info/licenses/LICENSE": ""})
    found = metadata_problems(incomplete, CLIENT.project(ROOT), wheel, with_urls=True)
    assert found == ["it has no LICENSE", "it lacks job_status/missing.py"]


def test_bill_of_materials_has_what_is_needed_and_hashes(tmp_path: Path) -> None:
    wheel = tmp_path / "a.whl"
    wheel.write_bytes(b"wheel")
    bill: dict[str, Any] = {
        "metadata": {"component": {"bom-ref": "root", "name": "job-status", "version": "1"}},
        "components": [{"bom-ref": "httpx"}, {"bom-ref": "idna"}, {"bom-ref": "pip"}],
        "dependencies": [
            {"ref": "root", "dependsOn": ["httpx"]},
            {"ref": "httpx", "dependsOn": ["idna"]},
            {"ref": "pip"},
        ],
    }

    text = complete(json.loads(json.dumps(bill)), [wheel], 0)

    made = json.loads(text)
    assert [one["bom-ref"] for one in made["components"]] == ["httpx", "idna"]
    assert made["metadata"]["timestamp"] == "1970-01-01T00:00:00+00:00"
    (reference,) = made["metadata"]["component"]["externalReferences"]
    assert reference["hashes"] == [{"alg": "SHA-256", "content": building.sha256(wheel)}]
    assert complete(bill, [wheel], 0) == text


def test_bill_of_materials_lists_the_host_without_versions() -> None:
    bill: dict[str, Any] = {
        "metadata": {"component": {"bom-ref": "root", "name": "provider", "version": "1"}},
        "components": [{"bom-ref": "job-status"}, {"bom-ref": "idna"}],
        "dependencies": [{"ref": "root", "dependsOn": ["job-status"]}, {"ref": "job-status", "dependsOn": ["idna"]}],
    }

    made = json.loads(complete(bill, [], 0, ["apache-airflow"]))

    assert [(one["bom-ref"], "version" in one) for one in made["components"][-1:]] == [("apache-airflow", False)]
    assert {one["ref"]: one.get("dependsOn") for one in made["dependencies"]} == {
        "root": ["apache-airflow", "job-status"],
        "job-status": ["idna"],
        "apache-airflow": None,
    }
    assert made["compositions"] == [{"aggregate": "unknown", "dependencies": ["apache-airflow"]}]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: str(path.name))
def test_workflow_has_pinned_actions_and_few_permissions(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    jobs = workflow["jobs"].values()

    for step in (step for job in jobs for step in job["steps"]):
        if "uses" in step:
            # An action of this repository has no version.
            assert re.fullmatch(r"(\./[\w./-]+)|([\w-]+/[\w-]+@v\d+(\.\d+)*)", step["uses"]), step["uses"]
        # What others write, such as a title, never becomes part of a script.
        assert "github.event" not in step.get("run", "")
    for permissions in (workflow["permissions"], *(job.get("permissions", {}) for job in jobs)):
        assert isinstance(permissions, dict)
    top = {name for name, value in workflow["permissions"].items() if value == "write"}
    assert top <= ({"issues"} if path.name == "drift.yml" else set())


def test_only_the_publishing_job_gets_an_identity_for_the_index() -> None:
    jobs = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8"))["jobs"]
    writes = {
        name: {one for one, value in job["permissions"].items() if value == "write"} for name, job in jobs.items()
    }

    assert writes == {
        "build": set(),
        "attest": {"attestations", "id-token"},
        "publish": {"id-token"},
        "release": {"contents"},
    }
    assert jobs["publish"]["environment"] == "pypi"
    assert not any("run" in step and "python" in step["run"] for step in jobs["publish"]["steps"])


def test_each_distribution_is_attested() -> None:
    jobs = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8"))["jobs"]
    attested = {one["name"]: one["file"] for one in jobs["attest"]["strategy"]["matrix"]["include"]}

    assert attested == {one.name: one.file_name for one in DISTRIBUTIONS}


def test_workflow_of_the_checks_runs_each_python_and_system() -> None:
    jobs = yaml.safe_load((ROOT / ".github/workflows/check.yml").read_text(encoding="utf-8"))["jobs"]

    assert jobs["check"]["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13", "3.14"]
    assert jobs["systems"]["strategy"]["matrix"]["system"] == ["windows-latest", "macos-latest"]


def test_page_names_what_is_not_tested() -> None:
    page = (ROOT / "docs/releasing.md").read_text(encoding="utf-8")

    assert "**Not tested here**: Python 3.14, Windows and macOS." in page
    for distribution in DISTRIBUTIONS:
        classifiers = distribution.project(ROOT)["classifiers"]
        systems = [one for one in classifiers if one.startswith("Operating System")]
        pythons = [one.rpartition(" ")[2] for one in classifiers if re.search(r"Python :: 3\.\d+$", one)]
        assert systems == ["Operating System :: POSIX :: Linux"]
        assert pythons == ["3.11", "3.12", "3.13"]
