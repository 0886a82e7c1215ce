from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlite_utils import Database

from db.checks import broken_rules, damage
from db.keys import search_key

Add = Callable[..., str]


def tag(db: Database, listing: str, evidence: str, start: int) -> None:
    text_hash = db.table("listings").get(listing)["text_hash"]
    common = {"listing_id": listing, "text_hash": text_hash, "evidence": evidence, "score": 1.0}
    common |= {"evidence_start": start, "evidence_end": start + len(evidence)}
    db.table("filtration").insert(common | {"kept": 1, "reason": "r", "content_hash": "h", "tagger_version": "v"})
    row = common | {"kind": "theme", "code": "digital", "method": "m", "method_version": "v", "vocabulary_version": "1"}
    db.table("annotations").insert(row)


def test_a_sound_database_has_nothing_to_say(db: Database, add_listing: Add) -> None:
    tag(db, add_listing("one", text="Ünïcode first. Then this."), "Then this.", 15)
    assert list(broken_rules(db, published=False)) == []
    assert list(damage(db)) == []


def test_a_sentence_that_is_not_where_it_is_said_to_be(db: Database, add_listing: Add) -> None:
    tag(db, add_listing("one", text="First. Then this."), "Then this.", 3)
    assert list(broken_rules(db, published=False)) == ["1 tags whose sentence is not at its place in the stored text"]


def test_a_kept_listing_without_an_innovation_is_a_problem_only_once_published(db: Database, add_listing: Add) -> None:
    tag(db, add_listing("one"), "One sentence.", 0)
    assert list(broken_rules(db, published=False)) == []
    assert list(broken_rules(db)) == ["1 kept listings that belong to no innovation"]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ("UPDATE filtration SET kept = 0", "filtered out"),
        ("UPDATE listings SET version = 2", "without the version"),
        ("UPDATE filtration SET text_hash = 'other'", "another version of the text"),
    ],
)
def test_rows_that_contradict_each_other_are_named(db: Database, add_listing: Add, spoil: str, said: str) -> None:
    tag(db, add_listing("one"), "One sentence.", 0)
    db.conn.execute(spoil)
    assert any(said in line for line in broken_rules(db, published=False))


def test_a_search_index_out_of_step_is_noticed(db: Database, add_listing: Add) -> None:
    listing = add_listing("one")
    db.conn.execute("INSERT INTO listings_fts(rowid, title, text) VALUES (?, 'ghost', 'ghost')", [search_key(listing)])
    db.conn.commit()
    assert any("listings_fts" in problem for problem in damage(db))


def test_the_search_index_follows_changes_and_survives_vacuum(db: Database, add_listing: Add) -> None:
    one, two = add_listing("one", text="Falls in care homes."), add_listing("two", text="Sepsis on wards.")
    db.table("listings").update(one, {"text": "Telehealth for the heart."})
    db.conn.execute("DELETE FROM listing_versions WHERE listing_id = ?", [two])
    db.conn.commit()
    db.conn.execute("VACUUM")
    sql = "SELECT id FROM listings WHERE search_key IN (SELECT rowid FROM listings_fts WHERE listings_fts MATCH ?)"
    found = {word: [row["id"] for row in db.query(sql, [word])] for word in ("fall", "heart", "sepsis")}
    assert found == {"fall": [], "heart": [one], "sepsis": [two]}
    assert list(damage(db)) == []
