"""Fixtures of the live products: the package generated from their documents, and the running servers."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..suites import interruptible as interruptible
from ..suites import is_named
from .environments import HERE, ROOT
from .products import PRODUCTS, Product


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Leave these tests out of a run that does not name them: they install products."""
    return None if is_named(config, HERE) else True


@pytest.fixture(scope="session")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the documents of all products."""
    folder = tmp_path_factory.mktemp("documents")
    for product in PRODUCTS:
        product.write_document(folder)
    return folder


@pytest.fixture(scope="session")
def package(documents: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the folder of the package generated from the documents, which can be imported."""
    out = tmp_path_factory.mktemp("generated")
    command = [sys.executable, "-m", "scripts.generate", "--openapi", str(documents), "--out", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(out))
        yield out


@pytest.fixture(scope="session", params=PRODUCTS, ids=[product.name for product in PRODUCTS])
def product(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Start a product, and stop it after the last test of it."""
    running: Product = request.param(tmp_path_factory.mktemp(request.param.name))
    try:
        yield running
    finally:
        running.stop()
