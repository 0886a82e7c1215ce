"""Listings, versions, sources and frontier as the crawl writes them."""

from __future__ import annotations

import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from sqlite_utils import Database

from db.database import IntegrityError, open_database
from db.frontier import FrontierRow, add_due, confirm_unmodified, forget_validators, record_visits, validators_of
from db.listings import ListingRow, find_listing, listing_ids_by_address, mark_gone, region_codes, store_listing
from db.migrations import migrate
from db.runs import start_run
from db.sources import SourceRow, record_crawl, upsert_sources

SOURCE = SourceRow("s", "S", "P", "L", "index", "http://127.0.0.1/", "daily", True, "never", 3)
ROW = ListingRow(
    "id1", "s", "https://p.example/1", "https://p.example/1", "r1",
    "Title", "Some text", "h1", "c1", "P", None, "2024-05", "{}",
)  # fmt: skip
VISIT = FrontierRow(
    "s", "https://p.example/1", "detail", "fetched", '"e"', None, "m", 200, "2026-01-01T00:00:00Z", None
)


@pytest.fixture
def db(tmp_path: Path) -> Database:
    opened = open_database(tmp_path / "test.db")
    migrate(opened)
    upsert_sources(opened, [SOURCE])
    return opened


@pytest.fixture
def run(db: Database) -> str:
    return start_run(db, "crawl", "test")


def test_a_listing_gets_a_version_only_when_its_content_changed(db: Database, run: str) -> None:
    assert store_listing(db, ROW, run, "t1") == "new"
    assert store_listing(db, ROW, run, "t2") == "unchanged"
    assert store_listing(db, replace(ROW, text="Other text", content_hash="c2"), run, "t3") == "changed"
    versions = list(db.query("SELECT version, body, seen_at, run_id FROM listing_versions ORDER BY version"))
    assert [(row["version"], zlib.decompress(row["body"]).decode(), row["seen_at"]) for row in versions] == [
        (1, "Some text", "t1"), (2, "Other text", "t3"),
    ]  # fmt: skip
    stored = list(db.query("SELECT version, first_seen_at, changed_at FROM listings"))
    assert stored == [{"version": 2, "first_seen_at": "t1", "changed_at": "t3"}]


def test_a_better_page_for_the_same_listing_replaces_the_version_of_the_same_run(db: Database, run: str) -> None:
    store_listing(db, replace(ROW, fetched_url="https://p.example/2", content_hash="c0"), run, "t")
    found = find_listing(db, "id1")
    assert found is not None
    assert (found.version_run, found.version, found.gone) == (run, 1, False)
    store_listing(db, ROW, run, "t", same_version=True)
    assert list(db.query("SELECT version, content_hash FROM listing_versions")) == [
        {"version": 1, "content_hash": "c1"}
    ]
    assert listing_ids_by_address(db, "s") == {"https://p.example/1": "id1"}


def test_a_change_that_the_same_run_takes_back_leaves_no_version(db: Database, run: str) -> None:
    store_listing(db, ROW, run, "t1")
    second = start_run(db, "crawl", "test")
    assert store_listing(db, replace(ROW, text="Other", content_hash="c2"), second, "t2") == "changed"
    store_listing(db, ROW, second, "t3", same_version=True)
    versions = list(db.query("SELECT version, content_hash, seen_at, run_id FROM listing_versions"))
    assert versions == [{"version": 1, "content_hash": "c1", "seen_at": "t1", "run_id": run}]
    assert list(db.query("SELECT version, text FROM listings")) == [{"version": 1, "text": "Some text"}]


def test_the_search_index_follows_listings(db: Database, run: str) -> None:
    store_listing(db, ROW, run, "t")
    store_listing(db, replace(ROW, text="Falls sensor", content_hash="c2"), run, "t")
    sql = "SELECT count(*) FROM listings_fts WHERE listings_fts MATCH ?"
    assert db.execute(sql, ["sensors"]).fetchone() == (1,)
    assert db.execute(sql, ["some"]).fetchone() == (0,)


def test_gone_pages_mark_their_listings_and_coming_back_unmarks_them(db: Database, run: str) -> None:
    store_listing(db, ROW, run, "t1")
    record_visits(db, [replace(VISIT, state="gone", http_status=404)])
    assert (mark_gone(db, "s", "t2"), mark_gone(db, "s", "t3")) == (1, 0)
    assert list(db.query("SELECT gone_at FROM listings")) == [{"gone_at": "t2"}]
    assert store_listing(db, ROW, run, "t4") == "unchanged"
    assert list(db.query("SELECT gone_at, version FROM listings")) == [{"gone_at": None, "version": 1}]


def test_a_region_has_to_be_known(db: Database, run: str) -> None:
    assert region_codes(db) == frozenset()
    with pytest.raises(IntegrityError):
        store_listing(db, replace(ROW, region="HI-SW"), run, "t")
    assert find_listing(db, "id1") is None


def test_sources_keep_what_is_known_of_earlier_crawls(db: Database) -> None:
    record_crawl(db, "s", "warnings")
    upsert_sources(db, [replace(SOURCE, title="New title", enabled=False)])
    row = next(
        iter(db.query("SELECT title, enabled, last_status, last_crawled_at IS NOT NULL AS crawled FROM sources"))
    )
    assert row == {"title": "New title", "enabled": 0, "last_status": "warnings", "crawled": 1}


def test_validators_are_given_only_where_a_listing_stands(db: Database, run: str) -> None:
    record_visits(db, [VISIT])
    assert validators_of(db, "s") == {}
    store_listing(db, replace(ROW, fetched_url="https://p.example/elsewhere"), run, "t")
    assert validators_of(db, "s") == {}
    store_listing(db, ROW, run, "t")
    assert validators_of(db, "s")[VISIT.url].etag == '"e"'


def test_the_frontier_counts_failures_in_a_row_and_keeps_validators_of_good_visits(db: Database, run: str) -> None:
    url = VISIT.url
    store_listing(db, ROW, run, "t")
    add_due(db, "s", [url, "https://p.example/2"])
    assert validators_of(db, "s") == {}
    record_visits(db, [VISIT])
    assert validators_of(db, "s")[url].etag == '"e"'
    add_due(db, "s", [url])
    confirm_unmodified(db, "s", url, "t9")
    assert list(db.query("SELECT state, http_status, etag FROM frontier WHERE url = ?", [url])) == [
        {"state": "fetched", "http_status": 304, "etag": '"e"'}
    ]
    failed = replace(VISIT, state="failed", etag=None, http_status=500, error="HTTP 500")
    record_visits(db, [failed, failed])
    assert db.execute("SELECT tries, error FROM frontier WHERE url = ?", [url]).fetchone() == (2, "HTTP 500")
    assert validators_of(db, "s") == {}
    record_visits(db, [VISIT])
    assert db.execute("SELECT tries FROM frontier WHERE url = ?", [url]).fetchone() == (0,)
    forget_validators(db, "s", url)
    assert validators_of(db, "s") == {}
