"""The comparison on product pairs, beside one TF-IDF cosine in the same run: python tests/benchmarks/bench_linkage.py.

Needs HORIZON_CASES, the folder with linkage/pairs.jsonl.gz. Both are trained on train (the cosine needs only rarity),
choose their threshold on valid and are measured on test. Published figures are F1 on the same test split.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from pipeline.resolve.labelled_pairs import LabelledPairs, read_pairs
from pipeline.resolve.train_pairs import best_threshold, f1_of, figures_on, train_on

# Mudgal et al., "Deep Learning for Entity Matching: A Design Space Exploration", SIGMOD 2018: Amazon-Google among its
# structured data sets, Abt-Buy among its textual ones; Magellan is the classical learner over measures.
PUBLISHED = {
    "Abt-Buy": {"magellan_f1": 0.436, "deepmatcher_f1": 0.628},
    "Amazon-Google": {"magellan_f1": 0.491, "deepmatcher_f1": 0.693},
}
SOURCE = "Mudgal et al., SIGMOD 2018"


def baseline(labelled: LabelledPairs, split: str) -> dict[str, float]:
    """TF-IDF of words and pairs of words over all that a record says; pairs above one cosine are the same."""
    vectors = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True).fit_transform(
        [f"{listing.title}. {listing.text}" for listing in labelled.listings]
    )
    left, right = labelled.pairs.T
    cosine = np.asarray(vectors[left].multiply(vectors[right]).sum(axis=1)).ravel()
    valid, asked = labelled.split == "valid", labelled.split == split
    threshold = best_threshold(cosine[valid], labelled.same[valid])
    return {**f1_of(cosine[asked] >= threshold, labelled.same[asked]), "threshold": threshold}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--split", choices=("valid", "test"), default="test", help="valid while something is chosen")
    split = parser.parse_args().split
    folder = os.environ.get("HORIZON_CASES")
    if not folder:
        print("set HORIZON_CASES to the folder of case files, with linkage/pairs.jsonl.gz in it", file=sys.stderr)
        return 2
    figures: dict[str, object] = {"split": split, "published_in": SOURCE}
    for dataset, labelled in read_pairs(Path(folder) / "linkage" / "pairs.jsonl.gz").items():
        start = time.perf_counter()
        model = train_on(labelled)
        seconds = time.perf_counter() - start
        figures[dataset] = {
            "this_comparison": {**figures_on(model, labelled, split), "threshold": model.threshold},
            "one_tfidf_cosine": baseline(labelled, split),
            **PUBLISHED.get(dataset, {}),
            "train_pairs": int((labelled.split == "train").sum()),
            "train_seconds": round(seconds, 1),
        }
    print(json.dumps(figures, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
