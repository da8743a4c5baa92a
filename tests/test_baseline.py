"""A baseline accepts failures for a while, with a reason, and hides nothing."""

import datetime
import json
import re
from pathlib import Path

import pytest

from scripts.document import Document, DocumentError
from scripts.simulate import Simulator
from scripts.verify.baseline import accept, load_baseline
from scripts.verify.report import junit, sarif
from scripts.verify.result import Failure, Result

from .conftest import ENVIRONMENT, ROOT, Serve
from .lies import Lie
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


def broken(document: Document, *rules: str) -> Result:
    """A result in which rules were broken."""
    result = Result(document, "http://127.0.0.1:1", ())
    for rule in rules:
        found = Failure(rule, "get_dock_status", "no caching", f"max-age=60 of {rule}", f"{document.path}:7", "curl x")
        result.judge("get_dock_status", rule, found)
    return result


def written(folder: Path, text: str) -> Path:
    path = folder / "baseline.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_accepted_failure_does_not_count_and_every_report_tells_it(
    documents: dict[str, Document], tmp_path: Path
) -> None:
    document = documents["agent-platform"]
    entries = load_baseline(written(tmp_path, ENTRY), documents.values())
    result = broken(document, "caching", "head")
    result.operations = document.operations

    accept([result], entries, TODAY)

    assert [failure.rule for failure in result.failures()] == ["head"]
    assert result.tally("get_dock_status", "caching").verdict == "accepted"
    assert result.status == 1
    told = "Their CDN; they know. (until 2026-12-31)"
    result.coverage = {}
    assert told in junit([result])
    suppressed = [r for r in json.loads(sarif([result]))["runs"][0]["results"] if "suppressions" in r]
    assert [(r["ruleId"], r["suppressions"][0]["justification"]) for r in suppressed] == [("caching", told)]


def test_alone_it_makes_the_run_green(documents: dict[str, Document], tmp_path: Path) -> None:
    result = broken(documents["agent-platform"], "caching")

    accept([result], load_baseline(written(tmp_path, ENTRY), documents.values()), TODAY)

    assert result.status == 0


def test_an_entry_ends_with_its_last_day(documents: dict[str, Document], tmp_path: Path) -> None:
    entries = load_baseline(written(tmp_path, ENTRY), documents.values())
    last, after = broken(documents["agent-platform"], "caching"), broken(documents["agent-platform"], "caching")

    accept([last], entries, datetime.date(2026, 12, 31))
    accept([after], entries, datetime.date(2027, 1, 1))

    assert (last.status, after.status) == (0, 1)
    assert after.notes == [f"{tmp_path}/baseline.yaml:2: what it accepts of caching has counted since 2026-12-31"]


def test_another_operation_rule_or_failure_is_not_meant(documents: dict[str, Document], tmp_path: Path) -> None:
    others = [
        ENTRY.replace("rule: caching", "rule: head"),
        ENTRY.replace("api: agent-platform", "api: ai-for-process"),
        ENTRY.replace("    reason:", "    got: max-age=3600\n    reason:"),
    ]

    for text in others:
        result = broken(documents["agent-platform"], "caching")
        accept([result], load_baseline(written(tmp_path, text), documents.values()), TODAY)
        assert result.status == 1


def test_an_entry_that_meets_nothing_can_go(documents: dict[str, Document], tmp_path: Path) -> None:
    result = broken(documents["agent-platform"])

    accept([result], load_baseline(written(tmp_path, ENTRY), documents.values()), TODAY)

    assert result.notes == [f"{tmp_path}/baseline.yaml:2: no failure of caching was met; the entry can go"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("rule: caching", "rule: cashing", "baseline.yaml:2: there is no rule cashing; wanted one of accept, "),
        ("api: agent-platform", "api: agent", "baseline.yaml:2: there is no api agent; wanted one of agent-platform"),
        ("operation: get_dock_status", "operation: undeploy_model", "there is no operation undeploy_model"),
        ("    reason: Their CDN; they know.\n", "", 'baseline.yaml:2 /accepted/0: "reason" is a required property'),
        ("    expires: '2026-12-31'\n", "", '"expires" is a required property'),
        ("'2026-12-31'", "'2026-02-30'", "baseline.yaml:2: expires is 2026-02-30, which is no day"),
        ("'2026-12-31'", "2026-12-31", "put 2026-12-31 in quotes"),
        ("operation:", "operaton:", "Additional properties are not allowed"),
    ],
)
def test_a_baseline_that_says_nothing_true_is_refused(
    documents: dict[str, Document], tmp_path: Path, old: str, new: str, said: str
) -> None:
    with pytest.raises((ValueError, DocumentError), match=re.escape(said)):
        load_baseline(written(tmp_path, ENTRY.replace(old, new)), documents.values())


def test_a_run_with_a_baseline_is_green_where_all_is_accepted(
    simulator: Simulator, serve: Serve, tmp_path: Path
) -> None:
    url = serve(Lie(simulator, workflow_id_as_number)) + "/ai-for-process"
    entry = ENTRY.replace("rule: caching", "rule: response_schema_conformance").replace(
        "agent-platform", "ai-for-process"
    )
    path = written(tmp_path, entry.replace("2026-12-31", "9999-12-31"))

    done = verify("--api", "ai-for-process", "--url", url, "--baseline", str(path), out=tmp_path, **ENVIRONMENT)
    spoiled = verify("--baseline", str(tmp_path / "nothing.yaml"), out=tmp_path)

    assert done.returncode == 0, done.stdout
    assert "response_schema_conformance: accepted: /workflowId is 17" in done.stdout
    assert "Accepted for now" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert spoiled.returncode == 2
    assert "nothing.yaml:1" in spoiled.stderr
    assert "cannot be read" in spoiled.stderr


def test_the_baseline_of_the_readme_is_one(documents: dict[str, Document], tmp_path: Path) -> None:
    block = re.search(r"```yaml\n(accepted:.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)

    assert block is not None
    assert load_baseline(written(tmp_path, block[1]), documents.values())[0].rule == "caching"
