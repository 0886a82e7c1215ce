"""The listing: what a parser makes of one page, entry or record at one source."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Listing:
    """One listing as read from one source (the Scrapy item).

    url is the address to show and cite (the page's own canonical link where it has one), fetched_url the address that
    was requested. published is an ISO 8601 date, possibly partial: 2024, 2024-05 or 2024-05-17. region is a network
    code such as HI-SW. extra holds what the source gave and no field took, as JSON-able values.
    """

    source: str
    url: str
    fetched_url: str
    title: str
    text: str
    record_id: str | None = None
    publisher: str | None = None
    region: str | None = None
    published: str | None = None
    extra: dict[str, object] = field(default_factory=dict)
