"""Storing visits: batches that fail, rows that cannot be stored, entries that share an address."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import crawler.pipelines
from crawler.items import Listing, Visit
from crawler.pipelines import (
    BATCH_VISITS,
    TEXT_LIMIT_CHARACTERS,
    CrawlStore,
    Fingerprinted,
    RequirePipeline,
    StorePipeline,
    fingerprint,
    open_store,
)
from crawler.source import load_source
from crawler.tally import judge
from db.database import OperationalError, transaction

SOURCE = load_source(Path(__file__).parents[2] / "crawler" / "demo" / "sources" / "demo-nice.yml")


@pytest.fixture
def store(tmp_path: Path, tools: Any) -> Iterator[CrawlStore]:
    run = tools.make_database(tmp_path / "test.db")
    opened = open_store(tmp_path / "test.db", SOURCE, run)
    yield opened
    opened.db.close()


def listing(number: int, text: str = "Text", page: str = "") -> Listing:
    url = f"https://p.example/{number}"
    return Listing(SOURCE.name, url, page or url, f"Title {number}", text)


def visited(*listings: Listing, url: str = "", role: Any = "detail") -> Fingerprinted:
    visit = Visit(url or listings[0].fetched_url, role, 200, listings=list(listings))
    return Fingerprinted(visit, [fingerprint(one) for one in listings])


def store_all(store: CrawlStore, *items: Fingerprinted) -> None:
    part = StorePipeline(store)
    for item in items:
        part.process_item(item)
    part.close_spider()


def titles(store: CrawlStore) -> list[str]:
    return [row["title"] for row in store.db.query("SELECT title FROM listings ORDER BY url")]


@pytest.mark.parametrize("failing", [0, BATCH_VISITS, 2 * BATCH_VISITS])
def test_a_batch_that_cannot_be_stored_fails_the_crawl_is_not_counted_and_takes_no_other_with_it(
    store: CrawlStore, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    part, calls, real = StorePipeline(store), itertools.count(), crawler.pipelines.store_listing

    def fail_once(*arguments: Any, **named: Any) -> Any:
        if next(calls) == failing:
            raise OperationalError("database or disk is full")
        return real(*arguments, **named)

    monkeypatch.setattr(crawler.pipelines, "store_listing", fail_once)
    monkeypatch.setattr(crawler.pipelines, "BATCH_SECONDS", 60.0)
    for number in range(2 * BATCH_VISITS + 3):
        part.process_item(visited(listing(100 + number)))
    part.close_spider()
    lost = 3 if failing == 2 * BATCH_VISITS else BATCH_VISITS
    stored = {row["id"] for row in store.db.query("SELECT id FROM listings")}
    assert len(stored) == 2 * BATCH_VISITS + 3 - lost
    assert (store.tally.seen, store.tally.counts["new"]) == (stored, len(stored))
    status, problems = judge(SOURCE, store.tally, "finished")
    assert status == "failed"
    assert any("disk is full" in problem.message for problem in problems if problem.severity == "error")


def test_a_commit_that_fails_leaves_no_transaction_open(store: CrawlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    part, real = StorePipeline(store), store.db.commit

    def refuse() -> None:
        monkeypatch.setattr(store.db, "commit", real)
        raise OperationalError("disk I/O error")

    monkeypatch.setattr(store.db, "commit", refuse)
    part.waiting = [visited(listing(1))]
    part.flush()
    assert not store.db.conn.in_transaction
    part.waiting = [visited(listing(2))]
    part.flush()
    assert (titles(store), len(store.tally.seen)) == (["Title 2"], 1)


def test_a_visit_that_never_reached_the_database_makes_the_crawl_fail(store: CrawlStore) -> None:
    store.tally.seen = {str(number) for number in range(SOURCE.floor)}
    StorePipeline(store).process_item(visited(listing(1)))
    assert judge(SOURCE, store.tally, "finished")[0] == "failed"


def test_one_bad_row_is_an_error_of_its_page_only(store: CrawlStore) -> None:
    bad = listing(2)
    bad.region = "HI-MARS"
    page = visited(listing(3), listing(4, "\ud800", "x"), url="x", role="discovery")
    store_all(store, visited(listing(1)), visited(bad), page)
    assert titles(store) == ["Title 1", "Title 3"]
    states = {row["url"]: row["error"] for row in store.db.query("SELECT url, error FROM frontier")}
    assert "cannot be stored" in states["https://p.example/2"]
    assert (store.tally.counts["errors"], store.tally.storage_failures, store.tally.unstored) == (2, [], 0)


def test_a_visit_that_cannot_be_recorded_does_not_undo_those_beside_it(store: CrawlStore) -> None:
    strange = Visit("https://p.example/list", "discovery", 200, found=["https://p.example/\ud800"])
    store_all(store, visited(listing(1)), Fingerprinted(strange), visited(listing(2)))
    assert titles(store) == ["Title 1", "Title 2"]
    assert "cannot be stored" in next(store.db.query("SELECT error FROM frontier WHERE role = 'discovery'"))["error"]


PAGES = {"a": ("One", "Another", "Third"), "b": ("Fourth", "Fifth", "Sixth")}
Order = tuple[tuple[str, tuple[str, ...]], ...]


def crawl_in_order(store: CrawlStore, order: Order) -> list[dict[str, Any]]:
    """Crawl pages whose entries all have one address."""
    pages = [visited(*(listing(1, text, page) for text in texts), url=page, role="discovery") for page, texts in order]
    store_all(store, *pages)
    return list(store.db.query("SELECT id, text, fetched_url, version FROM listings"))


def test_entries_that_share_an_address_give_one_row_in_every_order_and_write_nothing_twice(
    tmp_path: Path, tools: Any
) -> None:
    results = set()
    for number, pages in enumerate(itertools.product(itertools.permutations(PAGES), itertools.permutations(range(3)))):
        order: Order = tuple((page, tuple(PAGES[page][place] for place in pages[1])) for page in pages[0])
        path = tmp_path / f"{number}.db"
        store = open_store(path, SOURCE, tools.make_database(path))
        first = crawl_in_order(store, order)
        with transaction(store.db):
            store.db.execute("INSERT INTO runs SELECT 'second', command, started_at, NULL, status, version FROM runs")
        again = CrawlStore(store.db, SOURCE, "second", store.frontier, type(store.tally)(), store.regions)
        assert crawl_in_order(again, order[::-1]) == first
        assert (again.tally.counts["unchanged"], again.tally.counts["changed"]) == (1, 0)
        assert next(store.db.query("SELECT count(*) AS n FROM listing_versions")) == {"n": 1}
        results.add(str(first))
        store.db.close()
    assert len(results) == 1


def test_a_text_is_cut_at_the_limit_and_that_is_said(store: CrawlStore) -> None:
    long = listing(1, "word " * TEXT_LIMIT_CHARACTERS)
    RequirePipeline(store).process_item(Visit(long.url, "detail", 200, listings=[long]))
    assert len(long.text) <= TEXT_LIMIT_CHARACTERS
    assert f"cut at {TEXT_LIMIT_CHARACTERS} of 500000 characters" in store.tally.problems[0].message
