"""Fitting: base models on words and cues; on their out-of-fold scores the blend, thresholds and listing decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from nlp.classifiers import Linear, Models, document_table, logistic, pool, primary_table, sentence_table
from nlp.corpus_data import Example
from nlp.embedding import Encoder
from nlp.evaluate import EVIDENCE_F1, token_f1
from nlp.features import Batch, Floats, Table, Vectoriser, inverse_frequency, learn_vocabulary
from nlp.filtration import PageRules
from nlp.matchers import Phrases
from nlp.ranking import MANNERS, Choice, Ranking, fit_ranking, manner
from nlp.reading import Reading, read_all
from nlp.taxonomy_model import Taxonomy

SEED = 20_260
FOLDS = 5
# Strengths by grouped five-fold cross-validation inside train + single, among 1 and 3 (document), 1, 3 and 10
# (sentence), 0.3, 1 and 3 (primary); differences were within the noise.
DOCUMENT_STRENGTH = 3.0
SENTENCE_STRENGTH = 3.0
PRIMARY_STRENGTH = 1.0
# A sentence of a listing that has the theme, but not the one quoted, may carry it too: it counts a fifth.
UNQUOTED_WEIGHT = 0.2
QUOTE_OVERLAP = 0.5  # share of the shorter of quote and sentence that must coincide
THRESHOLDS = np.round(np.arange(0.2, 0.651, 0.025), 3)
# A theme's own best threshold rests on few positives: drawn this far toward the one that is best for all.
SHRINKAGE = 0.5
FALLBACKS = np.round(np.arange(0.1, 0.41, 0.05), 2)
# Dropping an innovation is worse than keeping a notice: F-beta with beta below 1 counts precision more.
LISTING_BETA = 0.7
LISTING_THRESHOLDS = np.round(np.arange(0.05, 0.96, 0.025), 3)


@dataclass(frozen=True)
class Labels:
    """Targets of a list of examples. themes: documents x themes (0/1). primary: theme's number or -1. listing: 0/1."""

    themes: NDArray[np.int_]
    primary: NDArray[np.int_]
    listing: NDArray[np.int_]


@dataclass(frozen=True)
class Corpus:
    """Examples with readings, targets and groups, all in the same order."""

    examples: Sequence[Example]
    readings: Sequence[Reading]
    labels: Labels
    groups: NDArray[np.intp]
    points: Floats

    def part(self, rows: NDArray[np.intp]) -> Corpus:
        """The corpus of the given rows."""
        labels = Labels(self.labels.themes[rows], self.labels.primary[rows], self.labels.listing[rows])
        examples, readings = [self.examples[row] for row in rows], [self.readings[row] for row in rows]
        return Corpus(examples, readings, labels, self.groups[rows], self.points[rows])


@cache
def encoder() -> Encoder:
    """The static vectors that ship with the package, read once a process."""
    return Encoder.load()


def make_corpus(examples: Sequence[Example], groups: NDArray[np.intp], phrases: Phrases) -> Corpus:
    """Read the examples and set out their targets."""
    codes = phrases.taxonomy.theme_codes
    readings = read_all((one.document for one in examples), phrases)
    rules = PageRules(phrases.taxonomy.reasons)
    labels = Labels(
        np.array([[code in one.themes for code in codes] for one in examples], dtype=int),
        np.array([codes.index(one.primary) if one.primary else -1 for one in examples]),
        np.array([one.listing for one in examples], dtype=int),
    )
    return Corpus(examples, readings, labels, groups, np.array([rules.suspicion(one).points for one in readings]))


def fit(corpus: Corpus, phrases: Phrases, seed: int = SEED) -> Models:
    """Fit everything on a corpus: the base models, and on their out-of-fold scores the blend and the thresholds."""
    models = fit_base(corpus, phrases)
    unseen = out_of_fold(corpus, phrases, seed)
    blend, probabilities = _fit_blend((unseen.document, unseen.best, unseen.pooled), corpus, seed)
    thresholds = best_thresholds(probabilities, corpus.labels.themes)
    fallback = _best_fallback(probabilities, thresholds, corpus.labels.themes)
    rules, threshold = _fit_rules(corpus, unseen.listing, seed)
    return replace(
        models,
        ranking=fit_ranking(unseen.sentences, manners(corpus, phrases), choices(corpus, phrases.taxonomy.theme_codes)),
        blend=blend,
        thresholds=thresholds,
        fallback=fallback,
        rules=rules,
        listing_threshold=threshold,
    )


