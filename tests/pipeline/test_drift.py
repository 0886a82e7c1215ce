from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlite_utils import Database

from db.database import open_database
from db.keys import digest, listing_id, search_key
from db.migrations import migrate
from pipeline.drift import drift_warnings, z_score

AddWeek = Callable[..., None]


@pytest.fixture
def db(tmp_path: Path) -> Database:
    db = open_database(tmp_path / "a.db")
    migrate(db)
    common = dict.fromkeys(("title", "publisher", "licence", "start_url"), "x")
    common |= {"discovery": "index", "frequency": "daily", "enabled": 1, "verified": "never"}
    db.table("sources").insert_all([{"name": "one", **common}, {"name": "two", **common}])
    terms = dict.fromkeys(("label", "definition", "source", "version"), "x")
    db.table("terms").insert_all(
        [{"kind": "theme", "code": code, "parent": None, "position": 1, **terms} for code in ("digital", "workforce")]
    )
    return db


@pytest.fixture
def add_week(db: Database) -> AddWeek:
    def add(source: str, day: str, listings: int, digital: int, score: float = 0.9) -> None:
        for number in range(listings):
            row_id = listing_id(source, f"{day}/{number}")
            row = {"id": row_id, "search_key": search_key(row_id), "source": source, "url": f"{day}/{number}"}
            row |= {"fetched_url": "f", "title": "t", "text": "text", "text_hash": digest("text"), "content_hash": "c"}
            db.table("listings").insert(row | {"version": 1, "first_seen_at": day, "changed_at": day})
            verdict = {"listing_id": row_id, "kept": 1, "reason": "r", "score": 1.0, "content_hash": "c"}
            db.table("filtration").insert(verdict | {"text_hash": digest("text"), "tagger_version": "v"})
            if number < digital:
                tag = {"listing_id": row_id, "kind": "theme", "code": "digital", "score": score, "evidence": "text"}
                tag |= {"evidence_start": 0, "evidence_end": 4, "text_hash": digest("text"), "method": "m"}
                db.table("annotations").insert(tag | {"method_version": "v", "vocabulary_version": "1"})

    return add


def test_the_view_puts_a_week_beside_all_weeks_before_it(db: Database, add_week: AddWeek) -> None:
    add_week("one", "2026-11-02", 4, 1)
    add_week("one", "2026-11-09", 6, 3)
    add_week("one", "2026-11-16", 5, 5)
    rows = {row["week"]: row for row in db.query("SELECT * FROM theme_drift WHERE theme = 'digital'")}
    assert list(rows) == ["2026-W47", "2026-W46", "2026-W45"]
    assert (rows["2026-W47"]["share"], rows["2026-W47"]["share_before"]) == (1.0, 0.4)
    assert (rows["2026-W45"]["listings_before"], rows["2026-W45"]["share_before"]) == (0, None)


def test_a_jump_is_told_with_its_source_theme_and_shares(db: Database, add_week: AddWeek) -> None:
    add_week("one", "2026-11-09", 60, 12)
    add_week("one", "2026-11-16", 40, 36)
    add_week("two", "2026-11-09", 60, 12)
    add_week("two", "2026-11-16", 40, 10)
    ((source, sentence),) = drift_warnings(db)
    assert source == "one"
    assert "theme digital on 90% of the 40 listings of 2026-W47, 20% of the 60 before" in sentence


def test_a_fall_of_the_model_s_confidence_is_told(db: Database, add_week: AddWeek) -> None:
    add_week("one", "2026-11-09", 40, 30, score=0.95)
    add_week("one", "2026-11-16", 40, 30, score=0.6)
    ((_, sentence),) = drift_warnings(db)
    assert "mean score of theme digital fell to 0.60 in 2026-W47 from 0.95 before" in sentence


def test_few_listings_or_a_first_week_say_nothing(db: Database, add_week: AddWeek) -> None:
    add_week("one", "2026-11-16", 60, 60)
    add_week("two", "2026-11-09", 10, 0)
    add_week("two", "2026-11-16", 10, 10)
    assert list(drift_warnings(db)) == []


def test_z_score_against_a_worked_example() -> None:
    # 30 of 100 against 50 of 100: pooled 0.4, standard error sqrt(0.4 * 0.6 * 0.02) = 0.06928, z = -0.2 / 0.06928
    assert z_score(30, 100, 50, 100) == pytest.approx(-2.8868, abs=1e-4)
    assert z_score(10, 10, 10, 10) == 0
