"""RSS and Atom to facts, by feedparser."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import feedparser

from crawler.declaration import FieldName, FieldRule
from crawler.items import Facts
from crawler.parsers.record import parse_each, parse_record
from crawler.parsers.text import markup_to_text


class FeedError(ValueError):
    """A body that is no feed."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: the address of its page, and what the feed itself says about it."""

    link: str | None
    facts: Facts


@dataclass(frozen=True, slots=True)
class Feed:
    """The entries of one page of a feed, and the address of the next page where the feed names one."""

    entries: list[Entry]
    next_url: str | None
    problems: list[str] = field(default_factory=list)


def parse_feed(
    body: bytes, url: str, content_type: str, rules: Mapping[FieldName, FieldRule], drop: Sequence[str] = ()
) -> Feed:
    """Read a feed; FeedError when the body is none. Broken XML is read as far as it goes, as feed readers do."""
    headers = {"content-location": url, "content-type": content_type}
    # From a stream: given bytes or text, feedparser would also try them as the name of a file or an address.
    parsed = feedparser.parse(io.BytesIO(body), response_headers=headers)
    if not parsed.get("version") and not parsed.entries:
        raise FeedError(f"no feed: {parsed.get('bozo_exception') or 'neither RSS nor Atom'}")
    entries, problems = parse_each(parsed.entries, lambda entry: _entry(entry, rules, drop))
    return Feed(entries, _link(parsed.feed.get("links", []), "next"), problems)


def _entry(entry: Mapping[str, Any], rules: Mapping[FieldName, FieldRule], drop: Sequence[str]) -> Entry:
    declared = {name: rule for name, rule in rules.items() if rule.css is None}
    own = parse_record(entry, declared, drop, ignore=entry.keys())
    content = entry.get("content") or [{}]
    text = content[0].get("value") or entry.get("summary") or ""
    general = Facts(
        title=markup_to_text(entry.get("title", "")),
        text=markup_to_text(text, drop),
        url=entry.get("link"),
        publisher=entry.get("publisher") or entry.get("source", {}).get("title"),
        published=entry.get("published"),  # not "updated", which says when the entry, not the work, last changed
        record_id=entry.get("id"),
        extra=_tags(entry),
    )
    return Entry(entry.get("link"), own.filled_from(general))


def _tags(entry: Mapping[str, Any]) -> dict[str, object]:
    terms = sorted({str(tag["term"]) for tag in entry.get("tags", []) if tag.get("term")})
    return {"tags": terms} if terms else {}


def _link(links: Sequence[Mapping[str, Any]], relation: str) -> str | None:
    return next((str(link["href"]) for link in links if link.get("rel") == relation and link.get("href")), None)
