"""The generated package of a tiny document equals the one in `golden/`, so that a change of the generator is a diff.

Run `UPDATE_GOLDEN=1 python -m pytest tests/test_golden.py` to write the packages in `golden/` again, and review the diff.
"""

import os
import shutil
from pathlib import Path

import pytest

from scripts.document import load
from scripts.generate import build
from scripts.owned import list_files

GOLDEN = Path(__file__).parent / "golden"
# Copied files, which are the same in every package.
COPIED = ("job_status/_client/", "LICENSE", "airflow/job_status_airflow/_provider/", "airflow/LICENSE")


def package(document: Path, folder: Path) -> dict[str, str]:
    """Generate the package of a document into a folder; return the text of its files by path."""
    build((load(document),), folder, "tests/golden")
    return contents(folder)


def contents(folder: Path) -> dict[str, str]:
    """Return the text of every file of a package that was not only copied, by path."""
    files = list_files(folder).items()
    return {name: path.read_text(encoding="utf-8") for name, path in files if not name.startswith(COPIED)}


@pytest.mark.parametrize("document", sorted(GOLDEN.glob("*.yaml")), ids=lambda path: str(path.stem))
def test_generated_package_equals_the_golden_record(document: Path, tmp_path: Path) -> None:
    golden, generated = document.with_suffix(""), package(document, tmp_path / "package")
    if os.environ.get("UPDATE_GOLDEN"):
        shutil.rmtree(golden, ignore_errors=True)
        for name, text in generated.items():
            (golden / name).parent.mkdir(parents=True, exist_ok=True)
            (golden / name).write_text(text, encoding="utf-8", newline="\n")

    expected = contents(golden)

    assert sorted(generated) == sorted(expected)
    for name, text in generated.items():
        assert text == expected[name], f"{golden / name}; if the change is intended, run with UPDATE_GOLDEN=1"
