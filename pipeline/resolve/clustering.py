"""Pair scores to clusters, without chaining strangers: two clusters join only when they agree as wholes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from pipeline.resolve.counting import Integers
from pipeline.resolve.features import Floats, Matrix

# The agreement of two clusters: MEAN_SHARE of the mean over all pairs across, the rest the mean over every member's
# best pair across. The mean alone breaks a large programme whose press and evaluation share little; the best pairs
# alone chain. 0.7 was the best of 1, 0.7, 0.4, 0 by cross-validation on the known duplicates.
MEAN_SHARE = 0.7
SCORE_FLOOR = 0.05  # pairs below are strangers, like pairs that were never compared
PART_MAX = 400  # listings agglomerated together; a larger part is first cut at its weakest links
CUT_STEP = 0.05


def cluster(size: int, pairs: Integers, scores: Floats, threshold: float) -> list[list[int]]:
    """Split rows 0..size-1 into clusters; every row in exactly one, members and clusters in row order.

    pairs: (n, 2) rows; scores: their chances. Greedy agglomeration: the two clusters that agree best join first, until
    none agree by `threshold`. Equal agreements are settled by row order, so that the result depends on scores only.
    """
    kept = scores >= SCORE_FLOOR
    upper = sparse.coo_matrix((scores[kept], (pairs[kept, 0], pairs[kept, 1])), shape=(size, size)).tocsr()
    alike = upper + upper.T
    clusters = [
        found for part in _parts(alike, np.arange(size), threshold) for found in _agglomerate(alike, part, threshold)
    ]
    return sorted(sorted(members) for members in clusters)


def _parts(alike: Matrix, rows: Integers, threshold: float) -> Iterator[list[int]]:
    """Rows that any chain of pairs at or above the threshold connects. A join needs at least one such pair."""
    inner = alike[rows][:, rows]
    inner.data = np.where(inner.data >= threshold, inner.data, 0.0)
    inner.eliminate_zeros()
    count, labels = csgraph.connected_components(inner, directed=False)
    order = np.argsort(labels, kind="stable")
    for members in np.split(rows[order], np.cumsum(np.bincount(labels, minlength=count))[:-1]):
        if len(members) > PART_MAX and threshold < 1:
            yield from _parts(alike, members, min(1.0, threshold + CUT_STEP))
        else:
            yield members.tolist()


def _agglomerate(alike: Matrix, rows: list[int], threshold: float) -> list[list[int]]:
    """Join clusters within one part until none agree."""
    if len(rows) == 1:
        return [rows]
    scores = alike[rows][:, rows].toarray()
    clusters: dict[int, list[int]] = {place: [place] for place in range(len(rows))}
    agreements = {
        (one, other): float(scores[one, other])
        for one, other in zip(*np.nonzero(np.triu(scores >= threshold, 1)), strict=True)
    }
    while agreements:
        one, other = min(agreements, key=lambda pair: (-round(agreements[pair], 9), pair))
        clusters[one] = sorted(clusters[one] + clusters.pop(other))
        agreements = {pair: value for pair, value in agreements.items() if not {one, other}.intersection(pair)}
        for third, members in clusters.items():
            value = _agreement(scores, clusters[one], members) if third != one else 0.0
            if value >= threshold:
                agreements[min(one, third), max(one, third)] = value
    return [[rows[place] for place in members] for members in clusters.values()]


def _agreement(scores: Floats, one: list[int], other: list[int]) -> float:
    across = scores[np.ix_(one, other)]
    best = (across.max(axis=0).mean() + across.max(axis=1).mean()) / 2
    return float(MEAN_SHARE * across.mean() + (1 - MEAN_SHARE) * best)
