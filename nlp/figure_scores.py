"""Measures the figures against the labelled sentences: `python -m nlp.figure_scores [PART ...]` prints the scores."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nlp.corpus_data import CORPUS_FOLDER
from nlp.figures import FigureReader

FILE = "figures.jsonl"
PARTS = ("development", "held-back", "second", "third")
RESAMPLES = 2_000
SEED = 7
INTERVAL_PERCENTILES = (2.5, 97.5)
_WORD = re.compile(r"\w+")

Label = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A labelled sentence of the corpus; part is one of PARTS, id the record that it is from."""

    part: str
    id: str
    text: str
    figures: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One sentence's right, found and labelled figures, and the measures' token F1 for each that is right."""

    right: int
    found: int
    labelled: int
    overlaps: tuple[float, ...]


def load_sentences(*parts: str) -> list[Sentence]:
    """The labelled sentences of the parts, in the file's order."""
    rows = map(json.loads, (CORPUS_FOLDER / FILE).read_text(encoding="utf-8").splitlines())
    return [
        Sentence(row["part"], row["id"], row["sentence"], tuple(row["figures"])) for row in rows if row["part"] in parts
    ]


def key(figure: Label) -> tuple[object, ...]:
    """What must agree: value, upper end, old state, unit and direction."""
    return tuple(figure.get(name) for name in ("value", "high", "from", "unit", "direction"))


def outcome(reader: FigureReader, sentence: Sentence) -> Outcome:
    """Pairs found with labelled figures one to one, in order of place."""
    found: list[Label] = [figure.detail() for figure in reader.figures(sentence.text)]
    left = list(sentence.figures)
    overlaps = []
    for figure in found:
        match = next((label for label in left if key(label) == key(figure)), None)
        if match is not None:
            left.remove(match)
            overlaps.append(token_f1(str(figure["measure"]), str(match["measure"])))
    return Outcome(len(overlaps), len(found), len(sentence.figures), tuple(overlaps))


def token_f1(one: str, two: str) -> float:
    """The harmonic mean of the shares of words that two texts have in common."""
    first, second = (Counter(_WORD.findall(text.lower())) for text in (one, two))
    common = (first & second).total()
    return 2 * common / (first.total() + second.total()) if common else 0.0


def scores(outcomes: Sequence[Outcome]) -> dict[str, tuple[float, float, float]]:
    """Precision and recall with 95 % bootstrap intervals over sentences: name -> (value, low, high)."""
    table = np.array([(one.right, one.found, one.labelled) for one in outcomes], dtype=float)
    draws = np.random.default_rng(SEED).integers(len(table), size=(RESAMPLES, len(table)))
    sums = table[draws].sum(axis=1)
    result = {}
    for name, column in (("precision", 1), ("recall", 2)):
        low, high = np.percentile(sums[:, 0] / np.maximum(sums[:, column], 1), INTERVAL_PERCENTILES)
        result[name] = (float(table[:, 0].sum() / table[:, column].sum()), float(low), float(high))
    return result


def report(reader: FigureReader, part: str) -> str:
    """One line on one part of the labelled sentences."""
    outcomes = [outcome(reader, sentence) for sentence in load_sentences(part)]
    shown = [f"{name} {value:.3f} ({low:.2f} to {high:.2f})" for name, (value, low, high) in scores(outcomes).items()]
    overlaps = [overlap for one in outcomes for overlap in one.overlaps]
    counts = f"{len(outcomes)} sentences, {sum(one.labelled for one in outcomes)} figures"
    return f"{part}: {counts}: {', '.join(shown)}; measure's token F1 {np.mean(overlaps):.2f}"


def main(parts: Sequence[str]) -> None:
    """Print a line for each part that the file has."""
    reader = FigureReader()
    for part in parts or PARTS:
        if load_sentences(part):
            print(report(reader, part))  # noqa: T201 - the command's output


if __name__ == "__main__":
    main(sys.argv[1:])
