"""Train: fit the tagger anew from the corpus and, when asked, from what reviewers said; figures before and after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from db.corrections import corrected_listings, corrections_of
from db.database import open_database
from db.reviews import rejected_listings, stored_annotations
from nlp.annotations import Document
from nlp.corpus_data import MEASURING, Example, load_examples
from nlp.evaluate import Figure, measure
from nlp.model_files import MODELS_VARIABLE, ModelError
from nlp.tagger import Tagger
from nlp.taxonomy_data import default_taxonomy
from nlp.train import train
from pipeline.console import Console, table_lines
from pipeline.corrections import corrected
from pipeline.errors import RequestError

HEADER = ("figure on dev", "before", "after", "95 % interval", "positives")
NOT_AN_INNOVATION = ("not an innovation", "not-an-innovation")  # the coded reason of a rejection that teaches


def train_models(db_path: Path, folder: Path, console: Console, *, reviewed: bool, lower_floors: bool) -> int:
    """Fit, measure and write into `folder`; returns the exit code. Raises FloorError with nothing written."""
    examples = reviewed_examples(db_path) if reviewed else []
    before = _present_figures()
    console.say(f"fitting to the corpus and {len(examples)} reviewed listings; this takes some minutes")
    after = train(folder, reviewed=examples, lower_floors=lower_floors)
    rows = [_row(name, before.get(name), figure) for name, figure in after.items()]
    lines = [*table_lines(HEADER, rows), f"written to {folder}; use it with {MODELS_VARIABLE}={folder}"]
    values = {"folder": str(folder), "reviewed": len(examples)}
    console.result({**values, "before": _plain(before), "after": _plain(after)}, lines)
    return 0


def _present_figures() -> dict[str, Figure]:
    """The figures of the tagger in use, or none when there is none that can be used."""
    held = load_examples(MEASURING)
    try:
        tagger = Tagger.load()
    except ModelError:
        return {}
    return measure(held, list(tagger.tag(one.document for one in held)), default_taxonomy().theme_codes)


def reviewed_examples(db_path: Path) -> list[Example]:
    """Listings whose themes a reviewer corrected, and those rejected as no innovations; none of dev's texts.

    Raises RequestError when there is no database.
    """
    if not db_path.exists():
        raise RequestError(f"{db_path}: no such database; name one with --db, or leave --decisions out")
    db = open_database(db_path, must_exist=True, read_only=True)
    try:
        found = [*_corrected(db), *_rejected(db)]
    finally:
        db.close()
    measured = {_plainly(one.document.text) for one in load_examples(MEASURING)}
    unique = {one.document.id: one for one in found}
    return [one for one in unique.values() if _plainly(one.document.text) not in measured]


def _corrected(db: Database) -> Iterator[Example]:
    """Only quotes that a reviewer gave count as such: the tagger does not learn from its own choice of sentences."""
    codes = default_taxonomy().theme_codes
    for listing in corrected_listings(db):
        corrections = corrections_of(db, [listing["id"]]).get(listing["id"], [])
        rows = corrected(listing, stored_annotations(db, listing["id"]), corrections)
        themes = [row for row in rows if row["kind"] == "theme" and row["code"] in codes]
        if not themes:
            continue
        primary = next((row["code"] for row in themes if row["is_primary"]), None)
        quotes = {one["code"]: (one["quote"],) for one in corrections if one["kind"] == "theme" and one["quote"]}
        given = tuple(row["code"] for row in themes)
        yield Example(_document(listing), True, given, primary, {}, {c: q for c, q in quotes.items() if c in given})


def _rejected(db: Database) -> Iterator[Example]:
    for listing in rejected_listings(db, NOT_AN_INNOVATION):
        yield Example(_document(listing), False, (), None, {}, {})


def _document(listing: dict[str, Any]) -> Document:
    return Document(listing["id"], listing["title"], listing["text"])


def _plainly(text: str) -> str:
    return " ".join(text.split()).casefold()


def _row(name: str, before: Figure | None, after: Figure) -> tuple[str, ...]:
    old = f"{before.value:.3f}" if before else "-"
    return name, old, f"{after.value:.3f}", f"{after.low:.3f} to {after.high:.3f}", str(after.positives)


def _plain(figures: dict[str, Figure]) -> dict[str, dict[str, float]]:
    return {name: asdict(figure) for name, figure in figures.items()}
