"""Whether the stored rows agree with each other: read-only questions with countable answers."""

from __future__ import annotations

from collections.abc import Iterator

from sqlite_utils import Database

from db.database import DatabaseError

SEARCH_TABLES = ("innovations_fts", "listings_fts")

# Each counts rows that must not exist. The sentence follows the count in the message.
RULES = {
    "tags whose sentence is not at its place in the stored text": """
        SELECT count(*) FROM annotations AS a JOIN listings AS l ON l.id = a.listing_id
        WHERE a.text_hash = l.text_hash
          AND substr(l.text, a.evidence_start + 1, a.evidence_end - a.evidence_start) != a.evidence""",
    "tags that were made from another version of the text than the one they are stored with": """
        SELECT count(*) FROM annotations AS a JOIN filtration AS f ON f.listing_id = a.listing_id
        WHERE a.text_hash != f.text_hash""",
    "tags on listings that were filtered out": """
        SELECT count(*) FROM annotations AS a JOIN filtration AS f ON f.listing_id = a.listing_id WHERE f.kept = 0""",
    "listings without the version that they say they are at": """
        SELECT count(*) FROM listings AS l LEFT JOIN listing_versions AS v
          ON v.listing_id = l.id AND v.version = l.version AND v.content_hash = l.content_hash
        WHERE v.listing_id IS NULL""",
}
PUBLISHED_RULES = {
    "kept listings that belong to no innovation": """
        SELECT count(*) FROM filtration AS f JOIN listings AS l ON l.id = f.listing_id
        LEFT JOIN innovation_listings AS m ON m.listing_id = f.listing_id
        WHERE f.kept = 1 AND l.gone_at IS NULL AND m.listing_id IS NULL""",
    "filtered-out listings that still belong to an innovation": """
        SELECT count(*) FROM innovation_listings AS m JOIN filtration AS f ON f.listing_id = m.listing_id
        WHERE f.kept = 0""",
    "innovations whose number of listings is wrong": """
        SELECT count(*) FROM innovations AS i WHERE i.listing_count !=
          (SELECT count(*) FROM innovation_listings AS m WHERE m.innovation_id = i.id)""",
}


def broken_rules(db: Database, *, published: bool = True) -> Iterator[str]:
    """What does not hold, one line each. Without `published` the innovations are not looked at (before resolving)."""
    for sentence, sql in {**RULES, **(PUBLISHED_RULES if published else {})}.items():
        count = db.conn.execute(sql).fetchone()[0]
        if count:
            yield f"{count} {sentence}"
    orphans = db.conn.execute("PRAGMA foreign_key_check").fetchall()
    if orphans:
        yield f"{len(orphans)} rows that refer to rows which do not exist, the first in table {orphans[0][0]}"


def damage(db: Database, *, search: bool = True) -> Iterator[str]:
    """What SQLite finds wrong with the file and, with `search`, with the full-text indexes (which takes a lock)."""
    try:
        verdict = db.conn.execute("PRAGMA integrity_check(10)").fetchall()
        if verdict != [("ok",)]:
            yield "the file is damaged: " + "; ".join(str(row[0]) for row in verdict)
    except DatabaseError as error:
        yield f"the file is damaged: {error}"
        return
    for table in SEARCH_TABLES if search else ():
        try:
            db.conn.execute(f"INSERT INTO {table}({table}, rank) VALUES ('integrity-check', 1)")
            db.conn.commit()
        except DatabaseError as error:
            db.conn.rollback()
            yield f"the search index {table} does not match its table: {error}"
