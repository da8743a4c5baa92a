"""The documentation site: it builds without a warning, its links and anchors have targets, and its references are current."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
import urllib.parse
from html.parser import HTMLParser
from pathlib import Path

import pytest
from attrs import Factory, define

from scripts.site.build import build
from scripts.site.client_reference import public_names
from scripts.site.command_reference import commands_of
from scripts.site.errors import SiteError
from scripts.site.markup import correct
from scripts.site.references import REFERENCES
from scripts.site.sources import SECTIONS
from scripts.verify.checks import CHECKS

from .conftest import ROOT

PAGES = [name for section in SECTIONS for name in section.pages]
# What a page loads or links to.
ATTRIBUTES = {"a": "href", "img": "src", "link": "href", "script": "src", "use": "href", "form": "action"}
EXTERNAL = re.compile(r"https://[\w.-]+(/\S*)?|http://127\.0\.0\.1:\d+\S*")


@define
class Page(HTMLParser):
    """The links and the anchors of an HTML page."""

    links: list[tuple[str, str]] = Factory(list)
    anchors: list[str] = Factory(list)

    def __attrs_pre_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect the attributes of an element."""
        values = dict(attrs)
        if values.get("id"):
            self.anchors.append(str(values["id"]))
        if tag in ATTRIBUTES and values.get(ATTRIBUTES[tag]):
            self.links.append((tag, str(values[ATTRIBUTES[tag]])))


