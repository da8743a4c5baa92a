"""The progress of jobs on stderr: a live line per job on a terminal, in a log a line per change, or nothing."""

from __future__ import annotations

import contextlib
import datetime
import os
import shutil
import sys
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self, TypeAlias

from . import github
from .job import Followed
from .output import print_error
from .status import UNKNOWN
from .values import show_duration

INTERVAL: Final = 0.25  # seconds between two frames
BAR: Final = 20  # columns
GAP: Final = 2  # columns between two parts of a line
COLORS: Final = {"success": "green", "partial": "yellow", "failure": "red", "notStarted": "yellow", "pending": "cyan"}
CODES: Final = {"red": 31, "green": 32, "yellow": 33, "cyan": 36}
Part: TypeAlias = tuple[str, str]  # what it is, and its text


class Display:
    """What a command says on stderr while it waits. This one says nothing but problems.

    Attributes:
        is_live: Whether lines are redrawn in place, which other output on the same terminal would disturb.
    """

    is_live = False

    def __init__(self, jobs: Sequence[Followed]) -> None:
        self.jobs = jobs
        self.lock = threading.RLock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def change(self, job: Followed) -> None:
        """Show that the state or the progress of a job has changed."""

    def message(self, text: str) -> None:
        """Show a message."""
        print_error(text)

    def close(self) -> None:
        """Show the last state of everything."""


class LogDisplay(Display):
    """A line per change with a time stamp; in GitHub Actions in a group."""

    def __init__(self, jobs: Sequence[Followed], title: str) -> None:
        super().__init__(jobs)
        self.in_group = github.is_runner()
        if self.in_group:
            print_error(github.group(title))

    def change(self, job: Followed) -> None:
        """Print the state and the progress of a job."""
        progress = "" if job.progress is None else f" {job.progress:g} %"
        with self.lock:
            print_error(f"{timestamp()} {job.name}: {job.state}{progress}")

    def message(self, text: str) -> None:
        """Print a message."""
        with self.lock:
            print_error(f"{timestamp()} {text}")

    def close(self) -> None:
        """End the group."""
        if self.in_group:
            self.in_group = False
            print_error(github.END_OF_GROUP)


class LiveDisplay(Display):
    """A line per job that is redrawn in place, as many as the terminal has."""

    is_live = True

    def __init__(self, jobs: Sequence[Followed], *, color: bool) -> None:
        super().__init__(jobs)
        self.color = color
        self._height = 0
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._animate, name="job-status-display", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def message(self, text: str) -> None:
        """Print a message above the lines."""
        with self.lock:
            self._write([text], [])
            self.draw()

    def close(self) -> None:
        """Draw the lines for the last time."""
        with self.lock:
            if not self._closed.is_set():
                self._closed.set()
                self.draw()

    def draw(self) -> None:
        """Draw the lines again."""
        size = terminal_size()
        self._write([], lines(self.jobs, size.columns - 1, size.lines - 1, color=self.color))

    def _write(self, above: list[str], below: list[str]) -> None:
        """Replace the lines by a message, and lines below it that the next call replaces."""
        back = f"\x1b[{self._height}A" if self._height else ""
        self._height = len(below)
        with contextlib.suppress(OSError, ValueError, AttributeError):
            sys.stderr.write(f"\r{back}\x1b[J" + "".join(f"{line}\n" for line in above + below))
            sys.stderr.flush()

    def _animate(self) -> None:
        while not self._closed.wait(INTERVAL):
            with self.lock:
                if not self._closed.is_set():
                    self.draw()


def choose_display(jobs: Sequence[Followed], title: str, *, quiet: bool) -> Display:
    """Return the display that fits stderr: nothing but problems, a log, or live lines, with rich if it is installed."""
    if quiet or sys.stderr is None:
        return Display(jobs)
    if not (sys.stderr.isatty() and os.environ.get("TERM", "") not in {"", "dumb"}):
        return LogDisplay(jobs, title)
    with contextlib.suppress(ImportError):
        from .rich_display import RichDisplay

        return RichDisplay(jobs)
    return LiveDisplay(jobs, color=not os.environ.get("NO_COLOR"))


