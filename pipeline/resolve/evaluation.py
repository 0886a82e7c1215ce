"""How right a clustering is, where it can be judged: pairwise precision and recall, B-cubed, by cross-validation."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

CORPUS_PATH = Path(__file__).parent / "corpus" / "same_as.json"
FOLDS = 5


@dataclass(frozen=True, slots=True)
class KnownDuplicates:
    """What is known: group_of maps every judgeable record to its group (its own id when it stands alone).

    unsure holds pairs that a person could not decide; they count neither way.
    """

    group_of: Mapping[str, str]
    unsure: frozenset[tuple[str, str]]

    @classmethod
    def load(cls, path: Path = CORPUS_PATH) -> KnownDuplicates:
        """Read same_as.json: groups of ids, unsure_pairs, scope."""
        content = json.loads(path.read_text(encoding="utf-8"))
        group_of = {record: record for record in content["scope"]}
        for group in content["groups"]:
            group_of.update(dict.fromkeys(group["ids"], f"group: {group['name']}"))
        return cls(group_of, frozenset((min(pair), max(pair)) for pair in content["unsure_pairs"]))

    def folds(self, seed: int, count: int = FOLDS) -> dict[str, int]:
        """Record -> fold; a group stays whole, groups and lone records are dealt out evenly."""
        shuffle = random.Random(seed)  # noqa: S311 - a reproducible split, no secret
        fold_of_group: dict[str, int] = {}
        for is_group in (True, False):
            names = sorted({name for name in self.group_of.values() if name.startswith("group: ") == is_group})
            shuffle.shuffle(names)
            fold_of_group.update({name: place % count for place, name in enumerate(names)})
        return {record: fold_of_group[group] for record, group in self.group_of.items()}

    def is_same(self, one: str, other: str) -> bool | None:
        """Whether two records are the same innovation; None where that is not known."""
        if (min(one, other), max(one, other)) in self.unsure or not {one, other} <= self.group_of.keys():
            return None
        return self.group_of[one] == self.group_of[other]


@dataclass(frozen=True, slots=True)
class Quality:
    """Counts of pairs (weighted) and the B-cubed sums over `records` records."""

    true_pairs: float = 0.0
    false_pairs: float = 0.0
    missed_pairs: float = 0.0
    cubed_precision_sum: float = 0.0
    cubed_recall_sum: float = 0.0
    records: int = 0

    def __add__(self, other: Quality) -> Quality:
        fields = self.__slots__
        return Quality(*(getattr(self, field) + getattr(other, field) for field in fields))

    @property
    def precision(self) -> float:
        """Of the pairs joined, the share that is right (1 when none was joined)."""
        joined = self.true_pairs + self.false_pairs
        return self.true_pairs / joined if joined else 1.0

    @property
    def recall(self) -> float:
        """Of the pairs to be joined, the share that was (1 when there was none)."""
        wanted = self.true_pairs + self.missed_pairs
        return self.true_pairs / wanted if wanted else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of pairwise precision and recall."""
        return _harmonic(self.precision, self.recall)

    @property
    def cubed_f1(self) -> float:
        """The harmonic mean of B-cubed precision and recall, each averaged over records."""
        count = max(self.records, 1)
        return _harmonic(self.cubed_precision_sum / count, self.cubed_recall_sum / count)


def judge(clusters: Sequence[Sequence[str]], known: KnownDuplicates, tested: set[str] | None = None) -> Quality:
    """Judge clusters of record ids against what is known, on the pairs with a `tested` end (default: everything).

    A pair with one tested end weighs half: over all folds of a cross-validation every pair then counts once.
    """
    tested = set(known.group_of) if tested is None else tested
    judged = [[record for record in members if record in known.group_of] for members in clusters]
    true_pairs = false_pairs = 0.0
    for members in judged:
        for one, other in combinations(members, 2):
            same, weight = known.is_same(one, other), ((one in tested) + (other in tested)) / 2
            true_pairs += weight * (same is True)
            false_pairs += weight * (same is False)
    wanted = sum(size * (size - 1) / 2 for size in _group_sizes(known, tested).values())
    precision_sum, recall_sum = _cubed_sums(judged, known, tested)
    return Quality(true_pairs, false_pairs, wanted - true_pairs, precision_sum, recall_sum, len(tested))


def _group_sizes(known: KnownDuplicates, tested: set[str]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for record in tested:
        sizes[known.group_of[record]] = sizes.get(known.group_of[record], 0) + 1
    return sizes


def _cubed_sums(judged: list[list[str]], known: KnownDuplicates, tested: set[str]) -> tuple[float, float]:
    """Sums over tested records of B-cubed precision and recall."""
    sizes = _group_sizes(known, set(known.group_of))
    precision_sum = recall_sum = 0.0
    for members in judged:
        for record in sorted(tested.intersection(members)):
            answers = [record == other or known.is_same(record, other) for other in members]
            same = sum(answer is True for answer in answers)
            precision_sum += same / sum(answer is not None for answer in answers)
            recall_sum += same / sizes[known.group_of[record]]
    return precision_sum, recall_sum


def _harmonic(one: float, other: float) -> float:
    return 2 * one * other / (one + other) if one + other else 0.0
