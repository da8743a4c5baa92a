"""Write generated files into a folder, and replace only files that were generated before: those with a marker."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from .printable import printable

CACHES = frozenset({"__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"})
MARKER_RANGE = 1000  # bytes at the start of a file in which the marker is searched
MAX_LISTED = 5  # files that a message lists


class NotOwnedError(Exception):
    """A file or folder that this project has not written is in the way. Nothing was changed."""


def check_writable(folder: Path, names: Iterable[str], mark: re.Pattern[bytes], writer: str) -> None:
    """Check that files may be written: each is missing or has the marker.

    Args:
        folder: The folder that contains them.
        names: Their paths below it.
        mark: The pattern of the marker.
        writer: The command that writes them, for messages.

    Raises:
        NotOwnedError: Another file or folder is in the way.
    """
    for above in (folder, *folder.parents):
        if above.exists() and not above.is_dir():
            raise NotOwnedError(
                f"{_shown(above)} is a file, expected a folder for the output of {writer}; name another folder"
            )
    blocked: list[str] = []
    for name in sorted(names):
        steps = Path(name).parts
        places = [folder.joinpath(*steps[: count + 1]) for count in range(len(steps))]
        if file := next((at for at in places[:-1] if at.is_symlink() or (at.exists() and not at.is_dir())), None):
            blocked.append(f"{_shown(file)} ({'a link' if file.is_symlink() else 'a file'}, expected a folder)")
        elif places[-1].is_symlink() or places[-1].is_dir():
            blocked.append(f"{_shown(places[-1])} ({'a link' if places[-1].is_symlink() else 'a folder'})")
        elif places[-1].exists() and not is_marked(places[-1], mark):
            blocked.append(_shown(places[-1]))
    if blocked:
        listed = ", ".join(list(dict.fromkeys(blocked))[:MAX_LISTED])
        more = f" and {len(blocked) - MAX_LISTED} more" if len(blocked) > MAX_LISTED else ""
        raise NotOwnedError(
            f"{writer} would replace files that it has not written: {listed}{more}; nothing was changed, "
            "move them away or name another folder with OUT="
        )


def is_marked(path: Path, mark: re.Pattern[bytes]) -> bool:
    """Return whether a file has the marker."""
    with path.open("rb") as file:
        return bool(mark.search(file.read(MARKER_RANGE)))


def list_files(folder: Path, *, deep: bool = True) -> dict[str, Path]:
    """Return every file below a folder, or directly in it, by its relative path, without caches."""
    found: dict[str, Path] = {}
    for above, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders) - CACHES) if deep else []
        found |= {Path(above, name).relative_to(folder).as_posix(): Path(above, name) for name in names}
    return found


def replace_files(fresh: Path, out: Path, mark: re.Pattern[bytes], writer: str, former: Iterable[str]) -> None:
    """Copy the files of `fresh` into `out`, and remove those of the former files of `out` that have the marker.

    `former` are the paths below `out` at which an earlier run may have written. All other files are kept. After an
    error, `out` is as it was before.

    Raises:
        NotOwnedError: A file or folder without the marker is in the way; nothing was changed.
    """
    new = list_files(fresh)
    check_writable(out, new, mark, writer)
    obsolete = [name for name in former if name not in new and _removable(out / name, mark)]
    replaced = [n for n, path in new.items() if (out / n).exists() and (out / n).read_bytes() != path.read_bytes()]
    added = [name for name in new if not (out / name).exists()]
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".job-status-", dir=out) as backup:
        moved: list[tuple[Path, Path]] = []

        def move(source: Path, target: Path) -> None:
            target.parent.mkdir(parents=True, exist_ok=True)
            source.rename(target)
            moved.append((source, target))

        try:
            for name in (*obsolete, *replaced):
                move(out / name, Path(backup, name))
            for name in (*replaced, *added):
                # Copy to this file system first, so that the move is atomic.
                copy = Path(backup, "new", name)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(new[name], copy)
                move(copy, out / name)
        except BaseException:
            for source, target in reversed(moved):
                target.rename(source)
            raise
    for name in obsolete:
        _remove_emptied((out / name).parent, out)


def _removable(path: Path, mark: re.Pattern[bytes]) -> bool:
    return path.is_file() and not path.is_symlink() and is_marked(path, mark)


def _remove_emptied(folder: Path, out: Path) -> None:
    """Remove folders that contain only caches, up to `out`."""
    while folder != out and folder.is_dir() and all(entry.name in CACHES for entry in folder.iterdir()):
        shutil.rmtree(folder)
        folder = folder.parent


def _shown(path: Path) -> str:
    return printable(path, None)
