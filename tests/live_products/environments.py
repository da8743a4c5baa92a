"""The environments of the live products: one folder per product under build/live, made from its lock file."""

from pathlib import Path
from typing import Final

from scripts.release.environments import locked_environment

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[1]
BUILD: Final = ROOT / "build" / "live"


def environment(name: str) -> Path:
    """Return the environment of a product, made again if its lock file has changed."""
    return locked_environment(BUILD / name, HERE / name / "requirements.lock")
