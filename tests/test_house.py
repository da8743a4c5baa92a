"""The house: who may import whom, and that no vendor is known by name."""

import ast
import re
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from .conftest import ROOT

ROOMS = ("document", "generate", "client", "simulate", "verify")
ARROWS: dict[str, set[str]] = {
    "document": set(),
    "generate": {"client", "document"},
    "client": set(),
    "simulate": {"document"},
    "verify": {"document"},
}
VENDORS = re.compile(
    r"kore|opensearch|flow.?framework|agent.?platform|ai.?for.?(process|service)|dock|workflow|publish.?status|streamid",
    re.IGNORECASE,
)
# Where a name stands for the form of something, in a docstring or a message.
FORMS = {"get_dock_status", "agent-platform", "agent_platform", "AGENT_PLATFORM_DOCK_STATUS_ID"}


def modules(room: str) -> list[Path]:
    """The Python files of a room."""
    return sorted((ROOT / "scripts" / room).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """The rooms and top-level packages that a module imports."""
    depth = len(path.relative_to(ROOT / "scripts").parts) - 1
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level == 0:
                yield str(node.module).split(".")[0]
            elif node.level > depth:
                yield str(node.module or node.names[0].name).split(".")[0]


@pytest.mark.parametrize("room", ROOMS)
def test_imports_follow_the_arrows(room: str) -> None:
    rooms = {name for path in modules(room) for name in imported(path)} & {*ROOMS, "job_status", "scripts", "tests"}

    assert rooms - {room} <= ARROWS[room]


@pytest.mark.parametrize("path", sorted((ROOT / "scripts").glob("*.py")), ids=lambda path: str(path.stem))
def test_what_stands_beside_the_rooms_imports_none_of_them(path: Path) -> None:
    assert not set(imported(path)) & {*ROOMS, "job_status", "scripts", "tests"}


def test_there_is_no_other_room() -> None:
    folders = {path.name for path in (ROOT / "scripts").iterdir() if path.is_dir() and path.name != "__pycache__"}

    assert folders == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_no_vendor_is_known_by_name(room: str) -> None:
    for path in modules(room):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        documented = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented:
                text = re.sub("|".join(FORMS), "", node.value)
                assert not VENDORS.search(text), f"{path}:{node.lineno} names a vendor: {node.value!r}"
            if isinstance(node, ast.Name | ast.arg | ast.FunctionDef | ast.ClassDef):
                name = getattr(node, "id", getattr(node, "arg", getattr(node, "name", "")))
                assert not VENDORS.search(name), f"{path}:{node.lineno} names a vendor: {name}"


def test_schemathesis_has_one_door() -> None:
    users = {path.name for room in ROOMS for path in modules(room) if "schemathesis" in set(imported(path))}

    assert users == {"engine.py"}


def test_no_registry_and_no_path_of_a_machine_stands_in_the_lock() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")

    assert "://" not in text
    assert "--" not in re.sub(r"--hash=sha256:[0-9a-f]{64}", "", text)
    assert all("--hash=sha256:" in block for block in re.split(r"\n(?=\S)", text.strip()))


def test_lower_bounds_can_be_met_together() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lowest = {
        r.name: min(s.version for s in r.specifier if s.operator in {">=", "=="})
        for r in map(Requirement, project["dependencies"])
    }

    # What the pinned dependencies want of the others is what a resolver meets, whatever else is installed.
    for pinned in ("openapi-python-client", "schemathesis"):
        for wanted in map(Requirement, metadata.requires(pinned) or ()):
            if wanted.name in lowest and wanted.marker is None:
                assert wanted.specifier.contains(lowest[wanted.name]), (
                    f"{pinned} wants {wanted}, got {lowest[wanted.name]}"
                )


@pytest.mark.parametrize("folder", [".", "generated"])
def test_the_licence_is_in_every_distribution(folder: str) -> None:
    project = tomllib.loads((ROOT / folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert project["license-files"] == ["LICENSE"]
    assert "Permission is hereby granted" in (ROOT / folder / "LICENSE").read_text(encoding="utf-8")
