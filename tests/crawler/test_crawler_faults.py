"""Records without addresses, hostile values, parsers that break: none of it stops a crawl."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from lxml import etree
from scrapy import Request
from scrapy.http import HtmlResponse

import crawler.parsers.html
from crawler.items import Facts
from crawler.source import load_source
from crawler.spiders.index import IndexSpider
from crawler.tally import Tally

TEXT = "The ward now sends patients home two days sooner because nurses watch their readings on a shared screen. " * 3
SOURCE = load_source(Path(__file__).parents[2] / "crawler" / "demo" / "sources" / "demo-trusts.yml")


@pytest.mark.parametrize(
    "fault", [RecursionError("too deep"), KeyError("k"), TypeError("t"), etree.LxmlError("x"), UnicodeError("u")]
)
def test_a_parser_that_breaks_ends_in_one_visit_with_its_error(
    monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    def broken(*arguments: Any, **named: Any) -> Facts:
        raise fault

    spider: Any = IndexSpider(source=SOURCE, store=SimpleNamespace(tally=Tally()))
    monkeypatch.setattr(crawler.parsers.html, "parse_page", broken)
    monkeypatch.setattr(spider, "read", broken)
    url = SOURCE.start_urls[0]
    for callback, role in ((spider.on_detail, "detail"), (spider.on_discovery, "discovery")):
        meta = {"address": url, "role": role, "reading": "r", "entry": Facts(), "collection": url}
        response = HtmlResponse(url, body=b"<p>x</p>", request=Request(url, meta=meta))
        visits = list(callback(response))
        assert [(visit.role, visit.listings) for visit in visits] == [(role, [])]
        assert f"the page cannot be read: {type(fault).__name__}" in visits[0].error
    assert len(spider.store.tally.start_failures) == 1


API_FIELDS = {
    "title": {"jmespath": "t"}, "text": {"jmespath": "b"}, "url": {"jmespath": "u"}, "record_id": {"jmespath": "id"},
}  # fmt: skip
API = {"records": "items", "paging": {"by": "page", "parameter": "page", "size": 3}}


def test_records_without_an_address_are_kept_apart_by_their_ids_on_whichever_page_they_stand(
    bench: Any, site: Any
) -> None:
    records = [{"t": f"Record {number}", "b": TEXT, "id": number} for number in range(4)]
    bench.declare(discovery="api", start="/api", fields=API_FIELDS, api=API)
    for shift in (0, 1):
        site.json("/api?page=1", {"items": [{"t": "Nameless", "b": TEXT}, *records[: 2 + shift]]})
        site.json("/api?page=2", {"items": records[2 + shift :]})
        if shift:
            site.json("/api?page=1", {"items": records[:3]})
        done = bench.crawl()
        assert (done.outcome["listings"], done.outcome["errors"]) == (4, 1 - shift)
    assert (done.outcome["unchanged"], "neither an address nor an id" in done.log) == (4, False)
    urls = [row["url"] for row in bench.rows("SELECT url FROM listings ORDER BY url")]
    assert [url.rpartition("/")[2] for url in urls] == ["api#0", "api#1", "api#2", "api#3"]


def test_hostile_values_are_problems_of_their_records_and_stop_no_page(bench: Any, site: Any) -> None:
    records = (
        '{"t": "Surrogate \\ud800", "b": "B", "u": "https://p.example/\\ud800", "id": "1\\ud800", "x": "\\ud800"}',
        '{"t": "Number", "b": "B", "id": 2, "z": 1e9999}',
        '{"t": "Deep", "b": ' + "[" * 300 + '"B"' + "]" * 300 + ', "id": 3}',
    )
    site.pages["/api?page=1"] = site.page('{"items": [' + ", ".join(records) + "]}", Content_Type="application/json")
    site.json("/api?page=2", {"items": [{"t": "Last", "b": TEXT, "id": 4}]})
    bench.declare(discovery="api", start="/api", fields=API_FIELDS, api=API)
    done = bench.crawl()
    assert (done.code, done.outcome["listings"], done.outcome["errors"]) == (0, 3, 1)
    rows = bench.rows("SELECT title, extra FROM listings ORDER BY record_id")
    assert [row["title"] for row in rows] == ["Surrogate", "Number", "Last"]
    assert json.loads(rows[1]["extra"]) == {"z": None}


def test_links_that_cannot_be_asked_for_stop_no_others(bench: Any, site: Any) -> None:
    records = '{"t": "A", "u": "/\\ud800a"}, {"t": "B", "u": "http://[b"}, {"t": "C", "u": "/c"}'
    site.pages["/api?page=1"] = site.page('{"items": [' + records + "]}", Content_Type="application/json")
    site.json("/api?page=2", {"items": [{"t": "D", "u": "/d"}]})
    for name in "acd":
        site.listing(f"/{name}", f"Listing {name}", TEXT)
    fields = {"title": {"jmespath": "t"}}
    bench.declare(discovery="api", start="/api", fields=fields, api={**API, "link": "u"})
    assert bench.crawl().outcome["listings"] == 3
