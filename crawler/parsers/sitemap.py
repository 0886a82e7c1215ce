"""Sitemaps and sitemap indexes to addresses."""

from __future__ import annotations

import gzip
import io
import zlib
from dataclasses import dataclass, field

from lxml import etree
from scrapy.utils.sitemap import Sitemap

GZIP_MAGIC = b"\x1f\x8b"
UNPACKED_LIMIT_BYTES = 50 * 2**20  # the sitemap protocol's own limit for one file


class SitemapError(ValueError):
    """A body that is no sitemap."""


@dataclass(frozen=True, slots=True)
class SitemapPage:
    """The addresses in one file: of further sitemaps when it is an index, of pages otherwise.

    modified: address -> when the site says that it was last changed (a W3C date or moment), where it does.
    """

    is_index: bool
    addresses: list[str]
    modified: dict[str, str] = field(default_factory=dict)


def parse_sitemap(body: bytes) -> SitemapPage:
    """Read a sitemap, packed or not; SitemapError when the body is none. No entity is expanded, no file read."""
    try:
        sitemap = Sitemap(_unpacked(body))
        if sitemap.type not in ("sitemapindex", "urlset"):
            raise SitemapError(f"no sitemap: the root element is <{sitemap.type}>")
        entries = [entry for entry in sitemap if entry.get("loc")]
    except (etree.XMLSyntaxError, StopIteration, OSError, EOFError, zlib.error) as error:
        raise SitemapError(f"no sitemap: {error}") from None
    modified = {entry["loc"].strip(): entry["lastmod"].strip() for entry in entries if entry.get("lastmod")}
    return SitemapPage(sitemap.type == "sitemapindex", [entry["loc"].strip() for entry in entries], modified)


def _unpacked(body: bytes) -> bytes:
    if not body.startswith(GZIP_MAGIC):
        return body
    with gzip.GzipFile(fileobj=io.BytesIO(body)) as packed:
        unpacked = packed.read(UNPACKED_LIMIT_BYTES + 1)
    if len(unpacked) > UNPACKED_LIMIT_BYTES:
        raise SitemapError(f"no sitemap: it unpacks to more than {UNPACKED_LIMIT_BYTES} bytes")
    return unpacked
