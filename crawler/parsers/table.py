"""Tables to records: CSV, JSON, JSON Lines and XLSX, also inside a zip file. Pure."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import python_calamine

from crawler.declaration import TableSection
from crawler.parsers.record import RecordError, read_json, records_in

UNPACKED_LIMIT_BYTES = 100 * 2**20  # of a member of a zip file; the CORDIS list of projects is about 60 MB; chosen
ROWS_LIMIT = 200_000
CELL_LIMIT = 1_000_000  # characters; Python's csv refuses more than 131,072 unless told
DELIMITERS = ",;\t|"
ZIP_START = b"PK\x03\x04"
WORKBOOK = "xl/workbook.xml"  # what tells an XLSX file from any other zip file


def read_table(body: bytes, section: TableSection) -> list[dict[str, Any]]:
    """The rows as records, by the names in the first row; RecordError for what is no such table.

    Rows without any value are left out; a column without a name is "column 3".
    """
    try:
        rows = list(_limited(_rows(body, section)))
    except (zipfile.BadZipFile, python_calamine.CalamineError, csv.Error, UnicodeError) as error:
        raise RecordError(f"the table cannot be read: {error}") from None
    return [row for row in rows if any(value not in (None, "") for value in row.values())]


def _rows(body: bytes, section: TableSection) -> Iterable[dict[str, Any]]:
    if body.startswith(ZIP_START) and not _is_workbook(body):
        body = _member(body, section)
    kind = section.format if section.format != "auto" else _kind(body)
    if kind == "xlsx":
        return _sheet(body, section)
    if kind == "json":
        return records_in(read_json(body), section.records)
    return _lines(_text(body)) if kind == "jsonl" else _delimited(_text(body), section)


def _limited(rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for number, row in enumerate(rows):
        if number >= ROWS_LIMIT:
            raise RecordError(f"the table has more than {ROWS_LIMIT:,} rows")
        yield row


def _kind(body: bytes) -> str:
    """What a file is, by how it begins."""
    if body.startswith(ZIP_START):
        return "xlsx"
    begins = _text(body[:4096]).lstrip()
    if begins.startswith("["):
        return "json"
    if not begins.startswith("{"):
        return "csv"
    try:
        json.loads(begins.split("\n", 1)[0])
    except ValueError:
        return "json"
    return "jsonl" if b"\n{" in body else "json"


def _text(body: bytes) -> str:
    """By the byte order mark, else UTF-8 where it is valid, else Windows' western European."""
    for mark, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if body.startswith(mark):
            return body.decode(name, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" or len(body) - error.start < 4:  # a piece cut in a character
            return body.decode("utf-8", "ignore")
        return body.decode("cp1252", "replace")


# --- zip


def _is_workbook(body: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return WORKBOOK in archive.namelist()


def _member(body: bytes, section: TableSection) -> bytes:
    """The declared member of a zip file, or the only one that is a table."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        names = [one.filename for one in archive.infolist() if not one.is_dir()]
        wanted = [one for one in names if one == section.member] if section.member else _tables(names)
        if len(wanted) != 1:
            raise RecordError(f"the zip file needs the key member; it has: {', '.join(names[:20])}")
        with archive.open(wanted[0]) as opened:
            unpacked = opened.read(UNPACKED_LIMIT_BYTES + 1)
    if len(unpacked) > UNPACKED_LIMIT_BYTES:
        raise RecordError(f"{wanted[0]} is larger than {UNPACKED_LIMIT_BYTES // 2**20} MiB unpacked")
    return unpacked


def _tables(names: list[str]) -> list[str]:
    return [one for one in names if one.lower().endswith((".csv", ".tsv", ".json", ".jsonl", ".xlsx"))]


# --- rows


def _sheet(body: bytes, section: TableSection) -> Iterator[dict[str, Any]]:
    workbook = python_calamine.load_workbook(io.BytesIO(body))
    if section.sheet is not None and section.sheet not in workbook.sheet_names:
        raise RecordError(f"there is no sheet {section.sheet!r}; there are: {', '.join(workbook.sheet_names)}")
    sheet = workbook.get_sheet_by_name(section.sheet) if section.sheet else workbook.get_sheet_by_index(0)
    rows = sheet.to_python()
    names = _names(rows[0]) if rows else []
    for row in rows[1:]:
        yield {name: _plain(value) for name, value in zip(names, row, strict=False)}


def _plain(value: Any) -> Any:
    """A cell's value as text or number: days in ISO 8601, whole numbers without a point."""
    if hasattr(value, "isoformat"):
        return value.isoformat()[:10]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _delimited(text: str, section: TableSection) -> Iterator[dict[str, Any]]:
    csv.field_size_limit(CELL_LIMIT)
    delimiter = section.delimiter or _delimiter(text)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    names = _names(next(rows, []))
    for row in rows:
        yield dict(zip(names, row, strict=False))


def _delimiter(text: str) -> str:
    """The delimiter that parts the first line into most columns."""
    first = text.lstrip("\r\n").split("\n", 1)[0]
    return max(DELIMITERS, key=lambda one: (first.count(one), -DELIMITERS.index(one)))


def _names(row: Iterable[Any]) -> list[str]:
    """Column names, each once: a second "Note" is "Note 2"."""
    seen: dict[str, int] = {}
    names = []
    for place, cell in enumerate(row, start=1):
        name = " ".join(str(cell or "").split()) or f"column {place}"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} {seen[name]}")
    return names


def _lines(text: str) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            record = _object(line, number)
            yield dict(record)


def _object(line: str, number: int) -> Mapping[str, Any]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise RecordError(f"line {number} is not JSON: {error}") from None
    if not isinstance(record, dict):
        raise RecordError(f"line {number} is not a JSON object")
    return record
