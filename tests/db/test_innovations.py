from __future__ import annotations

from pathlib import Path

import pytest
from catalogue_database import add_listing, catalogue_records, new_database
from sqlite_utils import Database

from db import exports, innovations
from db.database import IntegrityError, transaction

ROW = {
    "title": "Whzan",
    "summary": "A kit.",
    "search_text": "Whzan telehealth",
    "primary_theme": "digital",
    **dict.fromkeys(("themes", "pledges", "criteria", "regions", "sources", "publishers"), "[]"),
    "first_published": None,
    "last_published": "2024-05",
    "listing_count": 1,
    "content_hash": "hash-1",
}
NOW = "2026-11-02T06:00:00Z"


@pytest.fixture
def db(tmp_path: Path) -> Database:
    return new_database(tmp_path / "i.db", catalogue_records(["d-try-dry", "d-cera-martha"]))


def listings(db: Database) -> list[str]:
    return [
        row["id"]
        for row in innovations.kept_listings(db, [row[0] for row in db.conn.execute("SELECT id FROM listings")])
    ]


def test_store_writes_only_what_differs(db: Database) -> None:
    first, second = listings(db)
    assert innovations.store_innovation(db, "inn-1", ROW, {"main": first}, NOW) == "new"
    assert innovations.store_innovation(db, "inn-1", ROW, {"main": second}, "later") == "unchanged"
    changed = {**ROW, "title": "Whzan Blue Box", "content_hash": "hash-2"}
    assert innovations.store_innovation(db, "inn-1", changed, {"main": second}, "later") == "changed"
    row = db["innovations"].get("inn-1")
    assert (row["title"], row["first_seen_at"], row["changed_at"]) == ("Whzan Blue Box", NOW, "later")
    assert innovations.stored_innovations(db, listings(db))["inn-1"].main == second


def test_search_index_follows(db: Database) -> None:
    innovations.store_innovation(db, "inn-1", ROW, {}, NOW)
    innovations.store_innovation(db, "inn-1", {**ROW, "search_text": "DERM", "content_hash": "2"}, {}, NOW)
    found = "SELECT count(*) FROM innovations_fts WHERE innovations_fts MATCH ?"
    assert db.conn.execute(found, ["telehealth"]).fetchone()[0] == 0
    assert db.conn.execute(found, ["derm"]).fetchone()[0] == 1


def test_members_are_made_equal(db: Database) -> None:
    first, second = listings(db)
    for innovation_id in ("inn-1", "inn-2"):
        innovations.store_innovation(db, innovation_id, ROW, {}, NOW)
    assert innovations.store_members(db, listings(db), [(first, "inn-1", 1.0, "{}"), (second, "inn-1", 0.9, "{}")]) == 2
    assert innovations.store_members(db, listings(db), [(first, "inn-1", 1.0, "{}"), (second, "inn-2", 0.9, "{}")]) == 1
    assert innovations.store_members(db, listings(db), [(second, "inn-2", 0.9, "{}")]) == 0
    assert innovations.stored_innovations(db, listings(db))["inn-2"].listings == (second,)
    assert set(innovations.stored_innovations(db, listings(db))) == {"inn-2"}


def test_member_of_an_unknown_innovation_is_refused(db: Database) -> None:
    with pytest.raises(IntegrityError):
        innovations.store_members(db, listings(db), [(listings(db)[0], "inn-none", 1.0, "{}")])
    assert db["innovation_listings"].count == 0


def test_redirects_never_chain(db: Database) -> None:
    for innovation_id in ("inn-1", "inn-2", "inn-3"):
        innovations.store_innovation(db, innovation_id, ROW, {}, NOW)
    innovations.redirect(db, "inn-1", "inn-2", NOW)
    innovations.redirect(db, "inn-2", "inn-3", NOW)
    assert innovations.current_id(db, "inn-1") == innovations.current_id(db, "inn-2") == "inn-3"
    assert innovations.current_id(db, "inn-3") == "inn-3"
    assert innovations.current_id(db, "inn-9") is None
    innovations.restore_ids(db, ["inn-1"])
    assert innovations.current_id(db, "inn-1") is None


def test_decision_on_a_merged_id_counts(db: Database) -> None:
    main = listings(db)[0]
    for innovation_id in ("inn-1", "inn-2", "inn-3"):
        innovations.store_innovation(db, innovation_id, ROW, {"main": main}, NOW)
    innovations.redirect(db, "inn-1", "inn-2", NOW)
    with transaction(db):
        row = {"innovation_id": "inn-1", "decision": "watch", "actor": "a", "decided_at": NOW}
        db.table("decisions").insert(row)
    found = innovations.stored_innovations(db, listings(db))
    assert (found["inn-2"].is_decided, found["inn-3"].is_decided) == (True, False)


def test_kept_listings_leave_out_what_is_no_innovation(db: Database) -> None:
    (record,) = catalogue_records(["d-swindon-3d-hip"])
    filtered = add_listing(db, record, kept=False)
    assert filtered not in listings(db)
    assert listings(db) == sorted(listings(db))


def test_member_rows_keep_the_order_asked_for(db: Database) -> None:
    first, second = listings(db)
    both, alone = innovations.member_rows(db, [[second, first], [first]])
    assert [row["id"] for row in both] == [second, first] and [row["id"] for row in alone] == [first]
    assert {tag["kind"] for tag in both[0]["annotations"]} == {"theme", "criterion"}


def test_members_are_read_by_few_questions(db: Database) -> None:
    first, second = listings(db)
    asked: list[str] = []
    with db.tracer(lambda sql, _: asked.append(sql)):
        groups = [[first], [second]] * innovations.MEMBER_GROUPS
        assert sum(len(rows) for rows in innovations.member_rows(db, groups)) == len(groups)
    assert len([sql for sql in asked if "SELECT" in sql]) == 4


def test_columns_may_stand_in_any_order(db: Database) -> None:
    (first, _) = listings(db)
    innovations.store_innovation(db, "inn-1", ROW, {}, NOW)
    with transaction(db):
        db.conn.execute("DROP TABLE innovation_listings")
        db.conn.execute("CREATE TABLE innovation_listings (detail, score, innovation_id, listing_id PRIMARY KEY)")
    assert innovations.store_members(db, listings(db), [(first, "inn-1", 1.0, "{}")]) == 1
    assert innovations.store_members(db, listings(db), [(first, "inn-1", 1.0, "{}")]) == 0
    assert db["innovation_listings"].get(first)["innovation_id"] == "inn-1"


def test_export_is_recorded_once_for_the_same_content(db: Database) -> None:
    record = {"region": "HI-SW", "export_format": "csv", "path": "a.csv", "rows": 3, "run_id": None}
    assert exports.record_export(db, **record, sha256="one") is True  # type: ignore[arg-type]
    assert exports.record_export(db, **record, sha256="one") is False  # type: ignore[arg-type]
    assert exports.record_export(db, **record, sha256="two") is True  # type: ignore[arg-type]
    assert db["exports"].count == 2
