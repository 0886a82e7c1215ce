"""A team's own theme from a YAML file to everywhere that themes are shown, through the command, on real texts."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from served_site import ServedSite

from db.database import open_database
from nlp.corpus_data import CORPUS_FOLDER
from nlp.facet_data import FACETS_FOLDER
from nlp.taxonomy_data import default_taxonomy

Horizon = Callable[..., Any]
LABEL = "Maternity and neonatal care"


def readme_examples() -> list[str]:
    text = (FACETS_FOLDER / "README.md").read_text(encoding="utf-8")
    return [part.split("```")[0] for part in text.split("```yaml\n")[1:]]


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The theme and the cues that the README shows."""
    folder = tmp_path_factory.mktemp("words")
    for number, example in enumerate(one for one in readme_examples() if "cues:" in one):
        (folder / f"own{number}.yml").write_text(example, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def tagged(horizon: Horizon, demo_database: Path, words: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's database with the team's theme, brought up to the lists."""
    path = Path(shutil.copy(demo_database, tmp_path_factory.mktemp("own") / "a.db"))
    ended = horizon("tag", "--db", str(path), "--json", HORIZON_VOCABULARY=str(words))
    assert ended.returncode == 0, ended.stderr
    counts = json.loads(ended.stdout)["counts"]["tag"]
    assert counts["kept"] == counts["filtered_out"] == 0  # no listing had to be read in full
    assert 0 < counts["read_in_part"] < counts["stamped"]
    for command in ("resolve", "export"):
        assert horizon(command, "--db", str(path)).returncode == 0
    return path


@pytest.fixture(scope="module")
def served(tagged: Path) -> Iterator[ServedSite]:
    site = ServedSite(tagged)
    yield site
    site.close()


def test_it_stands_in_the_tables_with_its_sentences(tagged: Path) -> None:
    db = open_database(tagged)
    rows = list(db.query("SELECT * FROM tags WHERE kind = 'theme' AND code = 'maternity'"))
    (overview,) = db.query("SELECT * FROM themes_overview WHERE theme = 'maternity'")
    db.conn.close()
    assert (
        len(rows) > 20
        and {row["method"] for row in rows} == {"rule:theme"}
        and {row["label"] for row in rows} == {LABEL}
    )
    assert all(any(word in row["evidence"].lower() for word in ("mid", "mater", "nat", "bab")) for row in rows)
    assert overview["label"] == LABEL and overview["innovations"] > 10 > overview["as_primary"]


def test_nothing_else_changed_but_the_theme_with_new_cues(tagged: Path, demo_database: Path) -> None:
    db = open_database(tagged)
    db.conn.execute("ATTACH ? AS before", [str(demo_database)])
    columns = "listing_id, kind, code, verdict, is_primary, score, evidence, method, method_version, vocabulary_version"
    before = {tuple(row) for row in db.conn.execute(f"SELECT {columns} FROM before.annotations")}
    after = {tuple(row) for row in db.conn.execute(f"SELECT {columns} FROM annotations")}
    db.conn.close()
    assert before <= after
    assert {row[2] for row in after - before} <= {"maternity", "co-production"}


def test_the_site_counts_it_and_narrows_by_it(served: ServedSite) -> None:
    assert LABEL in served.get("/").text
    page = served.get("/search?theme=maternity").text
    assert LABEL in page and 'href="/innovation/inn-' in page
    facets = served.get("/innovations/innovations.json?_size=1").json()["facet_results"]["themes"]["results"]
    assert "maternity" in {value["value"] for value in facets}
    listed = served.get("/innovations/tags.json?code=maternity&_size=1&_shape=objects").json()["rows"][0]
    one = served.get(f"/innovation/{listed['innovation_id']}").text
    assert LABEL in one and "rule:theme" in one


def test_the_lists_name_it(tagged: Path) -> None:
    with next((tagged.parent / "exports").glob("candidates-*.csv")).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert sum(LABEL in row["Themes"] for row in rows) > 10


def test_a_file_is_tagged_with_it(horizon: Horizon, words: Path) -> None:
    ended = horizon("tag", str(CORPUS_FOLDER / "dev.jsonl"), HORIZON_VOCABULARY=str(words))
    rows = [json.loads(line) for line in ended.stdout.splitlines()]
    assert {len(row["all_scores"]) for row in rows} == {len(default_taxonomy().themes) + 1}
    given = [(row, theme) for row in rows for theme in row["themes"] if theme["id"] == "maternity"]
    assert given and all(theme["score"] == row["all_scores"]["maternity"] >= 0.5 for row, theme in given)
    assert all(row["primary"] != "maternity" or len(row["themes"]) == 1 for row, _ in given)


def test_it_is_measured_on_labels_that_name_it(horizon: Horizon, words: Path, tmp_path: Path) -> None:
    lines = (CORPUS_FOLDER / "dev.jsonl").read_text(encoding="utf-8").splitlines()[:40]
    records = [json.loads(line) for line in lines]
    for record in records:
        if "maternity" in record["text"].lower():
            record["themes"].append("maternity")
    labels, database = tmp_path / "mine.jsonl", str(tmp_path / "none.db")
    labels.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    ended = horizon("evaluate", str(labels), "--db", database, "--json", HORIZON_VOCABULARY=str(words))
    figures = json.loads(ended.stdout)["figures"]
    assert (
        ended.returncode == 0
        and figures["maternity.f1"]["positives"] > 0
        and figures["maternity.recall"]["value"] > 0.5
    )
    without = horizon("evaluate", str(labels), "--db", database, "--json")
    assert without.returncode == 3 and "maternity; there are: spread-adoption" in without.stderr
    assert "maternity.f1" not in json.loads(without.stdout)["figures"]


def test_a_bad_file_is_told_in_a_sentence(horizon: Horizon, words: Path, tmp_path: Path) -> None:
    (tmp_path / "own.yml").write_text(readme_examples()[2].replace("cues:", "words:"), encoding="utf-8")
    ended = horizon("tag", str(CORPUS_FOLDER / "dev.jsonl"), HORIZON_VOCABULARY=str(tmp_path))
    assert ended.returncode == 1 and "Traceback" not in ended.stderr
    for said in ("own.yml", "cues: Field required", "allowed keys", "enough", "horizon doctor"):
        assert said in ended.stderr
    checked = horizon("doctor", "--db", str(tmp_path / "none.db"), HORIZON_VOCABULARY=str(tmp_path))
    assert checked.returncode == 1 and "own.yml: cues: Field required" in checked.stdout


def test_doctor_computes_every_tag_of_it_again(horizon: Horizon, tagged: Path, words: Path) -> None:
    ended = horizon("doctor", "--deep", "--db", str(tagged), HORIZON_VOCABULARY=str(words))
    assert ended.returncode == 0, ended.stdout
    assert "all as stored" in ended.stdout
