"""How alike two titles are: words that match or nearly do, codes and numbers shared or in conflict, meaning."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nlp.embedding import Encoder
from pipeline.resolve.counting import Integers
from pipeline.resolve.features import Features, Floats, Matrix, Titles, unit_rows
from pipeline.resolve.titles import is_code, numbers_in

# Chosen with the train and valid pairs of two product data sets; see corpus/README.md.
LIKENESS_MIN = 0.5  # words less alike in their letters are different words: "photoshop", "photography"
MATCH_MIN = 0.7  # words at least so alike are one word, written differently: "colour", "colours"
SHORTENED_LETTERS_MIN = 3  # a word of so many letters may be a longer one, cut short
SHORTENED_LIKENESS = 0.8  # of a word and what it was cut to
WORD_RUNS = (2, 3)  # letters in a run, when two words are compared
LISTING_RUNS = (3, 4)  # letters in a run, when two listings are compared
CHUNK_PAIRS = 4_000  # pairs compared at a time: bounds memory to about 4,000 x 12 x 12 crossings of words
AMOUNT_UNKNOWN = -1.0
AMOUNT_APART_MAX = 4.0  # beyond 55 times the price, how far is no matter


@dataclass(frozen=True, slots=True)
class Side:
    """The words of one side of a chunk of pairs, one after the other: of which pair, which word, how well matched.

    matched: 0 to 1, the likeness of the most similar word of the other side's title.
    """

    pair: Integers
    word: Integers
    matched: Floats


@dataclass(frozen=True, slots=True)
class Crossing:
    """Every word of the left title with every word of the right one: pair, the two places in Titles.word, likeness."""

    pair: Integers
    left: Integers
    right: Integers
    likeness: Floats


def compare_titles(features: Features, pairs: Integers) -> dict[str, Floats]:
    """Measure -> its value of every pair, for the measures that need each title's words matched with the other's."""
    letters = unit_rows(_letter_rows(features.titles.words, WORD_RUNS))
    codes = np.array([is_code(word) for word in features.titles.words], dtype=bool)
    chunks = [pairs[start : start + CHUNK_PAIRS] for start in range(0, len(pairs), CHUNK_PAIRS)] or [pairs]
    found = [_compare_chunk(features, chunk, letters, codes) for chunk in chunks]
    return {name: np.concatenate([one[name] for one in found]) for name in found[0]}


def title_heads(features: Features, pairs: Integers) -> dict[str, Floats]:
    """1 where the first word of each title stands somewhere in the other listing, else 0."""
    head = features.title_heads
    left, right = pairs[:, 0], pairs[:, 1]
    return {"title_heads": np.minimum(_says(features, right, head[left]), _says(features, left, head[right]))}


def letter_likeness(features: Features, pairs: Integers) -> dict[str, Floats]:
    """Cosine of the listings' runs of letters within words, weighed by rarity; the title's words count more."""
    titles = features.titles
    single = np.array([number for number, term in enumerate(features.terms) if " " not in term], dtype=np.int64)
    of_terms = _letter_rows([*(features.terms[number] for number in single), *titles.words], LISTING_RUNS)
    runs = sparse.hstack([features.counts[:, single], _title_rows(titles)]).tocsr() @ of_terms
    runs.data = 1 + np.log(runs.data)
    listings_with = np.bincount(runs.indices, minlength=runs.shape[1])
    rarity = np.log((1 + len(features)) / (1 + listings_with)) + 1
    return {"letter_likeness": _cosines(unit_rows(runs @ sparse.diags(rarity)), pairs)}


def title_meaning(features: Features, pairs: Integers) -> dict[str, Floats]:
    """Cosine of the titles' static vectors (nlp.embedding): words that differ and mean the same."""
    vectors = _title_rows(features.titles) @ _encoder().sums(features.titles.words).astype(np.float64)
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))[:, None]
    vectors = vectors / np.where(lengths > 0, lengths, 1.0)
    return {"title_meaning": np.einsum("ij,ij->i", vectors[pairs[:, 0]], vectors[pairs[:, 1]])}


def compare_numbers(features: Features, pairs: Integers) -> dict[str, Floats]:
    """Of the numbers in the titles (versions, sizes, years) the share that both have, and how many are in conflict."""
    rows = _number_rows(features.titles)
    shared = _sums(rows[pairs[:, 0]].multiply(rows[pairs[:, 1]]))
    left, right = (_sums(rows)[pairs[:, side]] for side in (0, 1))
    either = left + right - shared
    share = np.where(either > 0, shared / np.maximum(either, 1), 0.5)  # no numbers at all: neither for nor against
    return {"same_numbers": share, "number_conflict": np.minimum(left, right) - shared}


