"""Reviewers' corrections of tags: dated, never overwritten; the latest one on a listing's tag holds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlite_utils import Database

from db.database import transaction
from db.runs import now

ACTIONS = ("add", "remove")
KINDS = ("theme", "criterion", "enabler", "facet")
VERDICTS = ("met", "planned")
# judged: the compressed text that the reviewer saw, where it is another one than the listing's present text.
LATEST = """
    SELECT c.id, c.listing_id, c.kind, c.code, c.action, c.verdict, c.quote, c.reason, c.author, c.corrected_at,
           c.text_hash, (SELECT v.body FROM listing_versions AS v JOIN listings AS l ON l.id = v.listing_id
                         WHERE v.listing_id = c.listing_id AND v.text_hash = c.text_hash AND l.text_hash != c.text_hash
                         LIMIT 1) AS judged
    FROM (
        SELECT *, row_number() OVER (PARTITION BY listing_id, kind, code ORDER BY corrected_at DESC, id DESC) AS place
        FROM tag_corrections WHERE listing_id IN (SELECT value FROM json_each(?))
    ) AS c WHERE c.place = 1 ORDER BY c.listing_id, c.kind, c.code
"""


def record_correction(
    db: Database,
    listing_id: str,
    kind: str,
    code: str,
    action: str,
    author: str,
    *,
    quote: str | None = None,
    reason: str | None = None,
    verdict: str | None = None,
) -> int:
    """Store one correction of the listing's present text, make the listing due for tagging, and return its number.

    quote: for "add", the stretch of the text that shows the tag. reason: for "remove". verdict: for a criterion.
    Raises ValueError for what is missing or not allowed, naming it.
    """
    text, text_hash = _listing(db, listing_id)
    _check(kind, action, verdict)
    if action == "add" and (not quote or quote not in text):
        raise ValueError("quote: a tag is added with a stretch of the listing's text, exactly as it stands there")
    if action == "remove" and not reason:
        raise ValueError("reason: a tag is removed with a reason")
    row = {"listing_id": listing_id, "kind": kind, "code": code, "action": action, "verdict": verdict, "quote": quote}
    row |= {"reason": reason, "author": author, "corrected_at": now(), "text_hash": text_hash}
    with transaction(db):
        number = int(db.table("tag_corrections").insert(row).last_pk or 0)
        db.conn.execute("UPDATE filtration SET tagger_version = '' WHERE listing_id = ?", [listing_id])
    return number


def _listing(db: Database, listing_id: str) -> tuple[str, str]:
    found = db.conn.execute("SELECT text, text_hash FROM listings WHERE id = ?", [listing_id]).fetchone()
    if found is None:
        raise ValueError(f"there is no listing {listing_id}")
    return str(found[0]), str(found[1])


def _check(kind: str, action: str, verdict: str | None) -> None:
    for name, value, allowed in (("kind", kind, KINDS), ("action", action, ACTIONS)):
        if value not in allowed:
            raise ValueError(f"{name}: {value!r} is not known; allowed: {', '.join(allowed)}")
    wanted = VERDICTS if (kind, action) == ("criterion", "add") else (None,)
    if verdict not in wanted:
        raise ValueError(f"verdict: {verdict!r} does not fit; allowed: {', '.join(map(str, wanted))}")


def corrections_of(db: Database, listing_ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """The latest correction of each tag, by listing id, with `judged`; listings without any are left out."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in db.query(LATEST, [json.dumps(list(listing_ids))]):
        found.setdefault(row["listing_id"], []).append(row)
    return found


def corrected_listings(db: Database) -> list[dict[str, Any]]:
    """Every kept listing with a correction of a theme: id, title, text, read_by, in order of id.

    read_by: the tagger that has read it with its corrections; empty when it is due.
    """
    sql = """
        SELECT l.id, l.title, l.text,
               CASE WHEN f.content_hash = l.content_hash THEN f.tagger_version ELSE '' END AS read_by
        FROM listings AS l JOIN filtration AS f ON f.listing_id = l.id
        WHERE f.kept = 1 AND l.id IN (SELECT listing_id FROM tag_corrections WHERE kind = 'theme') ORDER BY l.id"""
    return list(db.query(sql))
