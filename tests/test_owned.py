"""Generated files replace only files with the marker; other files are reported and kept."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts import owned
from scripts.owned import NotOwnedError

from .conftest import ROOT

MARK = re.compile(rb"\A# generated")
HEADER = "# generated\n"


def tree(folder: Path) -> dict[str, str]:
    """Return every file below a folder with its content, and every empty folder and link."""
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
    """Create three files to be copied, two of them in folders."""
    folder = tmp_path / "fresh"
    (folder / "package/inner").mkdir(parents=True)
    for name in ("README.md", "package/a.py", "package/inner/b.py"):
        (folder / name).write_text(HEADER + name)
    return folder


def unmarked_file(out: Path) -> None:
    (out / "README.md").write_text("mine")


def unmarked_file_in_a_folder(out: Path) -> None:
    (out / "package").mkdir()
    (out / "package/a.py").write_text("import mine")


def folder_in_place_of_a_file(out: Path) -> None:
    (out / "README.md").mkdir()


def file_in_place_of_a_folder(out: Path) -> None:
    (out / "package").write_text("mine")


def marked_file_in_place_of_a_folder(out: Path) -> None:
    (out / "package").write_text(HEADER)


def link_in_place_of_a_folder(out: Path) -> None:
    (out / "elsewhere").mkdir()
    (out / "package").symlink_to(out / "elsewhere", target_is_directory=True)


def link_in_place_of_a_file(out: Path) -> None:
    (out / "elsewhere").write_text("mine")
    (out / "README.md").symlink_to(out / "elsewhere")


def dangling_link(out: Path) -> None:
    (out / "README.md").symlink_to(out / "nowhere")


def marker_after_the_first_line(out: Path) -> None:
    (out / "README.md").write_text(f"mine\n{HEADER}")


def binary_file(out: Path) -> None:
    (out / "README.md").write_bytes(b"\x00\xff\xfe" * 1000)


IN_THE_WAY = (
    unmarked_file,
    unmarked_file_in_a_folder,
    folder_in_place_of_a_file,
    file_in_place_of_a_folder,
    marked_file_in_place_of_a_folder,
    link_in_place_of_a_folder,
    link_in_place_of_a_file,
    dangling_link,
    marker_after_the_first_line,
    binary_file,
)


@pytest.mark.parametrize("put", IN_THE_WAY, ids=lambda put: str(put.__name__))
def test_blocking_file_is_reported_and_nothing_is_changed(
    put: Callable[[Path], None], fresh: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "old.py").write_text(HEADER)
    put(out)
    before = {name: (out / name).lstat() for name in os.listdir(out)}

    with pytest.raises(NotOwnedError, match=r"README\.md|package") as caught:
        owned.replace_files(fresh, out, MARK, "make it")

    assert "nothing was changed" in str(caught.value)
    assert "OUT=" in str(caught.value)
    assert {name: (out / name).lstat() for name in os.listdir(out)} == before


def test_unmarked_files_are_kept_and_marked_files_are_replaced_or_removed(fresh: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for name in (".git/HEAD", "notes.txt", "package/own/thing.py", "package/data.json"):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text("mine")
    (out / "gone/deeper/__pycache__").mkdir(parents=True)
    (out / "gone/deeper/c.py").write_text(HEADER)
    (out / "gone/deeper/__pycache__/c.pyc").write_text("compiled")
    (out / "README.md").write_text(HEADER + "an older one")

    owned.replace_files(fresh, out, MARK, "make it")

    assert owned.list_files(out).keys() == {
        *(".git/HEAD", "notes.txt", "package/own/thing.py", "package/data.json"),
        *("README.md", "package/a.py", "package/inner/b.py"),
    }
    assert (out / "README.md").read_text() == HEADER + "README.md"
    assert (out / "package/own/thing.py").read_text() == "mine"
    assert not (out / "gone").exists()


def test_unchanged_file_is_not_rewritten(fresh: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    owned.replace_files(fresh, out, MARK, "make it")
    before = (out / "package/a.py").stat()

    owned.replace_files(fresh, out, MARK, "make it")

    assert (out / "package/a.py").stat().st_ino == before.st_ino


def test_failure_restores_the_folder(fresh: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    shutil.copytree(fresh, out)
    (out / "stale.py").write_text(HEADER)
    for path in fresh.rglob("*.*"):
        path.write_text(HEADER + "newer")
    before, copied = tree(out), []

    def disk_full(source: Path, target: Path) -> None:
        copied.append(source)
        if len(copied) == 3:
            raise OSError(28, "No space left on device")
        Path(target).write_bytes(Path(source).read_bytes())

    monkeypatch.setattr(shutil, "copyfile", disk_full)
    with pytest.raises(OSError, match="No space left"):
        owned.replace_files(fresh, out, MARK, "make it")

    assert tree(out) == before


@pytest.mark.parametrize("inside", ["", "deeper", "deeper/still"])
def test_file_in_place_of_the_output_folder_is_refused(inside: str, fresh: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")

    with pytest.raises(NotOwnedError, match="is a file, expected a folder"):
        owned.replace_files(fresh, tmp_path / "out" / inside, MARK, "make it")

    assert (tmp_path / "out").read_text() == "mine"


@pytest.mark.parametrize("name", ["a b", "ö & ü", "it's", "semi;colon", "(x)", "tab\there", "a*b", "#x", "~x"])
def test_make_accepts_special_characters_in_paths(name: str, tmp_path: Path) -> None:
    documents, out = tmp_path / name / "documents", tmp_path / name / "out"
    documents.mkdir(parents=True)
    (documents / "broken.yaml").write_text("openapi: 2\n")
    # Do not pass on MAKEFLAGS and the like: an inherited goal such as `clean` would remove the virtual environment.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}

    done = subprocess.run(
        ["make", "generate", f"OPENAPI={documents}", f"OUT={out}"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "expected OpenAPI 3.0, 3.1 or 3.2" in done.stderr, done.stderr
    assert not out.exists()
