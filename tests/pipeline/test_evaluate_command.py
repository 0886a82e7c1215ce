from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from db.database import open_database
from db.scorecards import scorecard_of
from nlp.corpus_data import CORPUS_FOLDER
from nlp.tagger import Tagger

Horizon = Callable[..., Any]


@pytest.fixture(scope="module")
def database(demo_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copy(demo_database, tmp_path_factory.mktemp("evaluate") / "a.db"))


def test_the_scorecard_is_printed_and_kept(horizon: Horizon, database: Path) -> None:
    ended = horizon("evaluate", "--db", str(database))
    assert ended.returncode == 0, ended.stderr
    lines = ended.stdout.splitlines()
    assert lines[0].split()[:3] == ["subject", "figure", "value"]
    assert any("too few to prove anything" in line for line in lines)
    db = open_database(database)
    rows = scorecard_of(db, Tagger.load().version, "dev")
    db.conn.close()
    assert len(rows) == len(lines) - 1
    by_name = {(row["subject"], row["figure"]): row for row in rows}
    digital = by_name["digital", "f1"]
    assert digital["low"] <= digital["value"] <= digital["high"] <= 1
    assert digital["ceiling"] == pytest.approx(0.98)
    assert by_name["co-production", "f1"]["is_enough"] == 0


def test_measuring_again_replaces_the_scorecard(horizon: Horizon, database: Path) -> None:
    first = horizon("evaluate", "--db", str(database), "--json")
    second = horizon("evaluate", "--db", str(database), "--json")
    assert json.loads(first.stdout) == json.loads(second.stdout)
    db = open_database(database)
    assert db.table("scorecards").count == len(scorecard_of(db, Tagger.load().version, "dev"))
    db.conn.close()


def test_other_labels_can_be_measured_without_a_database(horizon: Horizon, tmp_path: Path) -> None:
    lines = (CORPUS_FOLDER / "train.jsonl").read_text().splitlines()[:5]
    (tmp_path / "mine.jsonl").write_text("\n".join(lines) + "\n")
    ended = horizon("evaluate", str(tmp_path / "mine.jsonl"), "--db", str(tmp_path / "none.db"), "--json")
    assert json.loads(ended.stdout)["records"] == 5
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [("", 2, "no labelled records"), ("nonsense\n", 1, "mine.jsonl:1"), ('{"id": "a"}\n', 1, "missing")],
)
def test_bad_labels_are_refused_with_file_and_line(
    content: str, code: int, said: str, horizon: Horizon, tmp_path: Path
) -> None:
    (tmp_path / "mine.jsonl").write_text(content)
    ended = horizon("evaluate", str(tmp_path / "mine.jsonl"), "--db", str(tmp_path / "none.db"))
    assert ended.returncode == code
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
