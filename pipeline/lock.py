"""One writer of runs at a time: a lock file beside the database, which the system releases even when we are killed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from pipeline.errors import LockHeldError


@contextmanager
def run_lock(db_path: Path) -> Iterator[None]:
    """Hold the lock of this database. Raises LockHeldError at once when another run has it."""
    db_path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(f"{db_path}.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise LockHeldError(
            f"another horizon command is at work on {db_path}; wait until it is done, then run this again"
        ) from None
    try:
        yield
    finally:
        lock.release()
