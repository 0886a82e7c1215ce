"""Tables as a way in: CSV, JSON, JSON Lines and XLSX, at an address or on disk, also zipped."""

from __future__ import annotations

import io
import json
import os
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from crawler.declaration import TableSection
from crawler.parsers import table as tables
from crawler.parsers.record import RecordError
from crawler.parsers.table import read_table

ROWS = [
    {"Title": "Falls service", "What it does": "It sends a therapist; quickly, \"at once\".", "Since": "2024-05-01"},
    {"Title": "Prävention – früh", "What it does": "Second line\nof a cell.", "Since": "2025"},
]  # fmt: skip
TEXT = "The service sends a therapist to care homes after a fall, so that fewer people go to hospital."


def as_csv(delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    import csv

    text = io.StringIO()
    writer = csv.DictWriter(text, list(ROWS[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(ROWS)
    return text.getvalue().encode(encoding)


def as_xlsx(rows: list[list[Any]] | None = None, sheet: str = "Ideas") -> bytes:
    workbook = openpyxl.Workbook()
    page = workbook.active
    assert page is not None
    page.title = sheet
    for row in rows or [list(ROWS[0]), *(list(row.values()) for row in ROWS)]:
        page.append(row)
    packed = io.BytesIO()
    workbook.save(packed)
    return packed.getvalue()


def zipped(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return packed.getvalue()


@pytest.mark.parametrize(
    "body",
    [
        as_csv(), as_csv(";"), as_csv("\t"), as_csv("|"), as_csv(encoding="utf-8-sig"), as_csv(encoding="utf-16"),
        as_csv(encoding="cp1252"), json.dumps(ROWS).encode(), "\n".join(map(json.dumps, ROWS)).encode(), as_xlsx(),
        zipped(list__csv=as_csv(), readme__txt=b"read me"), zipped(list__xlsx=as_xlsx()), as_csv() + b"\r\n,,\r\n\r\n",
    ],
)  # fmt: skip
def test_the_same_rows_from_every_kind_of_file(body: bytes) -> None:
    def plain(rows: list[dict[str, Any]]) -> list[dict[str, str]]:
        return [{name: str(value).replace("\r\n", "\n") for name, value in row.items()} for row in rows]

    assert plain(read_table(body, TableSection())) == plain(ROWS)


def test_cells_of_a_workbook_as_text_and_columns_without_or_with_the_same_name() -> None:
    rows = read_table(as_xlsx([["A", None, "A"], [date(2026, 11, 2), 3.0, 2.5], [None, None, None]]), TableSection())
    assert rows == [{"A": "2026-11-02", "column 2": 3, "A 2": 2.5}]
    assert read_table(as_xlsx(sheet="Other"), TableSection(sheet="Other"))[0]["Title"] == "Falls service"


@pytest.mark.parametrize(
    ("body", "section", "said"),
    [
        (b"PK\x03\x04 no zip", {}, "the table cannot be read"),
        (zipped(a__csv=b"x", b__csv=b"y"), {}, "needs the key member; it has: a.csv, b.csv"),
        (zipped(a__csv=b"x"), {"member": "c.csv"}, "needs the key member; it has: a.csv"),
        (as_xlsx(), {"sheet": "None"}, "there is no sheet 'None'; there are: Ideas"),
        (b'{"a": 1}\n{broken', {"format": "jsonl"}, "line 2 is not JSON"),
        (b"[1, 2]", {}, "finds no list of records"),
        (b'{"rows": []}', {"records": "nothing"}, "'nothing' finds no list of records"),
        (b"a,b\n1," + b"x" * 1_000_001, {}, "field larger than field limit"),
    ],
)
def test_what_is_no_table_is_told(body: bytes, section: dict[str, Any], said: str) -> None:
    with pytest.raises(RecordError, match=said):
        read_table(body, TableSection(**section))


def test_bombs_are_not_unpacked_and_entities_not_expanded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tables, "UNPACKED_LIMIT_BYTES", 2**20)
    with pytest.raises(RecordError, match="larger than 1 MiB unpacked"):
        read_table(zipped(list__csv=b"a\n" * 2**20), TableSection())
    monkeypatch.setattr(tables, "ROWS_LIMIT", 10)
    with pytest.raises(RecordError, match="more than 10 rows"):
        read_table(b"a\n" + b"1\n" * 11, TableSection())
    secret = tmp_path / "secret.txt"
    secret.write_text("do not read me")
    entity = f'<!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "{"&a;" * 50}"><!ENTITY f SYSTEM "{secret.as_uri()}">]>'
    packed = io.BytesIO(as_xlsx([["A"], ["x"]]))
    hostile = io.BytesIO()
    with zipfile.ZipFile(packed) as source, zipfile.ZipFile(hostile, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                content = content.replace(b"<worksheet", entity.encode() + b"<worksheet", 1).replace(
                    b">x<", b">&b;&f;<"
                )
            target.writestr(name, content)
    try:
        rows = str(read_table(hostile.getvalue(), TableSection()))
    except RecordError:
        rows = ""
    assert "do not read me" not in rows and "lollol" not in rows


def test_json_test_suite_refused_cases_are_refused_with_the_line_or_the_reason() -> None:
    folder = os.environ.get("HORIZON_CASES")
    if not folder:
        pytest.skip("HORIZON_CASES is not set: the outside case files are not here")
    cases = sorted(Path(folder).rglob("n_*.json"))
    assert len(cases) > 150
    accepted = []
    for case in cases:
        try:
            read_table(case.read_bytes(), TableSection(format="json"))
        except RecordError:
            continue
        accepted.append(case.name)
    assert accepted == []


@pytest.mark.parametrize("where", ["address", "disk"])
def test_submissions_become_listings(where: str, bench: Any, site: Any) -> None:
    rows = [["Ref", "Name", "Problem", "Answer", "When"], ["7", "Falls", "Falls at home.", TEXT, date(2026, 11, 2)]]
    rows += [["8", "Second", "Late discharge.", f"{TEXT} Twice.", "May 2026"], ["", "", "No name.", TEXT, ""]]
    site.pages["/ideas.xlsx"] = site.page(as_xlsx(rows), Content_Type="application/vnd.ms-excel")
    (bench.sources / "ideas.xlsx").write_bytes(as_xlsx(rows))
    fields = {"title": {"column": "Name"}, "text": {"column": ["Problem", "Answer"]}, "record_id": {"column": "Ref"}}
    fields |= {"published": {"column": "When"}}
    table = {"file": "ideas.xlsx"} if where == "disk" else {}
    bench.declare(discovery="table", start="/ideas.xlsx", table=table, fields=fields)
    done = bench.crawl()
    assert (done.outcome["status"], done.outcome["listings"]) == ("warnings", 2), done.log
    first, second = bench.rows("SELECT url, title, text, published FROM listings ORDER BY url")
    assert first["url"].endswith("/ideas.xlsx#7") and first["text"].startswith("Falls at home.\n\nThe service")
    assert [first["published"], second["published"]] == ["2026-11-02", "2026-05"]
    assert (site.seen == []) == (where == "disk")
    bench.new_run()
    assert bench.crawl().outcome["unchanged"] == 2


def test_a_file_that_is_not_there_is_a_failure_that_names_it(bench: Any) -> None:
    bench.declare(discovery="table", table={"file": "gone.csv"}, fields={"title": {"column": "a"}})
    done = bench.crawl()
    assert (done.code, done.outcome["status"]) == (1, "failed") and "gone.csv" in done.log
