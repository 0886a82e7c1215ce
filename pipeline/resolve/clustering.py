"""Pair scores to clusters, without chaining strangers: two clusters join only when they agree as wholes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from pipeline.resolve.agglomeration import Agglomeration
from pipeline.resolve.counting import Integers
from pipeline.resolve.features import Floats

SCORE_FLOOR = 0.05  # pairs below are strangers, like pairs that were never compared
NO_PAIRS: Integers = np.zeros((0, 2), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Judged:
    """What a person said of two rows: that they are the same innovation, or different ones."""

    one: int
    other: int
    is_same: bool


@dataclass(slots=True)
class Clustering:
    """clusters: every row in exactly one, members and clusters in row order. unheeded: judgements that contradict
    later ones."""

    clusters: list[list[int]]
    unheeded: list[Judged] = field(default_factory=list)


def cluster(
    size: int,
    pairs: Integers,
    scores: Floats,
    threshold: float,
    copies: Integers = NO_PAIRS,
    judged: Sequence[Judged] = (),
) -> Clustering:
    """Split rows 0..size-1 into clusters.

    pairs: (n, 2) rows; scores: their chances. Greedy agglomeration: the two clusters that agree best join first, until
    none agree by `threshold`. Equal agreements are settled by row order, so that the result depends on scores only.
    copies: those of the pairs that hold one text or one page twice. Where they reach the threshold the two are one row
    to all others, so that a hundred copies join by 99 pairs, and do not outvote what is said in other words.
    judged: what people said, the latest first; it always wins, and of two that contradict each other the later one.
    What they joined is one cluster from the start, of which every member still has its say in what else joins.
    """
    joined, texts = _Joined(size), _Joined(size)
    unheeded = [one for one in judged if not joined.heed(one)]
    wanted = set(map(tuple, copies.tolist()))
    for (one, other), score in zip(pairs.tolist(), scores.tolist(), strict=True):
        if score >= threshold and (one, other) in wanted and joined.heed(Judged(one, other, is_same=True)):
            texts.heed(Judged(one, other, is_same=True))
    row_of = texts.rows()
    pairs, scores = _between(row_of, pairs[scores >= SCORE_FLOOR], scores[scores >= SCORE_FLOOR])
    apart = [(int(row_of[one]), int(row_of[other])) for one, other in joined.apart()]
    agglomeration = Agglomeration(int(row_of.max(initial=-1)) + 1, pairs, scores, threshold, apart)
    homes = joined.rows()
    first_of: dict[int, int] = {}
    for row, home in zip(row_of.tolist(), homes.tolist(), strict=True):
        agglomeration.put_together(first_of.setdefault(home, row), row)
    found = agglomeration.clusters()
    rows_of = np.split(np.argsort(row_of, kind="stable"), np.cumsum(np.bincount(row_of))[:-1])
    return Clustering(
        sorted(sorted(int(row) for part in members for row in rows_of[part]) for members in found), unheeded
    )


class _Joined:
    """Rows that are one beforehand, and rows that must stay apart."""

    def __init__(self, size: int) -> None:
        self._first = list(range(size))
        self._apart: dict[int, set[int]] = {}

    def heed(self, judged: Judged) -> bool:
        """Join two rows or keep them apart; whether that can be, after what was heeded before."""
        one, other = sorted((self._home(judged.one), self._home(judged.other)))
        if one == other:
            return judged.is_same
        if judged.is_same and other in self._apart.get(one, ()):
            return False
        if judged.is_same:
            self._join(one, other)
        else:
            self._apart.setdefault(one, set()).add(other)
            self._apart.setdefault(other, set()).add(one)
        return True

    def rows(self) -> Integers:
        """Row -> number of what it is joined to; numbers go up with the first row of each."""
        homes = [self._home(row) for row in range(len(self._first))]
        _, number = np.unique(homes, return_inverse=True)
        return number.astype(np.int64)

    def apart(self) -> Iterable[tuple[int, int]]:
        """Pairs of rows that must not be joined."""
        return sorted((one, other) for one, others in self._apart.items() for other in others if one < other)

    def _home(self, row: int) -> int:
        while self._first[row] != row:
            self._first[row] = self._first[self._first[row]]
            row = self._first[row]
        return row

    def _join(self, one: int, other: int) -> None:
        self._first[other] = one
        for third in self._apart.pop(other, set()):
            self._apart[third].discard(other)
            self._apart[third].add(one)
            self._apart.setdefault(one, set()).add(third)


def _between(row_of: Integers, pairs: Integers, scores: Floats) -> tuple[Integers, Floats]:
    """The pairs in numbers of texts, in order, each once with its best score; those within one text are left out."""
    moved = np.sort(row_of[pairs], axis=1).reshape(-1, 2)
    order = np.lexsort((-scores, moved[:, 1], moved[:, 0]))
    moved, scores = moved[order], scores[order]
    is_first = np.ones(len(moved), dtype=bool)
    is_first[1:] = (moved[1:] != moved[:-1]).any(axis=1)
    keep = is_first & (moved[:, 0] != moved[:, 1])
    return moved[keep], scores[keep]
