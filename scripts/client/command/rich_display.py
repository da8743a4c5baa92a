"""Live lines with rich, the extra `cli` of the distribution."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from .display import INTERVAL, Display, color_of, layout, shown_jobs
from .job import Followed

STYLES = {"next": "dim", "bar": "green", "elapsed": "dim"}
LINE = str.maketrans({"[": " ", "]": " ", "=": "\u2501"})


class RichDisplay(Display):
    """Lines that are redrawn in place."""

    is_live = True

    def __init__(self, jobs: Sequence[Followed]) -> None:
        super().__init__(jobs)
        self.console = Console(stderr=True, highlight=False)
        self.live = Live(
            get_renderable=self.lines, console=self.console, refresh_per_second=1 / INTERVAL, redirect_stdout=False
        )

    def __enter__(self) -> Self:
        self.live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def message(self, text: str) -> None:
        """Print a message above the lines."""
        self.console.print(Text(text), soft_wrap=True)

    def close(self) -> None:
        """Draw the lines for the last time."""
        self.live.stop()

    def lines(self) -> Group:
        """Return the lines."""
        height = max(self.console.height - 1, 3)
        rows, rest = layout(self.jobs, self.console.width - 1, height)
        made = []
        for job, row in zip(shown_jobs(self.jobs, height)[0], rows, strict=True):
            text = Text(no_wrap=True, end="\n")
            for name, part in row:
                style = color_of(job) if name == "state" else STYLES.get(name, "")
                text.append(part.translate(LINE) if name == "bar" else part, style=style)
            made.append(text)
        return Group(*made, *([Text(rest)] if rest else []))
