"""Train the tagger: `python -m nlp.train` fits on train, single and own, and measures on dev (some minutes)."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from nlp.annotations import Tagging
from nlp.breakdown import parts
from nlp.classifiers import Models
from nlp.corpus_data import ADJUDICATED, CORPUS_FOLDER, FITTING, MEASURING, corpus_digest, group_numbers, load_examples
from nlp.evaluate import Figure, make_case, measure, table
from nlp.fitting import SEED, Corpus, fit, folds, make_corpus
from nlp.matchers import Phrases
from nlp.model_card import card
from nlp.model_files import MODELS_FOLDER, content_digest, library_versions, save_models
from nlp.tagger import Tagger
from nlp.taxonomy_data import load_taxonomy
from nlp.taxonomy_model import Taxonomy

OUTER_SEED = 11
# A floor lies this far under the measured dev figure: our choice, about one document changed among thirty positives.
FLOOR_MARGIN = 0.03
FLOORS_FILE = "floors.json"
CARD_FILE = "MODEL_CARD.md"


def train(folder: Path = MODELS_FOLDER, corpus_folder: Path = CORPUS_FOLDER) -> dict[str, Figure]:
    """Fit, cross-validate, measure on dev, write models, manifest, floors and card; returns the dev figures."""
    taxonomy = load_taxonomy()
    phrases = Phrases(taxonomy)
    examples = load_examples(*FITTING, folder=corpus_folder)
    corpus = make_corpus(examples, group_numbers(examples, corpus_folder), phrases)
    models = fit(corpus, phrases)
    counted = load_examples(*ADJUDICATED, folder=corpus_folder)
    unseen = cross_validate(corpus, phrases, len(counted))
    validated = measure(counted, unseen, taxonomy.theme_codes)
    found = parts(counted, [make_case(*pair, taxonomy.theme_codes) for pair in zip(counted, unseen, strict=True)])
    held = load_examples(MEASURING, folder=corpus_folder)
    taggings = list(_tagger(models, taxonomy).tag(one.document for one in held))
    figures = measure(held, taggings, taxonomy.theme_codes)
    digest = corpus_digest(corpus_folder)
    notes = {
        "seed": SEED,
        "corpus": digest,
        "vocabulary": taxonomy.version,
        "columns": taxonomy.columns,
        "cross_validation": _plain(validated),
        "dev": _plain(figures),
    }
    save_models(models, folder, notes)
    _write_floors(folder, figures, taxonomy.theme_codes, digest)
    (folder / CARD_FILE).write_text(card(models, validated, figures, digest, found), encoding="utf-8")
    return figures


def cross_validate(corpus: Corpus, phrases: Phrases, counted: int) -> list[Tagging]:
    """The first `counted` documents (those labelled as dev is) tagged by models that saw nothing of their innovation.

    The whole procedure, thresholds and all, is fitted five times on four fifths.
    """
    taggings: dict[int, Tagging] = {}
    for fitting, scoring in folds(corpus.groups, OUTER_SEED):
        tagger = _tagger(fit(corpus.part(fitting), phrases), phrases.taxonomy)
        rows = [row for row in scoring.tolist() if row < counted]
        documents = [corpus.examples[row].document for row in rows]
        taggings |= dict(zip(rows, tagger.tag(documents), strict=True))
    return [taggings[row] for row in range(counted)]


def _tagger(models: Models, taxonomy: Taxonomy) -> Tagger:
    return Tagger(models, taxonomy, content_digest(models), library_versions())


def _plain(figures: dict[str, Figure]) -> dict[str, dict[str, float]]:
    return {name: asdict(figure) for name, figure in figures.items()}


def _write_floors(folder: Path, figures: dict[str, Figure], codes: Sequence[str], digest: str) -> None:
    """Pinned floors: lower them only on purpose."""
    names = [*(f"{code}.f1" for code in codes), "macro_f1", "micro_f1", "primary_accuracy", "criteria_micro_f1"]
    floors = {name: round(max(0.0, figures[name].value - FLOOR_MARGIN), 3) for name in names}
    content = {"corpus": digest, "dev": floors}
    (folder / FLOORS_FILE).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def main() -> int:
    """Train and print the dev figures."""
    sys.stdout.write(table(train()) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
