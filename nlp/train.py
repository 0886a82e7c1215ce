"""Train the tagger: `python -m nlp.train` fits on train + single, measures on dev, writes nlp/models/ (in 30 s)."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from nlp.annotations import Tagging
from nlp.classifiers import Models
from nlp.corpus_data import CORPUS_FOLDER, FITTING, MEASURING, Example, corpus_digest, group_numbers, load_examples
from nlp.evaluate import Figure, measure, table
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
STEPS = 3  # of train(): fitted, cross-validated, measured
FLOORS_FILE = "floors.json"
CARD_FILE = "MODEL_CARD.md"


def train(
    folder: Path = MODELS_FOLDER,
    corpus_folder: Path = CORPUS_FOLDER,
    *,
    extra: Sequence[Example] = (),
    step: Callable[[], None] = lambda: None,
) -> dict[str, Figure]:
    """Fit, cross-validate, measure on dev, write models, manifest, floors and card; returns the dev figures.

    extra: examples beside the corpus; of a text that is in both, the extra one stands. step: called after each of
    STEPS.
    """
    taxonomy = load_taxonomy()
    phrases = Phrases(taxonomy)
    examples = _with_extra(load_examples(*FITTING, folder=corpus_folder), extra)
    corpus = make_corpus(examples, group_numbers(examples, corpus_folder), phrases)
    models = fit(corpus, phrases)
    step()
    validated = cross_validate(corpus, phrases)
    step()
    figures = measured(models, taxonomy, corpus_folder)
    digest = corpus_digest(corpus_folder)
    notes = {
        "seed": SEED,
        "corpus": digest,
        "extra_examples": len(extra),
        "vocabulary": taxonomy.version,
        "cross_validation": _plain(validated),
        "dev": _plain(figures),
    }
    save_models(models, folder, notes)
    _write_floors(folder, figures, taxonomy.theme_codes, digest)
    (folder / CARD_FILE).write_text(card(models, validated, figures, digest), encoding="utf-8")
    step()
    return figures


def measured(models: Models, taxonomy: Taxonomy, corpus_folder: Path = CORPUS_FOLDER) -> dict[str, Figure]:
    """The models' figures on dev."""
    held = load_examples(MEASURING, folder=corpus_folder)
    taggings = list(_tagger(models, taxonomy).tag(one.document for one in held))
    return measure(held, taggings, taxonomy.theme_codes)


def _with_extra(corpus: Sequence[Example], extra: Sequence[Example]) -> list[Example]:
    texts = {plain(one.document.text) for one in extra}
    return [*(one for one in corpus if plain(one.document.text) not in texts), *extra]


def plain(text: str) -> str:
    """A text as two copies of it are compared: lower case, single spaces."""
    return " ".join(text.lower().split())


def cross_validate(corpus: Corpus, phrases: Phrases) -> dict[str, Figure]:
    """The whole procedure, thresholds and all, five times on four fifths, measured on the fifth left out."""
    taggings: dict[int, Tagging] = {}
    for fitting, scoring in folds(corpus.groups, OUTER_SEED):
        tagger = _tagger(fit(corpus.part(fitting), phrases), phrases.taxonomy)
        documents = [corpus.examples[row].document for row in scoring]
        taggings |= dict(zip(scoring.tolist(), tagger.tag(documents), strict=True))
    ordered = [taggings[row] for row in range(len(corpus.examples))]
    return measure(corpus.examples, ordered, phrases.taxonomy.theme_codes)


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
