"""Re-tagging by part: the same rows as tagging everything anew, whatever changed in a team's vocabulary."""

from __future__ import annotations

import random
import zlib
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlite_utils import Database

from db.corrections import record_correction
from db.database import open_database, transaction
from db.keys import digest, listing_id, search_key
from db.migrations import migrate
from nlp.corpus_data import FITTING, load_examples
from nlp.facet_data import EXTRA_VARIABLE, FACETS_FOLDER
from nlp.tagger import Tagger
from pipeline.console import Console
from pipeline.job import started_job
from pipeline.receipts import check_receipts
from pipeline.tag import tag_listings

ORIGIN = {"version": "1", "source": "us", "licence": "ours"}
EDITS = 3
EXAMPLES = load_examples(*FITTING)[::9]
SHIPPED = sorted(path.stem for path in FACETS_FOLDER.glob("*.yml"))
THEMES = ("digital", "workforce", "co-production")


def filled(path: Path, examples: Sequence[Any] = EXAMPLES) -> Path:
    """A database with the texts of labelled records as listings, not tagged yet."""
    db = open_database(path)
    migrate(db)
    source = dict.fromkeys(("title", "publisher", "licence", "start_url"), "x")
    source |= {"name": "s", "discovery": "index", "frequency": "daily", "enabled": 1, "verified": "never"}
    with transaction(db):
        db.table("sources").insert(source)
        for example in examples:
            add_listing(db, example.document.id, example.document.title, example.document.text)
    db.conn.close()
    return path


def add_listing(db: Database, name: str, title: str, text: str) -> None:
    url = f"https://example.org/{name}"
    row_id, text_hash, content = listing_id("s", url), digest(text), digest(title, text)
    row = {"id": row_id, "search_key": search_key(row_id), "source": "s", "url": url, "fetched_url": url}
    row |= {"title": title, "text": text, "text_hash": text_hash, "content_hash": content, "version": 1}
    version = {"listing_id": row_id, "version": 1, "title": title, "text_hash": text_hash, "content_hash": content}
    body = zlib.compress(text.encode("utf-8", "surrogatepass"))
    db.table("listings").insert(row | {"first_seen_at": "2026-01-01", "changed_at": "2026-01-01"})
    db.table("listing_versions").insert(version | {"body": body, "seen_at": "2026-01-01", "run_id": None})


def tag(path: Path, *, again: bool = False) -> dict[str, float]:
    with started_job(path, "tag", Console(verbosity=-1)) as job:
        tag_listings(job, again=again)
        return job.counts["tag"]


