from __future__ import annotations

import pytest
from sqlite_utils import Database

from db.decisions import record_decision, withdraw_decision
from db.keys import search_key


def add_innovation(db: Database, row_id: str) -> None:
    row = {"id": row_id, "search_key": search_key(row_id), "title": row_id, "summary": "s", "listing_count": 1}
    db.table("innovations").insert(row | {"content_hash": "h", "first_seen_at": "t", "changed_at": "t"})


def candidates(db: Database) -> dict[str, str | None]:
    return {row["id"]: row["decision"] for row in db.query("SELECT id, decision FROM candidate_list")}


def test_a_rejected_innovation_leaves_the_candidate_list_and_a_withdrawal_brings_it_back(db: Database) -> None:
    add_innovation(db, "inn-1")
    add_innovation(db, "inn-2")
    number = record_decision(db, "inn-1", "reject", "lea", reason="not health and care")
    assert candidates(db) == {"inn-2": None}
    withdraw_decision(db, number, "lea")
    assert candidates(db) == {"inn-1": None, "inn-2": None}
    assert db.table("decisions").count == 2


def test_a_decision_follows_a_merge(db: Database) -> None:
    add_innovation(db, "inn-kept")
    record_decision(db, "inn-gone", "shortlist", "lea")
    db.table("innovation_redirects").insert({"old_id": "inn-gone", "new_id": "inn-kept", "since": "t"})
    assert candidates(db) == {"inn-kept": "shortlist"}


def test_unknown_decisions_are_refused_with_the_allowed_ones(db: Database) -> None:
    with pytest.raises(ValueError, match=r"maybe.*shortlist, watch"):
        record_decision(db, "inn-1", "maybe", "lea")
    with pytest.raises(ValueError, match="no decision 7"):
        withdraw_decision(db, 7, "lea")
    assert db.table("decisions").count == 0
