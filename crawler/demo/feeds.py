"""Sources found by their feeds: RSS with whole texts, RSS with summaries, Atom with summaries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from urllib.parse import urlsplit

from lxml import etree

from crawler.demo.catalogue import Record
from crawler.demo.exchange import Request, Response, Shelf, segment, whole_number
from crawler.demo.pages import detail_page, page_for_people
from crawler.demo.sitemaps import serialised
from crawler.demo.wording import RETOLD_NOTE, excerpt, first_day, is_whole, markable, modified, paragraphs
from crawler.demo.wordpress import post_number

ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
RSS_NAMESPACES = {"content": CONTENT, "dc": DUBLIN_CORE, "atom": ATOM}
# lxml takes None for the default namespace; its stubs do not know.
ATOM_NAMESPACES: dict[str, str] = {None: ATOM, "dc": DUBLIN_CORE}  # type: ignore[dict-item]
RSS_TYPE = "application/rss+xml; charset=UTF-8"
ATOM_TYPE = "application/atom+xml; charset=UTF-8"

TRADE_FEED, TRADE_PAGE_SIZE = "/feed/", 10  # WordPress's own default
NEWS_FEED, NEWS_FOLDER, NEWS_PAGE_SIZE = "/rss.xml", "/stories/", 25
JOURNALS_FEED, JOURNALS_FOLDER, JOURNALS_PAGE_SIZE = "/atom.xml", "/articles/", 20
NUMBER_MAX = 999_999_999


def trade_press(request: Request, shelf: Shelf) -> Response | None:
    """RSS 2.0 with content:encoded, links to the real addresses; ?paged=2 and so on, 404 past the last."""
    if request.path != TRADE_FEED:
        return page_for_people(request, shelf)
    number = whole_number(request.query.get("paged"), 1, 1, shelf.page_count(TRADE_PAGE_SIZE))
    if number is None:
        return None
    channel = _channel("Health Trade Press (demo)", TRADE_FEED, request, shelf)
    for record in shelf.page(number, TRADE_PAGE_SIZE):
        item = _item(channel, record, record.url)
        _text(item, "description", f"<p>{escape(markable(excerpt(record.text)))}</p>")
        _text(item, f"{{{CONTENT}}}encoded", _content(record))
    return Response(serialised(channel.getroottree().getroot()), RSS_TYPE, shelf.modified)


def news(request: Request, shelf: Shelf) -> Response | None:
    """RSS 2.0 with summaries only, links to pages here; ?paged=2 and so on, named by the channel's next link."""
    if request.path != NEWS_FEED:
        return detail_page(request, shelf, NEWS_FOLDER, "/") or page_for_people(request, shelf)
    last = shelf.page_count(NEWS_PAGE_SIZE)
    number = whole_number(request.query.get("paged"), 1, 1, last)
    if number is None:
        return None
    channel = _channel("The Daily Record of Everything (demo)", NEWS_FEED, request, shelf)
    home = f"{request.base_url}{shelf.prefix}"
    if number < last:
        _link(channel, "next", f"{home}{NEWS_FEED}?paged={number + 1}", "application/rss+xml")
    for record in shelf.page(number, NEWS_PAGE_SIZE):
        item = _item(channel, record, f"{home}{NEWS_FOLDER}{segment(record)}/")
        _text(item, "description", excerpt(record.text))
    return Response(serialised(channel.getroottree().getroot()), RSS_TYPE, shelf.modified)


def journals(request: Request, shelf: Shelf) -> Response | None:
    """Atom with summaries only, links to pages here; ?page=2 and so on, named by link rel="next"."""
    if request.path != JOURNALS_FEED:
        return detail_page(request, shelf, JOURNALS_FOLDER) or page_for_people(request, shelf)
    last = shelf.page_count(JOURNALS_PAGE_SIZE)
    number = whole_number(request.query.get("page"), 1, 1, last)
    if number is None:
        return None
    feed = _atom_feed(number, last, request, shelf)
    home = f"{request.base_url}{shelf.prefix}"
    for record in shelf.page(number, JOURNALS_PAGE_SIZE):
        _atom_entry(feed, record, f"{home}{JOURNALS_FOLDER}{segment(record)}")
    return Response(serialised(feed), ATOM_TYPE, shelf.modified)


