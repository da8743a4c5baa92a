"""Archives that other tools make from the simulator, clean and with one fault: Schemathesis and mitmproxy."""

import copy
import json
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.document import Document, load
from scripts.verify.traffic.check import TrafficReport, check_traffic

from ..conftest import ROOT, Serve
from ..paths import path_of
from .archives import checks, problems
from .faults import FAULTS, JOB, SECRET, STEM, Faulty

RECORDED = Path(__file__).parent / "mitmproxy"  # by `make test-live`, with mitmproxy 11


@pytest.fixture(scope="module")
def document() -> Document:
    return load(ROOT / "openapi" / f"{STEM}.yaml")


def failures_named(report: TrafficReport, document: Document, fault: str) -> bool:
    """Return whether the fault was named by its check, at its clause."""
    _, check, clause = FAULTS[fault]
    source = document.path.read_text(encoding="utf-8").splitlines()
    lines = [
        source[int(failure.clause.rpartition(":")[2]) - 1].strip()
        for result in report.results
        for failure in result.failures()
        if failure.check == check
    ]
    return any(line.startswith(clause.strip()) for line in lines)


@pytest.mark.parametrize("fault", [None, *FAULTS])
def test_archive_of_schemathesis(document: Document, serve: Serve, tmp_path: Path, fault: str | None) -> None:
    url = serve(Faulty(document, FAULTS[fault][0] if fault else None))
    path = tmp_path / "traffic.har"
    # Schemathesis polls one job again and again.
    narrow = copy.deepcopy(document.data)
    for parameter in narrow["paths"][path_of(STEM, "get_publish_status")]["get"]["parameters"]:
        if parameter["name"] == "botId":
            parameter.pop("examples")
            parameter["schema"] = {"type": "string", "enum": [JOB]}
    (tmp_path / "narrow.json").write_text(json.dumps(narrow), encoding="utf-8")
    command = [str(Path(sys.executable).with_name("st")), "run", "narrow.json", "--url", f"{url}/{STEM}"]
    command += ["-H", f"auth: {SECRET}", "--report", "har", "--report-har-path", str(path)]
    command += ["--max-examples", "40", "--seed", "1", "--continue-on-failure", "--generation-database", "none"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, timeout=120)

    report = check_traffic([str(path)], [document], {})

    assert problems(report) == []
    if fault is None:
        assert [str(failure) for result in report.results for failure in result.failures()] == []
    else:
        assert failures_named(report, document, fault), checks(report)


@pytest.mark.parametrize("fault", [None, *FAULTS])
def test_archive_of_mitmproxy(document: Document, fault: str | None) -> None:
    report = check_traffic([str(RECORDED / f"{fault or 'clean'}.har.gz")], [document], {})

    assert problems(report) == []
    if fault is None:
        assert checks(report) == set()
    else:
        assert failures_named(report, document, fault), checks(report)
