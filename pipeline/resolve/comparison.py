"""How alike two listings are, measure by measure, and what they share in words that a person can check."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from pipeline.resolve.counting import Integers
from pipeline.resolve.features import Features, Floats, Matrix
from pipeline.resolve.title_comparison import (
    amounts_apart,
    compare_numbers,
    compare_titles,
    letter_likeness,
    title_heads,
    title_meaning,
)

# Name of each measure -> what it says to people. The order is that of the columns and of the model's coefficients.
# These are the measures of the catalogue's model; PRODUCT_MEASURES below adds what helps on short records of goods.
MEASURES = {
    "text_likeness": "the texts are about the same things",
    "shared_names": "they name the same products or programmes",
    "name_likeness": "the names in them are mostly the same",
    "rare_terms": "they share rare words",
    "figures": "they give the same figures",
    "title_in_text": "the title of one stands in the text of the other",
    "shared_place": "they name the same place or organisation",
    "marked_name": "they share an unusual name",
    "title_heads": "each title begins with a word that the other says",
}
PRODUCT_MEASURES = {
    **MEASURES,
    "letter_likeness": "they are written in the same letters, however words are parted or shortened",
    "title_meaning": "the titles mean the same",
    "title_cover_least": "the words of both titles are mostly the same",
    "title_cover_most": "the title of one is contained in the title of the other",
    "rarest_same_word": "the titles share a rare word",
    "rarest_other_word_least": "at most one title has a rare word that the other lacks",
    "rarest_other_word_most": "no title has a rare word that the other lacks",
    "same_code": "the titles share a code or model number",
    "code_likeness": "the titles have codes or model numbers that are alike",
    "code_said": "the code or model number in the title of one stands in the other",
    "code_missing": "no code or model number of a title is missing in the other",
    "same_numbers": "the titles have the same numbers",
    "number_conflict": "the numbers in the titles do not conflict",
    "amount_apart": "the prices are near each other",
}
NAME_SCALE = 5.0  # brings a name's weight (its rarity at most: 6.7 at 800 listings) near 1
SHOWN_MAX = 5  # shared words of each kind that a detail names
SHOWN_LISTINGS_MAX = 40  # a name on more listings tells nobody anything: "NHS", "GP"

# Two products of one family: "X" and "X mini". Written as a rule and not learnt, because the known duplicates hold one
# such family only, and a rule learnt from one family says nothing of the next.
FAMILY_LISTINGS_MAX = 40  # a name on more listings is no product's
FAMILY_NAME_COUNT_MIN = 2  # the other listing is about the family when it says the name at least so often
VARIANT_COUNT_MIN = 3  # the first listing is about the variant when it says it so often (its title counts twice)
VARIANT_PENALTY_SCALE = 1.2
VARIANT_PENALTY_MAX = 0.95


@dataclass(frozen=True, slots=True)
class Compared:
    """What was found of pairs, in their order: measures, (pairs, measures); penalties and mirrors, (pairs,).

    penalties: see variant_penalties. mirrors: 1 where both are one page at two addresses, else 0.
    """

    measures: Floats
    penalties: Floats
    mirrors: Floats


@dataclass(frozen=True, slots=True)
class Shared:
    """What two listings have in common, strongest first."""

    names: list[str]
    terms: list[str]
    figures: list[str]
    places: list[str]


def compare_pairs(features: Features, pairs: Integers) -> Compared:
    """Everything that a score is made of."""
    return Compared(measure_pairs(features, pairs), variant_penalties(features, pairs), _mirrors(features, pairs))


def measure_pairs(features: Features, pairs: Integers, names: Collection[str] = tuple(MEASURES)) -> Floats:
    """Every named measure of every pair; shape (pairs, names), columns in the order of the names."""
    columns: dict[str, Floats] = {}
    for measured in dict.fromkeys(MEASURED_BY[name] for name in names):
        columns.update(measured(features, pairs))
    return np.column_stack([columns[name] for name in names])


def _compare_texts(features: Features, pairs: Integers) -> dict[str, Floats]:
    left, right = pairs[:, 0], pairs[:, 1]
    names = features.names[left].multiply(features.names[right]).sqrt().tocsr()
    return {
        "text_likeness": _products(features.text, left, right),
        "shared_names": np.log1p(_sums(names)),
        "name_likeness": _products(features.names_unit, left, right),
        "rare_terms": np.log1p(_products(features.rare, left, right)),
        "figures": np.log1p(_products(features.figures, left, right)),
        "title_in_text": np.maximum(_title_cover(features, left, right), _title_cover(features, right, left)),
        "shared_place": _largest(features.places, left, right),
        "marked_name": _largest(features.marked, left, right),
    }


def variant_penalties(features: Features, pairs: Integers) -> Floats:
    """For every pair how surely it is two products of one family: 0 (not at all) to VARIANT_PENALTY_MAX."""
    variants = _title_variants(features)
    says = features.counts
    penalties = np.zeros(len(pairs))
    if not variants:
        return penalties
    for place, (left, right) in enumerate(pairs.tolist()):
        both = ((left, right), (right, left))
        penalties[place] = max(_variant_weight(variants.get(one, ()), says, other) for one, other in both)
    return np.minimum(penalties * VARIANT_PENALTY_SCALE, VARIANT_PENALTY_MAX)


def shared_between(features: Features, left: int, right: int) -> Shared:
    """The names, rare words, figures and places that two rows share."""
    terms = features.terms

    def telling(row: Matrix) -> Matrix:
        return row.multiply(features.listings_with <= SHOWN_LISTINGS_MAX)

    names = _top(telling(features.names[left].multiply(features.names[right])), terms)
    places = _top(telling(features.places[left].multiply(features.places[right])), terms)
    rare = _top(features.rare[left].multiply(features.rare[right]), terms)
    figures = _top(features.figures[left].multiply(features.figures[right]), features.figure_terms)
    known = {word for name in (*names, *places) for word in (name, *name.split())}
    return Shared(names, [term for term in rare if term not in known], figures, places)


def _mirrors(features: Features, pairs: Integers) -> Floats:
    keys = np.array(features.mirror_keys, dtype=object)
    left, right = keys[pairs[:, 0]], keys[pairs[:, 1]]
    return np.array([float(one == other and one != "") for one, other in zip(left, right, strict=True)])


def _sums(rows: Matrix) -> Floats:
    sums: Floats = np.asarray(rows.sum(axis=1)).ravel()
    return sums


def _products(rows: Matrix, left: Integers, right: Integers) -> Floats:
    return _sums(rows[left].multiply(rows[right]))


def _largest(rows: Matrix, left: Integers, right: Integers) -> Floats:
    shared = rows[left].multiply(rows[right]).sqrt().tocsr()
    if not shared.shape[1]:
        return np.zeros(len(left))
    largest: Floats = shared.max(axis=1).toarray().ravel() / NAME_SCALE
    return largest


def _title_cover(features: Features, titled: Integers, other: Integers) -> Floats:
    """The share of one listing's title, by rarity, that the other listing says."""
    total = np.maximum(_sums(features.title), 1.0)
    cover: Floats = _sums(features.title[titled].multiply(features.says[other])) / total[titled]
    return cover


