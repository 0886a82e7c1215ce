"""Compare ways of finding the themes by repeated grouped cross-validation: `python -m nlp.compare` (some minutes).

Every method gets the same treatment: scores of documents by models that never saw their innovation, one logistic
regression to calibrate them and one threshold a theme, both chosen on the other folds. Fitted on train, single and own;
counted on train and single. The cues were written with these texts in view, so methods with cues look better here than
on texts that nobody has read; word classes and vectors were not.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray

from nlp.classifiers import weighted_documents
from nlp.corpus_data import ADJUDICATED, FITTING, group_numbers, load_examples
from nlp.evaluate import BOOTSTRAP_SEED, INTERVAL
from nlp.features import Batch, Floats, Table, Vectoriser, inverse_frequency
from nlp.fitting import (
    DOCUMENT_STRENGTH,
    Corpus,
    best_thresholds,
    cross_fitted,
    encoder,
    f_score,
    fit_each,
    folds,
    learned,
    make_corpus,
    out_of_fold,
)
from nlp.matchers import Phrases
from nlp.taxonomy_data import default_taxonomy

SEEDS = (11, 12)
RESAMPLES = 500

Build = Callable[[Batch, Floats], Table]


@dataclass(frozen=True, slots=True)
class Result:
    """Macro- and micro-F1 of a method, means over the repetitions, with the macro figure's 95 % bootstrap interval."""

    macro: float
    low: float
    high: float
    micro: float


def _words(batch: Batch, frequency: Floats) -> Table:
    return Table(weighted_documents(batch, frequency), np.zeros((batch.documents, 0)))


def _vectors(batch: Batch, frequency: Floats) -> Table:
    return Table(sparse.csr_matrix((batch.documents, 0)), batch.document_vectors.astype(float))


def _words_and_vectors(batch: Batch, frequency: Floats) -> Table:
    return Table(_words(batch, frequency).sparse, _vectors(batch, frequency).dense)


def _words_and_cues(batch: Batch, frequency: Floats) -> Table:
    blocks = [weighted_documents(batch, frequency), sparse.csr_matrix(batch.document_cues())]
    return Table(sparse.hstack(blocks).tocsr(), np.zeros((batch.documents, 0)))


def _words_and_classes(batch: Batch, frequency: Floats) -> Table:
    blocks = [weighted_documents(batch, frequency), sparse.csr_matrix(batch.document_classes())]
    return Table(sparse.hstack(blocks).tocsr(), batch.document_vectors.astype(float))


PLAIN: dict[str, Build] = {
    "words (TF-IDF)": _words,
    "static vectors": _vectors,
    "words and vectors": _words_and_vectors,
    "words, vectors and word classes (no cues)": _words_and_classes,
    "words and cues": _words_and_cues,
}


def compare(corpus: Corpus, counted: int, phrases: Phrases, seeds: Sequence[int] = SEEDS) -> dict[str, Result]:
    """Every method's figures on the first `counted` documents of the corpus."""
    given: dict[str, list[NDArray[np.bool_]]] = {}
    for seed in seeds:
        for name, views in _views(corpus, phrases, seed).items():
            given.setdefault(name, []).append(_given(views, corpus, seed)[:counted])
    true = corpus.labels.themes[:counted] == 1
    return {name: _result(many, true) for name, many in given.items()}


def _views(corpus: Corpus, phrases: Phrases, seed: int) -> Mapping[str, tuple[Floats, ...]]:
    """Method -> its views (documents x themes each)."""
    unseen = out_of_fold(corpus, phrases, seed)
    plain = {name: (_scores(build, corpus, phrases, seed),) for name, build in PLAIN.items()}
    return plain | {
        "all of these, whole document": (unseen.document,),
        "all of these, sentences pooled (multiple instances)": (unseen.best, unseen.pooled),
        "document and sentences blended (shipped)": (unseen.document, unseen.best, unseen.pooled),
    }


def _scores(build: Build, corpus: Corpus, phrases: Phrases, seed: int) -> Floats:
    """Documents x themes: log odds by logistic regressions fitted without the document's innovation."""
    result = np.zeros(corpus.labels.themes.shape)
    for fitting, scoring in folds(corpus.groups, seed):
        part = corpus.part(fitting)
        vectoriser: Vectoriser = Vectoriser(learned(part), phrases, encoder())
        seen, new = (vectoriser.batch(one.readings) for one in (part, corpus.part(scoring)))
        frequency = inverse_frequency(seen.document_words())
        model = fit_each(build(seen, frequency), part.labels.themes, DOCUMENT_STRENGTH)
        result[scoring] = model.decision(build(new, frequency))
    return result


def _given(views: tuple[Floats, ...], corpus: Corpus, seed: int) -> NDArray[np.bool_]:
    """Documents x themes: what is given once calibrated, each fold by the thresholds of the others."""
    targets, groups = corpus.labels.themes, corpus.groups
    columns = [
        cross_fitted(np.column_stack([view[:, theme] for view in views]), targets[:, theme], groups, seed)
        for theme in range(targets.shape[1])
    ]
    probabilities = np.column_stack(columns)
    given = np.zeros(targets.shape, dtype=bool)
    for fitting, scoring in folds(groups, seed + 1):
        given[scoring] = probabilities[scoring] >= best_thresholds(probabilities[fitting], targets[fitting])
    return given


def _macro(given: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    return float(np.mean([f_score(given[:, theme], true[:, theme]) for theme in range(true.shape[1])]))


def _result(given: Sequence[NDArray[np.bool_]], true: NDArray[np.bool_]) -> Result:
    random = np.random.default_rng(BOOTSTRAP_SEED)
    rows = [random.integers(0, len(true), len(true)) for _ in range(RESAMPLES)]
    samples = [np.mean([_macro(one[row], true[row]) for one in given]) for row in rows]
    low, high = np.percentile(samples, INTERVAL)
    macro, micro = (float(np.mean([measure(one, true) for one in given])) for measure in (_macro, f_score))
    return Result(round(macro, 3), round(float(low), 3), round(float(high), 3), round(micro, 3))


def as_table(results: Mapping[str, Result]) -> str:
    """The results as a Markdown table."""
    lines = [
        f"| {name} | {one.macro:.3f} [{one.low:.3f}, {one.high:.3f}] | {one.micro:.3f} |"
        for name, one in results.items()
    ]
    return "\n".join(["| method | macro-F1 | micro-F1 |", "| --- | --- | --- |", *lines])


def main() -> int:
    """Print the comparison."""
    examples = load_examples(*FITTING)
    phrases = Phrases(default_taxonomy())
    corpus = make_corpus(examples, group_numbers(examples), phrases)
    counted = len(load_examples(*ADJUDICATED))
    sys.stdout.write(as_table(compare(corpus, counted, phrases)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
