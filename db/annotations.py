"""What the tagger said: filtration (is it an innovation), annotations with evidence, and the terms they refer to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlite_utils import Database

from db.database import transaction

Row = dict[str, Any]

# A listing is due when it was never tagged, when what it says changed, or when the tagger did.
DUE = """
    FROM listings AS l LEFT JOIN filtration AS f ON f.listing_id = l.id
    WHERE (f.listing_id IS NULL OR f.content_hash != l.content_hash OR f.tagger_version != :tagger_version)
"""
# read_by: the tagger that has read exactly this content before, or NULL.
DUE_BATCH = f"""
    SELECT l.id, l.url, l.title, l.text, l.text_hash, l.content_hash, f.kept,
           CASE WHEN f.content_hash = l.content_hash THEN f.tagger_version END AS read_by
    {DUE} AND l.id > :after
    ORDER BY l.id LIMIT :batch_size
"""


def count_due(db: Database, tagger_version: str) -> int:
    """How many listings the tagger of this version has yet to read."""
    row = db.conn.execute(f"SELECT count(*) {DUE}", {"tagger_version": tagger_version}).fetchone()
    return int(row[0])


def make_all_due(db: Database) -> None:
    """Make every listing due, whichever tagger has read it; what is stored of it stays until it is tagged anew."""
    with transaction(db):
        db.conn.execute("UPDATE filtration SET tagger_version = ''")


def due_batches(db: Database, tagger_version: str, batch_size: int) -> Iterator[list[dict[str, Any]]]:
    """Listings to be tagged, in order of id: id, url, title, text, text_hash, content_hash, kept, read_by.

    read_by: the version of the tagger that has read this very content, or None; kept: what it said of it.

    Each batch is read when asked for, so that the caller may store one before taking the next and memory stays flat.
    """
    after = ""
    while True:
        values = {"tagger_version": tagger_version, "after": after, "batch_size": batch_size}
        rows = list(db.query(DUE_BATCH, values))
        if not rows:
            return
        yield rows
        after = rows[-1]["id"]


def store_taggings(db: Database, filtrations: Sequence[Row], annotations: Iterable[Row]) -> int:
    """Replace all that is said of the listings in `filtrations`, all or nothing; returns how many annotations."""
    rows = list(annotations)
    with transaction(db):
        db.conn.executemany(
            "DELETE FROM annotations WHERE listing_id = ?", [(row["listing_id"],) for row in filtrations]
        )
        db.table("filtration").upsert_all(filtrations, pk="listing_id")
        db.table("annotations").insert_all(rows, pk=("listing_id", "kind", "code"))
    return len(rows)


def stamp(db: Database, listing_ids: Sequence[str], tagger_version: str) -> None:
    """Note that the tagger of this version would say of these listings what is stored of them."""
    rows = [(tagger_version, listing_id) for listing_id in listing_ids]
    with transaction(db):
        db.conn.executemany("UPDATE filtration SET tagger_version = ? WHERE listing_id = ?", rows)


def stored_filtrations(db: Database, listing_ids: Sequence[str]) -> list[Row]:
    """What is stored of the verdicts on these listings, in order of id."""
    marks = ", ".join("?" * len(listing_ids))
    sql = f"SELECT * FROM filtration WHERE listing_id IN ({marks}) ORDER BY listing_id"
    return list(db.query(sql, list(listing_ids)))


def replace_terms(db: Database, terms: Sequence[Row]) -> bool:
    """Make table `terms` equal to the taxonomy's; returns whether anything differed."""
    columns = ("kind", "code", "label", "definition", "parent", "position", "source", "version")
    wanted = sorted(tuple(term[name] for name in columns) for term in terms)
    stored = sorted(tuple(row) for row in db.conn.execute(f"SELECT {', '.join(columns)} FROM terms"))
    if wanted == stored:
        return False
    with transaction(db):
        db.conn.execute("DELETE FROM terms")
        db.table("terms").insert_all([dict(zip(columns, row, strict=True)) for row in wanted], pk=("kind", "code"))
    return True
