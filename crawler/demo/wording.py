"""How a record's words and dates are laid out: paragraphs, excerpts, dates in the manners of different sites."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from crawler.demo.catalogue import Record

RETOLD_NOTE = "Retold in our own words from the published page; these are not the publisher's words."

# The last change that is reported of a record whose page shows no date: after most of the dated ones.
UNDATED_MODIFIED = datetime(2025, 9, 1, 9, 0, tzinfo=UTC)
MODIFIED_HOUR = 9  # the hour of day (UTC) at which dated records count as last changed

EXCERPT_CHARACTERS = 180
# Lengths of the catalogue's texts: 550 to 1 700 characters; a paragraph on such sites has 300 to 500.
PARAGRAPH_CHARACTERS = 400
PARAGRAPHS_MIN, PARAGRAPHS_MAX = 2, 4

SENTENCE_END = re.compile(r"""(?<=[.!?])['"’”)\]]*\s+(?=['"‘“(\[]?[A-Z0-9£])""")
ABBREVIATION = re.compile(r"(?:\b(?:Dr|Mr|Mrs|Ms|Prof|St|No|vs|approx|e\.g|i\.e|al|Ltd|Inc|Co|Fig)|\b[A-Z])\.$")
# What XML 1.0 and HTML cannot carry: most control characters, lone surrogates, two noncharacters.
UNMARKABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def markable(text: str) -> str:
    """The text without the characters that markup cannot carry."""
    return UNMARKABLE.sub("", text)


def sentences(text: str) -> list[str]:
    """The text cut after its sentences; joined by one space they are the text with its white space made single."""
    flat = " ".join(text.split())
    pieces: list[str] = []
    start = 0
    for match in SENTENCE_END.finditer(flat):
        end = match.start() + len(match.group().rstrip())
        if not ABBREVIATION.search(flat[start : match.start()]):
            pieces.append(flat[start:end])
            start = match.end()
    return [*pieces, flat[start:]] if start < len(flat) else pieces


def paragraphs(text: str) -> list[str]:
    """The text in two to four paragraphs of about equal length, cut between sentences; fewer if it has fewer."""
    pieces = sentences(text)
    total = sum(len(piece) for piece in pieces)
    wanted = min(max(PARAGRAPHS_MIN, round(total / PARAGRAPH_CHARACTERS)), PARAGRAPHS_MAX, len(pieces))
    groups: list[list[str]] = [[] for _ in range(wanted)]
    passed = 0
    for piece in pieces:
        middle = passed + len(piece) / 2
        groups[min(int(middle * wanted / total), wanted - 1)].append(piece)
        passed += len(piece)
    return [" ".join(group) for group in groups if group]


def excerpt(text: str, length_characters: int = EXCERPT_CHARACTERS) -> str:
    """The beginning of the text, cut between words, with an ellipsis where it was cut."""
    flat = " ".join(text.split())
    if len(flat) <= length_characters:
        return flat
    cut = flat[: length_characters + 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut else flat[:length_characters]) + "…"


def modified(record: Record) -> datetime:
    """When the record last changed: its `modified`, else its date (a partial one's first day), else a fixed one."""
    day = first_day(record.modified or record.published)
    return datetime(day.year, day.month, day.day, MODIFIED_HOUR, tzinfo=UTC) if day else UNDATED_MODIFIED


def first_day(iso: str | None) -> date | None:
    """The first day of an ISO date that may be partial (2024-05 is 1 May 2024); None for None or no such day."""
    if not iso:
        return None
    year, month, day = [*iso.split("-"), "1", "1"][:3]
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def is_whole(iso: str | None) -> bool:
    """Whether the ISO date names a day."""
    return iso is not None and len(iso) == len("2024-05-17")


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th, 21st."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def shown_date(iso: str | None, style: str = "plain") -> str:
    """The date as a reader sees it; a partial one as "May 2024" or "2024"; "" for none.

    Styles: plain "1 May 2025", comma "1 May, 2025", ordinal "15th September 2023", weekday "Friday 15 September 2023",
    month-first "September 15, 2023", short "15 Sep 2023", slashes "15/09/2023".
    """
    day = first_day(iso)
    if day is None or iso is None:
        return iso or ""
    if not is_whole(iso):
        return day.strftime("%B %Y") if "-" in iso else f"{day.year:04d}"
    layout = {
        "plain": f"{day.day} {day:%B} {day.year}",
        "comma": f"{day.day} {day:%B}, {day.year}",
        "ordinal": f"{ordinal(day.day)} {day:%B} {day.year}",
        "weekday": f"{day:%A} {day.day} {day:%B} {day.year}",
        "month-first": f"{day:%B} {day.day}, {day.year}",
        "short": f"{day.day} {day:%b} {day.year}",
        "slashes": f"{day:%d/%m/%Y}",
    }
    return layout[style]
