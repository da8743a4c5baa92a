"""Corrects the HTML of the theme and of Sphinx where it is not accessible."""

import re
from pathlib import Path
from typing import Final

from .errors import SiteError

# What to replace in each page, and the replacement.
CORRECTIONS: Final = (
    # A heading needs a level, and these are labels of lists.
    (re.compile(r'<p class="caption" role="heading">'), '<p class="caption">'),
    # Landmarks of one kind need names.
    (re.compile(r'<aside class="sidebar-drawer">'), '<aside class="sidebar-drawer" aria-label="Pages">'),
    (re.compile(r'<aside class="toc-drawer'), '<aside aria-label="On this page" class="toc-drawer'),
)
# A signature of several lines is a list of definitions without terms.
SIGNATURE: Final = re.compile(r'<dl>\n((?:<dd><em class="sig-param">.*</em>,?</dd>\n)+)</dl>')
# The first column of many tables has no name.
EMPTY_HEADER: Final = re.compile(r'<th class="head">(<p></p>)?</th>')
SIGNATURE_LINE: Final = re.compile(r"<dd>(.*)</dd>\n")


def correct_pages(site: Path) -> None:
    """Correct all pages of a site.

    Raises:
        SiteError: The theme writes something else than what is corrected here.
    """
    for path in sorted(site.rglob("*.html")):
        path.write_text(correct(path.read_text(encoding="utf-8"), path.name), encoding="utf-8")


def correct(page: str, name: str) -> str:
    """Return a page with its HTML corrected. Raise SiteError as `correct_pages` does."""
    for pattern, replacement in CORRECTIONS:
        page, count = pattern.subn(replacement, page)
        if not count:
            raise SiteError(f"{name}: expected {pattern.pattern} in the page; the theme has changed")
    return SIGNATURE.sub(_signature, EMPTY_HEADER.sub('<td class="corner"></td>', page))


def _signature(match: re.Match[str]) -> str:
    lines = SIGNATURE_LINE.sub(r'<span class="sig-line">\1</span>', match[1])
    return f'<span class="sig-lines">{lines}</span>'
