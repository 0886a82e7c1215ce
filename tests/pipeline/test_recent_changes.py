"""`horizon changes` without files: which changes are told, how, and what is refused."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from db.database import open_database, transaction
from db.runs import now
from pipeline.console import Console
from pipeline.errors import RequestError
from pipeline.recent_changes import Request, recent_changes, tell_recent
from tests.filled_database import fill_from_fixtures


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """The filled database with three events today and one long ago, of two innovations and a page that is none."""
    path = fill_from_fixtures(tmp_path / "a.db")
    db = open_database(path)
    kept = [row for (row,) in db.conn.execute("SELECT listing_id FROM innovation_listings ORDER BY 1 LIMIT 2")]
    (none,) = db.conn.execute("SELECT listing_id FROM filtration WHERE kept = 0").fetchone()
    rows = [
        ("e1", kept[0], "closed", "status:closed", None, "The service has closed.", now()),
        ("e2", kept[1], "figure-changed", "", "It cut falls by 20%.", "It cut falls by 30%.", now()),
        ("e3", none, "renamed", "", None, None, now()),
        ("e4", kept[1], "figure-changed", "", "It cut falls by 10%.", "It cut falls by 20%.", "2026-01-02T00:00:00Z"),
    ]
    columns = "id, listing_id, version, kind, code, before, after, happened_at"
    with transaction(db):
        for event, listing, *rest in rows:
            values = [event, listing, 1, *rest]
            db.conn.execute(f"INSERT INTO change_events ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
    db.conn.close()
    return path


def test_the_last_week_of_innovations_only(filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tell_recent(filled, Request(), None, Console())
    said = capsys.readouterr().out
    assert "Closed, paused or withdrawn" in said and "    now: The service has closed." in said
    assert "    before: It cut falls by 20%." in said and "10%" not in said and "New title" not in said
    assert said.endswith("2 changes since 7 days ago\n")


def test_since_kind_and_theme(filled: Path) -> None:
    db = open_database(filled)
    assert len(recent_changes(db, Request("2026-01-01"))) == 4  # the fixture merges two as well
    assert [row["kind"] for row in recent_changes(db, Request(kinds=("closed",)))] == ["closed"]
    found = {theme for (theme,) in db.conn.execute("SELECT code FROM terms WHERE kind = 'theme'")}
    by_theme = sum(len(recent_changes(db, Request(kinds=("closed",), theme=theme))) for theme in found)
    sql = """SELECT json_array_length(i.themes) FROM innovations AS i JOIN innovation_listings AS m
             ON m.innovation_id = i.id JOIN change_events AS e ON e.listing_id = m.listing_id WHERE e.id = 'e1'"""
    assert by_theme == db.conn.execute(sql).fetchone()[0]
    db.conn.close()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Request("yesterday"), "--since: 'yesterday' is no day"),
        (Request(kinds=("nope",)), "--kind: 'nope' is not known; allowed: figure-changed, "),
        (Request(theme="nope"), "--theme: 'nope' is not known; allowed: "),
    ],
)
def test_what_is_not_known_is_refused_with_what_is_allowed(filled: Path, asked: Request, said: str) -> None:
    db = open_database(filled)
    with pytest.raises(RequestError, match=said):
        recent_changes(db, asked)
    db.conn.close()


def test_every_change_in_a_file(filled: Path, tmp_path: Path) -> None:
    tell_recent(filled, Request("2026-01-01"), tmp_path / "out.csv", Console(verbosity=-1))
    rows = list(csv.DictReader((tmp_path / "out.csv").open(encoding="utf-8-sig")))
    assert len(rows) == 4 and {row["kind"] for row in rows} == {"closed", "figure-changed", "merged"}