def parse(path: Path) -> Page:
    """Return the links and the anchors of a file."""
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def dead_links(site: Path) -> list[str]:
    """Return what does not resolve in a site: files, anchors, and external links that are malformed or load something."""
    pages = {path: parse(path) for path in site.rglob("*.html")}
    found = []
    for path, page in pages.items():
        for tag, link in page.links:
            url = urllib.parse.urlsplit(link)
            target = (path.parent / urllib.parse.unquote(url.path)).resolve() if url.path else path
            if url.scheme == "data":
                continue
            if url.scheme or url.netloc:
                is_fine = tag == "a" and bool(EXTERNAL.fullmatch(link))
            else:
                is_fine = target.is_file() and target.is_relative_to(site)
                fragment = urllib.parse.unquote(url.fragment)
                if is_fine and fragment and target in pages:
                    is_fine = fragment in pages[target].anchors
            if not is_fine:
                found.append(f"{path.name}: {tag} {link}")
    return found


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site, once for all workers."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    folder = shared / "site"
    with (shared / "site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            assert build(ROOT, folder) == ""
    return folder.resolve()


def test_every_link_and_anchor_has_a_target(site: Path) -> None:
    assert len(list(site.glob("*.html"))) > 25
    assert dead_links(site) == []


def test_dead_links_are_found(site: Path, tmp_path: Path) -> None:
    broken = tmp_path / "site"
    shutil.copytree(site, broken)
    links = ["missing.html", "index.html#missing", "../outside.html", "http://example.com/", "//example.com/a"]
    body = "".join(f'<a href="{link}">a</a>' for link in links) + '<script src="https://example.com/a.js"></script>'
    (broken / "new.html").write_text(body, encoding="utf-8")

    assert dead_links(broken.resolve()) == [
        *(f"new.html: a {link}" for link in links),
        "new.html: script https://example.com/a.js",
    ]


def test_no_link_leads_to_a_package_index(site: Path) -> None:
    hosts = {
        urllib.parse.urlsplit(link).netloc
        for path in site.glob("*.html")
        for tag, link in parse(path).links
        if tag == "a" and "://" in link
    }

    assert "www.rfc-editor.org" in hosts
    assert not {host for host in hosts if re.search(r"pypi|pythonhosted|npmjs|index|artifactory", host)}


def test_anchors_are_unique(site: Path) -> None:
    for path in site.glob("*.html"):
        anchors = parse(path).anchors
        assert len(anchors) == len(set(anchors)), path.name


def test_every_page_is_in_the_navigation(site: Path) -> None:
    names = {path.stem for path in site.glob("*.html")} - {"index", "search"}

    assert names == set(PAGES)
    assert {path.stem for path in (ROOT / "docs").glob("*.md")} <= names


def test_anchors_of_checks_are_their_names(site: Path) -> None:
    # So that anybody can link to them.
    assert {check.name for check in CHECKS} <= set(parse(site / "checks.html").anchors)


@pytest.mark.parametrize("name", REFERENCES)
def test_reference_is_current(name: str) -> None:
    written = (ROOT / "docs" / name).read_text(encoding="utf-8")

    assert written == REFERENCES[name](), "run `python -m scripts.site --write-docs`"


def test_every_public_name_is_described(site: Path) -> None:
    anchors = {anchor for path in site.glob("reference-*.html") for anchor in parse(path).anchors}
    names = {
        name for name in public_names().values() if not re.search(r"(AuthenticatedClient|\.Client)$|\.types\.", name)
    }

    assert len(names) > 50
    assert names <= anchors
    assert not [anchor for anchor in anchors if re.search(r"\._\w", anchor)]


def test_markup_of_docstrings_is_not_shown(site: Path) -> None:
    for path in site.glob("reference-[cew]*s.html"):
        if path.stem == "reference-commands":
            continue
        text = re.sub(r"<[^>]+>", "", path.read_text(encoding="utf-8"))
        assert not re.search(r"`\w|:(param|raises|class|rtype):|Args:|Returns:\s*\w+ --", text), path.name


def test_options_are_those_of_the_commands(site: Path) -> None:
    page = (site / "reference-commands.md").read_text(encoding="utf-8")

    for command in ("job-status wait ai-for-process dock-status", "job-status-tools verify", "job-status resume"):
        assert re.search(rf"^#+ {command}$", page, re.MULTILINE), command
    assert all(option in page for option in ("--fail-fast", "--baseline", "--enforce-limits", "--api-key-file"))


def test_commands_of_a_help_are_found() -> None:
    nested = "usage: x\n\noptions:\n  -h  help\n\njobs:\n  JOB\n    a-long-name\n              what it does\n    b  it\n\nmore:\n"
    plain = "usage: x COMMAND\n\n  one   does this\n  two   does that\n"

    assert commands_of(nested) == ["a-long-name", "b"]
    assert commands_of(plain) == ["one", "two"]
    assert commands_of("usage: x\n\noptions:\n  -h  help\n") == []


def test_files_for_language_models_list_every_page(site: Path) -> None:
    lines = (site / "llms.txt").read_text(encoding="utf-8").splitlines()
    listed = [match for line in lines if (match := re.fullmatch(r"- \[([^\]]+)\]\(([^)]+)\): (.+)", line))]

    assert lines[0] == "# job-status"
    assert lines[2].startswith("> ")
    assert [line[3:] for line in lines if line.startswith("## ")] == [section.title for section in SECTIONS]
    assert [match[2].rpartition(".")[0] for match in listed] == PAGES
    assert all((site / match[2]).is_file() for match in listed)
    assert "## How a wait ends" in (site / "llms-full.txt").read_text(encoding="utf-8")


def test_figures_of_the_comparison_are_those_that_were_measured() -> None:
    measured = "".join(
        (ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("performance.md", "verification.md")
    )
    comparison = (ROOT / "docs" / "comparison.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+) \|((?: [\d.]+ \|)+)$", comparison, re.MULTILINE)

    assert len(rows) > 12
    for name, cells in rows:
        subject = re.escape(name.partition(", exponential")[0].removeprefix("this ").partition(", on")[0])
        shown = [row for row in measured.splitlines() if re.match(rf"\| (this )?{subject}", row)]
        for figure in re.findall(r"[\d.]+", cells):
            assert any(re.search(rf"(?<![\d.]){re.escape(figure)}(?![\d.])", row) for row in shown), (name, figure)


def test_links_of_the_changelog_and_the_pages_work_on_github() -> None:
    for page in (ROOT / "CHANGELOG.md", ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).is_file(), f"{page.name}: {target}"


def test_theme_that_has_changed_is_noticed() -> None:
    with pytest.raises(SiteError, match="the theme has changed"):
        correct("<html></html>", "a.html")


def test_folder_of_others_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")

    with pytest.raises(SiteError, match="choose another folder"):
        build(ROOT, tmp_path)
    assert (tmp_path / "mine.txt").read_text(encoding="utf-8") == "mine"


def test_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")

    with pytest.raises(SiteError, match="is not a folder"):
        build(ROOT, tmp_path / "mine.txt")
    assert (tmp_path / "mine.txt").read_text(encoding="utf-8") == "mine"


def test_dead_link_fails_the_build(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("scripts", "generated", "openapi", "docs"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("CHANGELOG.md", "pyproject.toml"):
        shutil.copy(ROOT / name, copy)
    page = copy / "docs" / "ci.md"
    page.write_text(f"{page.read_text(encoding='utf-8')}\n[a](missing.md) [b](client.md#missing)\n", encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "-m", "scripts.site", "--out", str(tmp_path / "out")],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1, done.stderr
    assert "docs/ci.md:" in done.stderr
    assert "missing.md" in done.stderr
    assert "client.md#missing" in done.stderr or "'missing'" in done.stderr
    assert not (tmp_path / "out").exists()
