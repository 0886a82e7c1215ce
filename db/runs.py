"""Runs: one execution of the pipeline, with its counts per stage and source and its problems."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

from sqlite_utils import Database

from db.database import transaction

Severity = Literal["warning", "error"]


STAMP = "%Y-%m-%dT%H:%M:%SZ"


def now() -> str:
    """The present moment in UTC, ISO 8601 to the second, for example 2026-11-23T08:34:00Z."""
    return datetime.now(UTC).strftime(STAMP)


def start_run(db: Database, command: str, version: str) -> str:
    """Record a new run and return its id: its start time and a random tail, so that ids sort by time."""
    run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}"
    row = {"id": run_id, "command": command, "started_at": now(), "status": "running", "version": version}
    with transaction(db):
        db.table("runs").insert(row)
    return run_id


def finish_run(db: Database, run_id: str, status: str) -> None:
    """Close a run with one of: done, warnings, failed, interrupted."""
    with transaction(db):
        db.table("runs").update(run_id, {"finished_at": now(), "status": status})


def mark_dead_runs(db: Database) -> int:
    """Mark runs that were killed before they could say how they ended; call it only while holding the run lock."""
    with transaction(db):
        cursor = db.conn.execute("UPDATE runs SET status = 'interrupted' WHERE status = 'running'")
    return int(cursor.rowcount)


def record_counts(db: Database, run_id: str, stage: str, counts: Mapping[str, float], source: str = "") -> None:
    """Store what a stage counted; a second call for the same stage and source replaces equal names."""
    rows = [
        {"run_id": run_id, "stage": stage, "source": source, "name": name, "value": value}
        for name, value in counts.items()
    ]
    with transaction(db):
        db.table("run_counts").upsert_all(rows, pk=("run_id", "stage", "source", "name"))


def record_problem(
    db: Database, run_id: str, stage: str, message: str, *, severity: Severity = "warning", source: str = ""
) -> None:
    """Store one warning or error of a run in plain words."""
    row = {"run_id": run_id, "stage": stage, "source": source, "severity": severity, "message": message}
    with transaction(db):
        db.table("run_problems").insert(row)


def counts_of(db: Database, run_id: str, stage: str, source: str = "") -> dict[str, float]:
    """What a stage counted in a run, name to value."""
    rows = db.query(
        "SELECT name, value FROM run_counts WHERE run_id = ? AND stage = ? AND source = ?", [run_id, stage, source]
    )
    return {row["name"]: row["value"] for row in rows}


def problems_of(db: Database, run_id: str) -> list[dict[str, object]]:
    """The problems of a run, oldest first: stage, source, severity, message."""
    sql = "SELECT stage, source, severity, message FROM run_problems WHERE run_id = ? ORDER BY id"
    return list(db.query(sql, [run_id]))


def last_counts(db: Database, stage: str, source: str, but: str) -> dict[str, float]:
    """What a stage counted for a source in the last run, other than `but`, in which it ended well."""
    sql = """SELECT c.run_id FROM run_counts AS c WHERE c.stage = ? AND c.source = ? AND c.run_id != ?
             AND c.name = 'text length' ORDER BY c.run_id DESC LIMIT 1"""
    found = db.conn.execute(sql, [stage, source, but]).fetchone()
    return counts_of(db, found[0], stage, source) if found else {}
