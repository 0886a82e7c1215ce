"""What every spider shares: from start addresses over discovery pages to details, each request ending in one visit."""

from __future__ import annotations

import hashlib
import json
import logging
from abc import abstractmethod
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any, TypeVar
from urllib.parse import urldefrag

from scrapy import Request, Spider, signals
from scrapy.http import Response, TextResponse
from twisted.python.failure import Failure
from w3lib.encoding import http_content_type_encoding

from crawler.charsets import find_charset
from crawler.hosts import refusal
from crawler.items import Facts, Visit, Wanted
from crawler.loaders import clean_line, load_listing, load_record
from crawler.middlewares import PausedError
from crawler.parsers.faults import PARSER_FAULTS, explain
from crawler.parsers.record import parse_each
from crawler.pipelines import CrawlStore
from crawler.redaction import names_a_person, redact_fields, redact_line
from crawler.source import Source

log = logging.getLogger(__name__)

READING_VERSION = "3"  # raise it when parsers read pages differently: every page is then fetched whole once
OK = 200
T = TypeVar("T")


class DiscoveryError(ValueError):
    """A discovery page that is not what the source declares; the message says what was expected."""


@dataclass(frozen=True, slots=True)
class Link:
    """The address of a detail page, and what the discovery page said about it: also when it was last modified."""

    url: str
    entry: Facts = field(default_factory=Facts)
    modified: str | None = None


@dataclass(frozen=True, slots=True)
class Discovery:
    """What one discovery page gives: whole listings, links to details, addresses of further discovery pages.

    problems says which of its records could not be read.
    """

    listings: list[Facts] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    following: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


