from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path

import openpyxl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.export.cells import CELL_UNITS_MAX, FORMULA_STARTS, TRUNCATED, clean, csv_cell
from pipeline.export.csv import write_csv
from pipeline.export.xlsx import LINK_CHARACTERS_MAX, Sheet, write_xlsx
from pipeline.links import safe_link

RISKY = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "\x00=1",
    "＝1",
    "＋1",
    "－1",
    "＠x",
    " =1+1",
    "\n=1",
    "\u200b"[:0] + "=x",
]
any_text = st.text(st.characters(codec=None), max_size=60)  # lone surrogates and control characters included


def naughty_strings() -> list[str]:
    folder = os.environ.get("HORIZON_CASES")
    if not folder:
        pytest.skip("set HORIZON_CASES to the folder of case files, with strings/blns.json in it")
    return list(json.loads((Path(folder) / "strings" / "blns.json").read_text(encoding="utf-8")))


def read_back(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def workbook_cells(path: Path, texts: list[str]) -> list[openpyxl.cell.Cell]:
    write_xlsx(path, [Sheet("Texts", ("Text", "Link"), [(text, text) for text in texts], {}, frozenset({"Link"}))], "x")
    sheet = openpyxl.load_workbook(path)["Texts"]
    return [cell for row in sheet.iter_rows(min_row=2) for cell in row]


@pytest.mark.parametrize("text", RISKY)
def test_csv_cell_is_no_formula(text: str) -> None:
    assert str(csv_cell(text)).startswith("'")


@pytest.mark.parametrize("text", ["plain", "a=b", "1-2", "e@mail.org", "", "ﷺ", "שלום"])
def test_harmless_text_is_left_alone(text: str) -> None:
    assert csv_cell(text) == text


def test_numbers_stay_numbers() -> None:
    assert (csv_cell(7), csv_cell(-3), csv_cell(None)) == (7, -3, "")


@given(any_text)
@example("\x1f\t")
def test_csv_survives_any_text(text: str) -> None:
    cell = str(csv_cell(text))
    assert cell[:1] not in {*FORMULA_STARTS} - {"\n"} or not cell
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\r\n").writerow([cell, "end"])
    file.seek(0)
    assert next(csv.reader(file))[-1] == "end"
    cell.encode("utf-8")


@given(any_text)
def test_clean_is_settled(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize("character", ["x", "é", "\N{GRINNING FACE}"])
def test_long_cells_are_truncated_with_a_mark(character: str) -> None:
    text = clean(character * 40_000)
    assert text.endswith(TRUNCATED)
    assert CELL_UNITS_MAX - 1 <= len(text.encode("utf-16-le")) // 2 <= CELL_UNITS_MAX
    assert len(str(csv_cell("=" + character * 40_000)).encode("utf-16-le")) // 2 <= CELL_UNITS_MAX


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "ftp://example.org/a",
        "http://user:secret@example.org/",
        "http://example.org/\u202egpj.exe",
        "http://exa mple.org/",
        "http:///nohost",
        "http://example.org\\@other.example/",
        "http://example.org/\ufffe",
        "http://example.org/\u2065",
        "http://example.org/\ue000",
        "http://[::1",
        "//example.org/",
        "",
    ],
)
def test_unsafe_addresses_are_no_links(address: str) -> None:
    assert safe_link(address) is None


def test_safe_addresses_are_links() -> None:
    assert safe_link("https://example.org/a?b=1#c") == "https://example.org/a?b=1#c"


def test_an_address_too_long_for_excel_stays_text(tmp_path: Path) -> None:
    fits = "https://example.org/".ljust(LINK_CHARACTERS_MAX, "a")
    cells = workbook_cells(tmp_path / "x.xlsx", [fits, fits + "a"])
    assert [cell.hyperlink is not None for cell in cells[1::2]] == [True, False]


def test_workbook_has_no_formula_and_links_only_to_the_web(tmp_path: Path) -> None:
    addresses = ["https://example.org/", "javascript:alert(1)", '=HYPERLINK("http://x.org","y")']
    cells = workbook_cells(tmp_path / "x.xlsx", [*RISKY, *addresses, "A" * 40_000, "\ud800", "_x0041_"])
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert {cell.hyperlink.target for cell in cells if cell.hyperlink} == {"https://example.org/"}
    assert max(len(str(cell.value)) for cell in cells) <= CELL_UNITS_MAX


def test_naughty_strings_come_back_from_the_workbook(tmp_path: Path) -> None:
    texts = naughty_strings()
    cells = workbook_cells(tmp_path / "x.xlsx", texts)
    assert len(texts) > 500
    assert all(cell.data_type != "f" for cell in cells)
    assert [cell.value or "" for cell in cells[::2]] == [clean(text) for text in texts]


def test_naughty_strings_come_back_from_the_csv(tmp_path: Path) -> None:
    texts = naughty_strings()
    write_csv(tmp_path / "x.csv", ("Text", "End"), [(text, "end") for text in texts])
    header, *rows = read_back(tmp_path / "x.csv")
    assert header == ["Text", "End"]
    assert [row[0].removeprefix("'") for row in rows] == [clean(text).removeprefix("'") for text in texts]
    assert all(len(row) == 2 and row[1] == "end" for row in rows)
    assert not [row[0] for row in rows if row[0].lstrip()[:1] in {*"=+-@＝＋－＠"}]
