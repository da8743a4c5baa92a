"""The sizes and the imports that README.md and docs/releasing.md state are true."""

import json
import re

import pytest

from scripts.release.distributions import CLIENT, DISTRIBUTIONS

from ..conftest import ROOT
from .conftest import Installed, wheel

# The processor time, in seconds, of an import in a new process: the least of several, without that of Python itself.
IMPORT = """
import json, resource, subprocess, sys

def cost(program):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", program], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

programs = ["pass", "import httpx", "import job_status", "from job_status import AgentPlatform",
            "from job_status import AgentPlatform; AgentPlatform('http://localhost', api_key='k')"]
print(json.dumps([min(cost(program) for _ in range(7)) for program in programs]))
"""
SIZE = "import pathlib, sysconfig; folder = pathlib.Path(sysconfig.get_path('purelib')); "
SIZE += "print(sum(path.stat().st_size for path in folder.rglob('*') if path.is_file()))"


def test_wheels_have_the_sizes_of_the_page() -> None:
    page = (ROOT / "docs" / "releasing.md").read_text(encoding="utf-8")
    stated = dict(re.findall(r"^\| `([-\w]+)` \| less than ([\d.]+) MB", page, re.MULTILINE))

    assert stated.keys() == {one.name for one in DISTRIBUTIONS}
    for distribution in DISTRIBUTIONS:
        assert wheel(distribution).stat().st_size < float(stated[distribution.name]) * 1e6
    assert f"the wheel has less than {stated[CLIENT.name]} MB, 10 MB with its dependencies" in (
        ROOT / "README.md"
    ).read_text(encoding="utf-8")


@pytest.mark.extremes
def test_client_is_installed_in_the_size_of_the_page(client: Installed) -> None:
    assert client.run("python", "-m", "compileall", "-q", str(client.environment / "lib")).returncode == 0

    assert int(client.run("python", "-c", SIZE).stdout) < 10e6


@pytest.mark.extremes
def test_import_costs_what_the_page_states(client: Installed) -> None:
    done = client.run("python", "-c", IMPORT)
    python, httpx, package, by_name, used = json.loads(done.stdout)

    assert package - python < (httpx - python) / 2, done.stdout
    assert by_name - python < 2 * (httpx - python), done.stdout
    assert used - python < 3 * (httpx - python), done.stdout
