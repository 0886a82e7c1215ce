"""Why each listing was joined to its innovation, in words that a person can check against the two pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.resolve.features import Features
from pipeline.resolve.match_model import MatchDetail, MatchModel
from pipeline.resolve.words import as_written, sentences

NAMES_MAX = 3  # of an innovation
NAME_SHARE_MIN = 0.5  # of its listings that must have a name

# Measures that say nothing beyond the shared words that are listed anyway.
SHOWN_AS_WORDS = frozenset({"shared_names", "rare_terms", "figures", "shared_place", "marked_name"})


@dataclass(frozen=True, slots=True)
class Partner:
    """The listing of the same innovation that a listing is most like, with score and detail; rows of Features."""

    row: int
    partner: int
    score: float
    detail: MatchDetail


def best_partners(
    clusters: Sequence[Sequence[int]], scores: Mapping[tuple[int, int], float], features: Features, model: MatchModel
) -> dict[int, Partner]:
    """Row -> its best partner, for every row of a cluster with two or more. Equal partners are settled by row order."""
    chosen: list[tuple[int, int]] = []
    for members in clusters:
        for row in members:
            others = sorted(set(members) - {row})
            if others:
                chosen.append((row, max(others, key=lambda other: round(_score(scores, row, other), 6))))
    if not chosen:
        return {}
    explained = model.explain_pairs(features, np.array(chosen, dtype=np.int64))
    return {
        row: Partner(row, partner, score, detail)
        for (row, partner), (score, detail) in zip(chosen, explained, strict=True)
    }


def _score(scores: Mapping[tuple[int, int], float], row: int, other: int) -> float:
    return scores.get((min(row, other), max(row, other)), 0.0)


def in_words(detail: MatchDetail, text: str) -> list[str]:
    """The reasons as short lines; shared words as `text`, the listing's title and text, writes them."""
    shared, read = detail.shared, list(sentences(text))
    found = (("both name", shared.names), ("both say", shared.terms), ("both name the place", shared.places))
    lines = [f"{phrase}: {', '.join(as_written(term, read) for term in terms)}" for phrase, terms in found if terms]
    if shared.figures:
        lines.append(f"both give the figure: {', '.join(shared.figures)}")
    return [*lines, *detail.reasons(without=SHOWN_AS_WORDS)]


def central_names(features: Features, rows: Sequence[int]) -> list[str]:
    """The names, in normal form, that carry an innovation: heaviest first, each in at least half of its listings."""
    weights = features.names[list(rows)]
    shares = np.asarray((weights > 0).sum(axis=0)).ravel() / len(rows)
    sums = np.asarray(weights.sum(axis=0)).ravel() * (shares >= NAME_SHARE_MIN)
    best = np.argsort(-np.round(sums, 9), kind="stable")[:NAMES_MAX]
    return [features.terms[column] for column in best if sums[column] > 0]
