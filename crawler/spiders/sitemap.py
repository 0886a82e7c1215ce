"""Sitemaps and sitemap indexes."""

from __future__ import annotations

import re

from scrapy.http import Response

from crawler.parsers.sitemap import SitemapError, parse_sitemap
from crawler.spiders.navigation import Discovery, DiscoveryError, Link, SourceSpider


class SitemapSpider(SourceSpider):
    """Follows the addresses in sitemaps that the section `sitemap` lets through."""

    def read(self, response: Response) -> Discovery:
        """The addresses of listings, or of further sitemaps."""
        try:
            page = parse_sitemap(response.body)
        except SitemapError as error:
            raise DiscoveryError(str(error)) from None
        if page.is_index:
            return Discovery(following=page.addresses)
        listings = (url for url in page.addresses if self._is_listing(url))
        return Discovery(links=[Link(url, modified=page.modified.get(url)) for url in listings])

    def _is_listing(self, url: str) -> bool:
        section = self.source.sitemap
        assert section is not None
        excluded = section.exclude is not None and re.search(section.exclude, url) is not None
        return not excluded and re.search(section.match, url) is not None