class SourceSpider(Spider):
    """Crawls one source. A subclass says how a discovery page is read."""

    name = "source"
    accept: str | None = None
    reads_text_only = True  # whether a discovery page must be text

    def __init__(self, source: Source, store: CrawlStore, **kwargs: Any) -> None:
        super().__init__(name=source.name, **kwargs)
        self.source = source
        self.store = store
        self.first_addresses = [self.first_address(url) for url in source.start_urls]
        self.bodies_seen: set[bytes] = set()
        self.named_by_record = frozenset(name for name, rule in source.fields.items() if rule.jmespath)

    @classmethod
    def from_crawler(cls, crawler: Any, *args: Any, **kwargs: Any) -> Any:
        """Scrapy's way of making a spider; failures inside callbacks and item pipelines are counted too."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.on_spider_error, signals.spider_error)
        crawler.signals.connect(spider.on_item_error, signals.item_error)
        return spider

    def first_address(self, url: str) -> str:
        """The address at which a crawl from the start address `url` begins."""
        return url

    @abstractmethod
    def read(self, response: TextResponse) -> Discovery:
        """Read one discovery page; raise DiscoveryError or RecordError when it is not as declared."""

    def is_end(self, response: Response) -> bool:
        """Whether an answer other than 200 is this site's way of saying that there are no more pages."""
        return False

    async def start(self) -> AsyncIterator[Request | Visit]:
        """Yield the first requests; where an earlier crawl was killed, those that it had still to make."""
        for collection, url in zip(self.source.start_urls, self.first_addresses, strict=True):
            if url not in self.store.frontier.asked:
                yield self.discovery_request(url, collection)
        for left in self.store.frontier.waiting():
            if left.role == "discovery":
                yield self.discovery_request(left.url, str(left.payload["collection"]))
            else:
                yield self.detail_request(Link(left.url, Facts(**left.payload)))

    def discovery_request(self, url: str, collection: str) -> Request:
        """A request for a page that names listings, reached from the start address `collection`."""
        headers = {"Accept": self.accept} if self.accept else {}
        meta = {"role": "discovery", "address": url, "collection": collection}
        return Request(url, self.on_discovery, errback=self.on_failure, headers=headers, meta=meta)

    def detail_request(self, link: Link) -> Request:
        """A request for one listing's page."""
        manner = f"{READING_VERSION}\n{self.source.reading()}\n{json.dumps(asdict(link.entry), sort_keys=True)}"
        reading = hashlib.sha256(manner.encode()).hexdigest()[:16]
        meta = {"role": "detail", "address": link.url, "reading": reading, "entry": link.entry}
        meta |= {"modified": link.modified}
        return Request(link.url, self.on_detail, errback=self.on_failure, meta=meta)

    def on_discovery(self, response: Response) -> Iterator[Visit | Request]:
        """One visit with what the page gives, then the requests that follow from it."""
        visit = Visit(response.meta["address"], "discovery", response.status)
        found = Discovery()
        try:
            if response.status == OK:
                found = self.read(_as_text(response) if self.reads_text_only else response)  # type: ignore[arg-type]
            elif not self.is_end(response):
                visit.error = f"HTTP {response.status}"
        except PARSER_FAULTS as fault:
            visit.error = explain(fault)
        if visit.error and visit.url in self.first_addresses:
            self.store.tally.start_failures.append(f"{visit.url}: {visit.error}")
        links = [
            replace(link, entry=redact_fields(link.entry)[0]) for link in found.links if self._may_follow(link.url)
        ]
        visit.found = [link.url for link in links]
        collection = response.meta["collection"]
        self.take(visit, collection, found)
        following = [] if self._is_repeated(response) else found.following
        details = list(self._requests(links, self.detail_request))
        visit.current = [request.meta["address"] for request in details if self._is_current(request)]
        requests = [
            *(request for request in details if request.meta["address"] not in set(visit.current)),
            *self._requests(following, lambda url: self.discovery_request(url, collection)),
        ]
        visit.wanted = [_wanted(request) for request in requests]
        yield visit
        yield from requests

    def _is_current(self, request: Request) -> bool:
        meta = request.meta
        return self.store.frontier.is_current(meta["address"], meta["reading"], meta["modified"])

    def take(self, visit: Visit, collection: str, found: Discovery) -> None:
        """Put the listings of a discovery page, reached from the start address `collection`, into its visit."""
        visit.listings, unloaded = parse_each(
            found.listings, lambda facts: load_record(self.source, collection, visit.url, facts)
        )
        for problem in (*found.problems, *unloaded):
            self.store.tally.page_problem(f"{visit.url}: {problem}")

    def _requests(self, targets: Iterable[T], make: Callable[[T], Request]) -> Iterator[Request]:
        """A request for each target; an address for which none can be made stops nothing."""
        for target in targets:
            try:
                request = make(target)
            except ValueError as error:
                self.store.tally.page_problem(f"{target!r:.200}: no address to ask for: {error}")
            else:
                if request.meta["address"] not in self.store.frontier.asked:
                    yield request

    def on_detail(self, response: Response) -> Iterator[Visit]:
        """One visit with the listing that the page holds."""
        visit = Visit(response.meta["address"], "detail", response.status, reading=response.meta["reading"])
        if response.status == OK:
            visit.etag = _header(response, "ETag")
            visit.last_modified = _header(response, "Last-Modified")
            try:
                facts = self._read_page(_as_text(response), response.meta["entry"])
                if "encoding" in response.meta:
                    facts.extra["encoding"] = response.meta["encoding"]
                visit.listings = [load_listing(self.source, visit.url, facts)]
            except PARSER_FAULTS as fault:
                visit.error = explain(fault)
        elif not visit.not_modified:
            visit.error = f"HTTP {response.status}"
        yield visit

    def on_failure(self, failure: Failure) -> Iterator[Visit]:
        """A request that got no answer, or was not allowed to leave."""
        request = failure.request  # type: ignore[attr-defined]
        message = failure.getErrorMessage() or _kind(failure)
        if isinstance(failure.value, PausedError):  # it waits in the queue for a later crawl
            return
        visit = Visit(request.meta["address"], request.meta["role"], error=message)
        if visit.url in self.first_addresses:
            self.store.tally.start_failures.append(f"{visit.url}: {message}")
        yield visit

    def on_spider_error(self, failure: Failure, response: Response) -> None:
        """A page on which a spider or parser broke."""
        message = f"{response.url}: {_kind(failure)}: {failure.getErrorMessage()}"
        self.store.tally.page_problem(message)

    def on_item_error(self, failure: Failure) -> None:
        """A visit that could not be stored."""
        self.store.tally.storage_failures.append(f"{_kind(failure)}: {failure.getErrorMessage()}")

    def _read_page(self, response: TextResponse, entry: Facts) -> Facts:
        from crawler.parsers.html import parse_page

        source = self.source
        facts = parse_page(
            response.text,
            response.url,
            source.fields,
            source.drop,
            find_dates=source.find_dates and not entry.published,
        )
        return facts.filled_from(entry, first=self.named_by_record)

    def _may_follow(self, url: str) -> bool:
        if names_a_person(url):
            log.info("not followed: an address with an e-mail address in it")
            return False
        reason = refusal(url, self.source.endpoints)
        if reason:
            log.info("not followed: %s", redact_line(reason))
        return reason is None

    def _is_repeated(self, response: Response) -> bool:
        """Whether an earlier page had the very same body: a site that answers every page number with one page."""
        body = hashlib.sha256(response.body).digest()
        repeated = body in self.bodies_seen
        self.bodies_seen.add(body)
        return repeated


def _wanted(request: Request) -> Wanted:
    meta = request.meta
    if meta["role"] == "discovery":
        return Wanted(meta["address"], "discovery", {"collection": meta["collection"]})
    return Wanted(meta["address"], "detail", asdict(meta["entry"]))


def absolute(response: Response, url: str) -> str:
    """The address that `url` means on this page, without its fragment; one that means nothing is left as it is."""
    cleaned = (clean_line(url) or "").strip()
    try:
        return urldefrag(response.urljoin(cleaned)).url
    except ValueError:
        return cleaned


def _as_text(response: Response) -> TextResponse:
    """The page as text, in the charset that its bytes speak for; meta says where that is doubtful."""
    if not isinstance(response, TextResponse):
        kind = (response.headers.get("Content-Type") or b"no content type").decode("latin-1")
        raise DiscoveryError(f"not a text page: {kind}")
    kind = (response.headers.get("Content-Type") or b"").decode("latin-1")
    found = find_charset(response.body, http_content_type_encoding(kind))
    if found.doubtful:
        response.meta["encoding"] = f"{found.name} (not sure)"
    return response.replace(encoding=found.name)


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value.decode("latin-1") if value else None


def _kind(failure: Failure) -> str:
    return type(failure.value).__name__