def timestamp() -> str:
    """Return the time in UTC, as ISO 8601."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def terminal_size() -> os.terminal_size:
    """Return the size of the terminal of stderr; `COLUMNS` and `LINES` replace it."""
    try:
        found = os.get_terminal_size(sys.stderr.fileno())
    except (OSError, ValueError, AttributeError):
        found = os.terminal_size((80, 24))
    given = {name: int(value) for name in ("COLUMNS", "LINES") if (value := os.environ.get(name, "")).isdecimal()}
    fallback = shutil.get_terminal_size()
    columns = given.get("COLUMNS") or found.columns or fallback.columns
    return os.terminal_size((max(columns, 20), max(given.get("LINES") or found.lines or fallback.lines, 4)))


def shown_jobs(jobs: Sequence[Followed], height: int) -> tuple[list[Followed], str]:
    """Return the jobs that have room, those that are still followed first, and a line about the others."""
    if len(jobs) <= height:
        return list(jobs), ""
    running = [job for job in jobs if not job.is_over]
    shown = [*running, *(job for job in reversed(jobs) if job.is_over)][: height - 1]
    return shown, f"{len(jobs)} jobs: {len(running)} running, {len(jobs) - len(running)} ended"


def layout(jobs: Sequence[Followed], width: int, height: int) -> tuple[list[list[Part]], str]:
    """Return the parts of the line of each job that has room, none wider than the terminal, and one about the others.

    What has no room is left out: the bar first, then the next poll, then the beginning of the id.
    """
    shown, rest = shown_jobs(jobs, height)
    columns = {
        "state": [job.state or ("-" if job.is_over else "...") for job in shown],
        "bar": ["" if job.progress is None else bar(job.progress) for job in shown],
        "progress": ["" if job.progress is None else f"{job.progress:.0f} %" for job in shown],
        "elapsed": [show_duration(job.elapsed) for job in shown],
        "next": ["" if job.is_over else f"next poll {show_duration(job.next_poll_in + 0.9)}" for job in shown],
    }
    wide = {name: max(map(len, column), default=0) for name, column in columns.items()}
    names = [name for name in columns if wide[name]]
    ids = [job.id for job in shown]
    longest = max(map(len, ids), default=0)
    for name in ("bar", "next", "progress"):
        if name in names and longest + sum(wide[one] + GAP for one in names) > width:
            names.remove(name)
    room = min(max(width - sum(wide[one] + GAP for one in names), 4), longest)
    rows = []
    for number, name in enumerate(ids):
        row = [("id", (name if len(name) <= room else f"..{name[2 - room :]}").ljust(room))]
        for one in names:
            text = columns[one][number]
            row.append((one, text.rjust(wide[one]) if one in {"progress", "elapsed"} else text.ljust(wide[one])))
        rows.append(_cut(row, width))
    return rows, rest[:width]


def _cut(row: list[Part], width: int) -> list[Part]:
    """Return the parts of a line, with gaps, up to a width."""
    made: list[Part] = []
    for name, text in row:
        shown = f"{' ' * GAP if made else ''}{text}"[: max(width, 0)]
        width -= len(shown)
        made.append((name, shown))
    return made


def bar(progress: float) -> str:
    """Return a progress bar."""
    full = round(progress / 100 * (BAR - 2))
    return f"[{'=' * full}{' ' * (BAR - 2 - full)}]"


def color_of(job: Followed) -> str:
    """Return the color of the state of a job."""
    return COLORS["failure"] if job.exit == UNKNOWN else COLORS.get(job.kind or "", "")


def lines(jobs: Sequence[Followed], width: int, height: int, *, color: bool) -> list[str]:
    """Return the lines of a plain terminal."""
    rows, rest = layout(jobs, width, height)
    made = []
    for job, row in zip(shown_jobs(jobs, height)[0], rows, strict=True):
        code = CODES.get(color_of(job)) if color else None
        painted = [f"\x1b[{code}m{text}\x1b[0m" if code and name == "state" else text for name, text in row]
        made.append("".join(painted).rstrip())
    return [*made, rest] if rest else made
