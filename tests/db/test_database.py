from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from db.database import SQLITE_FLOOR, IntegrityError, StorageError, open_database, sqlite_version, transaction
from db.migrations import migrate, migration_names, pending_migrations

ROOT = Path(__file__).resolve().parents[2]


def test_sqlite_is_free_of_the_wal_reset_fault() -> None:
    assert sqlite_version() >= SQLITE_FLOOR


def test_pragmas(tmp_path: Path) -> None:
    db = open_database(tmp_path / "a.db")
    assert db.conn.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert db.conn.execute("PRAGMA foreign_keys").fetchone()[0] == 1
    assert db.conn.execute("PRAGMA busy_timeout").fetchone()[0] > 0


def test_missing_database_names_the_file_and_the_next_command(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"nothing\.db.*horizon demo"):
        open_database(tmp_path / "nothing.db", must_exist=True)


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_text("these are my notes, not a database " * 50)
    with pytest.raises(StorageError, match=r"notes\.db.*horizon restore"):
        open_database(path)
    assert path.read_text().startswith("these are my notes")


def test_migrations_are_applied_once(tmp_path: Path) -> None:
    db = open_database(tmp_path / "a.db")
    assert pending_migrations(db) == migration_names()
    assert set(migration_names()) <= set(migrate(db))
    assert migrate(db) == []
    assert pending_migrations(db) == []


def test_a_team_s_own_view_survives_a_migration(tmp_path: Path) -> None:
    db = open_database(tmp_path / "a.db")
    migrate(db)
    db.conn.execute("CREATE VIEW ours AS SELECT id FROM innovations")
    migrate(db)
    assert "ours" in db.view_names()


def test_a_changed_view_is_made_anew(tmp_path: Path) -> None:
    db = open_database(tmp_path / "a.db")
    migrate(db)
    db.conn.execute("DROP VIEW candidate_list")
    db.conn.execute("CREATE VIEW candidate_list AS SELECT 1 AS one")
    assert migrate(db) == ["candidate_list"]
    assert "one" not in [column.name for column in db.view("candidate_list").columns]


def test_a_failing_transaction_leaves_nothing(tmp_path: Path) -> None:
    db = open_database(tmp_path / "a.db")
    migrate(db)
    region = {"code": "X", **dict.fromkeys(("name", "former_name", "domain", "former_domain"), "x")}
    region |= {"nhs_region": "x", "nhs_region_code": "Y1"}
    with pytest.raises(IntegrityError), transaction(db):
        db.table("regions").insert(region)
        with transaction(db):
            db.table("regions").insert(region | {"code": "Y"})
        db.table("regions").insert(region)
    assert db.table("regions").count == 0
    assert not db.conn.in_transaction


def test_a_reader_sees_nothing_of_an_unfinished_transaction(tmp_path: Path) -> None:
    writer, reader = open_database(tmp_path / "a.db"), open_database(tmp_path / "a.db")
    migrate(writer)
    with transaction(writer):
        writer.conn.execute("INSERT INTO runs VALUES ('r', 'run', 't', NULL, 'running', '0')")
        assert reader.conn.execute("SELECT count(*) FROM runs").fetchone()[0] == 0
    assert reader.conn.execute("SELECT count(*) FROM runs").fetchone()[0] == 1


def test_a_process_killed_in_a_transaction_leaves_the_database_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    migrate(open_database(path))
    script = (
        "import os, signal\n"
        "from db.database import open_database, transaction\n"
        f"db = open_database({str(path)!r})\n"
        "db.conn.execute(\"INSERT INTO runs VALUES ('kept', 'run', 't', NULL, 'running', '0')\"); db.conn.commit()\n"
        "with transaction(db):\n"
        "    db.conn.execute(\"INSERT INTO runs VALUES ('lost', 'run', 't', NULL, 'running', '0')\")\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], check=False, cwd=ROOT)
    assert ended.returncode == -9
    db = open_database(path)
    assert [row["id"] for row in db.query("SELECT id FROM runs")] == ["kept"]
    assert db.conn.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
