"""Scorecards: how good a version of the tagger is on a set of labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlite_utils import Database

from db.database import transaction


def store_scorecard(db: Database, tagger_version: str, labels: str, rows: Sequence[dict[str, Any]]) -> None:
    """Replace the scorecard of this tagger on these labels.

    rows: subject, figure, value, low, high, positives, ceiling, is_enough, in the order in which they are to be shown.
    """
    key = {"tagger_version": tagger_version, "labels": labels}
    with transaction(db):
        db.conn.execute("DELETE FROM scorecards WHERE tagger_version = ? AND labels = ?", [tagger_version, labels])
        db.table("scorecards").insert_all([{**key, "position": n, **row} for n, row in enumerate(rows)])


def scorecard_of(db: Database, tagger_version: str, labels: str) -> list[dict[str, Any]]:
    """The stored figures of this tagger on these labels, in order; empty when it was never measured on them."""
    sql = "SELECT * FROM scorecards WHERE tagger_version = ? AND labels = ? ORDER BY position"
    return list(db.query(sql, [tagger_version, labels]))
