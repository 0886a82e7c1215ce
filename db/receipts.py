"""Tagged listings with the stored version of their text, for checking tags against what they were made from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlite_utils import Database

TAGGED = """
    SELECT l.id, v.title, v.body, f.text_hash, f.content_hash, f.kept, f.reason, f.tagger_version
    FROM filtration AS f
    JOIN listings AS l ON l.id = f.listing_id
    JOIN listing_versions AS v ON v.listing_id = l.id AND v.content_hash = f.content_hash
    WHERE l.id > :after GROUP BY l.id ORDER BY l.id LIMIT :batch_size
"""


def tagged_batches(db: Database, batch_size: int) -> Iterator[list[dict[str, Any]]]:
    """Every tagged listing in order of id, with title and compressed text of the version that was tagged."""
    after = ""
    while rows := list(db.query(TAGGED, {"after": after, "batch_size": batch_size})):
        yield rows
        after = rows[-1]["id"]


def stored_annotations(db: Database, listing_ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """The annotations of the listings, by listing id; an empty list where there are none."""
    found: dict[str, list[dict[str, Any]]] = {listing_id: [] for listing_id in listing_ids}
    marks = ", ".join("?" * len(listing_ids))
    sql = f"SELECT * FROM annotations WHERE listing_id IN ({marks}) ORDER BY listing_id, kind, code"
    for row in db.query(sql, list(listing_ids)):
        found[row["listing_id"]].append(row)
    return found
