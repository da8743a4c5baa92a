"""The size of hand-written code, per room: a number that is raised only in the commit that needs it, with the reason."""

import subprocess

import pytest

from .conftest import ROOT

# Lines of Python, templates and YAML.
LIMITS = {"document": 1730, "client": 5500, "generate": 2820, "simulate": 3450, "verify": 4580}


def lines(room: str) -> int:
    """Return the number of lines of a room."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", f"scripts/{room}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = [ROOT / name for name in listed.stdout.splitlines() if name.endswith((".py", ".jinja", ".yaml"))]
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in paths)


@pytest.mark.parametrize("room", LIMITS)
def test_room_does_not_grow(room: str) -> None:
    assert lines(room) <= LIMITS[room], f"scripts/{room} has grown; make it smaller, or raise its limit and say why"


@pytest.mark.parametrize("room", LIMITS)
def test_limit_follows_a_room_that_shrinks(room: str) -> None:
    assert LIMITS[room] - lines(room) < 100, f"lower the limit of scripts/{room}"
