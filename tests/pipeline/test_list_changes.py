from __future__ import annotations

import csv
import html
import json
import os
import re
import unicodedata
from pathlib import Path

import pytest

from pipeline.errors import RequestError
from pipeline.list_changes import change_rows, compare_lists, read_list, summary

CASES = os.environ.get("HORIZON_CASES")
# What the US Food and Drug Administration's list names its columns in May 2024 and in September 2025.
FDA_COLUMNS = {
    "Submission Number": "submission_id",
    "Date of Final Decision": "date",
    "Device": "device",
    "Company": "company",
    "Panel (Lead)": "panel",
    "Primary Product Code": "code",
}


def plain(value: str) -> str:
    """Written anew and otherwise than in the module, so that the two check each other."""
    text = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", html.unescape(value))).strip().lower()
    for sign, usual in (("–", "-"), ("—", "-"), ("‑", "-"), ("‐", "-"), ("’", "'"), ("‘", "'"), ("“", '"'), ("”", '"')):
        text = text.replace(sign, usual)
    if date := re.fullmatch(r"(\d\d)/(\d\d)/(\d\d\d\d)", text):
        return f"{date[3]}-{date[1]}-{date[2]}"
    return re.sub(r"\.+$", "", text).strip()


@pytest.mark.skipif(not CASES, reason="HORIZON_CASES names no folder of cases")
def test_the_list_of_ai_devices_at_two_dates_exactly() -> None:
    folder = Path(str(CASES)) / "changes"
    old_path, new_path = folder / "fda_ai_devices_2024_05.csv", folder / "fda_ai_devices_2025_09.json"
    changes = compare_lists(read_list(old_path), read_list(new_path))
    old = {row["Submission Number"]: row for row in csv.DictReader(old_path.open(encoding="utf-8-sig"))}
    new = {row["submission_id"]: row for row in json.loads(new_path.read_text())}
    assert changes.columns == FDA_COLUMNS
    assert (len(old), len(new)) == (882, 1357)
    assert set(changes.added) == new.keys() - old.keys() and len(changes.added) == 478
    assert set(changes.dropped) == old.keys() - new.keys() == {"K223407", "DEN220039", "K162627"}
    wanted = {
        (key, field, old[key][field], new[key][FDA_COLUMNS[field]])
        for key in old.keys() & new.keys()
        for field in FDA_COLUMNS
        if plain(old[key][field]) != plain(new[key][FDA_COLUMNS[field]])
    }
    found = [(one.key, one.field, one.before, one.after) for one in changes.changed]
    assert set(found) == wanted and len(found) == len(wanted)
    assert ("K201034", "Date of Final Decision", "05/14/2021", "05/14/2020") in wanted


def test_writing_is_no_change_and_columns_are_found_by_what_stands_in_them() -> None:
    old = [
        {"No": "A1", "Name": "Café  &amp; Co.", "Seen": "03/29/2024"},
        {"No": "A2", "Name": "Two", "Seen": "01/02/2024"},
        {"No": "A3", "Name": "Three", "Seen": "01/03/2024"},
    ]
    new = [
        {"title": "CAFÉ & CO", "id": "a1", "date": "2024-03-29", "extra": "x"},
        {"title": "Deux", "id": "a2 ", "date": "2024-01-02", "extra": "y"},
        {"title": "Four", "id": "a4", "date": "2024-04-04", "extra": "z"},
    ]
    changes = compare_lists(old, new)
    assert changes.columns == {"No": "id", "Name": "title", "Seen": "date"}
    assert (changes.added, changes.dropped, changes.rewritten) == (["a4"], ["A3"], 3)
    assert change_rows(changes)[-1] == {
        "change": "changed",
        "key": "A2",
        "field": "Name",
        "before": "Two",
        "after": "Deux",
    }
    assert summary(changes) == "1 added, 1 dropped, 1 changed (Name 1); 3 fields differ in writing only"


def test_day_first_where_the_column_shows_it() -> None:
    old = [{"id": "1", "on": "25/12/2023"}, {"id": "2", "on": "01/02/2024"}]
    new = [{"id": "1", "on": "2023-12-25"}, {"id": "2", "on": "2024-02-01"}]
    assert compare_lists(old, new).changed == []


@pytest.mark.parametrize(
    ("key", "said"),
    [("none", "there is no column 'none'; the older list has: id, x"), ("x", "the same on several records: 'a'")],
)
def test_a_bad_key_is_refused(key: str, said: str) -> None:
    old = [{"id": "1", "x": "a"}, {"id": "2", "x": "a"}]
    with pytest.raises(RequestError, match=re.escape(said)):
        compare_lists(old, old, key)


def test_lists_without_a_common_key_are_refused() -> None:
    with pytest.raises(RequestError, match="--key"):
        compare_lists([{"id": "1"}], [{"id": "2"}])


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.json", '{"a": 1'), ("a.json", "[1]"), ("a.jsonl", "nope"), ("a.txt", "x"), ("a.json", "3")],
)
def test_what_is_no_list_is_refused_by_name(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(RequestError, match=re.escape(str(path))):
        read_list(path)


def test_csv_json_and_json_lines_are_read_alike(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('id,x\n1,"a\nb"\n', encoding="utf-8-sig")
    (tmp_path / "a.json").write_text(json.dumps([{"id": 1, "x": "a\nb"}]))
    (tmp_path / "a.jsonl").write_text(json.dumps({"id": 1, "x": "a\nb"}) + "\n\n")
    assert [read_list(tmp_path / f"a.{end}") for end in ("csv", "json", "jsonl")] == [[{"id": "1", "x": "a\nb"}]] * 3
