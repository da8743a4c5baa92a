"""Every code block of the documentation is run by a test, or checked here: its commands and their options exist."""

import json
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest
import yaml

from scripts.__main__ import COMMANDS
from scripts.document.job import parse_job
from scripts.document.keyword_rules import _job_schema

from .conftest import ROOT

PAGES: Final = {
    path.name: path.read_text(encoding="utf-8")
    for path in (
        ROOT / "README.md",
        ROOT / "CHANGELOG.md",
        ROOT / "scripts/site/pages/index.md",
        *sorted((ROOT / "docs").glob("*.md")),
    )
}
FENCE = re.compile(r"^ *```(.*)\n((?:.*\n)*?) *```$", re.MULTILINE)
Block = tuple[str, str, int]  # page, language, index among the blocks of the language

# The module that runs blocks; `*` stands for all blocks of a language.
RUN: Final = {
    ("README.md", "python", "*"): "test_readme.py",
    ("README.md", "yaml", "*"): "test_readme.py",
    ("README.md", "sh", 0): "test_readme.py",
    ("README.md", "sh", 2): "test_readme.py",
    ("a-document-of-your-own.md", "python", "*"): "test_own_document.py",
    ("a-document-of-your-own.md", "yaml", "*"): "test_own_document.py",
    ("a-document-of-your-own.md", "sh", "*"): "test_own_document.py",
    ("a-document-of-your-own.md", "bash", "*"): "test_own_document.py",
    ("airflow.md", "python", "*"): "airflow_provider/test_dag.py",
    ("ci.md", "yaml", "*"): "test_action.py",
    ("client.md", "python", "*"): "test_readme.py",
    ("command-line.md", "sh", "*"): "test_readme.py",
    ("command-line.md", "toml", "*"): "test_readme.py",
    ("documents.md", "yaml", "*"): "test_readme.py",
    ("engines.md", "python", "*"): "engines/test_page.py",
    ("simulator.md", "python", "*"): "test_readme.py",
    ("simulator.md", "sh", "*"): "test_readme.py",
    ("traffic.md", "python", "*"): "test_readme.py",
    ("tutorial.md", "sh", "*"): "test_tutorial.py",
    ("tutorial.md", "python", "*"): "test_tutorial.py",
    ("verification.md", "python", "*"): "test_mutants.py",
    ("verification.md", "yaml", "*"): "test_baseline.py",
    ("verification.md", "sh", 0): "test_readme.py",
    ("verification.md", "sh", 1): "test_readme.py",
    ("versioning.md", "yaml", "*"): "compare/test_compare_command.py",
    ("waiting.md", "python", "*"): "test_readme.py",
}
# Blocks whose content is checked by a test of this module.
CHECKED: Final = {
    ("README.md", "sh", 1),
    ("airflow.md", "sh", 0),
    ("documents.md", "sh", 0),
    ("drift.md", "sh", 0),
    ("drift.md", "yaml", 0),
    ("index.md", "sh", 0),
    ("releasing.md", "sh", 0),
    ("releasing.md", "sh", 1),
    ("simulator.md", "toml", 0),
    ("traffic.md", "sh", 0),
    ("traffic.md", "sh", 1),
    ("verification.md", "sh", 2),
    ("verification.md", "sh", 3),
    ("verification.md", "sh", 4),
    ("verification.md", "sh", 5),
    ("verification.md", "toml", 0),
    ("versioning.md", "sh", 0),
    ("waiting.md", "sh", 0),
    ("waiting.md", "sh", 1),
    *(("x-job.md", "yaml", index) for index in range(PAGES["x-job.md"].count("```yaml"))),
}


def blocks() -> Iterator[tuple[Block, str]]:
    """Yield every fenced block of every page, except the navigation of the site."""
    for page, text in PAGES.items():
        counts: dict[str, int] = {}
        for language, code in FENCE.findall(text):
            yield (page, language, counts.setdefault(language, 0)), code
            counts[language] += 1


CODE: Final = dict(blocks())


def commands() -> Iterator[tuple[Block, list[str]]]:
    """Yield every command of the checked shell blocks, without assignments before it and redirections."""
    for block in sorted(CHECKED):
        if block[1] == "sh":
            for line in CODE[block].replace("\\\n", " ").strip().splitlines():
                for command in re.split(r" \| | && ", line):
                    yield block, [part for part in shlex.split(re.sub(r"<\S+", "", command)) if part]


