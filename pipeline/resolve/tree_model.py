"""A pairwise model for thousands of labelled pairs: boosted trees over the measures, as JSON with a checksum.

The catalogue's few hundred pairs suit a logistic function (match_model); trees learn what that cannot, such as that a
shared model number settles it, and that without one the rarest word in which two titles differ does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from db.keys import digest
from pipeline.resolve.comparison import PRODUCT_MEASURES
from pipeline.resolve.features import Floats
from pipeline.resolve.match_model import CARRIED_MIN, ModelError

# Chosen on the valid pairs of Abt-Buy and Amazon-Google, and by cross-validation on their train pairs.
TREES = 200
LEARNING_RATE = 0.05
DEPTH_MAX = 6
LEAF_PAIRS_MIN = 10
PAIRS_SHARE = 0.6  # of the pairs that each tree sees
MEASURES_SHARE = 0.3  # of the measures among which each cut is chosen
SEEDS = (0, 1, 2)  # the mean of so many, grown on other draws; one alone moves F1 on valid by up to 0.02 by its seed


@dataclass(frozen=True, slots=True)
class Tree:
    """One tree as lists over its nodes, the first being the root.

    A pair goes from node k to below[k] where its measure[k] is at most cut[k], else to above[k]; a leaf has measure -1.
    value: what the tree adds to the log-odds of the pairs in the node; of an inner node the mean over its pairs.
    """

    measure: Sequence[int]
    cut: Sequence[float]
    below: Sequence[int]
    above: Sequence[int]
    value: Sequence[float]


@dataclass(frozen=True, slots=True)
class TreeModel:
    """The chance that two records are the same: a logistic function of the sum of all trees and the intercept."""

    measures: Sequence[str]
    intercept: float
    threshold: float
    trees: Sequence[Tree]
    provenance: Mapping[str, object]

    @classmethod
    def load(cls, path: Path) -> TreeModel:
        """Read and check a model file. Raises ModelError when it is missing or altered."""
        mend = "build it anew with: python -m pipeline.resolve.train_pairs"
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            stored = content.pop("sha256")
            model = cls(**{**content, "trees": [Tree(**tree) for tree in content["trees"]]})
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(f"cannot read the model {path}: {error}; {mend}") from error
        if stored != model.checksum:
            raise ModelError(f"the model {path} does not match its checksum {stored}; {mend}")
        return model

    @property
    def checksum(self) -> str:
        """SHA-256 over everything that the model says."""
        return digest(json.dumps(self._content(), sort_keys=True))

    def save(self, path: Path) -> None:
        """Write the model with its checksum."""
        content = {**self._content(), "sha256": self.checksum}
        path.write_text(json.dumps(content, sort_keys=True) + "\n", encoding="utf-8")

    def scores(self, measured: Floats) -> Floats:
        """The chance of each pair; measured: (pairs, measures), columns in the order of `measures`."""
        odds = self.intercept + self.contributions(measured).sum(axis=1)
        chances: Floats = 1 / (1 + np.exp(-odds))
        return chances

    def contributions(self, measured: Floats) -> Floats:
        """What each measure adds to the log-odds of each pair; shape (pairs, measures). With the intercept they add up.

        On a pair's way down a tree each cut moves the mean of the pairs around it; the move is credited to the cut's
        measure (Saabas 2014, "Interpreting random forests").
        """
        # Trees were grown on numbers of 32 bits; a measure at a cut must fall on the side on which it fell then.
        rounded = measured.astype(np.float32)
        added = np.zeros(measured.shape)
        for tree in self.trees:
            _follow(tree, rounded, added)
        return added

    def explain(self, measured: Floats) -> list[tuple[float, dict[str, float], list[str]]]:
        """For each pair its chance, what each measure added to the log-odds, and in words what carried it."""
        added, scores = np.round(self.contributions(measured), 3), self.scores(measured)
        explained = []
        for score, row in zip(scores.tolist(), added.tolist(), strict=True):
            contributions = dict(zip(self.measures, row, strict=True))
            ranked = sorted(contributions.items(), key=lambda item: (-item[1], item[0]))
            reasons = [PRODUCT_MEASURES[name] for name, value in ranked if value >= CARRIED_MIN]
            explained.append((score, contributions, reasons))
        return explained

    def _content(self) -> dict[str, object]:
        trees = [{field: list(getattr(tree, field)) for field in Tree.__slots__} for tree in self.trees]
        own: dict[str, object] = {"measures": list(self.measures), "provenance": dict(self.provenance), "trees": trees}
        return {**own, "intercept": self.intercept, "threshold": self.threshold}


def fit_trees(measured: Floats, answers: NDArray[np.bool_], measures: Sequence[str]) -> TreeModel:
    """Grow trees on labelled pairs; measured: (pairs, measures). The threshold is 0.5 until one is chosen."""
    share = float(np.mean(answers))
    start = float(np.log(share / (1 - share)))  # the log-odds from which scikit-learn lets the first tree begin
    trees = [_tree(one.tree_) for seed in SEEDS for one in _grown(measured, answers, seed).estimators_.ravel()]
    return TreeModel(list(measures), start + sum(tree.value[0] for tree in trees), 0.5, trees, {})


def _grown(measured: Floats, answers: NDArray[np.bool_], seed: int) -> Any:
    """scikit-learn's boosted trees; the seed says which pairs and measures each tree sees."""
    from sklearn.ensemble import GradientBoostingClassifier

    return GradientBoostingClassifier(
        n_estimators=TREES,
        learning_rate=LEARNING_RATE,
        max_depth=DEPTH_MAX,
        min_samples_leaf=LEAF_PAIRS_MIN,
        subsample=PAIRS_SHARE,
        max_features=MEASURES_SHARE,
        random_state=seed,
    ).fit(measured, answers)