def stored(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that tagging writes, every column."""
    db = open_database(path)
    orders = {"filtration": "listing_id", "annotations": "listing_id, kind, code", "terms": "kind, code"}
    orders["tagger_parts"] = "tagger_version, part"
    rows = {name: list(db.conn.execute(f"SELECT * FROM {name} ORDER BY {order}")) for name, order in orders.items()}
    db.conn.close()
    return rows


def differing(rows: dict[str, list[Any]], others: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """The rows that are in one and not in the other, by table."""
    found = {name: sorted(set(rows[name]) ^ set(others[name]), key=repr) for name in rows}
    return {name: many for name, many in found.items() if many}


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "words"
    folder.mkdir()
    monkeypatch.setenv(EXTRA_VARIABLE, str(folder))
    return folder


class Editor:
    """Random vocabularies whose words are taken from the texts, so that they are found there."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.random = folder, random.Random(seed)
        self.files: dict[str, dict[str, Any]] = {}

    def edit(self) -> None:
        """One file more, less, or changed."""
        action = self.random.choice(("add", "add", "change", "change", "remove"))
        if not self.files or action == "add":
            self.files[f"f{self.random.randrange(10**6)}"] = self.file()
        elif action == "remove":
            del self.files[self.random.choice(sorted(self.files))]
        else:
            self.change(self.files[self.random.choice(sorted(self.files))])
        self.write()

    def write(self) -> None:
        for path in self.folder.iterdir():
            path.unlink()
        for name, content in self.files.items():
            (self.folder / f"{name}.yml").write_text(yaml.safe_dump(content), encoding="utf-8")

    def file(self) -> dict[str, Any]:
        number = self.random.randrange(10**6)
        kind = self.random.choice(("facet", "facet", "theme", "theme", "extends", "organisation", "cues"))
        if kind == "facet":
            choose, guards = self.random.choice(("all", "best")), self.guards()
            values = [self.value(f"V{number}_{place}", label="x") for place in range(self.random.randint(1, 3))]
            told = {"label": "x", "definition": "x", "choose": choose, "patterns": self.patterns(), **guards}
            return {"facet": f"own{number}", **told, **ORIGIN, "values": values}
        if kind == "theme":
            told = {"label": "x", "definition": "x", "enough": self.random.choice((0.5, 1, 1.5)), **self.guards()}
            return {"theme": f"own{number}", **told, **ORIGIN, "cues": self.cues()}
        if kind == "cues":
            return {"extends": self.random.choice(THEMES), **ORIGIN, "cues": self.cues(), "ignore": [self.phrase()]}
        if kind == "organisation":
            return {"extends": "organisation", **ORIGIN, "values": [self.body(number), self.body(number + 1)]}
        values = [self.value(f"V{number}", label="x")]
        return {"extends": self.random.choice(SHIPPED), **ORIGIN, "values": values, "ignore": [self.phrase()]}

    def change(self, content: dict[str, Any]) -> None:
        """Change something in a file: its settings, its guards, a phrase, a weight."""
        for key in ("values", "cues"):
            if key in content:
                content[key].append(self.value(f"W{self.random.randrange(10**6)}") if key == "values" else self.cue())
                part = self.random.choice(content[key])
                if isinstance(part, dict):
                    part["weight"] = self.random.choice((0.5, 1.0, 1.2))
                    part.update(self.guards())
                self.random.shuffle(content[key])
        if "facet" in content:
            content.update(
                {"minimum": self.random.choice((0.4, 0.5, 0.6)), "choose": self.random.choice(("all", "best"))}
            )
        if "theme" in content:
            content["enough"] = self.random.choice((0.5, 1, 2))

    def value(self, code: str, label: str = "x") -> dict[str, Any]:
        implies = self.random.choice(([], [], ["region:HI-SW"], ["maturity:MATURE"], ["category:AI"]))
        implies = [one for one in implies if one in KNOWN_VALUES]
        alone = self.random.random() < 0.1
        return {"code": code, "label": label, **self.cue(), "implies": implies, "only_alone": alone}

    def body(self, number: int) -> dict[str, Any]:
        name = self.capitalised()
        return {"code": f"O{number}", "label": name, "cased": [name], "implies": ["region:HI-SW"]}

    def cues(self) -> list[Any]:
        return [self.random.choice((self.phrase(), self.cue())) for _ in range(self.random.randint(1, 4))]

    def cue(self) -> dict[str, Any]:
        phrases = [self.phrase() for _ in range(self.random.randint(1, 3))]
        return {"phrases": phrases, "weight": self.random.choice((0.5, 1.0)), **self.guards()}

    def guards(self) -> dict[str, Any]:
        names = ("needs", "needs_anywhere", "never", "not_after", "not_before")
        return {name: [self.phrase(1)] for name in names if self.random.random() < 0.06}

    def patterns(self) -> list[dict[str, str]]:
        word = self.phrase(1)
        regex = rf"{word} (\w)"
        return [{"code": "{1}", "label": "{0}", "regex": regex, "contains": word}] if self.random.random() < 0.5 else []

    def phrase(self, length: int | None = None) -> str:
        """A stretch of one to three words of a text, short words among them."""
        found = "".join(one if one.isalnum() or one in " -'" else " " for one in self.text()).split()
        start = self.random.randrange(max(1, len(found) - 3))
        return " ".join(found[start : start + (length or self.random.randint(1, 3))]).strip("-'") or "the"

    def capitalised(self) -> str:
        found = [one.strip(".,;:()") for one in self.text().split()]
        pairs = [pair for pair in pairwise(found) if all(one[:1].isupper() for one in pair)]
        named = [" ".join(pair) for pair in pairs]
        return self.random.choice(named or ["Own Trust"])

    def text(self) -> str:
        document = self.random.choice(EXAMPLES).document
        return f"{document.title} {document.text}"


def _known_values() -> frozenset[str]:
    from nlp.facet_data import default_facets

    facets = default_facets().facets.values()
    return frozenset(f"{facet.facet}:{value.code}" for facet in facets for value in facet.values)


KNOWN_VALUES = _known_values()


@pytest.mark.parametrize("seed", range(4))
def test_reading_what_changed_gives_the_rows_of_reading_everything(words: Path, tmp_path: Path, seed: int) -> None:
    editor, path = Editor(words, seed), filled(tmp_path / "a.db")
    editor.edit()
    tag(path)
    correct_some(path, editor.random)
    for _ in range(EDITS):
        for _ in range(editor.random.randint(1, 3)):
            editor.edit()
        counts = tag(path)
        assert (
            counts["listings"] == counts["read_in_part"] + counts["stamped"] + counts["kept"] + counts["filtered_out"]
        )
        parted = stored(path)
        tag(path, again=True)
        found = differing(stored(path), parted)
        assert not found, f"{found}\n{yaml.safe_dump(editor.files)}"


def correct_some(path: Path, dice: random.Random) -> None:
    """Corrections of some of the tags, and some tags added; the listings are tagged with them at once."""
    db = open_database(path)
    for row in list(db.query("SELECT * FROM annotations WHERE kind IN ('theme', 'facet') ORDER BY rowid")):
        if dice.random() < 0.1:
            record_correction(db, row["listing_id"], row["kind"], row["code"], "remove", "r", reason="no")
    for row in list(db.query("SELECT a.* FROM annotations AS a WHERE kind = 'theme' ORDER BY rowid")):
        if dice.random() < 0.2:
            code, quote = dice.choice(THEMES), row["evidence"]
            record_correction(db, row["listing_id"], "theme", code, "add", "r", quote=quote)
    db.conn.close()
    tag(path)


FACET = {"facet": "robot", "label": "Robot", "definition": "Its robot.", **ORIGIN}
TEXTS = (
    ("a", "A robot", "The hospital robot carried linen to 40 wards, and the app was rolled out to 12 trusts in Devon."),
    ("b", "An app", "The app was rolled out to 40 care homes, and falls dropped by a third in an evaluation."),
    ("c", "A service", "The trolley service reached 40 care homes, and an evaluation found fewer falls in a year."),
    ("d", "Vacancy", "Job advert, closing date 6 July. The salary of the robot manager is Band 8a. Candidates apply."),
)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = filled(tmp_path / "a.db", [])
    db = open_database(path)
    with transaction(db):
        for name, title, text in TEXTS:
            add_listing(db, name, title, text)
    db.conn.close()
    return path


def write(words: Path, **files: dict[str, Any]) -> None:
    for name, content in files.items():
        (words / f"{name}.yml").write_text(yaml.safe_dump(content), encoding="utf-8")


def facets_of(path: Path) -> list[str]:
    db = open_database(path)
    rows = db.conn.execute(
        "SELECT substr(url, 21), code FROM annotations JOIN listings ON id = listing_id ORDER BY 1, 2"
    )
    found = [" ".join(row) for row in rows if row[1].startswith("robot")]
    db.conn.close()
    return found


def test_only_listings_with_a_changed_phrase_or_tag_are_read_again(words: Path, small: Path) -> None:
    assert tag(small)["listings"] == 4
    write(words, robot={**FACET, "values": [{"code": "r", "label": "R", "phrases": ["{hospital|ward} robot"]}]})
    counts = tag(small)
    assert (counts["read_in_part"], counts["stamped"], counts["tags"] > 0) == (1, 3, True)
    assert facets_of(small) == ["a robot:r"]
    write(
        words, robot={**FACET, "values": [{"code": "r", "label": "R", "phrases": ["TROLLEY  service", "ward robot"]}]}
    )
    counts = tag(small)
    assert (counts["read_in_part"], counts["stamped"]) == (2, 2)  # one has the old tag, one the new phrase
    assert facets_of(small) == ["c robot:r"]
    assert tag(small)["listings"] == 0


def test_a_vocabulary_that_is_gone_takes_its_tags_along(words: Path, small: Path) -> None:
    write(words, robot={**FACET, "values": [{"code": "r", "label": "R", "phrases": ["robot"]}]})
    tag(small)
    (words / "robot.yml").unlink()
    counts = tag(small)
    assert (counts["read_in_part"], counts["stamped"]) == (1, 3)
    assert facets_of(small) == []


def test_listings_of_different_taggers_are_each_brought_up_from_their_own(words: Path, small: Path) -> None:
    tag(small)
    before = stored(small)
    write(words, robot={**FACET, "values": [{"code": "r", "label": "R", "phrases": ["robot"]}]})
    tag(small)
    back_to_the_first(small, before, "a")
    write(words, robot={**FACET, "values": [{"code": "r", "label": "R", "phrases": ["robot", "trolley"]}]})
    assert tag(small)["read_in_part"] == 2
    assert facets_of(small) == ["a robot:r", "c robot:r"]


def back_to_the_first(path: Path, before: dict[str, list[Any]], name: str) -> None:
    """Put one listing and its tagger back to what they were: as if a run had been killed before it came to it."""
    db, row_id = open_database(path), listing_id("s", f"https://example.org/{name}")
    with transaction(db):
        db.conn.execute("DELETE FROM filtration WHERE listing_id = ?", [row_id])
        db.conn.execute("DELETE FROM annotations WHERE listing_id = ?", [row_id])
        for table in ("filtration", "annotations", "tagger_parts"):
            kept = [row for row in before[table] if table == "tagger_parts" or row[0] == row_id]
            marks = ", ".join("?" * len(before[table][0]))
            db.conn.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", kept)
    db.conn.close()


def test_an_unknown_tagger_or_another_model_reads_everything(words: Path, small: Path) -> None:
    tag(small)
    db = open_database(small)
    db.conn.execute("UPDATE tagger_parts SET version = 'other' WHERE part = 'core'")
    db.conn.execute("UPDATE filtration SET tagger_version = 'older' WHERE kept = 0")
    db.conn.execute("UPDATE tagger_parts SET tagger_version = 'before'")
    db.conn.execute("UPDATE filtration SET tagger_version = 'before' WHERE kept = 1")
    db.conn.commit()
    db.conn.close()
    counts = tag(small)
    assert (counts["kept"], counts["filtered_out"], counts["read_in_part"], counts["stamped"]) == (3, 1, 0, 0)
    assert {row[0] for row in stored(small)["tagger_parts"]} == {Tagger.load().version}  # the others are forgotten


def test_figures_alone_are_read_again_without_the_rest(words: Path, small: Path) -> None:
    tag(small)
    whole = stored(small)
    db = open_database(small)
    with transaction(db):
        db.conn.execute("UPDATE tagger_parts SET version = 'x', tagger_version = 'before' WHERE part = 'figures'")
        db.conn.execute("UPDATE tagger_parts SET tagger_version = 'before'")
        db.conn.execute("UPDATE filtration SET tagger_version = 'before'")
        db.conn.execute("DELETE FROM annotations WHERE kind = 'figure'")
    db.conn.close()
    counts = tag(small)
    assert (counts["read_in_part"], counts["stamped"]) == (3, 1)
    assert stored(small) == whole


def test_what_was_stamped_comes_out_again_as_stored(words: Path, small: Path) -> None:
    tag(small)
    write(
        words,
        robot={**FACET, "values": [{"code": "r", "label": "R", "phrases": ["robot"], "implies": ["region:HI-SW"]}]},
    )
    tag(small)
    db = open_database(small)
    assert list(check_receipts(db, Tagger.load())) == []
    db.conn.close()
