"""Dates as sites write them, to ISO 8601. A partial date stays partial; a date without a year is none."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from email.utils import parsedate, parsedate_to_datetime

LONGEST_DATE_CHARACTERS = 60  # "Wednesday, 17th September 2025 at 12:34:56 +0100" has 48
EARLIEST_YEAR, LATEST_YEAR = 1900, 2100  # outside, a number is not a publication year; no clock is asked
ISO = re.compile(r"(\d{4})(?:[-/](\d{1,2})(?:[-/](\d{1,2}))?)?(?=$|[T ]\d|Z|[+-]\d\d:\d\d)")
LABEL = re.compile(r"^(?:date |first |last )?(?:posted|published|created|written|updated|date)(?: on)?\s*:?\s+", re.I)
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("january", "jan"),
            ("february", "feb"),
            ("march", "mar"),
            ("april", "apr"),
            ("may",),
            ("june", "jun"),
            ("july", "jul"),
            ("august", "aug"),
            ("september", "sept", "sep"),
            ("october", "oct"),
            ("november", "nov"),
            ("december", "dec"),
        ),
        start=1,
    )
    for name in names
}
DAY_FIRST = re.compile(r"(?:[a-z]+,? )?(?:(\d{1,2})(?:st|nd|rd|th)?,? (?:of )?)?([a-z]+)\.?,? (\d{4})", re.I)
MONTH_FIRST = re.compile(r"(?:[a-z]+,? )?([a-z]+)\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})", re.I)
SLASHED = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})")  # day first, as written in Britain
EPOCH_MILLISECONDS = re.compile(r"\d{12,13}")


def iso_date(value: str | None) -> str | None:
    """The date in `value` as YYYY, YYYY-MM or YYYY-MM-DD, or None where it holds no whole year.

    The day is the one written: no time zone moves it. Nothing depends on today's date.
    """
    text = LABEL.sub("", " ".join((value or "").split()))
    if not text or len(text) > LONGEST_DATE_CHARACTERS:
        return None
    if ISO.match(text):
        return _iso(text)
    return _epoch(text) or _english(text) or _mail(text) or _any_language(text)


def http_date(value: str) -> datetime | None:
    """The moment that an HTTP header names, in UTC; None for anything that is no date, however it is broken."""
    try:
        moment = parsedate_to_datetime(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _dated(year: int, month: int | None = None, day: int | None = None) -> str | None:
    """The parts as ISO 8601 when they make a real date in a plausible year."""
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        return None
    try:
        whole = date(year, month or 1, day or 1)
    except ValueError:
        return None
    return whole.isoformat()[: 10 if day else 7 if month else 4]


def _iso(text: str) -> str | None:
    match = ISO.match(text)
    if not match:
        return None
    year, month, day = match.groups()
    return _dated(int(year), int(month) if month else None, int(day) if day else None)


def _epoch(text: str) -> str | None:
    if not EPOCH_MILLISECONDS.fullmatch(text):
        return None
    moment = datetime.fromtimestamp(int(text) / 1000, UTC)
    return _dated(moment.year, moment.month, moment.day)


def _english(text: str) -> str | None:
    if match := DAY_FIRST.fullmatch(text):
        day, month, year = match.groups()
    elif match := MONTH_FIRST.fullmatch(text):
        month, day, year = match.groups()
    elif match := SLASHED.fullmatch(text):
        return _dated(int(match[3]), int(match[2]), int(match[1]))
    else:
        return None
    number = MONTHS.get(month.lower())
    return _dated(int(year), number, int(day) if day else None) if number else None


def _mail(text: str) -> str | None:
    """RFC 5322, the date of RSS feeds and HTTP headers."""
    parts = parsedate(text)
    return _dated(*parts[:3]) if parts else None


def _any_language(text: str) -> str | None:
    """Whatever dateparser can read, as long as the text itself names month and year."""
    if not re.search(r"\d{4}", text) or not re.search(r"[^\W\d_]", text):
        return None
    import dateparser

    for required, length in ((["day", "month", "year"], 10), (["month", "year"], 7)):
        settings = {"REQUIRE_PARTS": required, "PARSERS": ["absolute-time"], "DATE_ORDER": "DMY"}
        found = dateparser.parse(text, settings=settings)
        if found:
            return (_dated(found.year, found.month, found.day) or "")[:length] or None
    return None
