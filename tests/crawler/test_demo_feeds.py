from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import feedparser
import pytest
from lxml import html

from crawler.demo.catalogue import Record
from crawler.demo.site import DemoSite
from crawler.demo.wording import RETOLD_NOTE


@pytest.fixture(scope="module")
def site() -> Iterator[DemoSite]:
    with DemoSite() as running:
        yield running


def parsed(site: DemoSite, path: str) -> Any:
    response = site.answer(path)
    assert response.status == 200
    feed = feedparser.parse(response.body, response_headers={"content-type": response.content_type})
    assert not feed.bozo, feed.get("bozo_exception")
    return feed


def entries_by_number(site: DemoSite, path: str) -> list[Any]:
    entries: list[Any] = []
    number = 1
    while site.answer(f"{path}?paged={number}").status == 200:
        entries += parsed(site, f"{path}?paged={number}").entries
        number += 1
        assert number < 50
    return entries


def entries_by_link(site: DemoSite, path: str) -> list[Any]:
    entries: list[Any] = []
    while path:
        feed = parsed(site, path)
        entries += feed.entries
        following = [link.href for link in feed.feed.links if link.rel == "next"]
        path = following[0].removeprefix(site.base_url) if following else ""
    return entries


def whole_date(record: Record) -> str | None:
    return record.published if record.published and len(record.published) == 10 else None


def test_the_trade_press_feed_gives_every_record_with_its_text(site: DemoSite) -> None:
    records = site.shelves["demo-trade-press"].records
    entries = entries_by_number(site, "/demo-trade-press/feed/")
    assert [entry.dc_identifier for entry in entries] == [record.id for record in records]
    assert len(entries) == 126
    for entry, record in zip(entries, records, strict=True):
        content = html.fragment_fromstring(entry.content[0].value, create_parent="div")
        assert [note.text_content() for note in content.cssselect(".retold-note")] == [RETOLD_NOTE]
        assert " ".join(p.text_content() for p in content.cssselect("p:not([class])")) == record.text
        assert (entry.title, entry.link, entry.publisher) == (record.title, record.url, record.publisher)
        assert entry.get("dc_coverage") == record.region


def test_the_trade_press_feed_ends_in_404(site: DemoSite) -> None:
    assert len(parsed(site, "/demo-trade-press/feed/").entries) == 10
    assert len(parsed(site, "/demo-trade-press/feed/?paged=13").entries) == 6
    assert site.answer("/demo-trade-press/feed/?paged=14").status == 404
    assert site.answer("/demo-trade-press/feed/?paged=0").status == 404


@pytest.mark.parametrize("by", [entries_by_number, entries_by_link])
def test_the_news_feed_gives_every_record_with_a_summary_and_a_page_here(site: DemoSite, by: Any) -> None:
    records = site.shelves["demo-news"].records
    entries = by(site, "/demo-news/rss.xml")
    assert len(entries) == 94
    for entry, record in zip(entries, records, strict=True):
        assert entry.link == f"{site.base_url}/demo-news/stories/{record.id}/"
        assert entry.dc_source == record.url
        assert record.text.startswith(entry.summary.removesuffix("…"))
        assert "content" not in entry and entry.rights == RETOLD_NOTE


def test_the_journals_feed_gives_every_record_with_a_summary_and_a_page_here(site: DemoSite) -> None:
    records = site.shelves["demo-journals"].records
    entries = entries_by_link(site, "/demo-journals/atom.xml")
    assert len(entries) == 64
    for entry, record in zip(entries, records, strict=True):
        assert entry.link == f"{site.base_url}/demo-journals/articles/{record.id}"
        assert (entry.title, entry.dc_identifier, entry.author) == (record.title, record.id, record.publisher)
        assert record.text.startswith(entry.summary.removesuffix("…"))
    assert site.answer("/demo-journals/atom.xml?page=5").status == 404


@pytest.mark.parametrize("path", ["/demo-trade-press/feed/", "/demo-news/rss.xml"])
def test_rss_gives_a_day_only_where_the_day_is_known(site: DemoSite, path: str) -> None:
    by_id = {record.id: record for shelf in site.shelves.values() for record in shelf.records}
    for entry in entries_by_number(site, path):
        record = by_id[entry.dc_identifier]
        assert entry.get("updated") == record.published  # dc:date, as partial as it is
        assert ("published" in entry) == (whole_date(record) is not None)
        if "published" in entry:
            assert "{:04}-{:02}-{:02}".format(*entry.published_parsed) == whole_date(record)


def test_atom_gives_a_day_only_where_the_day_is_known(site: DemoSite) -> None:
    records = site.shelves["demo-journals"].records
    for entry, record in zip(entries_by_link(site, "/demo-journals/atom.xml"), records, strict=True):
        day = whole_date(record)
        assert entry.get("published") == (f"{day}T00:00:00+00:00" if day else None)


def test_entries_have_ids_of_their_own(site: DemoSite) -> None:
    entries = entries_by_number(site, "/demo-trade-press/feed/") + entries_by_link(site, "/demo-journals/atom.xml")
    assert len({entry.id for entry in entries}) == len(entries) == 126 + 64
