from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from catalogue_database import (
    ALONE,
    FOCUS_ADHD,
    QUIPP,
    SMART_TRIAGE,
    add_listing,
    catalogue_records,
    chosen_records,
    contents,
    decide,
    groups_of,
    innovation_of,
    listing_of,
    new_database,
)
from sqlite_utils import Database

from db.database import IntegrityError, open_database, transaction
from db.innovations import current_id
from pipeline.resolve.explanation import best_partners
from pipeline.resolve.stage import resolve_listings


@pytest.fixture
def db(tmp_path: Path) -> Database:
    return new_database(tmp_path / "i.db", chosen_records())


def test_known_groups_come_out_whole_and_apart(db: Database) -> None:
    counts = resolve_listings(db)
    found = groups_of(db)
    assert frozenset(SMART_TRIAGE) in found
    assert frozenset(FOCUS_ADHD) in found
    assert all(frozenset({one}) in found for one in ALONE)
    assert any(set(QUIPP[1:]) <= members for members in found)
    assert counts["innovations"] == len(found) == counts["new"]


def test_second_run_writes_nothing(db: Database) -> None:
    resolve_listings(db)
    before, changes = contents(db), db.conn.total_changes
    counts = resolve_listings(db)
    assert contents(db) == before
    assert db.conn.total_changes == changes
    assert counts["new"] == counts["changed"] == counts["merged"] == counts["removed"] == 0


def test_order_of_arrival_does_not_matter(tmp_path: Path, db: Database) -> None:
    resolve_listings(db)
    shuffled = chosen_records()
    random.Random(7).shuffle(shuffled)
    other = new_database(tmp_path / "other.db", shuffled)
    resolve_listings(other)
    assert contents(other) == contents(db)


def test_every_listing_says_why_it_was_joined(db: Database) -> None:
    resolve_listings(db)
    for listing_id, score, text in db.conn.execute("SELECT listing_id, score, detail FROM innovation_listings"):
        detail = json.loads(text)
        if not detail:
            assert score == 1.0
            continue
        assert detail["matched"] != listing_id
        assert detail["reasons"] and detail["closest listing"]
        assert not any(word in text for word in ("cluster", "blocking", "survivorship", "annotation"))
    quipp = json.loads(
        db.conn.execute(
            "SELECT detail FROM innovation_listings WHERE listing_id = ?", [listing_of("a-kcl-quipp")]
        ).fetchone()[0]
    )
    assert any("QUiPP" in reason for reason in quipp["reasons"])


def test_fields_say_which_listing_gave_them(db: Database) -> None:
    resolve_listings(db)
    sql = """SELECT i.title, l.title FROM innovations AS i JOIN innovation_fields AS f
             ON f.innovation_id = i.id AND f.field = 'title' JOIN listings AS l ON l.id = f.listing_id"""
    rows = db.conn.execute(sql).fetchall()
    assert len(rows) == db["innovations"].count
    assert all(title == given for title, given in rows)


def test_filtered_out_and_gone_listings_are_no_innovation(db: Database) -> None:
    (record,) = catalogue_records(["d-cera-martha"])
    add_listing(db, record, kept=False)
    with transaction(db):
        db.conn.execute("UPDATE listings SET gone_at = 'x' WHERE record_id = ?", [ALONE[0]])
    resolve_listings(db)
    assert not {"d-cera-martha", ALONE[0]} & {one for members in groups_of(db) for one in members}


def test_new_listing_of_a_known_innovation_keeps_its_id(tmp_path: Path) -> None:
    late = FOCUS_ADHD[0]
    db = new_database(tmp_path / "i.db", [one for one in chosen_records() if one["id"] != late])
    resolve_listings(db)
    before = innovation_of(db, FOCUS_ADHD[1])
    add_listing(db, next(one for one in chosen_records() if one["id"] == late))
    resolve_listings(db)
    assert innovation_of(db, late) == before == innovation_of(db, FOCUS_ADHD[1])


def test_merge_redirects_and_decisions_follow(db: Database) -> None:
    resolve_listings(db)
    kept, retired = sorted([innovation_of(db, ALONE[0]), innovation_of(db, ALONE[1])])
    decide(db, retired)
    first, second = (one for one in chosen_records() if one["id"] in ALONE[:2])
    with transaction(db):
        same = "UPDATE listings SET title = ?, text = ? WHERE record_id = ?"
        db.conn.execute(same, [second["title"], second["text"], first["id"]])
    counts = resolve_listings(db)
    assert counts["merged"] == 1
    assert innovation_of(db, ALONE[0]) == innovation_of(db, ALONE[1]) == kept
    assert current_id(db, retired) == kept
    assert db.conn.execute("SELECT decision FROM candidate_list WHERE id = ?", [kept]).fetchone()[0] == "shortlist"
    with transaction(db):
        db.conn.execute(same, [first["title"], first["text"], first["id"]])
    resolve_listings(db)
    assert {innovation_of(db, ALONE[0]), innovation_of(db, ALONE[1])} == {kept, retired}
    assert current_id(db, retired) == retired


