"""Innovations, the listings that make them up, which listing gave each field, and ids that a merge has retired."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlite_utils import Database

from db.database import transaction
from db.keys import search_key

Row = dict[str, Any]

MEMBER_GROUPS = 200  # innovations whose listings are read at a time: a few megabytes at 5 kB a text; chosen
MAIN_FIELD = "main"  # the row of innovation_fields that names an innovation's main listing
KEPT = """
    FROM listings AS l JOIN filtration AS f ON f.listing_id = l.id
    WHERE f.kept = 1 AND l.gone_at IS NULL
"""
MEMBER_COLUMNS = "listing_id, innovation_id, score, detail"
COLUMNS = (
    "title", "summary", "search_text", "primary_theme", "themes", "pledges", "criteria", "regions", "sources",
    "publishers", "first_published", "last_published", "listing_count", "content_hash",
)  # fmt: skip
INSERT = f"""INSERT INTO innovations (id, search_key, first_seen_at, changed_at, {", ".join(COLUMNS)})
    VALUES (:id, :search_key, :now, :now, {", ".join(":" + name for name in COLUMNS)})"""
UPDATE = f"""UPDATE innovations SET changed_at = :now, {", ".join(f"{name} = :{name}" for name in COLUMNS)}
    WHERE id = :id"""


@dataclass(frozen=True, slots=True)
class StoredInnovation:
    """What is stored of an innovation that the next resolution must respect; main and listings are listing ids."""

    id: str
    main: str | None
    listings: tuple[str, ...]
    first_seen_at: str
    content_hash: str
    is_decided: bool


def kept_listings(db: Database, listing_ids: Sequence[str]) -> list[Row]:
    """Those of these listings that are kept and still there, in order of id: id, title, text, url, published."""
    sql = f"SELECT l.id, l.title, l.text, l.url, l.published {KEPT} AND l.id IN (SELECT value FROM json_each(?))"
    return list(db.query(f"{sql} ORDER BY l.id", [json.dumps(list(listing_ids))]))


def kept_dates(db: Database, listing_ids: Sequence[str]) -> dict[str, str | None]:
    """Those of these listings that are kept and still there, in order of id, with the date published."""
    sql = f"SELECT l.id, l.published {KEPT} AND l.id IN (SELECT value FROM json_each(?)) ORDER BY l.id"
    return dict(db.conn.execute(sql, [json.dumps(list(listing_ids))]).fetchall())


def companions(db: Database, listing_ids: Sequence[str]) -> set[str]:
    """All listings of the innovations that these listings belong to, or of which one of them is the main listing."""
    sql = """WITH these AS (SELECT value AS id FROM json_each(?)), touched AS (
                 SELECT m.innovation_id FROM these JOIN innovation_listings AS m ON m.listing_id = these.id
                 UNION SELECT f.innovation_id FROM these JOIN innovation_fields AS f
                     ON f.listing_id = these.id AND f.field = ?)
             SELECT m.listing_id FROM touched AS t
             JOIN innovation_listings AS m ON m.innovation_id = t.innovation_id"""
    return {str(listing_id) for (listing_id,) in db.conn.execute(sql, [json.dumps(list(listing_ids)), MAIN_FIELD])}


def member_rows(db: Database, groups: Iterable[Sequence[str]]) -> Iterator[list[Row]]:
    """For each group of listing ids its listings, in that order.

    Each has annotations: kind, code, verdict, is_primary, score.
    Two questions for MEMBER_GROUPS groups, so that few texts are in memory. Raises KeyError for a listing that is gone.
    """
    remaining = iter(groups)
    while batch := list(islice(remaining, MEMBER_GROUPS)):
        rows = _members(db, [listing_id for group in batch for listing_id in group])
        yield from ([rows[listing_id] for listing_id in group] for group in batch)


def _members(db: Database, listing_ids: Sequence[str]) -> dict[str, Row]:
    marks = [json.dumps(list(listing_ids))]
    columns = "id, source, title, text, publisher, region, published"
    sql = f"SELECT {columns} FROM listings WHERE id IN (SELECT value FROM json_each(?))"
    rows = {row["id"]: {**row, "annotations": []} for row in db.query(sql, marks)}
    tags = """SELECT listing_id, kind, code, verdict, is_primary, score FROM annotations
              WHERE listing_id IN (SELECT value FROM json_each(?)) ORDER BY listing_id, kind, code"""
    for tag in db.query(tags, marks):
        rows[tag["listing_id"]]["annotations"].append(tag)
    return rows


def stored_innovations(db: Database, listing_ids: Sequence[str]) -> dict[str, StoredInnovation]:
    """The stored innovations to which any of these listings belongs, or of which one is the main listing, by id.

    A decision on an id that was merged into one counts as one on it.
    """
    marks = json.dumps(list(listing_ids))
    members: dict[str, list[str]] = {}
    touched = """SELECT m.innovation_id FROM these JOIN innovation_listings AS m ON m.listing_id = these.id UNION
                 SELECT f.innovation_id FROM these JOIN innovation_fields AS f ON f.listing_id = these.id
                 AND f.field = :main"""
    these = "WITH these AS (SELECT value AS id FROM json_each(:ids)), touched AS (" + touched + ") "
    values = {"ids": marks, "main": MAIN_FIELD}
    sql = """SELECT m.listing_id, m.innovation_id FROM touched JOIN innovation_listings AS m
             ON m.innovation_id = touched.innovation_id ORDER BY m.listing_id"""
    for listing_id, innovation_id in db.conn.execute(these + sql, values):
        members.setdefault(innovation_id, []).append(listing_id)
    sql = """SELECT i.id, f.listing_id, i.first_seen_at, i.content_hash, EXISTS (
                 SELECT 1 FROM decisions AS d WHERE d.innovation_id = i.id OR d.innovation_id IN
                     (SELECT old_id FROM innovation_redirects WHERE new_id = i.id))
             FROM touched JOIN innovations AS i ON i.id = touched.innovation_id
             LEFT JOIN innovation_fields AS f ON f.innovation_id = i.id AND f.field = :main ORDER BY i.id"""
    return {
        row[0]: StoredInnovation(row[0], row[1], tuple(members.get(row[0], ())), row[2], row[3], bool(row[4]))
        for row in db.conn.execute(these + sql, values)
    }


def members_of(db: Database, innovation_id: str) -> list[str]:
    """The ids of an innovation's listings, the main listing first."""
    sql = """SELECT m.listing_id FROM innovation_listings AS m
             LEFT JOIN innovation_fields AS f ON f.innovation_id = m.innovation_id AND f.field = ?
             WHERE m.innovation_id = ? ORDER BY m.listing_id != f.listing_id, m.listing_id"""
    return [str(listing_id) for (listing_id,) in db.conn.execute(sql, [MAIN_FIELD, innovation_id])]


