"""Train the comparison on labelled pairs of records and measure it: python -m pipeline.resolve.train_pairs FILE.

For each data set in the file: trees are grown on the pairs of its train split, the threshold is chosen on valid, and
the figures are those of test.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np

from pipeline.resolve.comparison import PRODUCT_MEASURES
from pipeline.resolve.features import Floats
from pipeline.resolve.labelled_pairs import Answers, LabelledPairs, read_pairs
from pipeline.resolve.tree_model import TreeModel, fit_trees

THRESHOLDS = np.round(np.arange(0.05, 0.96, 0.01), 2)
NEIGHBOURS = 5  # thresholds on either side whose F1 is averaged in: the best of 91 alone is luck


def train_on(labelled: LabelledPairs, provenance: dict[str, object] | None = None) -> TreeModel:
    """Grow trees on train, choose the threshold on valid; test is not looked at."""
    model = fit_trees(*labelled.of("train"), tuple(PRODUCT_MEASURES))
    measured, same = labelled.of("valid")
    origin = {**(provenance or {}), "scikit_learn": version("scikit-learn")}
    return replace(model, threshold=best_threshold(model.scores(measured), same), provenance=origin)


def best_threshold(scores: Floats, same: Answers, thresholds: Floats = THRESHOLDS) -> float:
    """The threshold around which F1 is highest."""
    reached = np.array([f1_of(scores >= threshold, same)["f1"] for threshold in thresholds])
    window = np.ones(2 * NEIGHBOURS + 1)
    smooth = np.convolve(reached, window, "same") / np.convolve(np.ones(len(reached)), window, "same")
    return float(thresholds[int(smooth.argmax())])


def f1_of(joined: Answers, same: Answers) -> dict[str, float]:
    """Precision, recall and F1 of the pairs joined."""
    right = float((joined & same).sum())
    precision, recall = right / max(joined.sum(), 1), right / max(same.sum(), 1)
    f1 = 2 * right / max(joined.sum() + same.sum(), 1)
    return {"precision": round(precision, 4), "recall": round(recall, 4), "f1": round(float(f1), 4)}


def figures_on(model: TreeModel, labelled: LabelledPairs, split: str = "test") -> dict[str, float]:
    """Precision, recall and F1 on a split, at the model's threshold."""
    measured, same = labelled.of(split)
    return f1_of(model.scores(measured) >= model.threshold, same)


def main(arguments: Sequence[str] | None = None) -> int:
    """Train on each data set, say the figures of its test split on stdout, and write the models where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pairs", type=Path, help="labelled pairs, one JSON object a line (.jsonl or .jsonl.gz)")
    parser.add_argument("--output", type=Path, help="folder for the models, one JSON file a data set")
    options = parser.parse_args(arguments)
    figures = {}
    origin = {"pairs_sha256": hashlib.sha256(options.pairs.read_bytes()).hexdigest()}
    for dataset, labelled in read_pairs(options.pairs).items():
        model = train_on(labelled, {**origin, "dataset": dataset})
        figures[dataset] = {**figures_on(model, labelled), "threshold": model.threshold}
        if options.output:
            options.output.mkdir(parents=True, exist_ok=True)
            model.save(options.output / f"{dataset}.json")
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
