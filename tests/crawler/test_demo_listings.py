"""Sources that are found by HTML listings or sitemaps: following them to the end gives exactly the source's records."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urljoin

import pytest
from lxml import etree, html

from crawler.demo.site import DemoSite

SITEMAP = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}


@pytest.fixture(scope="module")
def site() -> Iterator[DemoSite]:
    with DemoSite() as running:
        yield running


def follow(site: DemoSite, start: str, cards: str, following: str) -> tuple[list[str], int]:
    """The addresses of all cards from `start` on, and the number of pages; both are XPaths for addresses."""
    links: list[str] = []
    path, pages = start, 0
    while path:
        response = site.answer(path)
        assert response.status == 200
        page = html.fragment_fromstring(response.body.decode(), create_parent="div")
        links += page.xpath(cards)
        found = page.xpath(following)
        path, pages = (urljoin(path, found[0]), pages + 1) if found else ("", pages + 1)
        assert pages < 50
    return links, pages


def expected(site: DemoSite, source: str, folder: str, ending: str = "") -> list[str]:
    return [f"/{source}{folder}{record.id}{ending}" for record in site.shelves[source].records]


def test_numbered_pages_give_every_case_study(site: DemoSite) -> None:
    links, pages = follow(
        site, "/demo-national/case-studies/", "//a[@class='card-link']/@href", "//a[@class='next page-numbers']/@href"
    )
    assert links == expected(site, "demo-national", "/case-studies/", "/")
    assert (len(links), pages) == (48, 4)


def test_numbered_pages_end_in_404_and_the_first_has_one_address(site: DemoSite) -> None:
    assert site.answer("/demo-national/case-studies/page/4/").status == 200
    assert site.answer("/demo-national/case-studies/page/5/").status == 404
    first = site.answer("/demo-national/case-studies/page/1/")
    assert (first.status, first.headers["Location"]) == (301, "/demo-national/case-studies/")
    assert site.answer("/demo-national/case-studies/page/0/").status == 404
    assert site.answer("/demo-national/case-studies/page/x/").status == 404


def test_numbered_pages_name_their_neighbours(site: DemoSite) -> None:
    page = html.document_fromstring(site.answer("/demo-national/case-studies/page/2/").body.decode())
    assert page.xpath("//link[@rel='prev']/@href") == ["/demo-national/case-studies/"]
    assert page.xpath("//link[@rel='next']/@href") == ["/demo-national/case-studies/page/3/"]
    assert page.xpath("//*[@aria-current='page']/text()") == ["2"]


def test_the_next_link_leads_through_every_innovation_of_the_trusts(site: DemoSite) -> None:
    links, pages = follow(
        site, "/demo-trusts/innovation", "//h3[@class='teaser__title']/a/@href", "//a[@rel='next']/@href"
    )
    assert links == expected(site, "demo-trusts", "/innovation/")
    assert (len(links), pages) == (95, 10)


def test_past_the_last_page_the_trusts_show_an_empty_listing(site: DemoSite) -> None:
    response = site.answer("/demo-trusts/innovation?page=10")
    page = html.document_fromstring(response.body.decode())
    assert response.status == 200
    assert page.xpath("//h3[@class='teaser__title']") == []
    assert page.xpath("//a[@rel='next']") == []
    assert site.answer("/demo-trusts/innovation?page=x").status == 404


def test_loading_more_gives_every_insight(site: DemoSite) -> None:
    cards = "//a[@class='insight-card__link']/@href"
    links, pages = follow(site, "/demo-industry/insights", cards, "//*[@class='load-more']/@data-next")
    assert links == expected(site, "demo-industry", "/insights/")
    assert (len(links), pages) == (54, 3)
    assert links == follow(site, "/demo-industry/insights", cards, "//a[@class='load-more']/@href")[0]


def test_more_comes_as_a_fragment_and_not_as_a_page(site: DemoSite) -> None:
    assert b"<html" in site.answer("/demo-industry/insights").body
    fragment = site.answer("/demo-industry/insights?offset=20").body
    assert b"<html" not in fragment and fragment.count(b'class="insight-card"') == 20
    assert site.answer("/demo-industry/insights?offset=99").body.strip() == b""
    assert site.answer("/demo-industry/insights?offset=-1").status == 404


def test_sitemaps_give_every_page_with_its_last_change(site: DemoSite) -> None:
    index = etree.fromstring(site.answer("/demo-nhs-england/sitemap_index.xml").body)
    maps = index.xpath("s:sitemap/s:loc/text()", namespaces=SITEMAP)
    assert len(maps) == 2
    entries = []
    for address in maps:
        assert address.startswith(site.base_url)
        urls = etree.fromstring(site.answer(address.removeprefix(site.base_url)).body)
        entries += [(url.findtext("s:loc", None, SITEMAP), url.findtext("s:lastmod", None, SITEMAP)) for url in urls]
    pages = expected(site, "demo-nhs-england", "/case-studies/", "/")
    assert [address for address, _ in entries] == [f"{site.base_url}{path}" for path in pages]
    assert len(entries) == 46
    for address, changed in entries:
        when = site.answer(address.removeprefix(site.base_url)).modified
        assert when is not None and changed == when.isoformat()


def test_a_sitemap_says_of_the_other_when_its_newest_page_changed(site: DemoSite) -> None:
    index = etree.fromstring(site.answer("/demo-nhs-england/sitemap_index.xml").body)
    for entry in index:
        address, changed = (entry.findtext(f"s:{name}", None, SITEMAP) for name in ("loc", "lastmod"))
        urls = etree.fromstring(site.answer(str(address).removeprefix(site.base_url)).body)
        assert changed == max(urls.xpath("s:url/s:lastmod/text()", namespaces=SITEMAP))


def test_there_is_no_third_sitemap(site: DemoSite) -> None:
    assert site.answer("/demo-nhs-england/case_studies-sitemap2.xml").status == 200
    assert site.answer("/demo-nhs-england/case_studies-sitemap3.xml").status == 404
