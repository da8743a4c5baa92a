"""Verification of conforming servers reports no failures and sends no requests that it must not send."""

from pathlib import Path

import pytest

from scripts.document import load
from scripts.verify.run import verify
from scripts.verify.target import Profile, make_target

from .conforming_servers import CASES, BehindWebServer, UndocumentedMethods
from .conftest import served

MODES: dict[str, tuple[Profile, bool]] = {"reads": ("live", False), "writes": ("live", True), "full": ("full", True)}
BY_STEM = {case.stem: case for case in CASES}
# The "writes" mode sends only requests that the other modes send too, except for the start of a job.
RUNS = [(stem, mode) for stem in BY_STEM for mode in ("reads", "full")] + [
    ("started-only", "writes"),
    ("rate-limited", "writes"),
]


@pytest.mark.parametrize(("stem", "mode"), RUNS)
def test_conforming_server_has_no_failures(stem: str, mode: str, tmp_path: Path) -> None:
    case = BY_STEM[stem]
    profile, writes = MODES[mode]
    (tmp_path / f"{stem}.yaml").write_text(case.document, encoding="utf-8")
    application = case.make_server()

    with served(application) as url:
        goal = make_target(load(tmp_path / f"{stem}.yaml"), url, case.environment, profile=profile, writes=writes)
        result = verify(goal, 1)

    reported = [
        f"{found.check}: expected {found.expected}, got {found.got}" for found in result.failures()
    ] + result.problems
    assert result.status == (2 if mode in case.inconclusive else 0), reported
    sent = {method for method, _, _ in application.requests}
    assert sent <= {"GET", "HEAD", "OPTIONS", *(["POST"] if writes else [])}
    if isinstance(application, UndocumentedMethods):
        assert application.undocumented_writes == []
    if isinstance(application, BehindWebServer) and mode == "full":
        assert application.rejected
    if mode == "reads":
        assert any("reads only" in note for note in result.notes) or result.status == 2
    else:
        assert not any("reads only" in note for note in result.notes)


def test_verification_starts_a_job_if_no_job_id_is_known_and_writes_are_allowed(tmp_path: Path) -> None:
    case = BY_STEM["started-only"]
    (tmp_path / "started-only.yaml").write_text(case.document, encoding="utf-8")

    with served(case.make_server()) as url:
        document = load(tmp_path / "started-only.yaml")
        without_writes = verify(make_target(document, url, case.environment, profile="live", writes=False), 1)
        with_writes = verify(make_target(document, url, case.environment, profile="live", writes=True), 1)

    assert "ALLOW_WRITES=1 to have start_job start a job" in without_writes.problems[0]
    assert with_writes.tally("get_job", "id_echo").checked
    assert with_writes.coverage["get_job"].seen_states
