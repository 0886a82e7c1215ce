"""Reviewers' decisions: dated, reasoned, never overwritten. The state of an innovation is derived from them."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlite_utils import Database

from db.database import transaction
from db.runs import now

DECISIONS = ("shortlist", "watch", "pass-on", "reject", "skip")


def record_decision(
    db: Database,
    innovation_id: str,
    decision: str,
    actor: str,
    *,
    reason: str | None = None,
    note: str | None = None,
    regions: Sequence[str] = (),
) -> int:
    """Store one decision and return its number. Raises ValueError for a decision that is not in DECISIONS."""
    if decision not in DECISIONS:
        raise ValueError(f"unknown decision {decision!r}; allowed: {', '.join(DECISIONS)}")
    row = {
        "innovation_id": innovation_id,
        "decision": decision,
        "reason": reason,
        "note": note,
        "regions": json.dumps(sorted(regions)),
        "actor": actor,
        "decided_at": now(),
    }
    with transaction(db):
        return int(db.table("decisions").insert(row).last_pk or 0)


def withdraw_decision(db: Database, number: int, actor: str) -> int:
    """Take a decision back by a row of its own, which names it. Raises ValueError when there is no such decision."""
    found = list(db.query("SELECT innovation_id FROM decisions WHERE id = ? AND decision != 'withdraw'", [number]))
    if not found:
        raise ValueError(f"there is no decision {number} to withdraw")
    row = {
        "innovation_id": found[0]["innovation_id"],
        "decision": "withdraw",
        "actor": actor,
        "decided_at": now(),
        "withdraws": number,
    }
    with transaction(db):
        return int(db.table("decisions").insert(row).last_pk or 0)