def amounts_apart(features: Features, pairs: Integers) -> dict[str, Floats]:
    """How many times one price is the other, as a natural logarithm; AMOUNT_UNKNOWN where either has none."""
    amounts = features.amounts[pairs]
    known = (amounts > 0).all(axis=1)
    apart = np.full(len(pairs), AMOUNT_UNKNOWN)
    apart[known] = np.abs(np.diff(np.log(amounts[known]), axis=1)).ravel()
    return {"amount_apart": np.minimum(apart, AMOUNT_APART_MAX)}


def _compare_chunk(features: Features, pairs: Integers, letters: Matrix, codes: np.ndarray) -> dict[str, Floats]:
    titles, size = features.titles, len(pairs)
    crossing = _cross(titles, pairs, letters)
    left, right = _sides(titles, pairs, crossing)
    covers = np.array([_cover(titles, side, size) for side in (left, right)])
    misses = np.array([_rarest(titles, side, side.matched < MATCH_MIN, size) for side in (left, right)])
    both_codes = codes[titles.word[crossing.left]] & codes[titles.word[crossing.right]]
    said = np.array(
        [
            _codes_said(features, side, others, codes, size)
            for side, others in ((left, pairs[:, 1]), (right, pairs[:, 0]))
        ]
    )
    return {
        "title_cover_least": covers.min(axis=0),
        "title_cover_most": covers.max(axis=0),
        "rarest_same_word": _rarest(titles, left, left.matched >= MATCH_MIN, size),
        "rarest_other_word_least": misses.min(axis=0),
        "rarest_other_word_most": misses.max(axis=0),
        "same_code": _rarest(titles, left, codes[left.word] & (left.matched > 1 - 1e-9), size),
        "code_likeness": _greatest(crossing.pair[both_codes], crossing.likeness[both_codes], size),
        "code_said": np.nan_to_num(said).max(axis=0),
        "code_missing": (said == 0).sum(axis=0).astype(np.float64),
    }


def _cross(titles: Titles, pairs: Integers, letters: Matrix) -> Crossing:
    """All crossings of a chunk of pairs, in order of pair and left place."""
    first, count = titles.starts[pairs], titles.starts[pairs + 1] - titles.starts[pairs]
    crossings = count[:, 0] * count[:, 1]
    pair = np.repeat(np.arange(len(pairs)), crossings)
    place = np.arange(len(pair)) - np.repeat(np.cumsum(crossings) - crossings, crossings)
    width = np.maximum(count[pair, 1], 1)
    left, right = first[pair, 0] + place // width, first[pair, 1] + place % width
    return Crossing(pair, left, right, _word_likeness(titles, titles.word[left], titles.word[right], letters))


def _word_likeness(titles: Titles, left: Integers, right: Integers, letters: Matrix) -> Floats:
    """How alike the words of the same place are, 0 to 1. Each two words are compared once."""
    width = max(len(titles.words), 1)
    each, number = np.unique(left * width + right, return_inverse=True)
    one, other = each // width, each % width
    likeness = np.minimum(_cosines(letters, np.column_stack([one, other])), 1.0)
    likeness = np.where(likeness >= LIKENESS_MIN, likeness, 0.0)
    words = np.array(titles.words, dtype=np.str_)
    likeness = np.maximum(likeness, np.where(_shortened(words[one], words[other]), SHORTENED_LIKENESS, 0.0))
    return likeness[number]


def _shortened(left: NDArray[np.str_], right: NDArray[np.str_]) -> NDArray[np.bool_]:
    """Where one word begins the other and both are letters only: "prof" and "professional"."""
    begins = np.strings.startswith(left, right) | np.strings.startswith(right, left)
    is_long = np.minimum(np.strings.str_len(left), np.strings.str_len(right)) >= SHORTENED_LETTERS_MIN
    return np.asarray(begins & is_long & np.strings.isalpha(left) & np.strings.isalpha(right))


