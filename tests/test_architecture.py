"""The architecture: allowed imports between the packages of `scripts`, and no vendor-specific code."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from .conftest import ROOT, SLOW

PACKAGES = (
    "airflow",
    "document",
    "generate",
    "client",
    "compare",
    "drift",
    "export",
    "har",
    "learn",
    "pages",
    "release",
    "simulate",
    "site",
    "verify",
    "mutate",
)
ALLOWED_IMPORTS: dict[str, set[str]] = {
    "airflow": {"client"},
    "document": set(),
    "generate": {"airflow", "client", "document"},
    "client": set(),
    "compare": {"document", "generate", "pages"},
    "drift": set(),
    "export": {"document"},
    "har": {"client", "document"},
    "learn": {"client", "document", "har"},
    "pages": set(),
    "release": set(),
    "simulate": {"document", "pages"},
    "site": {"document", "pages", "verify"},
    "verify": {"client", "document", "har", "pages"},
    "mutate": {"document", "pages", "simulate", "verify"},
}
VENDORS = re.compile(
    r"kore|opensearch|flow.?framework|agent.?platform|ai.?for.?(process|service)|dock|workflow|publish.?status|streamid",
    re.IGNORECASE,
)
# Names that messages use as examples, and those of the objects of Arazzo.
EXAMPLE_NAMES = {"get_dock_status", "agent-platform", "agent_platform", "AGENT_PLATFORM_DOCK_STATUS_ID"}
EXAMPLE_NAMES |= {"workflowId", "workflows", "Arazzo workflows"}


def modules(package: str) -> list[Path]:
    """Return the Python files of a package."""
    return sorted((ROOT / "scripts" / package).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """Yield the packages of `scripts` and the top-level packages that a module imports."""
    depth = len(path.relative_to(ROOT / "scripts").parts) - 1
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level == 0:
                yield str(node.module).split(".")[0]
            elif node.level > depth:
                yield str(node.module or node.names[0].name).split(".")[0]


@pytest.mark.parametrize("package", PACKAGES)
def test_package_imports_only_allowed_packages(package: str) -> None:
    found = {name for path in modules(package) for name in imported(path)} & {
        *PACKAGES,
        "job_status",
        "scripts",
        "tests",
    }

    assert found - {package} <= ALLOWED_IMPORTS[package]


@pytest.mark.parametrize("path", sorted((ROOT / "scripts").glob("*.py")), ids=lambda path: str(path.stem))
def test_shared_modules_import_no_package(path: Path) -> None:
    assert not set(imported(path)) & {*PACKAGES, "job_status", "scripts", "tests"}


def test_mutants_and_their_witnesses_do_not_know_the_verification() -> None:
    users = {path.name for path in modules("mutate") if "verify" in set(imported(path))}

    assert users <= {"__main__.py", "conforming.py", "matrix.py", "peers.py", "runner.py"}


def test_scripts_has_no_other_package() -> None:
    folders = {path.name for path in (ROOT / "scripts").iterdir() if path.is_dir() and path.name != "__pycache__"}

    assert folders == set(PACKAGES)


def test_top_level_has_nothing_else() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    folders = {".ci", ".github", "docs", "generated", "openapi", "scripts", "tests"}
    files = {
        ".gitattributes",
        ".gitignore",
        ".pre-commit-hooks.yaml",
        "CHANGELOG.md",
        "LICENSE",
        "Makefile",
        "README.md",
    }

    found = {name.split("/")[0] for name in listed.stdout.splitlines()}
    assert found == {*folders, *files, "pyproject.toml", "requirements.lock"}


@pytest.mark.parametrize("package", PACKAGES)
def test_code_names_no_vendor(package: str) -> None:
    for path in modules(package):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        documented = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented:
                text = re.sub("|".join(EXAMPLE_NAMES), "", node.value)
                assert not VENDORS.search(text), f"{path}:{node.lineno} names a vendor: {node.value!r}"
            if isinstance(node, ast.Name | ast.arg | ast.FunctionDef | ast.ClassDef):
                name = getattr(node, "id", getattr(node, "arg", getattr(node, "name", "")))
                assert not VENDORS.search(name), f"{path}:{node.lineno} names a vendor: {name}"


def test_only_the_adapters_import_schemathesis() -> None:
    users = {path.name for package in PACKAGES for path in modules(package) if "schemathesis" in set(imported(path))}

    assert users == {"engine.py", "schemathesis_plugin.py", "peers.py"}


def test_data_files_are_found_through_importlib_resources() -> None:
    paths = sorted((ROOT / "scripts").rglob("*.py"))

    assert [str(path) for path in paths if "__file__" in path.read_text(encoding="utf-8")] == []


def test_lock_file_has_no_index_url_and_no_local_path() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")

    assert "://" not in text
    assert "--" not in re.sub(r"--hash=sha256:[0-9a-f]{64}", "", text)
    assert all("--hash=sha256:" in block for block in re.split(r"\n(?=\S)", text.strip()))


def test_lower_bounds_are_compatible() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lowest = {
        r.name: min(s.version for s in r.specifier if s.operator in {">=", "=="})
        for r in map(Requirement, project["dependencies"])
    }

    # The lower bounds must satisfy the requirements of the pinned dependencies.
    for pinned in ("openapi-python-client", "schemathesis"):
        for required in map(Requirement, metadata.requires(pinned) or ()):
            if required.name in lowest and required.marker is None:
                assert required.specifier.contains(lowest[required.name]), (
                    f"{pinned} requires {required}, got {lowest[required.name]}"
                )


@pytest.mark.parametrize("folder", [".", "generated"])
def test_distribution_contains_the_license(folder: str) -> None:
    project = tomllib.loads((ROOT / folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert project["license-files"] == ["LICENSE"]
    assert "Permission is hereby granted" in (ROOT / folder / "LICENSE").read_text(encoding="utf-8")


def test_every_slow_module_exists() -> None:
    assert {f"{name}.py" for name in SLOW} <= {path.name for path in (ROOT / "tests").rglob("test_*.py")}
