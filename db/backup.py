"""Backups: a checked, consistent copy while others write, and the way back.

A plain copy of the file is no backup: with a writer at work it comes out malformed, since part of the content is still
in the -wal file beside it. SQLite's own backup interface copies one consistent snapshot.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils import Database

from db.checks import damage
from db.database import DatabaseError, Journal, StorageError, open_database
from db.migrations import migrate, migration_names

COMPANIONS = ("", "-wal", "-shm")


def backup_database(db_path: Path, target: Path) -> Path:
    """Copy the database to `target`, check the copy, and only then give it its name. Returns the target.

    Raises StorageError when there is no database, when target is the database itself, or when the copy fails its check;
    a file that stood at target before is then still there, unchanged.
    """
    if target.resolve() == db_path.resolve():
        raise StorageError(f"the backup cannot replace the database itself ({db_path}); give another file")
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        _copy(db_path, partial)
        _sync(partial)
        partial.replace(target)
        _sync(target.parent)
    finally:
        _remove(partial)
    return target


def restore_database(backup: Path, db_path: Path) -> Path | None:
    """Put a backup back in place of the database; returns where what was there before is kept, or None.

    The backup is copied, migrated and checked aside before the database is touched. Open connections of others stay
    valid and see the restored content. The caller holds the run lock. Raises StorageError when the backup is missing,
    damaged, of a newer release, no database of ours, or the database itself; then nothing has changed.
    """
    if backup.resolve() == db_path.resolve():
        raise StorageError(f"{backup} is the database itself, not a backup of it; choose another file")
    check_backup(backup)
    prepared = db_path.with_name(f".{db_path.name}.{os.getpid()}.restore")
    try:
        _copy(backup, prepared, read_only=True)
        with _opened(prepared, journal="delete") as db:
            migrate(db)
            _refuse_damaged(db, backup)
        before = _set_aside(db_path)
        with _opened(prepared, read_only=True) as source, _opened(db_path) as target:
            source.conn.backup(target.conn)
            target.conn.execute("PRAGMA journal_mode = WAL")
    finally:
        _remove(prepared)
    return before


def check_backup(backup: Path) -> None:
    """Raise StorageError unless `backup` is a whole database of this release or an older one."""
    with _opened(backup, must_exist=True, read_only=True) as db:
        for problem in damage(db, search=False):
            raise StorageError(f"{backup} cannot be restored: {problem}; choose another backup")
        if "_sqlite_migrations" not in db.table_names():
            raise StorageError(f"{backup} is not a backup of this pipeline: it lacks its tables; choose another file")
        applied = {str(row[0]) for row in db.conn.execute("SELECT name FROM _sqlite_migrations")}
        unknown = applied - set(migration_names())
        if unknown:
            raise StorageError(f"{backup} was made by a newer release (it has {', '.join(sorted(unknown))}); upgrade")


def stamp() -> str:
    """The present moment for file names: 20261123T083400Z."""
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")


def prune_backups(folder: Path, keep: int) -> list[Path]:
    """Delete all but the newest `keep` backups that carry the default name; returns those deleted."""
    found = sorted(folder.glob("innovations-*Z.db"))
    old = found[: max(0, len(found) - keep)]
    for path in old:
        path.unlink()
    return old


@contextmanager
def _opened(
    path: Path, *, must_exist: bool = False, read_only: bool = False, journal: Journal = "wal"
) -> Iterator[Database]:
    db = open_database(path, must_exist=must_exist, read_only=read_only, journal=journal)
    try:
        yield db
    finally:
        db.conn.close()


def _remove(path: Path) -> None:
    for companion in COMPANIONS:
        Path(f"{path}{companion}").unlink(missing_ok=True)


def _copy(db_path: Path, partial: Path, *, read_only: bool = False) -> None:
    with _opened(db_path, must_exist=True, read_only=read_only) as db, _opened(partial, journal="delete") as copy:
        db.conn.backup(copy.conn)  # one step over all pages: one snapshot, however much others write meanwhile
        copy.conn.execute("PRAGMA journal_mode = DELETE")  # the copied header says WAL; a backup is a single file
        _refuse_damaged(copy, db_path)


def _refuse_damaged(db: Database, path: Path) -> None:
    for problem in damage(db):
        raise StorageError(f"the copy of {path} failed its check: {problem}; run: horizon doctor --db {path}")


def _set_aside(db_path: Path) -> Path | None:
    """Keep what is there before a restore: as a proper backup or, when it cannot be read, as the files that it is."""
    if not db_path.exists():
        return None
    before = db_path.with_name(f"{db_path.name}.before-restore-{stamp()}")
    try:
        return backup_database(db_path, before)
    except (StorageError, DatabaseError):
        for companion in COMPANIONS:
            file = Path(f"{db_path}{companion}")
            if file.exists():
                file.replace(Path(f"{before}{companion}"))
        return before


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
