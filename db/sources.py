"""What is crawled: the declared sources, and how each crawl of them ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

from sqlite_utils import Database

from db.database import transaction
from db.runs import now

CrawlStatus = Literal["done", "warnings", "failed"]


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A declared source as the database keeps it; verified is "never" or a date, floor a number of listings."""

    name: str
    title: str
    publisher: str
    licence: str
    discovery: str
    start_url: str
    frequency: str
    enabled: bool
    verified: str
    floor: int


UPSERT = """INSERT INTO sources
    (name, title, publisher, licence, discovery, start_url, frequency, enabled, verified, floor)
    VALUES (:name, :title, :publisher, :licence, :discovery, :start_url, :frequency, :enabled, :verified, :floor)
    ON CONFLICT (name) DO UPDATE SET title = excluded.title, publisher = excluded.publisher,
        licence = excluded.licence, discovery = excluded.discovery, start_url = excluded.start_url,
        frequency = excluded.frequency, enabled = excluded.enabled, verified = excluded.verified,
        floor = excluded.floor"""


def upsert_sources(db: Database, rows: Iterable[SourceRow]) -> None:
    """Store declarations; what is known of earlier crawls stays."""
    with transaction(db):
        db.conn.executemany(UPSERT, [asdict(row) for row in rows])


def last_crawls(db: Database) -> dict[str, tuple[str | None, str | None]]:
    """When each source was last crawled and how that ended (both None where it never was), by name."""
    if "sources" not in db.table_names():
        return {}
    rows = db.conn.execute("SELECT name, last_crawled_at, last_status FROM sources")
    return {name: (when, status) for name, when, status in rows}


def record_crawl(db: Database, name: str, status: CrawlStatus) -> None:
    """Store when the source was last crawled and how that ended."""
    with transaction(db):
        db.conn.execute("UPDATE sources SET last_crawled_at = ?, last_status = ? WHERE name = ?", [now(), status, name])


def create_source_checks(db: Database) -> None:
    """The table of looks at live sources. No foreign key: a source is looked at before it is ever crawled."""
    db.conn.execute("""CREATE TABLE source_checks (
        id INTEGER PRIMARY KEY,
        source TEXT NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('ok', 'warning', 'failed')),
        message TEXT NOT NULL,
        checked_at TEXT NOT NULL
    )""")
    db.conn.execute("CREATE INDEX source_checks_source ON source_checks(source, checked_at)")


def record_check(db: Database, source: str, status: str, message: str) -> None:
    """Store how a look at a live source went."""
    row = {"source": source, "status": status, "message": message, "checked_at": now()}
    with transaction(db):
        db.table("source_checks").insert(row)
