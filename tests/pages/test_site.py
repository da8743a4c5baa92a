"""The documentation site in Chromium: each kind of page, the search, and use by keyboard, over HTTP and from files."""

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.site.build import build

from ..conftest import ROOT
from .browser import Browsing, Scheme, assert_accessible, assert_fits, assert_usable_by_keyboard

# A page of each kind: the front page, text with code, wide tables, both, signatures, printed help.
KINDS = ("index", "tutorial", "comparison", "ci", "reference-errors", "reference-commands")


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site."""
    folder = tmp_path_factory.mktemp("site") / "docs"
    assert build(ROOT, folder) == ""
    return folder


@pytest.fixture(scope="module")
def url(site: Path) -> Iterator[str]:
    """Serve the site on a free loopback port."""
    handler = functools.partial(_QuietHandler, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("name", KINDS)
def test_page_is_clean_fits_and_is_accessible(browsing: Browsing, url: str, name: str) -> None:
    browsing.check_everywhere(f"{url}/{name}.html", f"site-{name}")


def test_every_other_page_loads_cleanly_fits_and_is_accessible(browsing: Browsing, site: Path, url: str) -> None:
    pages = sorted(path.name for path in site.glob("*.html"))

    assert {f"{name}.html" for name in KINDS} < set(pages)
    for name in set(pages) - {f"{name}.html" for name in KINDS}:
        with browsing.visit(f"{url}/{name}", 360) as visit:
            assert_fits(visit.page)
            assert_accessible(visit.page)


@pytest.mark.parametrize("width", [360, 800, 1440])
@pytest.mark.parametrize("name", ["index", "ci"])
def test_page_is_usable_by_keyboard(browsing: Browsing, url: str, name: str, width: int) -> None:
    with browsing.visit(f"{url}/{name}.html", width) as visit:
        assert_usable_by_keyboard(visit.page)


def test_navigation_of_a_narrow_window_opens_by_keyboard(browsing: Browsing, url: str) -> None:
    with browsing.visit(f"{url}/ci.html", 360) as visit:
        drawer = visit.page.locator(".sidebar-drawer")
        assert not drawer.is_visible()
        visit.page.get_by_role("button", name="Pages").press("Enter")
        assert drawer.is_visible()
        assert_accessible(visit.page)
        browsing.screenshot(visit, "site-navigation-360-light")
        visit.page.keyboard.press("Escape")
        drawer.wait_for(state="hidden")
        visit.page.get_by_role("button", name="Pages").press("Enter")
        visit.page.get_by_role("link", name="The simulator").first.press("Enter")
        visit.page.wait_for_url(f"{url}/simulator.html")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 800, 1440])
def test_search_finds_a_page(browsing: Browsing, url: str, width: int, scheme: Scheme) -> None:
    with browsing.visit(f"{url}/search.html?q=retry-after", width, scheme) as visit:
        found = visit.page.locator("#search-results a[href]")
        found.first.wait_for()
        assert found.count() > 3
        assert visit.page.locator(".search-form input").input_value() == "retry-after"
        visit.page.wait_for_load_state("networkidle")
        assert_fits(visit.page)
        assert_accessible(visit.page)
        browsing.screenshot(visit, f"site-search-{width}-{scheme}")


def test_search_works_from_files(browsing: Browsing, site: Path) -> None:
    # Excerpts of the pages found need requests, which a browser refuses to pages that are files.
    refused = ("URL scheme", "Cross origin", "blocked by CORS", "ERR_FAILED", "Failed to fetch")
    with browsing.visit(f"{(site / 'search.html').as_uri()}?q=retry-after", allowed=refused) as visit:
        found = visit.page.locator("#search-results a[href]")
        found.first.wait_for()
        assert "retry-after" in visit.page.url
        found.first.click()
        assert visit.page.locator("h1").count() == 1


def test_scheme_can_be_chosen(browsing: Browsing, url: str) -> None:
    with browsing.visit(f"{url}/index.html", scheme="light") as visit:
        colours = [visit.page.evaluate("getComputedStyle(document.body).backgroundColor")]
        for _ in range(2):
            visit.page.locator(".theme-toggle:visible").click()
            colours.append(visit.page.evaluate("getComputedStyle(document.body).backgroundColor"))
        assert len(set(colours)) == 2
        assert_accessible(visit.page)


def test_site_can_be_read_without_scripts(browsing: Browsing, url: str) -> None:
    with browsing.visit(f"{url}/index.html", scripts=False) as visit:
        assert visit.page.get_by_role("link", name="The simulator").first.is_visible()
        assert visit.page.locator("figure svg").is_visible()
