"""Which listings are compared at all: those that share rare words or names, never everything with everything."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pipeline.resolve.counting import Integers
from pipeline.resolve.features import Features, Matrix

# A word on more listings than this opens no block; it bounds the work for each listing however large the store grows.
# 60 keeps 324 of the 325 known duplicate pairs of the starter catalogue (measured; the tests pin it).
BLOCK_LISTINGS_MAX = 60
PARTNERS_MAX = 25  # of each kind of block, the partners that share most; chosen like the above
CHUNK_LISTINGS = 2_000  # rows multiplied at a time: bounds memory to about 2,000 x 60 x 300 cells


def candidate_pairs(features: Features) -> Integers:
    """Pairs to compare, as rows (i, j) with i < j, in order, each once; shape (pairs, 2)."""
    found: set[tuple[int, int]] = set()
    block_rows = (features.rare, _capped(features.text, features), _capped(features.names, features))
    for rows in block_rows:
        for row, partners in _partners(rows):
            found.update((min(row, other), max(row, other)) for other in partners)
    found.update(_mirror_pairs(features.mirror_keys))
    return np.array(sorted(found), dtype=np.int64).reshape(-1, 2)


def _capped(rows: Matrix, features: Features) -> Matrix:
    """The rows without words that stand on too many listings, or on one only."""
    spread = features.listings_with[rows.indices]
    capped = rows.copy()
    capped.data = np.where((spread >= 2) & (spread <= BLOCK_LISTINGS_MAX), rows.data, 0.0)
    capped.eliminate_zeros()
    return capped


def _partners(rows: Matrix) -> Iterator[tuple[int, list[int]]]:
    """For each row, the rows that share most with it, at most PARTNERS_MAX; equal ones in row order."""
    transposed = rows.T.tocsr()
    for start in range(0, rows.shape[0], CHUNK_LISTINGS):
        shared = (rows[start : start + CHUNK_LISTINGS] @ transposed).tocsr()
        shared.sort_indices()
        for place in range(shared.shape[0]):
            row = start + place
            cells = slice(shared.indptr[place], shared.indptr[place + 1])
            others, weights = shared.indices[cells], shared.data[cells]
            keep = others != row
            others, weights = others[keep], np.round(weights[keep], 9)
            best = np.argsort(-weights, kind="stable")[:PARTNERS_MAX]
            yield row, [int(other) for other in others[best]]


def _mirror_pairs(mirror_keys: list[str]) -> Iterator[tuple[int, int]]:
    """Pairs of rows whose addresses are one page's: each with the first of its kind."""
    first: dict[str, int] = {}
    for row, key in enumerate(mirror_keys):
        if key in first:
            yield first[key], row
        elif key:
            first[key] = row
