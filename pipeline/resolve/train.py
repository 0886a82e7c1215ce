"""Build the pairwise model from the known duplicates and measure it: python -m pipeline.resolve.train."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import mean, pstdev

import numpy as np
from sqlite_utils import Database

from db import matching
from db.migrations import migrate
from pipeline.resolve.blocking import copies_among
from pipeline.resolve.clustering import cluster
from pipeline.resolve.comparison import MEASURES, Compared, compare_pairs
from pipeline.resolve.counting import Integers, ListingText
from pipeline.resolve.evaluation import CORPUS_PATH, FOLDS, KnownDuplicates, Quality, judge
from pipeline.resolve.features import Features
from pipeline.resolve.indexing import count_listings, weigh_counted
from pipeline.resolve.match_model import MODEL_PATH, MatchModel
from pipeline.resolve.scoring import candidates

CATALOGUE_PATH = Path(__file__).parents[2] / "crawler" / "demo" / "catalogue.jsonl"
REGULARISATION = 0.1  # scikit-learn's C on standardised measures; best of 1, 0.1, 0.01 by cross-validation
THRESHOLDS = (0.3, 0.34, 0.38, 0.42, 0.46, 0.5)
PRECISION_WANTED = 0.95  # the threshold is the lowest that reaches it on the training groups
SEEDS = (0, 1, 2)


@dataclass(frozen=True)
class Prepared:
    """Everything that training and measuring need, computed once."""

    features: Features
    pairs: Integers
    copies: Integers
    compared: Compared
    known: KnownDuplicates


def read_catalogue(path: Path) -> Iterable[ListingText]:
    """The starter catalogue's records, in order of id."""
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for record in sorted(records, key=lambda record: str(record["id"])):
        yield ListingText(record["id"], record["title"], record["text"], record["url"])


def prepare(listings: Iterable[ListingText], known: KnownDuplicates) -> Prepared:
    """Features and measures of all listings, judgeable or not: rarity and rivals are those of the whole store."""
    db = Database(memory=True)
    migrate(db)
    count_listings(db, list(listings))
    weigh_counted(db)
    features, pairs = candidates(db, matching.records_in_state(db, "weighed", limit=-1))
    copies = copies_among(pairs, features.mirror_keys, features.copy_keys)
    return Prepared(features, pairs, copies, compare_pairs(features, pairs), known)


def fit(prepared: Prepared, records: set[str]) -> MatchModel:
    """Fit the model on the pairs of which both ends are in `records`.

    A right pair weighs 2 / (size of its group), so that one programme with eight pages does not outweigh eight pairs.
    """
    from sklearn.linear_model import LogisticRegression

    ids = prepared.features.ids
    chosen, answers, weights = [], [], []
    sizes = _sizes(prepared.known)
    for place, (left, right) in enumerate(prepared.pairs.tolist()):
        same = prepared.known.is_same(ids[left], ids[right])
        if same is not None and ids[left] in records and ids[right] in records:
            chosen.append(place)
            answers.append(int(same))
            weights.append(2 / sizes[prepared.known.group_of[ids[left]]] if same else 1.0)
    measured = prepared.compared.measures[chosen]
    centre, spread = measured.mean(axis=0), measured.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    regression = LogisticRegression(C=REGULARISATION, max_iter=2_000)
    regression.fit((measured - centre) / spread, answers, sample_weight=weights)
    slopes = regression.coef_[0] / spread
    intercept = float(regression.intercept_[0] - slopes @ centre)
    coefficients = dict(zip(MEASURES, np.round(slopes, 6).tolist(), strict=True))
    return MatchModel(coefficients, round(intercept, 6), THRESHOLDS[0], {})


def clusters_at(prepared: Prepared, model: MatchModel, threshold: float) -> list[list[str]]:
    """The clusters of record ids that a model makes of everything at a threshold."""
    ids = prepared.features.ids
    found = cluster(len(ids), prepared.pairs, model.scores(prepared.compared), threshold, prepared.copies)
    return [[ids[row] for row in members] for members in found.clusters]


