"""What reviewers' decisions say of listings: those of innovations rejected for a reason, and their stored tags."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlite_utils import Database

# The latest decision that has not been withdrawn holds for the innovation and so for its listings.
REJECTED = """
    SELECT l.id, l.title, l.text FROM listings AS l
    JOIN innovation_listings AS m ON m.listing_id = l.id
    JOIN decisions AS d ON d.id = (
        SELECT max(one.id) FROM decisions AS one
        WHERE one.innovation_id = m.innovation_id AND one.decision NOT IN ('withdraw', 'skip')
          AND NOT EXISTS (SELECT 1 FROM decisions AS w WHERE w.withdraws = one.id)
    )
    WHERE d.decision = 'reject' AND d.reason IN (SELECT value FROM json_each(?)) ORDER BY l.id
"""


def rejected_listings(db: Database, reasons: Sequence[str]) -> list[dict[str, Any]]:
    """The listings of innovations whose standing decision is a rejection for one of the reasons: id, title, text."""
    return list(db.query(REJECTED, [json.dumps(list(reasons))]))


def stored_annotations(db: Database, listing_id: str) -> list[dict[str, Any]]:
    """All annotations of a listing as rows."""
    return list(db.query("SELECT * FROM annotations WHERE listing_id = ? ORDER BY kind, code", [listing_id]))
