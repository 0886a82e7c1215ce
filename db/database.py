"""The one door to the database file: which SQLite, which pragmas, what a transaction is.

No other module imports a SQLite library. Two copies of SQLite in one process break each other's POSIX locks
(https://www.sqlite.org/howtocorrupt.html, section 2.2), and the system's copy may carry the WAL-reset fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pysqlite3
from sqlite_utils import Database

SQLITE_FLOOR = (3, 51, 3)  # first release without the WAL-reset corruption (sqlite.org, 2026-03-13)
BUSY_TIMEOUT_MS = 30_000  # longer than the longest write transaction of ours; chosen, not measured
JOURNAL_SIZE_LIMIT_BYTES = 64 * 2**20

Journal = Literal["wal", "delete"]

DatabaseError = pysqlite3.DatabaseError
OperationalError = pysqlite3.OperationalError
IntegrityError = pysqlite3.IntegrityError
# What is wrong with one row, not with the database: other rows can still be written.
ROW_FAULTS: tuple[type[Exception], ...] = (
    pysqlite3.IntegrityError,
    pysqlite3.DataError,
    pysqlite3.InterfaceError,
    pysqlite3.ProgrammingError,
    UnicodeError,
    OverflowError,
)


class StorageError(Exception):
    """A database that cannot be used; the message says which file, why, and what to do next."""


def sqlite_version() -> tuple[int, ...]:
    """Version of the SQLite library in use, for example (3, 53, 4)."""
    return tuple(int(part) for part in pysqlite3.sqlite_version.split("."))


def check_sqlite() -> None:
    """Raise StorageError unless the SQLite library is ours and free of the WAL-reset fault."""
    if not isinstance(Database(memory=True).conn, pysqlite3.Connection):
        raise StorageError("sqlite-utils did not pick up pysqlite3; reinstall with: make install")
    if sqlite_version() < SQLITE_FLOOR:
        floor = ".".join(map(str, SQLITE_FLOOR))
        raise StorageError(f"SQLite {pysqlite3.sqlite_version} is older than {floor}; reinstall with: make install")


def open_database(
    path: str | Path, *, must_exist: bool = False, read_only: bool = False, journal: Journal = "wal"
) -> Database:
    """Open (or create) the database at `path` with foreign keys, a busy timeout and (unless read_only) WAL.

    The schema is not touched: see db.migrations.migrate(). `journal="delete"` makes a single file, fit to be copied.
    Raises StorageError when the file is missing (with must_exist), unreadable, or no SQLite database.
    """
    check_sqlite()
    path = Path(path)
    if must_exist and not path.exists():
        raise StorageError(f"no database at {path}; create one with: horizon demo, or horizon run --db {path}")
    try:
        if not read_only:
            path.parent.mkdir(parents=True, exist_ok=True)
        mode = "ro" if read_only else "rwc"
        address = f"{path.resolve().as_uri()}?mode={mode}"
        connection = pysqlite3.connect(address, uri=True, timeout=BUSY_TIMEOUT_MS / 1000)
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA schema_version").fetchone()  # reads the header: says now if this is no database
        if not read_only:
            connection.execute(f"PRAGMA journal_mode = {journal}")
            connection.execute(f"PRAGMA journal_size_limit = {JOURNAL_SIZE_LIMIT_BYTES}")
    except (pysqlite3.DatabaseError, OSError) as error:
        raise StorageError(
            f"cannot open {path}: {error}; check the path and its permissions, or put a backup back with: "
            f"horizon restore FILE --db {path}"
        ) from error
    return Database(connection)


@contextmanager
def snapshot(db: Database) -> Iterator[Database]:
    """Everything read inside is of one moment, whatever others write meanwhile; nobody is kept from writing."""
    if db.conn.in_transaction:
        yield db
        return
    db.conn.execute("BEGIN")
    try:
        yield db
    finally:
        db.rollback()


@contextmanager
def transaction(db: Database) -> Iterator[Database]:
    """All or nothing, taking the write lock at once, so that a writer waits at the door and never half-way.

    Inside another transaction it is a savepoint of that one.
    """
    if db.conn.in_transaction:
        with db.atomic():
            yield db
        return
    db.conn.execute("BEGIN IMMEDIATE")
    try:
        yield db
        db.commit()
    except BaseException:
        db.rollback()
        raise
