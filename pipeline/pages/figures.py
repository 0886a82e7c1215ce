"""How the tagger fares on pages beside plain texts: figures by variant, and the table that documents show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from nlp.annotations import Tagging
from nlp.corpus_data import Example
from nlp.evaluate import BOOTSTRAP_SEED, INTERVAL, RESAMPLES, Figure, measure
from nlp.tagger import Tagger
from nlp.taxonomy_data import default_taxonomy
from pipeline.pages.variants import Variant

WITHIN, KEPT = "themes_within_labels", "listings_kept"
SHOWN = (
    *("macro_f1", "micro_f1", "primary_accuracy", "criteria_micro_f1", "negatives_f1", "evidence_share"),
    *(WITHIN, KEPT),
)
Columns = Mapping[str, Mapping[str, Figure]]


def page_figures(
    tagger: Tagger, variants: Sequence[Variant], resamples: int = RESAMPLES
) -> dict[str, dict[str, Figure]]:
    """Variant's name -> its figures: those of any evaluation, and two on whether little text is read with sense."""
    return {variant.name: _figures(tagger, variant.examples, resamples) for variant in variants}


def _figures(tagger: Tagger, examples: Sequence[Example], resamples: int) -> dict[str, Figure]:
    taggings = list(tagger.tag(example.document for example in examples))
    figures = measure(examples, taggings, default_taxonomy().theme_codes, resamples)
    pairs = [pair for pair in zip(examples, taggings, strict=True) if pair[0].listing]
    within = [is_within(example, tagging) for example, tagging in pairs if tagging.filtration.kept]
    figures[WITHIN] = share(within, resamples)
    figures[KEPT] = share([tagging.filtration.kept for _, tagging in pairs], resamples)
    return figures


def is_within(example: Example, tagging: Tagging) -> bool:
    """Whether the labels have all themes that the tagging gives."""
    return {one.code for one in tagging.annotations if one.kind == "theme"} <= set(example.themes)


def share(flags: Sequence[bool], resamples: int = RESAMPLES) -> Figure:
    """The share that is true, with its 95 % bootstrap interval."""
    if not flags:
        return Figure(0.0, 0.0, 0.0, 0)
    values = np.array(flags, dtype=float)
    rows = np.random.default_rng(BOOTSTRAP_SEED).integers(0, len(values), (resamples, len(values)))
    low, high = np.percentile(values[rows].mean(axis=1), INTERVAL)
    return Figure(round(float(values.mean()), 3), round(float(low), 3), round(float(high), 3), len(values))


def shown_rows(columns: Columns) -> list[list[str]]:
    """A row for each of the figures SHOWN: its name, then its value in every column."""
    return [[name, *(f"{figures[name].value:.3f}" for figures in columns.values())] for name in SHOWN]


def markdown_table(columns: Columns) -> str:
    """The figures SHOWN as a table for a document."""
    header = ["figure", *columns]
    lines = [header, ["---"] * len(header), *shown_rows(columns)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