@cache
def printed_help(*command: str) -> str:
    """Return what a command prints for `--help`."""
    environment = {"PYTHONPATH": f"{ROOT / 'generated'}", "NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, "-m", *command, "--help"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_every_block_has_a_language_and_is_run_or_checked() -> None:
    shown = {block for block in CODE if block[1] != "text"}
    run = {block for block in shown if {block, (block[0], block[1], "*")} & RUN.keys()}

    assert len(CODE) > 80
    assert not [block for block in CODE if not block[1]], "a block has no language; what is not run is text"
    assert shown - run - CHECKED == set(), "is run by no test"
    assert run & CHECKED == set()
    assert shown >= CHECKED
    assert {(page, language) for page, language, _ in RUN} <= {(page, language) for page, language, _ in shown}


@pytest.mark.parametrize("block", RUN, ids=str)
def test_module_that_runs_a_block_names_its_page(block: tuple[str, str, int | str]) -> None:
    module = ROOT / "tests" / RUN[block]
    sources = [module, *module.parent.glob("programs.py")]

    assert any(block[0] in path.read_text(encoding="utf-8") for path in sources)


def test_commands_and_their_options_exist() -> None:
    checked = 0
    for block, parts in commands():
        while re.fullmatch(r"[A-Z_]+=.*", parts[0]):
            parts = parts[1:]
        checked += {"make": check_make, "docker": check_docker}.get(parts[0], check_program)(block, parts)

    assert checked > 15


def check_make(block: Block, parts: list[str]) -> int:
    """Check that the targets exist and that their recipes use the variables."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = [part for part in parts[1:] if "=" not in part]
    recipes = [re.search(rf"^{re.escape(target)}:.*\n(?:\t.*\n)+", makefile, re.MULTILINE) for target in targets]
    assert targets, block
    assert all(recipes), (block, parts)
    for name in (part.partition("=")[0] for part in parts if "=" in part):
        assert any(re.search(rf"\b{name}\b", recipe[0]) for recipe in recipes if recipe), (block, name)
    return 1


def check_docker(block: Block, parts: list[str]) -> int:
    """Check that the node is one that CI starts, in the same way."""
    workflow = (ROOT / ".github/workflows/opensearch.yaml").read_text(encoding="utf-8")
    images = [part for part in parts if part.startswith("opensearchproject/")]
    assert parts[1] == "cp" or images, block
    for part in (*images, *(one.partition("=")[0] for one in parts if re.match(r"[A-Z_]+=|discovery", one))):
        version = part.rpartition(":")[2]
        assert part in workflow or f"'{version}'" in workflow, (block, part)
    return 1


def check_program(block: Block, parts: list[str]) -> int:
    """Check that a command of the project has the options."""
    if parts[0] in {"export", "gunzip"}:
        return 0
    options = [part for part in parts if part.startswith("--")]
    if parts[0] == "job-status-tools":
        assert parts[1] in COMMANDS, block
        text = printed_help("scripts", parts[1])
    else:
        assert parts[0] == "job-status", (block, parts)
        text = printed_help("job_status", *parts[1:4])
    for option in options:
        assert re.search(rf"{option}\b", text), (block, option)
    return 1


def test_example_of_a_connection_is_one() -> None:
    ((name, value),) = re.findall(r"^export (\w+)='(.*)'$", CODE["airflow.md", "sh", 0], re.MULTILINE)
    connection = json.loads(value)

    assert name == f"AIRFLOW_CONN_{connection['conn_type']}_default".upper()
    assert connection["conn_type"] in (ROOT / "generated/airflow/pyproject.toml").read_text(encoding="utf-8") or any(
        connection["conn_type"] in path.read_text(encoding="utf-8")
        for path in (ROOT / "generated/airflow/job_status_airflow/hooks").glob("*.py")
    )
    assert connection["host"].startswith("https://")


def test_example_of_the_drift_workflow_calls_it() -> None:
    (job,) = yaml.safe_load(CODE["drift.md", "yaml", 0])["jobs"].values()
    path = job["uses"].partition("/.github/")[2].partition("@")[0]
    # `on` is a boolean in YAML 1.1.
    called = yaml.safe_load((ROOT / ".github" / path).read_text(encoding="utf-8"))[True]["workflow_call"]

    assert job["with"].keys() <= called["inputs"].keys()
    assert {name for name, one in called["inputs"].items() if one.get("required")} <= job["with"].keys()
    assert job["secrets"].keys() <= called["secrets"].keys()


def test_settings_exist() -> None:
    setting = tomllib.loads(CODE["simulator.md", "toml", 0])["tool"]["pytest"]["ini_options"]
    hooks = tomllib.loads(CODE["verification.md", "toml", 0])["hooks"]

    plugin = (ROOT / "scripts/simulate/plugin.py").read_text(encoding="utf-8")
    assert all(f'"{name}"' in plugin for name in setting)
    assert (ROOT / f"{hooks.replace('job_status_tools', 'scripts').replace('.', '/')}.py").is_file()


def test_examples_of_x_job_are_valid() -> None:
    complete = {"state": "$response.body#/status", "pending": ["a"], "success": ["b"], "failure": ["c"]}
    keys = set()
    for (page, language, _), code in CODE.items():
        if (page, language) == ("x-job.md", "yaml"):
            (example,) = yaml.safe_load(code).items()
            job = {**({} if isinstance(example[1], list) and example[0] == "state" else complete), **dict([example])}
            _job_schema().validate(job)
            parse_job(job)
            keys.add(example[0])

    schema = json.loads((ROOT / "scripts/document/x-job.schema.json").read_text(encoding="utf-8"))
    assert keys == schema["properties"].keys()


def test_pages_of_a_folder_are_all() -> None:
    assert {path.name for path in Path(ROOT / "docs").iterdir()} <= PAGES.keys()


def test_docstrings_of_the_client_show_no_code_that_is_not_run() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "scripts/client").rglob("*.py")]

    assert len(sources) > 40
    assert not [
        source for source in sources if re.search(r"^\s*>>> |^\s*\.\. code|^ {4,}[A-Z][^#\n]*::$", source, re.M)
    ]
