"""The environment of the provider: Airflow's own, from its lock file, and over it the two generated distributions."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from ..live_products.environments import ROOT, environment

BUILD: Final = ROOT / "build" / "airflow"


def provider_environment(generated: Path = ROOT / "generated") -> Path:
    """Return the Python of an environment with Airflow, the client and the provider, installed from wheels.

    Airflow's environment is shared with the live products, and is not changed: it is added to the path of another one.
    """
    shared = environment("airflow")
    shutil.rmtree(BUILD, ignore_errors=True)
    folder, wheels = BUILD / "environment", BUILD / "wheels"
    subprocess.run([shared / "bin" / "python", "-m", "venv", folder], check=True)
    (packages,), (below,) = ((one / "lib").glob("python3*/site-packages") for one in (folder, shared))
    (packages / "airflow-environment.pth").write_text(f"{below}\n", encoding="utf-8")
    for source in (generated, generated / "airflow"):
        build = ["-m", "build", "--wheel", "--no-isolation", "--outdir", str(wheels), str(source)]
        subprocess.run([sys.executable, *build], check=True, capture_output=True)
    python = folder / "bin" / "python"
    pip = [str(python), "-m", "pip", "--disable-pip-version-check"]
    names = sorted(map(str, wheels.glob("*.whl")))
    subprocess.run([*pip, "install", "--quiet", "--no-index", "--no-deps", *names], check=True)
    subprocess.run([*pip, "check"], check=True, capture_output=True)
    return python
