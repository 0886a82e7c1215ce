"""A listing's text as it was stored at one crawl."""

from __future__ import annotations

import zlib
from typing import Any

from pipeline.links import safe_link
from pipeline.site.reading import Connection, first

BODY_LIMIT_BYTES = 10 * 2**20  # the crawler takes no larger page
VERSION = """
    SELECT v.listing_id, v.version, v.title, v.body, v.seen_at, v.run_id, l.url, l.publisher, l.source,
           l.version AS latest, j.innovation_id
    FROM listing_versions AS v JOIN listings AS l ON l.id = v.listing_id
    LEFT JOIN innovation_listings AS j ON j.listing_id = l.id
    WHERE v.listing_id = ? AND v.version = ?"""


def read_version(connection: Connection, listing_id: str, version: int) -> dict[str, Any] | None:
    """The stored version with its text, at most BODY_LIMIT_BYTES of it; None when there is none."""
    found = first(connection, VERSION, [listing_id, version])
    if found is None:
        return None
    body = zlib.decompressobj().decompress(found.pop("body"), BODY_LIMIT_BYTES)
    return {**found, "text": body.decode("utf-8", "replace"), "link": safe_link(found["url"])}
