"""Writes `llms.txt`, a list of the pages for language models, `llms-full.txt`, and the Markdown of each page."""

import html
import re
import shutil
from pathlib import Path
from typing import Final

from .sources import SECTIONS

SUMMARY: Final = (
    "Waits for slow jobs of HTTP APIs until they succeed or fail. OpenAPI documents with the keyword `x-job` say how a "
    "job ends; from them come a typed Python client with waits, a command, a simulator and a conformance suite."
)


def write_llms(sources: Path, site: Path) -> None:
    """Write the files: a page that is written in Markdown is listed as Markdown, another one as HTML."""
    lines = ["# job-status", "", f"> {SUMMARY}", ""]
    full = []
    for section in SECTIONS:
        lines += [f"## {section.title}", ""]
        for name, summary in section.pages.items():
            source = sources / f"{name}.md"
            page = source if source.is_file() else site / f"{name}.html"
            if source.is_file():
                shutil.copyfile(source, site / source.name)
                full.append(source.read_text(encoding="utf-8"))
            lines.append(f"- [{_title(site / f'{name}.html')}]({page.name}): {summary}")
        lines.append("")
    (site / "llms.txt").write_text("\n".join(lines), encoding="utf-8")
    (site / "llms-full.txt").write_text("\n\n".join([f"# job-status\n\n> {SUMMARY}\n", *full]), encoding="utf-8")


def _title(page: Path) -> str:
    """Return the title of a page."""
    match = re.search(r"<title>(.*?) - [^<]*</title>", page.read_text(encoding="utf-8"))
    return html.unescape(match[1]) if match else page.stem
