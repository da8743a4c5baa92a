"""The size of hand-written code, per room: a number that is raised only in the commit that needs it, with the reason."""

import subprocess
from pathlib import Path

import pytest

from .conftest import ROOT

# Lines of Python, templates and YAML.
LIMITS = {
    "airflow": 850,
    "document": 4170,
    "client": 13430,
    "compare": 3520,
    "drift": 440,
    "export": 460,
    "learn": 380,
    "generate": 5500,
    "har": 370,
    "pages": 160,
    "release": 620,
    "simulate": 5520,
    "site": 960,
    "verify": 8945,
    "mutate": 6080,
}


def files(folder: str) -> dict[Path, list[str]]:
    """Return the lines of the code, templates and YAML below a folder."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = (name for name in listed.stdout.splitlines() if name.endswith((".py", ".jinja", ".yaml")))
    paths = (path for name in names if (path := ROOT / name).is_file())
    return {path: path.read_text(encoding="utf-8").splitlines() for path in paths}


def lines(room: str) -> int:
    """Return the number of lines of a room."""
    return sum(map(len, files(f"scripts/{room}").values()))


@pytest.mark.parametrize("room", LIMITS)
def test_room_does_not_grow(room: str) -> None:
    assert lines(room) <= LIMITS[room], f"scripts/{room} has grown; make it smaller, or raise its limit and say why"


@pytest.mark.parametrize("room", LIMITS)
def test_limit_follows_a_room_that_shrinks(room: str) -> None:
    assert LIMITS[room] - lines(room) < 100, f"lower the limit of scripts/{room}"


def test_no_line_is_longer_than_120_characters() -> None:
    rows = [(path, number, row) for path, rows in files("scripts").items() for number, row in enumerate(rows, 1)]

    assert [f"{path}:{number}" for path, number, row in rows if len(row) > 120] == []
