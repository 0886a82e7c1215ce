from __future__ import annotations

from pathlib import Path

import pytest
from filled_database import MERGED_ID, fill_from_fixtures, fixture_records
from sqlite_utils import Database

from db.database import open_database
from db.migrations import migrate
from db.views import VIEWS, create_views


@pytest.fixture
def db(tmp_path: Path) -> Database:
    return open_database(fill_from_fixtures(tmp_path / "views.db"))


def plan(db: Database, sql: str) -> str:
    return "\n".join(str(row["detail"]) for row in db.query(f"EXPLAIN QUERY PLAN {sql}"))


def test_views_are_made_once_and_remade_when_changed(db: Database) -> None:
    assert create_views(db) == []
    db.conn.execute("DROP VIEW tags")
    db.conn.execute("CREATE VIEW tags AS SELECT 1 AS old")
    assert create_views(db) == ["tags"]
    assert "evidence" in {column.name for column in db.view("tags").columns}


def test_every_view_reads_on_an_empty_database(tmp_path: Path) -> None:
    empty = open_database(tmp_path / "empty.db")
    migrate(empty)
    assert {name: list(empty.query(f"SELECT * FROM {name}")) for name in VIEWS} == {name: [] for name in VIEWS}


def test_candidate_list_has_labels_address_and_decision(db: Database) -> None:
    rows = {row["id"]: row for row in db.query("SELECT * FROM candidate_list")}
    assert len(rows) == db.table("innovations").count
    shortlisted = [row for row in rows.values() if row["decision"]]
    assert [(row["decision"], row["decision_reason"]) for row in shortlisted] == [("shortlist", "strong evidence")]
    addresses = {record["url"] for record in fixture_records()}
    assert all(row["url"] in addresses for row in rows.values())
    assert any(row["theme_labels"] and "Patient safety" in row["theme_labels"] for row in rows.values())


def test_a_decision_on_a_merged_innovation_counts_for_the_one_in_use(db: Database) -> None:
    kept = db.conn.execute("SELECT new_id FROM innovation_redirects WHERE old_id = ?", [MERGED_ID]).fetchone()[0]
    assert [row["innovation_id"] for row in db.query("SELECT * FROM current_decisions")] == [kept]


def test_rejected_innovations_leave_the_list_until_the_rejection_is_withdrawn(db: Database) -> None:
    target = next(db.query("SELECT id FROM candidate_list WHERE decision IS NULL ORDER BY id"))["id"]
    row = {"innovation_id": target, "decision": "reject", "actor": "a", "decided_at": "2026-11-03T00:00:00Z"}
    rejection = db.table("decisions").insert(row).last_pk
    listed = "SELECT count(*) AS n FROM candidate_list WHERE id = ?"
    assert next(db.query(listed, [target]))["n"] == 0
    withdrawal = {**row, "decision": "withdraw", "withdraws": rejection, "decided_at": "2026-11-04T00:00:00Z"}
    db.table("decisions").insert(withdrawal)
    assert next(db.query(listed, [target]))["n"] == 1


def test_of_two_decisions_at_one_moment_the_later_row_holds(db: Database) -> None:
    target = next(db.query("SELECT id FROM candidate_list WHERE decision IS NULL ORDER BY id"))["id"]
    for decision in ("reject", "watch"):
        row = {"innovation_id": target, "decision": decision, "actor": "a", "decided_at": "2026-11-03T00:00:00Z"}
        db.table("decisions").insert(row)
    for view, key in (("current_decisions", "innovation_id"), ("candidate_list", "id")):
        found = list(db.query(f"SELECT decision FROM {view} WHERE {key} = ?", [target]))
        assert [row["decision"] for row in found] == ["watch"]


def test_tags_quote_the_text_exactly(db: Database) -> None:
    texts = {row["id"]: row["text"] for row in db.query("SELECT id, text FROM listings")}
    tags = list(db.query("SELECT * FROM tags"))
    assert len(tags) == db.table("annotations").count
    assert all(texts[t["listing_id"]][t["evidence_start"] : t["evidence_end"]] == t["evidence"] for t in tags)
    assert {t["label"] for t in tags if t["code"] == "digital"} == {"Digital as an enabler"}


def test_filtered_out_gives_the_reason(db: Database) -> None:
    expected = {record["url"] for record in fixture_records() if not record["listing"]}
    rows = list(db.query("SELECT * FROM filtered_out"))
    assert {row["url"] for row in rows} == expected
    assert {row["reason"] for row in rows} == {"describes no innovation"}


def test_duplicates_are_the_joined_listings_only(db: Database) -> None:
    rows = list(db.query("SELECT innovation_id, count(*) AS n FROM duplicates GROUP BY 1"))
    counts = {row["id"]: row["listing_count"] for row in db.query("SELECT id, listing_count FROM innovations")}
    assert {row["innovation_id"]: row["n"] for row in rows} == {key: n for key, n in counts.items() if n > 1}


def test_source_health_adds_up_and_reads_the_last_run_only(db: Database) -> None:
    records = fixture_records()
    name = min(record["source"] for record in records)
    earlier = {"id": "20260101T000000Z-00000000", "command": "run", "started_at": "2026-01-01T00:00:00Z"}
    db.table("runs").insert({**earlier, "status": "done", "version": "0"})
    count = {"run_id": earlier["id"], "stage": "crawl", "source": name, "name": "new", "value": 999}
    db.table("run_counts").insert(count)
    health = {row["source"]: row for row in db.query("SELECT * FROM source_health")}
    held = sum(record["source"] == name for record in records)
    assert (health[name]["listings"], health[name]["new"], health[name]["problems"]) == (held, held, 1)
    assert "no date" in health[name]["last_problem"]
    assert sum(row["kept"] for row in health.values()) == sum(record["listing"] for record in records)


def test_run_reports_have_duration_and_problems(db: Database) -> None:
    (report,) = db.query("SELECT * FROM run_reports")
    assert (report["seconds"], report["warnings"], report["errors"]) == (125, 1, 0)
    assert report["new"] == len(fixture_records())


def test_overviews_count_each_innovation_once(db: Database) -> None:
    total = db.table("innovations").count
    for row in db.query("SELECT * FROM pledge_criteria_overview"):
        assert row["met"] + row["planned"] + row["not_evidenced"] == total
    themes = {row["theme"]: row for row in db.query("SELECT * FROM themes_overview")}
    expected = db.execute("SELECT count(*) FROM innovations WHERE themes LIKE '%\"digital\"%'").fetchone()[0]
    assert themes["digital"]["innovations"] == expected > 0
    assert sum(row["as_primary"] for row in themes.values()) == total


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM tags WHERE innovation_id = 'x'",
        "SELECT * FROM duplicates WHERE innovation_id = 'x'",
        "SELECT * FROM candidate_list WHERE id = 'x'",
    ],
)
def test_one_innovation_is_found_without_reading_whole_tables(db: Database, sql: str) -> None:
    steps = plan(db, sql)
    for alias in ("a", "l", "j", "i", "x"):
        assert f"SCAN {alias}\n" not in steps + "\n"


def test_the_list_looks_decisions_up_by_index(db: Database) -> None:
    steps = plan(db, "SELECT * FROM candidate_list")
    assert "SEARCH x USING INDEX decisions_innovation" in steps
    assert "SEARCH d USING INTEGER PRIMARY KEY" in steps
