"""Records to features: every word weighed by its rarity among the stored listings, as sparse rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pipeline.resolve.counting import Array, Integers, ListingText, Record, read_listing, term_key
from pipeline.resolve.rarity import Weighed, count_terms, weigh

Floats = NDArray[np.float64]
Matrix = Any  # scipy.sparse.csr_matrix: scipy ships no types

# Chosen by cross-validation on the records with known duplicates; see corpus/README.md.
RUN_WEIGHT = 0.4  # of a run of two words in a text's vector, a single word being 1
NAME_FLOOR = 0.3  # a capitalised word below this nameness is an ordinary word, as in a headline
RARE_LISTINGS_MAX = 12  # a term on 2 to 12 listings is rare
RARE_FIGURE_LISTINGS_MAX = 8
NAME_WEIGHT_ONCE, NAME_WEIGHT_MORE, NAME_WEIGHT_TITLE = 0.4, 0.15, 0.3  # how central a name is; the sum stops at 1
# Rarity is stretched to what it would be among so many listings, the size of the catalogue on which the model was
# fitted: what a match is worth must not rise as the store grows.
REFERENCE_SIZE = 797


@dataclass(frozen=True, slots=True)
class Titles:
    """The titles' words in the order of the titles: place k, from starts[i] to starts[i + 1] - 1, is of the listing i.

    word: number into words. joined: number of the word that this word and the next of its title make when written as
    one ("movie" before "factory": the number of "moviefactory"), else -1. rarity: of each word among the titles. term:
    of each word its column among the terms of Features, else -1. Empty where the records came packed.
    """

    words: list[str]
    starts: Integers
    word: Integers
    joined: Integers
    rarity: Floats
    term: Integers


@dataclass(frozen=True, slots=True)
class Features:
    """Row i of every matrix is the listing ids[i], a column is terms[column] (figures: figure_terms[column]).

    text and names_unit have rows of length 1. names, marked, places: rarity times how central the name is; marked holds
    the names written as acronym, camel case or with digits. rare, figures: the root of the rarity, so that a product of
    two rows sums rarities. title: rarity of the title's words. says: 1 where the listing has the word. counts: how
    often, words of the title counted twice. heads, tails: for a column that is a run the columns of its two words, else
    -1. title_heads: for each row the column of its title's first word, else -1. amounts: prices, nan where there is
    none. terms are in words where the records were read from their texts, else empty. size: listings in the
    store.
    """

    ids: list[str]
    size: int
    mirror_keys: list[str]
    copy_keys: list[str]
    terms: list[str]
    figure_terms: list[str]
    heads: Integers
    tails: Integers
    listings_with: Integers
    text: Matrix
    names: Matrix
    names_unit: Matrix
    marked: Matrix
    places: Matrix
    rare: Matrix
    title: Matrix
    says: Matrix
    counts: Matrix
    figures: Matrix
    title_heads: Integers
    titles: Titles
    amounts: Floats

    def __len__(self) -> int:
        return len(self.ids)


def features_of(listings: Iterable[ListingText]) -> Features:
    """Read listings (each once, in any order; row order is theirs) and weigh what they share among themselves."""
    records = [read_listing(listing) for listing in listings]
    return features_from(weigh(records, count_terms(records)))


def features_from(weighed: Sequence[Weighed]) -> Features:
    """Rarity-weighted rows of records that were weighed before, in their order."""
    records = [one.record for one in weighed]
    cells = Cells.of(weighed)
    names = cells.rows(cells.as_name)
    terms = {key: term for one in records for key, term in zip(one.keys.tolist(), one.terms, strict=False)}
    heads, tails = _words_of_runs(cells, records)
    figure_keys, figures = _figure_rows(weighed)
    figure_terms = {
        key: term for one in records for key, term in zip(one.figures.tolist(), one.figure_terms, strict=False)
    }
    is_rare = (cells.spread >= 2) & (cells.spread <= RARE_LISTINGS_MAX)
    return Features(
        ids=[one.id for one in records],
        size=max((one.size for one in weighed), default=0),
        mirror_keys=[one.mirror_key for one in records],
        copy_keys=[one.copy_key for one in records],
        terms=[terms.get(key, "") for key in cells.keys.tolist()],
        figure_terms=[figure_terms.get(key, "") for key in figure_keys.tolist()],
        heads=heads,
        tails=tails,
        listings_with=_largest(cells.column, cells.spread, len(cells.keys)),
        text=unit_rows(cells.rows(cells.as_text)),
        names=names,
        names_unit=unit_rows(names),
        marked=cells.rows(np.where(cells.marked > 0, cells.as_name, 0.0)),
        places=cells.rows(cells.as_place),
        rare=cells.rows(np.sqrt(cells.rarity) * is_rare),
        title=cells.rows(cells.rarity * cells.in_title * ~cells.is_run),
        says=cells.rows(np.ones(len(cells.column))),
        counts=cells.rows(cells.count.astype(np.float64)),
        figures=figures,
        title_heads=_columns(cells, [one.title_head for one in records]),
        titles=_titles(records, cells),
        amounts=np.array([one.amount for one in records], dtype=np.float64),
    )


def rarity(spread: Array, size: Array | int) -> Floats:
    """The natural logarithm of (listings + 1) / (listings that have the term), as among REFERENCE_SIZE listings."""
    stretch = np.log(REFERENCE_SIZE + 1) / np.log(np.maximum(size, 2) + 1)
    rarities: Floats = np.log((size + 1) / np.maximum(spread, 1)) * stretch
    return np.maximum(rarities, 0.0)


@dataclass(frozen=True, slots=True)
class Cells:
    """All cells of all records, one after another, with what each weighs in a text, as a name and as a place."""

    height: int
    keys: Integers
    row: Integers
    column: Integers
    spread: Integers
    rarity: Floats
    count: Array
    marked: Array
    in_title: Array
    is_run: Array
    as_text: Floats
    as_name: Floats
    as_place: Floats

    @classmethod
    def of(cls, weighed: Sequence[Weighed]) -> Cells:
        """The cells of these records, in their order."""
        records = [one.record for one in weighed]
        lengths = [len(one) for one in records]
        keys, column = np.unique(_joined([one.keys for one in records]), return_inverse=True)
        spread = _joined([one.spread for one in weighed])
        rarities = rarity(spread, np.repeat([one.size for one in weighed], lengths).astype(np.int64))
        count, capitals, in_title, marked, is_run = (
            _joined([getattr(one, name) for one in records])
            for name in ("count", "capitals", "in_title", "marked", "is_run")
        )
        as_name, as_place = _name_weights(
            np.where(marked > 0, 1.0, _joined([one.nameness for one in weighed])),
            _joined([one.placeness for one in weighed]),
            capitals.astype(np.float64),
            in_title,
            rarities,
        )
        is_run = is_run.astype(bool)
        as_text = (1 + np.log(np.maximum(count, 1))) * rarities * np.where(is_run, RUN_WEIGHT, 1.0)
        return cls(
            len(records), keys, np.repeat(np.arange(len(records)), lengths), column, spread, rarities, count, marked,
            in_title, is_run, as_text, as_name, as_place,
        )  # fmt: skip

    def rows(self, values: Array) -> Matrix:
        """A matrix with these values in the cells; zeros are left out."""
        rows = sparse.csr_matrix((values, (self.row, self.column)), shape=(self.height, len(self.keys)))
        rows.eliminate_zeros()
        return rows


def _name_weights(
    named: Floats, place: Floats, capitals: Floats, in_title: Array, rarities: Floats
) -> tuple[Floats, Floats]:
    """For every cell its weight as a name, and as a place or organisation."""
    central = NAME_WEIGHT_ONCE + NAME_WEIGHT_MORE * (capitals - 1) + NAME_WEIGHT_TITLE * in_title
    weight = np.where(capitals > 0, np.minimum(1.0, central) * rarities, 0.0)
    as_name = np.where(named * (1 - place) > NAME_FLOOR, named * (1 - place) * weight, 0.0)
    as_place = np.where(named * place > NAME_FLOOR, named * place * weight, 0.0)
    return as_name, as_place


def _words_of_runs(cells: Cells, records: Sequence[Any]) -> tuple[Integers, Integers]:
    """For each column the columns of the two words of which it is a run, or -1 twice."""
    starts = np.cumsum([0, *map(len, records)])[:-1]
    words = np.concatenate([np.zeros((0, 2), np.int64), *(one.words for one in records)])
    first = np.repeat(starts, [len(one) for one in records]) - 1
    heads, tails = (np.full(len(cells.keys), -1, dtype=np.int64) for _ in range(2))
    run = np.flatnonzero(cells.is_run)
    heads[cells.column[run]] = cells.column[first[run] + words[run, 0]]
    tails[cells.column[run]] = cells.column[first[run] + words[run, 1]]
    return heads, tails


def _figure_rows(weighed: Sequence[Weighed]) -> tuple[Integers, Matrix]:
    figures = [one.record.figures for one in weighed]
    lengths = [len(one) for one in figures]
    keys, column = np.unique(_joined(figures), return_inverse=True)
    spread = _joined([one.figure_spread for one in weighed])
    is_rare = (spread >= 2) & (spread <= RARE_FIGURE_LISTINGS_MAX)
    size = np.repeat([one.size for one in weighed], lengths).astype(np.int64)
    values = np.sqrt(rarity(spread, size)) * is_rare
    row = np.repeat(np.arange(len(weighed)), lengths)
    rows = sparse.csr_matrix((values, (row, column)), shape=(len(weighed), len(keys)))
    rows.eliminate_zeros()
    return keys, rows


def _titles(records: Sequence[Record], cells: Cells) -> Titles:
    number: dict[str, int] = {}
    word = np.array([number.setdefault(one, len(number)) for record in records for one in record.title_words], np.int64)
    row = np.repeat(np.arange(len(records)), [len(one.title_words) for one in records])
    words = list(number)
    joined = np.full(len(word), -1, dtype=np.int64)
    for place in np.flatnonzero(row[:-1] == row[1:]).tolist():
        joined[place] = number.get(words[word[place]] + words[word[place + 1]], -1)
    listings_with = np.zeros(len(words), dtype=np.int64)
    np.add.at(listings_with, np.unique(np.column_stack([row, word]), axis=0)[:, 1], 1)
    return Titles(
        words=words,
        starts=np.searchsorted(row, np.arange(len(records) + 1)),
        word=word,
        joined=joined,
        rarity=np.log((len(records) + 1) / np.maximum(listings_with, 1)),
        term=_columns(cells, [term_key(one) for one in words]),
    )


def _columns(cells: Cells, keys: Sequence[int]) -> Integers:
    """The columns of terms with these keys, -1 for one that no listing has."""
    wanted = np.array(keys, dtype=np.int64)
    if not len(cells.keys):
        return np.full(len(wanted), -1, dtype=np.int64)
    places = np.minimum(np.searchsorted(cells.keys, wanted), len(cells.keys) - 1)
    return np.where(cells.keys[places] == wanted, places, -1)


def _joined(parts: Sequence[Array]) -> Array:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)


def _largest(column: Integers, values: Integers, width: int) -> Integers:
    largest = np.zeros(width, dtype=np.int64)
    np.maximum.at(largest, column, values)
    return largest


def unit_rows(rows: Matrix) -> Matrix:
    """The rows at length 1; empty rows stay empty."""
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    return (sparse.diags(1 / np.where(lengths > 0, lengths, 1.0)) @ rows).tocsr()
