"""The crawl's frontier: every address known of a source, its validators and how its last visit ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

from sqlite_utils import Database

from db.database import transaction

State = Literal["due", "fetched", "failed", "gone"]


@dataclass(frozen=True, slots=True)
class FrontierRow:
    """The end of one visit. reading says how the page was read; error is None where it could be used."""

    source: str
    url: str
    role: str
    state: State
    etag: str | None
    last_modified: str | None
    reading: str | None
    http_status: int | None
    fetched_at: str
    error: str | None
    round: int = 0


@dataclass(frozen=True, slots=True)
class Validators:
    """What to ask a server with, whether a page has changed since it was read in the manner `reading`."""

    etag: str | None
    last_modified: str | None
    reading: str | None


UPSERT = """INSERT INTO frontier
    (source, url, role, state, etag, last_modified, reading, http_status, tries, fetched_at, error, round)
    VALUES (:source, :url, :role, :state, :etag, :last_modified, :reading, :http_status,
            :state = 'failed', :fetched_at, :error, :round)
    ON CONFLICT (source, url) DO UPDATE SET role = excluded.role, state = excluded.state, etag = excluded.etag,
        last_modified = excluded.last_modified, reading = excluded.reading, http_status = excluded.http_status,
        tries = CASE excluded.state WHEN 'failed' THEN tries + 1 ELSE 0 END, fetched_at = excluded.fetched_at,
        error = excluded.error, round = excluded.round"""


def record_visits(db: Database, rows: Iterable[FrontierRow]) -> None:
    """Store how visits ended; tries counts failures in a row."""
    with transaction(db):
        db.conn.executemany(UPSERT, [asdict(row) for row in rows])


def add_due(db: Database, source: str, urls: Iterable[str]) -> None:
    """Store detail addresses that a discovery page named; those already known stay as they are."""
    sql = "INSERT INTO frontier (source, url, role, state) VALUES (?, ?, 'detail', 'due') ON CONFLICT DO NOTHING"
    with transaction(db):
        db.conn.executemany(sql, [(source, url) for url in urls])


def validators_of(db: Database, source: str) -> dict[str, Validators]:
    """The validators of every detail address of a source that was read well and for which a listing stands.

    An address whose listing another address speaks for is fetched whole: a "not modified" would confirm nothing.
    """
    sql = """SELECT url, etag, last_modified, reading FROM frontier
             WHERE source = :source AND role = 'detail' AND state = 'fetched'
             AND (etag IS NOT NULL OR last_modified IS NOT NULL)
             AND url IN (SELECT fetched_url FROM listings WHERE source = :source)"""
    rows = db.conn.execute(sql, {"source": source})
    return {url: Validators(etag, modified, reading) for url, etag, modified, reading in rows}


def read_details(db: Database, source: str) -> dict[str, tuple[str, str]]:
    """Of every detail address that was read well and for which a listing stands: in which manner, and when (UTC)."""
    sql = """SELECT f.url, f.reading, f.fetched_at FROM frontier AS f
             JOIN listings AS l ON l.source = f.source AND l.fetched_url = f.url
             WHERE f.source = ? AND f.role = 'detail' AND f.state = 'fetched' AND f.reading IS NOT NULL
             AND l.gone_at IS NULL"""
    return {url: (reading, at) for url, reading, at in db.conn.execute(sql, [source])}


def confirm_unmodified(db: Database, source: str, url: str, fetched_at: str, number: int = 0) -> None:
    """Store that a server said "not modified" in the round of this number: the validators stay."""
    sql = """UPDATE frontier SET state = 'fetched', http_status = 304, tries = 0, error = NULL, fetched_at = ?,
             round = ? WHERE source = ? AND url = ?"""
    with transaction(db):
        db.conn.execute(sql, [fetched_at, number, source, url])


def forget_validators(db: Database, source: str, url: str) -> None:
    """Make sure that the address is fetched whole next time."""
    with transaction(db):
        db.conn.execute(
            "UPDATE frontier SET etag = NULL, last_modified = NULL WHERE source = ? AND url = ?", [source, url]
        )