def fit_base(corpus: Corpus, phrases: Phrases) -> Models:
    """The word and cue models, with neutral blend and thresholds."""
    vocabulary = learned(corpus)
    batch = Vectoriser(vocabulary, phrases, encoder()).batch(corpus.readings)
    frequencies = inverse_frequency(batch.document_words()), inverse_frequency(batch.words)
    documents = document_table(batch, frequencies[0])
    labels, themes = corpus.labels, corpus.labels.themes.shape[1]
    return Models(
        tuple(vocabulary),
        *frequencies,
        document=fit_each(documents, labels.themes, DOCUMENT_STRENGTH),
        sentence=_fit_sentences(batch, frequencies[1], corpus, phrases.taxonomy),
        primary=_fit_primary(documents, batch, labels),
        listing=fit_each(documents, labels.listing[:, None], DOCUMENT_STRENGTH),
        ranking=neutral_ranking(themes),
        blend=np.tile([1.0, 0.0, 0.0, 0.0], (themes, 1)),
        thresholds=np.full(themes, 0.5),
        fallback=0.5,
        rules=np.array([0.0, 1.0, 0.0]),
        listing_threshold=0.5,
    )


def learned(corpus: Corpus) -> list[str]:
    """The corpus' vocabulary."""
    return learn_vocabulary(corpus.readings)


def _logistic(strength: float, *, balanced: bool = True) -> LogisticRegression:
    weight = "balanced" if balanced else None
    return LogisticRegression(C=strength, class_weight=weight, solver="liblinear", max_iter=1000, random_state=SEED)


def fit_each(table: Table, targets: NDArray[np.int_], strength: float, weights: Floats | None = None) -> Linear:
    """One logistic regression a column of targets; weights: rows x columns."""
    matrix = table.joined()
    fitted = [
        _logistic(strength).fit(matrix, target, None if weights is None else weights[:, column])
        for column, target in enumerate(targets.T)
    ]
    return Linear(np.vstack([one.coef_ for one in fitted]), np.concatenate([one.intercept_ for one in fitted]))


def _fit_primary(documents: Table, batch: Batch, labels: Labels) -> Linear:
    """One multinomial regression over the documents that have a primary theme; a theme never primary gets no weight."""
    rows = np.flatnonzero(labels.primary >= 0)
    wide = primary_table(documents, batch).joined()[rows]
    model = LogisticRegression(C=PRIMARY_STRENGTH, class_weight="balanced", max_iter=1000).fit(
        wide, labels.primary[rows]
    )
    themes = labels.themes.shape[1]
    weights, bias = np.zeros((themes, wide.shape[1])), np.full(themes, -10.0)
    weights[model.classes_], bias[model.classes_] = model.coef_, model.intercept_
    return Linear(weights, bias)


def _fit_sentences(batch: Batch, frequency: Floats, corpus: Corpus, taxonomy: Taxonomy) -> Linear:
    """Sentences against the annotators' quotes."""
    targets = quoted_units(corpus, taxonomy.theme_codes)
    uncertain = (corpus.labels.themes[batch.owner] == 1) & (targets == 0)
    weights = np.where(uncertain, UNQUOTED_WEIGHT, 1.0)
    return fit_each(sentence_table(batch, frequency), targets, SENTENCE_STRENGTH, weights)


def quoted_units(corpus: Corpus, codes: Sequence[str]) -> NDArray[np.int_]:
    """Units x themes: 1 where an annotator quoted the sentence for the theme; a title is never quoted."""
    rows = []
    for example, reading in zip(corpus.examples, corpus.readings, strict=True):
        spans = {code: _spans(example, code) for code in codes}
        rows.append([0] * len(codes))
        for sentence in reading.sentences:
            rows.append([int(_covers(sentence.start, sentence.end, spans[code])) for code in codes])
    return np.array(rows)


def _spans(example: Example, code: str) -> list[tuple[int, int]]:
    text = example.document.text
    return [(text.index(quote), text.index(quote) + len(quote)) for quote in example.quotes.get(code, ())]


