from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlite_utils import Database

from db.backup import backup_database, prune_backups, restore_database
from db.checks import damage
from db.database import StorageError, open_database

Add = Callable[..., str]
ROOT = Path(__file__).resolve().parents[2]


def titles(path: Path) -> list[str]:
    db = open_database(path)
    try:
        return [row["title"] for row in db.query("SELECT title FROM listings ORDER BY title")]
    finally:
        db.conn.close()


def test_a_backup_is_one_whole_file_that_reads_the_same(db: Database, add_listing: Add, tmp_path: Path) -> None:
    add_listing("one", title="One")
    target = backup_database(tmp_path / "a.db", tmp_path / "kept" / "copy.db")
    assert [path.name for path in target.parent.iterdir()] == ["copy.db"]
    assert titles(target) == ["One"]


def test_restore_brings_the_content_back_and_keeps_what_was_there(
    db: Database, add_listing: Add, tmp_path: Path
) -> None:
    add_listing("one", title="One")
    backup_database(tmp_path / "a.db", tmp_path / "copy.db")
    add_listing("two", title="Two")
    before = restore_database(tmp_path / "copy.db", tmp_path / "a.db")
    assert titles(tmp_path / "a.db") == ["One"]
    assert before is not None
    assert titles(before) == ["One", "Two"]
    assert [row["title"] for row in db.query("SELECT title FROM listings")] == ["One"]  # an open reader sees it too
    assert list(damage(db)) == []


def test_backups_taken_while_another_process_writes_are_consistent(
    db: Database, add_listing: Add, tmp_path: Path
) -> None:
    add_listing("one")
    path = tmp_path / "a.db"
    script = (
        "import sys\n"
        "from db.database import open_database, transaction\n"
        f"db = open_database({str(path)!r})\n"
        "print('ready', flush=True)\n"
        "for n in range(400):\n"
        "    with transaction(db):\n"
        "        db.conn.execute('INSERT INTO runs VALUES (?, ?, ?, NULL, ?, ?)', (f'r{n}', 'x', 't', 'done', '0'))\n"
        "        db.conn.execute('INSERT INTO run_counts VALUES (?, ?, ?, ?, ?)', (f'r{n}', 's', '', 'n', n))\n"
    )
    writer = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE)
    assert writer.stdout is not None
    writer.stdout.readline()
    sizes = []
    for number in range(5):
        copy = open_database(backup_database(path, tmp_path / f"copy{number}.db"))
        runs, counts = copy.table("runs").count, copy.table("run_counts").count
        assert runs == counts  # both rows of a transaction, or neither
        sizes.append(runs)
        copy.conn.close()
    assert writer.wait(timeout=60) == 0
    assert sizes == sorted(sizes)
    assert db.table("runs").count == 400


@pytest.mark.parametrize("content", [b"", b"not a database at all " * 100])
def test_what_is_no_backup_is_refused_and_nothing_changes(
    db: Database, add_listing: Add, tmp_path: Path, content: bytes
) -> None:
    add_listing("one", title="One")
    (tmp_path / "bad.db").write_bytes(content)
    with pytest.raises(StorageError, match=r"bad\.db"):
        restore_database(tmp_path / "bad.db", tmp_path / "a.db")
    assert titles(tmp_path / "a.db") == ["One"]


def test_a_damaged_backup_is_refused(db: Database, add_listing: Add, tmp_path: Path) -> None:
    for number in range(200):
        add_listing(f"p{number}", title=f"Title {number}", text=f"Some text {number}. " * 50)
    copy = backup_database(tmp_path / "a.db", tmp_path / "copy.db")
    data = bytearray(copy.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 20_000] = b"\xff" * 20_000
    copy.write_bytes(data)
    with pytest.raises(StorageError, match="cannot be restored"):
        restore_database(copy, tmp_path / "a.db")
    assert len(titles(tmp_path / "a.db")) == 200


def test_a_backup_of_a_newer_release_is_refused(db: Database, tmp_path: Path) -> None:
    copy = backup_database(tmp_path / "a.db", tmp_path / "copy.db")
    newer = open_database(copy)
    newer.conn.execute(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('innovation_pipeline', '9999_x', 't')"
    )
    newer.conn.commit()
    newer.conn.close()
    with pytest.raises(StorageError, match=r"newer release.*9999_x"):
        restore_database(copy, tmp_path / "a.db")


def test_a_damaged_database_is_replaced_and_kept(db: Database, add_listing: Add, tmp_path: Path) -> None:
    add_listing("one", title="One")
    copy = backup_database(tmp_path / "a.db", tmp_path / "copy.db")
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"garbage " * 1000)
    before = restore_database(copy, broken)
    assert titles(broken) == ["One"]
    assert before is not None
    assert before.read_bytes().startswith(b"garbage")


def test_the_database_is_not_its_own_backup(db: Database, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot replace the database itself"):
        backup_database(tmp_path / "a.db", tmp_path / "a.db")


def test_pruning_keeps_the_newest_and_leaves_other_files_alone(tmp_path: Path) -> None:
    names = [f"innovations-2026112{day}T000000Z.db" for day in range(1, 6)]
    for name in [*names, "monday.db"]:
        (tmp_path / name).write_bytes(b"")
    assert [path.name for path in prune_backups(tmp_path, 2)] == names[:3]
    assert {path.name for path in tmp_path.iterdir()} == {*names[3:], "monday.db"}
