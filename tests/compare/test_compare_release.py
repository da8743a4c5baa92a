"""What `compare` says about the release, the file of accepted changes, and its formats."""

import datetime
import json
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from packaging.version import Version

from scripts.compare.accepted import accept, load_accepted
from scripts.compare.change import FINE, Change, Place, Verdict, breaks, changes
from scripts.compare.comparison import Comparison
from scripts.compare.release import Bump, release_of
from scripts.compare.report import FORMATS, MARK, NOTHING, Report
from scripts.compare.side import CannotCompareError, Side
from scripts.document import Document
from scripts.document.source import Place as Root
from scripts.document.source import Source

TODAY = datetime.date(2026, 11, 27)


def change(subject: str = "get_job", **fields: Any) -> Change:
    return Change("rule", "kiln", subject, f"{subject} changed", Place("old.yaml", 3), Place("new.yaml", 4), **fields)


CODE, FIELD, WAIT = (change(name, **{name: breaks("why")}) for name in ("code", "field", "wait"))
NEW, REST = change("new", is_new=True), change("rest", field=changes("a detail"))


def comparison(
    *found: Change,
    old: str | None = None,
    new: str | None = None,
    changelogs: tuple[str | None, str | None] = (None, None),
) -> Comparison:
    versions = [Version(text) if text else None for text in (old, new)]
    sides = [
        Side(name, Path(), version=version, changelog=changelog)
        for name, version, changelog in zip(("old", "new"), versions, changelogs, strict=True)
    ]
    return Comparison(sides[0], sides[1], found)


@pytest.mark.parametrize(
    ("found", "bump"),
    [
        ((), Bump.NONE),
        ((CODE,), Bump.MAJOR),
        ((WAIT, NEW), Bump.MAJOR),
        ((FIELD,), Bump.PATCH),
        ((NEW, FIELD), Bump.MINOR),
        ((REST, NEW, REST), Bump.MINOR),
        ((REST,), Bump.PATCH),
    ],
)
def test_bump_follows_from_the_verdicts(found: tuple[Change, ...], bump: Bump) -> None:
    assert release_of(comparison(*found)).bump is bump


@pytest.mark.parametrize(
    ("old", "found", "required"),
    [
        ("1.4.2", CODE, "2.0.0"),
        ("1.4.2", NEW, "1.5.0"),
        ("1.4.2", REST, "1.4.3"),
        ("0.3.1", CODE, "0.4.0"),
        ("0.3.1", NEW, "0.3.2"),
        ("2.0", CODE, "3.0.0"),
        ("1.0.0rc1", REST, "1.0.1"),
    ],
)
def test_version_that_is_too_small_is_a_problem(old: str, found: Change, required: str) -> None:
    same = release_of(comparison(found, old=old, new=old))
    enough = release_of(comparison(found, old=old, new=required))
    more = release_of(comparison(found, old=old, new="9.0"))

    assert str(same.required) == required
    assert required in same.problems[0]
    assert old in same.problems[0]
    assert enough.problems == more.problems == ()


@pytest.mark.parametrize(
    ("new", "is_enough"),
    [
        *((version, True) for version in ("2", "2.0", "2.0.0", "2.0.0.1", "1!0.1", "2.0.0rc1", "2.0a1")),
        *((version, False) for version in ("1.9", "1.9.9", "1.9.9.post1", "1.9.9rc1")),
    ],
)
def test_versions_are_compared_by_their_numbers(new: str, is_enough: bool) -> None:
    problems = release_of(comparison(CODE, old="1.4", new=new)).problems

    assert (not problems) == is_enough


def test_nothing_is_needed_for_no_change() -> None:
    release = release_of(comparison(old="1.0.0", new="1.0.0", changelogs=("# Changelog\n", "# Changelog\n")))

    assert (release.problems, release.lines) == ((), {})


