from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nlp.annotations import Document
from nlp.corpus_data import load_examples
from nlp.tagger import Tagger
from nlp.taxonomy_data import default_taxonomy
from pipeline import tag_file
from pipeline.console import Console
from pipeline.tag_file import as_json, tag_documents, tag_lines

QUIET = Console(verbosity=-1)


def lines_of(documents: list[Document]) -> io.StringIO:
    records = [{"id": one.id, "title": one.title, "text": one.text} for one in documents]
    return io.StringIO("".join(json.dumps(record) + "\n" for record in records))


def tagged(text: io.StringIO, jobs: int = 1) -> list[dict[str, Any]]:
    out = io.StringIO()
    tag_lines(text, out, "test", QUIET, jobs)
    return [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    return [example.document for example in load_examples("train")][:60]


def test_each_line_has_the_promised_fields_with_exact_offsets(documents: list[Document]) -> None:
    themes = set(default_taxonomy().theme_codes)
    seen = set()
    for document, row in zip(documents, tagged(lines_of(documents)), strict=True):
        assert row["id"] == document.id
        assert set(row["all_scores"]) == themes
        assert set(row["pledges"]) == {"P1", "P2", "P3"}
        assert row["primary"] in {theme["id"] for theme in row["themes"]} | {None}
        evidences = [theme["evidence"] for theme in row["themes"]]
        evidences += [criterion["evidence"] for criterion in row["criteria"].values()]
        evidences += [value["evidence"] for values in row["facets"].values() for value in values]
        for evidence in evidences:
            assert document.text[evidence["start"] : evidence["end"]] == evidence["text"]
        seen |= {theme["id"] for theme in row["themes"]}
    assert len(seen) >= 8  # sixty listings show nearly every theme


def test_a_pledge_is_met_when_one_of_its_criteria_is(documents: list[Document]) -> None:
    rows = tagged(lines_of(documents))
    for row in rows:
        for pledge, verdict in row["pledges"].items():
            verdicts = {c["verdict"] for code, c in row["criteria"].items() if code.startswith(pledge)}
            assert verdict == ("met" if "met" in verdicts else "planned" if "planned" in verdicts else "not-evidenced")
    assert any("met" in row["pledges"].values() for row in rows)


def test_several_processes_give_the_same_in_the_same_order(
    documents: list[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tag_file, "PARALLEL_FROM_DOCUMENTS", 20)
    monkeypatch.setattr(tag_file, "CHUNK_DOCUMENTS", 7)
    several = [as_json(one) for one in tag_documents(iter(documents), jobs=2)]
    assert several == [as_json(one) for one in Tagger.load().tag(documents)]


def test_the_input_is_read_as_a_stream(documents: list[Document], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tag_file, "PARALLEL_FROM_DOCUMENTS", 5)
    asked = iter(documents)
    results = tag_documents(asked, jobs=1)
    next(results)
    assert next(asked, None) is not None


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "not a JSON object"),
        ("[1]", "not a JSON object but a list"),
        ('{"id": "a"}', "lacks 'text'"),
        ('{"text": "x"}', "lacks 'id'"),
        ('{"id": "a", "text": 3}', "'text' is a int"),
        ('{"id": ["a"], "text": "x"}', "'id' is a list"),
        ("[" * 100_000, "not a JSON object"),
        ('{"id": "a", "text": "caf\udce9"}', "not UTF-8"),
    ],
)
def test_a_bad_line_is_told_by_number_and_the_others_are_tagged(
    line: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    good = json.dumps({"id": 7, "title": None, "text": "A new ward opened."})
    out = io.StringIO()
    outcome = tag_lines(io.StringIO(f"{good}\n\n{line}\n{good}\n"), out, "in.jsonl", QUIET, jobs=1)
    assert outcome.tagged == 2
    assert [json.loads(row)["id"] for row in out.getvalue().splitlines()] == ["7", "7"]
    warning = capsys.readouterr().err
    assert "in.jsonl, line 3" in warning
    assert said in warning


def test_the_command_reads_a_file_or_standard_input_and_needs_no_database(
    horizon: Callable[..., Any], tmp_path: Path, documents: list[Document]
) -> None:
    (tmp_path / "in.jsonl").write_text(lines_of(documents[:3]).getvalue() + "nonsense\n")
    ended = horizon("tag", str(tmp_path / "in.jsonl"), "--db", str(tmp_path / "none.db"))
    assert ended.returncode == 3
    assert len(ended.stdout.splitlines()) == 3
    assert "line 4" in ended.stderr
    assert not (tmp_path / "none.db").exists()


def test_half_a_character_pair_in_a_text_comes_through() -> None:
    text = "A new clinic \ud83d opened in Leeds and staff were trained there. It cut waiting times by 20%."
    (row,) = tagged(io.StringIO(json.dumps({"id": "a", "text": text}) + "\n"))
    for theme in row["themes"]:
        assert text[theme["evidence"]["start"] : theme["evidence"]["end"]] == theme["evidence"]["text"]
    out = io.StringIO()
    tag_lines(io.StringIO(json.dumps({"id": "\ud83d", "text": text}) + "\n"), out, "test", QUIET, 1)
    assert json.loads(out.getvalue().encode("utf-8"))["id"] == "\ud83d"
