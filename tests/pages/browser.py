"""Pages in Chromium: what went wrong while they loaded, their accessibility, their layout and their use by keyboard."""

import os
import shutil
import urllib.parse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from attrs import Factory, define, frozen
from playwright.sync_api import Browser, FloatRect, Page, Playwright, Request

Scheme = Literal["light", "dark"]
WIDTHS = (360, 800, 1440)
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Without these, Chromium connects to servers of its maker at each start.
OPTIONS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
MAX_HEIGHT = 3000  # px of a screenshot
MAX_TABS = 3000  # presses of the Tab key

# Whether an element can be seen, and whether something shows that it has the focus.
FOCUSED = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const box = element.getBoundingClientRect(), style = getComputedStyle(element);
  const name = element.id || element.getAttribute('href') || element.textContent.trim().slice(0, 40);
  const seen = element.dataset.seenByTest !== undefined;
  element.dataset.seenByTest = '';
  const shown = box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight
    && box.right > 0 && box.left < innerWidth;
  const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
  return {name: `${element.tagName.toLowerCase()} ${name}`, seen, shown, marked: outlined || style.boxShadow !== 'none'};
}"""
# The elements that the Tab key must reach. Of a group of radio buttons it reaches one.
TABBABLE = """() => [...document.querySelectorAll(
    'a[href], button, input, select, textarea, summary, [tabindex="0"]')]
  .filter((one) => !one.disabled && one.tabIndex >= 0 && one.type !== 'radio' && one.checkVisibility(
    {visibilityProperty: true}))
  .map((one) => ({name: `${one.tagName.toLowerCase()} ${one.id || one.textContent.trim().slice(0, 40)}`,
    seen: one.dataset.seenByTest !== undefined}))"""


def program() -> str:
    """Return the path of Chromium: the variable CHROMIUM, or a program on the search path.

    Raises:
        RuntimeError: it is not installed.
    """
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)
    if not found:
        raise RuntimeError(
            f"expected Chromium, one of the programs {', '.join(PROGRAMS)}, found none; install it (Debian: `apt-get "
            "install chromium`), or set CHROMIUM to its path"
        )
    return found


def launch(playwright: Playwright) -> Browser:
    """Start Chromium."""
    return playwright.chromium.launch(
        executable_path=program(), args=list(OPTIONS), chromium_sandbox=getattr(os, "geteuid", lambda: 1)() != 0
    )


@define
class Visit:
    """An open page, and what went wrong in it: errors and warnings of the console, exceptions, requests.

    `elsewhere` are the requests to another origin, or for another file.
    """

    page: Page
    url: str
    errors: list[str] = Factory(list)
    elsewhere: list[str] = Factory(list)

    def on_request(self, request: Request) -> None:
        """Note a request to elsewhere."""
        here, other = urllib.parse.urlsplit(self.url), urllib.parse.urlsplit(request.url)
        is_here = other[:2] == here[:2] and (
            here.scheme != "file" or Path(other.path).is_relative_to(Path(here.path).parent)
        )
        if not is_here and other.scheme not in {"data", "blob"}:
            self.elsewhere.append(request.url)

    def assert_clean(self) -> None:
        """Fail if anything has gone wrong until now."""
        assert not self.errors, "; ".join(self.errors)
        assert not self.elsewhere, f"requests to elsewhere: {self.elsewhere}"


@frozen
class Browsing:
    """A browser, and the folder of the screenshots."""

    browser: Browser
    screenshots: Path

    @contextmanager
    def visit(
        self,
        url: str,
        width: int = 1440,
        scheme: Scheme = "light",
        *,
        scripts: bool = True,
        allowed: Sequence[str] = (),
    ) -> Iterator[Visit]:
        """Open a page; fail at the end if anything has gone wrong.

        Args:
            url: The page.
            width: The width of the window, in pixels.
            scheme: What the user prefers.
            scripts: Whether scripts run.
            allowed: Parts of errors that are expected, such as the status of a request that must fail.
        """
        context = self.browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            java_script_enabled=scripts,
            reduced_motion="reduce",
        )
        try:
            page = context.new_page()
            page.set_default_timeout(10_000)
            visit = Visit(page, url)

            def note(message: str) -> None:
                if not any(part in message for part in allowed):
                    visit.errors.append(message)

            page.on("console", lambda one: note(one.text) if one.type in {"error", "warning"} else None)
            page.on("pageerror", lambda error: note(str(error)))
            page.on("request", lambda request: visit.on_request(request))
            # A stream of events ends when the page is closed.
            page.on("requestfailed", lambda one: None if one.failure == "net::ERR_ABORTED" else note(str(one.failure)))
            page.goto(url)
            yield visit
            visit.assert_clean()
        finally:
            context.close()

    def screenshot(self, visit: Visit, name: str) -> None:
        """Keep a picture of the page, at most `MAX_HEIGHT` high."""
        self.screenshots.mkdir(parents=True, exist_ok=True)
        width, height = visit.page.evaluate(
            "() => [document.documentElement.clientWidth, document.documentElement.scrollHeight]"
        )
        part: FloatRect = {"x": 0, "y": 0, "width": width, "height": min(height, MAX_HEIGHT)}
        visit.page.screenshot(path=self.screenshots / f"{name}.png", full_page=True, clip=part)

    def check_everywhere(self, url: str, name: str) -> None:
        """Check a page in each width and scheme: it loads cleanly, fits, and is accessible; and keep pictures."""
        for width in WIDTHS:
            for scheme in SCHEMES:
                with self.visit(url, width, scheme) as visit:
                    self.screenshot(visit, f"{name}-{width}-{scheme}")
                    assert_fits(visit.page)
                    # What depends on the scheme, contrast, does not depend on the width.
                    if scheme == "light" or width == WIDTHS[-1]:
                        assert_accessible(visit.page)


def assert_fits(page: Page) -> None:
    """Fail if the page is wider than the window."""
    wide = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"the page is {wide} px wider than the window"


def assert_accessible(page: Page) -> None:
    """Fail if axe finds a violation of WCAG 2.2 AA or of its best practices."""
    page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate(
        "(tags) => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})", list(RULES)
    )
    violations = [
        f"{one['id']}: {one['help']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for one in found["violations"]
        for node in one["nodes"][:3]
    ]
    assert not violations, "\n".join(violations)
    assert found["passes"], "axe has checked nothing"


def assert_usable_by_keyboard(page: Page) -> None:
    """Fail unless the Tab key reaches each control, in turn, and shows where it is."""
    for _ in range(MAX_TABS):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused is None or focused["seen"]:
            break
        assert focused["shown"], f"{focused['name']} has the focus and is not visible"
        assert focused["marked"], f"nothing shows that {focused['name']} has the focus"
    controls = page.evaluate(TABBABLE)
    assert controls, "the page has no control"
    missed = [one["name"] for one in controls if not one["seen"]]
    assert not missed, f"the Tab key does not reach {missed}"
