"""What passes through the crawler: facts (raw), listings (clean), visits (what one request came to)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, fields, replace
from typing import Literal

Role = Literal["discovery", "detail"]
NOT_MODIFIED = 304
GONE_STATUSES = (404, 410)


@dataclass(slots=True)
class Listing:
    """One listing as read from one source.

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


@dataclass(frozen=True, slots=True)
class Facts:
    """What a parser read, as it stood there: strings not yet cleaned, None where nothing was found."""

    title: str | None = None
    text: str | None = None
    url: str | None = None
    publisher: str | None = None
    region: str | None = None
    published: str | None = None
    record_id: str | None = None
    extra: dict[str, object] = field(default_factory=dict)

    def filled_from(self, other: Facts, first: Collection[str] = ()) -> Facts:
        """These facts, with gaps filled from `other`; in the fields named by `first`, other's value goes first."""
        chosen = {
            name: (getattr(other, name) or getattr(self, name))
            if name in first
            else (getattr(self, name) or getattr(other, name))
            for name in FACT_NAMES
        }
        return replace(self, **chosen, extra={**other.extra, **self.extra})


FACT_NAMES = tuple(entry.name for entry in fields(Facts) if entry.name != "extra")


@dataclass(frozen=True, slots=True)
class Wanted:
    """An address that a page has asked for: in payload, for a discovery page, the start address that led to it, for a
    detail page what the discovery page said about it."""

    url: str
    role: Role
    payload: dict[str, object]


@dataclass(slots=True)
class Visit:
    """What one request came to (the Scrapy item): stored in one transaction with the listings it gave.

    url is the address as it was discovered. A detail page carries its validators and `reading`, a digest of how it was
    read; found holds the detail addresses that a discovery page names; error is why nothing could be used.
    """

    url: str
    role: Role
    status: int | None = None
    etag: str | None = None
    last_modified: str | None = None
    reading: str | None = None
    listings: list[Listing] = field(default_factory=list)
    found: list[str] = field(default_factory=list)
    wanted: list[Wanted] = field(default_factory=list)
    current: list[str] = field(default_factory=list)
    error: str | None = None

    @property
    def not_modified(self) -> bool:
        """Whether the server said that the page is as it was when it was last read."""
        return self.status == NOT_MODIFIED
