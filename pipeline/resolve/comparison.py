"""How alike two listings are, measure by measure, and what they share in words that a person can check."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from pipeline.resolve.counting import Integers
from pipeline.resolve.features import REFERENCE_SIZE, Features, Floats, Matrix, rarity
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
RARITY_MAX = np.log(REFERENCE_SIZE)
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


def shared_between(features: Features, pairs: Integers) -> list[Shared]:
    """For each pair the names, rare words, figures and places that its two rows share."""
    left, right = pairs[:, 0], pairs[:, 1]
    telling = sparse.diags((features.listings_with <= SHOWN_LISTINGS_MAX).astype(np.float64))
    names, places, rare = (
        rows[left].multiply(rows[right]) for rows in (features.names, features.places, features.rare)
    )
    found = (
        _top_terms(names @ telling, features.terms),
        _top_terms(rare, features.terms),
        _top_terms(features.figures[left].multiply(features.figures[right]), features.figure_terms),
        _top_terms(places @ telling, features.terms),
    )
    return [
        Shared(of_names, _without(of_terms, (*of_names, *of_places)), of_figures, of_places)
        for of_names, of_terms, of_figures, of_places in zip(*found, strict=True)
    ]


def _without(terms: list[str], names: tuple[str, ...]) -> list[str]:
    """The terms that are no names shown already, nor words of such."""
    known = {word for name in names for word in (name, *name.split())}
    return [term for term in terms if term not in known]


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
    marked = np.zeros(len(features.heads), dtype=bool)
    marked[features.marked.indices] = True
    is_family = marked & (features.listings_with <= FAMILY_LISTINGS_MAX)
    is_variant = (features.heads >= 0) & (features.listings_with >= 2)
    is_variant[is_variant] &= is_family[features.heads[is_variant]]
    found: dict[int, list[tuple[int, int, float]]] = {}
    repeated = features.counts.multiply(features.counts >= VARIANT_COUNT_MIN).tocoo()
    titled = features.title.astype(bool)
    chosen = is_variant[repeated.col]
    for row, number in sorted(zip(repeated.row[chosen].tolist(), repeated.col[chosen].tolist(), strict=True)):
        head, tail = int(features.heads[number]), int(features.tails[number])
        if titled[row, head] and titled[row, tail]:
            rare = rarity(features.listings_with[tail : tail + 1], features.size)[0] / RARITY_MAX
            found.setdefault(row, []).append((head, number, float(rare)))
    return found


def _variant_weight(variants: list[tuple[int, int, float]] | tuple[()], counts: Matrix, other: int) -> float:
    """The weight of the strongest variant whose family the other listing is about without ever naming the variant."""
    weights = [
        weight
        for family, variant, weight in variants
        if counts[other, family] >= FAMILY_NAME_COUNT_MIN and counts[other, variant] == 0
    ]
    return max(weights, default=0.0)


def _top_terms(rows: Matrix, terms: list[str]) -> list[list[str]]:
    """For each row its terms, heaviest first, at most SHOWN_MAX, none a part of a heavier one."""
    rows = rows.tocsr()
    rows.eliminate_zeros()
    bounds = zip(rows.indptr[:-1].tolist(), rows.indptr[1:].tolist(), strict=True)
    return [_top(rows.data[start:end], [terms[column] for column in rows.indices[start:end]]) for start, end in bounds]


def _top(weights: Floats, terms: list[str]) -> list[str]:
    shown: list[str] = []
    for _, term in sorted(zip((-weights).tolist(), terms, strict=True)):
        if not any(f" {term} " in f" {other} " or f" {other} " in f" {term} " for other in shown):
            shown.append(term)
    return shown[:SHOWN_MAX]


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