def _sides(titles: Titles, pairs: Integers, crossing: Crossing) -> tuple[Side, Side]:
    """Both titles of each pair with the best match of each word, written as one word or as two."""
    matched = []
    for side, here, there in ((0, crossing.left, crossing.right), (1, crossing.right, crossing.left)):
        starts, counts = _flat(titles, pairs[:, side])
        flat = here - titles.starts[pairs[crossing.pair, side]] + starts[crossing.pair]
        best = _greatest(flat, crossing.likeness, int(counts.sum()))
        parted = titles.joined[here] == titles.word[there]
        best[flat[parted]] = best[flat[parted] + 1] = 1.0  # "movie factory" here, "moviefactory" there
        best[flat[titles.joined[there] == titles.word[here]]] = 1.0  # and the other way round
        pair = np.repeat(np.arange(len(pairs)), counts)
        place = np.arange(len(pair)) - starts[pair] + titles.starts[pairs[pair, side]]
        matched.append(Side(pair, titles.word[place], best))
    return matched[0], matched[1]


def _flat(titles: Titles, rows: Integers) -> tuple[Integers, Integers]:
    """Where each row's words begin when the rows' words stand one after the other, and how many there are of each."""
    counts = titles.starts[rows + 1] - titles.starts[rows]
    return np.cumsum(counts) - counts, counts


def _cover(titles: Titles, side: Side, size: int) -> Floats:
    """The share of each title, by rarity, that is matched."""
    rarity = titles.rarity[side.word]
    total = np.bincount(side.pair, weights=rarity, minlength=size)
    covered: Floats = np.bincount(side.pair, weights=rarity * side.matched, minlength=size) / np.maximum(total, 1e-9)
    return covered


def _rarest(titles: Titles, side: Side, chosen: np.ndarray, size: int) -> Floats:
    """The rarity of the rarest of the chosen words of each pair; 0 without any."""
    return _greatest(side.pair[chosen], titles.rarity[side.word[chosen]], size)


def _codes_said(features: Features, side: Side, others: Integers, codes: np.ndarray, size: int) -> Floats:
    """For each pair 1 where a code of this side's title stands in the other listing, 0 where none, nan without code."""
    chosen = codes[side.word]
    pair, word = side.pair[chosen], side.word[chosen]
    in_text = _says(features, others[pair], features.titles.term[word])
    in_title = side.matched[chosen] > 1 - 1e-9
    said = _greatest(pair, np.maximum(in_text, in_title), size)
    has_code = np.bincount(pair, minlength=size) > 0
    return np.where(has_code, said, np.nan)


def _says(features: Features, rows: Integers, terms: Integers) -> Floats:
    """1 where the listing has the term of the same place, 0 where not or where the term is none (-1)."""
    says = np.zeros(len(rows))
    known = np.flatnonzero(terms >= 0)
    if len(known):
        says[known] = np.asarray(features.says[rows[known], terms[known]]).ravel()
    return says


def _greatest(group: Integers, values: Floats, size: int) -> Floats:
    """The greatest value of each group 0..size-1; 0 for a group without any."""
    greatest = np.zeros(size)
    np.maximum.at(greatest, group, values)
    return greatest


def _letter_rows(words: Sequence[str], lengths: Sequence[int]) -> Matrix:
    """Words x runs of letters of these lengths, counted. "^" and "$" mark a word's ends."""
    marked = (f"^{word}$" for word in words)
    return _counted([text[at : at + n] for n in lengths for at in range(len(text) - n + 1)] for text in marked)


def _number_rows(titles: Titles) -> Matrix:
    """Listings x numbers: 1 where a title has the number."""
    of_words = _counted(numbers_in(word) for word in titles.words)
    return ((_title_rows(titles) @ of_words) > 0).astype(np.float64).tocsr()


def _title_rows(titles: Titles) -> Matrix:
    """Listings x words of titles: how often the title has the word."""
    shape = (len(titles.starts) - 1, len(titles.words))
    return sparse.csr_matrix((np.ones(len(titles.word)), titles.word, titles.starts), shape)


def _counted(texts: Iterable[list[str]]) -> Matrix:
    """Texts x what they hold, each counted."""
    number: dict[str, int] = {}
    columns: list[int] = []
    ends = [0]
    for held in texts:
        columns.extend(number.setdefault(one, len(number)) for one in held)
        ends.append(len(columns))
    rows = sparse.csr_matrix((np.ones(len(columns)), columns, ends), (len(ends) - 1, len(number)))
    rows.sum_duplicates()
    return rows


def _cosines(rows: Matrix, pairs: Integers) -> Floats:
    return _sums(rows[pairs[:, 0]].multiply(rows[pairs[:, 1]]))


def _sums(rows: Matrix) -> Floats:
    sums: Floats = np.asarray(rows.sum(axis=1)).ravel()
    return sums


@cache
def _encoder() -> Encoder:
    return Encoder.load()
