"""From readings to matrices: words, cues, word classes and vectors of every sentence once, summed into documents."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray

from nlp.embedding import Encoder, Vectors, unit_length
from nlp.matchers import TITLE, Phrases
from nlp.reading import Reading
from nlp.taxonomy_model import WordClass

Matrix = Any  # scipy.sparse.csr_matrix, which has no type stubs
Floats = NDArray[np.float64]

# Words and pairs of words seen in at least this many training documents: below that a weight is one page's chance.
MIN_DOCUMENTS = 2
# Past this many sentences a cue says no more: keeps a page of 100 sentences comparable with the corpus' 5 to 9.
MAX_CUE_SENTENCES = 4
# Cue and class columns stand beside word columns of unit length; by grouped cross-validation among 0.1, 0.15 and 0.25
# (documents), 0.2, 0.3 and 0.5 (sentences): differences were within the noise.
CUE_WEIGHT = 0.15
SENTENCE_CUE_WEIGHT = 0.5
# For text in lower case; ı and ſ are what expressions of any case take for i and s.
_WORD = re.compile(r"[a-zıſ0-9+&%£][a-zıſ0-9+&%'’-]*[a-zıſ0-9+%]|%|£")


# A count says "many sites" whether it is written in figures or words.
_COUNTS = frozenset(
    (  # noqa: SIM905 - words read better than a list of strings
        "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred hundreds thousand thousands "
        "dozen dozens million"
    ).split()
)
COUNT = "0"  # what every count reads as
ANY = "_"  # stands for the one word between a count and what is counted


def terms(text: str) -> list[str]:
    """The lower-case words of a text, its pairs of neighbouring words, and what is counted past one word between.

    Counts all read as "0": "Twelve NHS trusts" gives 0, nhs, trusts, "0 nhs", "nhs trusts" and "0 _ trusts".
    """
    words = words_of(text)
    return [*words, *map(" ".join, pairwise(words)), *(f"{COUNT} {ANY} {far}" for far in counted(words))]


def words_of(text: str) -> list[str]:
    """The lower-case words of a text in order; counts all read as "0"."""
    found = _WORD.findall(text.lower())
    return [word if word.isalpha() and word not in _COUNTS else _word(word) for word in found]


def counted(words: Sequence[str]) -> list[str]:
    """The words that follow a count with one word between."""
    return [far for word, far in zip(words, words[2:], strict=False) if word == COUNT] if COUNT in words else []


def _word(word: str) -> str:
    if word in _COUNTS or word.isdigit():
        return COUNT
    return "0%" if word[-1] == "%" and word[:-1].isdigit() else word


def learn_vocabulary(readings: Iterable[Reading]) -> list[str]:
    """The terms that stand in at least MIN_DOCUMENTS of the readings, sorted."""
    seen: Counter[str] = Counter()
    for reading in readings:
        units = (reading.title, *(sentence.text for sentence in reading.sentences))
        seen.update({term for unit in units for term in terms(unit)})
    return sorted(term for term, count in seen.items() if count >= MIN_DOCUMENTS)


@dataclass(frozen=True)
class Table:
    """Features of some rows in two blocks side by side: sparse (words, cues, classes) and dense (vectors)."""

    sparse: Matrix
    dense: Floats

    def joined(self) -> Matrix:
        """Both blocks as one sparse matrix, for fitting."""
        return sparse.hstack([self.sparse, sparse.csr_matrix(self.dense)]).tocsr()

    def rows(self, chosen: NDArray[Any]) -> Table:
        """The table of the chosen rows."""
        return Table(self.sparse[chosen], self.dense[chosen])


@dataclass(frozen=True)
class Batch:
    """Matrices over a batch's units, a unit being a title or a prose sentence; rows follow the documents' order.

    words: units x vocabulary, counts. cues: units x cues, 0 or 1. classes: units x word classes, 0 or 1. sums: units x
    dimensions, sums of piece vectors. owner: each unit's document. titles: which units are titles. cue_themes: each
    cue's theme. documents: how many there are.
    """

    words: Matrix
    cues: Matrix
    classes: Matrix
    sums: Vectors
    owner: NDArray[np.intp]
    titles: NDArray[np.bool_]
    cue_themes: NDArray[np.intp]
    documents: int

    @cached_property
    def edges(self) -> NDArray[np.intp]:
        """Where each document's units begin, and at the end the number of units: documents + 1 numbers."""
        return np.flatnonzero(np.append(self.titles, True))

    @cached_property
    def membership(self) -> Matrix:
        """Documents x units: 1 where the unit belongs to the document."""
        ones = np.ones(len(self.owner))
        return sparse.csr_matrix((ones, (self.owner, np.arange(len(self.owner)))), (self.documents, len(self.owner)))

    @cached_property
    def theme_of_cue(self) -> Matrix:
        """Cues x themes: 1 where the cue speaks for the theme."""
        count = len(self.cue_themes)
        return sparse.csr_matrix((np.ones(count), (np.arange(count), self.cue_themes)))

    @cached_property
    def unit_themes(self) -> Floats:
        """Units x themes: how many cues of each theme the unit has."""
        return np.asarray((self.cues @ self.theme_of_cue).toarray())

    @cached_property
    def vectors(self) -> Vectors:
        """Units x dimensions, of unit length."""
        return unit_length(self.sums)

    @cached_property
    def document_vectors(self) -> Vectors:
        """Documents x dimensions, of unit length, over title and prose."""
        return unit_length(np.add.reduceat(self.sums, self.edges[:-1], axis=0))

    def document_words(self) -> Matrix:
        """Documents x vocabulary, counts over title and prose."""
        return self.membership @ self.words

    def document_cues(self) -> Floats:
        """Documents x (cues + 2 per theme): sentences with the cue, cues of the theme, sentences with any of them."""
        units = np.asarray((self.membership @ self.cues).toarray())
        kinds = (units > 0) @ self.theme_of_cue.toarray()
        spread = np.asarray(self.membership @ (self.unit_themes > 0), dtype=float)
        capped = np.hstack([np.minimum(units, MAX_CUE_SENTENCES), kinds, np.minimum(spread, 2 * MAX_CUE_SENTENCES)])
        return np.asarray(CUE_WEIGHT * np.log1p(capped))

    def document_classes(self) -> Floats:
        """Documents x word classes: sentences with a word of the class."""
        units = np.asarray((self.membership @ self.classes).toarray())
        return np.asarray(CUE_WEIGHT * np.log1p(np.minimum(units, MAX_CUE_SENTENCES)))

    @cached_property
    def openings(self) -> NDArray[np.intp]:
        """Each document's first sentence as a unit; its title where it has no sentence."""
        return np.minimum(self.edges[:-1] + 1, self.edges[1:] - 1)

    def prominent(self) -> Table:
        """Documents x (cues of each theme and word classes | vector), of the title and then of the first sentence."""
        places = (self.edges[:-1], self.openings)
        cues = [SENTENCE_CUE_WEIGHT * np.log1p(self.unit_themes[rows]) for rows in places]
        classes = [self.classes[rows] * SENTENCE_CUE_WEIGHT for rows in places]
        vectors = np.hstack([self.vectors[rows] for rows in places]).astype(float)
        return Table(sparse.hstack([sparse.csr_matrix(np.hstack(cues)), *classes]).tocsr(), vectors)

    def unit_cues(self) -> Matrix:
        """Units x (cues + themes + word classes): each cue, any cue of the theme, any word of the class."""
        any_cue = sparse.csr_matrix((self.unit_themes > 0).astype(float))
        return sparse.hstack([self.cues, any_cue, self.classes]) * SENTENCE_CUE_WEIGHT


