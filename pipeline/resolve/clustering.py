"""Pair scores to clusters, without chaining strangers: two clusters join only when they agree as wholes."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from pipeline.resolve.agglomeration import Agglomeration
from pipeline.resolve.counting import Integers
from pipeline.resolve.features import Floats

SCORE_FLOOR = 0.05  # pairs below are strangers, like pairs that were never compared
NO_PAIRS: Integers = np.zeros((0, 2), dtype=np.int64)


def cluster(
    size: int, pairs: Integers, scores: Floats, threshold: float, copies: Integers = NO_PAIRS
) -> list[list[int]]:
    """Split rows 0..size-1 into clusters; every row in exactly one, members and clusters in row order.

    pairs: (n, 2) rows; scores: their chances. Greedy agglomeration: the two clusters that agree best join first, until
    none agree by `threshold`. Equal agreements are settled by row order, so that the result depends on scores only.
    copies: those of the pairs that hold one text or one page twice. Where they reach the threshold the two are one row
    to all others, so that a hundred copies join by 99 pairs, and do not outvote what is said in other words.
    """
    row_of = _joined_copies(size, pairs, scores, threshold, copies)
    pairs, scores = _between(row_of, pairs[scores >= SCORE_FLOOR], scores[scores >= SCORE_FLOOR])
    joined = Agglomeration(int(row_of.max(initial=-1)) + 1, pairs, scores, threshold).clusters()
    rows_of = np.split(np.argsort(row_of, kind="stable"), np.cumsum(np.bincount(row_of))[:-1])
    return sorted(sorted(int(row) for part in members for row in rows_of[part]) for members in joined)


def _joined_copies(size: int, pairs: Integers, scores: Floats, threshold: float, copies: Integers) -> Integers:
    """Row -> number of the text it holds; numbers go up with the first row of each."""
    wanted = set(map(tuple, copies.tolist()))
    is_joined = np.array([tuple(pair) in wanted for pair in pairs.tolist()], dtype=bool) & (scores >= threshold)
    left, right = pairs[is_joined].T
    graph = sparse.coo_matrix((np.ones(len(left)), (left, right)), shape=(size, size))
    _, labels = csgraph.connected_components(graph, directed=False)
    _, first, number = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    numbered: Integers = rank[number]
    return numbered


def _between(row_of: Integers, pairs: Integers, scores: Floats) -> tuple[Integers, Floats]:
    """The pairs in numbers of texts, in order, each once with its best score; those within one text are left out."""
    moved = np.sort(row_of[pairs], axis=1).reshape(-1, 2)
    order = np.lexsort((-scores, moved[:, 1], moved[:, 0]))
    moved, scores = moved[order], scores[order]
    is_first = np.ones(len(moved), dtype=bool)
    is_first[1:] = (moved[1:] != moved[:-1]).any(axis=1)
    keep = is_first & (moved[:, 0] != moved[:, 1])
    return moved[keep], scores[keep]