def _channel(title: str, path: str, request: Request, shelf: Shelf) -> etree._Element:
    channel = etree.SubElement(etree.Element("rss", nsmap=RSS_NAMESPACES, version="2.0"), "channel")
    home = f"{request.base_url}{shelf.prefix}"
    _text(channel, "title", title)
    _link(channel, "self", f"{home}{path}", "application/rss+xml")
    _text(channel, "link", f"{home}/")
    _text(channel, "description", "Records of the starter catalogue, each told in our own words")
    _text(channel, "lastBuildDate", format_datetime(shelf.modified))
    _text(channel, "language", "en-GB")
    return channel


def _item(channel: etree._Element, record: Record, link: str) -> etree._Element:
    """The parts of an item that both RSS sources have; pubDate only where the day is known, dc:date partial too."""
    item = etree.SubElement(channel, "item")
    _text(item, "title", record.title)
    _text(item, "link", link)
    if is_whole(record.published):
        _text(item, "pubDate", _midnight(record, format_datetime))
    site = urlsplit(record.url)
    guid = _text(item, "guid", f"{site.scheme}://{site.netloc}/?p={post_number(record)}")
    guid.set("isPermaLink", "false")
    _text(item, f"{{{DUBLIN_CORE}}}creator", record.publisher)
    if record.published:
        _text(item, f"{{{DUBLIN_CORE}}}date", record.published)
    _facts(item, record)
    return item


def _facts(parent: etree._Element, record: Record) -> None:
    """Publisher, id, real address, region and the note, as Dublin Core elements."""
    values = (
        ("publisher", record.publisher),
        ("identifier", record.id),
        ("source", record.url),
        ("coverage", record.region),
        ("rights", RETOLD_NOTE),
    )
    for name, value in values:
        if value:
            _text(parent, f"{{{DUBLIN_CORE}}}{name}", value)


def _content(record: Record) -> str:
    """The whole text as HTML, with the note and the line that WordPress adds to feeds."""
    body = "".join(f"<p>{escape(markable(paragraph))}</p>\n" for paragraph in paragraphs(record.text))
    title, address = escape(markable(record.title)), escape(markable(record.url))
    footer = f'<p class="feed-footer">The post <a href="{address}">{title}</a> appeared first here.</p>\n'
    return f'{body}<p class="retold-note">{escape(RETOLD_NOTE)}</p>\n{footer}'


def _atom_feed(number: int, last: int, request: Request, shelf: Shelf) -> etree._Element:
    feed = etree.Element(f"{{{ATOM}}}feed", nsmap=ATOM_NAMESPACES)
    address = f"{request.base_url}{shelf.prefix}{JOURNALS_FEED}"
    _text(feed, f"{{{ATOM}}}title", "Journals Online (demo)")
    _text(feed, f"{{{ATOM}}}id", "urn:demo:journals")
    _text(feed, f"{{{ATOM}}}updated", shelf.modified.isoformat())
    _link(feed, "self", f"{address}?page={number}" if number > 1 else address, "application/atom+xml")
    _link(feed, "first", address, "application/atom+xml")
    if number > 1:
        _link(feed, "previous", f"{address}?page={number - 1}", "application/atom+xml")
    if number < last:
        _link(feed, "next", f"{address}?page={number + 1}", "application/atom+xml")
    return feed


def _atom_entry(feed: etree._Element, record: Record, link: str) -> None:
    entry = etree.SubElement(feed, f"{{{ATOM}}}entry")
    _text(entry, f"{{{ATOM}}}title", record.title)
    _text(entry, f"{{{ATOM}}}id", f"urn:demo:record:{segment(record)}")
    _link(entry, "alternate", link, "text/html")
    author = etree.SubElement(entry, f"{{{ATOM}}}author")
    _text(author, f"{{{ATOM}}}name", record.publisher)
    _text(entry, f"{{{ATOM}}}updated", modified(record).isoformat())
    if is_whole(record.published):
        _text(entry, f"{{{ATOM}}}published", _midnight(record, datetime.isoformat))
    _text(entry, f"{{{ATOM}}}summary", excerpt(record.text)).set("type", "text")
    _facts(entry, record)


def _midnight(record: Record, layout: Callable[[datetime], str]) -> str:
    """The record's day at midnight UTC, in a layout; "" where the day does not exist."""
    day = first_day(record.published)
    return layout(datetime(day.year, day.month, day.day, tzinfo=UTC)) if day else ""


def _text(parent: etree._Element, name: str, text: str) -> etree._Element:
    element = etree.SubElement(parent, name)
    element.text = markable(text)
    return element


def _link(parent: etree._Element, relation: str, address: str, media_type: str) -> None:
    etree.SubElement(parent, f"{{{ATOM}}}link", rel=relation, href=address, type=media_type)
