"""`python -m scripts.release`: build what is published, check it, and write its bills of materials.

Exit statuses: 0 the distributions are built, 1 they must not be published, 2 they cannot be built.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from .. import cli
from .build import ReleaseError, build, check_versions, commit_time, sha256, stage
from .distributions import DISTRIBUTIONS, Distribution, lock_file, lock_name, locks
from .environments import build_environment, install_wheel, locked_environment, program
from .metadata import metadata_problems
from .sbom import bill_of_materials, check

HASHES = "SHA256SUMS"
OWN = (  # what a build replaces
    *(f"{one.file_name}-*{suffix}" for one in DISTRIBUTIONS for suffix in (".whl", ".tar.gz")),
    *(f"{one.name}-*.cdx.json" for one in DISTRIBUTIONS),
    HASHES,
)


def main() -> int:
    """Build the distributions, or write the lock files; return the exit status."""
    parser = argparse.ArgumentParser(prog=cli.program_name("release"), description="Build what is published.")
    parser.add_argument("command", choices=["build", "lock"], nargs="?", default="build")
    parser.add_argument("--out", type=Path, default=Path("build/dist"), help="the folder of the distributions")
    parser.add_argument("--environments", type=Path, default=Path("build/package"), help="the folder of environments")
    parser.add_argument("--tag", help="the tag of the release: version and changelog must belong to it")
    parser.add_argument("--repository", default=_repository(), help="the URL of the repository, for the project URLs")
    arguments = parser.parse_args()
    if arguments.repository and not re.fullmatch(r"https://[\w.-]+(/[\w.-]+)+", arguments.repository):
        parser.error(f"--repository: expected a URL such as https://github.com/OWNER/NAME, got {arguments.repository}")
    if arguments.tag and not arguments.repository:
        parser.error("--tag: a release needs --repository, for its project URLs")
    root = Path.cwd()
    try:
        tools = build_environment(arguments.environments)
        if arguments.command == "lock":
            return _lock(root, tools)
        return _build(root, tools, arguments)
    except ReleaseError as error:
        cli.print_error(str(error))
        return cli.EXIT_ERROR
    except subprocess.CalledProcessError as error:
        cli.print_error(f"{Path(error.cmd[0]).name} ended with {error.returncode}, see above")
        return cli.EXIT_ERROR


def _build(root: Path, tools: Path, arguments: argparse.Namespace) -> int:
    version = check_versions(root, arguments.tag)
    arguments.out.mkdir(parents=True, exist_ok=True)
    problems = []
    with tempfile.TemporaryDirectory(prefix="job-status-") as temporary:
        out = Path(temporary) / "dist"
        out.mkdir()
        for distribution in DISTRIBUTIONS:
            cli.show_step(f"building {distribution.name} twice")
            files = build(distribution, root, out, tools, arguments.repository)
            (wheel,) = (path for path in files if path.suffix == ".whl")
            found = metadata_problems(distribution, distribution.project(root), wheel, bool(arguments.repository))
            problems += [f"{wheel.name}: {problem}" for problem in found]
            copy = Path(temporary) / distribution.name
            stage(distribution, root, copy, arguments.repository, mask=0o022)
            newest = _newest(distribution, arguments.environments, tools, out)
            bill = out / f"{distribution.name}-{version}.cdx.json"
            text = bill_of_materials(distribution, tools, newest, copy / "pyproject.toml", files, commit_time(root))
            bill.write_text(text, encoding="utf-8", newline="\n")
            check(tools, bill)
        cli.show_step("")
        problems += _twine(tools, out)
        lines = [f"{sha256(path)}  {path.name}\n" for path in sorted(out.iterdir())]
        (out / HASHES).write_text("".join(lines), encoding="utf-8", newline="\n")
        for problem in problems:
            cli.print_error(problem)
        if problems:
            return 1
        for stale in (path for pattern in OWN for path in arguments.out.glob(pattern)):
            stale.unlink()
        for path in sorted(out.iterdir()):
            shutil.copy(path, arguments.out)
            cli.print_output(f"{path.stat().st_size:9,} bytes  {arguments.out / path.name}")
    if not arguments.repository:
        print("note: no project URLs; REPOSITORY=https://github.com/OWNER/NAME adds them")
    return 0


def _newest(distribution: Distribution, environments: Path, tools: Path, out: Path) -> Path:
    """Return an environment with the newest dependencies of a distribution, and the client that it extends."""
    pip, client = program(tools, "python").absolute(), distribution.client
    lock = lock_name(client or distribution, "newest")
    folder = environments / f"{distribution.name}-newest"
    environment = locked_environment(folder, lock_file(lock), pip=pip)
    if client is not None:
        (wheel,) = out.glob(f"{client.file_name}-*.whl")
        install_wheel(pip, environment, wheel)
    return environment


def _twine(tools: Path, out: Path) -> list[str]:
    """Return what twine has found in the distributions of a folder."""
    files = [str(path) for path in sorted(out.iterdir()) if path.suffix in {".whl", ".gz"}]
    command = [str(program(tools, "twine")), "check", "--strict", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return [f"twine: {done.stdout}{done.stderr}"] if done.returncode else []


def _lock(root: Path, tools: Path) -> int:
    """Write the lock files from the requirements in pyproject.toml."""
    for name, resolution, requirements in locks(root):
        path = root / "scripts/release/locks" / f"{name}.lock"
        options = ["--universal", "--python-version", "3.11", "--resolution", resolution, "--only-binary", ":all:"]
        options += ["--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url", "--quiet", "--upgrade"]
        command = [str(program(tools, "uv")), "pip", "compile", *options, "-", "-o", str(path)]
        subprocess.run(command, input="\n".join(requirements), text=True, check=True, stdout=subprocess.DEVNULL)
        print(path.relative_to(root))
    return 0


def _repository() -> str:
    """Return the URL of the repository in GitHub Actions, or an empty string."""
    server, name = os.environ.get("GITHUB_SERVER_URL", ""), os.environ.get("GITHUB_REPOSITORY", "")
    return f"{server}/{name}" if server and name else ""


if __name__ == "__main__":
    sys.exit(cli.run_command(main))