class Vectoriser:
    """Turns readings into a Batch over a fixed vocabulary."""

    def __init__(self, vocabulary: Sequence[str], phrases: Phrases, encoder: Encoder) -> None:
        self.vocabulary = list(vocabulary)
        self._encoder = encoder
        self.cue_themes = np.asarray(phrases.cue_themes, dtype=np.intp)
        classed = class_terms(phrases.taxonomy.word_classes)
        places = {term: place for place, term in enumerate(self.vocabulary)}
        # Terms of the classes that the word models have never met stand behind the vocabulary: they only make classes.
        self._place: Mapping[str, int] = places | {
            term: len(places) + place for place, term in enumerate(sorted(classed.keys() - places.keys()))
        }
        split = [(term.split(" "), place) for term, place in self._place.items() if " " in term]
        self._pair_place: Mapping[tuple[str, ...], int] = {tuple(words): place for words, place in split}
        self._counted_place = {words[2]: place for words, place in split if words[:2] == [COUNT, ANY]}
        pairs = [(self._place[term], number) for term, numbers in classed.items() for number in numbers]
        self._class_of = _indicator(set(pairs), (len(self._place), len(phrases.taxonomy.word_classes)))

    def batch(self, readings: Sequence[Reading]) -> Batch:
        """The matrices of some readings; a reading without sentences still has its title's row."""
        units = [(place, text) for place, one in enumerate(readings) for text in _units(one)]
        owner = np.fromiter((place for place, _ in units), dtype=np.intp, count=len(units))
        titles = np.ones(len(units), dtype=bool)
        titles[1:] = owner[1:] != owner[:-1]
        shape = (len(units), len(self.cue_themes))
        cues = _indicator(self._cue_rows(readings), shape)
        texts = [text for _, text in units]
        counts = self._counts(texts)
        classes = counts @ self._class_of
        classes.data[:] = 1.0
        words, sums = counts[:, : len(self.vocabulary)], self._encoder.sums(texts)
        return Batch(words, cues, classes, sums, owner, titles, self.cue_themes, len(readings))

    def _counts(self, texts: Sequence[str]) -> Matrix:
        """Texts x (vocabulary + the classes' other terms)."""
        get, get_pair, get_counted = self._place.get, self._pair_place.get, self._counted_place.get
        columns: list[int] = []
        ends = [0]
        for text in texts:
            words = words_of(text)
            columns.extend([place for place in map(get, words) if place is not None])
            columns.extend([place for place in map(get_pair, pairwise(words)) if place is not None])
            columns.extend([place for place in map(get_counted, counted(words)) if place is not None])
            ends.append(len(columns))
        data = np.ones(len(columns))
        counts = sparse.csr_matrix((data, columns, ends), (len(texts), len(self._place)))
        counts.sum_duplicates()
        return counts

    def _cue_rows(self, readings: Sequence[Reading]) -> set[tuple[int, int]]:
        """(unit, cue) pairs."""
        pairs: set[tuple[int, int]] = set()
        row = 0
        for reading in readings:
            pairs.update((row + hit.sentence - TITLE, int(hit.code)) for hit in reading.hits if hit.kind == "cue")
            row += 1 + len(reading.sentences)
        return pairs


