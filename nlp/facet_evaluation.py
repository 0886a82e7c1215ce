"""How well facets are found: precision and recall against `corpus/facets.jsonl`. `python -m nlp.facet_evaluation`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nlp.annotations import Document, Evidence
from nlp.corpus_data import CORPUS_FOLDER, CorpusError, load_examples
from nlp.facet_data import default_facets
from nlp.facets import FacetTagger
from nlp.matchers import Phrases
from nlp.reading import read
from nlp.taxonomy_data import default_taxonomy

PARTS = ("development", "untouched")
RESAMPLES, SEED = 2000, 20260
INTERVAL = (2.5, 97.5)  # percentiles: 95 %


@dataclass(frozen=True, slots=True)
class FacetExample:
    """One labelled document: facet -> value code -> the quote that carries it."""

    document: Document
    part: str
    values: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Figures:
    """One facet's counts over documents, precision and recall each with its 95 % bootstrap interval.

    quoted: of the correct values, the share whose evidence overlaps the annotator's quote.
    """

    right: int
    given: int
    labelled: int
    precision: tuple[float, float, float]
    recall: tuple[float, float, float]
    quoted: float


def load_facet_examples(part: str, folder: Path = CORPUS_FOLDER) -> list[FacetExample]:
    """The labelled documents of one part; raises CorpusError for an unknown part or a quote that is not in the text."""
    if part not in PARTS:
        raise CorpusError(f"no part {part}; there are: {', '.join(PARTS)}")
    documents = {one.document.id: one.document for one in load_examples("train", folder=folder)}
    examples = []
    path = folder / "facets.jsonl"
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        record = json.loads(line)
        document = documents[record["id"]]
        quotes = [quote for values in record["facets"].values() for quote in values.values()]
        astray = [quote for quote in quotes if quote not in document.text]
        if astray:
            raise CorpusError(f"{path}:{number}: quote not in the text: {astray[0]!r}")
        if record["part"] == part:
            examples.append(FacetExample(document, part, record["facets"]))
    return examples


def found_values(examples: Sequence[FacetExample], tagger: FacetTagger) -> list[dict[str, dict[str, Evidence]]]:
    """For each document: facet -> value code -> evidence."""
    phrases = Phrases(default_taxonomy(), tagger.phrases)
    found: list[dict[str, dict[str, Evidence]]] = []
    for example in examples:
        values: dict[str, dict[str, Evidence]] = {}
        for one in tagger.annotations(read(example.document, phrases)):
            facet, _, code = one.code.partition(":")
            values.setdefault(facet, {})[code] = one.evidence
        found.append(values)
    return found


def measure(part: str, tagger: FacetTagger | None = None) -> dict[str, Figures]:
    """Figures for each labelled facet, in the order of the facets' names."""
    tagger = tagger or FacetTagger(default_facets(), default_taxonomy().regions)
    examples = load_facet_examples(part)
    found = found_values(examples, tagger)
    facets = sorted({facet for example in examples for facet in example.values})
    return {facet: _figures(facet, examples, found) for facet in facets}


def _figures(
    facet: str, examples: Sequence[FacetExample], found: Sequence[Mapping[str, Mapping[str, Evidence]]]
) -> Figures:
    counts, overlaps = [], []
    for example, values in zip(examples, found, strict=True):
        gold, given = example.values.get(facet, {}), values.get(facet, {})
        right = [code for code in gold if code in given]
        counts.append((len(right), len(given), len(gold)))
        overlaps += [_overlaps(example.document.text, gold[code], given[code]) for code in right]
    table = np.array(counts)
    drawn = np.random.default_rng(SEED).integers(0, len(table), (RESAMPLES, len(table)))
    sums = table[drawn].sum(axis=1)
    correct, found_sum, labelled = (int(value) for value in table.sum(axis=0))
    precision = _interval(correct, found_sum, sums[:, 0], sums[:, 1])
    recall = _interval(correct, labelled, sums[:, 0], sums[:, 2])
    return Figures(correct, found_sum, labelled, precision, recall, float(np.mean(overlaps)) if overlaps else 0.0)


def _interval(part: int, whole: int, parts: NDArray[np.int_], wholes: NDArray[np.int_]) -> tuple[float, float, float]:
    """part / whole with the interval of the resampled ratios; 0 where nothing was counted."""
    if not whole:
        return 0.0, 0.0, 0.0
    low, high = np.percentile(parts[wholes > 0] / wholes[wholes > 0], INTERVAL)
    return part / whole, float(low), float(high)


def _overlaps(text: str, quote: str, evidence: Evidence) -> bool:
    """Whether the evidence and any place of the quote share a stretch of the text."""
    start = text.find(quote)
    while start >= 0:
        if start < evidence.end and evidence.start < start + len(quote):
            return True
        start = text.find(quote, start + 1)
    return False


def table(figures: Mapping[str, Figures]) -> str:
    """The figures as a Markdown table."""
    rows = ["| facet | precision | recall | right / given / labelled | evidence at the quote |", "|" + " --- |" * 5]
    for facet, one in figures.items():
        shown = [f"{value:.2f} [{low:.2f}, {high:.2f}]" for value, low, high in (one.precision, one.recall)]
        rows.append(
            f"| {facet} | {shown[0]} | {shown[1]} | {one.right} / {one.given} / {one.labelled} | {one.quoted:.2f} |"
        )
    return "\n".join(rows)


def main(arguments: Sequence[str]) -> int:
    """Print the table of the named part ("development" unless told)."""
    part = arguments[0] if arguments else PARTS[0]
    try:
        print(table(measure(part)))  # noqa: T201 - the command's output
    except CorpusError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the command's output
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
