"""Every listing that is new in the index is compared with those that share most with it; what matches is stored."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sqlite_utils import Database

from db import matching
from db.database import transaction
from db.keys import search_key
from db.matching import StoredRecord
from pipeline.resolve.blocking import partners
from pipeline.resolve.clustering import SCORE_FLOOR
from pipeline.resolve.counting import Integers
from pipeline.resolve.features import Features, features_from
from pipeline.resolve.match_model import MatchModel
from pipeline.resolve.packing import unpack_weighed
from pipeline.resolve.rarity import Weighed

BATCH = 200  # listings compared at a time: with their partners some 8,000 records, about 300 MB of features at most
SCORE_DECIMALS = 9


def compare_weighed(db: Database, model: MatchModel) -> int:
    """Compare every record that is weighed and not compared, and return how many pairs that were."""
    count = 0
    while batch := matching.records_in_state(db, "weighed", BATCH):
        features, pairs = candidates(db, batch)
        scores = model.score_pairs(features, pairs)
        numbers = [one.number for one in batch]
        with transaction(db):
            matching.replace_pairs(db, numbers, _stored_pairs(features, pairs, scores))
            matching.set_state(db, numbers, "compared")
        count += len(pairs)
    return count


def candidates(db: Database, batch: Sequence[StoredRecord]) -> tuple[Features, Integers]:
    """The features of these listings and of all that they are compared with, and the pairs as rows of them.

    Pairs have shape (pairs, 2), rows in order of listing id, each pair once.
    """
    known = {one.number: unpack_stored(one) for one in batch}
    wanted = {
        (min(one.number, other), max(one.number, other))
        for one in batch
        for other in _partners(db, one, known[one.number])
    }
    others = sorted({number for pair in wanted for number in pair} - known.keys())
    known |= {one.number: unpack_stored(one) for one in matching.records_of(db, others)}
    order = sorted(known, key=lambda number: known[number].record.id)
    row = {number: place for place, number in enumerate(order)}
    pairs = sorted(sorted((row[one], row[other])) for one, other in wanted if one in row and other in row)
    return features_from([known[number] for number in order]), np.array(pairs, dtype=np.int64).reshape(-1, 2)


def unpack_stored(stored: StoredRecord) -> Weighed:
    """The weighed record in a stored row."""
    return unpack_weighed(stored.listing_id, stored.mirror_key, stored.copy_key, stored.record)


def _partners(db: Database, stored: StoredRecord, weighed: Weighed) -> set[int]:
    """Whom a listing is compared with: those that share most, those that it was paired with before, and copies."""
    found = set(partners(db, stored.number, weighed)) | set(matching.partners_of(db, stored.number))
    for column in ("mirror_key", "copy_key"):
        copies = matching.numbers_with(db, column, getattr(stored, column))
        # The first copy is compared with all others, each other with the first.
        found.update(copies if copies[:1] == [stored.number] else copies[:1])
    return found - {stored.number}


def _stored_pairs(features: Features, pairs: Integers, scores: np.ndarray) -> list[tuple[int, int, float]]:
    numbers = [search_key(listing_id) for listing_id in features.ids]
    return [
        (min(numbers[one], numbers[other]), max(numbers[one], numbers[other]), round(score, SCORE_DECIMALS))
        for (one, other), score in zip(pairs.tolist(), scores.tolist(), strict=True)
        if score >= SCORE_FLOOR
    ]
