from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlite_utils import Database

from db import annotations

Add = Callable[..., str]


def filtration(listing: dict[str, Any], version: str = "v1", kept: int = 1) -> dict[str, Any]:
    return {
        "listing_id": listing["id"],
        "kept": kept,
        "reason": "describes an innovation",
        "score": 0.9,
        "evidence": None,
        "evidence_start": None,
        "evidence_end": None,
        "content_hash": listing["content_hash"],
        "text_hash": listing["text_hash"],
        "tagger_version": version,
    }


def theme(listing: dict[str, Any], code: str = "digital") -> dict[str, Any]:
    return {
        "listing_id": listing["id"],
        "kind": "theme",
        "code": code,
        "verdict": None,
        "is_primary": 1,
        "score": 0.8,
        "evidence": "One sentence.",
        "evidence_start": 0,
        "evidence_end": 13,
        "text_hash": listing["text_hash"],
        "method": "model:themes",
        "method_version": "v1",
        "vocabulary_version": "1",
        "detail": "{}",
    }


def due(db: Database, version: str = "v1", batch_size: int = 2) -> list[dict[str, Any]]:
    return [row for batch in annotations.due_batches(db, version, batch_size) for row in batch]


def test_every_new_listing_is_due_once_in_order_of_id(db: Database, add_listing: Add) -> None:
    ids = [add_listing(f"p{number}") for number in range(5)]
    assert [row["id"] for row in due(db)] == sorted(ids)
    assert annotations.count_due(db, "v1") == 5


def test_storing_a_batch_before_taking_the_next_loses_none(db: Database, add_listing: Add) -> None:
    ids = {add_listing(f"p{number}") for number in range(5)}
    seen = set()
    for batch in annotations.due_batches(db, "v1", 2):
        annotations.store_taggings(db, [filtration(row) for row in batch], [theme(row) for row in batch])
        seen |= {row["id"] for row in batch}
    assert seen == ids
    assert due(db) == []


def test_a_changed_text_or_tagger_makes_a_listing_due_again(db: Database, add_listing: Add) -> None:
    first, second = add_listing("one"), add_listing("two")
    rows = due(db)
    annotations.store_taggings(db, [filtration(row) for row in rows], [theme(row) for row in rows])
    db.table("listings").update(first, {"content_hash": "other"})
    assert [row["id"] for row in due(db)] == [first]
    assert {row["id"] for row in due(db, "v2")} == {first, second}


def test_storing_replaces_what_was_said_before(db: Database, add_listing: Add) -> None:
    add_listing("one")
    (row,) = due(db)
    annotations.store_taggings(db, [filtration(row)], [theme(row, "digital"), theme(row, "workforce")])
    assert annotations.store_taggings(db, [filtration(row, "v2")], [theme(row, "industry")]) == 1
    assert [found["code"] for found in db.query("SELECT code FROM annotations")] == ["industry"]
    assert db.table("filtration").count == 1


def test_terms_are_replaced_only_when_they_differ(db: Database) -> None:
    term: dict[str, Any] = dict.fromkeys(("label", "definition", "source", "version"), "x")
    term |= {"kind": "theme", "code": "digital", "parent": None, "position": 1}
    assert annotations.replace_terms(db, [term])
    assert not annotations.replace_terms(db, [term])
    assert annotations.replace_terms(db, [term | {"label": "other"}])
    assert db.table("terms").count == 1
