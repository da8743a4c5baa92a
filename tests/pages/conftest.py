"""Fixtures of the pages: one Chromium in each worker."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from ..conftest import ROOT
from ..suites import end_with_parent, is_named
from .browser import Browsing, launch

HERE = Path(__file__).parent


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Leave these tests out of a run that does not name them: they need Chromium."""
    return None if is_named(config, HERE) else True


def pytest_configure(config: pytest.Config) -> None:
    """End the run when its parent process has exited."""
    if is_named(config, HERE):
        end_with_parent(config)


@pytest.fixture(scope="session")
def browsing() -> Iterator[Browsing]:
    """Start Chromium. Screenshots go to build/pages."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        try:
            yield Browsing(browser, ROOT / "build" / "pages")
        finally:
            browser.close()
