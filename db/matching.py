"""What finding duplicates keeps: which listings are due, their packed records, how common terms are, scored pairs.

A listing's number is its search key: the same whatever the order in which listings arrive.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from db.database import transaction

# Every change that can alter which innovation a listing belongs to, or what it gives to it. The due row's number rises
# with each change, so that a change made while the listing is worked on is not taken as done.
NOTE_DUE = """
    DELETE FROM resolve_due WHERE listing_id = {listing};
    INSERT INTO resolve_due (listing_id) VALUES ({listing});
"""
LISTING_COLUMNS = "title, text, url, publisher, region, published, gone_at"
TRIGGERS = {
    "resolve_due_listing": (f"AFTER UPDATE OF {LISTING_COLUMNS} ON listings", "new.id"),
    "resolve_due_deleted": ("AFTER DELETE ON listings", "old.id"),
    "resolve_due_filtration": ("AFTER INSERT ON filtration", "new.listing_id"),
    # Also where a listing was tagged anew and is kept as before: its tags may differ.
    "resolve_due_tagged": ("AFTER UPDATE OF kept ON filtration", "new.listing_id"),
}
TABLES = (
    "CREATE TABLE resolve_due (number INTEGER PRIMARY KEY AUTOINCREMENT, listing_id TEXT NOT NULL UNIQUE)",
    # state: counted (its terms are in match_terms), weighed (its keys are in match_keys), compared. is_copy: its text
    # is that of another record, so that its terms and keys are not counted twice.
    """CREATE TABLE match_records (
        number INTEGER PRIMARY KEY,
        listing_id TEXT NOT NULL UNIQUE,
        said_hash TEXT NOT NULL,
        mirror_key TEXT NOT NULL,
        copy_key TEXT NOT NULL,
        is_copy INTEGER NOT NULL CHECK (is_copy IN (0, 1)),
        state TEXT NOT NULL CHECK (state IN ('counted', 'weighed', 'compared')),
        record BLOB NOT NULL
    )""",
    "CREATE INDEX match_records_mirror ON match_records(mirror_key, number) WHERE mirror_key != ''",
    "CREATE INDEX match_records_copy ON match_records(copy_key, number) WHERE copy_key != ''",
    "CREATE INDEX match_records_text ON match_records(number) WHERE is_copy = 0",
    "CREATE INDEX match_records_state ON match_records(state, number) WHERE state != 'compared'",
    """CREATE TABLE match_terms (
        key INTEGER PRIMARY KEY,
        listings INTEGER NOT NULL,
        capital INTEGER NOT NULL,
        lower INTEGER NOT NULL,
        after_preposition INTEGER NOT NULL,
        in_organisation INTEGER NOT NULL
    )""",
    "CREATE TABLE match_keys (key INTEGER, number INTEGER, PRIMARY KEY (key, number)) WITHOUT ROWID",
    "CREATE INDEX match_keys_number ON match_keys(number)",
    """CREATE TABLE match_pairs (
        one INTEGER NOT NULL,
        other INTEGER NOT NULL CHECK (other > one),
        score REAL NOT NULL CHECK (score BETWEEN 0 AND 1),
        PRIMARY KEY (one, other)
    ) WITHOUT ROWID""",
    "CREATE INDEX match_pairs_other ON match_pairs(other)",
    "CREATE TABLE match_state (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
)
COLUMNS = "number, listing_id, said_hash, mirror_key, copy_key, is_copy, state, record"


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A row of match_records; record is packed as pipeline.resolve packs it."""

    number: int
    listing_id: str
    said_hash: str
    mirror_key: str
    copy_key: str
    is_copy: bool
    state: str
    record: bytes


def create_matching(db: Database) -> None:
    """The tables and triggers; every listing that is tagged already is due."""
    for statement in TABLES:
        db.conn.execute(statement)
    for name, (event, listing) in TRIGGERS.items():
        db.conn.execute(f"CREATE TRIGGER {name} {event} BEGIN {NOTE_DUE.format(listing=listing)} END")
    db.conn.execute("INSERT INTO resolve_due (listing_id) SELECT listing_id FROM filtration ORDER BY listing_id")


# --- what is due


def due_listings(db: Database, after: int = 0, limit: int = -1) -> list[tuple[int, str]]:
    """The listings that are due, in order of their due numbers: (due number, listing id)."""
    sql = "SELECT number, listing_id FROM resolve_due WHERE number > ? ORDER BY number LIMIT ?"
    return [(int(number), str(listing_id)) for number, listing_id in db.conn.execute(sql, [after, limit])]


