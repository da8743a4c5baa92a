"""The pages of verifications, comparisons and mutants in Chromium."""

import datetime
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
from attrs import evolve

from scripts.compare.comparison import compare_sides
from scripts.compare.release import release_of
from scripts.compare.report import Report, html
from scripts.compare.side import open_side
from scripts.document import Document, load_folder
from scripts.mutate.matrix import Matrix
from scripts.mutate.reports import page as mutants_page
from scripts.mutate.runner import Outcome
from scripts.simulate.faults import Fault
from scripts.verify.baseline import BaselineEntry, apply_baseline
from scripts.verify.report.page import MAX_JOBS, page
from scripts.verify.result import Failure, Result, TimelineEntry

from ..conftest import ROOT
from ..verifications import RUN, verified
from .browser import Browsing, assert_fits, assert_usable_by_keyboard

HOSTILE = (
    "</script><script>document.title='owned'</script><img src=x onerror=alert(1)>\u202egnp\x1b[31m\"'&" + "y" * 300
)
DAY = datetime.date(2026, 11, 28)


@pytest.fixture(scope="session")
def documents() -> dict[str, Document]:
    """Return the documents by their stem."""
    return {document.stem: document for document in load_folder(ROOT / "openapi")}


def failing(documents: Mapping[str, Document]) -> list[Result]:
    """Verify servers with faults, and one without; accept some failures."""
    agent, service = documents["agent-platform"], documents["ai-for-service"]
    results = [
        verified(agent, Fault("backwards", after=6, share=0.3), Fault("null", field="jobType", share=0.1)),
        verified(service, Fault("backwards", after=5, share=0.3)),
        verified(documents["opensearch-flow-framework"]),
    ]
    accepted = BaselineEntry("progress_never_falls", "ticket 17: the vendor rounds", DAY, "baseline.yaml:2")
    apply_baseline(results, [evolve(accepted, expires=DAY.replace(year=2027))], DAY)
    return results


def hostile(documents: Mapping[str, Document]) -> list[Result]:
    """Return the result of a server that puts markup and control characters everywhere."""
    document = documents["ai-for-process"]
    (operation, *_) = [one for one in document.operations if one.job]
    result = verified(document)
    result.base_url = f"http://host/{HOSTILE}"
    key = (operation.id, HOSTILE)
    failure = Failure("id_echo", operation.id, HOSTILE, HOSTILE, f"{HOSTILE}:1", HOSTILE, key, 5.0)
    result.add_check(operation.id, "id_echo", failure)
    result.timelines[key] = [
        TimelineEntry(float(at), HOSTILE, 200, HOSTILE, (HOSTILE,), None, at * 400.0) for at in range(9)
    ]
    result.problems.append(HOSTILE)
    result.notes.append(HOSTILE)
    return [result]


def many(documents: Mapping[str, Document]) -> list[Result]:
    """Return a result with more jobs and changes than a page shows, and the failure of the last one."""
    result = verified(documents["agent-platform"])
    (operation,) = result.operations
    entries = [TimelineEntry(float(at), "", 200, f"STATE_{at % 7}", ("status",), "pending") for at in range(300)]
    for number in range(1000):
        result.timelines[operation.id, f"job-{number}"] = entries if number % 100 == 99 else entries[:1]
    key = (operation.id, "job-999")
    failure = Failure("id_echo", operation.id, "its id", "another", f"{operation.id}.yaml:1", "curl", key, 150.0)
    result.add_check(operation.id, "id_echo", failure)
    return [result]


def nothing(documents: Mapping[str, Document]) -> list[Result]:
    """Return the result of a server that could not be reached."""
    document = documents["agent-platform"]
    result = verified(document)
    empty = Result(document, result.base_url, document.operations, coverage=result.coverage)
    empty.problems.append("get_dock_status: no response")
    return [empty]


