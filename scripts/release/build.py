"""Build the distributions twice from the files of the repository, and compare every byte."""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from .distributions import DISTRIBUTIONS, TOOLS, Distribution
from .environments import program

# What must not influence a build: two values of each. The second build runs in another folder also.
VARIATIONS = ({"PYTHONHASHSEED": "1", "TZ": "UTC0"}, {"PYTHONHASHSEED": "2", "TZ": "XYZ-11"})
MASKS = (0o022, 0o077)
LINK = re.compile(r"(\]\()(?!https?://|#|mailto:)([^)\s]+)(\))")


class ReleaseError(Exception):
    """The distributions cannot be built, or must not be published."""


def commit_time(root: Path) -> int:
    """Return the time of the last commit, in seconds since 1970: that of every file in an archive."""
    return int(_git(root, "log", "-1", "--format=%ct"))


def check_versions(root: Path, tag: str | None) -> str:
    """Return the version, which all distributions share and the changelog of a release names.

    Raises:
        ReleaseError: The versions differ, or the tag or the changelog does not belong to the version.
    """
    versions = {distribution.name: distribution.project(root)["version"] for distribution in DISTRIBUTIONS}
    version = str(versions[TOOLS.name])
    if len(set(versions.values())) > 1:
        listed = ", ".join(f"{name} {one}" for name, one in versions.items())
        raise ReleaseError(f"expected one version, got {listed}; run `make generate`")
    if tag is not None:
        if tag != f"v{version}":
            raise ReleaseError(f"the tag is {tag}, expected v{version}, the version in pyproject.toml")
        changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")
        if not re.search(rf"^## \[?{re.escape(version)}\]?( |$)", changelog, re.MULTILINE):
            raise ReleaseError(f"CHANGELOG.md has no section `## {version}`; rename `## Unreleased`")
        if _git(root, "status", "--porcelain"):
            raise ReleaseError("there are changes that are not committed; a release is built from a commit")
    return version


def build(distribution: Distribution, root: Path, out: Path, tools: Path, repository: str | None) -> list[Path]:
    """Build a source archive, and a wheel from it, twice; return both files in a folder.

    Args:
        distribution: The distribution.
        root: The repository.
        out: The folder of the result.
        tools: The environment of the build tools.
        repository: The URL of the repository, for the project URLs and the links of the description.

    Raises:
        ReleaseError: The build fails, or the second one differs from the first.
    """
    with tempfile.TemporaryDirectory(prefix="job-status-") as temporary:
        built = []
        for number, (variation, mask) in enumerate(zip(VARIATIONS, MASKS, strict=True)):
            folder = Path(temporary) / ("a" * (number + 1))
            copy = folder / "source"
            stage(distribution, root, copy, repository, mask)
            environment = {**os.environ, **variation, "SOURCE_DATE_EPOCH": str(commit_time(root))}
            command = [
                str(program(tools, "python")),
                "-m",
                "build",
                "--no-isolation",
                "--outdir",
                str(folder),
                str(copy),
            ]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            if done.returncode:
                raise ReleaseError(f"{distribution.name} cannot be built:\n{done.stdout}{done.stderr}")
            built.append(sorted(path for path in folder.iterdir() if path.is_file()))
        different = [one.name for one, other in zip(*built, strict=True) if sha256(one) != sha256(other)]
        if different:
            raise ReleaseError(f"two builds of the same files differ: {', '.join(different)}")
        return [Path(shutil.copy(path, out)) for path in built[0]]


def stage(distribution: Distribution, root: Path, copy: Path, repository: str | None, mask: int) -> None:
    """Copy the files that git knows, and make links absolute; add the project URLs."""
    folder = root / distribution.folder
    for name in _git(folder, "ls-files", "-z").split("\0"):
        if name and (folder / name).is_file():
            target = copy / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((folder / name).read_bytes())
            target.chmod(0o666 & ~mask)
    if repository:
        pages = f"{repository}/blob/v{distribution.project(root)['version']}"
        readme, project = copy / "README.md", copy / "pyproject.toml"
        _write(readme, LINK.sub(rf"\g<1>{pages}/\g<2>\g<3>", readme.read_text(encoding="utf-8")))
        urls = {
            "Source": repository,
            "Documentation": f"{pages}/{distribution.documentation}",
            "Changelog": f"{pages}/CHANGELOG.md",
            "Issues": f"{repository}/issues",
        }
        lines = [f'{label} = "{url}"' for label, url in urls.items()]
        text = project.read_text(encoding="utf-8")
        _write(project, "\n".join([text.rstrip(), "", "[project.urls]", *lines, ""]))


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise ReleaseError("git is not installed; a release is built from a commit") from error
    if done.returncode:
        raise ReleaseError(f"git {arguments[0]}: {done.stderr.strip()}")
    return done.stdout.strip("\n")
