"""How well duplicates are found, beside one TF-IDF threshold in the same run: python tests/benchmarks/bench_resolve.py.

Both are measured on the records on which a join can be judged, by the same cross-validation over groups; both choose
their threshold on the training groups only (the baseline by F1, which suits it best).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence

import numpy as np
from scipy.sparse import csgraph
from sklearn.feature_extraction.text import TfidfVectorizer

from pipeline.resolve.evaluation import FOLDS, KnownDuplicates, Quality, judge
from pipeline.resolve.train import CATALOGUE_PATH, SEEDS, cross_validate, prepare, read_catalogue, summary

BASELINE_THRESHOLDS = np.arange(0.1, 0.6, 0.02)


def baseline(known: KnownDuplicates, seeds: Sequence[int]) -> list[Quality]:
    """TF-IDF of words and pairs of words; all pairs above one cosine are joined, chains and all."""
    listings = list(read_catalogue(CATALOGUE_PATH))
    vectors = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, stop_words="english").fit_transform(
        [f"{listing.title}. {listing.text}" for listing in listings]
    )
    cosine = (vectors @ vectors.T).toarray()
    ids = [listing.id for listing in listings]
    clusters = {float(threshold): joined(ids, cosine >= threshold) for threshold in BASELINE_THRESHOLDS}
    results = []
    for seed in seeds:
        fold_of = known.folds(seed)
        for fold in range(FOLDS):
            tested = {record for record, its_fold in fold_of.items() if its_fold == fold}
            trained = set(fold_of) - tested
            best = max(clusters, key=lambda cut: judge(clusters[cut], known, trained).f1)
            results.append(judge(clusters[best], known, tested))
    return results


def joined(ids: list[str], linked: np.ndarray) -> list[list[str]]:
    count, labels = csgraph.connected_components(linked, directed=False)
    return [[ids[row] for row in np.flatnonzero(labels == label)] for label in range(count)]


def main() -> int:
    known = KnownDuplicates.load()
    start = time.perf_counter()
    prepared = prepare(read_catalogue(CATALOGUE_PATH), known)
    prepared_seconds = time.perf_counter() - start
    figures = {
        "records_judged": len(known.group_of),
        "pairs_compared": len(prepared.pairs),
        "prepare_seconds": round(prepared_seconds, 2),
        "this_method": summary(cross_validate(prepared, SEEDS)),
        "one_tfidf_threshold": summary(baseline(known, SEEDS)),
    }
    print(json.dumps(figures, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
