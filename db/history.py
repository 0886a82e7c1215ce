"""What changed from one stored version of a listing to the next: typed events, and which versions are due for them.

An event is made once, from two versions read by one tagger, and stays as it is when the tagger changes later.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from db.database import transaction

# What an event can be, with the words that people read; what was gained, lost or named follows them.
KINDS = {
    "figure-changed": "Figure changed",
    "figure-added": "Figure added",
    "figure-dropped": "Figure dropped",
    "mark-appeared": "Regulatory mark or guidance appeared",
    "mark-sought": "Regulatory mark or guidance sought",
    "mark-lost": "Regulatory mark or guidance no longer named",
    "evidence-raised": "Evidence of a higher type",
    "maturity-raised": "Further on",
    "site-named": "New site",
    "organisation-named": "New organisation",
    "region-named": "New region",
    "theme-gained": "Theme gained",
    "theme-lost": "Theme lost",
    "criterion-gained": "Pledge criterion gained",
    "criterion-met": "Pledge criterion met, planned before",
    "criterion-lost": "Pledge criterion lost",
    "closed": "Closed, paused or withdrawn",
    "reopened": "No longer said to be closed",
    "renamed": "New title",
    "fact-changed": "Fact changed",
    "recognised": "Now read as an innovation",
    "unrecognised": "No longer read as an innovation",
}
COLUMNS = (
    "id, listing_id, version, kind, code, before, before_start, before_end, after, after_start, after_end, detail, "
    "happened_at, run_id"
)
PLACES = ", ".join(f":{name}" for name in COLUMNS.split(", "))
NOTE_DUE = """
    DELETE FROM track_due WHERE listing_id = new.listing_id AND version = new.version;
    INSERT INTO track_due (listing_id, version) VALUES (new.listing_id, new.version);
"""
TABLES = (
    # What the page said beside its text, in that version: publisher, region, published and extra, as JSON.
    "ALTER TABLE listing_versions ADD COLUMN facts TEXT NOT NULL DEFAULT '{}'",
    """CREATE TABLE change_events (
        id TEXT PRIMARY KEY,
        listing_id TEXT NOT NULL,
        version INTEGER NOT NULL,
        kind TEXT NOT NULL,
        code TEXT NOT NULL DEFAULT '',
        before TEXT,
        before_start INTEGER,
        before_end INTEGER,
        after TEXT,
        after_start INTEGER,
        after_end INTEGER,
        detail TEXT NOT NULL DEFAULT '{}',
        happened_at TEXT NOT NULL,
        run_id TEXT REFERENCES runs(id) ON DELETE SET NULL,
        FOREIGN KEY (listing_id, version) REFERENCES listing_versions(listing_id, version) ON DELETE CASCADE
    ) WITHOUT ROWID""",
    "CREATE INDEX change_events_version ON change_events(listing_id, version)",
    "CREATE INDEX change_events_happened ON change_events(happened_at, kind)",
    # A row for each time that a listing was found to be gone, with the innovation that it belonged to then; back_at is
    # when it was there again.
    """CREATE TABLE listing_absences (
        listing_id TEXT NOT NULL REFERENCES listings(id) ON DELETE CASCADE,
        gone_at TEXT NOT NULL,
        back_at TEXT,
        innovation_id TEXT,
        PRIMARY KEY (listing_id, gone_at)
    ) WITHOUT ROWID""",
    "CREATE INDEX listing_absences_gone ON listing_absences(gone_at)",
    "CREATE INDEX listing_absences_innovation ON listing_absences(innovation_id)",
    "CREATE INDEX listings_first_seen ON listings(first_seen_at)",
    """CREATE TABLE track_due (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        listing_id TEXT NOT NULL,
        version INTEGER NOT NULL,
        UNIQUE (listing_id, version)
    )""",
    f"""CREATE TRIGGER track_due_version AFTER INSERT ON listing_versions WHEN new.version > 1
        BEGIN {NOTE_DUE} END""",
    """CREATE TRIGGER listing_gone AFTER UPDATE OF gone_at ON listings
        WHEN old.gone_at IS NULL AND new.gone_at IS NOT NULL
        BEGIN
            INSERT OR IGNORE INTO listing_absences (listing_id, gone_at, innovation_id) VALUES (
                new.id, new.gone_at, (SELECT innovation_id FROM innovation_listings WHERE listing_id = new.id));
        END""",
    """CREATE TRIGGER listing_back AFTER UPDATE OF gone_at ON listings
        WHEN old.gone_at IS NOT NULL AND new.gone_at IS NULL
        BEGIN
            UPDATE listing_absences SET back_at = strftime('%Y-%m-%dT%H:%M:%SZ', 'now')
            WHERE listing_id = new.id AND back_at IS NULL;
        END""",
    """CREATE TRIGGER listing_absences_merged AFTER INSERT ON innovation_redirects
        BEGIN
            UPDATE listing_absences SET innovation_id = new.new_id WHERE innovation_id = new.old_id;
        END""",
    """INSERT INTO listing_absences (listing_id, gone_at) SELECT id, gone_at FROM listings WHERE gone_at IS NOT NULL""",
    """INSERT INTO track_due (listing_id, version)
        SELECT listing_id, version FROM listing_versions WHERE version > 1 ORDER BY listing_id, version""",
)
DUE = """
    SELECT d.number, d.listing_id, d.version, a.title, a.body, a.facts, a.seen_at, a.run_id,
           b.title AS title_before, b.body AS body_before, b.facts AS facts_before
    FROM track_due AS d
    LEFT JOIN listing_versions AS a ON a.listing_id = d.listing_id AND a.version = d.version
    LEFT JOIN listing_versions AS b ON b.listing_id = d.listing_id AND b.version = d.version - 1
    WHERE d.number > ? ORDER BY d.number LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class StoredText:
    """One stored version of a listing: what it said, and the facts beside it (publisher, region, published, extra)."""

    title: str
    text: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """From one version of a listing to the next; due: the number under which it is noted as due."""

    due: int
    listing_id: str
    version: int
    seen_at: str
    run_id: str | None
    before: StoredText
    after: StoredText


