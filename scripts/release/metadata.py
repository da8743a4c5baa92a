"""The checks of a built wheel: its metadata, and the files that it must and must not contain."""

import email.message
import email.parser
import re
import zipfile
from pathlib import Path
from typing import Any

from .distributions import Distribution

CHOSEN = ("Development Status", "Intended Audience", "Programming Language", "Topic", "Typing")  # kinds of classifiers
EXCLUDED = re.compile(r"(^|/)(tests|release|__pycache__|\.git)/|\.pyc$")


def metadata_problems(distribution: Distribution, project: dict[str, Any], wheel: Path, with_urls: bool) -> list[str]:
    """Return what is wrong with a wheel.

    Args:
        distribution: The distribution.
        project: The table `project` of its pyproject.toml.
        wheel: The wheel.
        with_urls: Whether project URLs are known, so that the description can link with them.
    """
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (info,) = {name.split("/")[0] for name in names if ".dist-info/" in name}
        found = email.parser.Parser().parsestr(archive.read(f"{info}/METADATA").decode())
        licensed = f"{info}/licenses/LICENSE" in names and b"Permission" in archive.read(f"{info}/licenses/LICENSE")
    return [
        *(["it has no LICENSE"] if not licensed else []),
        *(f"it lacks {name}" for name in distribution.required if name not in names),
        *(f"it has {name}, which is of the repository" for name in sorted(names) if EXCLUDED.search(name)),
        *_of_headers(distribution, project, found),
        *(_of_links(found) if with_urls else []),
    ]


def _of_headers(distribution: Distribution, project: dict[str, Any], found: email.message.Message) -> list[str]:
    """Return the headers that differ from the project, and the kinds of classifiers that are missing."""
    expected = {
        "Name": project["name"],
        "Version": project["version"],
        "Summary": project["description"],
        "License-Expression": project["license"],
        "Requires-Python": project["requires-python"],
        "Description-Content-Type": "text/markdown",
    }
    wrong = {name: value for name, value in expected.items() if found[name] != value}
    classifiers = found.get_all("Classifier", [])
    missing = [kind for kind in CHOSEN if not any(one.startswith(f"{kind} ::") for one in classifiers)]
    required = {one.replace(" ", "") for one in found.get_all("Requires-Dist", [])}
    client = distribution.client
    return [
        *(f"{name} is {found[name]}, expected {value}" for name, value in wrong.items()),
        *(
            [f"it does not require {client.name} in its own version"]
            if client is not None and f"{client.name}=={project['version']}" not in required
            else []
        ),
        *(f"it has no classifier {kind}" for kind in missing),
    ]


def _of_links(found: email.message.Message) -> list[str]:
    """Return the project URLs that are missing, and the links of the description that lead nowhere."""
    labels = {value.split(",")[0] for value in found.get_all("Project-URL", [])}
    targets = re.findall(r"\]\(([^)]+)\)", str(found.get_payload()))
    return [
        *(
            f"it has no project URL {label}"
            for label in ("Source", "Documentation", "Changelog")
            if label not in labels
        ),
        *(f"its description links to {target}" for target in targets if not target.startswith(("https://", "#"))),
    ]
