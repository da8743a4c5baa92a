"""Install the built wheels, and use them: a program for any system, which needs attrs alone.

`python -m tests.package.smoke` in the repository, after `python -m scripts.release`. It makes an environment for each
wheel, runs the first example of README.md against the simulator, and generates, verifies, compares and exports the
documents of other APIs. It exits with 0, or with the step that failed.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.release.distributions import CLIENT, TOOLS, Distribution, lock_file, lock_name
from scripts.release.environments import build_environment, install_wheel, locked_environment, program

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def install(distribution: Distribution, folder: Path) -> Path:
    """Return an environment with a wheel and its newest dependencies."""
    pip = program(build_environment(ROOT / "build" / "package").absolute(), "python")
    lock = lock_file(lock_name(distribution, "newest"))
    environment = locked_environment(folder / distribution.name, lock, pip=pip)
    (wheel,) = (ROOT / "build" / "dist").glob(f"{distribution.file_name}-*.whl")
    install_wheel(pip, environment, wheel)
    return environment


@contextmanager
def simulated(tools: Path, folder: Path) -> Iterator[str]:
    """Run the installed simulator; yield its URL."""
    command = [str(program(tools, "job-status-tools")), "simulate", "--port", "0"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, encoding="utf-8")
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip().removeprefix("simulator: ")
    finally:
        process.terminate()
        process.communicate()


def main() -> int:
    """Run the steps; return the exit status."""
    with tempfile.TemporaryDirectory(prefix="job-status-") as temporary:
        folder = Path(temporary) / "a folder with spaces, and ü"
        folder.mkdir()
        client, tools = install(CLIENT, folder), install(TOOLS, folder)
        with simulated(tools, folder) as url:
            found = EXAMPLE.search((ROOT / "README.md").read_text(encoding="utf-8"))
            assert found is not None
            source = found[1].replace("http://127.0.0.1:8765", url)
            example = [str(program(client, "python")), "-c", source]
            subprocess.run(example, cwd=folder, check=True, env={**os.environ, "NO_PROXY": "127.0.0.1"}, timeout=100)
        shutil.copytree(ROOT / "tests" / "vendors", folder / "apis")
        for arguments in (
            ["lint", "--openapi", "apis"],
            ["generate", "--openapi", "apis", "--out", "client"],
            ["generate", "--openapi", "apis", "--out", "client", "--check"],
            ["verify", "--openapi", "apis", "--api", "mill", "--out", "report"],
            ["compare", "apis", "apis"],
            ["export", "--openapi", "apis", "--out", "arazzo"],
        ):
            command = [str(program(tools, "job-status-tools")), *arguments]
            done = subprocess.run(command, cwd=folder, check=False, timeout=300)
            if done.returncode != 0:
                print(f"failed with {done.returncode}: {' '.join(arguments)}", file=sys.stderr)
                return 1
    print(f"job-status and job-status-tools work on {sys.platform} with Python {sys.version.split()[0]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
