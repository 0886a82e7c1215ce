"""How common each term is among all stored listings, and what that makes of a listing's own terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.resolve.counting import Array, Integers, Record
from pipeline.resolve.names import WRITINGS, nameness, placeness

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class TermStatistics:
    """keys rise; listings[k]: how many listings have the term keys[k]; writing[k]: how it is written in all of them.

    size: how many listings there are.
    """

    size: int
    keys: Integers
    listings: Integers
    writing: Integers

    def of(self, keys: Integers) -> tuple[Integers, Integers]:
        """How many listings have each of these terms, and how each is written; an unknown one is its listing's own."""
        if not len(self.keys):
            return np.ones(len(keys), np.int64), np.zeros((len(keys), len(WRITINGS)), np.int64)
        places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        is_known = self.keys[places] == keys
        return np.where(is_known, self.listings[places], 1), self.writing[places] * is_known[:, None]


@dataclass(frozen=True, slots=True)
class Weighed:
    """A record with what the store says of its cells.

    spread, figure_spread: how many listings have each cell's term, each figure. nameness, placeness: between 0 and 1; a
    run is as much a name as its best word, and as much a place as its least. size: how many listings there were then.
    """

    record: Record
    spread: Integers
    nameness: Array
    placeness: Array
    figure_spread: Integers
    size: int


def count_terms(records: Sequence[Record]) -> TermStatistics:
    """What these records add to the statistics; size is their number."""
    width = len(WRITINGS)
    keys = np.concatenate([np.zeros(0, np.int64), *(part for one in records for part in (one.keys, one.figures))])
    writing = [part for one in records for part in (one.writing, np.zeros((len(one.figures), width), np.uint8))]
    unique, place = np.unique(keys, return_inverse=True)
    sums = np.zeros((len(unique), width), dtype=np.int64)
    np.add.at(sums, place, np.concatenate([np.zeros((0, width), np.uint8), *writing]))
    return TermStatistics(len(records), unique, np.bincount(place, minlength=len(unique)), sums)


def weigh(records: Sequence[Record], statistics: TermStatistics) -> list[Weighed]:
    """Each record with the store's statistics of its cells."""
    return [_weighed(record, statistics) for record in records]


def _weighed(record: Record, statistics: TermStatistics) -> Weighed:
    spread, writing = statistics.of(record.keys)
    words = np.maximum(record.words - 1, 0)
    is_word = record.words > 0
    return Weighed(
        record=record,
        spread=spread,
        nameness=np.where(is_word, nameness(writing)[words], 0.0).max(axis=1, initial=0.0),
        placeness=np.where(is_word, placeness(writing)[words], 1.0).min(axis=1, initial=1.0),
        figure_spread=statistics.of(record.figures)[0],
        size=statistics.size,
    )
