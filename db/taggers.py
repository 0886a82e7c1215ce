"""The taggers that have read the stored listings: the version of each of their parts, and the words that they knew."""

from __future__ import annotations

from collections.abc import Mapping

from sqlite_utils import Database

from db.database import transaction


def store_tagger(db: Database, tagger_version: str, parts: Mapping[str, str], words: Mapping[str, str]) -> None:
    """Remember a tagger's parts (name -> version) and, for those that are made of words, those words (name -> JSON)."""
    rows = [(tagger_version, part, version, words.get(part)) for part, version in parts.items()]
    with transaction(db):
        db.conn.executemany(
            "INSERT OR REPLACE INTO tagger_parts (tagger_version, part, version, words) VALUES (?, ?, ?, ?)", rows
        )


def stored_parts(db: Database, tagger_version: str) -> dict[str, str]:
    """The version of each part of that tagger; empty when it is not remembered."""
    sql = "SELECT part, version FROM tagger_parts WHERE tagger_version = ? ORDER BY part"
    return dict(db.conn.execute(sql, [tagger_version]).fetchall())


def stored_words(db: Database, tagger_version: str) -> dict[str, str]:
    """The words of that tagger's parts as JSON, by part."""
    sql = "SELECT part, words FROM tagger_parts WHERE tagger_version = ? AND words IS NOT NULL ORDER BY part"
    return dict(db.conn.execute(sql, [tagger_version]).fetchall())


def forget_taggers(db: Database, *, but: str) -> None:
    """Forget every tagger that no stored listing was read by, `but` one."""
    unused = """
        DELETE FROM tagger_parts WHERE tagger_version != ?
        AND tagger_version NOT IN (SELECT tagger_version FROM filtration)"""
    with transaction(db):
        db.conn.execute(unused, [but])
