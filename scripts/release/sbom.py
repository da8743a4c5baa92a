"""The bill of materials of a distribution, in CycloneDX JSON: what a user installs with it, version by version."""

import datetime
import json
import subprocess
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .build import ReleaseError, sha256
from .distributions import Distribution
from .environments import program

SCHEMA = "1.6"


def bill_of_materials(
    distribution: Distribution, tools: Path, environment: Path, project: Path, files: Iterable[Path], time: int
) -> str:
    """Return the bill of materials.

    Args:
        distribution: The distribution.
        tools: The environment of the build tools.
        environment: An environment with the newest dependencies of the distribution.
        project: The pyproject.toml of the distribution.
        files: The wheel and the source archive, whose hashes it has.
        time: Its time, in seconds since 1970.

    Raises:
        ReleaseError: It cannot be made.
    """
    options = ["--output-reproducible", "--mc-type", "library", "--spec-version", SCHEMA, "--output-format", "JSON"]
    command = [str(program(tools, "cyclonedx-py")), "environment", "--pyproject", str(project), *options]
    command.append(str(program(environment, "python")))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ReleaseError(f"cyclonedx-py: {done.stderr.strip()}")
    return complete(json.loads(done.stdout), files, time, distribution.host)


def complete(bill: dict[str, Any], files: Iterable[Path], time: int, host: Iterable[str] = ()) -> str:
    """Return a bill without what the distribution does not need, and with its host, hashes, time and number."""
    root = bill["metadata"]["component"]
    _add_host(bill, root["bom-ref"], list(host))
    needed = _reachable(bill, root["bom-ref"])
    bill["components"] = [one for one in bill.get("components", []) if one["bom-ref"] in needed]
    bill["dependencies"] = [one for one in bill["dependencies"] if one["ref"] in needed]
    root["purl"] = f"pkg:pypi/{root['name']}@{root['version']}"
    root.setdefault("externalReferences", []).extend(
        {"type": "distribution", "url": path.name, "hashes": [{"alg": "SHA-256", "content": sha256(path)}]}
        for path in files
    )
    bill["metadata"]["timestamp"] = datetime.datetime.fromtimestamp(time, tz=datetime.UTC).isoformat()
    bill["serialNumber"] = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(bill, sort_keys=True)).urn
    return json.dumps(bill, indent=2, sort_keys=True) + "\n"


def check(tools: Path, path: Path) -> None:
    """Check a bill against the schema of CycloneDX.

    Raises:
        ReleaseError: It is not valid.
    """
    source = (
        "import sys; from cyclonedx.schema import SchemaVersion; from cyclonedx.validation.json import "
        "JsonStrictValidator as Check; text = open(sys.argv[1], encoding='utf-8').read(); "
        f"sys.exit(str(Check(SchemaVersion.from_version('{SCHEMA}')).validate_str(text) or ''))"
    )
    command = [str(program(tools, "python")), "-c", source, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.stderr.strip():
        raise ReleaseError(f"{path.name} is not valid CycloneDX: {done.stderr.strip()}")


def _add_host(bill: dict[str, Any], root: str, names: list[str]) -> None:
    """List the dependencies that the host brings, without a version, and state that theirs are not known."""
    if not names:
        return
    bill.setdefault("components", []).extend(
        {"type": "library", "bom-ref": name, "name": name, "purl": f"pkg:pypi/{name}"} for name in names
    )
    for one in bill["dependencies"]:
        if one["ref"] == root:
            one["dependsOn"] = sorted([*one.get("dependsOn", []), *names])
    bill["dependencies"].extend({"ref": name} for name in names)
    bill["compositions"] = [{"aggregate": "unknown", "dependencies": names}]


def _reachable(bill: dict[str, Any], start: str) -> set[str]:
    """Return the references that a component depends on, and its own."""
    edges = {one["ref"]: one.get("dependsOn", []) for one in bill["dependencies"]}
    found: set[str] = set()
    waiting = [start]
    while waiting:
        reference = waiting.pop()
        if reference not in found:
            found.add(reference)
            waiting.extend(edges.get(reference, []))
    return found
