"""Generated files replace only files with the marker; other files are reported and kept."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts import owned
from scripts.document import Problem, load
from scripts.generate import generate, output, stale
from scripts.generate.distribution import banner
from scripts.har import __main__ as har
from scripts.mutate import __main__ as mutate
from scripts.mutate.matrix import Matrix
from scripts.mutate.runner import Outcome
from scripts.owned import NotOwnedError
from scripts.verify import __main__ as verify
from scripts.verify.report import REPORTS

from .conftest import ROOT
from .verifications import RUN, verified

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


def empty_file(out: Path) -> None:
    (out / "README.md").touch()


def empty_file_in_a_folder(out: Path) -> None:
    (out / "package").mkdir()
    (out / "package/a.py").touch()


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
    empty_file,
    empty_file_in_a_folder,
    binary_file,
)


def states(folder: Path) -> dict[str, tuple[int, ...]]:
    """Return what a change would change in each file of a folder: not the time at which it was read."""
    found = {name: (folder / name).lstat() for name in os.listdir(folder)}
    return {
        name: (one.st_mode, one.st_ino, one.st_size, one.st_mtime_ns, one.st_ctime_ns) for name, one in found.items()
    }


@pytest.mark.parametrize("put", IN_THE_WAY, ids=lambda put: str(put.__name__))
def test_blocking_file_is_reported_and_nothing_is_changed(
    put: Callable[[Path], None], fresh: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "old.py").write_text(HEADER)
    put(out)
    before = states(out)

    with pytest.raises(NotOwnedError, match=r"README\.md|package") as caught:
        owned.replace_files(fresh, out, MARK, "make it", owned.list_files(out))

    assert "nothing was changed" in str(caught.value)
    assert "OUT=" in str(caught.value)
    assert states(out) == before


def test_unmarked_files_are_kept_and_marked_files_are_replaced_or_removed(fresh: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for name in (".git/HEAD", "notes.txt", "package/own/thing.py", "package/data.json"):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text("mine")
    (out / "gone/deeper/__pycache__").mkdir(parents=True)
    (out / "gone/deeper/c.py").write_text(HEADER)
    (out / "gone/deeper/__pycache__/c.pyc").write_text("compiled")
    (out / "README.md").write_text(HEADER + "an older one")
    (out / "link.py").symlink_to(out / "gone/deeper/c.py")

    owned.replace_files(fresh, out, MARK, "make it", ["gone/deeper/c.py", "notes.txt", "link.py", "README.md"])
    (out / "link.py").unlink()

    assert owned.list_files(out).keys() == {
        *(".git/HEAD", "notes.txt", "package/own/thing.py", "package/data.json"),
        *("README.md", "package/a.py", "package/inner/b.py"),
    }
    assert (out / "README.md").read_text() == HEADER + "README.md"
    assert (out / "package/own/thing.py").read_text() == "mine"
    assert not (out / "gone").exists()


def client(out: Path, package: str = "job_status", *, with_provider: bool = True) -> None:
    """Write the outline of a generated client."""
    tops = [(out, package), *([(out / "airflow", f"{package}_airflow")] if with_provider else [])]
    for top, name in tops:
        (top / name / "inner").mkdir(parents=True)
        for path in (top / "README.md", top / name / "__init__.py", top / name / "inner/models.py"):
            path.write_text(f"# {banner('openapi')}\n")
        (top / "pyproject.toml").write_text(f'# {banner("openapi")}\n[wheel]\npackages = ["{name}"]\n')


@pytest.fixture
def outline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `generate` write the outline of a client."""

    def build(_: object, fresh: Path, *__: object, with_provider: bool) -> list[Problem]:
        client(fresh, with_provider=with_provider)
        return []

    monkeypatch.setattr(output, "build", build)


OTHER_PLACES = (
    *("clients/a", "a/b/c/d", "job_status", "other_client", "src", "build/lib", ".git", ".venv"),
    *(".venv/lib/python3.13/site-packages", "env/lib/python3.13/site-packages", "vendor", "node_modules/x", "ö & ü"),
)


