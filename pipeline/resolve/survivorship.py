"""From the listings of one innovation to its fields, by stated rules, and which listing gave each of them.

- main: the listing published first (a date known to the day before one known to the year; undated last), then by id.
- title: the listing whose title names the product or programme, and what all its listings say, in few words.
- summary: the opening sentences of the listing that gave the title, or of the longest one where that text is too short.
- primary_theme: the theme that is the main theme of its listings with the highest sum of scores.
- first_published: the earliest date any listing gives.
Everything else is the union over the listings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from db.keys import digest
from nlp import language
from pipeline.resolve.words import sentences

Row = Mapping[str, Any]

# Chosen by reading the titles that came out for the starter catalogue's known groups.
TITLE_WORDS_MAX = 12  # a longer title is a headline or a paper's
TITLE_LONG_POINTS = 0.05  # off for every word above
TITLE_NAME_POINTS = 0.4  # for the name that carries the innovation; half for the second name, a third for the next
TITLE_HEADLINE_POINTS = 0.3  # off for a question, a quotation, or the verbs of news
TITLE_ONE_WORD_POINTS = 0.2  # off: "ADHD" or "Teledermatology" says too little, unless it is the innovation's name
HEADLINE = re.compile(
    r"\?|^['\"‘“]|\b(?:starts?|launch(?:es|ed)|announces?d?|secures?|wins?|rolls out|rolled out|introduces|turns to"
    r"|to be|hails?|says|could|trialled|first)\b",
    re.IGNORECASE,
)
SUMMARY_CHARACTERS = 320
SUMMARY_TEXT_CHARACTERS_MIN = 200  # a shorter text has no room for an opening
OPENING_SENTENCES = 4
UNDATED = "9999"
LEANS = re.compile(
    r"^(?:It|Its|This|These|They|Their|Such|Both|He|She|But|And|So)\b|\b(?:also|therefore|however|then)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Merged:
    """One innovation's row for table innovations, and for each of its chosen fields the listing that gave it."""

    row: dict[str, Any]
    fields: dict[str, str]


def main_order(published: str | None, listing_id: str) -> tuple[str, str]:
    """Sorts listings from first to last published; a date known to the year counts as the end of that year."""
    return (f"{published}-99-99"[:10] if published else UNDATED, listing_id)


def merge(members: Sequence[Row], names: Sequence[str] = ()) -> Merged:
    """Make one innovation of its listings (at least one, main listing first, with annotations).

    names: the names that carry it, in normal form, the weightiest first.
    """
    titled = _titled(members, names)
    summarised = _summarised(members, titled)
    theme, theme_giver = _primary_theme(members)
    dated = [member for member in members if member["published"]]
    fields = {"main": members[0]["id"], "title": titled["id"], "summary": summarised["id"]}
    if theme_giver:
        fields["primary_theme"] = theme_giver
    if dated:
        fields["first_published"] = min(dated, key=lambda one: main_order(one["published"], one["id"]))["id"]
    row = {
        "title": titled["title"],
        "summary": opening(summarised["text"], titled["title"]),
        "search_text": _search_text(members),
        "primary_theme": theme,
        **_unions(members),
        "first_published": next((one["published"] for one in dated if one["id"] == fields["first_published"]), None),
        "last_published": max((one["published"] for one in dated), default=None),
        "listing_count": len(members),
    }
    parts = [json.dumps(part, sort_keys=True, ensure_ascii=False) for part in (row, fields)]
    row["content_hash"] = digest(*parts, *sorted(member["id"] for member in members))
    return Merged(row, fields)


def title_points(title: str, said_by: Mapping[str, float], names: Sequence[str] = ()) -> tuple[float, dict[str, float]]:
    """How good a title is for the whole innovation, and why; said_by: word -> share of the listings that say it."""
    words = [word for sentence in sentences(title) for word in sentence]
    content = [word.form for word in words if word.is_content]
    if not content:
        return 0.0, {"says nothing": 0.0}
    named = [place for place, name in enumerate(names) if f" {name} " in f" {' '.join(content)} "]
    detail = {
        "said by its listings": sum(said_by.get(form, 0.0) for form in content) / len(content),
        "has its name": TITLE_NAME_POINTS / (named[0] + 1) if named else 0.0,
        "too long": -TITLE_LONG_POINTS * max(0, len(words) - TITLE_WORDS_MAX),
        "a headline": -TITLE_HEADLINE_POINTS * bool(HEADLINE.search(title)),
        "one word": -TITLE_ONE_WORD_POINTS * (len(content) == 1 and not named),
    }
    return sum(detail.values()), detail


