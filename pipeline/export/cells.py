"""Crawled text made safe for a spreadsheet's cell. No cell of any list is ever a formula."""

from __future__ import annotations

import re

CELL_UNITS_MAX = 32_767  # Excel's limit, in UTF-16 units; a longer cell is dropped or refused by the readers
TRUNCATED = "…[truncated]"
FORMULA_STARTS = "=+-@\t\r\n\x00＝＋－＠"  # OWASP's list and the full-width forms that Excel reads as the same
# What XML 1.0 cannot hold (so no XLSX either), and the C1 controls: nothing that a reader would miss.
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """Text that any spreadsheet can hold: no control characters, no lone surrogates, not longer than a cell."""
    if text.isprintable() and len(text) <= CELL_UNITS_MAX // 2:
        return text  # most cells: nothing below could change them
    text = LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _within_cell(UNPRINTABLE.sub("", text))


def csv_cell(value: object) -> object:
    """A value for a CSV cell: numbers as they are, text clean and with a leading ' where it could start a formula."""
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raw = str(value)
    text = clean(raw)
    starts = {raw[:1], raw.lstrip()[:1], text[:1], text.lstrip()[:1]} - {""}
    return _within_cell(f"'{text}") if starts.intersection(FORMULA_STARTS) else text


def _within_cell(text: str) -> str:
    if len(text.encode("utf-16-le", "surrogatepass")) // 2 <= CELL_UNITS_MAX:
        return text
    room = CELL_UNITS_MAX - len(TRUNCATED)
    kept = text.encode("utf-16-le", "surrogatepass")[: room * 2].decode("utf-16-le", "ignore")
    return kept + TRUNCATED
