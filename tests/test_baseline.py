"""Baselines: accepted failures have a reason and an expiry date, and stay in the reports."""

import datetime
import json
import re
from pathlib import Path

import pytest

from scripts.document import Document, DocumentError
from scripts.simulate import Simulator
from scripts.verify.baseline import apply_baseline, load_baseline
from scripts.verify.report import junit, sarif
from scripts.verify.result import Failure, Result

from .conftest import ENVIRONMENT, ROOT, Serve
from .faulty_responses import FaultyServer
from .test_verify import verify, workflow_id_as_number

TODAY = datetime.date(2026, 11, 24)
ENTRY = """\
accepted:
  - rule: caching
    api: agent-platform
    operation: get_dock_status
    reason: Their CDN; they know.
    expires: '2026-12-31'
"""


def failed(document: Document, *checks: str) -> Result:
    """Make a result in which checks have failed."""
    result = Result(document, "http://127.0.0.1:1", ())
    for check in checks:
        found = Failure(
            check, "get_dock_status", "no caching", f"max-age=60 of {check}", f"{document.path}:7", "curl x"
        )
        result.add_check("get_dock_status", check, found)
    return result


def write_baseline(folder: Path, text: str) -> Path:
    path = folder / "baseline.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_accepted_failure_does_not_count_and_is_in_every_report(documents: dict[str, Document], tmp_path: Path) -> None:
    document = documents["agent-platform"]
    entries = load_baseline(write_baseline(tmp_path, ENTRY), documents.values())
    result = failed(document, "caching", "head")
    result.operations = document.operations

    apply_baseline([result], entries, TODAY)

    assert [failure.check for failure in result.failures()] == ["head"]
    assert result.tally("get_dock_status", "caching").verdict == "accepted"
    assert result.status == 1
    reason = "Their CDN; they know. (until 2026-12-31)"
    result.coverage = {}
    assert reason in junit([result])
    suppressed = [r for r in json.loads(sarif([result]))["runs"][0]["results"] if "suppressions" in r]
    assert [(r["ruleId"], r["suppressions"][0]["justification"]) for r in suppressed] == [("caching", reason)]


def test_status_is_0_if_all_failures_are_accepted(documents: dict[str, Document], tmp_path: Path) -> None:
    result = failed(documents["agent-platform"], "caching")

    apply_baseline([result], load_baseline(write_baseline(tmp_path, ENTRY), documents.values()), TODAY)

    assert result.status == 0


def test_entry_expires_after_its_last_day(documents: dict[str, Document], tmp_path: Path) -> None:
    entries = load_baseline(write_baseline(tmp_path, ENTRY), documents.values())
    last, after = failed(documents["agent-platform"], "caching"), failed(documents["agent-platform"], "caching")

    apply_baseline([last], entries, datetime.date(2026, 12, 31))
    apply_baseline([after], entries, datetime.date(2027, 1, 1))

    assert (last.status, after.status) == (0, 1)
    assert after.notes == [f"{tmp_path}/baseline.yaml:2: the entry for caching expired on 2026-12-31"]


def test_entry_does_not_match_another_check_api_or_failure(documents: dict[str, Document], tmp_path: Path) -> None:
    others = [
        ENTRY.replace("rule: caching", "rule: head"),
        ENTRY.replace("api: agent-platform", "api: ai-for-process"),
        ENTRY.replace("    reason:", "    got: max-age=3600\n    reason:"),
    ]

    for text in others:
        result = failed(documents["agent-platform"], "caching")
        apply_baseline([result], load_baseline(write_baseline(tmp_path, text), documents.values()), TODAY)
        assert result.status == 1


def test_entry_without_a_match_is_reported(documents: dict[str, Document], tmp_path: Path) -> None:
    result = failed(documents["agent-platform"])

    apply_baseline([result], load_baseline(write_baseline(tmp_path, ENTRY), documents.values()), TODAY)

    assert result.notes == [f"{tmp_path}/baseline.yaml:2: no failure of caching matches; remove the entry"]


def test_date_needs_no_quotes(documents: dict[str, Document], tmp_path: Path) -> None:
    text = ENTRY.replace("'2026-12-31'", "2026-12-31")

    (entry,) = load_baseline(write_baseline(tmp_path, text), documents.values())

    assert entry.expires == datetime.date(2026, 12, 31)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("rule: caching", "rule: cashing", "baseline.yaml:2: rule: expected one of accept, "),
        ("api: agent-platform", "api: agent", "baseline.yaml:2: api: expected one of agent-platform, "),
        (
            "operation: get_dock_status",
            "operation: undeploy_model",
            "operation: expected one of get_dock_status, got undeploy_model",
        ),
        ("    reason: Their CDN; they know.\n", "", 'baseline.yaml:2 /accepted/0: "reason" is a required property'),
        ("    expires: '2026-12-31'\n", "", '"expires" is a required property'),
        ("'2026-12-31'", "'2026-02-30'", "baseline.yaml:2: expires: expected a date, got 2026-02-30"),
        ("'2026-12-31'", "2026-02-30", "baseline.yaml:2: expires: expected a date, got 2026-02-30"),
        ("operation:", "operaton:", "Additional properties are not allowed"),
    ],
)
def test_invalid_baseline_is_rejected(
    documents: dict[str, Document], tmp_path: Path, old: str, new: str, message: str
) -> None:
    with pytest.raises((ValueError, DocumentError), match=re.escape(message)) as caught:
        load_baseline(write_baseline(tmp_path, ENTRY.replace(old, new)), documents.values())

    assert new.rpartition(": ")[2].strip(":'") in str(caught.value)


def test_run_succeeds_if_the_baseline_accepts_all_failures(simulator: Simulator, serve: Serve, tmp_path: Path) -> None:
    url = serve(FaultyServer(simulator, workflow_id_as_number)) + "/ai-for-process"
    entry = ENTRY.replace("rule: caching", "rule: response_schema_conformance").replace(
        "agent-platform", "ai-for-process"
    )
    path = write_baseline(tmp_path, entry.replace("2026-12-31", "9999-12-31"))

    done = verify("--api", "ai-for-process", "--url", url, "--baseline", str(path), out=tmp_path, **ENVIRONMENT)
    missing = verify("--baseline", str(tmp_path / "nothing.yaml"), out=tmp_path)

    assert done.returncode == 0, done.stdout
    assert "response_schema_conformance: accepted: /workflowId is 17" in done.stdout
    assert "Accepted for now" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert missing.returncode == 2
    assert "nothing.yaml:1" in missing.stderr
    assert "cannot be read" in missing.stderr


def test_baseline_in_the_documentation_is_valid(documents: dict[str, Document], tmp_path: Path) -> None:
    block = re.search(
        r"```yaml\n(accepted:.*?)```", (ROOT / "docs/verification.md").read_text(encoding="utf-8"), re.DOTALL
    )

    assert block is not None
    assert load_baseline(write_baseline(tmp_path, block[1]), documents.values())[0].check == "caching"
