from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.resolve.agglomeration import Agglomeration
from pipeline.resolve.clustering import Judged, cluster
from pipeline.resolve.evaluation import KnownDuplicates, judge

SIZE = 9
PAIRS = [(one, other) for one in range(SIZE) for other in range(one + 1, SIZE)]
scored_pairs = st.dictionaries(st.sampled_from(PAIRS), st.integers(0, 100).map(lambda value: value / 100))


def clusters_of(scores: dict[tuple[int, int], float], threshold: float = 0.5, size: int = SIZE) -> list[list[int]]:
    pairs = np.array(sorted(scores), dtype=np.int64).reshape(-1, 2)
    return cluster(size, pairs, np.array([scores[one, other] for one, other in sorted(scores)]), threshold).clusters


@given(scored_pairs)
def test_every_row_is_in_exactly_one_cluster(scores: dict[tuple[int, int], float]) -> None:
    found = clusters_of(scores)
    assert sorted(row for members in found for row in members) == list(range(SIZE))
    assert found == sorted(sorted(members) for members in found)


@given(scored_pairs, st.randoms(use_true_random=False))
def test_order_of_pairs_does_not_matter(scores: dict[tuple[int, int], float], shuffle: object) -> None:
    order = sorted(scores)
    shuffle.shuffle(order)  # type: ignore[attr-defined]
    shuffled = cluster(
        SIZE, np.array(order, dtype=np.int64).reshape(-1, 2), np.array([scores[pair] for pair in order]), 0.5
    )
    assert shuffled.clusters == clusters_of(scores)


@given(scored_pairs)
@settings(max_examples=50)
def test_joined_rows_have_a_pair_above_the_threshold(scores: dict[tuple[int, int], float]) -> None:
    for members in clusters_of(scores):
        for row in members:
            own = [score for pair, score in scores.items() if row in pair and set(pair) <= set(members)]
            assert len(members) == 1 or max(own) >= 0.5


def test_a_chain_of_strangers_is_not_joined() -> None:
    chain = {(row, row + 1): 0.6 for row in range(SIZE - 1)}
    assert max(len(members) for members in clusters_of(chain)) == 2


def test_a_close_group_is_joined_in_spite_of_one_weak_pair() -> None:
    scores = {pair: 0.9 for pair in PAIRS if max(pair) < 4}
    scores[0, 3] = 0.1
    assert clusters_of(scores)[0] == [0, 1, 2, 3]


def test_two_groups_with_one_strong_bridge_stay_apart() -> None:
    inner = ((0, 1), (0, 2), (1, 2), (3, 4), (3, 5), (4, 5))
    scores = {**dict.fromkeys(inner, 0.9), (2, 3): 0.85}
    assert clusters_of(scores)[:2] == [[0, 1, 2], [3, 4, 5]]


def test_a_long_chain_falls_into_its_strong_links() -> None:
    size = 900
    scores = {(row, row + 1): 0.9 if row % 3 else 0.55 for row in range(size - 1)}
    found = clusters_of(scores, size=size)
    assert sum(len(members) for members in found) == size
    assert max(len(members) for members in found) <= 3


def test_a_large_dense_part_stays_whole_with_work_in_proportion_to_its_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    size, asked = 450, 0
    pairs = np.array([(one, other) for one in range(size) for other in range(one + 1, size)], dtype=np.int64)
    agreement = Agglomeration._agreement

    def counted(self: Agglomeration, one: int, other: int) -> float:
        nonlocal asked
        asked += 1
        return agreement(self, one, other)

    monkeypatch.setattr(Agglomeration, "_agreement", counted)
    assert cluster(size, pairs, np.full(len(pairs), 0.97), 0.45).clusters == [list(range(size))]
    assert len(pairs) <= asked <= 3 * len(pairs)


def test_what_people_joined_does_not_draw_in_what_agrees_with_a_part_of_it_only() -> None:
    """Rows 0 to 3 are judged to be one; 4 is like row 0 alone, 5 is like all of them."""
    judged = [Judged(0, row, is_same=True) for row in (1, 2, 3)]
    scores = {(0, 4): 0.9, **{(row, 5): 0.9 for row in range(4)}}
    pairs = np.array(sorted(scores), dtype=np.int64)
    found = cluster(6, pairs, np.array([scores[pair] for pair in sorted(scores)]), 0.5, judged=judged)
    assert found.clusters == [[0, 1, 2, 3, 5], [4]]


def test_judgements_hold_whatever_the_scores_say() -> None:
    judged = [Judged(0, 1, is_same=False), Judged(0, 2, is_same=True), Judged(1, 2, is_same=True)]
    pairs = np.array([(0, 1), (1, 2)], dtype=np.int64)
    found = cluster(3, pairs, np.array([0.99, 0.99]), 0.5, judged=judged)
    assert found.clusters == [[0, 2], [1]] and found.unheeded == [judged[2]]
    copies = np.array([(0, 1)], dtype=np.int64)
    assert cluster(2, copies, np.ones(1), 0.5, copies, judged[:1]).clusters == [[0], [1]]


def test_copies_join_by_a_star_of_pairs_and_count_once() -> None:
    star = np.array([(0, row) for row in range(1, 100)], dtype=np.int64)
    found = cluster(101, np.vstack([star, [(99, 100)]]), np.array([*[1.0] * 99, 0.6]), 0.5, copies=star).clusters
    assert found == [list(range(101))]
    assert len(cluster(100, star, np.ones(99), 0.5).clusters) > 1


def test_copies_of_which_the_titles_speak_against_a_join_stay_apart() -> None:
    star = np.array([(0, 1), (0, 2)], dtype=np.int64)
    assert cluster(3, star, np.array([0.9, 0.2]), 0.5, copies=star).clusters == [[0, 1], [2]]


def test_nothing_to_cluster() -> None:
    assert cluster(0, np.zeros((0, 2), dtype=np.int64), np.zeros(0), 0.5).clusters == []
    assert clusters_of({}, size=2) == [[0], [1]]


KNOWN = KnownDuplicates(
    {"a": "group: x", "b": "group: x", "c": "group: x", "d": "d", "e": "e"}, frozenset({("c", "d")})
)


def test_judging_a_perfect_and_a_lumped_clustering() -> None:
    perfect = judge([["a", "b", "c"], ["d"], ["e"], ["unknown"]], KNOWN)
    assert (perfect.precision, perfect.recall, perfect.cubed_f1) == (1.0, 1.0, 1.0)
    lumped = judge([["a", "b", "c", "d", "e", "unknown"]], KNOWN)
    assert (lumped.true_pairs, lumped.false_pairs) == (3, 6)  # ten pairs, three right, one that nobody could decide
    assert lumped.recall == 1.0


def test_judging_counts_each_pair_once_over_all_folds() -> None:
    clusters = [["a", "b"], ["c", "e"], ["d"]]
    parts = [judge(clusters, KNOWN, tested) for tested in ({"a", "b", "c"}, {"d"}, {"e"})]
    total = parts[0] + parts[1] + parts[2]
    whole = judge(clusters, KNOWN)
    assert (total.true_pairs, total.false_pairs, total.missed_pairs) == (whole.true_pairs, 1.0, 2.0)
    assert total.cubed_precision_sum == whole.cubed_precision_sum


def test_folds_keep_groups_whole() -> None:
    known = KnownDuplicates.load()
    folds = known.folds(seed=3)
    for group in set(known.group_of.values()):
        assert len({folds[record] for record, its in known.group_of.items() if its == group}) == 1
    assert set(folds.values()) == {0, 1, 2, 3, 4}