def test_a_break_without_versions_is_a_problem() -> None:
    assert release_of(comparison(FIELD)).problems
    assert not release_of(comparison(NEW, REST)).problems
    changelogs = ("", "- field changed\n")
    assert release_of(comparison(FIELD, changelogs=changelogs)).problems
    assert release_of(comparison(FIELD, old="1.0.0", changelogs=changelogs)).problems
    assert not release_of(comparison(FIELD, old="1.0.0", new="2.0.0", changelogs=changelogs)).problems


def test_changelog_lacks_a_line_until_the_drafts_are_in_it() -> None:
    before = "# Changelog\n\n- an older line about code, wait and new\n"
    versions = {"old": "1.0.0", "new": "2.0.0"}
    lacking = release_of(comparison(CODE, WAIT, NEW, REST, **versions, changelogs=(before, before)))
    drafts = "".join(f"{line}\n" for lines in lacking.lines.values() for line in lines)
    partly = release_of(comparison(CODE, WAIT, NEW, **versions, changelogs=(before, f"{before}- `wait` moved\n")))
    complete = release_of(comparison(CODE, WAIT, NEW, REST, **versions, changelogs=(before, before + drafts)))

    assert set(lacking.lines) == {"Added", "Changed"}
    (problem,) = lacking.problems
    assert "code, wait, new" in problem
    assert "code, new;" in partly.problems[0]
    assert complete.problems == ()


@pytest.mark.parametrize(
    ("line", "is_written"),
    [
        ("- `DockStatus.status` was removed", True),
        ("- kiln: the status of a DockStatus was removed", True),
        ("- site: the status page is quicker", False),
        ("- DockStatus has another colour", False),
        ("- mill: `DockStatus.status` was removed", False),
        ("- **mill**: `DockStatus.status` was removed", False),
        ("- Note: `DockStatus.status` was removed", True),
    ],
)
def test_a_line_names_what_has_changed(line: str, is_written: bool) -> None:
    documents = [Document(Source(Path(f"{stem}.yaml"), {}, Root(Path(), 1)), stem, {}, ()) for stem in ("kiln", "mill")]
    compared = comparison(
        change("DockStatus.status", code=breaks("why")), old="1.0.0", new="2.0.0", changelogs=("", line)
    )
    compared = evolve(compared, old=evolve(compared.old, documents=tuple(documents)))

    assert (not release_of(compared).problems) == is_written


def test_removed_and_deprecated_have_their_sections() -> None:
    removed = Change("operation-removed", "kiln", "get_job", "get_job was removed", code=breaks("why"))
    deprecated = Change("deprecated", "kiln", "get_job", "get_job is deprecated now", code=changes("it may go"))

    assert set(release_of(comparison(removed, deprecated)).lines) == {"Deprecated", "Removed"}


def accepted_file(folder: Path, *entries: str) -> Path:
    path = folder / "accepted.yaml"
    path.write_text("accepted:\n" + "".join(f"  - {entry}\n" for entry in entries), encoding="utf-8")
    return path


def test_accepted_changes_do_not_count(tmp_path: Path) -> None:
    code = change("code", code=breaks("why"))
    path = accepted_file(tmp_path, f"{{fingerprint: {code.fingerprint}, reason: nobody uses it, expires: 2026-11-27}}")

    assert accept([code], load_accepted(path), TODAY) == []
    found = comparison(code, old="1.0.0", new="1.0.0")
    assert code.accepted == "nobody uses it"
    assert release_of(found).problems == ()
    assert "accepted: nobody uses it" in FORMATS["text"](Report(found, release_of(found)))


