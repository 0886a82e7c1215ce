"""Labelled records as pages of the demo site, read by the crawler's own spiders and parsers, without any network."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator
from urllib.parse import parse_qsl, unquote, urlsplit

from scrapy import Request
from scrapy.http import TextResponse

from crawler.declaration import FieldRule
from crawler.demo import exchange
from crawler.demo.catalogue import load_catalogue, load_partition
from crawler.demo.pages import missing_page
from crawler.demo.site import HANDLERS
from crawler.items import Listing, Visit
from crawler.pipelines import memory_store
from crawler.source import Source, load_source
from crawler.spiders.registry import spider_class
from nlp.annotations import Document
from pipeline.sources import DEMO_SOURCES_FOLDER

# How a page is read: as its source is declared; as if nothing were declared to be dropped, so that the extractor finds
# the text by itself; or, for sources whose details are pages, with every word of the page.
MANNERS = ("rendered", "rendered-undropped", "rendered-whole")


def rendered_documents(ids: Collection[str], manner: str = "rendered") -> dict[str, Document]:
    """Record id -> the document that a crawl of the demo site stores; ids that the catalogue lacks are left out."""
    shelves = load_partition().split(record for record in load_catalogue() if record.id in ids)
    found: dict[str, Document] = {}
    for name, records in shelves.items():
        source, shelf = _source(name, manner), exchange.Shelf(name, tuple(records))
        for listing in _listings(source, shelf) if records else ():
            assert listing.record_id is not None  # every demo source declares where it stands
            found[listing.record_id] = Document(listing.record_id, listing.title, listing.text)
    return found


def _source(name: str, manner: str) -> Source:
    """The declaration of a demo source, changed to be read in one of the MANNERS."""
    source = load_source(DEMO_SOURCES_FOLDER / f"{name}.yml")
    if manner == "rendered":
        return source
    follows_pages = source.discovery in ("index", "sitemap") or bool(
        (source.feed and source.feed.follow) or (source.api and source.api.link)
    )
    whole = {"text": FieldRule(css="body")} if manner == "rendered-whole" and follows_pages else {}
    return source.model_copy(update={"drop": (), "fields": {**source.fields, **whole}})


def _listings(source: Source, shelf: exchange.Shelf) -> Iterator[Listing]:
    """What the source's spider makes of its site, request by request."""
    spider = spider_class(source.discovery)(source=source, store=memory_store(source))
    collections = zip(source.start_urls, spider.first_addresses, strict=True)
    waiting = deque(spider.discovery_request(url, collection) for collection, url in collections)
    while waiting:
        request = waiting.popleft()
        assert request.callback is not None  # a spider gives each of its requests one
        for outcome in request.callback(_answer(request, shelf)):
            if isinstance(outcome, Visit):
                yield from outcome.listings
            else:
                waiting.append(outcome)


def _answer(request: Request, shelf: exchange.Shelf) -> TextResponse:
    """What the demo site says to the request."""
    parts = urlsplit(request.url)
    path = unquote(parts.path).removeprefix(shelf.prefix)
    asked = exchange.Request(path, dict(parse_qsl(parts.query)), f"{parts.scheme}://{parts.netloc}")
    said = HANDLERS[shelf.source](asked, shelf) or missing_page(path)
    headers = {"Content-Type": said.content_type, **said.headers}
    return TextResponse(request.url, int(said.status), headers, said.body, request=request)
