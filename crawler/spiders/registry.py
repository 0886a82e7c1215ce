"""Which spider serves which discovery method. By path, so that a crawl loads only what its source needs."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from crawler.declaration import DiscoveryKind

if TYPE_CHECKING:
    from crawler.spiders.navigation import SourceSpider

SPIDERS: Mapping[DiscoveryKind, str] = {
    "index": "crawler.spiders.index:IndexSpider",
    "sitemap": "crawler.spiders.sitemap:SitemapSpider",
    "feed": "crawler.spiders.feed:FeedSpider",
    "wordpress": "crawler.spiders.wordpress:WordPressSpider",
    "api": "crawler.spiders.api:ApiSpider",
    "table": "crawler.spiders.table:TableSpider",
}


def spider_class(kind: DiscoveryKind) -> type[SourceSpider]:
    """The spider for a discovery method."""
    module, _, name = SPIDERS[kind].partition(":")
    found: type[SourceSpider] = getattr(import_module(module), name)
    return found
