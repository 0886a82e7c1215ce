"""horizon train: what is learned from, when nothing is installed, and how corrections win over the tagger."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from db.corrections import record_correction
from db.database import open_database
from nlp.corpus_data import load_examples
from nlp.evaluate import Figure
from nlp.model_files import MANIFEST_FILE, MODEL_FILE, MODELS_FOLDER
from nlp.tagger import Tagger
from pipeline import train as training
from pipeline.console import Console
from pipeline.errors import StageFailedError
from pipeline.job import started_job
from pipeline.receipts import check_receipts
from pipeline.tag import tag_listings
from pipeline.train import TrainPlan, corrected_examples, pinned_floors, train_models

Horizon = Callable[..., Any]
QUIET = Console(verbosity=-1)


@pytest.fixture
def database(demo_database: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(demo_database, tmp_path / "a.db"))


def tag(path: Path) -> dict[str, float]:
    with started_job(path, "tag", QUIET) as job:
        tag_listings(job)
        return job.counts["tag"]


def rows(path: Path, sql: str, *values: str) -> list[dict[str, Any]]:
    db = open_database(path)
    found = list(db.query(sql, values))
    db.conn.close()
    return found


def correct(path: Path, *words: str, **more: str) -> None:
    db = open_database(path)
    record_correction(db, *words, **more)  # type: ignore[misc]
    db.conn.close()


TAGS = "SELECT * FROM annotations WHERE listing_id = ? AND kind = 'theme' ORDER BY is_primary DESC, code"
TWO_THEMES = """
    SELECT l.id, l.text FROM listings AS l WHERE
    (SELECT count(*) FROM annotations WHERE listing_id = l.id AND kind = 'theme') = 2 ORDER BY l.id"""


def test_corrections_win_over_the_tagger_and_are_learned_from(database: Path) -> None:
    held = {one.document.text for one in load_examples("dev")}
    listing = next(row for row in rows(database, TWO_THEMES) if row["text"] not in held)
    primary, other = rows(database, TAGS, listing["id"])
    new = next(code for code in ("digital", "workforce", "industry") if code not in (primary["code"], other["code"]))
    correct(database, listing["id"], "theme", primary["code"], "remove", "ann", reason="only mentioned")
    correct(database, listing["id"], "theme", new, "add", "ann", quote=other["evidence"])
    assert corrected_examples(database, Console(verbosity=-1)) == []  # not tagged with them yet
    assert tag(database)["listings"] == 1
    given = {row["code"]: row for row in rows(database, TAGS, listing["id"])}
    assert set(given) == {other["code"], new} and sum(row["is_primary"] for row in given.values()) == 1
    assert (given[new]["method"], given[new]["score"], given[new]["evidence"]) == ("reviewer", 1.0, other["evidence"])
    (example,) = corrected_examples(database, QUIET)
    assert set(example.themes) == set(given) and example.quotes[new] == (other["evidence"],)
    db = open_database(database)
    assert list(check_receipts(db, Tagger.load())) == []
    db.conn.close()


@pytest.mark.parametrize(
    ("words", "more", "said"),
    [
        (("theme", "digital", "add"), {"quote": "not in the text"}, "quote: "),
        (("theme", "digital", "remove"), {}, "reason: "),
        (("theme", "digital", "change"), {}, "allowed: add, remove"),
        (("figure", "x", "remove"), {"reason": "r"}, "allowed: theme, criterion, enabler, facet"),
        (("criterion", "P3.access", "add"), {"quote": "x"}, "allowed: met, planned"),
    ],
)
def test_a_correction_says_what_it_lacks(database: Path, words: Any, more: Any, said: str) -> None:
    (listing,) = rows(database, "SELECT id FROM listings LIMIT 1")
    with pytest.raises(ValueError, match=said):
        correct(database, listing["id"], *words, "ann", **more)


def test_what_falls_below_its_floor_is_not_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    figures = {name: Figure(1.0, 1.0, 1.0, 9) for name in pinned_floors()} | {"digital.f1": Figure(0.1, 0, 0.2, 9)}

    def fitted(folder: Path, **_: Any) -> dict[str, Figure]:
        for path in MODELS_FOLDER.glob("[!v]*"):
            shutil.copy(path, folder)
        return figures

    monkeypatch.setattr(training, "train", fitted)
    monkeypatch.setattr(training, "_measured", lambda: figures)
    out = tmp_path / "models"
    with pytest.raises(StageFailedError, match=r"digital\.f1 0\.100 \(floor .*nothing is installed.*--lower-floors"):
        train_models(TrainPlan(out, None, lower_floors=False), QUIET)
    assert list(tmp_path.iterdir()) == []
    assert train_models(TrainPlan(out, None, lower_floors=True), QUIET) == 0
    assert Tagger.load(out).version == Tagger.load().version


def test_the_command_fits_shows_both_figures_and_is_pointed_to(horizon: Horizon, tmp_path: Path) -> None:
    packaged = (MODELS_FOLDER / MANIFEST_FILE).read_bytes()
    ended = horizon("train", "--db", str(tmp_path / "a.db"), "--json")
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert {"figure", "before", "after", "floor"} == set(told["figures"][0]) and told["below_floor"] == []
    folder = tmp_path / "models"
    assert (folder / MODEL_FILE).exists() and (MODELS_FOLDER / MANIFEST_FILE).read_bytes() == packaged
    (folder / MODEL_FILE).write_bytes(b"altered")
    refused = horizon("doctor", "--db", str(tmp_path / "a.db"), "--models", str(folder))
    assert refused.returncode == 1 and "checksum differs" in refused.stdout


def test_corrections_without_a_database_are_an_error(horizon: Horizon, tmp_path: Path) -> None:
    ended = horizon("train", "--decisions", "--db", str(tmp_path / "none.db"))
    assert ended.returncode == 1 and "no database" in ended.stderr and "Traceback" not in ended.stderr
