"""From raw facts to a clean listing: whitespace, control characters, dates, canonical addresses."""

from __future__ import annotations

import math
import re
import unicodedata
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

from w3lib.url import canonicalize_url

from crawler.dates import iso_date
from crawler.hosts import DEFAULT_PORTS
from crawler.items import Facts, Listing
from crawler.source import Source

# Parameters that only say which link was followed. Named one by one: general lists (courlan's, for example) also drop
# parameters such as ref, which carries the record's number at gtr.ukri.org.
TRACKING_PARAMETERS = re.compile(r"(utm_\w+|mc_cid|mc_eid|fbclid|gclid|msclkid|ns_mchannel|ns_campaign)", re.I)
REGION_CODE = re.compile(r"[A-Z]{2,5}(-[A-Za-z]{2,8})?")
UNWANTED_CATEGORIES = {"Cc", "Cs"}  # control characters, lone surrogates
BYTE_ORDER_MARK = "\ufeff"


class RecordAddressError(ValueError):
    """A record that nothing tells apart from the others of its page."""


def clean_line(value: str | None) -> str | None:
    """One line of text: runs of whitespace to one space, control characters gone; None when nothing is left."""
    return " ".join(_printable(value or "").split()) or None


def clean_text(value: str | None) -> str:
    """Running text: paragraphs kept apart by one empty line, whitespace inside them tidied."""
    lines = (clean_line(line) for line in re.split(r"[\r\n]+", value or ""))
    return "\n\n".join(line for line in lines if line)


def _printable(value: str) -> str:
    if value.isascii() and value.isprintable():
        return value
    return "".join(
        character
        for character in value
        if character.isspace()
        or (character != BYTE_ORDER_MARK and unicodedata.category(character) not in UNWANTED_CATEGORIES)
    )


def canonical_url(url: str | None, base: str) -> str | None:
    """The address in one spelling: absolute, http(s), no fragment, default port or tracking parameter; None if bad."""
    try:
        parts = urlsplit(urljoin(base, (url or "").strip()))
        return _canonical(parts)
    except ValueError:  # UnicodeError is one
        return None


def _canonical(parts: SplitResult) -> str | None:
    port = parts.port
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or parts.username is not None:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    netloc = host if port in (None, DEFAULT_PORTS[parts.scheme]) else f"{host}:{port}"
    return canonicalize_url(urlunsplit((parts.scheme, netloc, parts.path, _without_tracking(parts.query), "")))


def _without_tracking(query: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True)
    kept = [(name, value) for name, value in pairs if not TRACKING_PARAMETERS.fullmatch(name)]
    return query if len(kept) == len(pairs) else urlencode(kept)


def load_listing(source: Source, fetched_url: str, facts: Facts) -> Listing:
    """The listing that `facts` make. Title or text may be empty: the item pipelines decide what that means."""
    return _load(source, canonical_url(facts.url, fetched_url) or page_address(fetched_url), fetched_url, facts)


def load_record(source: Source, collection: str, fetched_url: str, facts: Facts) -> Listing:
    """The listing that one record of the page `fetched_url` makes.

    A record without an address of its own gets one made of the collection's (the start address, which stays the same
    on whichever page the record stands) and the record's id. Raises RecordAddressError where it has neither.
    """
    pages = {page_address(collection), page_address(fetched_url)}
    address = canonical_url(facts.url, fetched_url) if clean_line(facts.url) else None
    if address is None or address in pages:
        record_id = clean_line(facts.record_id)
        if record_id is None:
            raise RecordAddressError(
                f"a record has neither an address nor an id: {clean_line(facts.title) or ''!r:.80}"
            )
        address = f"{page_address(collection)}#{quote(record_id, safe='')}"
    return _load(source, address, fetched_url, facts)


def page_address(url: str) -> str:
    """The canonical spelling of an address that was requested."""
    return canonical_url(url, url) or url


def clean_extra(value: object) -> object:
    """A value that JSON and UTF-8 can hold: control characters and lone surrogates gone, NaN and infinities None."""
    if isinstance(value, str):
        return _printable(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {_printable(str(key)): clean_extra(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [clean_extra(entry) for entry in value]
    return value if isinstance(value, int) else None


def _load(source: Source, address: str, fetched_url: str, facts: Facts) -> Listing:
    title = clean_line(facts.title) or ""
    region = clean_line(facts.region)
    return Listing(
        source=source.name,
        url=address,
        fetched_url=fetched_url,
        title=title,
        text=_without_heading(clean_text(facts.text), title),
        record_id=clean_line(facts.record_id),
        publisher=clean_line(facts.publisher) or source.publisher,
        region=region if region and REGION_CODE.fullmatch(region) else None,
        published=iso_date(facts.published),
        extra={_printable(key): clean_extra(value) for key, value in facts.extra.items()},
    )


def _without_heading(text: str, title: str) -> str:
    """The text without its title where an extractor kept that as the first paragraph."""
    first, _, rest = text.partition("\n\n")
    return rest if rest and first == title else text
