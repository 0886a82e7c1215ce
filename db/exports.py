"""What a candidate list is read from, and the record of each list that was written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlite_utils import Database

from db.database import transaction
from db.runs import now

Row = dict[str, Any]

ARRAYS = ("themes", "pledges", "criteria", "regions", "sources", "publishers")
CANDIDATES = """
    SELECT c.id, c.title, c.summary, c.primary_theme, c.themes, c.pledges, c.criteria, c.regions, c.sources,
           c.publishers, c.first_published, c.last_published, c.listing_count, c.decision, i.search_text
    FROM candidate_list AS c JOIN innovations AS i ON i.id = c.id
    WHERE c.listing_count > 0 ORDER BY c.id"""
LINKS = """
    SELECT m.innovation_id AS innovation, l.url FROM innovation_listings AS m JOIN listings AS l ON l.id = m.listing_id
    ORDER BY m.innovation_id, l.published IS NULL, l.published, l.id"""
TAGS = """
    SELECT m.innovation_id AS innovation, a.kind, a.code,
           coalesce(t.label, a.code) AS label, a.verdict, a.score, a.evidence, a.is_primary,
           l.title AS listing, l.publisher, l.url
    FROM innovation_listings AS m
    JOIN annotations AS a ON a.listing_id = m.listing_id
    JOIN listings AS l ON l.id = m.listing_id
    LEFT JOIN terms AS t ON t.kind = a.kind AND t.code = a.code
    ORDER BY m.innovation_id, a.kind != 'theme', a.kind, coalesce(t.position, 0), a.code, a.score DESC, l.id"""
# Everything here is counted from the tables, so that two runs over the same content say the same.
METHOD_COUNTS = {
    "sources": "SELECT count(DISTINCT source) FROM listings WHERE gone_at IS NULL",
    "listings found": "SELECT count(*) FROM listings WHERE gone_at IS NULL",
    "listings that are no innovation": """SELECT count(*) FROM listings AS l JOIN filtration AS f ON f.listing_id = l.id
        WHERE l.gone_at IS NULL AND f.kept = 0""",
    "listings kept": """SELECT count(*) FROM listings AS l JOIN filtration AS f ON f.listing_id = l.id
        WHERE l.gone_at IS NULL AND f.kept = 1""",
    "innovations after joining duplicates": "SELECT count(*) FROM innovations WHERE listing_count > 0",
    "innovations rejected by reviewers": """SELECT count(*) FROM innovations WHERE listing_count > 0
        AND id NOT IN (SELECT id FROM candidate_list)""",
}


def region_rows(db: Database) -> list[Row]:
    """The networks in order of code: code, name, former_name."""
    return list(db.query("SELECT code, name, former_name FROM regions ORDER BY code"))


def candidates(db: Database) -> Iterator[Row]:
    """Every innovation that no reviewer has rejected, in order of id, with its arrays read and its search_text."""
    for row in db.query(CANDIDATES):
        yield {**row, **{name: json.loads(row[name]) for name in ARRAYS}}


def links(db: Database) -> Iterator[Row]:
    """Every listing's innovation and url, in order of innovation; within one, first published first."""
    yield from db.query(LINKS)


def tags(db: Database) -> Iterator[Row]:
    """Every tag of every innovation with its sentence, in order of innovation.

    Keys: innovation, kind, code, label, verdict, score, evidence, is_primary, listing, publisher, url.
    """
    yield from db.query(TAGS)


def method_counts(db: Database) -> dict[str, int]:
    """How many of what remained after each step."""
    return {name: int(db.conn.execute(sql).fetchone()[0]) for name, sql in METHOD_COUNTS.items()}


def rejected_reasons(db: Database) -> dict[str, int]:
    """Why listings were taken to be no innovation, and how many for each reason."""
    sql = """SELECT f.reason, count(*) FROM filtration AS f JOIN listings AS l ON l.id = f.listing_id
             WHERE f.kept = 0 AND l.gone_at IS NULL GROUP BY f.reason ORDER BY 2 DESC, 1"""
    return dict(db.conn.execute(sql))


def searched_sources(db: Database) -> list[Row]:
    """What was searched: title, publisher, start_url and how many listings each source gave."""
    sql = """SELECT s.title, s.publisher, s.start_url, count(l.id) AS listings FROM sources AS s
             LEFT JOIN listings AS l ON l.source = s.name AND l.gone_at IS NULL GROUP BY s.name ORDER BY s.name"""
    return list(db.query(sql))


def content_date(db: Database) -> str:
    """When listings or innovations last changed, ISO 8601; empty for an empty database."""
    sql = """SELECT max(at) FROM (SELECT max(changed_at) AS at FROM listings
             UNION ALL SELECT max(changed_at) FROM innovations)"""
    return str(db.conn.execute(sql).fetchone()[0] or "")


def newest_published(db: Database) -> str | None:
    """The latest date that any listing gives."""
    row = db.conn.execute("SELECT max(last_published) FROM innovations").fetchone()
    return str(row[0]) if row[0] else None


def stored_versions(db: Database) -> dict[str, str]:
    """Which tagger and which vocabularies the stored tags were made with; several are joined by commas."""
    questions = {
        "tagger": "SELECT DISTINCT tagger_version FROM filtration ORDER BY 1",
        "vocabulary": """SELECT DISTINCT version FROM tagger_parts
            WHERE part = 'vocabulary' AND tagger_version IN (SELECT tagger_version FROM filtration) ORDER BY 1""",
        "terms": "SELECT DISTINCT version FROM terms ORDER BY 1",
    }
    return {name: ", ".join(str(one) for (one,) in db.conn.execute(sql)) for name, sql in questions.items()}


def record_export(
    db: Database, *, region: str, export_format: str, path: str, rows: int, sha256: str, run_id: str | None
) -> bool:
    """Record a written list, unless the last record of its name is of the same content; returns whether it did.

    path: the file's name; the folder is this machine's own business, and the table is public.
    """
    sql = "SELECT sha256 FROM exports WHERE path = ? ORDER BY id DESC LIMIT 1"
    last = db.conn.execute(sql, [path]).fetchone()
    if last and last[0] == sha256:
        return False
    row = {"run_id": run_id, "region": region, "format": export_format, "path": path, "rows": rows, "sha256": sha256}
    with transaction(db):
        db.table("exports").insert({**row, "exported_at": now()})
    return True
