"""Live products: their documents, the package generated from them, the verification of their servers, and waits."""

import asyncio
import contextlib
import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .environments import HERE, ROOT
from .products import BROKEN, QUICK, UNKNOWN, Product

TIMEOUT = 120.0  # seconds for a wait
MANY = [QUICK] * 45 + [BROKEN] * 5


def run(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a module of this project, and print its output."""
    inherited = {name: value for name, value in os.environ.items() if name != "ALLOW_WRITES"}
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env={**inherited, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=500,
        check=False,
    )
    print(done.stdout)
    return done


@contextlib.contextmanager
def client(product: Product, package: Path) -> Iterator[Any]:
    """Open a client of the product."""
    assert package.is_dir()
    with getattr(importlib.import_module("job_status"), product.client)(product.url, **product.credentials()) as api:
        yield api


def generated() -> Any:
    """Return the generated package."""
    return importlib.import_module("job_status")


def test_documents_pass_lint(documents: Path) -> None:
    assert run("scripts", "lint", "--openapi", str(documents)).returncode == 0


def test_package_passes_strict_mypy(package: Path, tmp_path: Path) -> None:
    checked = ["--strict", "--config-file", os.devnull, "--cache-dir", str(tmp_path), str(package / "job_status")]

    assert run("mypy", *checked).returncode == 0


def test_server_passes_verification(product: Product, package: Path, tmp_path: Path) -> None:
    assert verify(product, package, tmp_path) == 0


def test_server_passes_verification_with_writes(product: Product, package: Path, tmp_path: Path) -> None:
    assert verify(product, package, tmp_path, ALLOW_WRITES="1") == 0


def verify(product: Product, package: Path, folder: Path, **variables: str) -> int:
    """Verify the server with the id of a job that has succeeded, and return the exit status.

    What a server is known to do otherwise than its document says is in a `baseline.yaml`, with the reasons.
    """
    with client(product, package) as api:
        status = api.wait(product.start_job(api, QUICK), timeout=TIMEOUT)
    product.write_verified_document(folder)
    baseline = HERE / product.name / "baseline.yaml"
    arguments = [
        "--openapi",
        str(folder),
        "--out",
        str(folder / "reports"),
        "--api",
        product.name,
        "--url",
        product.url,
    ]
    arguments += ["--baseline", str(baseline)] if baseline.is_file() else []
    return run("scripts.verify", *arguments, **product.verification(status), **variables).returncode


def test_wait_for_success(product: Product, package: Path) -> None:
    with client(product, package) as api:
        started = product.start_job(api, QUICK)
        seen = []

        status = api.wait(started, timeout=TIMEOUT, on_update=lambda *update: seen.append(update))

        assert str(status.state) == product.success
        assert seen


def test_wait_for_failure(product: Product, package: Path) -> None:
    with client(product, package) as api, pytest.raises(generated().JobFailedError) as caught:
        api.wait(product.start_job(api, BROKEN), timeout=TIMEOUT)

    assert str(caught.value.status.state) == product.failure
    assert "broken on purpose" in (caught.value.reason or "broken on purpose")


def test_wait_by_id(product: Product, package: Path) -> None:
    with client(product, package) as api:
        status = api.wait(product.start_job(api, QUICK), timeout=TIMEOUT)

        assert product.job(api, status, TIMEOUT).wait() == status


def test_resume_with_a_token(product: Product, package: Path) -> None:
    with client(product, package) as api:
        token = api.job(product.start_job(api, QUICK), timeout=TIMEOUT).token()

    with client(product, package) as api:
        assert str(api.resume(token).wait().state) == product.success

    assert not any(secret in token for secret in (product.password, str(product.credentials())))


def test_asynchronous_waits(product: Product, package: Path) -> None:
    job_status = generated()

    async def waits() -> list[Any]:
        async with getattr(job_status, f"Async{product.client}")(product.url, **product.credentials()) as api:
            quick, broken = await product.start_job(api, QUICK), await product.start_job(api, BROKEN)
            both = (api.wait(job, timeout=TIMEOUT) for job in (quick, broken))
            return await asyncio.gather(*both, return_exceptions=True)

    status, error = asyncio.run(waits())

    assert package.is_dir()
    assert str(status.state) == product.success
    assert isinstance(error, job_status.JobFailedError)


def test_fifty_at_once(product: Product, package: Path) -> None:
    with client(product, package) as api:
        jobs = [api.job(product.start_job(api, name)) for name in MANY]

        outcomes = generated().wait_all(jobs, timeout=TIMEOUT)

    states = [outcome.job.state for outcome in outcomes]
    unexpected = [outcome.error for outcome in outcomes if outcome.job.state not in {product.success, product.failure}]
    assert unexpected == []
    assert states == [product.success] * MANY.count(QUICK) + [product.failure] * MANY.count(BROKEN)


def test_fifty_at_once_asynchronously(product: Product, package: Path) -> None:
    job_status = generated()

    async def waits() -> list[Any]:
        async with getattr(job_status, f"Async{product.client}")(product.url, **product.credentials()) as api:
            jobs = [api.job(await product.start_job(api, name)) for name in MANY]
            outcomes: list[Any] = await job_status.async_wait_all(jobs, timeout=TIMEOUT)
            return [outcome.job.state for outcome in outcomes]

    assert package.is_dir()
    assert asyncio.run(waits()) == [product.success] * MANY.count(QUICK) + [product.failure] * MANY.count(BROKEN)


def test_wrong_credential(product: Product, package: Path) -> None:
    job_status = generated()
    wrong = {
        name: ("admin", "wrong") if isinstance(value, tuple) else "wrong"
        for name, value in product.credentials().items()
    }

    with (
        client(product, package),
        getattr(job_status, product.client)(product.url, **wrong) as api,
        pytest.raises((job_status.UnauthorizedError, job_status.ForbiddenError)),
    ):
        product.start_job(api, QUICK)


def test_unknown_job(product: Product, package: Path) -> None:
    with client(product, package) as api, pytest.raises(generated().NotFoundError):
        product.start_job(api, UNKNOWN)
