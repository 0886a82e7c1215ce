"""Which listings have to be clustered anew: those that changed, and all that could share an innovation with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlite_utils import Database

from db import matching
from db.innovations import companions
from db.judgements import judged_same
from db.keys import search_key

PART_BATCH = 1_000  # listings whose innovations are made in one transaction: some megabytes of text; chosen


def parts(db: Database, listing_ids: Sequence[str], threshold: float) -> Iterator[list[str]]:
    """Split these listings, with all that belong with them, into parts that no match, judgement or innovation joins.

    Two clusters join only where a pair across reaches the threshold, so what is outside a part cannot change it. Each
    part is a list of listing ids in order; listings that are gone may be among them.
    """
    seen: set[str] = set()
    for listing_id in listing_ids:
        if listing_id not in seen:
            part = _reach(db, listing_id, threshold)
            seen |= part
            yield sorted(part)


def batches(found: Iterator[list[str]]) -> Iterator[list[list[str]]]:
    """Parts together up to PART_BATCH listings; a larger part comes alone."""
    batch: list[list[str]] = []
    for part in found:
        if batch and sum(map(len, batch)) + len(part) > PART_BATCH:
            yield batch
            batch = []
        batch.append(part)
    if batch:
        yield batch


def _reach(db: Database, listing_id: str, threshold: float) -> set[str]:
    reached = {listing_id}
    new = [listing_id]
    while new:
        found = companions(db, new) | _matched(db, new, threshold)
        new = sorted(found - reached)
        reached |= found
    return reached


def _matched(db: Database, listing_ids: Sequence[str], threshold: float) -> set[str]:
    numbers = {other for one in listing_ids for other in matching.pairs_at(db, search_key(one), threshold)}
    same = {other for one in listing_ids for other in judged_same(db, one)}
    return set(matching.listing_ids_of(db, numbers).values()) | same