def make_due(db: Database, listing_ids: Iterable[str]) -> None:
    """Have these listings looked at by the next resolution."""
    with transaction(db):
        for listing_id in sorted(set(listing_ids)):
            db.conn.execute("DELETE FROM resolve_due WHERE listing_id = ?", [listing_id])
            db.conn.execute("INSERT INTO resolve_due (listing_id) VALUES (?)", [listing_id])


def forget_due(db: Database, due_numbers: Iterable[int]) -> None:
    """These changes are taken up; a later change of the same listing has another number and stays."""
    with transaction(db):
        db.conn.executemany("DELETE FROM resolve_due WHERE number = ?", [(number,) for number in due_numbers])


def make_everything_due(db: Database) -> None:
    """Forget every record and every pair, and make every tagged listing due."""
    with transaction(db):
        for table in ("match_records", "match_terms", "match_keys", "match_pairs", "match_state", "resolve_due"):
            db.conn.execute(f"DELETE FROM {table}")
        db.conn.execute("INSERT INTO resolve_due (listing_id) SELECT listing_id FROM filtration ORDER BY listing_id")


def weigh_all_again(db: Database) -> None:
    """Have every record weighed and compared anew, and every listing looked at."""
    with transaction(db):
        db.conn.execute("UPDATE match_records SET state = 'counted'")
        db.conn.execute("DELETE FROM match_pairs")
    make_due(db, (listing_id for (listing_id,) in db.conn.execute("SELECT listing_id FROM match_records").fetchall()))


def read_state(db: Database) -> dict[str, str]:
    """What the stored records and pairs were made with."""
    return dict(db.conn.execute("SELECT name, value FROM match_state").fetchall())


def store_state(db: Database, state: Mapping[str, str]) -> None:
    """Note what the records and pairs are made with."""
    with transaction(db):
        db.conn.executemany("INSERT OR REPLACE INTO match_state (name, value) VALUES (?, ?)", sorted(state.items()))


# --- records


def text_count(db: Database) -> int:
    """How many different texts are counted."""
    return int(db.conn.execute("SELECT count(*) FROM match_records WHERE is_copy = 0").fetchone()[0])


def records_of(db: Database, numbers: Sequence[int]) -> list[StoredRecord]:
    """The stored records with these numbers, in their order; unknown numbers are left out."""
    sql = f"SELECT {COLUMNS} FROM match_records WHERE number IN (SELECT value FROM json_each(?))"
    found = {row[0]: StoredRecord(*row) for row in db.conn.execute(sql, [json.dumps(list(numbers))])}
    return [found[number] for number in numbers if number in found]


def records_of_listings(db: Database, listing_ids: Sequence[str]) -> dict[str, StoredRecord]:
    """The stored records of these listings, by listing id; those without one are left out."""
    sql = f"SELECT {COLUMNS} FROM match_records WHERE listing_id IN (SELECT value FROM json_each(?))"
    return {row[1]: StoredRecord(*row) for row in db.conn.execute(sql, [json.dumps(list(listing_ids))])}


def records_in_state(db: Database, state: str, limit: int) -> list[StoredRecord]:
    """The first records in a state other than compared, in order of their numbers."""
    sql = f"SELECT {COLUMNS} FROM match_records WHERE state = ? AND state != 'compared' ORDER BY number LIMIT ?"
    return [StoredRecord(*row) for row in db.conn.execute(sql, [state, limit])]