def test_expired_and_unmatched_entries_are_reported(tmp_path: Path) -> None:
    code = change("code", code=breaks("why"))
    path = accepted_file(
        tmp_path,
        f"{{fingerprint: {code.fingerprint}, reason: for now, expires: 2026-11-26}}",
        "{fingerprint: '000000000000', reason: gone}",
    )

    expired, unmatched = accept([code], load_accepted(path), TODAY)

    assert not code.accepted
    assert f"{path}:2: the entry expired on 2026-11-26" in expired
    assert f"{path}:3: no change has the fingerprint 000000000000" in unmatched


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("accepted: 1", "expected a list"),
        ("accepted: [{fingerprint: abc}]", "`fingerprint` and `reason`"),
        ("accepted: [{fingerprint: 12, reason: x}]", "`fingerprint` and `reason`"),
        ("accepted: [{fingerprint: abc, reason: x, day: y}]", "got day"),
        ("accepted: [{fingerprint: abc, reason: x, expires: soon}]", "got soon"),
    ],
)
def test_invalid_entries_are_refused_with_their_line(text: str, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "accepted.yaml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(CannotCompareError, match=r"accepted\.yaml:1: ") as raised:
        load_accepted(path)
    assert expected in str(raised.value)


def test_fingerprint_follows_the_change_and_not_its_lines() -> None:
    moved = change("code", code=FINE)
    moved.old = Place("old.yaml", 99)

    assert moved.fingerprint == CODE.fingerprint
    assert len({one.fingerprint for one in (CODE, FIELD, WAIT, NEW, REST)}) == 5


HOSTILE = "`x` | <b>\x1b[2J\n::error::y"


def report(*found: Change) -> Report:
    compared = comparison(*found, old="1.0.0", new="1.0.0")
    return Report(compared, release_of(compared))


@pytest.mark.parametrize("name", FORMATS)
def test_formats_escape_what_documents_say(name: str) -> None:
    text = FORMATS[name](report(change(HOSTILE, code=Verdict(CODE.code.level, HOSTILE))))

    assert "\x1b" not in text
    assert not any(line.startswith("::error::y") for line in text.splitlines())
    if name == "markdown":
        (row,) = (line for line in text.splitlines() if "&lt;b>" in line)
        assert row.replace("\\|", "").count("|") == 5


@pytest.mark.parametrize("name", FORMATS)
def test_formats_say_that_nothing_changed(name: str) -> None:
    text = FORMATS[name](report())

    assert json.loads(text)["changes"] == [] if name == "json" else NOTHING in text


def test_json_has_every_verdict() -> None:
    data = json.loads(FORMATS["json"](report(CODE, FIELD)))

    assert data["verdicts"] == {"code": "breaks", "field": "breaks", "wait": "fine"}
    first = data["changes"][0]
    assert first["old"] == {"file": "old.yaml", "line": 3}
    assert first["verdicts"]["code"] == {"level": "breaks", "why": "why", "fix": CODE.code.fix}
    assert first["fingerprint"] == CODE.fingerprint
    assert data["release"]["bump"] == "major"
    assert data["release"]["required_version"] == "2.0.0"


@pytest.mark.parametrize("name", FORMATS)
def test_accepted_changes_break_nobody(name: str) -> None:
    accepted = change("code", code=breaks("why"))
    accepted.accepted = "nobody uses it"
    text = FORMATS[name](report(accepted, REST))

    if name == "json":
        assert json.loads(text)["verdicts"] == {"code": "fine", "field": "changes", "wait": "fine"}
    else:
        assert "2 changes, 1 accepted: code fine, field changes, wait fine" in text


def test_annotation_of_a_removal_is_where_it_was() -> None:
    removed = change("get_job", code=breaks("why"))
    removed.new, removed.above = None, Place("new.yaml", 7)

    assert FORMATS["github"](report(removed)).startswith("::warning file=new.yaml,line=7,title=code breaks::")


def test_annotations_are_at_the_clause_of_what_breaks() -> None:
    lines = FORMATS["github"](report(CODE, REST)).splitlines()

    assert lines[0] == "::warning file=new.yaml,line=4,title=code breaks::code changed; code: why"
    assert lines[1].startswith("::error title=release::the version is 1.0.0")
    assert len(lines) == 3


def test_comment_is_found_again_by_its_mark() -> None:
    assert FORMATS["markdown"](report(WAIT)).startswith(f"{MARK}\n### Who breaks: 1 change: code fine")


def test_comment_has_room_on_github() -> None:
    text = FORMATS["markdown"](report(*(change(f"member {number} {'x' * 200}") for number in range(2000))))

    assert 30_000 < len(text) < 65_000
    assert "| and 1" in text
    assert text.count("```") % 2 == 0
