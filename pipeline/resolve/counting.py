"""Listings to counts: which listing has which word, name and figure, how often and where. No text is kept."""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray

from db.keys import digest
from pipeline.resolve.names import NameStatistics
from pipeline.resolve.titles import title_words
from pipeline.resolve.words import STOPWORDS, Word, figures, sentences

Integers = NDArray[np.int64]

TITLE_WEIGHT = 2  # a word of the title counts like two of the text; chosen by cross-validation (corpus/README.md)
RUN_LENGTH_MAX = 3  # words in a run that is counted as one term: "technology integrated health"
BRIDGES = frozenset({"of", "and", "for", "to", "the"})  # these do not end a run: "transfer of care"


@dataclass(frozen=True, slots=True)
class ListingText:
    """One listing to be compared with others. amount: a price in one currency for all, or nan where there is none."""

    id: str
    title: str
    text: str
    url: str
    amount: float = nan


@dataclass(frozen=True, slots=True)
class Counts:
    """Cell k says: listing row[k] has terms[term[k]] count[k] times, capitals[k] of them as a name.

    mirror_keys and copy_keys: for each listing what is equal where address or text is one (empty: equal to none).
    in_title and marked are 0 or 1; marked means written as a name only is (acronym, camel case, letters with digits).
    Place k of all titles, read one after the other, is the word title_words[title_word[k]] of listing title_row[k].
    """

    ids: list[str]
    mirror_keys: list[str]
    copy_keys: list[str]
    names: NameStatistics
    terms: list[str]
    row: Integers
    term: Integers
    count: Integers
    capitals: Integers
    in_title: Integers
    marked: Integers
    figure_terms: list[str]
    figure_row: Integers
    figure: Integers
    title_words: list[str]
    title_row: Integers
    title_word: Integers
    amounts: NDArray[np.float64]


def mirror_key(url: str) -> str:
    """An address without what tells mirrors apart: scheme, www, fragment, trailing slash, upper case."""
    address = url.strip().lower().partition("#")[0]
    return re.sub(r"^https?://(www\.)?", "", address).rstrip("/")


def copy_key(text: str) -> str:
    """Digest of a text without what copying changes: spacing and upper case; empty for a text without words."""
    words = text.casefold().split()
    return digest(*words) if words else ""


class ListingCounter:
    """Reads listings one at a time: add() each, then counts()."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._mirror_keys: list[str] = []
        self._copy_keys: list[str] = []
        self._names = NameStatistics()
        self._terms: dict[str, int] = {}
        self._cells = [array("q") for _ in range(6)]
        self._figures: dict[str, int] = {}
        self._figure_cells = [array("q") for _ in range(2)]
        self._title_words: dict[str, int] = {}
        self._title_cells = [array("q") for _ in range(2)]
        self._amounts = array("d")

    def add(self, listing: ListingText) -> None:
        """Count one listing's words, names and figures."""
        row = len(self._ids)
        self._ids.append(listing.id)
        self._mirror_keys.append(mirror_key(listing.url))
        self._copy_keys.append(copy_key(listing.text))
        cells: dict[str, list[int]] = {}
        for sentence in sentences(listing.title):
            _count_sentence(sentence, cells, weight=TITLE_WEIGHT, in_title=1)
        for sentence in sentences(listing.text):
            self._names.add(sentence)
            _count_sentence(sentence, cells, weight=1, in_title=0)
        for term, cell in cells.items():
            _append(self._cells, row, _number(self._terms, term), *cell)
        for figure in figures(f"{listing.title}. {listing.text}"):
            _append(self._figure_cells, row, _number(self._figures, figure))
        for word in title_words(listing.title):
            _append(self._title_cells, row, _number(self._title_words, word))
        self._amounts.append(listing.amount)

    def counts(self) -> Counts:
        """Everything counted, terms in alphabetical order whatever the order in which they were met."""
        terms, (row, term, *rest) = _sorted_terms(self._terms, self._cells, 1)
        figure_terms, (figure_row, figure) = _sorted_terms(self._figures, self._figure_cells, 1)
        count, capitals, in_title, marked = rest
        title_row, title_word = (np.array(cells, dtype=np.int64) for cells in self._title_cells)
        return Counts(
            self._ids, self._mirror_keys, self._copy_keys, self._names, terms, row, term, count, capitals, in_title,
            marked, figure_terms, figure_row, figure, list(self._title_words), title_row, title_word,
            np.array(self._amounts, dtype=np.float64),
        )  # fmt: skip


def _number(vocabulary: dict[str, int], term: str) -> int:
    return vocabulary.setdefault(term, len(vocabulary))


def _append(stores: list[array[int]], *values: int) -> None:
    for store, value in zip(stores, values, strict=True):
        store.append(value)


def _sorted_terms(vocabulary: dict[str, int], cells: list[array[int]], column: int) -> tuple[list[str], list[Integers]]:
    """The vocabulary in alphabetical order, and the cells with their term numbers in that order, sorted."""
    terms = sorted(vocabulary)
    rank = np.empty(len(terms), dtype=np.int64)
    rank[[vocabulary[term] for term in terms]] = np.arange(len(terms))
    arrays = [np.array(store, dtype=np.int64) for store in cells]
    arrays[column] = rank[arrays[column]]
    order = np.lexsort((arrays[column], arrays[0]))
    return terms, [one[order] for one in arrays]


def _count_sentence(sentence: list[Word], cells: dict[str, list[int]], *, weight: int, in_title: int) -> None:
    """Add a sentence's words, and its runs of neighbouring words, to cells: [count, capitals, in title, marked]."""
    before: list[Word] = []
    for word in sentence:
        if not word.is_content:
            before = before if word.form in BRIDGES else []
            continue
        for part in word.parts:
            if len(part) > 1 and part not in STOPWORDS:
                _add(cells, part, weight, 0, in_title, 0)
        for length in range(len(before) + 1):
            run = [*before[len(before) - length :], word]
            capitals = weight if length <= 1 and all(one.is_capital for one in run) else 0
            marked = int(any(one.is_marked for one in run))
            _add(cells, " ".join(one.form for one in run), weight, capitals, in_title, marked)
        before = [*before[2 - RUN_LENGTH_MAX :], word] if before else [word]


def _add(cells: dict[str, list[int]], term: str, count: int, capitals: int, in_title: int, marked: int) -> None:
    cell = cells.setdefault(term, [0, 0, 0, 0])
    cell[0] += count
    cell[1] += capitals
    cell[2] |= in_title
    cell[3] |= marked
