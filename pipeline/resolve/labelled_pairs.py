"""Pairs of records with known answers, from a file: one JSON object a line, compressed or not.

Each line has dataset, split (train, valid or test), label (1: the same, 0: not), and left and right: records with name
or title, description or manufacturer, and price, each of which may be empty. So are the product pairs of Abt-Buy and
Amazon-Google published (Leipzig; with these splits by Mudgal et al., SIGMOD 2018).
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.resolve.comparison import PRODUCT_MEASURES, measure_pairs
from pipeline.resolve.counting import Integers, ListingText
from pipeline.resolve.features import Floats, features_of

SPLITS = ("train", "valid", "test")
Answers = NDArray[np.bool_]


class LabelledPairsError(ValueError):
    """A file of pairs that cannot be read; the message names file, line and what is wrong."""


@dataclass(frozen=True, slots=True)
class LabelledPairs:
    """One data set: its records as listings, the pairs as rows of them, their measures, and what is known of them.

    measures: (pairs, PRODUCT_MEASURES). split: of each pair, one of SPLITS. same: whether the pair is one thing.
    """

    listings: list[ListingText]
    pairs: Integers
    measures: Floats
    split: NDArray[np.str_]
    same: Answers

    def of(self, split: str) -> tuple[Floats, Answers]:
        """The measures and answers of a split."""
        return self.measures[self.split == split], self.same[self.split == split]


def read_pairs(path: Path) -> dict[str, LabelledPairs]:
    """Data set -> its pairs, measured. Rarity of words is counted on the records of all splits; it needs no answers."""
    cases: dict[str, list[Mapping[str, object]]] = {}
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            case = _checked(line, f"{path}, line {number}")
            cases.setdefault(str(case["dataset"]), []).append(case)
    return {dataset: _measured(of_dataset) for dataset, of_dataset in cases.items()}


def _checked(line: str, place: str) -> dict[str, object]:
    try:
        case = dict(json.loads(line))
        missing = {"dataset", "split", "label", "left", "right"} - case.keys()
    except (ValueError, TypeError) as error:
        raise LabelledPairsError(f"{place}: no JSON object: {error}") from error
    if missing:
        raise LabelledPairsError(f"{place}: {sorted(missing)} missing")
    if case["split"] not in SPLITS or case["label"] not in (0, 1):
        raise LabelledPairsError(f"{place}: split must be one of {SPLITS} and label 0 or 1")
    return case


def _measured(cases: Sequence[Mapping[str, object]]) -> LabelledPairs:
    """Each distinct record of each side is one listing, however many pairs it is in."""
    rows: dict[tuple[str, str], int] = {}
    numbered = [
        [rows.setdefault((side, json.dumps(case[side], sort_keys=True)), len(rows)) for side in ("left", "right")]
        for case in cases
    ]
    listings = [_listing(f"{side} {row}", json.loads(record)) for (side, record), row in rows.items()]
    pairs = np.array(numbered, dtype=np.int64)
    return LabelledPairs(
        listings=listings,
        pairs=pairs,
        measures=measure_pairs(features_of(listings), pairs, PRODUCT_MEASURES),
        split=np.array([case["split"] for case in cases]),
        same=np.array([case["label"] == 1 for case in cases], dtype=bool),
    )


def _listing(identifier: str, record: Mapping[str, str]) -> ListingText:
    """A record of goods as a listing: what it is called, what else is said of it (or who made it), its price."""
    title = record.get("name") or record.get("title") or ""
    text = record.get("description") or record.get("manufacturer") or ""
    return ListingText(identifier, title, text, "", float(record.get("price") or nan))
