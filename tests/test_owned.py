"""A writer replaces what carries its mark, and nothing else: whatever is in the way is named and stays."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts import owned
from scripts.owned import NotOurs

from .conftest import ROOT

MARK = re.compile(rb"\A# made by us")
OURS = "# made by us\n"


def tree(folder: Path) -> dict[str, str]:
    """Every file below a folder with its text, and every empty folder and link."""
    return {
        str(path.relative_to(folder)): os.readlink(path)
        if path.is_symlink()
        else path.read_text()
        if path.is_file()
        else ""
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """What is to be put in place: three files, one of them in a folder."""
    folder = tmp_path / "fresh"
    (folder / "package/inner").mkdir(parents=True)
    for name in ("README.md", "package/a.py", "package/inner/b.py"):
        (folder / name).write_text(OURS + name)
    return folder


def foreign_file(out: Path) -> None:
    (out / "README.md").write_text("mine")


def foreign_file_inside(out: Path) -> None:
    (out / "package").mkdir()
    (out / "package/a.py").write_text("import mine")


def folder_where_a_file_is_wanted(out: Path) -> None:
    (out / "README.md").mkdir()


def file_where_a_folder_is_wanted(out: Path) -> None:
    (out / "package").write_text("mine")


def marked_file_where_a_folder_is_wanted(out: Path) -> None:
    (out / "package").write_text(OURS)


def link_where_a_folder_is_wanted(out: Path) -> None:
    (out / "elsewhere").mkdir()
    (out / "package").symlink_to(out / "elsewhere", target_is_directory=True)


def link_where_a_file_is_wanted(out: Path) -> None:
    (out / "elsewhere").write_text("mine")
    (out / "README.md").symlink_to(out / "elsewhere")


def dangling_link(out: Path) -> None:
    (out / "README.md").symlink_to(out / "nowhere")


def mark_further_down(out: Path) -> None:
    (out / "README.md").write_text(f"mine\n{OURS}")


def binary(out: Path) -> None:
    (out / "README.md").write_bytes(b"\x00\xff\xfe" * 1000)


IN_THE_WAY = (
    foreign_file,
    foreign_file_inside,
    folder_where_a_file_is_wanted,
    file_where_a_folder_is_wanted,
    marked_file_where_a_folder_is_wanted,
    link_where_a_folder_is_wanted,
    link_where_a_file_is_wanted,
    dangling_link,
    mark_further_down,
    binary,
)


@pytest.mark.parametrize("put", IN_THE_WAY, ids=lambda put: str(put.__name__))
def test_what_is_in_the_way_is_named_and_nothing_is_touched(
    put: Callable[[Path], None], fresh: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "old.py").write_text(OURS)
    put(out)
    before = {name: (out / name).lstat() for name in os.listdir(out)}

    with pytest.raises(NotOurs, match=r"README\.md|package") as caught:
        owned.replace(fresh, out, MARK, "make it")

    assert "nothing was touched" in str(caught.value)
    assert "OUT=" in str(caught.value)
    assert {name: (out / name).lstat() for name in os.listdir(out)} == before


def test_files_of_others_stay_and_ours_come_and_go(fresh: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for name in (".git/HEAD", "notes.txt", "package/own/thing.py", "package/data.json"):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text("mine")
    (out / "gone/deeper/__pycache__").mkdir(parents=True)
    (out / "gone/deeper/c.py").write_text(OURS)
    (out / "gone/deeper/__pycache__/c.pyc").write_text("compiled")
    (out / "README.md").write_text(OURS + "an older one")

    owned.replace(fresh, out, MARK, "make it")

    assert owned.files(out).keys() == {
        *(".git/HEAD", "notes.txt", "package/own/thing.py", "package/data.json"),
        *("README.md", "package/a.py", "package/inner/b.py"),
    }
    assert (out / "README.md").read_text() == OURS + "README.md"
    assert (out / "package/own/thing.py").read_text() == "mine"
    assert not (out / "gone").exists()


def test_a_file_that_has_not_changed_is_not_written_again(fresh: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    owned.replace(fresh, out, MARK, "make it")
    before = (out / "package/a.py").stat()

    owned.replace(fresh, out, MARK, "make it")

    assert (out / "package/a.py").stat().st_ino == before.st_ino


def test_a_failure_leaves_all_as_it_was(fresh: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    shutil.copytree(fresh, out)
    (out / "stale.py").write_text(OURS)
    for path in fresh.rglob("*.*"):
        path.write_text(OURS + "newer")
    before, copied = tree(out), []

    def full(source: Path, target: Path) -> None:
        copied.append(source)
        if len(copied) == 3:
            raise OSError(28, "No space left on device")
        Path(target).write_bytes(Path(source).read_bytes())

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(OSError, match="No space left"):
        owned.replace(fresh, out, MARK, "make it")

    assert tree(out) == before


@pytest.mark.parametrize("inside", ["", "deeper", "deeper/still"])
def test_a_file_where_the_folder_would_be_is_refused(inside: str, fresh: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")

    with pytest.raises(NotOurs, match="is a file, wanted a folder"):
        owned.replace(fresh, tmp_path / "out" / inside, MARK, "make it")

    assert (tmp_path / "out").read_text() == "mine"


@pytest.mark.parametrize("name", ["a b", "ö & ü", "it's", "semi;colon", "(x)", "tab\there", "a*b", "#x", "~x"])
def test_make_takes_any_letter_in_a_path(name: str, tmp_path: Path) -> None:
    documents, out = tmp_path / name / "documents", tmp_path / name / "out"
    documents.mkdir(parents=True)
    (documents / "broken.yaml").write_text("openapi: 2\n")
    # A clean that is asked for by mistake would take the virtual environment with it.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}

    done = subprocess.run(
        ["make", "generate", f"OPENAPI={documents}", f"OUT={out}"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "wanted OpenAPI 3.1" in done.stderr, done.stderr
    assert not out.exists()
