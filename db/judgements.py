"""What reviewers say of two listings: the same innovation, different ones, unsure. Dated rows, never overwritten."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from db.database import transaction
from db.matching import NOTE_DUE
from db.runs import now

VERDICTS = ("same", "different", "unsure")
WITHDRAWN = "withdraw"
TABLE = """CREATE TABLE judgements (
    id INTEGER PRIMARY KEY,
    one TEXT NOT NULL,
    other TEXT NOT NULL CHECK (other > one),
    verdict TEXT NOT NULL CHECK (verdict IN ('same', 'different', 'unsure', 'withdraw')),
    reason TEXT,
    author TEXT NOT NULL,
    judged_at TEXT NOT NULL
)"""
# The latest judgement of each pair, unless it was withdrawn; {which} narrows the pairs.
HOLDS = """
    SELECT id, one, other, verdict, reason, author, judged_at
    FROM (
        SELECT *, row_number() OVER (PARTITION BY one, other ORDER BY judged_at DESC, id DESC) AS place
        FROM judgements WHERE {which}
    )
    WHERE place = 1 AND verdict != 'withdraw'"""
LATEST_FIRST = "ORDER BY judged_at DESC, id DESC"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What holds of a pair of listings, with who said it and when."""

    id: int
    one: str
    other: str
    verdict: str
    reason: str | None
    author: str
    judged_at: str


def create_judgements(db: Database) -> None:
    """The table. No foreign key: a judgement outlives its listings, and holds again when they come back."""
    db.conn.execute(TABLE)
    db.conn.execute("CREATE INDEX judgements_one ON judgements(one, other)")
    db.conn.execute("CREATE INDEX judgements_other ON judgements(other)")
    due = NOTE_DUE.format(listing="new.one") + NOTE_DUE.format(listing="new.other")
    db.conn.execute(f"CREATE TRIGGER resolve_due_judged AFTER INSERT ON judgements BEGIN {due} END")


def judge_pairs(
    db: Database, pairs: Iterable[tuple[str, str]], verdict: str, author: str, reason: str | None = None
) -> list[int]:
    """Store one judgement for each pair of listings, all or none, and return their numbers.

    verdict: one of VERDICTS, or WITHDRAWN to let the model say again. The next resolution heeds it. Raises ValueError
    for a listing that is not stored, a listing beside itself, another verdict, a missing author, or a withdrawal of
    what was never judged; nothing is stored then.
    """
    _check(verdict, author)
    wanted = sorted({(min(pair), max(pair)) for pair in pairs})
    _check_pairs(db, wanted, verdict)
    row = {"verdict": verdict, "reason": reason, "author": author, "judged_at": now()}
    with transaction(db):
        return [
            int(db.table("judgements").insert({"one": one, "other": other, **row}).last_pk or 0)
            for one, other in wanted
        ]


def _check(verdict: str, author: str) -> None:
    allowed = (*VERDICTS, WITHDRAWN)
    if verdict not in allowed:
        raise ValueError(f"verdict: {verdict!r} is not known; allowed: {', '.join(allowed)}")
    if not author.strip():
        raise ValueError("author: a judgement says whose it is")


def _check_pairs(db: Database, pairs: Sequence[tuple[str, str]], verdict: str) -> None:
    held = {(one.one, one.other) for one in judgements_among(db, {listing for pair in pairs for listing in pair})}
    for pair in pairs:
        for listing_id in pair:
            if db.conn.execute("SELECT 1 FROM listings WHERE id = ?", [listing_id]).fetchone() is None:
                raise ValueError(f"there is no listing {listing_id}")
        if pair[0] == pair[1]:
            raise ValueError(f"listing {pair[0]}: two different listings make a pair")
        if verdict == WITHDRAWN and pair not in held:
            raise ValueError(f"there is no judgement of {pair[0]} and {pair[1]} to withdraw")


def judgements_among(db: Database, listing_ids: Iterable[str]) -> list[Judgement]:
    """What holds of pairs of these listings, the latest first."""
    these = "(SELECT value FROM json_each(:ids))"
    sql = f"{HOLDS.format(which=f'one IN {these} AND other IN {these}')} {LATEST_FIRST}"
    return [Judgement(*row) for row in db.conn.execute(sql, {"ids": json.dumps(sorted(listing_ids))})]


def judged_same(db: Database, listing_id: str) -> set[str]:
    """The listings of which it holds that they are the same innovation as this one."""
    rows = (
        row for side in ("one", "other") for row in db.conn.execute(HOLDS.format(which=f"{side} = ?"), [listing_id])
    )
    return {pair for _, one, other, verdict, *_ in rows if verdict == "same" for pair in (one, other)} - {listing_id}


def current_judgements(db: Database) -> list[Judgement]:
    """Everything that holds, the latest first."""
    return [Judgement(*row) for row in db.conn.execute(f"{HOLDS.format(which='1')} {LATEST_FIRST}")]


def doubtful_pairs(db: Database, limit: int) -> list[dict[str, Any]]:
    """Rows of the view doubtful_pairs, the most doubtful first."""
    return list(db.query("SELECT * FROM doubtful_pairs ORDER BY doubt DESC, one, other LIMIT ?", [limit]))