@pytest.mark.usefixtures("outline")
@pytest.mark.parametrize("with_provider", [True, False])
@pytest.mark.parametrize("name", ["job_status", "kiln"])
@pytest.mark.parametrize("at", OTHER_PLACES)
def test_other_generated_clients_below_the_folder_are_kept(
    at: str, name: str, with_provider: bool, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    client(out / at, name)
    before = tree(out / at)

    generate((), out, "openapi", with_provider=with_provider)
    generate((), out, "openapi", with_provider=with_provider)

    after = tree(out / at)
    assert {path: after.get(path) for path in before} == before
    assert stale((), out, "openapi", with_provider=with_provider) == []


@pytest.mark.usefixtures("outline")
def test_client_in_place_of_the_provider_is_named(tmp_path: Path) -> None:
    client(tmp_path / "airflow", "kiln")
    before = tree(tmp_path)

    with pytest.raises(NotOwnedError, match=r"airflow contains the generated client kiln; nothing was changed"):
        generate((), tmp_path, "openapi")
    assert tree(tmp_path) == before

    generate((), tmp_path, "openapi", with_provider=False)
    assert before.items() <= tree(tmp_path).items()


@pytest.mark.usefixtures("outline")
@pytest.mark.parametrize("former", ["job_status", "kiln"])
@pytest.mark.parametrize("with_provider", [True, False])
def test_files_of_an_earlier_run_are_listed_and_removed(former: str, with_provider: bool, tmp_path: Path) -> None:
    expected = tmp_path / "expected"
    client(expected, with_provider=with_provider)
    out = tmp_path / "out"
    client(out, former)
    added = [f"{former}/gone.py", f"{former}/deep/er/gone.py", f"airflow/{former}_airflow/gone.py", "gone.toml"]
    for name in added:
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(f"# {banner('openapi')}\n")

    lines = stale((), out, "openapi", with_provider=with_provider)
    generate((), out, "openapi", with_provider=with_provider)

    assert {f"{out / name}: is not generated from any document" for name in added} <= set(lines)
    assert tree(out) == tree(expected)


def test_unchanged_file_is_not_rewritten(fresh: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    owned.replace_files(fresh, out, MARK, "make it", owned.list_files(out))
    before = (out / "package/a.py").stat()

    owned.replace_files(fresh, out, MARK, "make it", owned.list_files(out))

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
        owned.replace_files(fresh, out, MARK, "make it", owned.list_files(out))

    assert tree(out) == before


@pytest.mark.parametrize("inside", ["", "deeper", "deeper/still"])
def test_file_in_place_of_the_output_folder_is_refused(inside: str, fresh: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")

    with pytest.raises(NotOwnedError, match="is a file, expected a folder"):
        owned.replace_files(fresh, tmp_path / "out" / inside, MARK, "make it", ())

    assert (tmp_path / "out").read_text() == "mine"


OTHERS = (
    "",
    "<html>mine: run job-status verify to check</html>",
    "<!-- we call job-status verify here -->",
    "<!doctype html>\n<html><head><title>Notes: job-status verify</title>",
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>job-status verify: mutants</title>',
    '<testsuites name="pytest"><!-- <testsuites name="job-status verify"> -->',
    '<?xml version=\'1.0\'?>\n<testsuites name="pytest">\n<testsuites name="job-status verify">',
    '{"runs": [{"tool": {"driver": {"name": "other"}}}], "name": "job-status verify"}',
    '{"note": "\\"killed_percent\\"", "killed_percent": 1}',
    "ten conforming servers",
    "mine\n# job-status simulator",
    '{"log": {"comment": "made with \\"_redacted\\": \\"job-status-tools redact\\""}}',
    '{"log": {"creator": {}, "_redacted": "job-status-tools redact"}}',
)


@pytest.mark.parametrize("mark", [verify.MARK, mutate.MARK, har.MARK], ids=["verify", "mutate", "har"])
@pytest.mark.parametrize("content", OTHERS)
def test_file_that_mentions_the_tool_has_no_mark(content: str, mark: re.Pattern[bytes], tmp_path: Path) -> None:
    (tmp_path / "report").write_text(content, encoding="utf-8")

    is_named_by_user = mark is har.MARK and not content  # its one output may be an empty file
    assert owned.is_marked(tmp_path / "report", mark) is is_named_by_user


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_every_report_has_the_mark_of_its_command(newline: str, tmp_path: Path) -> None:
    result = verified(load(ROOT / "openapi/agent-platform.yaml"))
    one = Outcome("a", "http", "d", "RFC 1", "x", "killed", ("allow",), ("allow",))
    matrix = Matrix({1: [one]}, [], [])
    for mark, reports in (
        (verify.MARK, [write([result], RUN) for write in REPORTS.values()]),
        (mutate.MARK, [write(matrix) for write in mutate.REPORTS.values()]),
    ):
        for text in reports:
            (tmp_path / "report").write_text(text, encoding="utf-8", newline=newline)
            assert owned.is_marked(tmp_path / "report", mark), text[:500]


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