def create_history(db: Database) -> None:
    """The tables and triggers; every version but the first of each listing is due."""
    for statement in TABLES:
        db.conn.execute(statement)


def count_due(db: Database) -> int:
    """How many steps are due."""
    return int(db.conn.execute("SELECT count(*) FROM track_due").fetchone()[0])


def due_steps(db: Database, after: int, limit: int) -> tuple[list[Step], list[int]]:
    """The steps that are due beyond the number `after`, at most `limit`; and the numbers of those that are void.

    Void: one of the two versions is no longer there.
    """
    rows = list(db.query(DUE, [after, limit]))
    void = [row["number"] for row in rows if row["body"] is None or row["body_before"] is None]
    return [_step(row) for row in rows if row["number"] not in void], void


def _step(row: dict[str, Any]) -> Step:
    before = _stored_text(row["title_before"], row["body_before"], row["facts_before"])
    after = _stored_text(row["title"], row["body"], row["facts"])
    return Step(row["number"], row["listing_id"], row["version"], row["seen_at"], row["run_id"], before, after)


def _stored_text(title: str, body: bytes, facts: str) -> StoredText:
    return StoredText(title, zlib.decompress(body).decode(), json.loads(facts))


def store_events(db: Database, steps: Sequence[Step], void: Sequence[int], events: Iterable[dict[str, Any]]) -> int:
    """Replace the events of these steps, and note that they and the void ones are done; returns how many events.

    A version that was replaced meanwhile is due under another number, and stays due.
    """
    rows = list(events)
    with transaction(db):
        there = "EXISTS (SELECT 1 FROM listing_versions WHERE listing_id = :listing_id AND version = :version)"
        db.conn.executemany(
            "DELETE FROM change_events WHERE listing_id = ? AND version = ?",
            [(step.listing_id, step.version) for step in steps],
        )
        db.conn.executemany(
            f"INSERT OR REPLACE INTO change_events ({COLUMNS}) SELECT {PLACES} WHERE {there}", map(_plain, rows)
        )
        db.conn.executemany(
            "DELETE FROM track_due WHERE number = ?", [(number,) for number in (*void, *(step.due for step in steps))]
        )
    return len(rows)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "detail": json.dumps(row["detail"], ensure_ascii=False, sort_keys=True)}


def make_all_steps_due(db: Database) -> None:
    """Have the events of every stored version made anew; those stored stay until then."""
    with transaction(db):
        db.conn.execute("DELETE FROM track_due")
        db.conn.execute("""
            INSERT INTO track_due (listing_id, version)
            SELECT listing_id, version FROM listing_versions WHERE version > 1 ORDER BY listing_id, version""")
