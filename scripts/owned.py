"""Writes files and replaces only its own: those that carry the mark of their writer."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from .printable import printable

CACHES = frozenset({"__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"})
HEAD = 1000  # bytes in which a mark stands
NAMED = 5  # files of others that a message names


class NotOurs(Exception):
    """Files or folders of others stand where something would be written. Nothing was touched."""


def check(folder: Path, names: Iterable[str], mark: re.Pattern[bytes], writer: str) -> None:
    """Whether files of these names may be written into a folder: there is none, it is empty, or it carries the mark.

    Raises:
        NotOurs: something else is in the way. The message names it and the way out.
    """
    for above in (folder, *folder.parents):
        if above.exists() and not above.is_dir():
            raise NotOurs(f"{_shown(above)} is a file, wanted a folder for what {writer} writes; name another folder")
    blocked: list[str] = []
    for name in sorted(names):
        steps = Path(name).parts
        places = [folder.joinpath(*steps[: count + 1]) for count in range(len(steps))]
        if odd := next((at for at in places[:-1] if at.is_symlink() or (at.exists() and not at.is_dir())), None):
            blocked.append(f"{_shown(odd)} ({'a link' if odd.is_symlink() else 'a file'}, wanted a folder)")
        elif places[-1].is_symlink() or places[-1].is_dir():
            blocked.append(f"{_shown(places[-1])} ({'a link' if places[-1].is_symlink() else 'a folder'})")
        elif places[-1].exists() and not is_marked(places[-1], mark):
            blocked.append(_shown(places[-1]))
    if blocked:
        listed = ", ".join(list(dict.fromkeys(blocked))[:NAMED])
        more = f" and {len(blocked) - NAMED} more" if len(blocked) > NAMED else ""
        raise NotOurs(
            f"{writer} would replace what it has not written: {listed}{more}; nothing was touched, "
            "move it away or name another folder with OUT="
        )


def is_marked(path: Path, mark: re.Pattern[bytes]) -> bool:
    """Whether a file carries the mark, or holds nothing at all."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    return not head or bool(mark.search(head))


def files(folder: Path) -> dict[str, Path]:
    """Every file below a folder by its name there, caches left out."""
    found: dict[str, Path] = {}
    for above, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders) - CACHES)
        found |= {Path(above, name).relative_to(folder).as_posix(): Path(above, name) for name in names}
    return found


def replace(fresh: Path, out: Path, mark: re.Pattern[bytes], writer: str) -> None:
    """Puts the files of a folder into another and removes those with the mark that are not among them.

    Files without the mark stay. Whatever fails, `out` is then as it was.

    Raises:
        NotOurs: a file or folder without the mark is in the way; nothing was touched.
    """
    wanted = files(fresh)
    check(out, wanted, mark, writer)
    standing = {name: path for name, path in files(out).items() if not path.is_symlink()}
    gone = [name for name, path in standing.items() if name not in wanted and _removable(path, mark)]
    changed = [n for n, path in wanted.items() if n not in standing or standing[n].read_bytes() != path.read_bytes()]
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".job-status-", dir=out) as aside:
        moved: list[tuple[Path, Path]] = []

        def move(source: Path, target: Path) -> None:
            target.parent.mkdir(parents=True, exist_ok=True)
            source.rename(target)
            moved.append((source, target))

        try:
            for name in (*gone, *(name for name in changed if name in standing)):
                move(standing[name], Path(aside, name))
            for name in changed:
                # A copy on this file system first, so that putting it there is one step.
                copy = Path(aside, "new", name)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(wanted[name], copy)
                move(copy, out / name)
        except BaseException:
            for source, target in reversed(moved):
                target.rename(source)
            raise
    for name in gone:
        _remove_emptied((out / name).parent, out)


def _removable(path: Path, mark: re.Pattern[bytes]) -> bool:
    return path.stat().st_size > 0 and is_marked(path, mark)


def _remove_emptied(folder: Path, out: Path) -> None:
    """Removes folders in which nothing but Python's caches is left, up to `out`."""
    while folder != out and folder.is_dir() and all(entry.name in CACHES for entry in folder.iterdir()):
        shutil.rmtree(folder)
        folder = folder.parent


def _shown(path: Path) -> str:
    return printable(path, None)
