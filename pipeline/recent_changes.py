"""What changed lately: the events of innovations, the newest first, for a person, a file or a machine."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from db.database import open_database
from db.history import KINDS
from db.history_views import FACT_KINDS
from db.migrations import migrate
from pipeline.console import Console
from pipeline.errors import RequestError
from pipeline.export.csv import write_csv
from pipeline.export.files import write_whole

DAYS = 7  # what "lately" means when nobody says; a week, as horizon scanners meet weekly
COLUMNS = ("happened_at", "innovation_id", "innovation", "what", "before", "after", "publisher", "url", "kind", "code")
CHANGES = f"""
    SELECT {", ".join(COLUMNS)} FROM innovation_changes
    WHERE happened_at >= :since AND (:kinds IS NULL OR kind IN (SELECT value FROM json_each(:kinds)))
      AND (:theme IS NULL OR EXISTS (SELECT 1 FROM json_each(themes) WHERE value = :theme))
      AND innovation_id IS NOT NULL AND NOT is_known_elsewhere
    ORDER BY happened_at DESC, innovation, what"""


@dataclass(frozen=True, slots=True)
class Request:
    """Which changes: since a day (ISO 8601; None: of the last DAYS), of these kinds (none: all), with this theme."""

    since: str | None = None
    kinds: tuple[str, ...] = ()
    theme: str | None = None


def recent_changes(db: Database, asked: Request) -> list[dict[str, Any]]:
    """The changes as rows with COLUMNS, the newest first; RequestError for what is not known."""
    _check(db, asked)
    since = asked.since or (datetime.now(UTC) - timedelta(days=DAYS)).strftime("%Y-%m-%d")
    values = {"since": since, "kinds": json.dumps(asked.kinds) if asked.kinds else None, "theme": asked.theme}
    return list(db.query(CHANGES, values))


def _check(db: Database, asked: Request) -> None:
    allowed = (*KINDS, *FACT_KINDS)
    for kind in asked.kinds:
        if kind not in allowed:
            raise RequestError(f"--kind: {kind!r} is not known; allowed: {', '.join(allowed)}")
    if asked.since is not None:
        try:
            date.fromisoformat(asked.since)
        except ValueError as error:
            raise RequestError(f"--since: {asked.since!r} is no day; give it as 2026-11-02") from error
    if asked.theme is not None:
        codes = [code for (code,) in db.conn.execute("SELECT code FROM terms WHERE kind = 'theme' ORDER BY position")]
        if asked.theme not in codes:
            raise RequestError(f"--theme: {asked.theme!r} is not known; allowed: {', '.join(codes)}")


def tell_recent(db_path: Path, asked: Request, out: Path | None, console: Console) -> None:
    """Say what changed lately; `out`: a CSV file that takes every change, a row each."""
    db = open_database(db_path, must_exist=True)
    try:
        migrate(db)
        rows = recent_changes(db, asked)
    finally:
        db.conn.close()
    if out is not None:
        write_whole(out, lambda part: write_csv(part, COLUMNS, ([row[name] for name in COLUMNS] for row in rows)))
        console.say(f"wrote {len(rows)} changes to {out}")
    said = f"{len(rows)} changes since {asked.since or f'{DAYS} days ago'}"
    console.result({"summary": said, "changes": rows}, [*([] if out is not None else _lines(rows)), said])


def _lines(rows: Sequence[dict[str, Any]]) -> list[str]:
    """For each change a line of what happened where, and under it the sentences before and after."""
    lines = []
    for row in rows:
        lines.append(f"{row['happened_at'][:10]}  {row['innovation']}: {row['what']}")
        lines += [f"    {said}: {row[side]}" for side, said in (("before", "before"), ("after", "now")) if row[side]]
    return lines
