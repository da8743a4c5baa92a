"""`make bench`: measure client, waits, simulator and verification in comparison with alternatives.

`python -m tests.bench [PART ...]` measures some parts or all, keeps the figures of the others in build/bench.json, and
prints one table. `python -m tests.bench --write-docs` writes docs/performance.md from that file.
"""

import argparse
import datetime
import importlib
import os
import time
from collections.abc import Sequence
from pathlib import Path

from ..conftest import ROOT
from . import installed
from .page import terminal, write_docs
from .results import Results

HTTP = ("httpx", "httpcore", "aiohttp")
# Each is a module with `tables()`, and has the packages whose versions matter.
PARTS: dict[str, tuple[str, ...]] = {
    "waiting": HTTP,
    "schedules": ("google-api-core", "azure-core", "botocore", "tenacity"),
    "calls": (),
    "base_commit": (),
    "imports": (),
    "many_waits": (),
    "in_flight": (),
    "simulating": (),
    "verifying": (),
    "scaling": (),
    "traffic": (),
}
RESULTS, PAGE = ROOT / "build" / "bench.json", ROOT / "docs" / "performance.md"
PUBLISHED = Path(__file__).with_name("published.json")  # the results in the page


def measure(part: str, results: Results, load: float) -> None:
    """Measure one part, and write the file; `load` is the load average before the run."""
    names = PARTS[part]
    versions = installed.versions(*names) if names else {}
    began = datetime.datetime.now(datetime.UTC)
    tables = importlib.import_module(f"{__package__}.{part}").tables()
    results.replace(part, tables, began=began, load=load, versions=versions)
    results.parts = {name: results.parts[name] for name in PARTS if name in results.parts}
    results.save()


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the parts, or write the page."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"a part: {', '.join(PARTS)}; default: all")
    parser.add_argument("--write-docs", action="store_true", help="write docs/performance.md from build/bench.json")
    options = parser.parse_args(arguments)
    if unknown := [part for part in options.parts if part not in PARTS]:
        parser.error(f"unknown part {unknown[0]!r}; expected {', '.join(PARTS)}")
    if options.write_docs:
        if options.parts or not RESULTS.is_file():
            parser.error(f"--write-docs needs {RESULTS.relative_to(ROOT)}, and no part")
        write_docs(Results.load(RESULTS), PAGE, PUBLISHED)
        return
    results = Results.resume(RESULTS)
    chosen, load = options.parts or list(PARTS), os.getloadavg()[0]
    for part in chosen:
        began = time.monotonic()
        print(f"{part} ...", end=" ", flush=True)
        measure(part, results, load)
        print(f"{time.monotonic() - began:.0f} s", flush=True)
    print()
    print(terminal([table for part in chosen for table in results.tables(part)]), end="")


if __name__ == "__main__":
    main()
