"""Measure taggings against labels: `python -m nlp.evaluate` prints the figures on dev with bootstrap intervals."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nlp.annotations import Tagging
from nlp.corpus_data import MEASURING, Example, load_examples

RESAMPLES = 1_000
INTERVAL = (2.5, 97.5)  # percentiles: a 95 % interval
BOOTSTRAP_SEED = 7
BINS = 10  # of the calibration error
EVIDENCE_F1 = 0.5  # token-F1 with an annotator's quote from which evidence counts as found
FEW = 30  # positives under which a figure proves nothing by itself
_TOKEN = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Case:
    """One document: what the annotators and the tagger say, in a form that resampling can count.

    Counts are (right, wrongly given, missed) per code; evidence: (found, of correct tags); primary: (right, of due).
    """

    themes: Mapping[str, tuple[int, int, int]]
    criteria: tuple[int, int, int]
    verdicts: tuple[int, int]
    negatives: tuple[int, int, int]
    primary: tuple[int, int]
    evidence: tuple[int, int]
    calibration: Mapping[str, tuple[float, int]]


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value with its 95 % bootstrap interval and the count of positives behind it."""

    value: float
    low: float
    high: float
    positives: int


def make_case(example: Example, tagging: Tagging, codes: Sequence[str]) -> Case:
    """Compare one tagging with its labels. A document wrongly left out has missed all of its tags."""
    given = {one.code for one in tagging.annotations if one.kind == "theme"}
    true = set(example.themes)
    themes = {c: (int(c in given & true), int(c in given - true), int(c in true - given)) for c in codes}
    verdicts = {one.code: one.verdict for one in tagging.annotations if one.kind == "criterion"}
    shared = verdicts.keys() & example.criteria.keys()
    criteria = (len(shared), len(verdicts) - len(shared), len(example.criteria) - len(shared))
    agree = sum(verdicts[code] == example.criteria[code] for code in shared)
    dropped = not tagging.filtration.kept
    negatives = (
        int(dropped and not example.listing),
        int(dropped and example.listing),
        int(not dropped and not example.listing),
    )
    primary = (int(tagging.primary == example.primary), 1) if example.primary else (0, 0)
    calibration = {code: (tagging.all_scores[code], int(code in true)) for code in codes}
    return Case(themes, criteria, (agree, len(shared)), negatives, primary, _evidence(example, tagging), calibration)


def _evidence(example: Example, tagging: Tagging) -> tuple[int, int]:
    """(theme tags whose evidence matches an annotator's quote, correct theme tags)."""
    correct = [one for one in tagging.annotations if one.kind == "theme" and one.code in example.themes]
    matches = sum(
        any(token_f1(one.evidence.text, quote) >= EVIDENCE_F1 for quote in example.quotes.get(one.code, ()))
        for one in correct
    )
    return matches, len(correct)


def token_f1(first: str, second: str) -> float:
    """F1 of the two texts' words as multisets."""
    one, other = Counter(_TOKEN.findall(first.lower())), Counter(_TOKEN.findall(second.lower()))
    shared, size = (one & other).total(), one.total() + other.total()
    return 2 * shared / size if size else 0.0


def f1(counts: Sequence[int]) -> float:
    """F1 from (right, wrongly given, missed); 0 when nothing is right."""
    right, wrong, missed = counts
    return 2 * right / (2 * right + wrong + missed) if right else 0.0


def precision(counts: Sequence[int]) -> float:
    """Share of what was given that is right."""
    return counts[0] / (counts[0] + counts[1]) if counts[0] else 0.0


def recall(counts: Sequence[int]) -> float:
    """Share of what is right that was given."""
    return counts[0] / (counts[0] + counts[2]) if counts[0] else 0.0


def _total(counts: Sequence[Sequence[int]]) -> list[int]:
    return [sum(column) for column in zip(*counts, strict=True)]


def _share(pairs: Sequence[tuple[int, int]]) -> float:
    right, of = _total(pairs)
    return right / of if of else 0.0


def calibration_error(pairs: Sequence[tuple[float, int]]) -> float:
    """Expected calibration error: |mean score - share true| over ten equal bins, weighted by their size."""
    scores, true = np.array([p for p, _ in pairs]), np.array([t for _, t in pairs])
    bins = np.minimum((scores * BINS).astype(int), BINS - 1)
    gaps = [abs(scores[bins == b].mean() - true[bins == b].mean()) * (bins == b).mean() for b in set(bins.tolist())]
    return float(sum(gaps))


