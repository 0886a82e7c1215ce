"""Train the tagger: `python -m nlp.train` fits on train, single and own, and measures on dev (some minutes)."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from nlp.annotations import Tagging
from nlp.breakdown import Part, parts
from nlp.classifiers import Models
from nlp.corpus_data import (
    ADJUDICATED,
    CORPUS_FOLDER,
    FITTING,
    MEASURING,
    Example,
    corpus_digest,
    group_numbers,
    load_examples,
)
from nlp.evaluate import Figure, make_case, measure, table
from nlp.fitting import SEED, Corpus, fit, folds, make_corpus
from nlp.matchers import Phrases
from nlp.model_card import card
from nlp.model_files import MODELS_FOLDER, FloorError, content_digest, library_versions, save_models
from nlp.tagger import Tagger
from nlp.taxonomy_data import load_taxonomy
from nlp.taxonomy_model import Taxonomy

OUTER_SEED = 11
# A floor lies this far under the measured dev figure: our choice, about one document changed among thirty positives.
FLOOR_MARGIN = 0.03
FLOORS_FILE = "floors.json"
CARD_FILE = "MODEL_CARD.md"


@dataclass(frozen=True)
class Trained:
    """New models with their figures on dev, and those of cross-validation."""

    models: Models
    figures: dict[str, Figure]
    validated: dict[str, Figure]
    found: Sequence[Part]
    corpus: str


def train(
    folder: Path = MODELS_FOLDER,
    corpus_folder: Path = CORPUS_FOLDER,
    reviewed: Sequence[Example] = (),
    lower_floors: bool = False,
) -> dict[str, Figure]:
    """Fit, cross-validate, measure on dev, write models, manifest, floors and card; returns the dev figures.

    reviewed: further labelled examples, fitted to and not counted. Raises FloorError, with nothing written, when a
    figure on dev lies under its pinned floor and `lower_floors` is not given.
    """
    taxonomy = load_taxonomy()
    trained = fit_and_measure(taxonomy, corpus_folder, reviewed)
    floors = new_floors(trained.figures, taxonomy.theme_codes, pinned_floors(folder), lower_floors)
    notes = {
        "seed": SEED,
        "corpus": trained.corpus,
        "reviewed": len(reviewed),
        "vocabulary": taxonomy.version,
        "columns": taxonomy.columns,
        "cross_validation": _plain(trained.validated),
        "dev": _plain(trained.figures),
    }
    save_models(trained.models, folder, notes)
    content = {"corpus": trained.corpus, "dev": floors}
    (folder / FLOORS_FILE).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    text = card(trained.models, trained.validated, trained.figures, trained.corpus, trained.found)
    (folder / CARD_FILE).write_text(text, encoding="utf-8")
    return trained.figures


def fit_and_measure(taxonomy: Taxonomy, corpus_folder: Path, reviewed: Sequence[Example]) -> Trained:
    """Models fitted to everything but dev, measured by cross-validation and on dev."""
    phrases = Phrases(taxonomy)
    examples = [*load_examples(*FITTING, folder=corpus_folder), *reviewed]
    corpus = make_corpus(examples, group_numbers(examples, corpus_folder), phrases)
    models = fit(corpus, phrases)
    counted = load_examples(*ADJUDICATED, folder=corpus_folder)
    unseen = cross_validate(corpus, phrases, len(counted))
    cases = [make_case(*pair, taxonomy.theme_codes) for pair in zip(counted, unseen, strict=True)]
    held = load_examples(MEASURING, folder=corpus_folder)
    taggings = list(_tagger(models, taxonomy).tag(one.document for one in held))
    return Trained(
        models,
        measure(held, taggings, taxonomy.theme_codes),
        measure(counted, unseen, taxonomy.theme_codes),
        parts(counted, cases, corpus_folder),
        corpus_digest(corpus_folder),
    )


def pinned_floors(folder: Path) -> dict[str, float]:
    """The floors on dev beside these models, or else those that ship with the package; empty when there are none."""
    path = next((place / FLOORS_FILE for place in (folder, MODELS_FOLDER) if (place / FLOORS_FILE).exists()), None)
    return dict(json.loads(path.read_text(encoding="utf-8"))["dev"]) if path else {}


def new_floors(
    figures: Mapping[str, Figure], codes: Sequence[str], pinned: Mapping[str, float], lower: bool
) -> dict[str, float]:
    """The floors to pin: never under those pinned unless `lower` says so. Raises FloorError for a figure under one."""
    fallen = [
        f"{name} {figures[name].value} under {floor}"
        for name, floor in pinned.items()
        if name in figures and figures[name].value < floor
    ]
    if fallen and not lower:
        way = "to pin lower floors on purpose give --lower-floors"
        raise FloorError(f"the new models fall below pinned floors on dev: {', '.join(fallen)}; nothing written; {way}")
    names = [*(f"{code}.f1" for code in codes), "macro_f1", "micro_f1", "primary_accuracy", "criteria_micro_f1"]
    floors = {name: round(max(0.0, figures[name].value - FLOOR_MARGIN), 3) for name in names}
    return floors if lower else {name: max(floor, pinned.get(name, 0.0)) for name, floor in floors.items()}


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


def main() -> int:
    """Train and print the dev figures."""
    sys.stdout.write(table(train(lower_floors="--lower-floors" in sys.argv[1:])) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