def put_records(db: Database, records: Iterable[StoredRecord]) -> None:
    """Insert or replace records."""
    rows = [tuple(getattr(one, name) for name in COLUMNS.split(", ")) for one in records]
    with transaction(db):
        db.conn.executemany(f"INSERT OR REPLACE INTO match_records ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)


def remove_records(db: Database, numbers: Iterable[int]) -> None:
    """Remove records with their keys; their pairs stay."""
    marks = [(number,) for number in numbers]
    with transaction(db):
        db.conn.executemany("DELETE FROM match_records WHERE number = ?", marks)
        db.conn.executemany("DELETE FROM match_keys WHERE number = ?", marks)


def remove_pairs(db: Database, numbers: Iterable[int]) -> None:
    """Remove all pairs of these records."""
    marks = [(number,) for number in numbers]
    with transaction(db):
        for column in ("one", "other"):
            db.conn.executemany(f"DELETE FROM match_pairs WHERE {column} = ?", marks)


def numbers_with(db: Database, column: str, key: str) -> list[int]:
    """The records that have a mirror_key or copy_key, in order; none have the empty one."""
    sql = f"SELECT number FROM match_records WHERE {column} = ? AND {column} != '' ORDER BY number"
    return [int(number) for (number,) in db.conn.execute(sql, [key])]


def set_state(db: Database, numbers: Iterable[int], state: str) -> None:
    """Note how far these records are."""
    rows = [(state, number) for number in sorted(numbers)]
    with transaction(db):
        db.conn.executemany("UPDATE match_records SET state = ? WHERE number = ?", rows)


def copy_keys_of(db: Database, numbers: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Number -> mirror key and copy key, of the records that are known."""
    sql = """SELECT number, mirror_key, copy_key FROM match_records
             WHERE number IN (SELECT value FROM json_each(?))"""
    return {row[0]: (row[1], row[2]) for row in db.conn.execute(sql, [json.dumps(list(numbers))])}


def known_texts(db: Database, copy_keys: Iterable[str]) -> set[str]:
    """Those of these copy keys that a record has which is no copy."""
    sql = "SELECT 1 FROM match_records WHERE copy_key = ? AND copy_key != '' AND is_copy = 0"
    return {key for key in set(copy_keys) if db.conn.execute(sql, [key]).fetchone()}


def listing_ids_of(db: Database, numbers: Iterable[int]) -> dict[int, str]:
    """Number -> listing id."""
    sql = "SELECT number, listing_id FROM match_records WHERE number IN (SELECT value FROM json_each(?))"
    return dict(db.conn.execute(sql, [json.dumps(list(numbers))]).fetchall())


# --- terms and keys

ADD_TERM = """INSERT INTO match_terms (key, listings, capital, lower, after_preposition, in_organisation)
    VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET listings = listings + excluded.listings,
    capital = capital + excluded.capital, lower = lower + excluded.lower,
    after_preposition = after_preposition + excluded.after_preposition,
    in_organisation = in_organisation + excluded.in_organisation"""


def add_terms(db: Database, rows: Iterable[Sequence[int]]) -> None:
    """Add to the terms' numbers: rows of (key, listings, capital, lower, after_preposition, in_organisation)."""
    with transaction(db):
        db.conn.executemany(ADD_TERM, rows)


def terms_of(db: Database, keys: Iterable[int]) -> Iterator[tuple[int, ...]]:
    """The numbers of these terms, keys rising."""
    sql = "SELECT * FROM match_terms WHERE key IN (SELECT value FROM json_each(?)) ORDER BY key"
    yield from db.conn.execute(sql, [json.dumps(list(keys))])


def replace_keys(db: Database, number: int, keys: Iterable[int]) -> None:
    """Make these the keys under which a record is found."""
    with transaction(db):
        db.conn.execute("DELETE FROM match_keys WHERE number = ?", [number])
        db.conn.executemany("INSERT INTO match_keys (key, number) VALUES (?, ?)", [(key, number) for key in keys])


def numbers_under(db: Database, key: int, limit: int) -> list[int]:
    """The records that are found under a key, at most `limit`, in order."""
    sql = "SELECT number FROM match_keys WHERE key = ? ORDER BY number LIMIT ?"
    return [int(number) for (number,) in db.conn.execute(sql, [key, limit])]


# --- pairs


def partners_of(db: Database, number: int) -> list[int]:
    """The records with which a record is paired."""
    sql = "SELECT other FROM match_pairs WHERE one = :n UNION ALL SELECT one FROM match_pairs WHERE other = :n"
    return [int(other) for (other,) in db.conn.execute(sql, {"n": number})]


def replace_pairs(db: Database, numbers: Sequence[int], pairs: Iterable[tuple[int, int, float]]) -> None:
    """Replace all pairs of these records by (one, other, score), one < other."""
    with transaction(db):
        remove_pairs(db, numbers)
        db.conn.executemany("INSERT OR REPLACE INTO match_pairs (one, other, score) VALUES (?, ?, ?)", pairs)


def pairs_among(db: Database, numbers: Sequence[int]) -> list[tuple[int, int, float]]:
    """The pairs of which both are among these, in order."""
    sql = """WITH these AS (SELECT value AS number FROM json_each(?))
             SELECT p.one, p.other, p.score FROM these JOIN match_pairs AS p ON p.one = these.number
             WHERE p.other IN (SELECT number FROM these) ORDER BY p.one, p.other"""
    return [(int(one), int(other), float(score)) for one, other, score in db.conn.execute(sql, [json.dumps(numbers)])]


def pairs_at(db: Database, number: int, score: float) -> list[int]:
    """The records that match a record with this score or better."""
    sql = """SELECT other FROM match_pairs WHERE one = :n AND score >= :score
             UNION ALL SELECT one FROM match_pairs WHERE other = :n AND score >= :score"""
    return [int(other) for (other,) in db.conn.execute(sql, {"n": number, "score": score})]