def opening(text: str, title: str, limit: int = SUMMARY_CHARACTERS) -> str:
    """The opening sentences that say what it is, up to `limit` characters.

    They start at the first sentence that shares a word with the title and does not lean on the one before it.
    """
    found = [" ".join(one.text.split()) for one in language.sentences(language.readable(text))]
    title_words = {word.form for sentence in sentences(title) for word in sentence if word.is_content}
    openings = enumerate(found[:OPENING_SENTENCES])
    starts = [place for place, one in openings if title_words & _forms(one) and (not place or not LEANS.search(one))]
    chosen = ""
    for sentence in found[starts[0] if starts else 0 :]:
        if chosen and len(chosen) + 1 + len(sentence) > limit:
            break
        chosen = f"{chosen} {sentence}".strip()
    return chosen if len(chosen) <= limit else chosen[: limit - 1].rsplit(" ", 1)[0] + "…"


def _titled(members: Sequence[Row], names: Sequence[str]) -> Row:
    said_by = _said_by(members)
    return max(members, key=lambda one: round(title_points(one["title"], said_by, names)[0], 6))


def _summarised(members: Sequence[Row], titled: Row) -> Row:
    if len(titled["text"]) >= SUMMARY_TEXT_CHARACTERS_MIN:
        return titled
    return max(members, key=lambda one: len(one["text"]))


def _said_by(members: Sequence[Row]) -> dict[str, float]:
    said: dict[str, float] = {}
    for member in members:
        for form in _forms(f"{member['title']}. {member['text']}"):
            said[form] = said.get(form, 0.0) + 1 / len(members)
    return said


def _forms(text: str) -> set[str]:
    return {word.form for sentence in sentences(text) for word in sentence if word.is_content}


def _primary_theme(members: Sequence[Row]) -> tuple[str | None, str | None]:
    """The main theme and the listing on which it scores highest."""
    sums: dict[str, float] = {}
    best: dict[str, tuple[float, str]] = {}
    for member in members:
        for tag in member["annotations"]:
            if tag["kind"] == "theme" and tag["is_primary"]:
                sums[tag["code"]] = sums.get(tag["code"], 0.0) + tag["score"]
                if tag["code"] not in best or tag["score"] > best[tag["code"]][0]:
                    best[tag["code"]] = (tag["score"], member["id"])
    if not sums:
        return None, None
    theme = min(sums, key=lambda code: (-round(sums[code], 9), code))
    return theme, best[theme][1]


def _unions(members: Sequence[Row]) -> dict[str, str]:
    """The columns that are sorted JSON arrays."""
    tags = [tag for member in members for tag in member["annotations"]]
    verdicts: dict[str, set[str]] = {}
    for tag in tags:
        if tag["kind"] == "criterion":
            verdicts.setdefault(tag["code"], set()).add(tag["verdict"] or "planned")
    pledges: dict[str, set[str]] = {}
    for code, found in verdicts.items():
        pledges.setdefault(code.partition(".")[0], set()).update(found)
    named = {tag["code"].removeprefix("region:") for tag in tags if tag["code"].startswith("region:")}
    values = {
        "themes": {tag["code"] for tag in tags if tag["kind"] == "theme"},
        "pledges": {_verdict(code, found) for code, found in pledges.items()},
        "criteria": {_verdict(code, found) for code, found in verdicts.items()},
        "regions": named | {member["region"] for member in members if member["region"]},
        "sources": {member["source"] for member in members},
        "publishers": {member["publisher"] for member in members if member["publisher"]},
    }
    return {name: json.dumps(sorted(found), ensure_ascii=False) for name, found in values.items()}


def _verdict(code: str, found: set[str]) -> str:
    return f"{code}:{'met' if 'met' in found else 'planned'}"


def _search_text(members: Sequence[Row]) -> str:
    publishers = sorted({member["publisher"] for member in members if member["publisher"]})
    return "\n".join([*(one["title"] for one in members), *publishers, *(one["text"] for one in members)])
