"""Which listings are compared at all: those that share rare words or names, never everything with everything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
from scipy import sparse

from pipeline.resolve.counting import Integers
from pipeline.resolve.features import Features, Matrix

# A word in more texts than this (copies of one text are one) opens no block; it bounds the work for each listing
# however large the store grows.
# 60 keeps 324 of the 325 known duplicate pairs of the starter catalogue (measured; the tests pin it).
BLOCK_LISTINGS_MAX = 60
PARTNERS_MAX = 25  # of each kind of block, the partners that share most; chosen like the above
CHUNK_LISTINGS = 2_000  # rows multiplied at a time: bounds memory to about 2,000 x 60 x 300 cells


def candidate_pairs(features: Features) -> Integers:
    """Pairs to compare, as rows (i, j) with i < j, in order, each once; shape (pairs, 2)."""
    found: set[tuple[int, int]] = set()
    block_rows = (features.rare, _capped(features.text, features), _capped(features.names, features))
    opens_blocks = sparse.diags((_places(features.copy_keys) < PARTNERS_MAX).astype(np.float64))
    for rows in block_rows:
        for row, partners in _partners((opens_blocks @ rows).tocsr()):
            found.update((min(row, other), max(row, other)) for other in partners)
    found.update(map(tuple, copy_pairs(features).tolist()))
    return np.array(sorted(found), dtype=np.int64).reshape(-1, 2)


def copy_pairs(features: Features) -> Integers:
    """Those of the candidate pairs that hold one page or one text twice: each row with the first of its kind.

    However many copies there are, each is compared with the first, though every word of theirs is then a common one.
    """
    stars = (_star_pairs(features.mirror_keys), _star_pairs(features.copy_keys))
    return np.array(sorted({pair for star in stars for pair in star}), dtype=np.int64).reshape(-1, 2)


def _capped(rows: Matrix, features: Features) -> Matrix:
    """The rows without words that stand in too many texts, or on one listing only."""
    of_texts = features.says[np.flatnonzero(_places(features.copy_keys) == 0)]
    texts_with = np.bincount(of_texts.indices, minlength=of_texts.shape[1])[rows.indices]
    capped = rows.copy()
    is_block = (features.listings_with[rows.indices] >= 2) & (texts_with <= BLOCK_LISTINGS_MAX)
    capped.data = np.where(is_block, rows.data, 0.0)
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


def _places(keys: list[str]) -> Integers:
    """For each row how many rows before it have its key; 0 without a key. Bounds what one text's copies can open."""
    seen: Counter[str] = Counter()
    places = np.zeros(len(keys), dtype=np.int64)
    for row, key in enumerate(keys):
        places[row] = seen[key] if key else 0
        seen[key] += 1
    return places


def _star_pairs(keys: list[str]) -> Iterator[tuple[int, int]]:
    """Pairs of rows with one key: each with the first of its kind."""
    first: dict[str, int] = {}
    for row, key in enumerate(keys):
        if key in first:
            yield first[key], row
        elif key:
            first[key] = row
