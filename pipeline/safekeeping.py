"""Backup and restore as commands: where copies go, how many are kept, who must wait."""

from __future__ import annotations

from pathlib import Path

from db.backup import backup_database, prune_backups, restore_database, stamp
from pipeline.console import Console
from pipeline.lock import run_lock


def make_backup(db_path: Path, file: Path | None, keep: int | None, console: Console) -> int:
    """Write a backup; runs and readers go on meanwhile. Returns the exit code."""
    folder = db_path.parent / "backups"
    target = backup_database(db_path, file or folder / f"innovations-{stamp()}.db")
    deleted = prune_backups(folder, keep) if keep else []
    size = target.stat().st_size
    lines = [f"backed up to {target} ({size / 2**20:.1f} MiB, checked)", *(f"deleted {path}" for path in deleted)]
    console.result({"backup": str(target), "bytes": size, "deleted": [str(path) for path in deleted]}, lines)
    return 0


def put_backup_back(file: Path, db_path: Path, console: Console) -> int:
    """Restore a backup while no run is at work; the site may stay up. Returns the exit code."""
    with run_lock(db_path):
        before = restore_database(file, db_path)
    kept = f"; what was there before is in {before}" if before else ""
    console.result({"restored": str(file), "before": str(before or "")}, [f"restored {file} to {db_path}{kept}"])
    return 0
