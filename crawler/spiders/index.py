"""HTML pages of links to listings, with a link to the following page."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree
from parsel import Selector
from scrapy.http import TextResponse

from crawler.parsers.text import select
from crawler.spiders.navigation import Discovery, Link, SourceSpider, absolute


class IndexSpider(SourceSpider):
    """Follows the links that the section `index` selects."""

    def read(self, response: TextResponse) -> Discovery:
        """The links to listings and to the following page."""
        section = self.source.index
        assert section is not None
        tree = select(response.text)
        links = [Link(absolute(response, address)) for address in addresses(tree, section.link)]
        following = addresses(tree, section.next) if section.next else []
        return Discovery(links=links, following=[absolute(response, address) for address in following])


def addresses(tree: Selector, selector: str) -> Iterator[str]:
    """The addresses that a selector finds: of elements their href, of ::attr() and ::text matches themselves."""
    for node in tree.css(selector):
        address = node.root.get("href") if isinstance(node.root, etree._Element) else node.get()
        if address and address.strip():
            yield address
