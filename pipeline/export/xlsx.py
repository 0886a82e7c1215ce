"""A candidate list as an Excel workbook that is readable on opening; text is always text, never a formula."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from pipeline.export.cells import clean
from pipeline.links import safe_link

CREATED = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)  # a fixed date, so that equal content is an equal file
LINK_CHARACTERS_MAX = 2_079  # Excel's limit for a link's address
DEFAULT_WIDTH = 18  # characters
LINKS_MAX = 65_530  # of a sheet, by Excel's own limit; further addresses stay text
OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: widths (characters) by column, and the columns whose addresses become links."""

    name: str
    columns: Sequence[str]
    rows: Iterable[Sequence[object]]
    widths: Mapping[str, int]
    link_columns: frozenset[str] = frozenset()


def write_xlsx(path: Path, sheets: Sequence[Sheet], title: str) -> None:
    """Write a workbook with these sheets, the first of them shown on opening."""
    with xlsxwriter.Workbook(str(path), OPTIONS) as workbook:
        workbook.set_properties({"title": clean(title), "created": CREATED})
        formats = {
            "header": workbook.add_format(
                {"bold": True, "font_color": "#FFFFFF", "bg_color": "#003087", "text_wrap": True, "valign": "top"}
            ),
            "text": workbook.add_format({"text_wrap": True, "valign": "top"}),
            "link": workbook.add_format({"text_wrap": True, "valign": "top", "font_color": "#005EB8", "underline": 1}),
        }
        for sheet in sheets:
            _write_sheet(workbook.add_worksheet(sheet.name), sheet, formats)


def _write_sheet(worksheet: Any, sheet: Sheet, formats: Mapping[str, Any]) -> None:
    for column, name in enumerate(sheet.columns):
        worksheet.set_column(column, column, sheet.widths.get(name, DEFAULT_WIDTH))
        worksheet.write_string(0, column, name, formats["header"])
    last = links = 0
    for last, row in enumerate(sheet.rows, 1):
        for column, (name, value) in enumerate(zip(sheet.columns, row, strict=True)):
            may_link = name in sheet.link_columns and links < LINKS_MAX
            links += _write_cell(worksheet, last, column, value, formats, may_link=may_link)
    worksheet.freeze_panes(1, 1)
    worksheet.autofilter(0, 0, last, len(sheet.columns) - 1)
    worksheet.set_landscape()
    worksheet.fit_to_pages(1, 0)
    worksheet.repeat_rows(0)


def _write_cell(
    worksheet: Any, row: int, column: int, value: object, formats: Mapping[str, Any], *, may_link: bool
) -> bool:
    """Write one cell as number, link or text; returns whether it became a link."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        worksheet.write_number(row, column, value, formats["text"])
        return False
    text = clean("" if value is None else str(value))
    if may_link and len(text) <= LINK_CHARACTERS_MAX and (link := safe_link(text)):
        worksheet.write_url(row, column, link, formats["link"], string=text)
        return True
    worksheet.write_string(row, column, text, formats["text"])
    return False