def _covers(start: int, end: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(
        min(end, last) - max(start, first) >= QUOTE_OVERLAP * min(end - start, last - first) for first, last in spans
    )


def folds(groups: NDArray[np.intp], seed: int, count: int = FOLDS) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Row numbers to fit on and to score, five times; an innovation is never on both sides."""
    return list(GroupKFold(count, shuffle=True, random_state=seed).split(groups, groups=groups))


@dataclass(frozen=True)
class Unseen:
    """What base models that never saw a document say of it.

    document, best, pooled: documents x themes. listing: documents. sentences: units x themes.
    """

    document: Floats
    best: Floats
    pooled: Floats
    listing: Floats
    sentences: Floats


def out_of_fold(corpus: Corpus, phrases: Phrases, seed: int) -> Unseen:
    """Score every document by models fitted without its innovation."""
    shape, units = corpus.labels.themes.shape, unit_counts(corpus)
    starts = np.cumsum([0, *units])
    document, best, pooled, listing = np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros(shape[0])
    sentences = np.zeros((starts[-1], shape[1]))
    for fitting, scoring in folds(corpus.groups, seed):
        models, part = fit_base(corpus.part(fitting), phrases), corpus.part(scoring)
        batch = Vectoriser(models.vocabulary, phrases, encoder()).batch(part.readings)
        documents = document_table(batch, models.document_frequency)
        document[scoring] = models.document.decision(documents)
        listing[scoring] = models.listing.decision(documents).ravel()
        scores = models.sentence.decision(sentence_table(batch, models.sentence_frequency))
        best[scoring], pooled[scoring] = pool(scores, batch)
        rows = np.concatenate([np.arange(starts[row], starts[row + 1]) for row in scoring])
        sentences[rows] = scores
    return Unseen(document, best, pooled, listing, sentences)


def manners(corpus: Corpus, phrases: Phrases) -> Floats:
    """Units x features: how every sentence of the corpus stands in its text."""
    return manner(Vectoriser((), phrases, encoder()).batch(corpus.readings), corpus.readings)


def unit_counts(corpus: Corpus) -> list[int]:
    """How many units each document has: its title and its prose sentences."""
    return [1 + len(reading.sentences) for reading in corpus.readings]


def choices(corpus: Corpus, codes: Sequence[str]) -> list[Choice]:
    """Every theme of every document, with the sentences that match an annotator's quote as evidence is judged."""
    found, start = [], 0
    for example, reading, count in zip(corpus.examples, corpus.readings, unit_counts(corpus), strict=True):
        units = np.arange(start + 1, start + count)
        texts = [sentence.text for sentence in reading.sentences]
        for code in example.themes:
            quotes = example.quotes.get(code, ())
            matches = [any(token_f1(text, quote) >= EVIDENCE_F1 for quote in quotes) for text in texts]
            found.append(Choice(codes.index(code), units, np.array(matches, dtype=bool)))
        start += count
    return found


def neutral_ranking(themes: int) -> Ranking:
    """The ranking by a sentence's own score alone."""
    shared = np.zeros(2 + MANNERS)
    shared[0] = 1.0
    return Ranking(np.zeros((themes, 2 + MANNERS)), shared)


def _fit_blend(views: tuple[Floats, Floats, Floats], corpus: Corpus, seed: int) -> tuple[Floats, Floats]:
    """The blend's weights (themes x 4), and cross-fitted probabilities to choose thresholds by (documents x themes)."""
    targets = corpus.labels.themes
    blend, probabilities = np.zeros((targets.shape[1], 4)), np.zeros(targets.shape)
    for theme, target in enumerate(targets.T):
        features = np.column_stack([view[:, theme] for view in views])
        model = _logistic(1.0, balanced=False).fit(features, target)
        blend[theme] = [*model.coef_[0], model.intercept_[0]]
        probabilities[:, theme] = cross_fitted(features, target, corpus.groups, seed)
    return blend, probabilities


def cross_fitted(features: Floats, target: NDArray[np.int_], groups: NDArray[np.intp], seed: int) -> Floats:
    """Probabilities of each row by a model fitted without its group."""
    result = np.zeros(len(target))
    for fitting, scoring in folds(groups, seed + 1):
        model = _logistic(1.0, balanced=False).fit(features[fitting], target[fitting])
        result[scoring] = logistic(model.decision_function(features[scoring]))
    return result


def f_score(given: NDArray[np.bool_], true: NDArray[np.bool_], beta: float = 1.0) -> float:
    """F-beta of two masks; 0 when nothing is right."""
    right = float((given & true).sum())
    return (
        (1 + beta**2) * right / ((1 + beta**2) * right + beta**2 * (true & ~given).sum() + (given & ~true).sum() or 1)
    )


def best_thresholds(probabilities: Floats, targets: NDArray[np.int_]) -> Floats:
    """One threshold a theme: between its own best and the best for all themes."""
    scores = np.array(
        [
            [f_score(probabilities[:, theme] >= limit, targets[:, theme] == 1) for limit in THRESHOLDS]
            for theme in range(targets.shape[1])
        ]
    )
    common, own = THRESHOLDS[scores.mean(axis=0).argmax()], THRESHOLDS[scores.argmax(axis=1)]
    return np.asarray(SHRINKAGE * common + (1 - SHRINKAGE) * own)


def _best_fallback(probabilities: Floats, thresholds: Floats, targets: NDArray[np.int_]) -> float:
    """The least probability at which a listing without any theme is given its best one: by micro-F1."""
    given, rows = probabilities >= thresholds, np.arange(len(targets))
    best, bare = probabilities.argmax(axis=1), ~(probabilities >= thresholds).any(axis=1)
    scores = []
    for limit in FALLBACKS:
        trial = given.copy()
        chosen = bare & (probabilities[rows, best] >= limit)
        trial[rows[chosen], best[chosen]] = True
        scores.append(f_score(trial, targets == 1))
    return float(FALLBACKS[int(np.argmax(scores))])


def _fit_rules(corpus: Corpus, text_log_odds: Floats, seed: int) -> tuple[Floats, float]:
    """The listing decision over rules' points and words; the threshold by F-beta on the pages that are no listings."""
    features = np.column_stack([corpus.points, text_log_odds])
    target = corpus.labels.listing
    model = _logistic(1.0, balanced=False).fit(features, target)
    cross = cross_fitted(features, target, corpus.groups, seed)
    scores = [f_score(cross < limit, target == 0, LISTING_BETA) for limit in LISTING_THRESHOLDS]
    return np.array([*model.coef_[0], model.intercept_[0]]), float(LISTING_THRESHOLDS[int(np.argmax(scores))])
