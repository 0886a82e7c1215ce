"""Listings and their versions: a version is written only when the published content changed."""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from typing import Literal

from sqlite_utils import Database

from db.database import transaction
from db.keys import search_key

Outcome = Literal["new", "changed", "unchanged"]


@dataclass(frozen=True, slots=True)
class ListingRow:
    """One listing as the database keeps it; extra is sorted JSON, the hashes are SHA-256 in hexadecimal."""

    id: str
    source: str
    url: str
    fetched_url: str
    record_id: str | None
    title: str
    text: str
    text_hash: str
    content_hash: str
    publisher: str | None
    region: str | None
    published: str | None
    extra: str


@dataclass(frozen=True, slots=True)
class StoredListing:
    """What storing needs to know of a listing that is there already; version_run wrote its present version."""

    fetched_url: str
    content_hash: str
    version: int
    gone: bool
    version_run: str | None


INSERT = """INSERT INTO listings
    (id, search_key, source, url, fetched_url, record_id, title, text, text_hash, content_hash, publisher, region,
     published, extra, version, first_seen_at, changed_at)
    VALUES (:id, :search_key, :source, :url, :fetched_url, :record_id, :title, :text, :text_hash, :content_hash,
            :publisher, :region, :published, :extra, 1, :now, :now)"""
CHANGE = """UPDATE listings SET fetched_url = :fetched_url, record_id = :record_id, title = :title, text = :text,
    text_hash = :text_hash, content_hash = :content_hash, publisher = :publisher, region = :region,
    published = :published, extra = :extra, version = :version, changed_at = :now, gone_at = NULL WHERE id = :id"""
VERSION = """INSERT OR REPLACE INTO listing_versions
    (listing_id, version, title, text_hash, content_hash, body, seen_at, run_id, facts)
    VALUES (:id, :version, :title, :text_hash, :content_hash, :body, :now, :run_id, :facts)"""


def find_listing(db: Database, listing_id: str) -> StoredListing | None:
    """The stored listing with this id."""
    sql = """SELECT l.fetched_url, l.content_hash, l.version, l.gone_at IS NOT NULL, v.run_id FROM listings AS l
             LEFT JOIN listing_versions AS v ON v.listing_id = l.id AND v.version = l.version WHERE l.id = ?"""
    row = db.conn.execute(sql, [listing_id]).fetchone()
    return StoredListing(row[0], row[1], row[2], bool(row[3]), row[4]) if row else None


def store_listing(db: Database, row: ListingRow, run_id: str, now: str, *, same_version: bool = False) -> Outcome:
    """Insert or update one listing; a changed one gets a new version.

    With same_version, a change replaces the present version instead: the run that wrote it has found a better page.
    """
    with transaction(db):
        stored = find_listing(db, row.id)
        if stored and stored.content_hash == row.content_hash:
            _refresh(db, row, stored)
            return "unchanged"
        back = same_version and stored is not None and _withdraw_version(db, row, stored)
        version = stored.version + (-1 if back else not same_version) if stored else 1
        values = {**asdict(row), "search_key": search_key(row.id), "version": version, "now": now, "run_id": run_id}
        db.conn.execute(CHANGE if stored else INSERT, values)
        if not back:
            body = zlib.compress(row.text.encode("utf-8"))
            db.conn.execute(VERSION, {**values, "body": body, "facts": _facts(row)})
    return "changed" if stored else "new"


def _facts(row: ListingRow) -> str:
    """What the page says beside its text, as JSON: the values that are given."""
    facts = {"publisher": row.publisher, "region": row.region, "published": row.published}
    given = {name: value for name, value in facts.items() if value} | {"extra": json.loads(row.extra)}
    return json.dumps(given, ensure_ascii=False, sort_keys=True)


