"""The hours within which a source may be asked; the days on which the clock changes are those of 2026 in the UK."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from crawler.crawl_hours import CrawlHours
from crawler.settings import CRAWL_TIMEOUT_SECONDS, build_settings
from crawler.source import load_source

SOURCE = load_source(Path(__file__).parents[2] / "crawler" / "demo" / "sources" / "demo-nice.yml")


@pytest.mark.parametrize(
    ("hours", "moment", "minutes"),
    [
        ("09:00-17:30", "2026-01-15T09:00+00:00", 510),
        ("09:00-17:30", "2026-01-15T17:29+00:00", 1),
        ("09:00-17:30", "2026-01-15T17:30+00:00", 0),
        ("09:00-17:30", "2026-01-15T08:59+00:00", 0),
        ("09:00-17:30", "2026-07-15T08:00+00:00", 510),  # nine o'clock in summer
        ("22:00-06:00", "2026-01-15T22:00+00:00", 480),
        ("22:00-06:00", "2026-01-16T05:00+00:00", 60),
        ("22:00-06:00", "2026-01-16T12:00+00:00", 0),
        ("22:00-06:00", "2026-03-28T22:00+00:00", 420),  # the night that loses an hour
        ("22:00-06:00", "2026-10-24T21:00+00:00", 540),  # and the one that wins it back
        ("22:00-00:00", "2026-01-15T23:00+00:00", 60),
        ("00:00-06:00", "2026-01-15T00:00+00:00", 360),
        ("22:00-06:00", "2026-01-15T17:00-05:00", 480),  # told in another time zone
    ],
)
def test_the_time_that_is_left(hours: str, moment: str, minutes: int) -> None:
    assert CrawlHours.read(hours).seconds_left(datetime.fromisoformat(moment)) == minutes * 60


@pytest.mark.parametrize("text", ["", "22-6", "22:00 - 06:00", "24:00-06:00", "22:60-06:00", "22:00-06:00-08:00"])
def test_other_spellings_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="22:00-06:00"):
        CrawlHours.read(text)


def test_hours_without_length_are_refused() -> None:
    with pytest.raises(ValueError, match="leave the key out"):
        CrawlHours.read("06:00-06:00")


@pytest.mark.parametrize(
    ("hours", "moment", "seconds"),
    [
        ("22:00-06:00", "2026-01-16T05:50+00:00", 600),
        ("22:00-06:00", "2026-01-15T22:00+00:00", CRAWL_TIMEOUT_SECONDS),  # never longer than other crawls
        ("22:00-06:00", "2026-01-16T12:00+00:00", CRAWL_TIMEOUT_SECONDS),  # begun by name, outside of the hours
        ("22:00-06:00", "2026-01-16T05:59:59.9+00:00", 1),  # 0 would be no limit
        (None, "2026-01-16T05:50+00:00", CRAWL_TIMEOUT_SECONDS),
    ],
)
def test_a_crawl_ends_with_its_hours(hours: str | None, moment: str, seconds: int) -> None:
    source = SOURCE.model_copy(update={"crawl_hours": hours})
    assert build_settings(source, datetime.fromisoformat(moment))["CLOSESPIDER_TIMEOUT"] == seconds
