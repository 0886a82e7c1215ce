"""Every kind of page in a real browser: axe-core finds nothing (WCAG 2.2 AA and best practice), nothing overflows at
320 pixels (WCAG 1.4.10), nothing is complained of on the console, and the site is of use without scripts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import NARROW, NO_BROWSER, REQUIRED, WIDE, Window, browser_window, find_browser, served
from filled_database import MERGED_ID, fill_from_fixtures

from db.database import open_database
from db.scan import record_flow
from pipeline.console import Console
from pipeline.report.stage import write_report

PATHS = (
    "/",
    "/search",
    "/search?q=remote+monitoring",
    "/search?q=zzzzqq",
    "/search?theme=patient-safety&page=99",
    "/innovation/{innovation}",
    "/innovations",
    "/innovations/innovations",
    "/innovations/innovations?_facet=primary_theme",
    "/innovations/innovations/{innovation}",
    "/innovations/listings/{listing}",
    "/innovations/innovation_changes",
    "/innovations/scan_flow",
    "/innovations/source_leads",
)
REFUSED = {"/nowhere": 404, "/innovation/inn-unknown": 404, "/innovations?sql=select+1": 403}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = fill_from_fixtures(tmp_path_factory.mktemp("browser") / "innovations.db")
    db = open_database(path)
    record_flow(db, db.conn.execute("SELECT id FROM runs").fetchone()[0])
    db.conn.close()
    return path


@pytest.fixture(scope="module")
def window() -> Iterator[Window]:
    program = find_browser()
    if program is None and os.environ.get(REQUIRED) != "required":
        pytest.skip(NO_BROWSER)
    assert program, NO_BROWSER
    with browser_window(program) as opened:
        yield opened


@pytest.fixture(scope="module")
def address(database: Path) -> Iterator[str]:
    with served(database) as base:
        yield base


@pytest.fixture(scope="module")
def ids(database: Path) -> dict[str, str]:
    db = open_database(database)
    sql = "SELECT id FROM innovations ORDER BY listing_count DESC, id"
    found = {"innovation": db.conn.execute(sql).fetchone()[0]}
    found["listing"] = db.conn.execute("SELECT id FROM listings ORDER BY id").fetchone()[0]
    db.conn.close()
    return found


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_accessible(window: Window, address: str, ids: dict[str, str], path: str) -> None:
    window.open(address + path.format(**ids), WIDE)
    assert window.violations() == [] and window.complaints == [] and window.overflow() <= 0
    window.open(address + path.format(**ids), NARROW)
    assert window.violations() == [] and window.overflow() <= 0


@pytest.mark.parametrize(("path", "status"), REFUSED.items())
def test_a_page_that_refuses_is_accessible(window: Window, address: str, path: str, status: int) -> None:
    window.open(address + path, WIDE)
    assert window.violations() == []
    assert [str(status) in told for told in window.complaints] == [True]  # the browser's own line, and no other
    window.open(address + path, NARROW)
    assert window.overflow() <= 0


def test_a_page_with_a_fault_is_told(window: Window) -> None:
    """The check itself: it sees a picture without a text, and a page that is too wide."""
    window.page.set_content(
        "<html><body><img src='data:,' style='display:block;width:2000px;height:9px'></body></html>"
    )
    rules = {told.split()[0] for told in window.violations()}
    assert {"image-alt", "html-has-lang", "document-title"} <= rules and window.overflow() > 1000


def test_a_retired_address_leads_to_the_innovation(window: Window, address: str) -> None:
    window.open(f"{address}/innovation/{MERGED_ID}")
    assert MERGED_ID not in window.page.url and "/innovation/inn-" in window.page.url


def test_the_keyboard_reaches_the_content_first(window: Window, address: str) -> None:
    """The first Tab shows a link past the header; Enter moves to the page's own content."""
    window.open(f"{address}/search?q=care")
    window.page.keyboard.press("Tab")
    focused = "document.activeElement"
    assert window.page.evaluate(f"{focused}.getBoundingClientRect().height") > 10
    target = window.page.evaluate(f"{focused}.getAttribute('href')")
    window.page.keyboard.press("Enter")
    assert target.startswith("#") and window.page.evaluate(f"document.querySelector('main{target}') !== null")
    assert window.page.url.endswith(target)


def test_the_report_is_accessible_wide_narrow_and_on_paper(window: Window, database: Path, tmp_path: Path) -> None:
    write_report(database, None, tmp_path, Console(verbosity=-1))
    file = (tmp_path / "report.html").as_uri()
    window.open(file, WIDE)
    assert window.violations() == [] and window.overflow() <= 0 and window.complaints == []
    assert window.page.locator("svg.figure").first.is_visible()
    texts, boxes = (window.page.evaluate(f"[...document.querySelectorAll('svg {one}')].map({js})") for one, js in (
        ("text", "e => e.getBBox().x + e.getBBox().width"), ("rect", "e => e.getBBox().x + e.getBBox().width")
    ))  # fmt: skip
    assert texts and max(texts) <= max(boxes)
    window.open(file, NARROW)
    assert window.violations() == [] and window.overflow() <= 0
    assert not window.page.locator("svg.figure").first.is_visible()
    assert window.page.locator("ol.flow").first.is_visible()
    assert window.page.pdf(format="A4", print_background=True).startswith(b"%PDF")