Measure = Callable[[Sequence[Case]], float]


def measures(codes: Sequence[str]) -> dict[str, tuple[Measure, Callable[[Sequence[Case]], int]]]:
    """Every figure by name: how it is computed from cases, and how many positives stand behind it."""

    def of_theme(code: str, measure: Callable[[Sequence[int]], float]) -> Measure:
        return lambda cases: measure(_total([case.themes[code] for case in cases]))

    def count_theme(code: str) -> Callable[[Sequence[Case]], int]:
        return lambda cases: sum(case.themes[code][0] + case.themes[code][2] for case in cases)

    def all_positives(cases: Sequence[Case]) -> int:
        return sum(count_theme(code)(cases) for code in codes)

    def calibration(cases: Sequence[Case]) -> float:
        return float(np.mean([calibration_error([case.calibration[code] for case in cases]) for code in codes]))

    table: dict[str, tuple[Measure, Callable[[Sequence[Case]], int]]] = {}
    for code in codes:
        for name, measure in (("f1", f1), ("precision", precision), ("recall", recall)):
            table[f"{code}.{name}"] = (of_theme(code, measure), count_theme(code))
    table["macro_f1"] = (lambda cases: float(np.mean([of_theme(code, f1)(cases) for code in codes])), all_positives)
    table["micro_f1"] = (
        lambda cases: f1(_total([counts for case in cases for counts in case.themes.values()])),
        all_positives,
    )
    table["primary_accuracy"] = (
        lambda cases: _share([c.primary for c in cases]),
        lambda cases: sum(c.primary[1] for c in cases),
    )
    table["criteria_micro_f1"] = (
        lambda cases: f1(_total([case.criteria for case in cases])),
        lambda cases: sum(case.criteria[0] + case.criteria[2] for case in cases),
    )
    table["verdict_agreement"] = (
        lambda cases: _share([c.verdicts for c in cases]),
        lambda cases: sum(c.verdicts[1] for c in cases),
    )
    table["negatives_f1"] = (
        lambda cases: f1(_total([case.negatives for case in cases])),
        lambda cases: sum(case.negatives[0] + case.negatives[2] for case in cases),
    )
    table["evidence_share"] = (
        lambda cases: _share([c.evidence for c in cases]),
        lambda cases: sum(c.evidence[1] for c in cases),
    )
    table["calibration_error"] = (calibration, all_positives)
    return table


def measure(
    examples: Sequence[Example], taggings: Sequence[Tagging], codes: Sequence[str], resamples: int = RESAMPLES
) -> dict[str, Figure]:
    """All figures with bootstrap intervals over the documents (deterministic)."""
    cases = [make_case(example, tagging, codes) for example, tagging in zip(examples, taggings, strict=True)]
    random = np.random.default_rng(BOOTSTRAP_SEED)
    samples = [[cases[i] for i in random.integers(0, len(cases), len(cases))] for _ in range(resamples)]
    figures = {}
    for name, (compute, positives) in measures(codes).items():
        low, high = np.percentile([compute(sample) for sample in samples], INTERVAL)
        figures[name] = Figure(round(compute(cases), 3), round(float(low), 3), round(float(high), 3), positives(cases))
    return figures


def table(figures: Mapping[str, Figure]) -> str:
    """The figures as aligned lines; a star marks those with fewer than 30 positives."""
    return "\n".join(
        f"{name:28s} {one.value:6.3f}  [{one.low:.3f}, {one.high:.3f}]  n={one.positives}"
        + " *" * (one.positives < FEW)
        for name, one in figures.items()
    )


def main() -> int:
    """Print the figures of the shipped tagger on dev."""
    from nlp.tagger import Tagger
    from nlp.taxonomy_data import default_taxonomy

    tagger, examples = Tagger.load(), load_examples(MEASURING)
    taggings = list(tagger.tag(example.document for example in examples))
    figures = measure(examples, taggings, default_taxonomy().theme_codes)
    sys.stdout.write(table(figures) + f"\n* fewer than {FEW} positives\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
