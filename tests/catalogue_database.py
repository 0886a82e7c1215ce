"""A database with chosen records of the starter catalogue, kept and tagged by plain inserts, ready to be resolved."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from db import keys
from db.database import open_database, transaction
from db.migrations import migrate
from pipeline.resolve.evaluation import KnownDuplicates

CATALOGUE = Path(__file__).parents[1] / "crawler" / "demo" / "catalogue.jsonl"
SEEN_AT = "2026-11-02T06:00:00Z"
SOURCE = "demo-news"
REGIONS = {
    "HI-SW": ("Health Innovation South West", "South West AHSN"),
    "HI-West": ("Health Innovation West of England", "West of England AHSN"),
    "HI-KSS": ("Health Innovation Kent Surrey Sussex", "Kent Surrey Sussex AHSN"),
}

# Three programmes with their listings, and three records that stand alone.
QUIPP = ("a-gstt-quipp", "a-kcl-quipp", "a-nihr-quipp", "a-tommys-quipp")
FOCUS_ADHD = ("b-ahsn-network-adhd", "b-swahsn-focus-adhd", "b-weahsn-focus-adhd")
SMART_TRIAGE = ("a-jmhealth-smart-triage", "a-kss-smart-triage")
ALONE = ("d-try-dry", "d-swindon-3d-hip", "d-warm-home-prescription")
Record = dict[str, Any]


def catalogue_records(ids: Iterable[str] | None = None) -> list[Record]:
    """The records with these ids in that order, or all of them."""
    records = {}
    for line in CATALOGUE.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        records[record["id"]] = record
    return [records[one] for one in ids] if ids is not None else list(records.values())


def chosen_records() -> list[Record]:
    """The named records first, then others that are known to stand alone: rarity of words needs a background."""
    named = [*QUIPP, *FOCUS_ADHD, *SMART_TRIAGE, *ALONE]
    group_of = KnownDuplicates.load().group_of
    alone = [one for one in sorted(group_of) if group_of[one] == one and one not in named]
    return catalogue_records([*named, *alone[::3]])


def listing_of(record_id: str) -> str:
    """The listing id of a record."""
    (record,) = catalogue_records([record_id])
    return keys.listing_id(SOURCE, record["url"])


def new_database(path: Path, records: Sequence[Record] = ()) -> Database:
    """A migrated database with a source, every region that occurs, and these records as kept listings."""
    db = open_database(path)
    migrate(db)
    source = {"name": SOURCE, "title": "News", "publisher": "Several", "licence": "retold", "discovery": "index"}
    source |= {"start_url": "http://127.0.0.1/", "frequency": "daily", "enabled": 1, "verified": "never"}
    with transaction(db):
        db.table("sources").insert(source)
        for code in sorted({*REGIONS, *(record["region"] for record in records if record["region"])}):
            name, former = REGIONS.get(code, (code, code))
            db.conn.execute("INSERT INTO regions VALUES (?, ?, ?, '', '', '', '')", [code, name, former])
        for record in records:
            add_listing(db, record)
    return db


def add_listing(db: Database, record: Record, *, kept: bool = True, theme: str = "digital") -> str:
    """One kept listing whose first sentence carries one theme and one pledge criterion; returns its id."""
    listing_id = keys.listing_id(SOURCE, record["url"])
    content_hash = keys.digest(record["title"], record["text"])
    with transaction(db):
        db.table("listings").insert(
            {
                "id": listing_id,
                "search_key": keys.search_key(listing_id),
                "source": SOURCE,
                "url": record["url"],
                "fetched_url": record["url"],
                "record_id": record["id"],
                "title": record["title"],
                "text": record["text"],
                "text_hash": keys.digest(record["text"]),
                "content_hash": content_hash,
                "publisher": record["publisher"],
                "region": record["region"],
                "published": record["published"],
                "version": 1,
                "first_seen_at": SEEN_AT,
                "changed_at": SEEN_AT,
            },
            replace=True,
        )
        verdict = [listing_id, int(kept), "an innovation", 0.9, content_hash, keys.digest(record["text"])]
        db.conn.execute(
            """INSERT OR REPLACE INTO filtration (listing_id, kept, reason, score, content_hash, text_hash,
               tagger_version) VALUES (?, ?, ?, ?, ?, ?, 'tagger-1')""",
            verdict,
        )
        if kept:
            _tag(db, listing_id, record["text"], "theme", theme, None)
            _tag(db, listing_id, record["text"], "criterion", "P3.access", "planned")
    return listing_id


def _tag(db: Database, listing_id: str, text: str, kind: str, code: str, verdict: str | None) -> None:
    sentence = text.split(". ")[0] or "x"
    row = {"listing_id": listing_id, "kind": kind, "code": code, "verdict": verdict, "is_primary": kind == "theme"}
    row |= {"score": 0.8, "evidence": sentence, "evidence_start": 0, "evidence_end": len(sentence)}
    row |= {"text_hash": "t", "method": "test", "method_version": "1", "vocabulary_version": "v1"}
    db.table("annotations").insert(row, pk=("listing_id", "kind", "code"), replace=True)


def contents(db: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that resolving writes, timestamps apart."""
    columns = "id, search_key, title, summary, search_text, primary_theme, themes, pledges, criteria, regions, sources"
    more = "publishers, first_published, last_published, listing_count, content_hash"
    questions = {
        "innovations": f"SELECT {columns}, {more} FROM innovations ORDER BY id",
        "innovation_listings": "SELECT * FROM innovation_listings ORDER BY listing_id",
        "innovation_fields": "SELECT * FROM innovation_fields ORDER BY innovation_id, field",
        "innovation_redirects": "SELECT old_id, new_id FROM innovation_redirects ORDER BY old_id",
    }
    return {name: [tuple(row) for row in db.conn.execute(sql)] for name, sql in questions.items()}


def groups_of(db: Database) -> set[frozenset[str]]:
    """The innovations as sets of record ids."""
    found: dict[str, set[str]] = {}
    sql = """SELECT m.innovation_id, l.record_id FROM innovation_listings AS m JOIN listings AS l
             ON l.id = m.listing_id"""
    for innovation_id, record in db.conn.execute(sql):
        found.setdefault(innovation_id, set()).add(record)
    return {frozenset(records) for records in found.values()}


def innovation_of(db: Database, record: str) -> str:
    sql = "SELECT innovation_id FROM innovation_listings WHERE listing_id = ?"
    return str(db.conn.execute(sql, [listing_of(record)]).fetchone()[0])


def decide(db: Database, innovation_id: str) -> None:
    row = {"innovation_id": innovation_id, "decision": "shortlist", "actor": "a reviewer", "decided_at": "2026-11-03"}
    with transaction(db):
        db.table("decisions").insert(row)
