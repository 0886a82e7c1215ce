"""A round: one reading of a source from its start to its end, over as many crawls as it takes.

What a crawl has still to ask for stands in crawl_queue and what it has seen in crawl_seen, written in the transaction
of the visit that named or gave it. So a crawl that is killed goes on where it was, and the queue is what it missed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from db.database import transaction

QUEUE_BATCH = 500  # rows read at a time
TABLES = (
    """CREATE TABLE crawl_rounds (
        source TEXT PRIMARY KEY REFERENCES sources(name) ON DELETE CASCADE,
        number INTEGER NOT NULL,
        started_at TEXT NOT NULL,
        finished_at TEXT,
        full_at TEXT,
        last_at TEXT
    )""",
    """CREATE TABLE crawl_queue (
        place INTEGER PRIMARY KEY,
        source TEXT NOT NULL REFERENCES sources(name) ON DELETE CASCADE,
        url TEXT NOT NULL,
        role TEXT NOT NULL CHECK (role IN ('discovery', 'detail')),
        payload TEXT NOT NULL,
        UNIQUE (source, url)
    )""",
    """CREATE TABLE crawl_seen (
        source TEXT NOT NULL REFERENCES sources(name) ON DELETE CASCADE,
        listing_id TEXT NOT NULL,
        PRIMARY KEY (source, listing_id)
    ) WITHOUT ROWID""",
    # A host that asked to be left alone, or was too busy again and again. until_at: not before this time (UTC).
    """CREATE TABLE host_pauses (
        host TEXT PRIMARY KEY,
        until_at TEXT NOT NULL,
        busy_answers INTEGER NOT NULL
    )""",
    "ALTER TABLE frontier ADD COLUMN round INTEGER NOT NULL DEFAULT 0",
)


@dataclass(frozen=True, slots=True)
class Round:
    """number: 1, 2, ... of the source. goes_on: whether an earlier crawl began it and did not come to its end.

    since: when the last round that came to its end began (UTC), or None where this one has to ask for everything: it is
    the first, or the last that did is too long ago.
    """

    number: int
    goes_on: bool
    since: str | None = None


@dataclass(frozen=True, slots=True)
class Queued:
    """An address that a round has still to ask for; payload is what the crawler needs to ask for it, JSON-able."""

    url: str
    role: str
    payload: dict[str, Any]


def create_rounds(db: Database) -> None:
    """The tables, and the round in which each address was last asked for."""
    for statement in TABLES:
        db.conn.execute(statement)


def open_round(db: Database, source: str, now: str, oldest: str, full_since: str = "9") -> Round:
    """Go on with the source's round where it is unfinished and began at `oldest` or later, else begin the next one.

    full_since: with a full round before this time a new one has to ask for everything.
    """
    with transaction(db):
        sql = "SELECT number, started_at, finished_at, full_at, last_at FROM crawl_rounds WHERE source = ?"
        number, started, finished, full, last = db.conn.execute(sql, [source]).fetchone() or (0, "", now, None, None)
        since = last if full is not None and full >= full_since else None
        if finished is None and started >= oldest:
            return Round(number, goes_on=True, since=since if full != started else None)
        _clear(db, source)
        sql = """INSERT OR REPLACE INTO crawl_rounds (source, number, started_at, full_at, last_at)
                 VALUES (?, ?, ?, ?, ?)"""
        db.conn.execute(sql, [source, number + 1, now, now if since is None else full, last])
        return Round(number + 1, goes_on=False, since=since)


def finish_round(db: Database, source: str, now: str) -> None:
    """The round is over: nothing of it is left to ask for."""
    with transaction(db):
        _clear(db, source)
        sql = "UPDATE crawl_rounds SET finished_at = ?, last_at = started_at WHERE source = ?"
        db.conn.execute(sql, [now, source])


def _clear(db: Database, source: str) -> None:
    for table in ("crawl_queue", "crawl_seen"):
        db.conn.execute(f"DELETE FROM {table} WHERE source = ?", [source])


def unfinished(db: Database) -> set[str]:
    """The sources whose round did not come to its end."""
    if "crawl_rounds" not in db.table_names():
        return set()
    return {str(name) for (name,) in db.conn.execute("SELECT source FROM crawl_rounds WHERE finished_at IS NULL")}


def add_to_queue(db: Database, source: str, number: int, rows: Iterable[Queued]) -> None:
    """Have these asked for in this round, unless they were or already wait."""
    sql = """INSERT OR IGNORE INTO crawl_queue (source, url, role, payload) SELECT :source, :url, :role, :payload
             WHERE NOT EXISTS (SELECT 1 FROM frontier WHERE source = :source AND url = :url AND round = :number)"""
    values = (
        {"source": source, "url": one.url, "role": one.role, "payload": json.dumps(one.payload), "number": number}
        for one in rows
    )
    with transaction(db):
        db.conn.executemany(sql, values)


def take_from_queue(db: Database, source: str, url: str) -> None:
    """An address was asked for."""
    with transaction(db):
        db.conn.execute("DELETE FROM crawl_queue WHERE source = ? AND url = ?", [source, url])


def queued(db: Database, source: str) -> Iterator[Queued]:
    """What waits, the first named first. What is added while this is read may come too."""
    place = -1
    sql = "SELECT place, url, role, payload FROM crawl_queue WHERE source = ? AND place > ? ORDER BY place LIMIT ?"
    while rows := db.conn.execute(sql, [source, place, QUEUE_BATCH]).fetchall():
        place = rows[-1][0]
        yield from (Queued(url, role, json.loads(payload)) for _, url, role, payload in rows)


def asked_in_round(db: Database, source: str, number: int) -> set[str]:
    """The addresses that were asked for in this round."""
    rows = db.conn.execute("SELECT url FROM frontier WHERE source = ? AND round = ?", [source, number])
    return {str(url) for (url,) in rows}


def add_seen(db: Database, source: str, listing_ids: Iterable[str]) -> None:
    """These listings were found in this round."""
    sql = "INSERT OR IGNORE INTO crawl_seen (source, listing_id) VALUES (?, ?)"
    with transaction(db):
        db.conn.executemany(sql, [(source, one) for one in listing_ids])


def seen_in_round(db: Database, source: str) -> set[str]:
    """The ids of the listings found in this round."""
    return {str(one) for (one,) in db.conn.execute("SELECT listing_id FROM crawl_seen WHERE source = ?", [source])}


def pause_host(db: Database, host: str, until: str, busy_answers: int) -> None:
    """Leave a host alone until then; busy_answers: how many there were in a row."""
    with transaction(db):
        db.conn.execute("INSERT OR REPLACE INTO host_pauses VALUES (?, ?, ?)", [host, until, busy_answers])


def end_pause(db: Database, host: str) -> None:
    """A host answers again."""
    with transaction(db):
        db.conn.execute("DELETE FROM host_pauses WHERE host = ?", [host])


def host_pauses(db: Database) -> dict[str, tuple[str, int]]:
    """Host (as in an address, with its port) -> until when (UTC), busy answers in a row."""
    if "host_pauses" not in db.table_names():
        return {}
    return {host: (until, count) for host, until, count in db.conn.execute("SELECT * FROM host_pauses")}
