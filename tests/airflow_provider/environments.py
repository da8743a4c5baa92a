"""The environment of the provider: Airflow's own, from its lock file, and over it the wheels that are published."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

from scripts.release.build import build
from scripts.release.distributions import CLIENT, PROVIDER
from scripts.release.environments import build_environment

from ..live_products.environments import ROOT, environment

BUILD: Final = ROOT / "build" / "airflow"


def provider_environment() -> Path:
    """Return the Python of an environment with Airflow, the client and the provider, as `make package` builds them.

    Airflow's environment is shared with the live products, and is not changed: it is added to the path of another one.
    """
    shared = environment("airflow")
    shutil.rmtree(BUILD, ignore_errors=True)
    folder, wheels = BUILD / "environment", BUILD / "wheels"
    subprocess.run([shared / "bin" / "python", "-m", "venv", folder], check=True)
    (packages,), (below,) = ((one / "lib").glob("python3*/site-packages") for one in (folder, shared))
    (packages / "airflow-environment.pth").write_text(f"{below}\n", encoding="utf-8")
    wheels.mkdir()
    tools = build_environment(ROOT / "build" / "package")
    for distribution in (CLIENT, PROVIDER):
        build(distribution, ROOT, wheels, tools, repository=None)
    python = folder / "bin" / "python"
    pip = [str(python), "-m", "pip", "--disable-pip-version-check"]
    names = sorted(map(str, wheels.glob("*.whl")))
    subprocess.run([*pip, "install", "--quiet", "--no-index", "--no-deps", *names], check=True)
    subprocess.run([*pip, "check"], check=True, capture_output=True)
    return python
