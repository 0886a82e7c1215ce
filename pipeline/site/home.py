"""What the front page shows."""

from __future__ import annotations

import json
from typing import Any

from pipeline.labels import read_labels
from pipeline.site.reading import Connection, first, rows

NEWEST_SHOWN = 8
COUNTS = """
    SELECT (SELECT count(*) FROM open_innovations) AS innovations,
           (SELECT count(*) FROM listings WHERE gone_at IS NULL) AS listings,
           (SELECT count(*) FROM sources WHERE enabled = 1) AS sources,
           (SELECT count(*) FROM sources WHERE last_status = 'failed') AS failed_sources,
           (SELECT count(*) FROM filtration WHERE kept = 0) AS filtered_out,
           (SELECT count(*) FROM open_innovations WHERE listing_count > 1) AS joined"""
NEWEST = """
    SELECT id, title, summary, primary_theme, publishers, first_published, last_published, first_seen_at, listing_count
    FROM open_innovations
    ORDER BY first_seen_at DESC, last_published DESC, id LIMIT ?"""
REGIONS = """
    SELECT r.code, r.name, r.former_name, coalesce(n.innovations, 0) AS innovations
    FROM regions AS r LEFT JOIN (
        SELECT place.value AS code, count(*) AS innovations
        FROM open_innovations AS i, json_each(i.regions) AS place
        GROUP BY 1
    ) AS n ON n.code = r.code
    ORDER BY r.name"""
LAST_RUN = "SELECT run, status, started_at, finished_at FROM run_reports ORDER BY run DESC LIMIT 1"


def read_home(connection: Connection) -> dict[str, Any]:
    """Counts, theme tiles, pledge criteria, regions, the newest innovations and the last run."""
    labels = read_labels(connection)
    newest = rows(connection, NEWEST, [NEWEST_SHOWN])
    for row in newest:
        row["publisher_names"] = json.loads(row["publishers"])
        row["primary_label"] = labels.of("theme", row["primary_theme"]) if row["primary_theme"] else None
    return {
        "counts": first(connection, COUNTS),
        "themes": rows(connection, "SELECT * FROM themes_overview"),
        "criteria": rows(connection, "SELECT * FROM pledge_criteria_overview"),
        "regions": rows(connection, REGIONS),
        "newest": newest,
        "last_run": first(connection, LAST_RUN),
    }