def class_terms(classes: Sequence[WordClass]) -> dict[str, list[int]]:
    """Term -> the numbers of the classes that it is a word of; counted words stand behind a count."""
    found: dict[str, list[int]] = {}
    for number, one in enumerate(classes):
        for word in one.words:
            for term in (f"{COUNT} {word}", f"{COUNT} {ANY} {word}") if one.counted else (word,):
                found.setdefault(term, []).append(number)
    return found


def _units(reading: Reading) -> list[str]:
    return [reading.title, *(sentence.text for sentence in reading.sentences)]


def _indicator(pairs: set[tuple[int, int]], shape: tuple[int, int]) -> Matrix:
    ordered = sorted(pairs)
    rows, columns = [row for row, _ in ordered], [column for _, column in ordered]
    return sparse.csr_matrix((np.ones(len(ordered)), (rows, columns)), shape)


def inverse_frequency(counts: Matrix) -> Floats:
    """Smoothed inverse document frequency of each column: ln((1 + n) / (1 + df)) + 1."""
    present = np.bincount(counts.indices, minlength=counts.shape[1])
    return np.asarray(np.log((1 + counts.shape[0]) / (1 + present)) + 1)


def weighted(counts: Matrix, frequency: Floats) -> Matrix:
    """TF-IDF rows of unit length, with the count's logarithm for the count."""
    result = counts.copy().astype(float)
    result.data = (1 + np.log(result.data)) * frequency[result.indices]
    lengths = np.sqrt(np.asarray(result.multiply(result).sum(axis=1)).ravel())
    return sparse.diags_array(1 / np.where(lengths > 0, lengths, 1)).tocsr() @ result
