"""What the benchmarks measure: tables of figures with their spread, kept in a file, printed, and shown in a page."""

import datetime
import json
import os
import platform
import statistics
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

DIGITS = 4  # significant digits in the file


@frozen
class Spread:
    """The median of several rounds, and the range."""

    median: float
    minimum: float
    maximum: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Return the spread of the values of all rounds."""
        return cls(statistics.median(values), min(values), max(values))

    def __str__(self) -> str:
        if self.minimum == self.maximum:
            return number(self.median)
        return f"{number(self.median)} ({number(self.minimum)} to {number(self.maximum)})"


def number(value: float) -> str:
    """Return a number with about three digits."""
    size = abs(value)
    decimals = 0 if size >= 100 or value == 0 else 1 if size >= 10 else 2 if size >= 0.1 else 3
    return f"{value:.{decimals}f}"


@frozen
class Metric:
    """What a column has: its name and unit, a goal of ours, for the ratio or the figure, and whether it has ratios."""

    name: str
    unit: str
    goal: str = ""
    compared: bool = True

    @property
    def head(self) -> str:
        """The head of the column."""
        unit, goal = f", {self.unit}" if self.unit else "", f" ({self.goal})" if self.goal else ""
        return f"{self.name}{unit}{goal}"


@frozen
class Figure:
    """One figure, with its ratio to that of the reference."""

    value: Spread
    ratio: Spread | None


@define
class Table:
    """The figures of several subjects.

    Attributes:
        title: What is measured.
        reference: The subject with which the others are compared, if any.
        note: How it is measured.
    """

    title: str
    reference: str | None = None
    note: str = ""
    metrics: dict[str, Metric] = field(factory=dict)
    rows: dict[str, dict[str, list[float]]] = field(factory=dict)

    def add(
        self,
        subject: str,
        metric: str,
        unit: str,
        values: Sequence[float] | float,
        *,
        scale: float = 1.0,
        goal: str = "",
        compared: bool = True,
    ) -> None:
        """Add a figure.

        Args:
            subject: What it is of: a row.
            metric: What it says: a column.
            unit: Its unit.
            values: One value for each round. Rounds of different subjects that are equally many were interleaved.
            scale: The values are multiplied by this, such as 1e6 for seconds in microseconds.
            goal: What ours is to achieve.
            compared: Whether the ratio to the reference says something.
        """
        measured = list(values) if isinstance(values, Sequence) else [values]
        known = self.metrics.get(metric)
        self.metrics[metric] = Metric(metric, unit, goal or (known.goal if known else ""), compared)
        self.rows.setdefault(subject, {})[metric] = [value * scale for value in measured]

    def figure(self, subject: str, metric: str) -> Figure | None:
        """Return a figure with its ratio to the reference, by rounds, or None if it was not measured."""
        values = self.rows[subject].get(metric)
        if values is None:
            return None
        other = self.rows.get(self.reference or "", {}).get(metric)
        if other is None or not self.metrics[metric].compared or subject == self.reference or min(map(abs, other)) == 0:
            return Figure(Spread.of(values), None)
        if len(other) == 1:
            ratios = [value / other[0] for value in values]
        elif len(values) == len(other):
            ratios = [value / base for value, base in zip(values, other, strict=True)]
        else:
            ratios = [statistics.median(values) / statistics.median(other)]
        return Figure(Spread.of(values), Spread.of(ratios))

    def figures(self) -> Iterator[tuple[str, Metric, Figure]]:
        """Yield all figures, row by row."""
        for subject in self.rows:
            for metric in self.metrics.values():
                found = self.figure(subject, metric.name)
                if found is not None:
                    yield subject, metric, found

    def to_json(self) -> dict[str, Any]:
        """Return the table with the median, the minimum, the maximum and the ratio of each figure, and its rounds."""
        figures = []
        for subject, metric, figure in self.figures():
            entry: dict[str, Any] = {"of": subject, "metric": metric.name, "unit": metric.unit}
            entry.update(_spread(figure.value))
            if figure.ratio is not None:
                entry["ratio"] = _spread(figure.ratio)
            if not metric.compared:
                entry["compared"] = False
            if metric.goal:
                entry["goal"] = metric.goal
            entry["rounds"] = [_rounded(value) for value in self.rows[subject][metric.name]]
            figures.append(entry)
        return {"title": self.title, "reference": self.reference, "note": self.note, "figures": figures}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Table":
        """Return a table as it was before `to_json`."""
        table = cls(value["title"], value["reference"], value["note"])
        for entry in value["figures"]:
            goal, compared = entry.get("goal", ""), entry.get("compared", True)
            table.add(entry["of"], entry["metric"], entry["unit"], entry["rounds"], goal=goal, compared=compared)
        return table


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def _spread(spread: Spread) -> dict[str, float]:
    return {
        "median": _rounded(spread.median),
        "minimum": _rounded(spread.minimum),
        "maximum": _rounded(spread.maximum),
    }


def machine() -> dict[str, Any]:
    """Return what the machine and the interpreter are."""
    processor = platform.processor() or platform.machine()
    listed = Path("/proc/cpuinfo")
    if listed.is_file():
        names = [line for line in listed.read_text(encoding="utf-8").splitlines() if line.startswith("model name")]
        processor = names[0].partition(":")[2].strip() if names else processor
    return {
        "system": f"{platform.system()} {platform.release()}",
        "processor": processor,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }


@define
class Results:
    """The tables of all parts that have run, in a file."""

    path: Path
    machine: dict[str, Any] = field(factory=machine)
    parts: dict[str, dict[str, Any]] = field(factory=dict)

    @classmethod
    def load(cls, path: Path) -> "Results":
        """Return the results in a file."""
        value = json.loads(path.read_text(encoding="utf-8"))
        return cls(path, value["machine"], value["parts"])

    @classmethod
    def resume(cls, path: Path) -> "Results":
        """Return the results in a file if they are of this machine; otherwise none."""
        new = cls(path)
        if not path.is_file():
            return new
        old = cls.load(path)
        return old if old.machine == new.machine else new

    def replace(
        self, part: str, tables: Sequence[Table], *, began: datetime.datetime, load: float, versions: dict[str, str]
    ) -> None:
        """Set the tables of a part, and write the file.

        Args:
            part: The name of the part.
            tables: What it has measured.
            began: When it has begun.
            load: The load average of the machine before the run, of one minute.
            versions: The versions of the packages that were measured.
        """
        self.parts[part] = {
            "date": began.isoformat(timespec="seconds"),
            "seconds": round(time.time() - began.timestamp()),
            "load": round(load, 2),
            "versions": versions,
            "tables": [table.to_json() for table in tables],
        }
        self.save()

    def save(self) -> None:
        """Write the file."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"machine": self.machine, "parts": self.parts}, indent=1)
        self.path.write_text(f"{text}\n", encoding="utf-8")

    def tables(self, part: str) -> list[Table]:
        """Return the tables of a part."""
        return [Table.from_json(value) for value in self.parts[part]["tables"]]
