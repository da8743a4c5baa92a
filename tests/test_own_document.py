"""The page "A document of your own" works as it is written: from a FastAPI application to a verified server."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.document import load_folder
from scripts.generate.distribution_names import DistributionNames, InvalidNameError, choose_names
from scripts.simulate import Simulator
from scripts.verify.local_simulator import synthetic_environment

from .conftest import ROOT, served

PAGE = (ROOT / "docs" / "a-document-of-your-own.md").read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    """Return the code blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


APPLICATION, PROGRAM = blocks(PAGE, "python")
(OVERLAY,) = [block for block in blocks(PAGE, "yaml") if block.startswith("overlay:")]


def run(command: list[str], folder: Path, **environment: str) -> str:
    """Run a command that must succeed, and return what it prints."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "NO_PROXY": "127.0.0.1", **environment}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Follow the steps of the page up to the client, and return the folder in which they were followed."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "kiln.py").write_text(APPLICATION, encoding="utf-8")
    save, (generate, verify), _, _ = (block.strip().splitlines() for block in blocks(PAGE, "sh"))
    for command in save:
        run(["bash", "-c", command.replace(".venv/bin/python", sys.executable)], folder)
    (folder / "kiln" / "kiln.overlay.yaml").write_text(OVERLAY, encoding="utf-8")
    for command in (generate, verify):
        run(["bash", "-c", f"make -C {ROOT} {absolute(command, folder).removeprefix('make ')}"], folder)
    return folder


def absolute(command: str, folder: Path) -> str:
    """Return a command of the page with its paths in a folder."""
    return re.sub(r"\b(OPENAPI|OUT)=", rf"\1={folder}/", command)


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    """Serve the application of the page."""
    namespace: dict[str, Any] = {}
    exec(compile(APPLICATION, "kiln.py", "exec"), namespace)  # noqa: S102 - the page's own program
    with served(namespace["app"]) as url:
        yield url


def test_server_is_verified(folder: Path, url: str) -> None:
    (verify,) = blocks(PAGE, "sh")[3].strip().splitlines()
    assert "http://127.0.0.1:8000" in verify
    command = absolute(verify.replace("http://127.0.0.1:8000", url), folder)

    printed = run(["bash", "-c", f"make -C {ROOT} {command.removeprefix('make ')}"], folder)

    assert re.search(r"kiln start_firing: \d+ checks, 0 failed", printed), printed
    assert re.search(r"kiln read_firing: \d+ checks, 0 failed", printed), printed


def test_program_waits_for_success_and_failure(folder: Path, url: str) -> None:
    program = PROGRAM.replace("http://127.0.0.1:8000", url)
    (folder / "program.py").write_text(program, encoding="utf-8")
    client = str(folder / "build" / "kiln")

    assert run([sys.executable, "program.py"], folder, PYTHONPATH=client) == "done\nit was too hot\n"
    run([sys.executable, "-m", "mypy", "--strict", "--config-file", os.devnull, "program.py"], folder, MYPYPATH=client)


def test_command_waits_for_success(folder: Path, url: str) -> None:
    (example,) = blocks(PAGE, "bash")
    command = example.replace("http://127.0.0.1:8000", url)
    assert " kiln-client start " in command
    command = command.replace("kiln-client", f"{sys.executable} -m kiln_client", 1)

    printed = run(["bash", "-c", command], folder, PYTHONPATH=str(folder / "build" / "kiln"))

    assert printed.rstrip().endswith(" done")


def test_example_of_the_generated_readme_runs(folder: Path) -> None:
    documents = load_folder(folder / "kiln")
    (example,) = blocks((folder / "build" / "kiln" / "README.md").read_text(encoding="utf-8"), "python")
    assert "from kiln_client import Kiln" in example
    with served(Simulator(documents)) as url:
        printed = run(
            [sys.executable, "-c", example],
            folder,
            KILN_URL=f"{url}/kiln",
            PYTHONPATH=str(folder / "build" / "kiln"),
            **synthetic_environment(documents),
        )

    assert "Firing(" in printed


def test_package_and_ours_live_in_one_environment(folder: Path) -> None:
    paths = os.pathsep.join([str(folder / "build" / "kiln"), str(ROOT / "generated")])
    program = "import job_status, kiln_client; print(kiln_client.Kiln.__module__, job_status.AgentPlatform.__module__)"

    printed = run([sys.executable, "-c", program], folder, PYTHONPATH=paths)

    assert printed == "kiln_client._apis.kiln job_status._apis.agent_platform\n"


DOCUMENT = """\
openapi: 3.1.1
info: {title: T, version: '%s'%s}
paths: {/x: {get: {responses: {'200': {description: X.}}}}}
"""


def choose(
    folder: Path, name: str, version: str = "", *, written: str = "1.4", licensed: str = ""
) -> DistributionNames:
    """Return the names of a distribution of one document."""
    (folder / "t.yaml").write_text(DOCUMENT % (written, licensed), encoding="utf-8")
    return choose_names(load_folder(folder), name, version, "9.9")


def test_names_of_our_own_distribution(tmp_path: Path) -> None:
    assert choose(tmp_path, "") == DistributionNames("job-status", "job_status", "9.9", "MIT")


@pytest.mark.parametrize(
    ("name", "expected"), [("kiln", "kiln"), ("Kiln-Client", "kiln_client"), ("acme.kiln_client", "acme_kiln_client")]
)
def test_name_gives_the_name_to_import(tmp_path: Path, name: str, expected: str) -> None:
    assert choose(tmp_path, name).import_name == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("-kiln", "is no name of a Python distribution"),
        ("kiln client", "is no name of a Python distribution"),
        ("2kiln", "is no name of a Python distribution"),
        ("../kiln", "is no name of a Python distribution"),
        ("json", "the package json would hide another one"),
        ("httpx", "the package httpx would hide another one"),
        ("class", "the package class would hide another one"),
        *((name, "would hide another one") for name in ("Job-Status", "job_status", "JOB.STATUS", "job-status-tools")),
        *((name, "would hide another one") for name in ("rich", "shtab", "httptools", "redis", "opentelemetry", "h11")),
        *((name, "would hide another one") for name in ("airflow", "attrs", "jwt", "certifi", "anyio", "httpcore")),
    ],
)
def test_name_that_cannot_be_used_is_refused(tmp_path: Path, name: str, expected: str) -> None:
    with pytest.raises(InvalidNameError, match=expected):
        choose(tmp_path, name)


@pytest.mark.parametrize(
    ("written", "version", "expected"),
    [("1.4", "", "1.4"), ("v2", "", "2"), ("1.4", "3.0.1", "3.0.1"), ("1", "2rc1", "2rc1")],
)
def test_version_is_that_of_the_document(tmp_path: Path, written: str, version: str, expected: str) -> None:
    assert choose(tmp_path, "kiln", version, written=written).version == expected


def test_version_that_is_not_valid_in_python_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidNameError, match=r"'latest' is no version of a Python distribution; choose one such as"):
        choose(tmp_path, "kiln", written="latest")


def test_documents_of_several_versions_need_a_version(tmp_path: Path) -> None:
    (tmp_path / "u.yaml").write_text(DOCUMENT % ("7", ""), encoding="utf-8")

    with pytest.raises(InvalidNameError, match=r"the documents have the versions 1\.4, 7; choose one"):
        choose(tmp_path, "kiln")
    assert choose(tmp_path, "kiln", "2.0").version == "2.0"


@pytest.mark.parametrize(
    ("licensed", "expected", "notice"),
    [
        ("", "", "t.yaml: the document names no license."),
        (", license: {name: Apache 2.0, identifier: Apache-2.0}", "Apache-2.0 AND MIT", "t.yaml: Apache-2.0"),
        (", license: {name: MIT, url: 'https://x.example'}", "MIT", "t.yaml: MIT (https://x.example)"),
        (", license: {name: Ours alone}", "", "t.yaml: Ours alone"),
    ],
)
def test_license_is_that_of_the_document(tmp_path: Path, licensed: str, expected: str, notice: str) -> None:
    chosen = choose(tmp_path, "kiln", licensed=licensed)

    assert (chosen.license, chosen.notices) == (expected, (notice,))