def passing(documents: Mapping[str, Document]) -> list[Result]:
    """Verify conforming servers."""
    return [verified(document) for document in documents.values()]


MAKE = {"failing": failing, "hostile": hostile, "many": many, "nothing": nothing, "passing": passing}


@pytest.fixture(scope="session")
def pages(documents: dict[str, Document], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Write each kind of page; return their URLs."""
    folder = tmp_path_factory.mktemp("pages")
    # In a thread of their own, because Playwright runs an event loop in this one.
    with ThreadPoolExecutor(1) as executor:
        content = dict(zip(MAKE, executor.map(lambda make: page(make(documents), RUN), MAKE.values()), strict=True))
    content["comparison"] = comparison(tmp_path_factory)
    content["mutants"] = mutants()
    for name, text in content.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: (folder / f"{name}.html").as_uri() for name in content}


def comparison(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the page of a comparison in which code breaks."""
    folders = [tmp_path_factory.mktemp(name) for name in ("old", "new", "old-files", "new-files", "packages")]
    source = (ROOT / "openapi" / "agent-platform.yaml").read_text(encoding="utf-8")
    for folder, text in zip(folders, (source, source.replace("percentageComplete", "percentage")), strict=False):
        (folder / "agent-platform.yaml").write_text(text, encoding="utf-8")
    old, new, old_files, new_files, packages = folders
    compared = compare_sides(open_side(str(old), old_files, "", ""), open_side(str(new), new_files, "", ""), packages)
    return html(Report(compared, release_of(compared), ("a note",), (), witnesses=True, details=True))


def mutants() -> str:
    """Return the page of a matrix with each verdict, and a false alarm."""
    peers = {"schemathesis": True, "openapi-core": False}
    killed = Outcome("a", "http", "d", "RFC 1", HOSTILE, "killed", ("allow",), ("allow",), live=True, peers=peers)
    others = [
        evolve(killed, id=verdict, verdict=verdict, checks=())
        for verdict in ("killed otherwise", "survived", "inconclusive", "no witness")
    ]
    servers = [Outcome("conforming", "conforming", "d"), Outcome("c", "conforming", "d", reported=("head: 500\x1b",))]
    return mutants_page(Matrix({1: [killed, *others], 2: [killed, *others]}, servers, ["a_mutant"]))


NAMES = (*MAKE, "comparison", "mutants")


@pytest.mark.parametrize("name", [name for name in NAMES if name != "many"])
def test_page_fits_loads_nothing_and_is_accessible(browsing: Browsing, pages: dict[str, str], name: str) -> None:
    browsing.check_everywhere(pages[name], f"report-{name}")


@pytest.mark.parametrize("name", [name for name in NAMES if name != "many"])
def test_page_is_usable_by_keyboard(browsing: Browsing, pages: dict[str, str], name: str) -> None:
    with browsing.visit(pages[name], 800) as visit:
        assert_usable_by_keyboard(visit.page)


@pytest.mark.parametrize("name", NAMES)
def test_page_is_the_same_without_scripts(browsing: Browsing, pages: dict[str, str], name: str) -> None:
    def content(*, scripts: bool) -> str:
        with browsing.visit(pages[name], scripts=scripts) as visit:
            visit.page.locator("details").evaluate_all("all => all.forEach((one) => { one.open = true })")
            shown: str = visit.page.locator("body").inner_text()
            assert scripts or visit.page.locator(".filter:visible").count() == 0
        # Filters are shown only where they work.
        return "\n".join(line for line in shown.splitlines() if line and not line.startswith("Filter "))

    assert content(scripts=False) == content(scripts=True)


def test_filter_hides_what_lacks_a_term(browsing: Browsing, pages: dict[str, str]) -> None:
    with browsing.visit(pages["failing"]) as visit:
        cards = visit.page.locator("#failures article")
        count = cards.count()
        assert count > 3

        visit.page.get_by_label("Filter failures").fill("AI-for-service final")

        assert [one.inner_text() for one in visit.page.locator("#failures article:visible h3").all()] == [
            "ai-for-service get_publish_status terminal_is_final"
        ]
        assert visit.page.locator("#failures output").inner_text() == f"1 of {count}"
        visit.page.get_by_label("Filter failures").fill("")
        assert visit.page.locator("#failures article:visible").count() == count


def test_failure_leads_to_the_polls_of_its_job_and_to_its_check(browsing: Browsing, pages: dict[str, str]) -> None:
    with browsing.visit(pages["failing"]) as visit:
        visit.page.locator("#jobs details").evaluate_all("all => all.forEach((one) => { one.open = false })")
        card = visit.page.locator("#failures article", has_text="terminal_is_final").first
        assert card.locator("svg.timeline .mark:not(.other)").count() == 1

        card.get_by_role("link", name=re.compile("^ds-")).click()

        job = visit.page.locator(":target")
        assert job.get_attribute("open") is not None
        assert (
            "terminal_is_final"
            in visit.page.locator(job.get_by_role("link").first.get_attribute("href") or "").inner_text()
            or job.get_by_role("link").count() > 1
        )
        card.get_by_role("link", name="terminal_is_final").click()
        assert visit.page.locator(":target").inner_text().startswith("terminal_is_final\ta job that has ended")


def test_header_says_what_was_verified(browsing: Browsing, pages: dict[str, str]) -> None:
    with browsing.visit(pages["failing"]) as visit:
        shown = visit.page.locator("header").inner_text()

    for part in (
        "http://simulator/agent-platform",
        "Agent Platform 1.0.0",
        "openapi/agent-platform.yaml",
        "full",
        "2026-11-28 09:30:00 UTC, 11.1 s",
        "seed 1",
        "job-status-tools 0.1.0",
        RUN.command,
    ):
        assert part in shown


def test_drawing_has_states_progress_and_failures(browsing: Browsing, pages: dict[str, str]) -> None:
    with browsing.visit(pages["failing"]) as visit:
        jobs = visit.page.locator("#jobs details.part", has_text="ai-for-service")
        job = jobs.filter(has=visit.page.locator(".mark")).first
        drawing = job.locator("svg.timeline").first

        assert "SUCCESS" in visit.page.locator("#jobs svg.timeline").first.get_attribute("aria-label")  # type: ignore[operator]
        assert drawing.locator(".pending").count() > 1
        assert drawing.locator(".success, .failure").count() >= 1
        assert drawing.locator(".progress").count() == 1
        assert drawing.locator(".poll").count() > 3


def test_many_jobs_are_counted_and_those_with_a_failure_come_first(browsing: Browsing, pages: dict[str, str]) -> None:
    with browsing.visit(pages["many"], 360) as visit:
        assert_fits(visit.page)
        assert visit.page.locator("#jobs > details").count() == MAX_JOBS
        assert "job-999" in visit.page.locator("#jobs > details").first.inner_text()
        assert "further jobs, without a failure" in visit.page.locator("#jobs > p").last.inner_text()


def test_markup_of_a_server_is_shown_and_not_run(browsing: Browsing, pages: dict[str, str]) -> None:
    with browsing.visit(pages["hostile"]) as visit:
        assert "owned" not in visit.page.title()
        shown = visit.page.locator("#failures dd").first.inner_text()
        assert "<script>document.title='owned'</script><img src=x onerror=alert(1)>\\u202egnp\\x1b[31m" in shown


def test_target_of_each_link_exists(browsing: Browsing, pages: dict[str, str]) -> None:
    for url in pages.values():
        with browsing.visit(url) as visit:
            missing = visit.page.evaluate(
                "() => [...document.querySelectorAll('a[href]')].map((one) => one.getAttribute('href'))"
                ".filter((href) => !href.startsWith('#') || !document.getElementById(href.slice(1)))"
            )
            assert missing == []
