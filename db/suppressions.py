"""What must not be stored again: words (a person's name, say) and listings, which somebody asked us to forget.

Words are kept as salted digests, so that the list itself does not say what was to be forgotten.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlite_utils import Database

from db.database import transaction
from db.keys import digest
from db.runs import now

TABLE = """CREATE TABLE suppressions (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('words', 'listing')),
    salt TEXT NOT NULL,
    digest TEXT NOT NULL,
    word_count INTEGER NOT NULL,
    reason TEXT,
    author TEXT NOT NULL,
    forgotten_at TEXT NOT NULL
)"""
FORGOTTEN = "[removed]"
SALT_BYTES = 16
WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
# Tables whose text is ours or is made anew from the listings; listings and their versions are rewritten by themselves.
NOT_SEARCHED = frozenset(
    {
        *("suppressions", "listings", "listing_versions", "regions", "terms", "sources", "_sqlite_migrations"),
        *("match_keys", "match_pairs", "match_records", "match_state", "match_terms", "sqlite_sequence"),
    }
)


@dataclass(frozen=True, slots=True)
class Suppressions:
    """phrases: word count -> pairs of salt and digest. listings: (salt, digest) of listing ids."""

    phrases: Mapping[int, Sequence[tuple[str, str]]] = field(default_factory=dict)
    listings: Sequence[tuple[str, str]] = ()

    @classmethod
    def load(cls, db: Database) -> Suppressions:
        """All that is stored."""
        phrases: dict[int, list[tuple[str, str]]] = {}
        listings = []
        for kind, salt, known, count in db.conn.execute("SELECT kind, salt, digest, word_count FROM suppressions"):
            if kind == "words":
                phrases.setdefault(count, []).append((salt, known))
            else:
                listings.append((salt, known))
        return cls(phrases, listings)

    def without(self, text: str) -> str:
        """The text with FORGOTTEN in the place of every suppressed phrase, whatever its case and spaces."""
        if not self.phrases or not text:
            return text
        words = list(WORD.finditer(text))
        cuts: list[tuple[int, int]] = []
        for count, known in sorted(self.phrases.items(), reverse=True):
            for first in range(len(words) - count + 1):
                window = words[first : first + count]
                plain = _plain(match.group() for match in window)
                if any(_digest(salt, plain) == one for salt, one in known):
                    cuts.append((window[0].start(), window[-1].end()))
        for start, end in reversed(_apart(cuts)):
            text = f"{text[:start]}{FORGOTTEN}{text[end:]}"
        return text

    def value_without(self, value: Any) -> Any:
        """A JSON-able value with every string so treated, keys included."""
        if isinstance(value, str):
            return self.without(value)
        if isinstance(value, dict):
            return {self.without(str(key)): self.value_without(one) for key, one in value.items()}
        return [self.value_without(one) for one in value] if isinstance(value, list) else value

    def bars(self, listing_id: str) -> bool:
        """Whether a listing must not be stored."""
        return any(_digest(salt, listing_id) == one for salt, one in self.listings)


def create_suppressions(db: Database) -> None:
    """The table."""
    db.conn.execute(TABLE)


def suppress(db: Database, kind: str, what: str, author: str, reason: str | None) -> None:
    """Note that words or a listing (its id) must not be stored again."""
    salt = secrets.token_hex(SALT_BYTES)
    words = [match.group() for match in WORD.finditer(what)]
    plain = _plain(words) if kind == "words" else what
    row = {"kind": kind, "salt": salt, "digest": _digest(salt, plain), "word_count": len(words), "author": author}
    with transaction(db):
        db.table("suppressions").insert({**row, "reason": reason, "forgotten_at": now()})


def is_suppressed(db: Database, kind: str, what: str) -> bool:
    """Whether this is on the list already."""
    plain = _plain(match.group() for match in WORD.finditer(what)) if kind == "words" else what
    rows = db.conn.execute("SELECT salt, digest FROM suppressions WHERE kind = ?", [kind])
    return any(_digest(salt, plain) == one for salt, one in rows)


def withdraw_listing(db: Database, listing_id: str) -> None:
    """Mark a listing as gone, so that no innovation counts it."""
    with transaction(db):
        db.conn.execute("UPDATE listings SET gone_at = coalesce(gone_at, ?) WHERE id = ?", [now(), listing_id])


def forget_listing(db: Database, listing_id: str) -> None:
    """Delete a listing with its versions, tags and events."""
    with transaction(db):
        db.conn.execute("DELETE FROM listings WHERE id = ?", [listing_id])


def rewrite_listings(db: Database, known: Suppressions, rehash: Callable[[dict[str, Any]], dict[str, Any]]) -> int:
    """Take the phrases out of all listings and their versions; returns how many listings held one.

    rehash: from a listing's row to its new text_hash and content_hash. What was made of the old text is made anew.
    """
    touched = {one for (one,) in _holding(db, known, "SELECT id, title, text, publisher, extra FROM listings")}
    versions = list(_versions(db, known))
    with transaction(db):
        for listing_id in sorted(touched):
            row = next(db.query("SELECT * FROM listings WHERE id = ?", [listing_id]))
            row |= {name: known.without(row[name] or "") for name in ("title", "text")}
            row["publisher"] = known.without(row["publisher"]) if row["publisher"] else None
            row["extra"] = json.dumps(known.value_without(json.loads(row["extra"])), sort_keys=True, ensure_ascii=False)
            row |= rehash(row)
            sql = """UPDATE listings SET title = :title, text = :text, publisher = :publisher, extra = :extra,
                     text_hash = :text_hash, content_hash = :content_hash WHERE id = :id"""
            db.conn.execute(sql, row)
            sql = "UPDATE listing_versions SET content_hash = ? WHERE listing_id = ? AND version = ?"
            db.conn.execute(sql, [row["content_hash"], listing_id, row["version"]])
        for values in versions:
            sql = """UPDATE listing_versions SET title = :title, body = :body, facts = :facts, text_hash = :text_hash
                     WHERE listing_id = :listing_id AND version = :version"""
            db.conn.execute(sql, values)
        _make_anew(db, touched | {str(values["listing_id"]) for values in versions})
    return len(touched | {str(values["listing_id"]) for values in versions})


def rewrite_the_rest(db: Database, known: Suppressions) -> int:
    """Take the phrases out of every text column of every other table; returns how many cells held one."""
    cells = 0
    for table in db.tables:
        if table.name in NOT_SEARCHED or "_fts" in table.name or not _has_rowid(db, table.name):
            continue
        columns = [column.name for column in table.columns if column.type.upper() == "TEXT"]
        for name in columns:
            rows = db.conn.execute(f"SELECT rowid, {name} FROM {table.name} WHERE {name} IS NOT NULL").fetchall()
            changed = [(said, rowid) for rowid, value in rows if (said := known.without(value)) != value]
            with transaction(db):
                db.conn.executemany(f"UPDATE {table.name} SET {name} = ? WHERE rowid = ?", changed)
            cells += len(changed)
    return cells


def compact(db: Database) -> None:
    """Have nothing of what was deleted left in the file: indexes merged, free pages gone, the log emptied."""
    for table in ("listings_fts", "innovations_fts"):
        db.conn.execute(f"INSERT INTO {table}({table}) VALUES ('rebuild')")
        db.conn.execute(f"INSERT INTO {table}({table}) VALUES ('optimize')")
    db.commit()
    db.conn.execute("VACUUM")
    db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _holding(db: Database, known: Suppressions, sql: str) -> Iterator[tuple[str]]:
    for listing_id, *texts in db.conn.execute(sql):
        if any(known.without(text or "") != (text or "") for text in texts):
            yield (listing_id,)


def _versions(db: Database, known: Suppressions) -> Iterator[dict[str, Any]]:
    sql = "SELECT listing_id, version, title, body, facts FROM listing_versions"
    for listing_id, version, title, body, facts in db.conn.execute(sql):
        text = zlib.decompress(body).decode("utf-8")
        new = (known.without(title), known.without(text), known.without(facts or ""))
        if new != (title, text, facts or ""):
            yield {
                "listing_id": listing_id, "version": version, "title": new[0], "facts": new[2] or facts,
                "body": zlib.compress(new[1].encode("utf-8")), "text_hash": digest(new[1]),
            }  # fmt: skip


def _make_anew(db: Database, listing_ids: set[str]) -> None:
    """Have the tags and events of these listings made anew."""
    for listing_id in sorted(listing_ids):
        for table in ("annotations", "filtration", "change_events"):
            db.conn.execute(f"DELETE FROM {table} WHERE listing_id = ?", [listing_id])
        sql = """INSERT OR IGNORE INTO track_due (listing_id, version)
                 SELECT listing_id, version FROM listing_versions WHERE listing_id = ? AND version > 1"""
        db.conn.execute(sql, [listing_id])


def _has_rowid(db: Database, table: str) -> bool:
    sql = db.conn.execute("SELECT sql FROM sqlite_master WHERE name = ?", [table]).fetchone()[0] or ""
    return "WITHOUT ROWID" not in sql.upper()


def _plain(words: Any) -> str:
    return " ".join(word.casefold().replace("’", "'").removesuffix("'s") for word in words)


def _digest(salt: str, plain: str) -> str:
    return hashlib.blake2b(plain.encode("utf-8"), key=bytes.fromhex(salt), digest_size=16).hexdigest()


def _apart(cuts: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The cuts in order, without those that overlap an earlier one."""
    kept: list[tuple[int, int]] = []
    for start, end in sorted(cuts):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept
