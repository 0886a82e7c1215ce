"""Which listings are compared at all: those that share rare words or names, never everything with everything."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from sqlite_utils import Database

from db import matching
from pipeline.resolve.counting import Array, Integers
from pipeline.resolve.features import RARE_LISTINGS_MAX, Cells, Floats
from pipeline.resolve.rarity import Weighed

# A word in more texts than this (copies of one text are one) opens no block; it bounds the work for each listing
# however large the store grows.
# 60 keeps 324 of the 325 known duplicate pairs of the starter catalogue (measured; the tests pin it).
BLOCK_LISTINGS_MAX = 60
PARTNERS_MAX = 25  # of each kind of block, the partners that share most; chosen like the above
DECIMALS = 9  # sums equal to so many are equal, whatever the order of summing


def block_keys(weighed: Weighed) -> list[int]:
    """The terms under which a listing is to be found: words, and runs that are names, unless they are common."""
    keys: list[int] = weighed.record.keys[_opens_block(weighed)].tolist()
    return keys


def partners(db: Database, number: int, weighed: Weighed) -> list[int]:
    """The listings that share most with one: by rare words, by words, by names; PARTNERS_MAX of each at most."""
    shares: tuple[dict[int, float], ...] = tuple(defaultdict(float) for _ in range(3))
    weights = _weights(weighed)
    for place in np.flatnonzero(weights.any(axis=1)).tolist():
        found = matching.numbers_under(db, int(weighed.record.keys[place]), BLOCK_LISTINGS_MAX + 1)
        if len(found) > BLOCK_LISTINGS_MAX:
            continue
        for share, weight in zip(shares, weights[place].tolist(), strict=True):
            if weight:
                for other in found:
                    share[other] += weight
    return sorted({other for share in shares for other in _most(share, number)})


def _weights(weighed: Weighed) -> Floats:
    """For each cell what sharing it counts among rare words, words and names; shape (cells, 3)."""
    cells = Cells.of([weighed])
    opens = (cells.spread >= 2) & _opens_block(weighed)
    columns = [cells.rarity * (cells.spread <= RARE_LISTINGS_MAX), cells.as_text, cells.as_name]
    weights: Floats = np.column_stack(columns) * opens[:, None]
    return weights


def _opens_block(weighed: Weighed) -> Array:
    record = weighed.record
    opens: Array = (weighed.spread <= BLOCK_LISTINGS_MAX) & (~record.is_run | (record.capitals > 0))
    return opens


def _most(share: dict[int, float], number: int) -> list[int]:
    """The numbers that share most, without `number` itself; of equal ones the lower numbers."""
    ranked = sorted((-round(weight, DECIMALS), other) for other, weight in share.items() if other != number)
    return [other for _, other in ranked[:PARTNERS_MAX]]


def copies_among(pairs: Integers, *keys: Sequence[str]) -> Integers:
    """Those of the pairs that hold one page or one text twice, in their order; shape (copies, 2).

    keys: the mirror keys and the copy keys of all rows, empty for none.
    """
    is_copy = np.zeros(len(pairs), dtype=bool)
    for of_rows in keys:
        column = np.array([*of_rows, ""], dtype=object)
        is_copy |= (column[pairs[:, 0]] == column[pairs[:, 1]]) & (column[pairs[:, 0]] != "")
    copies: Integers = pairs[is_copy]
    return copies
