"""Training from corpus and reviewers: what teaches, floors that hold, files that a tagger takes. Nothing is fitted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import nlp.train
from db.corrections import record_correction
from db.database import open_database, transaction
from db.decisions import record_decision
from db.keys import search_key
from nlp.corpus_data import load_examples
from nlp.evaluate import Figure
from nlp.model_files import FloorError, load_models
from nlp.tagger import Tagger
from nlp.train import FLOORS_FILE, Trained, new_floors
from pipeline.console import Console
from pipeline.train import reviewed_examples, train_models
from tests.pipeline.test_retag import filled, tag

EXAMPLES = load_examples("train")[:6]
CODES = ("digital", "workforce")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = filled(tmp_path / "a.db", [*EXAMPLES, load_examples("dev")[0]])
    tag(path)
    return path


def _listing(db: Any, text: str) -> str:
    return str(db.conn.execute("SELECT id FROM listings WHERE text = ?", [text]).fetchone()[0])


def test_a_corrected_listing_teaches_with_the_reviewers_quote_alone(database: Path) -> None:
    text = EXAMPLES[0].document.text
    quote = text.split(". ")[0]
    db = open_database(database)
    record_correction(db, _listing(db, text), "theme", "workforce", "add", "ann", quote=quote)
    db.conn.close()
    (example,) = reviewed_examples(database)
    assert example.listing and "workforce" in example.themes
    assert dict(example.quotes) == {"workforce": (quote,)}
    assert example.primary in example.themes


def test_a_removed_theme_is_not_taught(database: Path) -> None:
    db = open_database(database)
    row = db.conn.execute("SELECT listing_id, code FROM annotations WHERE kind = 'theme' AND NOT is_primary").fetchone()
    record_correction(db, row[0], "theme", row[1], "remove", "ann", reason="a mention")
    db.conn.close()
    (example,) = reviewed_examples(database)
    assert row[1] not in example.themes and example.themes


def _rejected(path: Path, text: str, reason: str) -> None:
    db = open_database(path)
    listing = _listing(db, text)
    innovation = f"i-{listing}"
    row: dict[str, Any] = dict.fromkeys(("title", "summary", "content_hash", "first_seen_at", "changed_at"), "x")
    with transaction(db):
        row |= {"id": innovation, "listing_count": 1, "search_key": search_key(innovation)}
        db.table("innovations").insert(row)
        db.table("innovation_listings").insert({"listing_id": listing, "innovation_id": innovation, "score": 1.0})
    record_decision(db, innovation, "reject", "ann", reason=reason)
    db.conn.close()


def test_a_rejection_as_no_innovation_teaches_and_another_reason_does_not(database: Path) -> None:
    _rejected(database, EXAMPLES[1].document.text, "not an innovation")
    _rejected(database, EXAMPLES[2].document.text, "outside the time window")
    (example,) = reviewed_examples(database)
    assert not example.listing and example.document.text == EXAMPLES[1].document.text


def test_what_is_measured_on_never_teaches(database: Path) -> None:
    _rejected(database, load_examples("dev")[0].document.text, "not an innovation")
    assert reviewed_examples(database) == []


def test_floors_only_rise_unless_told_otherwise() -> None:
    names = [*(f"{code}.f1" for code in CODES), "macro_f1", "micro_f1", "primary_accuracy", "criteria_micro_f1"]
    figures = dict.fromkeys(names, Figure(0.8, 0.7, 0.9, 40))
    assert new_floors(figures, CODES, {"macro_f1": 0.79, "micro_f1": 0.5}, False)["macro_f1"] == 0.79
    assert new_floors(figures, CODES, {"micro_f1": 0.5}, False)["micro_f1"] == pytest.approx(0.77)
    with pytest.raises(FloorError, match=r"macro_f1 0\.8 under 0\.81.*--lower-floors"):
        new_floors(figures, CODES, {"macro_f1": 0.81}, False)
    assert new_floors(figures, CODES, {"macro_f1": 0.81}, True)["macro_f1"] == pytest.approx(0.77)


@pytest.fixture
def fitted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Stands in for the fit, which takes minutes: the shipped models, their figures as the manifest has them."""
    models, manifest = load_models()
    figures = {name: Figure(**values) for name, values in manifest["dev"].items()}
    taught: list[int] = []

    def stand_in(taxonomy: Any, corpus_folder: Path, reviewed: list[Any]) -> Trained:
        taught.append(len(reviewed))
        return Trained(models, figures, figures, [], manifest["corpus"])

    monkeypatch.setattr(nlp.train, "fit_and_measure", stand_in)
    return taught


def test_new_models_are_written_shown_and_taken_by_the_tagger(
    database: Path,
    fitted: list[int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _rejected(database, EXAMPLES[1].document.text, "not an innovation")
    console = Console(verbosity=-1, as_json=True)
    assert train_models(database, tmp_path / "new", console, reviewed=True, lower_floors=False) == 0
    told = json.loads(capsys.readouterr().out)
    assert fitted == [1] and told["reviewed"] == 1
    assert told["after"]["macro_f1"] == told["before"]["macro_f1"]
    monkeypatch.setenv("HORIZON_MODELS", str(tmp_path / "new"))
    assert Tagger.load().version
    (tmp_path / "new" / "tagger.skops").unlink()
    with pytest.raises(Exception, match="no such file"):
        Tagger.load()


def test_worse_models_are_refused_and_nothing_is_written(database: Path, fitted: list[int], tmp_path: Path) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    (folder / FLOORS_FILE).write_text(json.dumps({"corpus": "x", "dev": {"digital.f1": 0.999}}))
    with pytest.raises(FloorError, match=r"digital\.f1"):
        train_models(database, folder, Console(verbosity=-1), reviewed=False, lower_floors=False)
    assert [path.name for path in folder.iterdir()] == [FLOORS_FILE]
    assert train_models(database, folder, Console(verbosity=-1), reviewed=False, lower_floors=True) == 0
    assert len(list(folder.iterdir())) == 4