def _withdraw_version(db: Database, row: ListingRow, stored: StoredListing) -> bool:
    """Delete the present version where the one before it had this very content; whether that was so."""
    sql = "SELECT content_hash FROM listing_versions WHERE listing_id = ? AND version = ?"
    before = db.conn.execute(sql, [row.id, stored.version - 1]).fetchone()
    if before is None or before[0] != row.content_hash:
        return False
    db.conn.execute("DELETE FROM listing_versions WHERE listing_id = ? AND version = ?", [row.id, stored.version])
    return True


def _refresh(db: Database, row: ListingRow, stored: StoredListing) -> None:
    """Same content at another address, or back after it was gone: no new version."""
    if stored.gone or stored.fetched_url != row.fetched_url:
        sql = "UPDATE listings SET fetched_url = ?, gone_at = NULL WHERE id = ?"
        db.conn.execute(sql, [row.fetched_url, row.id])


def listing_ids_by_address(db: Database, source: str) -> dict[str, str]:
    """Fetched address to listing id, for the listings of a source."""
    return dict(db.conn.execute("SELECT fetched_url, id FROM listings WHERE source = ? ORDER BY id", [source]))


def mark_gone(db: Database, source: str, now: str) -> int:
    """Mark the listings whose page the server says is gone, and return how many were marked now."""
    sql = """UPDATE listings SET gone_at = ? WHERE source = ? AND gone_at IS NULL AND fetched_url IN
             (SELECT url FROM frontier WHERE source = ? AND role = 'detail' AND state = 'gone')"""
    with transaction(db):
        return int(db.conn.execute(sql, [now, source, source]).rowcount)


def mark_missing(db: Database, source: str, seen: Collection[str], now: str) -> int:
    """Mark as gone the source's listings whose ids are not in `seen`, and return how many were marked now."""
    sql = "SELECT id FROM listings WHERE source = ? AND gone_at IS NULL"
    missing = [listing_id for (listing_id,) in db.conn.execute(sql, [source]).fetchall() if listing_id not in seen]
    with transaction(db):
        db.conn.executemany("UPDATE listings SET gone_at = ? WHERE id = ?", [(now, one) for one in missing])
    return len(missing)


def current_listing_ids(db: Database, source: str) -> set[str]:
    """The ids of a source's listings that are not gone."""
    sql = "SELECT id FROM listings WHERE source = ? AND gone_at IS NULL"
    return {str(listing_id) for (listing_id,) in db.conn.execute(sql, [source])}


def fill_counts(db: Database, source: str) -> dict[str, float]:
    """Of the listings seen in the source's round: how many have each field, and the middle length of the texts.

    Keys: "filled: FIELD", "filled: extra.KEY" for what the page gave and no field took, "text length" in characters.
    """
    seen = "FROM crawl_seen AS s JOIN listings AS l ON l.id = s.listing_id WHERE s.source = ?"
    names = ("published", "region", "record_id")
    sums = ", ".join(f"total(l.{name} IS NOT NULL)" for name in names)
    row = db.conn.execute(f"SELECT {sums} {seen}", [source]).fetchone()
    counts = {f"filled: {name}": float(value) for name, value in zip(names, row, strict=True)}
    keys = f"SELECT e.key, count(*) {seen.replace('WHERE', ', json_each(l.extra) AS e WHERE')} GROUP BY 1"
    counts |= {f"filled: extra.{key}": float(count) for key, count in db.conn.execute(keys, [source])}
    middle = f"SELECT length(l.text) {seen} ORDER BY 1 LIMIT 1 OFFSET (SELECT count(*) / 2 {seen})"
    length = db.conn.execute(middle, [source, source]).fetchone()
    return counts | ({"text length": float(length[0])} if length else {})


def region_codes(db: Database) -> frozenset[str]:
    """The codes a listing's region may have."""
    return frozenset(code for (code,) in db.conn.execute("SELECT code FROM regions"))


def titles_of(db: Database, listing_ids: Iterable[str]) -> dict[str, str]:
    """Listing id -> title, of those that are stored."""
    sql = "SELECT id, title FROM listings WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"
    return dict(db.conn.execute(sql, [json.dumps(sorted(listing_ids))]).fetchall())
