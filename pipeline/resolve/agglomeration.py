"""Greedy agglomeration over a sparse graph: no limit to the size of a part, work in proportion to the pairs compared.

What the agreement of two clusters needs is kept as sums and brought up to date at each join, for the neighbours of the
joined only: 450 listings that are all alike take tenths of a second.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable

from pipeline.resolve.counting import Integers
from pipeline.resolve.features import Floats

# The agreement of two clusters: MEAN_SHARE of the mean over all pairs across, the rest the mean over every member's
# best pair across. The mean alone breaks a large programme whose press and evaluation share little; the best pairs
# alone chain. 0.7 was the best of 1, 0.7, 0.4, 0 by cross-validation on the known duplicates.
MEAN_SHARE = 0.7
DECIMALS = 9  # agreements equal to so many are equal, whatever the order in which they were summed

Sums = dict[int, dict[int, float]]


class Agglomeration:
    """Clusters on their way together; a cluster is called by its first row.

    _across: cluster -> neighbour -> sum of the scores of all pairs across. _best: cluster -> row outside it -> that
    row's best score with it. _best_sums: cluster -> neighbour -> sum over the cluster's rows of their best scores with
    the neighbour. A stamp counts a cluster's joins, so that agreements from before them are known as old.
    """

    def __init__(
        self, size: int, pairs: Integers, scores: Floats, threshold: float, apart: Iterable[tuple[int, int]] = ()
    ) -> None:
        """pairs: (n, 2) rows with one < other, in order, each once; scores: one for each of them.

        apart: pairs of rows that never come into one cluster, whatever their score.
        """
        self._threshold = threshold
        self._members = {row: [row] for row in range(size)}
        self._home = list(range(size))
        self._stamps = [0] * size
        self._across: Sums = defaultdict(dict)
        for (one, other), score in zip(pairs.tolist(), scores.tolist(), strict=True):
            self._across[one][other] = self._across[other][one] = score
        self._best: Sums = defaultdict(dict, {row: dict(near) for row, near in self._across.items()})
        self._best_sums: Sums = defaultdict(dict, {row: dict(near) for row, near in self._across.items()})
        self._queue: list[tuple[float, int, int, int, int]] = []
        self._apart: dict[int, set[int]] = defaultdict(set)
        for one, other in apart:
            self._apart[one].add(other)
            self._apart[other].add(one)

    def put_together(self, one: int, other: int) -> None:
        """Make one cluster of the clusters of two rows, whether or not they agree. To be called before clusters()."""
        first, second = sorted((self._home[one], self._home[other]))
        if first != second:
            self._join(first, second)

    def clusters(self) -> list[list[int]]:
        """Join the two that agree best, again and again, until none agree by the threshold; returns the clusters."""
        for one in self._members:
            self._offer(one, [other for other in self._across.get(one, ()) if other > one])
        while self._queue:
            _, one, other, *stamps = heapq.heappop(self._queue)
            if stamps == [self._stamps[one], self._stamps[other]]:  # no join since, so not kept apart since either
                self._join(one, other)
                self._offer(one, list(self._across[one]))
        return list(self._members.values())

    def _offer(self, cluster: int, others: list[int]) -> None:
        """Queue those of the others with which a cluster agrees."""
        for other in others:
            if other in self._apart.get(cluster, ()):
                continue
            agreement = self._agreement(cluster, other)
            if agreement >= self._threshold:
                one, two = min(cluster, other), max(cluster, other)
                entry = (-round(agreement, DECIMALS), one, two, self._stamps[one], self._stamps[two])
                heapq.heappush(self._queue, entry)

    def _agreement(self, one: int, other: int) -> float:
        size, other_size = len(self._members[one]), len(self._members[other])
        mean = self._across[one][other] / (size * other_size)
        best = (self._best_sums[one][other] / size + self._best_sums[other][one] / other_size) / 2
        return round(MEAN_SHARE * mean + (1 - MEAN_SHARE) * best, DECIMALS)

    def _join(self, one: int, other: int) -> None:
        """Make one cluster of two, called by the first of them."""
        for sums in (self._across, self._best_sums):
            sums[one].pop(other, None)
            for third, value in sums.pop(other, {}).items():
                if third != one:
                    sums[one][third] = sums[one].get(third, 0.0) + value
        self._join_best(one, other)
        for third in self._across[one]:
            self._across[third].pop(other, None)
            self._across[third][one] = self._across[one][third]
            self._best_sums[third].pop(other, None)
        for third in self._apart.pop(other, set()):
            self._apart[third].discard(other)
            self._apart[third].add(one)
            self._apart[one].add(third)
        for row in self._members[other]:
            self._home[row] = one
        self._members[one] = sorted(self._members[one] + self._members.pop(other))
        self._stamps[one] += 1
        self._stamps[other] = -1

    def _join_best(self, one: int, other: int) -> None:
        """What the rows outside find best in the joined: the better of what they found in each."""
        best = self._best[one]
        for row, score in self._best.pop(other, {}).items():
            gain = score - best.get(row, 0.0)
            third = self._home[row]
            if third not in (one, other) and gain > 0:
                best[row] = score
                self._best_sums[third][one] = self._best_sums[third].get(one, 0.0) + gain
        for row in self._members[other]:
            best.pop(row, None)
