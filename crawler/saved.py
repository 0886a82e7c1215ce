"""Pages read without a crawl: what would be stored of them. Saved ones are a source's test cases."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from scrapy.http import Response, TextResponse
from scrapy.responsetypes import responsetypes

from crawler.items import Facts, Listing
from crawler.loaders import load_listing, load_record
from crawler.looks import Page
from crawler.parsers.html import parse_page
from crawler.parsers.record import parse_each
from crawler.pipelines import memory_store
from crawler.redaction import redact_fields
from crawler.source import Source, load_source
from crawler.spiders.navigation import SourceSpider
from crawler.spiders.registry import spider_class

PAGE_FILE, META_FILE, LISTING_FILE = "page", "meta.json", "listing.json"
KEPT_HEADERS = ("content-type", "link", "x-wp-total", "x-wp-totalpages")
LISTINGS_MAX = 3  # of a discovery page that a test case holds word for word
Role = Literal["discovery", "detail"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a page gives. links: the pages it leads to listings by; following: further pages that name listings."""

    listings: list[Listing]
    links: list[str]
    following: list[str]
    problems: list[str]


def read_page(source: Source, page: Page, role: Role) -> Reading:
    """Read a page as a crawl of this source would, contact details left out. Raises what the parsers raise."""
    if role == "detail":
        facts = parse_page(_response(page).text, page.url, source.fields, source.drop, find_dates=source.find_dates)
        return Reading([_redacted(load_listing(source, page.url, facts))], [], [], [])
    spider: SourceSpider = spider_class(source.discovery)(source=source, store=memory_store(source))
    found = spider.read(_response(page))
    start = source.start_urls[0]
    listings, problems = parse_each(found.listings, lambda facts: _record(source, start, page, facts))
    return Reading(listings, [link.url for link in found.links], list(found.following), [*found.problems, *problems])


def _record(source: Source, start: str, page: Page, facts: Facts) -> Listing:
    return _redacted(load_record(source, start, page.url, facts))


def _redacted(listing: Listing) -> Listing:
    return redact_fields(listing)[0]


def _response(page: Page) -> Any:
    kind = responsetypes.from_args(url=page.url, body=page.body, headers=_headers(page.headers))
    made: Response = kind(url=page.url, status=page.status, body=page.body, headers=dict(page.headers))
    return made if isinstance(made, TextResponse) else made.replace(cls=TextResponse, encoding="utf-8")


def _headers(headers: Mapping[str, str]) -> Any:
    from scrapy.http.headers import Headers

    return Headers(dict(headers))


# --- test cases


def save_case(folder: Path, source: Source, page: Page, role: Role) -> Reading:
    """Save a page with what is read of it now, as a test case of its source; returns that."""
    reading = read_page(source, page, role)
    folder.mkdir(parents=True, exist_ok=True)
    headers = {name: page.headers[name] for name in KEPT_HEADERS if name in page.headers}
    meta = {"url": page.url, "role": role, "status": page.status, "headers": headers}
    (folder / PAGE_FILE).write_bytes(page.body)
    (folder / META_FILE).write_text(_json(meta), encoding="utf-8")
    (folder / LISTING_FILE).write_text(_json(expected(reading)), encoding="utf-8")
    return reading


def expected(reading: Reading) -> dict[str, Any]:
    """What a test case holds of a reading: the counts, and the first listings word for word."""
    first = [{name: value for name, value in asdict(one).items() if value} for one in reading.listings[:LISTINGS_MAX]]
    counts = {"listings": len(reading.listings), "links": len(reading.links), "following": reading.following}
    return {**counts, "first": first, "first_links": reading.links[:LISTINGS_MAX]}


def check_cases(folder: Path, declaration: Path) -> Iterator[str]:
    """For each saved page of a source that is read otherwise than when it was saved: which, and what differs."""
    source = load_source(declaration)
    for case in sorted(path.parent for path in folder.glob(f"*/{META_FILE}")):
        meta = json.loads((case / META_FILE).read_text(encoding="utf-8"))
        page = Page(meta["url"], meta["status"], (case / PAGE_FILE).read_bytes(), meta["headers"])
        wanted = json.loads((case / LISTING_FILE).read_text(encoding="utf-8"))
        now = json.loads(_json(expected(read_page(source, page, meta["role"]))))
        difference = next(_differences(wanted, now), None)
        if difference:
            yield f"{case.name}: {difference}"


def _differences(wanted: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """What differs, the fields of listings before the counts."""
    for was, read in zip(wanted["first"], now["first"], strict=False):
        for name in sorted(was.keys() | read.keys()):
            if was.get(name) != read.get(name):
                yield f"{name} is {_short(read.get(name))}, was {_short(was.get(name))}"
    for name in wanted:
        if wanted[name] != now[name]:
            yield f"{name} is {_short(now[name])}, was {_short(wanted[name])}"


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else f"{text[:200]}…"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
