"""Writes the sources of the site: the pages of the repository, and those that are written when it is built."""

from pathlib import Path
from typing import Final

from attrs import frozen

from .client_reference import client_pages
from .command_reference import command_pages
from .pages import introduction


@frozen
class Section:
    """A group of the navigation: the names of its pages, in order, each with its summary for `llms.txt`."""

    title: str
    pages: dict[str, str]


SECTIONS: Final = (
    Section(
        "Start",
        {
            "tutorial": "five minutes to a job that is waited for, against the simulator",
            "a-document-of-your-own": "from any OpenAPI document to a verified client that waits",
            "ci": "GitHub Actions, GitLab CI and pre-commit",
        },
    ),
    Section(
        "Guides",
        {
            "client": "clients, timeouts, retries, exceptions, credentials, models, transports",
            "waiting": "how a wait polls, how it ends, many jobs, resuming, repeated runs",
            "command-line": "the command job-status: exit statuses, output, waits, profiles",
            "simulator": "jobs, faults, rate limits and the clock of the simulated APIs; the pytest fixture",
            "verification": "what is checked of a server, what the checks detect, reports, known failures",
            "traffic": "checking recorded traffic, HTTP Archives, without sending anything",
            "drift": "an issue per API that has changed without notice",
            "versioning": "who breaks when a document changes: code, installed clients, waits",
            "airflow": "operators and sensors for Apache Airflow",
            "engines": "waits that survive a process: Celery, DBOS, Temporal, Prefect, Dagster, cron",
        },
    ),
    Section(
        "Reference",
        {
            "x-job": "every key of the keyword that says how a job ends",
            "documents": "the OpenAPI extensions, and exports to Arazzo and Speakeasy",
            "checks": "every check of a server, its clause, and how to fix a failure",
            "reference-clients": "the client classes and their models",
            "reference-waits": "handles of jobs, waits for many jobs, outcomes, schedules, credentials",
            "reference-errors": "the exceptions",
            "reference-commands": "every option of the commands",
            "messages": "every message about a document",
        },
    ),
    Section(
        "Project",
        {
            "comparison": "measured and checked against other libraries and tools",
            "performance": "what was measured, with date and machine",
            "architecture": "rooms, imports, and where a new part goes",
            "maintaining": "what to do when an API changes, and the layout of the repository",
            "releasing": "what is published, and how it is tested",
            "changelog": "what has changed in each version",
        },
    ),
)


def write_sources(root: Path, folder: Path) -> None:
    """Write the sources of the site to a new folder."""
    folder.mkdir()
    for page in sorted((root / "docs").glob("*.md")):
        (folder / page.name).write_text(page.read_text(encoding="utf-8"), encoding="utf-8")
    changes = (root / "CHANGELOG.md").read_text(encoding="utf-8").replace("](docs/", "](")
    (folder / "changelog.md").write_text(changes, encoding="utf-8")
    for name, content in {**client_pages(), **command_pages(root)}.items():
        (folder / name).write_text(content, encoding="utf-8")
    front = introduction("index.md")
    (folder / "index.md").write_text(f"{front}\n{_navigation()}", encoding="utf-8")


def _navigation() -> str:
    """Return the directives that put each page into a section of the navigation."""
    return "\n".join(
        "\n".join(["```{toctree}", ":hidden:", f":caption: {section.title}", "", *section.pages, "```", ""])
        for section in SECTIONS
    )