def choose_threshold(prepared: Prepared, records: set[str], seed: int) -> float:
    """The lowest threshold that reaches PRECISION_WANTED in a cross-validation inside `records` (else the highest)."""
    fold_of = prepared.known.folds(seed + 100)
    quality = dict.fromkeys(THRESHOLDS, Quality())
    for fold in range(FOLDS):
        tested = {record for record in records if fold_of[record] == fold}
        model = fit(prepared, records - tested)
        for threshold in THRESHOLDS:
            quality[threshold] += judge(clusters_at(prepared, model, threshold), prepared.known, tested)
    good = [threshold for threshold in THRESHOLDS if quality[threshold].precision >= PRECISION_WANTED]
    return min(good, default=THRESHOLDS[-1])


def cross_validate(prepared: Prepared, seeds: Sequence[int] = SEEDS, threshold: float | None = None) -> list[Quality]:
    """Quality of each fold of each seed, on groups that the model never saw.

    Without a threshold, each is chosen inside the training groups (slower, nothing leaks); with one, it is used as is.
    """
    results = []
    for seed in seeds:
        fold_of = prepared.known.folds(seed)
        for fold in range(FOLDS):
            tested = {record for record, its_fold in fold_of.items() if its_fold == fold}
            records = set(fold_of) - tested
            cut = choose_threshold(prepared, records, seed) if threshold is None else threshold
            results.append(judge(clusters_at(prepared, fit(prepared, records), cut), prepared.known, tested))
    return results


def summary(results: Sequence[Quality]) -> dict[str, float]:
    """Pooled precision, recall, F1 and B-cubed F1, with the spread (standard deviation) over folds."""
    pooled = sum(results, Quality())
    figures = {"precision": pooled.precision, "recall": pooled.recall, "f1": pooled.f1, "b_cubed_f1": pooled.cubed_f1}
    for name in ("precision", "recall"):
        figures[f"{name}_spread"] = pstdev(getattr(result, name) for result in results)
    figures["b_cubed_f1_spread"] = pstdev(result.cubed_f1 for result in results)
    figures["folds"] = len(results)
    return {name: round(float(value), 4) for name, value in figures.items()}


def _sizes(known: KnownDuplicates) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for group in known.group_of.values():
        sizes[group] = sizes.get(group, 0) + 1
    return sizes


def train(catalogue: Path = CATALOGUE_PATH, corpus: Path = CORPUS_PATH) -> MatchModel:
    """Fit on all known duplicates, with the cross-validated figures and the data's digests as provenance."""
    prepared = prepare(read_catalogue(catalogue), KnownDuplicates.load(corpus))
    figures = summary(cross_validate(prepared))
    records = set(prepared.known.group_of)
    thresholds = [choose_threshold(prepared, records, seed) for seed in SEEDS]
    model = fit(prepared, records)
    provenance = {
        "catalogue_sha256": hashlib.sha256(catalogue.read_bytes()).hexdigest(),
        "corpus_sha256": hashlib.sha256(corpus.read_bytes()).hexdigest(),
        "cross_validation": figures,
        "regularisation": REGULARISATION,
        "scikit_learn": version("scikit-learn"),
    }
    return MatchModel(model.coefficients, model.intercept, round(mean(thresholds), 2), provenance)


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, say the cross-validated figures on stdout, and write the model file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--catalogue", type=Path, default=CATALOGUE_PATH, help="records, one JSON object a line")
    parser.add_argument("--output", type=Path, default=MODEL_PATH, help="where the model goes")
    options = parser.parse_args(arguments)
    model = train(options.catalogue)
    model.save(options.output)
    sys.stdout.write(json.dumps({"threshold": model.threshold, **model.provenance}, indent=2, sort_keys=True) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
