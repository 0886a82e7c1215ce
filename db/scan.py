"""The picture of a scan: what became of everything that was found, step by step in PRISMA's manner, run by run.

The steps are those of the PRISMA 2020 flow diagram (Page et al., BMJ 2021;372:n71): identified, removed before
screening, screened, included. They are counted when a run ends and kept with the run's other counts, so that they stay
as they were.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlite_utils import Database

from db.runs import record_counts

STAGE = "flow"
# scope -> which listings. A run: those that it found for the first time. A release: everything as it stands after it.
SCOPES = {
    "run": """EXISTS (
        SELECT 1 FROM listing_versions AS v WHERE v.listing_id = l.id AND v.version = 1 AND v.run_id = :run)""",
    "release": "1",
}
LISTINGS = """
    SELECT CASE WHEN l.gone_at IS NOT NULL THEN 'gone again' WHEN f.listing_id IS NULL THEN 'not yet tagged'
                WHEN f.kept = 0 THEN 'not an innovation' WHEN m.listing_id IS NULL THEN 'not yet compared'
                ELSE 'kept' END AS step,
           iif(l.gone_at IS NULL AND f.kept = 0, f.reason, '') AS reason, count(*)
    FROM listings AS l
    LEFT JOIN filtration AS f ON f.listing_id = l.id
    LEFT JOIN innovation_listings AS m ON m.listing_id = l.id
    WHERE {scope} GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2"""
# The innovations that the scope added: all of their listings are in it.
INNOVATIONS = """
    SELECT CASE coalesce(d.decision, '') WHEN '' THEN 'not yet screened' WHEN 'skip' THEN 'not yet screened'
                WHEN 'shortlist' THEN 'shortlisted' WHEN 'watch' THEN 'watched' WHEN 'pass-on' THEN 'passed on'
                WHEN 'reject' THEN 'rejected' END AS step,
           iif(d.decision = 'reject', coalesce(d.reason, 'no reason given'), '') AS reason, count(*)
    FROM (
        SELECT m.innovation_id FROM listings AS l JOIN innovation_listings AS m ON m.listing_id = l.id
        GROUP BY 1 HAVING min({scope}) = 1
    ) AS i LEFT JOIN current_decisions AS d ON d.innovation_id = i.innovation_id
    GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2"""
BEFORE_SCREENING = ("gone again", "not yet tagged", "not an innovation", "not yet compared")
SCREENED = ("not yet screened", "rejected", "watched", "shortlisted", "passed on")


def count_flow(db: Database, run_id: str) -> list[tuple[str, str, str, int]]:
    """What became of what was found: rows of (scope, step, reason, count) in the order of the flow.

    In each scope: found = gone again + not yet tagged + not an innovation + not yet compared + duplicates +
    innovations, and innovations = the sum of the steps after them.
    """
    return [(scope, *row) for scope in SCOPES for row in _scope_flow(db, run_id, scope)]


def _scope_flow(db: Database, run_id: str, scope: str) -> Iterator[tuple[str, str, int]]:
    values = {"run": run_id}
    listings = db.conn.execute(LISTINGS.format(scope=SCOPES[scope]), values).fetchall()
    decided = db.conn.execute(INNOVATIONS.format(scope=SCOPES[scope]), values).fetchall()
    kept = sum(count for step, _, count in listings if step == "kept")
    innovations = sum(count for *_, count in decided)
    yield "found", "", sum(count for *_, count in listings)
    for wanted in BEFORE_SCREENING:
        yield from (tuple(row) for row in listings if row[0] == wanted)
    yield "duplicates", "", kept - innovations
    yield "innovations", "", innovations
    for wanted in SCREENED:
        yield from (tuple(row) for row in decided if row[0] == wanted)


def record_flow(db: Database, run_id: str) -> None:
    """Count the flow and keep it with the run's counts; a count's name is a JSON array: scope, place, step, reason."""
    rows = count_flow(db, run_id)
    names = {json.dumps([scope, place, step, reason]): count for place, (scope, step, reason, count) in enumerate(rows)}
    record_counts(db, run_id, STAGE, names)


def flow_runs(db: Database) -> list[str]:
    """The runs of which a flow is kept, the latest first."""
    sql = "SELECT DISTINCT run_id FROM run_counts WHERE stage = ? ORDER BY run_id DESC"
    return [run for (run,) in db.conn.execute(sql, [STAGE])]


def read_scan(db: Database, run_id: str) -> dict[str, list[dict[str, Any]]]:
    """The picture: flow (of that run), yields, blind_spots, overlap and estimate (as of now), as rows of the views."""
    flow = list(db.query("SELECT scope, step, reason, count FROM scan_flow WHERE run = ? ORDER BY place", [run_id]))
    names = ("yields", "blind_spots", "overlap", "estimate")
    return {"flow": flow, **{name: list(db.query(f"SELECT * FROM scan_{name}")) for name in names}}
