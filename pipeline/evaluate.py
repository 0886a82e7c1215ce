"""Evaluate: the tagger's scorecard, printed and kept in the database beside the tags that it judges."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from db.scorecards import store_scorecard
from nlp.corpus_data import CORPUS_FOLDER, MEASURING, Example, load_examples, read_examples
from nlp.evaluate import FEW, Figure, measure
from nlp.facet_data import EXTRA_VARIABLE
from nlp.tagger import Tagger
from nlp.taxonomy_data import default_taxonomy
from pipeline.console import Console, table_lines
from pipeline.errors import RequestError
from pipeline.job import started_job

OVERALL = "all"
EXIT_WARNINGS = 3
HEADER = ("subject", "figure", "value", "95 % interval", "positives", "annotators")


def evaluate_tagger(db_path: Path, labels: Path | None, console: Console) -> int:
    """Measure on dev, or on a file of labels of the same form; store the scorecard when there is a database.

    A team's own theme is measured when the labels name it. Returns the exit code: 3 when the labels name a theme that
    is not there. Raises RequestError for a file without labels, CorpusError for one that is malformed.
    """
    examples = _labels(labels)
    tagger = Tagger.load()
    taggings = list(tagger.tag(example.document for example in examples))
    figures = measure(examples, taggings, measured_themes(examples, tagger, console))
    rows = scorecard_rows(figures, _ceilings())
    name = labels.stem if labels else MEASURING
    if db_path.exists():
        with started_job(db_path, "evaluate", console) as job:
            store_scorecard(job.db, tagger.version, name, rows)
    values = {"tagger": tagger.version, "labels": name, "records": len(examples)}
    console.result({**values, "figures": _plain(figures)}, _lines(rows))
    return EXIT_WARNINGS if console.warned else 0


def measured_themes(examples: Sequence[Example], tagger: Tagger, console: Console) -> list[str]:
    """The report's themes, and those of a team's own that a label names; tells of names that are no theme's."""
    named = {code for example in examples for code in example.themes}
    unknown = sorted(named.difference(tagger.theme_codes))
    if unknown:
        there = f"there are: {', '.join(tagger.theme_codes)}; name your vocabulary's folder with {EXTRA_VARIABLE}"
        console.warn(f"the labels name a theme that is not there: {', '.join(unknown)}; {there}")
    report = default_taxonomy().theme_codes
    return [code for code in tagger.theme_codes if code in report or code in named]


def evaluate_pages(db_path: Path, labels: Path | None, pages: str, console: Console) -> int:
    """Measure on the labelled texts as pages, beside the plain texts; each variant is a scorecard under its own name.

    Returns the exit code; raises as `evaluate_tagger`, and RequestError when no record is one of the demo site's.
    """
    from pipeline.pages.figures import page_figures, shown_rows
    from pipeline.pages.variants import PLAIN, VARIANTS

    variants = VARIANTS[pages](_labels(labels))
    if not variants[0].examples:
        raise RequestError(f"{labels} holds no record of the starter catalogue; leave --pages {pages} out")
    tagger, name = Tagger.load(), labels.stem if labels else MEASURING
    columns = page_figures(tagger, variants)
    if db_path.exists():
        with started_job(db_path, "evaluate", console) as job:
            for key, figures in columns.items():
                if key != PLAIN:
                    store_scorecard(job.db, tagger.version, f"{name}-{key}", scorecard_rows(figures, {}))
    told = {one.name: {"records": len(one.examples), "lost_quotes": one.lost_quotes} for one in variants}
    values = {key: {**told[key], "figures": _plain(figures)} for key, figures in columns.items()}
    lines = table_lines(("figure", *columns), shown_rows(columns))
    console.result({"tagger": tagger.version, "labels": name, "pages": values}, lines)
    return 0


def _plain(figures: dict[str, Figure]) -> dict[str, dict[str, float]]:
    return {key: asdict(one) for key, one in figures.items()}


def _labels(path: Path | None) -> list[Example]:
    examples = read_examples(path) if path else load_examples(MEASURING)
    if not examples:
        raise RequestError(f"{path} holds no labelled records; each line is a record as in {CORPUS_FOLDER}/README.md")
    return examples


def _ceilings() -> dict[tuple[str, str], float]:
    """What the annotators reached against each other, by (subject, figure)."""
    agreement = json.loads((CORPUS_FOLDER / "agreement.json").read_text(encoding="utf-8"))
    ceilings = {(code, "f1"): float(values["f1"]) for code, values in agreement["themes"].items()}
    ceilings[(OVERALL, "macro_f1")] = float(agreement["themes_macro_f1"])
    ceilings[(OVERALL, "primary_accuracy")] = float(agreement["primary_agreement"])
    return ceilings


def scorecard_rows(figures: dict[str, Figure], ceilings: dict[tuple[str, str], float]) -> list[dict[str, Any]]:
    """The figures as rows of table scorecards: subject is a theme or "all"; under 30 positives is not enough."""
    rows = []
    for name, figure in figures.items():
        code, _, measured = name.partition(".")
        subject, kind = (code, measured) if measured else (OVERALL, code)
        ceiling = ceilings.get((subject, kind))
        is_enough = int(figure.positives >= FEW)
        rows.append({"subject": subject, "figure": kind, **asdict(figure), "ceiling": ceiling, "is_enough": is_enough})
    return rows


def _lines(rows: list[dict[str, Any]]) -> list[str]:
    cells = [
        (
            row["subject"],
            row["figure"],
            f"{row['value']:.3f}",
            f"{row['low']:.3f} to {row['high']:.3f}",
            f"{row['positives']}{'' if row['is_enough'] else ' (too few to prove anything)'}",
            "" if row["ceiling"] is None else f"{row['ceiling']:.3f}",
        )
        for row in rows
    ]
    return table_lines(HEADER, cells)