def _title_variants(features: Features) -> dict[int, list[tuple[int, int, float]]]:
    """Row -> (family name, variant, weight) for titles that say "NAME variant" and texts that repeat it."""
    column = {term: number for number, term in enumerate(features.terms)}
    marked = set(features.marked.indices.tolist())
    size = max(len(features), 2)
    found: dict[int, list[tuple[int, int, float]]] = {}
    repeated = features.counts.multiply(features.counts >= VARIANT_COUNT_MIN).tocoo()
    titled = features.title.astype(bool)
    for row, number in sorted(zip(repeated.row.tolist(), repeated.col.tolist(), strict=True)):
        head, _, tail = features.terms[number].partition(" ")
        if not tail or " " in tail or column.get(head) not in marked or tail not in column:
            continue
        if features.listings_with[column[head]] > FAMILY_LISTINGS_MAX or features.listings_with[number] < 2:
            continue
        if titled[row, column[head]] and titled[row, column[tail]]:
            rarity = np.log(size / features.listings_with[column[tail]]) / np.log(size)
            found.setdefault(row, []).append((column[head], number, float(rarity)))
    return found


def _variant_weight(variants: list[tuple[int, int, float]] | tuple[()], counts: Matrix, other: int) -> float:
    """The weight of the strongest variant whose family the other listing is about without ever naming the variant."""
    weights = [
        weight
        for family, variant, weight in variants
        if counts[other, family] >= FAMILY_NAME_COUNT_MIN and counts[other, variant] == 0
    ]
    return max(weights, default=0.0)


def _top(row: Matrix, terms: list[str]) -> list[str]:
    """The terms of a one-row matrix, heaviest first, at most SHOWN_MAX, none a part of a heavier one."""
    cells = sparse.coo_matrix(row)
    ranked = sorted(zip(cells.data.tolist(), (terms[column] for column in cells.col), strict=True), key=_heaviest)
    shown: list[str] = []
    for _, term in ranked:
        if not any(f" {term} " in f" {other} " or f" {other} " in f" {term} " for other in shown):
            shown.append(term)
    return shown[:SHOWN_MAX]


def _heaviest(cell: tuple[float, str]) -> tuple[float, str]:
    return (-cell[0], cell[1])


# Name of each measure -> the function that finds it, along with those that come of the same work.
MEASURED_BY: Mapping[str, Callable[[Features, Integers], dict[str, Floats]]] = {
    **dict.fromkeys(MEASURES, _compare_texts),
    **dict.fromkeys(PRODUCT_MEASURES.keys() - MEASURES.keys(), compare_titles),
    **dict.fromkeys(("same_numbers", "number_conflict"), compare_numbers),
    "title_heads": title_heads,
    "letter_likeness": letter_likeness,
    "title_meaning": title_meaning,
    "amount_apart": amounts_apart,
}
