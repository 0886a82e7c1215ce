"""Listings to counts: which words, names and figures a listing has, how often, and how they are written.

A record of counts is all that comparing needs. It is kept packed in the database, so that a listing is read once and
not again for each listing that it is compared with.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from functools import cache, lru_cache
from math import nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from db.keys import digest
from db.regions import known_regions
from pipeline.resolve.names import WRITINGS, count_writing
from pipeline.resolve.titles import title_words
from pipeline.resolve.words import STOPWORDS, Word, figures, sentences

Integers = NDArray[np.int64]
Array = NDArray[Any]

TITLE_WEIGHT = 2  # a word of the title counts like two of the text; chosen by cross-validation (corpus/README.md)
RUN_LENGTH_MAX = 2  # words in a run that is counted as one term: "integrated health"; three made no difference
BRIDGES = frozenset({"of", "and", "for", "to", "the"})  # these do not end a run: "transfer of care"
KEY_BITS = 48  # of a term's key: among ten million terms the chance that a given one shares its key is 4 in 100 million
KEYS_KEPT = 200_000  # keys kept as computed, since most terms of a text were met before
COUNT_MAX = 255  # a word that is said more often says no more


@dataclass(frozen=True, slots=True)
class ListingText:
    """One listing to be compared with others. amount: a price in one currency for all, or nan where there is none."""

    id: str
    title: str
    text: str
    url: str
    amount: float = nan


@dataclass(frozen=True, slots=True)
class Record:
    """What one listing says, as counts; cell k is the term with keys[k], and keys rise.

    count: how often, words of the title counted twice; capitals: how many of them as a name; in_title and marked: 0 or
    1, marked meaning written as only names are (acronym, camel case, letters with digits). words: shape (cells,
    RUN_LENGTH_MAX), the places (from 1, 0 for none) of the cells of a run's words; a single word has its own place
    first. writing: shape (cells, 4), see names.WRITINGS. figures: the keys of the figures. title_head: the key of the
    title's first word, 0 without one. mirror_key and copy_key: what is equal where address or text is one (empty: equal
    to none). terms, figure_terms, title_words, amount: the terms and figures in words, the title's words in order and
    the price, where the record was read from its text; not there when it comes packed from the database.
    """

    id: str
    mirror_key: str
    copy_key: str
    keys: Integers
    count: Array
    capitals: Array
    in_title: Array
    marked: Array
    words: Array
    writing: Array
    figures: Integers
    title_head: int
    terms: tuple[str, ...] = ()
    figure_terms: tuple[str, ...] = ()
    title_words: tuple[str, ...] = ()
    amount: float = nan

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def is_run(self) -> Array:
        """Whether each cell is a run of two words or more."""
        runs: Array = self.words[:, 1] > 0
        return runs


@lru_cache(maxsize=KEYS_KEPT)
def term_key(term: str) -> int:
    """The number that stands for a term wherever terms are kept: 48 bits of its BLAKE2 digest."""
    return int.from_bytes(hashlib.blake2b(term.encode("utf-8", "surrogatepass"), digest_size=KEY_BITS // 8).digest())


def figure_key(figure: str) -> int:
    """The same of a figure: it never is the key of a word."""
    return term_key(f"figure {figure}")


def mirror_key(url: str) -> str:
    """An address without what tells mirrors apart.

    That is scheme, www, fragment, trailing slash, an index page's name, upper case, and the domain that one of the
    networks had before it got its present one.
    """
    address = re.sub(r"^https?://(www\.)?", "", url.strip().lower().partition("#")[0])
    host, slash, path = re.sub(r"/index\.(html?|php|aspx?)$", "", address).rstrip("/").partition("/")
    return f"{_present_domains().get(host, host)}{slash}{path}"


@cache
def _present_domains() -> dict[str, str]:
    """Former domain -> present domain of the 15 networks, without www."""
    pairs = ((row["former_domain"], row["domain"]) for row in known_regions())
    return {old.removeprefix("www."): new.removeprefix("www.") for old, new in pairs if old and new}


def copy_key(text: str) -> str:
    """Digest of a text without what copying changes: spacing and upper case; empty for a text without words."""
    words = text.casefold().split()
    return digest(*words) if words else ""


def read_listing(listing: ListingText) -> Record:
    """Count one listing's words, names and figures."""
    counted = _Counted()
    for sentence in sentences(listing.title):
        counted.add(sentence, weight=TITLE_WEIGHT, in_title=1)
    for sentence in sentences(listing.text):
        count_writing(sentence, counted.writing)
        counted.add(sentence, weight=1, in_title=0)
    found = sorted((figure_key(figure), figure) for figure in figures(f"{listing.title}. {listing.text}"))
    return counted.record(listing, found)


@dataclass(slots=True)
class _Counted:
    """cells: term -> [count, capitals, in title, marked]; writing: word -> numbers, as names.count_writing has it."""

    cells: dict[str, list[int]] = field(default_factory=dict)
    writing: dict[str, list[int]] = field(default_factory=dict)

    def add(self, sentence: list[Word], *, weight: int, in_title: int) -> None:
        """Count a sentence's words, and its runs of neighbouring words."""
        before: list[Word] = []
        for word in sentence:
            if not word.is_content:
                before = before if word.form in BRIDGES else []
                continue
            for part in word.parts:
                if len(part) > 1 and part not in STOPWORDS:
                    self._count(part, weight, 0, in_title, 0)
            for length in range(len(before) + 1):
                self._count_run([*before[len(before) - length :], word], weight, in_title)
            before = [*before, word][1 - RUN_LENGTH_MAX :]

    def _count_run(self, run: list[Word], weight: int, in_title: int) -> None:
        is_name = all(one.is_capital for one in run)
        marked = int(any(one.is_marked for one in run))
        self._count(" ".join(one.form for one in run), weight, weight if is_name else 0, in_title, marked)

    def _count(self, term: str, count: int, capitals: int, in_title: int, marked: int) -> None:
        cell = self.cells.setdefault(term, [0, 0, 0, 0])
        cell[0] += count
        cell[1] += capitals
        cell[2] |= in_title
        cell[3] |= marked

    def record(self, listing: ListingText, found: list[tuple[int, str]]) -> Record:
        """Everything counted, cells in order of their keys."""
        terms = sorted(self.cells, key=term_key)
        place = {term: number for number, term in enumerate(terms, start=1)}
        cells = np.array([self.cells[term] for term in terms], dtype=np.int64).reshape(-1, 4)
        words = np.zeros((len(terms), RUN_LENGTH_MAX), dtype=np.int32)
        writing = np.zeros((len(terms), len(WRITINGS)), dtype=np.int64)
        for row, term in enumerate(terms):
            forms = term.split()
            words[row, : len(forms)] = [place[form] for form in forms]
            writing[row] = self.writing.get(term, (0,) * len(WRITINGS))
        count, capitals, in_title, marked = np.minimum(cells, COUNT_MAX).astype(np.uint8).T
        read = tuple(title_words(listing.title))
        return Record(
            listing.id, mirror_key(listing.url), copy_key(listing.text), np.array([*map(term_key, terms)], np.int64),
            count, capitals, in_title, marked, words, np.minimum(writing, COUNT_MAX).astype(np.uint8),
            np.array([key for key, _ in found], dtype=np.int64), term_key(read[0]) if read else 0,
            tuple(terms), tuple(figure for _, figure in found), read, listing.amount,
        )  # fmt: skip
