from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from db.database import open_database
from db.scorecards import scorecard_of
from nlp.annotations import Document
from nlp.corpus_data import CORPUS_FOLDER, load_examples
from nlp.language import sentences
from nlp.tagger import Tagger
from pipeline.pages.figures import markdown_table, page_figures
from pipeline.pages.rendered import MANNERS, rendered_documents
from pipeline.pages.surrounded import LENGTHS_WORDS, load_boilerplate, surrounded, word_count
from pipeline.pages.variants import found_again, long_variants, rendered_variants, short_variants

Horizon = Callable[..., Any]
EXAMPLES = load_examples("train")[::8]


def strings(value: object) -> list[str]:
    if isinstance(value, dict | list):
        return [text for part in (value.values() if isinstance(value, dict) else value) for text in strings(part)]
    return [str(value)]


@pytest.mark.parametrize("manner", MANNERS)
def test_a_rendered_page_still_has_every_quote(manner: str) -> None:
    pages = rendered_documents({one.document.id for one in EXAMPLES}, manner)
    assert len(pages) == len(EXAMPLES)
    for one in EXAMPLES:
        page = pages[one.document.id]
        assert page.title == one.document.title
        assert all(found_again(quote, page.text) for many in one.quotes.values() for quote in many)


def test_a_page_read_whole_has_menus_and_one_read_as_declared_has_none() -> None:
    ids = {one.document.id for one in EXAMPLES}
    declared, whole = rendered_documents(ids), rendered_documents(ids, "rendered-whole")
    assert not any("Skip to main content" in page.text for page in declared.values())
    assert sum("Skip to main content" in page.text for page in whole.values()) > len(ids) / 4


@pytest.mark.parametrize("words", LENGTHS_WORDS)
@pytest.mark.parametrize("boilerplate", ["development", "measuring"])
def test_a_surrounded_text_is_whole_of_the_length_asked_for_and_always_the_same(words: int, boilerplate: str) -> None:
    for one in EXAMPLES[::5]:
        page = surrounded(one.document, words, boilerplate)
        assert page == surrounded(one.document, words, boilerplate)
        assert words * 0.85 <= word_count([page.text]) <= words * 1.25
        assert all(sentence.text in page.text for sentence in sentences(one.document.text)[:1])
        assert sum(line in one.document.text for line in page.text.split("\n\n") if len(line) > 40) >= 2


def test_the_two_boilerplates_share_no_sentence_with_each_other_or_the_corpus() -> None:
    first, second = (set(filter(is_long, strings(load_boilerplate(name)))) for name in ("development", "measuring"))
    texts = [one.document.text for one in load_examples("train", "single", "dev")]
    assert len(first) > 60 and len(second) > 60
    assert not first & second
    assert not [line for line in first | second if any(line in text for text in texts)]


def is_long(line: str) -> bool:
    return len(line.split()) > 5


def test_quotes_are_found_across_line_breaks() -> None:
    assert found_again("a b  c", "x a\n\nb c y") == "a\n\nb c"
    assert found_again("a (b)", "a b") is None


def test_surroundings_hardly_change_the_tags() -> None:
    """In-sample and with the boilerplate that rules were written with: an alarm, not a measurement."""
    variants = long_variants(EXAMPLES, "development")
    columns = page_figures(Tagger.load(), variants, resamples=10)
    plain = columns.pop("plain")
    for name, figures in columns.items():
        assert figures["micro_f1"].value >= plain["micro_f1"].value - 0.1, name
        assert figures["listings_kept"].value >= 0.9, name


def test_a_beginning_gets_few_themes_that_the_whole_has_not() -> None:
    _, short = page_figures(Tagger.load(), short_variants(EXAMPLES), resamples=10).values()
    assert short["themes_within_labels"].value > 0.6  # in most cases: 0.75 of 40 here, interval 0.63 to 0.84


def test_records_that_the_demo_site_lacks_are_left_out() -> None:
    stranger = list(EXAMPLES[:2])
    strangers = [*stranger, type(stranger[0])(Document("nobody", "T", "Text."), True, (), None, {}, {})]
    assert all(len(variant.examples) == len(stranger) for variant in rendered_variants(strangers))


def test_the_table_has_a_column_for_each_variant() -> None:
    columns = page_figures(Tagger.load(), short_variants(EXAMPLES[:4]), resamples=5)
    lines = markdown_table(columns).splitlines()
    assert lines[0] == "| figure | plain | short |" and lines[2].startswith("| macro_f1 | ")


def test_scorecards_are_kept_under_names_of_their_own(horizon: Horizon, demo_database: Path, tmp_path: Path) -> None:
    labels, database = tmp_path / "mine.jsonl", Path(shutil.copy(demo_database, tmp_path / "a.db"))
    labels.write_text("\n".join((CORPUS_FOLDER / "train.jsonl").read_text().splitlines()[:6]) + "\n")
    ended = horizon("evaluate", str(labels), "--pages", "long", "--db", str(database), "--json")
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)["pages"]
    assert list(told) == sorted(["plain", *(f"{words}-words" for words in LENGTHS_WORDS)])
    db = open_database(database)
    names = {row["labels"] for row in db.query("SELECT DISTINCT labels FROM scorecards")}
    rows = scorecard_of(db, Tagger.load().version, "mine-600-words")
    db.conn.close()
    assert {f"mine-{words}-words" for words in LENGTHS_WORDS} <= names and "mine" not in names
    assert {row["figure"] for row in rows if row["subject"] == "all"} >= {"macro_f1", "themes_within_labels"}


def test_labels_of_no_page_are_refused(horizon: Horizon, tmp_path: Path) -> None:
    record = json.loads((CORPUS_FOLDER / "train.jsonl").read_text().splitlines()[0]) | {"id": "nobody"}
    (tmp_path / "mine.jsonl").write_text(json.dumps(record) + "\n")
    ended = horizon("evaluate", str(tmp_path / "mine.jsonl"), "--pages", "rendered", "--db", str(tmp_path / "no.db"))
    assert ended.returncode == 2 and "no record of the starter catalogue" in ended.stderr
