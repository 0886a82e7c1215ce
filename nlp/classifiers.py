"""The fitted models: themes (documents and sentences together), the primary theme, and listing or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray

from nlp.features import Batch, Floats, Matrix, Table, weighted
from nlp.ranking import Ranking, manner
from nlp.reading import Reading

# The training texts have 5 to 9 sentences; on a longer page only its best ones speak, or length itself would.
POOLED_SENTENCES = 6
FLOOR = 1e-6


@dataclass(frozen=True)
class Linear:
    """Logistic regressions side by side: weights, classes x features; bias, one a class."""

    weights: Floats
    bias: Floats

    def decision(self, table: Table) -> Floats:
        """Rows x classes, as log odds."""
        split = table.sparse.shape[1]
        sparse_part, dense_part = self.weights[:, :split], self.weights[:, split:]
        return np.asarray(table.sparse @ sparse_part.T + table.dense @ dense_part.T + self.bias)


@dataclass(frozen=True)
class Scores:
    """What the models say of a batch.

    themes: documents x themes, calibrated probabilities. primary: documents x themes, log preference. sentences:
    units x themes, log odds that the sentence carries the theme. ranks: units x themes, the higher the better the
    sentence shows the theme within its document. listing: documents, log odds by the words alone.
    """

    themes: Floats
    primary: Floats
    sentences: Floats
    ranks: Floats
    listing: Floats


@dataclass(frozen=True)
class Models:
    """All fitted parameters, as arrays; made by nlp.train, kept by nlp.model_files.

    blend: themes x 4: weights of the document's log odds, the best sentence's, the pooled sentences' and the bias.
    thresholds: the probability from which a theme is given; fallback: the least at which the best theme is given alone.
    rules: weights of the page rules' points and of the text model's log odds in the listing decision, and the bias.
    """

    vocabulary: tuple[str, ...]
    document_frequency: Floats
    sentence_frequency: Floats
    document: Linear
    sentence: Linear
    primary: Linear
    listing: Linear
    ranking: Ranking
    blend: Floats
    thresholds: Floats
    fallback: float
    rules: Floats
    listing_threshold: float

    def scores(self, batch: Batch, readings: Sequence[Reading]) -> Scores:
        """Score a batch of documents; `readings`: those that the batch was made of."""
        documents = document_table(batch, self.document_frequency)
        sentences = self.sentence.decision(sentence_table(batch, self.sentence_frequency))
        themes = blended(self.document.decision(documents), sentences, batch, self.blend)
        primary = log_softmax(self.primary.decision(primary_table(documents, batch))) + np.log(themes + FLOOR)
        ranks = self.ranking.ranked(sentences, manner(batch, readings))
        return Scores(themes, primary, sentences, ranks, self.listing.decision(documents).ravel())


def document_table(batch: Batch, frequency: Floats) -> Table:
    """Documents x (vocabulary + cue columns + word classes | vector)."""
    blocks = [
        weighted_documents(batch, frequency),
        sparse.csr_matrix(batch.document_cues()),
        sparse.csr_matrix(batch.document_classes()),
    ]
    return Table(sparse.hstack(blocks).tocsr(), batch.document_vectors.astype(float))


def weighted_documents(batch: Batch, frequency: Floats) -> Matrix:
    """Documents x vocabulary, TF-IDF."""
    return weighted(batch.document_words(), frequency)


def primary_table(documents: Table, batch: Batch) -> Table:
    """Documents x (their table's columns + what stands in title and first sentence | their vector + those two's)."""
    prominent = batch.prominent()
    return Table(
        sparse.hstack([documents.sparse, prominent.sparse]).tocsr(), np.hstack([documents.dense, prominent.dense])
    )


def sentence_table(batch: Batch, frequency: Floats) -> Table:
    """Units x (vocabulary + cue columns + word classes | vector)."""
    return Table(
        sparse.hstack([weighted(batch.words, frequency), batch.unit_cues()]).tocsr(), batch.vectors.astype(float)
    )


def blended(document: Floats, sentences: Floats, batch: Batch, blend: Floats) -> Floats:
    """Calibrated probabilities from the two views of a document (documents x themes)."""
    best, pooled = pool(sentences, batch)
    log_odds = blend[:, 0] * document + blend[:, 1] * best + blend[:, 2] * pooled + blend[:, 3]
    return logistic(log_odds)


def pool(sentences: Floats, batch: Batch) -> tuple[Floats, Floats]:
    """Documents x themes: the best unit's log odds, and -ln(probability that none of the best six carries it)."""
    shape = (batch.documents, sentences.shape[1])
    best, pooled = np.zeros(shape), np.zeros(shape)
    edges = np.flatnonzero(np.append(batch.titles, True))
    misses = np.logaddexp(0, sentences)  # -ln(1 - p)
    for place, (start, end) in enumerate(pairwise(edges)):
        best[place] = sentences[start:end].max(axis=0)
        rows = misses[start:end]
        if end - start > POOLED_SENTENCES:
            rows = np.partition(rows, end - start - POOLED_SENTENCES, axis=0)[-POOLED_SENTENCES:]
        pooled[place] = rows.sum(axis=0)
    return best, pooled


def logistic(log_odds: Floats) -> Floats:
    """Log odds to probability."""
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -30, 30))))


def log_softmax(values: Floats) -> Floats:
    """Rows of log odds to log probabilities."""
    top = values.max(axis=1, keepdims=True)
    return np.asarray(values - top - np.log(np.exp(values - top).sum(axis=1, keepdims=True)))


def chosen(themes: Floats, models: Models) -> NDArray[np.bool_]:
    """Which themes each document gets: all above their threshold; if none, the best one when above the fallback."""
    given = themes >= models.thresholds
    best = themes.argmax(axis=1)
    alone = ~given.any(axis=1) & (themes.max(axis=1) >= models.fallback)
    given[np.flatnonzero(alone), best[alone]] = True
    return np.asarray(given)


def listing_probability(points: Floats, text_log_odds: Floats, rules: Floats) -> Floats:
    """The probability that pages are listings, from the page rules' points and the text model's log odds."""
    return logistic(rules[0] * points + rules[1] * text_log_odds + rules[2])


def to_arrays(models: Models) -> dict[str, Any]:
    """The models as plain arrays and strings, for a file."""
    arrays: dict[str, Any] = {}
    for item in fields(models):
        value = getattr(models, item.name)
        if isinstance(value, Linear):
            arrays |= {f"{item.name}.weights": value.weights.astype(np.float32), f"{item.name}.bias": value.bias}
        elif isinstance(value, Ranking):
            arrays |= {"ranking.themes": value.weights, "ranking.shared": value.shared}
        else:
            arrays[item.name] = "\n".join(value) if item.name == "vocabulary" else np.asarray(value)
    return arrays


def from_arrays(arrays: dict[str, Any]) -> Models:
    """The models from what `to_arrays` made; raises KeyError when a part is missing."""
    values: dict[str, Any] = {}
    for item in fields(Models):
        if f"{item.name}.weights" in arrays:
            values[item.name] = Linear(arrays[f"{item.name}.weights"].astype(float), arrays[f"{item.name}.bias"])
        elif item.name == "ranking":
            values[item.name] = Ranking(arrays["ranking.themes"], arrays["ranking.shared"])
        else:
            values[item.name] = arrays[item.name]
    values["vocabulary"] = tuple(values["vocabulary"].split("\n"))
    for name in ("fallback", "listing_threshold"):
        values[name] = float(values[name])
    return Models(**values)
