"""Text that tries to break out of its place comes out escaped and well-formed in every representation."""

from __future__ import annotations

import json
from collections.abc import Iterator

import feedparser
import pytest
from lxml import etree, html

from crawler.demo.catalogue import CatalogueError, Record
from crawler.demo.site import DemoSite

NASTY = "<script>alert(1)</script> ]]> \x00\x1b\ud800 --> </script><!-- \"'&amp; {{ 7*7 }} {% raw %} \u202e"
HTML_FOLDERS = {
    "demo-national": "/case-studies/{}/",
    "demo-nhs-england": "/case-studies/{}/",
    "demo-journals": "/articles/{}",
    "demo-trusts": "/innovation/{}",
    "demo-government": "/government/publications/{}",
    "demo-industry": "/insights/{}",
    "demo-news": "/stories/{}/",
}
PUBLISHERS = {
    "demo-networks": "South West AHSN",
    "demo-national": "The AHSN Network",
    "demo-nhs-england": "NHS England",
    "demo-nice": "NICE",
    "demo-trade-press": "HTN",
    "demo-journals": "BMJ Open",
    "demo-research": "NIHR",
    "demo-trusts": "Barts Health NHS Trust",
    "demo-charities": "Nesta",
    "demo-government": "GOV.UK",
    "demo-industry": "techUK",
    "demo-news": f"Nobody {NASTY}",
}
ODD_ID = 'x/<b>"é %2F?#&'


def nasty_record(source: str) -> Record:
    return Record.from_mapping(
        {
            "id": ODD_ID + source,
            "url": f"https://example.org/?a=1&b=<script>\"'{NASTY}",
            "title": f"Title {NASTY}",
            "publisher": PUBLISHERS[source],
            "text": f"First {NASTY}. Second {NASTY}. Third.",
            "region": f"HI {NASTY}",
            "published": "2024-05",
        }
    )


@pytest.fixture(scope="module")
def site() -> Iterator[DemoSite]:
    with DemoSite(records=[nasty_record(source) for source in PUBLISHERS]) as running:
        yield running


def test_each_source_has_its_nasty_record(site: DemoSite) -> None:
    assert [len(shelf.records) for shelf in site.shelves.values()] == [1] * 12


def seen_of(text: str) -> str:
    return text.replace("\x00", "").replace("\x1b", "").replace("\ud800", "")


@pytest.mark.parametrize("source", HTML_FOLDERS)
def test_html_pages_stay_in_shape(site: DemoSite, source: str) -> None:
    record = site.shelves[source].records[0]
    quoted = ODD_ID.replace("%", "%25").replace("/", "%2F").replace("<", "%3C").replace(">", "%3E")
    quoted = quoted.replace('"', "%22").replace("é", "%C3%A9").replace(" ", "%20").replace("?", "%3F")
    quoted = quoted.replace("#", "%23").replace("&", "%26") + source
    response = site.answer(f"/{source}{HTML_FOLDERS[source].format(quoted)}")
    assert response.status == 200
    page = html.document_fromstring(response.body.decode("utf-8"))
    assert page.cssselect("main article h1")[0].text_content() == seen_of(record.title)
    scripts = page.xpath("//script")
    assert all(script.get("type") == "application/ld+json" and json.loads(script.text) for script in scripts)
    assert len(scripts) == (source in ("demo-national", "demo-journals", "demo-industry"))
    assert page.xpath("//comment()") == []
    assert page.xpath("//link[@rel='canonical']/@href") == [seen_of(record.url)]
    assert page.xpath("//meta[@name='region']/@content") == [seen_of(str(record.region))]


@pytest.mark.parametrize("path", ["/demo-trade-press/feed/", "/demo-news/rss.xml", "/demo-journals/atom.xml"])
def test_feeds_stay_well_formed(site: DemoSite, path: str) -> None:
    body = site.answer(path).body
    etree.fromstring(body)
    feed = feedparser.parse(body)
    assert not feed.bozo and len(feed.entries) == 1


def test_titles_in_feeds_say_what_the_record_says(site: DemoSite) -> None:
    for path in ("/demo-trade-press/feed/", "/demo-news/rss.xml"):
        root = etree.fromstring(site.answer(path).body)
        assert root.findtext("channel/item/title") == seen_of(f"Title {NASTY}")


def test_content_in_feeds_and_posts_has_no_script(site: DemoSite) -> None:
    root = etree.fromstring(site.answer("/demo-trade-press/feed/").body)
    encoded = root.findtext("channel/item/{http://purl.org/rss/1.0/modules/content/}encoded")
    (post,) = json.loads(site.answer("/demo-networks/wp-json/wp/v2/posts").body)
    for content in (encoded, post["content"]["rendered"]):
        tree = html.fragment_fromstring(content, create_parent="div")
        assert tree.xpath("//script") == []
        assert seen_of(NASTY) in tree.text_content()
    assert "<script" not in post["title"]["rendered"]


@pytest.mark.parametrize("path", ["/demo-nhs-england/sitemap_index.xml", "/demo-nhs-england/case_studies-sitemap1.xml"])
def test_sitemaps_stay_well_formed(site: DemoSite, path: str) -> None:
    assert len(etree.fromstring(site.answer(path).body)) == 1


@pytest.mark.parametrize(
    "path",
    [
        "/demo-national/case-studies/",
        "/demo-trusts/innovation",
        "/demo-industry/insights",
        "/demo-industry/insights?offset=0",
    ],
)
def test_listings_stay_in_shape_and_lead_to_the_page(site: DemoSite, path: str) -> None:
    page = html.document_fromstring(site.answer(path).body.decode("utf-8"))
    assert page.xpath("//script") == [] and page.xpath("//comment()") == []
    (link,) = page.xpath("//a[contains(@class, 'card') or ancestor::h3]/@href")
    assert site.answer(link).status == 200


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ("/demo-nice/api/search", ("documents", 0, "title")),
        (
            "/demo-research/api/explore/v2.1/catalog/datasets/innovation-records/records",
            ("results", 0, "project_title"),
        ),
        ("/demo-charities/api/v1/org/GB-DEMO-charities/grants_made/", ("results", 0, "data", "title")),
        ("/demo-government/api/search.json", ("results", 0, "title")),
    ],
)
def test_json_carries_every_character(site: DemoSite, path: str, pointer: tuple[str | int, ...]) -> None:
    value = json.loads(site.answer(path).body)
    for step in pointer:
        value = value[step]
    assert value == f"Title {NASTY}"


def test_the_page_for_a_missing_address_escapes_it(site: DemoSite) -> None:
    response = site.answer("/<script>alert(1)</script>")
    assert response.status == 404
    assert b"<script" not in response.body


@pytest.mark.parametrize("url", ["javascript:alert(1)", "http://[broken", "//no-scheme.example", "ftp://example.org/"])
def test_an_address_that_is_no_web_address_is_refused(url: str) -> None:
    row = {"id": "a-1", "url": url, "title": "T", "publisher": "P", "text": "X."}
    with pytest.raises(CatalogueError, match="allowed are http and https addresses"):
        Record.from_mapping(row)