def _tree(grown: Any) -> Tree:
    """scikit-learn's tree with its values at their share of the log-odds, inner nodes' included."""
    is_leaf = grown.children_left < 0
    values = _node_values(grown) * LEARNING_RATE / len(SEEDS)
    return Tree(
        measure=np.where(is_leaf, -1, grown.feature).tolist(),
        cut=np.where(is_leaf, 0.0, grown.threshold).tolist(),
        below=grown.children_left.tolist(),
        above=grown.children_right.tolist(),
        value=values.tolist(),
    )


def _node_values(grown: Any) -> Floats:
    """Each node's value: a leaf's own, an inner node's the mean of its leaves by the pairs in them.

    scikit-learn sets the leaves' anew after growing a tree, so that the inner nodes' no longer fit them.
    """
    values: Floats = grown.value.ravel().copy()
    pairs = grown.weighted_n_node_samples
    for node in range(grown.node_count - 1, -1, -1):  # children stand behind their parents
        below, above = grown.children_left[node], grown.children_right[node]
        if below >= 0:
            values[node] = (values[below] * pairs[below] + values[above] * pairs[above]) / pairs[node]
    return values


def _follow(tree: Tree, measured: np.ndarray, added: Floats) -> None:
    """Send all pairs down a tree and credit each cut's move to its measure, in `added`."""
    measure, cut, value = np.array(tree.measure), np.array(tree.cut), np.array(tree.value)
    below, above = np.array(tree.below), np.array(tree.above)
    node = np.zeros(len(measured), dtype=np.int64)
    pairs = np.flatnonzero(measure[node] >= 0)
    while len(pairs):
        here, cut_measure = node[pairs], measure[node[pairs]]
        goes_below = measured[pairs, cut_measure] <= cut[here]
        node[pairs] = np.where(goes_below, below[here], above[here])
        added[pairs, cut_measure] += value[node[pairs]] - value[here]
        pairs = pairs[measure[node[pairs]] >= 0]