def is_in_use(db: Database, innovation_id: str) -> bool:
    """Whether an innovation has this id now."""
    return db.conn.execute("SELECT 1 FROM innovations WHERE id = ?", [innovation_id]).fetchone() is not None


def totals(db: Database) -> dict[str, int]:
    """How many listings make up how many innovations."""
    listings = db.conn.execute("SELECT count(*) FROM innovation_listings").fetchone()[0]
    innovations = db.conn.execute("SELECT count(*) FROM innovations WHERE listing_count > 0").fetchone()[0]
    return {"listings": int(listings), "innovations": int(innovations)}


def store_innovation(db: Database, innovation_id: str, row: Row, fields: Mapping[str, str], now: str) -> str:
    """Insert or update one innovation and where its fields came from; returns new, changed or unchanged.

    row has the keys of COLUMNS. Nothing is written when the stored content_hash is equal. fields: field -> listing id.
    """
    found = db.conn.execute("SELECT content_hash FROM innovations WHERE id = ?", [innovation_id]).fetchone()
    if found and found[0] == row["content_hash"]:
        return "unchanged"
    values = {**row, "id": innovation_id, "search_key": search_key(innovation_id), "now": now}
    with transaction(db):
        db.conn.execute(UPDATE if found else INSERT, values)
        db.conn.execute("DELETE FROM innovation_fields WHERE innovation_id = ?", [innovation_id])
        db.conn.executemany(
            "INSERT INTO innovation_fields (innovation_id, field, listing_id) VALUES (?, ?, ?)",
            [(innovation_id, field, listing_id) for field, listing_id in sorted(fields.items())],
        )
    return "changed" if found else "new"


