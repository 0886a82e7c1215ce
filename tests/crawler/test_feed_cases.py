"""Other people's feeds: the well-formed cases of feedparser's own suite that expect something of an entry's title, link
or date. What they expect as markup is here text; links and dates have to be the same."""

from __future__ import annotations

import ast
import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crawler.dates import iso_date
from crawler.loaders import clean_line
from crawler.parsers.feed import FeedError, parse_feed
from crawler.parsers.text import markup_to_text

EXPECT = re.compile(rb"Expect:\s*(.*?)\s*\n")
HEADER = re.compile(rb"Header:\s*Content-Location:\s*(\S+)", re.IGNORECASE)
WANTED = re.compile(r"entries\[(\d+)\]\['(title|link|published|published_parsed)'\]\s*==\s*(.+)$")
HOST = "http://127.0.0.1:8097/docs"  # where feedparser's own tests serve them


def cases() -> Iterator[tuple[Path, int, str, Any]]:
    """File, number of the entry, what of it, the value expected."""
    folder = os.environ.get("HORIZON_CASES")
    if not folder:
        pytest.skip("HORIZON_CASES is not set: the outside case files are not here")
    for path in sorted((Path(folder) / "feeds" / "feedparser_tests" / "wellformed").rglob("*.xml")):
        said = EXPECT.search(path.read_bytes())
        found = WANTED.search(said.group(1).decode("utf-8", "replace")) if said else None
        if found:
            try:
                value = ast.literal_eval(found.group(3))
            except (SyntaxError, ValueError):
                continue  # compares two parts of the feed with each other
            yield path, int(found.group(1)), found.group(2), value


def as_text(markup: str | None) -> str:
    return clean_line(markup_to_text(markup or "")) or ""


def test_titles_links_and_dates_are_those_that_are_expected() -> None:
    right: Counter[str] = Counter()
    wrong = []
    for path, number, what, value in cases():
        body = path.read_bytes()
        place = HEADER.search(body)
        url = place.group(1).decode() if place else f"{HOST}/{path.name}"
        entry = parse_feed(body, url, "application/xml", {}).entries[number]
        if what == "title":
            got, wanted = as_text(entry.facts.title), as_text(value)
        elif what == "link":
            got, wanted = str(entry.link), value
        else:
            got = str(iso_date(entry.facts.published))
            wanted = str(iso_date(value)) if isinstance(value, str) else "{:04}-{:02}-{:02}".format(*value[:3])
        if got == wanted:
            right[what] += 1
        else:
            wrong.append((path.name, what, wanted, got))
    assert wrong == []
    assert right["title"] > 60 and right["link"] > 15 and right["published"] + right["published_parsed"] > 5


def test_no_well_formed_feed_breaks_the_parser() -> None:
    folder = os.environ.get("HORIZON_CASES")
    if not folder:
        pytest.skip("HORIZON_CASES is not set: the outside case files are not here")
    read = 0
    for path in sorted((Path(folder) / "feeds" / "feedparser_tests").rglob("*.xml")):
        try:
            feed = parse_feed(path.read_bytes(), f"{HOST}/{path.name}", "application/xml", {})
        except FeedError:
            continue
        read += 1
        assert feed.problems == [], path.name
    assert read > 1_500
