"""The browser checks themselves: each fails on a page that has what it looks for."""

import html
from pathlib import Path

import pytest

from .browser import Browsing, assert_accessible, assert_fits, assert_usable_by_keyboard

GOOD = "<button>Go</button>"


def write(folder: Path, content: str, head: str = "") -> str:
    """Write a page; return its URL."""
    page = folder / "page.html"
    page.write_text(
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{html.escape('A page')}</title>{head}"
        f"<main><h1>A page</h1>{content}</main></html>",
        encoding="utf-8",
    )
    return page.as_uri()


def test_good_page_passes(browsing: Browsing, tmp_path: Path) -> None:
    with browsing.visit(write(tmp_path, GOOD)) as visit:
        assert_fits(visit.page)
        assert_accessible(visit.page)
        assert_usable_by_keyboard(visit.page)


@pytest.mark.parametrize(
    "content",
    [
        "<script>console.error('wrong')</script>",
        "<script>missing()</script>",
        "<img src=http://127.0.0.1:9/a.png alt=''>",
        "<script>fetch('http://127.0.0.1:9/').catch(() => null)</script>",
        "<img src=missing.png alt=''>",
    ],
)
def test_error_of_a_page_is_found(browsing: Browsing, tmp_path: Path, content: str) -> None:
    with pytest.raises(AssertionError), browsing.visit(write(tmp_path, content)) as visit:
        visit.page.wait_for_load_state("networkidle")


def test_request_to_elsewhere_is_found(browsing: Browsing, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (tmp_path / "style.css").write_text("", encoding="utf-8")

    with (
        pytest.raises(AssertionError, match=r"style\.css"),
        browsing.visit(write(other, "<link rel=stylesheet href=../style.css>")),
    ):
        pass


def test_page_that_is_too_wide_is_found(browsing: Browsing, tmp_path: Path) -> None:
    url = write(tmp_path, "<p style='width: 2000px'>wide</p>")

    with browsing.visit(url, 360) as visit, pytest.raises(AssertionError, match="wider"):
        assert_fits(visit.page)


@pytest.mark.parametrize(
    "content", ["<p style='color:#bbb'>pale</p>", "<button></button>", "<input type=text>", "<h3>a</h3>"]
)
def test_barrier_is_found(browsing: Browsing, tmp_path: Path, content: str) -> None:
    url = write(tmp_path, content)

    with browsing.visit(url) as visit, pytest.raises(AssertionError, match="Fix"):
        assert_accessible(visit.page)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("<a href=# style='outline: none'>a</a>", "nothing shows"),
        ("<a href=# style='position: fixed; top: -90px'>a</a>", "not visible"),
        ("<p>nothing</p>", "no control"),
        (
            f"{GOOD}<button id=b onfocus='this.blur()'>b</button><button id=c>c</button>",
            "does not reach",
        ),
    ],
)
def test_control_out_of_reach_is_found(browsing: Browsing, tmp_path: Path, content: str, reason: str) -> None:
    url = write(tmp_path, content)

    with browsing.visit(url) as visit, pytest.raises(AssertionError, match=reason):
        assert_usable_by_keyboard(visit.page)
