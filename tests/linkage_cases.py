"""The product pairs of Abt-Buy and Amazon-Google (cases/linkage), read as listings. Only where the case files are."""

from __future__ import annotations

import gzip
import json
import os
from dataclasses import dataclass
from functools import cache
from math import nan
from pathlib import Path

import numpy as np
import pytest

from pipeline.resolve.comparison import PRODUCT_MEASURES, measure_pairs
from pipeline.resolve.counting import Integers, ListingText
from pipeline.resolve.features import Features, Floats, features_of

DATASETS = ("Abt-Buy", "Amazon-Google")
# F1 on the test split, in percent / 100, of Magellan and DeepMatcher: Mudgal et al., "Deep Learning for Entity
# Matching: A Design Space Exploration", SIGMOD 2018, textual Abt-Buy and structured Amazon-Google.
PUBLISHED = {
    "Abt-Buy": {"Magellan": 0.436, "DeepMatcher": 0.628},
    "Amazon-Google": {"Magellan": 0.491, "DeepMatcher": 0.693},
}


@dataclass(frozen=True)
class LinkagePairs:
    """One data set: its records as listings, the pairs as rows of them, which split each is in, and its answer."""

    listings: list[ListingText]
    features: Features
    pairs: Integers
    measures: Floats
    split: np.ndarray
    same: np.ndarray

    def of(self, split: str) -> tuple[Floats, np.ndarray]:
        """The measures and answers of a split: train, valid or test."""
        return self.measures[self.split == split], self.same[self.split == split]


def linkage_path() -> Path:
    folder = os.environ.get("HORIZON_CASES")
    if not folder:
        pytest.skip("set HORIZON_CASES to the folder of case files, with linkage/pairs.jsonl.gz in it")
    return Path(folder) / "linkage" / "pairs.jsonl.gz"


@cache
def linkage_pairs(path: Path, dataset: str) -> LinkagePairs:
    """Read and measure one data set. Each distinct record of each side is one listing."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        cases = [case for case in map(json.loads, lines) if case["dataset"] == dataset]
    rows: dict[tuple[str, str], int] = {}
    pairs = []
    for case in cases:
        keys = [(side, json.dumps(case[side], sort_keys=True)) for side in ("left", "right")]
        pairs.append([rows.setdefault(key, len(rows)) for key in keys])
    listings = [as_listing(f"{side} {row}", json.loads(record)) for (side, record), row in rows.items()]
    features, rows_of_pairs = features_of(listings), np.array(pairs, dtype=np.int64)
    return LinkagePairs(
        listings,
        features,
        rows_of_pairs,
        measure_pairs(features, rows_of_pairs, PRODUCT_MEASURES),
        np.array([case["split"] for case in cases]),
        np.array([case["label"] for case in cases], dtype=bool),
    )


def as_listing(identifier: str, record: dict[str, str]) -> ListingText:
    """A product as a listing: what it is called, what else is said of it (description or maker), and its price."""
    title = record.get("name", record.get("title", ""))
    text = record.get("description", record.get("manufacturer", ""))
    return ListingText(identifier, title, text, "", float(record["price"]) if record["price"] else nan)
