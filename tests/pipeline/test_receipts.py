from __future__ import annotations

import shutil
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from db.database import open_database
from nlp.tagger import Tagger
from pipeline.receipts import check_receipts


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return Tagger.load()


@pytest.fixture
def db(demo_database: Path, tmp_path: Path) -> Database:
    return open_database(shutil.copy(demo_database, tmp_path / "a.db"))


def faults(db: Database, tagger: Tagger) -> list[str]:
    db.conn.commit()
    return list(check_receipts(db, tagger))


def test_every_tag_of_the_demo_comes_out_again_as_stored(db: Database, tagger: Tagger) -> None:
    assert db.table("annotations").count > 1000
    assert faults(db, tagger) == []


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ("UPDATE annotations SET evidence = 'Other words.' WHERE rowid = 7", "is not at its place"),
        ("UPDATE annotations SET score = 0.5, is_primary = 0 WHERE rowid = 7", "otherwise than it is stored"),
        ("DELETE FROM annotations WHERE rowid = 7", "is missing"),
        ("UPDATE annotations SET kind = 'enabler', code = 'agile' WHERE rowid = 7", "not given any more"),
    ],
)
def test_a_tag_that_does_not_hold_is_named(spoil: str, said: str, db: Database, tagger: Tagger) -> None:
    db.conn.execute(spoil)
    assert any(said in fault for fault in faults(db, tagger))


def test_a_text_that_was_altered_is_noticed(db: Database, tagger: Tagger) -> None:
    db.conn.execute("UPDATE listing_versions SET body = ? WHERE rowid = 3", [zlib.compress(b"forged")])
    assert [fault for fault in faults(db, tagger) if "not the one that its hash names" in fault]


def test_tags_of_another_tagger_are_checked_for_their_place_only(db: Database, tagger: Tagger) -> None:
    db.conn.execute("UPDATE filtration SET tagger_version = 'older'")
    db.conn.execute("UPDATE annotations SET score = 0.5 WHERE rowid = 7")
    assert faults(db, tagger) == []


def test_doctor_deep_tells_it_and_tagging_again_mends_it(db: Database, horizon: Callable[..., Any]) -> None:
    path = str(Path(db.conn.execute("PRAGMA database_list").fetchone()[2]))
    db.conn.execute("UPDATE annotations SET score = 0.5, is_primary = 0 WHERE rowid = 7")
    db.conn.commit()
    ended = horizon("doctor", "--deep", "--db", path)
    assert ended.returncode == 1
    assert "horizon tag --again" in ended.stdout
    assert horizon("tag", "--again", "--db", path).returncode == 0
    again = horizon("doctor", "--deep", "--db", path)
    assert again.returncode == 0, again.stdout
    assert "computed again from the stored texts, all as stored" in again.stdout