def store_members(db: Database, listing_ids: Sequence[str], members: Iterable[tuple[str, str, float, str]]) -> int:
    """Make the rows of innovation_listings for these listings equal to `members`; returns how many were written.

    members: (listing id, innovation id, score, detail); a listing without a row belongs to no innovation any more.
    """
    wanted = {row[0]: row for row in members}
    sql = f"SELECT {MEMBER_COLUMNS} FROM innovation_listings WHERE listing_id IN (SELECT value FROM json_each(?))"
    stored = {row[0]: tuple(row) for row in db.conn.execute(sql, [json.dumps(list(listing_ids))])}
    changed = [row for listing_id, row in sorted(wanted.items()) if stored.get(listing_id) != row]
    with transaction(db):
        db.conn.executemany(
            "DELETE FROM innovation_listings WHERE listing_id = ?", [(one,) for one in sorted(stored.keys() - wanted)]
        )
        db.conn.executemany(
            f"INSERT OR REPLACE INTO innovation_listings ({MEMBER_COLUMNS}) VALUES (?, ?, ?, ?)", changed
        )
    return len(changed)


def redirect(db: Database, old_id: str, new_id: str, now: str) -> None:
    """Retire an id in favour of another, and with it every id that pointed to it."""
    with transaction(db):
        db.conn.execute("UPDATE innovation_redirects SET new_id = ? WHERE new_id = ?", [new_id, old_id])
        db.conn.execute("DELETE FROM innovations WHERE id = ?", [old_id])
        sql = "INSERT OR REPLACE INTO innovation_redirects (old_id, new_id, since) VALUES (?, ?, ?)"
        db.conn.execute(sql, [old_id, new_id, now])


def retired_ids(db: Database, innovation_ids: Iterable[str]) -> set[str]:
    """The ids that were merged into these innovations."""
    sql = "SELECT old_id FROM innovation_redirects WHERE new_id IN (SELECT value FROM json_each(?))"
    return {str(old_id) for (old_id,) in db.conn.execute(sql, [json.dumps(sorted(innovation_ids))])}


def restore_ids(db: Database, innovation_ids: Iterable[str]) -> None:
    """Ids in use again, after a split: they point nowhere else."""
    with transaction(db):
        db.conn.executemany("DELETE FROM innovation_redirects WHERE old_id = ?", [(one,) for one in innovation_ids])


def empty_innovation(db: Database, innovation_id: str) -> None:
    """Keep an innovation whose listings are gone, because someone decided on it."""
    sql = "UPDATE innovations SET listing_count = 0, content_hash = '' WHERE id = ? AND listing_count != 0"
    with transaction(db):
        db.conn.execute(sql, [innovation_id])


def remove_innovation(db: Database, innovation_id: str) -> None:
    """Remove an innovation, with its fields and the ids that pointed to it."""
    with transaction(db):
        db.conn.execute("DELETE FROM innovations WHERE id = ?", [innovation_id])


def current_id(db: Database, innovation_id: str) -> str | None:
    """The id in use for an innovation: itself, or what it was merged into; None when there is none."""
    sql = """SELECT id FROM innovations WHERE id = :id
             UNION SELECT new_id FROM innovation_redirects WHERE old_id = :id LIMIT 1"""
    row = db.conn.execute(sql, {"id": innovation_id}).fetchone()
    return str(row[0]) if row else None
