from __future__ import annotations

from pathlib import Path

import pytest
from sqlite_utils import Database

from db import runs
from db.database import open_database
from db.migrations import migrate


@pytest.fixture
def db(tmp_path: Path) -> Database:
    db = open_database(tmp_path / "a.db")
    migrate(db)
    return db


def test_counts_are_kept_by_stage_and_source(db: Database) -> None:
    run = runs.start_run(db, "run", "1")
    runs.record_counts(db, run, "crawl", {"new": 2, "errors": 0}, source="one")
    runs.record_counts(db, run, "crawl", {"new": 5}, source="two")
    runs.record_counts(db, run, "crawl", {"new": 3}, source="one")
    assert runs.counts_of(db, run, "crawl", "one") == {"new": 3, "errors": 0}
    assert runs.counts_of(db, run, "crawl", "two") == {"new": 5}
    assert runs.counts_of(db, run, "crawl") == {}


def test_dead_runs_are_marked(db: Database) -> None:
    dead, finished = runs.start_run(db, "run", "1"), runs.start_run(db, "run", "1")
    runs.finish_run(db, finished, "done")
    assert runs.mark_dead_runs(db) == 1
    assert {row["id"]: row["status"] for row in db.query("SELECT id, status FROM runs")} == {
        dead: "interrupted",
        finished: "done",
    }


def test_problems_come_back_in_order(db: Database) -> None:
    run = runs.start_run(db, "run", "1")
    runs.record_problem(db, run, "crawl", "first", source="one")
    runs.record_problem(db, run, "tag", "second", severity="error")
    assert [(p["message"], p["severity"]) for p in runs.problems_of(db, run)] == [
        ("first", "warning"),
        ("second", "error"),
    ]
