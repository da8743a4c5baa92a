"""Fixtures of the pages: one Chromium."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from ..conftest import ROOT
from ..suites import interruptible as interruptible
from ..suites import is_named
from .browser import Browsing, launch

HERE = Path(__file__).parent


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Leave these tests out of a run that does not name them: they need Chromium."""
    return None if is_named(config, HERE) else True


@pytest.fixture(scope="session")
def browsing() -> Iterator[Browsing]:
    """Start Chromium. Screenshots go to build/pages."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        try:
            yield Browsing(browser, ROOT / "build" / "pages")
        finally:
            browser.close()
