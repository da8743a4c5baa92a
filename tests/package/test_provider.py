"""The wheel of the provider for Apache Airflow, without Airflow: what it lists for Airflow is there, in each Python."""

import json
import zipfile

import pytest

from scripts.release.distributions import CLIENT, PROVIDER

from .conftest import Installed, wheel

# The entry point that Airflow looks for, and what it returns.
LISTED = """
import json
from importlib.metadata import entry_points, requires

(point,) = entry_points(group="apache_airflow_provider")
print(json.dumps({"name": point.name, "info": point.load()(), "requires": requires("airflow-provider-job-status")}))
"""


def modules() -> set[str]:
    """Return the modules and packages of the wheel, dotted."""
    with zipfile.ZipFile(wheel(PROVIDER)) as archive:
        names = [name for name in archive.namelist() if name.endswith(".py")]
    return {name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for name in names}


@pytest.fixture
def provider(client: Installed) -> Installed:
    """Unpack the wheel next to the programs that are run, in the environment of the client."""
    with zipfile.ZipFile(wheel(PROVIDER)) as archive:
        archive.extractall(client.home)
    return client


def test_airflow_finds_what_the_provider_lists(provider: Installed) -> None:
    done = provider.run("python", "-c", LISTED)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    info = found["info"]

    version = wheel(CLIENT).name.split("-")[1]
    assert info["package-name"] == PROVIDER.name
    assert info["versions"] == [version]
    assert f"{CLIENT.name}=={version}" in {one.replace(" ", "") for one in found["requires"]}
    listed = {
        name
        for kind in ("hooks", "operators", "sensors", "triggers")
        for one in info[kind]
        for name in one["python-modules"]
    }
    classes = [one["hook-class-name"].rpartition(".") for one in info["connection-types"]]
    assert len(listed) > len(classes) == 4
    assert listed | {module for module, _, _ in classes} <= modules()
    for module, _, name in classes:
        source = (provider.home / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")
        assert f"\nclass {name}(" in source


def test_every_module_is_of_this_python(provider: Installed) -> None:
    done = provider.run("python", "-W", "error", "-m", "compileall", "-q", "job_status_airflow")

    assert (done.returncode, done.stdout) == (0, "")
    assert len(list(provider.home.glob("job_status_airflow/**/*.pyc"))) == len(modules())


def test_no_module_of_the_client_is_missing(provider: Installed) -> None:
    """What the modules import of the client exists; what they import of Airflow is for `make test-airflow`."""
    program = """
import ast, importlib, pathlib
for path in pathlib.Path("job_status_airflow").rglob("*.py"):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and not node.level and node.module.split(".")[0] == "job_status":
            module = importlib.import_module(node.module)
            for one in node.names:
                getattr(module, one.name)
                print(node.module, one.name)
"""
    done = provider.run("python", "-c", program)

    assert done.returncode == 0, done.stderr
    assert "job_status" in done.stdout
