"""A source found by its sitemaps: an index, then sitemaps with lastmod, then pages."""

from __future__ import annotations

import re
from datetime import datetime

from lxml import etree

from crawler.demo.exchange import Request, Response, Shelf, segment
from crawler.demo.pages import detail_page, page_for_people
from crawler.demo.wording import modified

# lxml takes None for the default namespace; its stubs do not know.
NAMESPACES: dict[str, str] = {None: "http://www.sitemaps.org/schemas/sitemap/0.9"}  # type: ignore[dict-item]
INDEX_PATH = "/sitemap_index.xml"
FOLDER = "/case-studies/"
ADDRESSES_PER_SITEMAP = 25
XML_TYPE = "text/xml; charset=UTF-8"


def handle(request: Request, shelf: Shelf) -> Response | None:
    """The index, one of its sitemaps, or a page."""
    if request.path == INDEX_PATH:
        return _index(request, shelf)
    match = re.fullmatch(r"/case_studies-sitemap([1-9]\d{0,3})\.xml", request.path)
    if match:
        return _sitemap(int(match[1]), request, shelf)
    return detail_page(request, shelf, FOLDER, "/") or page_for_people(request, shelf)


def _index(request: Request, shelf: Shelf) -> Response:
    root = etree.Element("sitemapindex", nsmap=NAMESPACES)
    for number in range(1, shelf.page_count(ADDRESSES_PER_SITEMAP) + 1):
        newest = max((modified(record) for record in shelf.page(number, ADDRESSES_PER_SITEMAP)), default=shelf.modified)
        address = f"{request.base_url}{shelf.prefix}/case_studies-sitemap{number}.xml"
        _entry(root, "sitemap", address, newest)
    return Response(serialised(root), XML_TYPE, shelf.modified)


def _sitemap(number: int, request: Request, shelf: Shelf) -> Response | None:
    if number > shelf.page_count(ADDRESSES_PER_SITEMAP):
        return None
    root = etree.Element("urlset", nsmap=NAMESPACES)
    for record in shelf.page(number, ADDRESSES_PER_SITEMAP):
        address = f"{request.base_url}{shelf.prefix}{FOLDER}{segment(record)}/"
        _entry(root, "url", address, modified(record))
    return Response(serialised(root), XML_TYPE, shelf.modified)


def _entry(root: etree._Element, name: str, address: str, when: datetime) -> None:
    entry = etree.SubElement(root, name)
    etree.SubElement(entry, "loc").text = address
    etree.SubElement(entry, "lastmod").text = when.isoformat()


def serialised(root: etree._Element) -> bytes:
    """The document with its declaration, in UTF-8."""
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True))
