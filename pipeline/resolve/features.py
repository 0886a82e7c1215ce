"""Counts to features: every word weighed by its rarity among the stored listings, as sparse rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pipeline.resolve.counting import Counts, Integers, ListingCounter, ListingText

Floats = NDArray[np.float64]

Matrix = Any  # scipy.sparse.csr_matrix: scipy ships no types

# Chosen by cross-validation on the records with known duplicates; see corpus/README.md.
RUN_WEIGHT = 0.4  # of a run of two or three words in a text's vector, a single word being 1
NAME_FLOOR = 0.3  # a capitalised word below this nameness is an ordinary word, as in a headline
RARE_LISTINGS_MAX = 12  # a term on 2 to 12 listings is rare
RARE_FIGURE_LISTINGS_MAX = 8
NAME_WEIGHT_ONCE, NAME_WEIGHT_MORE, NAME_WEIGHT_TITLE = 0.4, 0.15, 0.3  # how central a name is; the sum stops at 1


@dataclass(frozen=True, slots=True)
class Titles:
    """The titles' words in the order of the titles: place k, from starts[i] to starts[i + 1] - 1, is of the listing i.

    word: number into words. joined: number of the word that this word and the next of its title make when written as
    one ("movie" before "factory": the number of "moviefactory"), else -1. rarity: of each word among the titles. term:
    of each word its column among the terms of Features, else -1.
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
    often, words of the title counted twice. amounts: prices, nan where there is none.
    """

    ids: list[str]
    mirror_keys: list[str]
    copy_keys: list[str]
    terms: list[str]
    figure_terms: list[str]
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
    titles: Titles
    amounts: Floats

    def __len__(self) -> int:
        return len(self.ids)


def features_of(listings: Iterable[ListingText]) -> Features:
    """Read listings (each once, in any order; row order is theirs) and weigh what they share."""
    counter = ListingCounter()
    for listing in listings:
        counter.add(listing)
    return weigh(counter.counts())


def weigh(counts: Counts) -> Features:
    """Rarity-weighted rows from counts.

    A term's rarity is the natural logarithm of (listings + 1) / (listings that have the term).
    """
    size, width = len(counts.ids), len(counts.terms)
    listings_with = np.bincount(counts.term, minlength=width)
    rarity = _rarity(size, listings_with)[counts.term]
    is_run = np.array([" " in term for term in counts.terms], dtype=bool)[counts.term]
    spread = listings_with[counts.term]

    def matrix(values: Floats) -> Matrix:
        rows = sparse.csr_matrix((values, (counts.row, counts.term)), shape=(size, width))
        rows.eliminate_zeros()
        return rows

    names, marked, places = _name_weights(counts, rarity)
    is_rare = (spread >= 2) & (spread <= RARE_LISTINGS_MAX)
    name_rows = matrix(names)
    return Features(
        ids=counts.ids,
        mirror_keys=counts.mirror_keys,
        copy_keys=counts.copy_keys,
        terms=counts.terms,
        figure_terms=counts.figure_terms,
        listings_with=listings_with,
        text=unit_rows(matrix((1 + np.log(counts.count)) * rarity * np.where(is_run, RUN_WEIGHT, 1.0))),
        names=name_rows,
        names_unit=unit_rows(name_rows),
        marked=matrix(marked),
        places=matrix(places),
        rare=matrix(np.sqrt(rarity) * is_rare),
        title=matrix(rarity * counts.in_title * ~is_run),
        says=matrix(np.ones(len(counts.term))),
        counts=matrix(counts.count.astype(np.float64)),
        figures=_figure_rows(counts),
        titles=_titles(counts),
        amounts=counts.amounts,
    )


def _rarity(size: int, listings_with: Integers) -> Floats:
    rarity: Floats = np.log((size + 1) / np.maximum(listings_with, 1))
    return rarity


def _name_weights(counts: Counts, rarity: Floats) -> tuple[Floats, Floats, Floats]:
    """For every cell its weight as a name, as a name written as only names are, and as a place or organisation."""
    nameness, placeness = _name_scores(counts)
    marked = counts.marked > 0
    named = np.where(marked, 1.0, nameness[counts.term])
    place = placeness[counts.term]
    central = NAME_WEIGHT_ONCE + NAME_WEIGHT_MORE * (counts.capitals - 1) + NAME_WEIGHT_TITLE * counts.in_title
    weight = np.where(counts.capitals > 0, np.minimum(1.0, central) * rarity, 0.0)
    as_name = np.where(named * (1 - place) > NAME_FLOOR, named * (1 - place) * weight, 0.0)
    as_place = np.where(named * place > NAME_FLOOR, named * place * weight, 0.0)
    return as_name, np.where(marked, as_name, 0.0), as_place


def _name_scores(counts: Counts) -> tuple[Floats, Floats]:
    """Nameness and placeness of every term; a run is as much a name as its best word, a place as its least."""
    nameness, placeness = np.zeros(len(counts.terms)), np.zeros(len(counts.terms))
    for number in np.unique(counts.term[counts.capitals > 0]):
        words = counts.terms[number].split()
        nameness[number] = max(counts.names.nameness(word) for word in words)
        placeness[number] = min(counts.names.placeness(word) for word in words)
    return nameness, placeness


def _figure_rows(counts: Counts) -> Matrix:
    size, width = len(counts.ids), len(counts.figure_terms)
    listings_with = np.bincount(counts.figure, minlength=width)
    is_rare = (listings_with >= 2) & (listings_with <= RARE_FIGURE_LISTINGS_MAX)
    values = (np.sqrt(_rarity(size, listings_with)) * is_rare)[counts.figure]
    rows = sparse.csr_matrix((values, (counts.figure_row, counts.figure)), shape=(size, width))
    rows.eliminate_zeros()
    return rows


def _titles(counts: Counts) -> Titles:
    size, words, word = len(counts.ids), counts.title_words, counts.title_word
    listings_with = np.zeros(len(words), dtype=np.int64)
    np.add.at(listings_with, np.unique(np.column_stack([counts.title_row, word]), axis=0)[:, 1], 1)
    number = {written: place for place, written in enumerate(words)}
    joined = np.full(len(word), -1, dtype=np.int64)
    for place in np.flatnonzero(counts.title_row[:-1] == counts.title_row[1:]).tolist():
        joined[place] = number.get(words[word[place]] + words[word[place + 1]], -1)
    column = {term: place for place, term in enumerate(counts.terms)}
    return Titles(
        words=words,
        starts=np.searchsorted(counts.title_row, np.arange(size + 1)),
        word=word,
        joined=joined,
        rarity=_rarity(size, listings_with),
        term=np.array([column.get(written, -1) for written in words], dtype=np.int64),
    )


def unit_rows(rows: Matrix) -> Matrix:
    """The rows at length 1; empty rows stay empty."""
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    return (sparse.diags(1 / np.where(lengths > 0, lengths, 1.0)) @ rows).tocsr()
