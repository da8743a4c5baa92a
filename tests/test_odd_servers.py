"""Honest servers of every shape are verified without harm and without a false word."""

from pathlib import Path

import pytest

from scripts.document import load
from scripts.verify.run import verify
from scripts.verify.target import Profile, target

from .conftest import served
from .odd_servers import MEMBERS, Fronted, Member, Partial

MODES: dict[str, tuple[Profile, bool]] = {"reads": ("live", False), "writes": ("live", True), "full": ("full", True)}
STEMS = {member.stem: member for member in MEMBERS}
# With writes in the small profile nothing is sent that is not sent in one of the others, but where it starts a job.
RUNS = [(stem, mode) for stem in STEMS for mode in ("reads", "full")] + [
    ("started-only", "writes"),
    ("rate-limited", "writes"),
]


@pytest.mark.parametrize(("stem", "mode"), RUNS)
def test_an_honest_server_is_not_accused(stem: str, mode: str, tmp_path: Path) -> None:
    member: Member = STEMS[stem]
    profile, writes = MODES[mode]
    (tmp_path / f"{stem}.yaml").write_text(member.document, encoding="utf-8")
    application = member.serve()

    with served(application) as url:
        aimed = target(load(tmp_path / f"{stem}.yaml"), url, member.environment, profile=profile, writes=writes)
        result = verify(aimed, 1)

    told = [f"{found.rule}: wanted {found.wanted}, got {found.got}" for found in result.failures()] + result.problems
    assert result.status == (2 if mode in member.blind else 0), told
    sent = {method for method, _, _ in application.requests}
    assert sent <= {"GET", "HEAD", "OPTIONS", *(["POST"] if writes else [])}
    if isinstance(application, Partial):
        assert application.touched == []
    if isinstance(application, Fronted) and mode == "full":
        assert application.turned_away
    if mode == "reads":
        assert any("reads only" in note for note in result.notes) or result.status == 2
    else:
        assert not any("reads only" in note for note in result.notes)


def test_a_server_with_writes_allowed_has_a_job_started_where_none_is_known(tmp_path: Path) -> None:
    member = STEMS["started-only"]
    (tmp_path / "started-only.yaml").write_text(member.document, encoding="utf-8")

    with served(member.serve()) as url:
        document = load(tmp_path / "started-only.yaml")
        blind = verify(target(document, url, member.environment, profile="live", writes=False), 1)
        seen = verify(target(document, url, member.environment, profile="live", writes=True), 1)

    assert "ALLOW_WRITES=1 to have start_job start a job" in blind.problems[0]
    assert seen.tally("get_job", "id_echo").judged
    assert seen.coverage["get_job"].seen_words
