from __future__ import annotations

import json
import re
from collections.abc import Iterator

import extruct
import pytest
from lxml import html

from crawler.demo.catalogue import Record
from crawler.demo.pages import network_name
from crawler.demo.site import DemoSite
from crawler.demo.wording import RETOLD_NOTE, shown_date

# source: folder, ending, where the text's paragraphs stand, how the date is shown and where
DETAILS = {
    "demo-national": ("/case-studies/", "/", ".entry-content > p", "ordinal", ".entry-date"),
    "demo-nhs-england": ("/case-studies/", "/", "article section > p", "comma", ".date-published"),
    "demo-journals": ("/articles/", "", ".abstract > p", "month-first", ".pub-date"),
    "demo-trusts": ("/innovation/", "", ".field--name-body > p", "weekday", ".field--name-created"),
    "demo-government": ("/government/publications/", "", ".govspeak > p", "plain", ".gem-c-metadata time"),
    "demo-industry": ("/insights/", "", ".rich-text-block > p", "slashes", "[itemprop=datePublished]"),
    "demo-news": ("/stories/", "/", ".story-body > p", "ordinal", ".dateline"),
}


@pytest.fixture(scope="module")
def site() -> Iterator[DemoSite]:
    with DemoSite() as running:
        yield running


def page_of(site: DemoSite, source: str, record: Record) -> html.HtmlElement:
    folder, ending, *_ = DETAILS[source]
    response = site.answer(f"/{source}{folder}{record.id}{ending}")
    assert response.status == 200, record.id
    return html.document_fromstring(response.body.decode("utf-8"))


def meta(page: html.HtmlElement, name: str) -> str | None:
    found = page.xpath(f"//head/meta[@name='{name}']/@content")
    return found[0] if found else None


@pytest.mark.parametrize("source", DETAILS)
def test_every_page_shows_its_record_whole(site: DemoSite, source: str) -> None:
    body = DETAILS[source][2]
    for record in site.shelves[source].records:
        page = page_of(site, source, record)
        assert page.xpath("//link[@rel='canonical']/@href") == [record.url]
        assert [heading.text_content() for heading in page.cssselect("main article h1")] == [record.title]
        assert " ".join(piece.text_content() for piece in page.cssselect(body)) == record.text


@pytest.mark.parametrize("source", DETAILS)
def test_every_page_shows_its_facts_in_the_head_and_to_the_eye(site: DemoSite, source: str) -> None:
    for record in site.shelves[source].records:
        page = page_of(site, source, record)
        seen = page.body.text_content()
        assert meta(page, "record-id") == record.id
        assert meta(page, "publisher") == record.publisher
        assert meta(page, "region") == record.region
        assert record.id in page.cssselect(".record-id")[0].text_content()
        assert record.publisher in seen
        networks = [element.text_content() for element in page.cssselect(".network")]
        name = network_name(record.region)
        assert (name is None and networks == []) or (name is not None and name in networks[0])


@pytest.mark.parametrize("source", DETAILS)
def test_every_page_says_outside_the_article_that_it_is_retold(site: DemoSite, source: str) -> None:
    for record in site.shelves[source].records:
        page = page_of(site, source, record)
        assert [note.text_content() for note in page.cssselect(".retold-note")] == [RETOLD_NOTE]
        assert page.cssselect("article .retold-note") == []


@pytest.mark.parametrize("source", DETAILS)
def test_dates_are_shown_in_the_manner_of_the_source_and_only_where_known(site: DemoSite, source: str) -> None:
    *_, style, where = DETAILS[source]
    lengths = set()
    for record in site.shelves[source].records:
        shown = [element.text_content() for element in page_of(site, source, record).cssselect(where)]
        lengths.add(len(record.published or ""))
        if record.published is None:
            assert shown == []
        else:
            assert shown[0].removeprefix("Posted: ").removeprefix("Published ") == shown_date(record.published, style)
    assert {0, 10} <= lengths  # both kinds occurred


@pytest.mark.parametrize("source", DETAILS)
def test_the_article_stands_among_what_is_none(site: DemoSite, source: str) -> None:
    record = site.shelves[source].records[0]
    page = page_of(site, source, record)
    assert len(page.cssselect("main article")) == 1
    assert page.cssselect("header.site-header nav a") and page.cssselect("footer.site-footer")
    assert page.cssselect(".cookie-banner, .consent-wall")
    related = page.cssselect(".related a")
    assert len(related) == 3
    assert record.title not in [link.text_content() for link in related]


def test_pages_differ_in_layout_between_sources(site: DemoSite) -> None:
    classes = {
        source: tuple(page_of(site, source, site.shelves[source].records[0]).xpath("//main//@class"))
        for source in DETAILS
    }
    assert len(set(classes.values())) == len(DETAILS)


@pytest.mark.parametrize(
    ("source", "kind"),
    [("demo-national", "Article"), ("demo-journals", "ScholarlyArticle"), ("demo-industry", "Article")],
)
def test_structured_data_says_the_same_as_the_page(site: DemoSite, source: str, kind: str) -> None:
    for record in site.shelves[source].records:
        text = html.tostring(page_of(site, source, record), encoding="unicode")
        (found,) = extruct.extract(text, syntaxes=["json-ld"])["json-ld"]
        nodes = {str(node["@type"]): node for node in found.get("@graph", [found])}
        assert nodes[kind]["headline"] == record.title
        assert nodes[kind].get("datePublished") == record.published


def test_the_graph_of_the_national_source_hangs_together(site: DemoSite) -> None:
    record = site.shelves["demo-national"].records[0]
    (found,) = page_of(site, "demo-national", record).xpath("//script[@type='application/ld+json']/text()")
    nodes = {node["@id"]: node for node in json.loads(found)["@graph"]}
    page = nodes[record.url]
    assert nodes[page["breadcrumb"]["@id"]]["@type"] == "BreadcrumbList"
    assert nodes[nodes[page["isPartOf"]["@id"]]["@id"]]["@type"] == "WebSite"
    publisher = nodes[f"{record.url}#article"]["publisher"]["@id"]
    assert nodes[publisher]["name"] == record.publisher


def test_microdata_of_the_industry_source(site: DemoSite) -> None:
    record = next(record for record in site.shelves["demo-industry"].records if record.published)
    text = html.tostring(page_of(site, "demo-industry", record), encoding="unicode")
    (item,) = extruct.extract(text, syntaxes=["microdata"])["microdata"]
    assert item["type"] == "https://schema.org/Article"
    assert item["properties"]["headline"] == record.title
    assert item["properties"]["datePublished"] == record.published


@pytest.mark.parametrize("source", sorted(set(DETAILS) - {"demo-national", "demo-journals", "demo-industry"}))
def test_the_other_pages_have_no_structured_data(site: DemoSite, source: str) -> None:
    page = page_of(site, source, site.shelves[source].records[0])
    assert page.xpath("//script") == []


def test_home_and_side_pages_exist_on_every_source(site: DemoSite) -> None:
    for source, shelf in site.shelves.items():
        home = site.answer(f"/{source}/").body.decode()
        assert re.search(rf"\b{len(shelf.records)} records\b", home)
        for path in ("about", "contact", "privacy"):
            assert site.answer(f"/{source}/{path}/").status == 200


def test_the_root_lists_the_sources_and_where_they_begin(site: DemoSite) -> None:
    page = html.document_fromstring(site.answer("/").body.decode())
    links = page.xpath("//ul[@class='sources']//a/@href")
    assert links[::2] == [f"/{source}/" for source in site.shelves]
    for start in links[1::2]:
        assert site.answer(start).status == 200