def test_innovation_without_listings_goes_unless_decided(db: Database) -> None:
    resolve_listings(db)
    decided, forgotten = innovation_of(db, ALONE[0]), innovation_of(db, ALONE[1])
    decide(db, decided)
    with transaction(db):
        db.conn.execute("UPDATE listings SET gone_at = 'x' WHERE record_id IN (?, ?)", ALONE[:2])
    counts = resolve_listings(db)
    assert (counts["removed"], counts["kept_without_listings"]) == (1, 1)
    assert current_id(db, forgotten) is None
    assert db["innovations"].get(decided)["listing_count"] == 0
    before = contents(db)
    resolve_listings(db)
    assert contents(db) == before
    with transaction(db):
        db.conn.execute("UPDATE listings SET gone_at = NULL")
    resolve_listings(db)
    assert innovation_of(db, ALONE[0]) == decided
    assert db["innovations"].get(decided)["listing_count"] == 1


def test_failure_leaves_everything_as_it_was(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_listings(db)
    before = contents(db)
    with transaction(db):
        db.conn.execute("UPDATE listings SET title = 'Something else' WHERE record_id = ?", [ALONE[0]])

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pipeline.resolve.stage._retire", fail)
    with pytest.raises(KeyboardInterrupt):
        resolve_listings(db)
    assert contents(db) == before


def between_computing_and_storing(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Let something happen when everything is computed and nothing is stored."""

    def acting(*words: Any) -> Any:
        act()
        return best_partners(*words)

    monkeypatch.setattr("pipeline.resolve.stage.best_partners", acting)


def test_others_can_write_while_it_computes(db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = open_database(tmp_path / "i.db")
    other.conn.execute("PRAGMA busy_timeout = 0")
    sql = "UPDATE sources SET title = 'Written meanwhile'"
    between_computing_and_storing(monkeypatch, lambda: other.conn.execute(sql) and other.conn.commit())
    resolve_listings(db)
    assert next(db.query("SELECT title FROM sources"))["title"] == "Written meanwhile"
    assert db["innovations"].count > 0


def test_a_listing_deleted_meanwhile_fails_loudly_and_stores_nothing(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = open_database(tmp_path / "i.db")
    sql = f"DELETE FROM listings WHERE id = '{listing_of(ALONE[0])}'"
    between_computing_and_storing(monkeypatch, lambda: other.conn.execute(sql) and other.conn.commit())
    with pytest.raises(IntegrityError):
        resolve_listings(db)
    assert not any(contents(db).values())
    monkeypatch.undo()
    resolve_listings(db)
    assert ALONE[0] not in {one for members in groups_of(db) for one in members}


def test_copies_are_one_innovation_however_many(tmp_path: Path) -> None:
    (record,) = catalogue_records(["d-cera-martha"])
    copies = [{**record, "id": f"copy-{n}", "url": f"http://c{n}.example/"} for n in range(100)]
    db = new_database(tmp_path / "i.db", copies)
    assert resolve_listings(db)["innovations"] == 1


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_listings(tmp_path: Path, count: int) -> None:
    db = new_database(tmp_path / "i.db", chosen_records()[:count])
    assert resolve_listings(db)["listings"] == count
    assert sum(len(members) for members in groups_of(db)) == count


def test_listing_without_words(tmp_path: Path) -> None:
    blank = {"id": "x", "url": "http://x.org/", "title": "…", "text": "", "publisher": None, "region": None}
    db = new_database(tmp_path / "i.db", [*chosen_records()[:2], {**blank, "published": None}])
    assert resolve_listings(db)["listings"] == 3


def test_mirrors_are_one_innovation(tmp_path: Path) -> None:
    first, second = catalogue_records(ALONE[:2])
    mirror = {**second, "url": first["url"].replace("://", "://www.").replace("www.www.", "www.") + "/#top"}
    db = new_database(tmp_path / "i.db", [first, mirror, *catalogue_records(QUIPP)])
    resolve_listings(db)
    assert frozenset({first["id"], second["id"]}) in groups_of(db)
