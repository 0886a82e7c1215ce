"""Which of a listing's sentences to show for a theme: by the sentence's own score and how it stands in its text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from nlp.features import Batch, Floats
from nlp.reading import Reading

# Among 1, 5 and 20 (a theme's own weights) and 0.3, 1 and 3 (shared by all themes), by grouped cross-validation inside
# train + single: what few themes' quotes say of the manner of a sentence has to be shared.
OWN_PENALTY = 20.0
SHARED_PENALTY = 3.0
MAX_STEPS = 200
MANNERS = 12  # columns of `manner`
SHORT_WORDS, LONG_WORDS = 10, 40
COMMON_WORDS = 20.0  # a usual sentence's length; only the logarithm of the ratio counts
_POINTS_BACK = re.compile(r"(it|they|this|these|that|he|she|its|their|such|both|all|each|there)\b", re.IGNORECASE)
_SAYS = re.compile(r"\b(says|said|told|believes|hopes)\b")
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True)
class Ranking:
    """weights: themes x features, to be added to shared: features; see `manner` and `ranked`."""

    weights: Floats
    shared: Floats

    def ranked(self, scores: Floats, manners: Floats) -> Floats:
        """Units x themes: the higher, the better the sentence shows the theme among those of its document."""
        features = manners @ (self.weights[:, 2:] + self.shared[2:]).T
        own = self.weights[:, :2] + self.shared[:2]
        return np.asarray(features + scores * own[:, 0] + _confidence(scores) * own[:, 1])


def manner(batch: Batch, readings: Sequence[Reading]) -> Floats:
    """Units x 12: how a sentence stands in its text and is put, whatever it says; zeros for titles.

    First, second, last, relative place, length, short, long, likeness to title and to the whole text, a number, points
    back to another sentence, reported speech.
    """
    texts = [text for one in readings for text in ("", *(sentence.text for sentence in one.sentences))]
    sizes = np.diff(batch.edges)
    place = np.arange(len(texts)) - np.repeat(batch.edges[:-1], sizes) - 1
    last = np.repeat(sizes, sizes) - 2
    words = np.array([text.count(" ") + 1 for text in texts])
    title = np.einsum("ij,ij->i", batch.vectors, batch.vectors[batch.edges[:-1]][batch.owner])
    whole = np.einsum("ij,ij->i", batch.vectors, batch.document_vectors[batch.owner])
    columns = [
        place == 0,
        place == 1,
        place == last,
        place / np.maximum(last, 1),
        np.log(words / COMMON_WORDS),
        words < SHORT_WORDS,
        words > LONG_WORDS,
        title,
        whole,
        [_DIGIT.search(text) is not None for text in texts],
        [_POINTS_BACK.match(text) is not None for text in texts],
        [_SAYS.search(text) is not None for text in texts],
    ]
    features = np.column_stack([np.asarray(column, dtype=float) for column in columns])
    features[batch.titles] = 0.0
    return features


@dataclass(frozen=True)
class Choice:
    """One theme of one document: its sentences' units, and which of them an annotator quoted."""

    theme: int
    units: NDArray[np.intp]
    quoted: NDArray[np.bool_]


def fit_ranking(scores: Floats, manners: Floats, choices: Sequence[Choice]) -> Ranking:
    """The weights under which the quoted sentences are likeliest to be chosen (a softmax over each document).

    scores: units x themes, of models that have not seen the document. Only choices with a quoted sentence teach.
    """
    themes, width = scores.shape[1], manners.shape[1] + 2
    useful = [one for one in choices if one.quoted.any() and len(one.units) > 1]
    units, theme = np.concatenate([one.units for one in useful]), _spread(useful, [one.theme for one in useful])
    own = scores[units, theme][:, None]
    features = np.hstack([own, _confidence(own), manners[units]])
    quoted, group = np.concatenate([one.quoted for one in useful]), _spread(useful, list(range(len(useful))))
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    one_hot = np.eye(themes)[theme]
    penalty = np.vstack([np.full((themes, width), OWN_PENALTY), np.full((1, width), SHARED_PENALTY)])

    def loss(flat: Floats) -> tuple[float, Floats]:
        weights = flat.reshape(themes + 1, width)
        values = (features * (weights[theme] + weights[-1])).sum(axis=1)
        values = np.exp(values - np.maximum.reduceat(values, starts)[group])
        every, good = np.add.reduceat(values, starts), np.add.reduceat(values * quoted, starts) + 1e-12
        slope = values / every[group] - values * quoted / good[group]
        gradient = np.vstack([(one_hot * slope[:, None]).T @ features, (features.T @ slope)[None]]) + penalty * weights
        return float(np.log(every / good).sum() + 0.5 * (penalty * weights**2).sum()), gradient.ravel()

    found = minimize(loss, np.zeros((themes + 1) * width), jac=True, method="L-BFGS-B", options={"maxiter": MAX_STEPS})
    weights = found.x.reshape(themes + 1, width)
    return Ranking(weights[:-1], weights[-1])


def _confidence(scores: Floats) -> Floats:
    """Log odds as probabilities, scaled to weigh about as much."""
    return np.asarray(3 / (1 + np.exp(-np.clip(scores, -30, 30))))


def _spread(choices: Sequence[Choice], values: Sequence[int]) -> NDArray[np.intp]:
    return np.repeat(np.asarray(values, dtype=np.intp), [len(one.units) for one in choices])
