"""A WordPress site's REST API (version 2): posts with rendered HTML, paging in headers, WordPress's own errors."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

from crawler.demo.catalogue import Record
from crawler.demo.exchange import Request, Response, Shelf, json_response, whole_number
from crawler.demo.pages import page_for_people
from crawler.demo.wording import RETOLD_NOTE, excerpt, first_day, is_whole, markable, modified, paragraphs

API_ROOT = "/wp-json/"
POSTS_PATH = "/wp-json/wp/v2/posts"
PER_PAGE_DEFAULT, PER_PAGE_MAX = 10, 100  # WordPress's own
NUMBER_MAX = 999_999_999
NUMBER_HEX_DIGITS = 7  # 28 bits: among 100 posts the chance of two with one number is 2 in 100 000
DATE_LAYOUT = "%Y-%m-%dT%H:%M:%S"
SHARE_BUTTONS = (
    '<div class="sharedaddy"><h3>Share this:</h3><ul><li><a href="#">X</a></li>'
    '<li><a href="#">LinkedIn</a></li></ul></div>\n'
)
# The characters that WordPress's texturizing writes as entities.
TEXTURIZED = {ord(character): f"&#{ord(character)};" for character in "‘’“”–—…×″′"}


def handle(request: Request, shelf: Shelf) -> Response | None:
    """The answer of a WordPress site at this path."""
    if request.path == POSTS_PATH:
        return _posts(request, shelf)
    if request.path == API_ROOT:
        return _discovery(request, shelf)
    single = re.fullmatch(re.escape(POSTS_PATH) + r"/(\d+)", request.path)
    if single:
        return _single(int(single[1]), request, shelf)
    if request.path.startswith(API_ROOT):
        return _error("rest_no_route", "No route was found matching the URL and request method.", HTTPStatus.NOT_FOUND)
    return page_for_people(request, shelf)


def post_number(record: Record) -> int:
    """The post's number: from the record's id alone, so that it stays when other records come or go."""
    return int(hashlib.sha256(record.id.encode("utf-8", "surrogatepass")).hexdigest()[:NUMBER_HEX_DIGITS], 16)


def _posts(request: Request, shelf: Shelf) -> Response:
    per_page = whole_number(request.query.get("per_page"), PER_PAGE_DEFAULT, 1, PER_PAGE_MAX)
    page = whole_number(request.query.get("page"), 1, 1, NUMBER_MAX)
    if per_page is None or page is None:
        name = "per_page" if per_page is None else "page"
        return _error("rest_invalid_param", f"Invalid parameter(s): {name}", HTTPStatus.BAD_REQUEST)
    after = request.query.get("modified_after")
    since = _moment(after)
    if after is not None and since is None:
        return _error("rest_invalid_param", "Invalid parameter(s): modified_after", HTTPStatus.BAD_REQUEST)
    chosen = _ordered([record for record in shelf.records if since is None or modified(record) > since], request.query)
    pages = -(-len(chosen) // per_page)
    if page > max(pages, 1):
        message = "The page number requested is larger than the number of pages available."
        return _error("rest_post_invalid_page_number", message, HTTPStatus.BAD_REQUEST)
    posts = [_post(record, request, shelf) for record in chosen[(page - 1) * per_page : page * per_page]]
    headers = {"X-WP-Total": str(len(chosen)), "X-WP-TotalPages": str(pages)}
    links = _paging_links(request, shelf, page, pages)
    if links:
        headers["Link"] = links
    fields = [name for name in request.query.get("_fields", "").split(",") if name]
    return json_response([_only(post, fields) for post in posts], shelf.modified, headers=headers)


def _ordered(records: Sequence[Record], query: Mapping[str, str]) -> list[Record]:
    """The records in the order that the query wants: by `modified`, or as listed (by date), newest first unless asc."""
    ordered = sorted(records, key=modified, reverse=True) if query.get("orderby") == "modified" else list(records)
    return ordered[::-1] if query.get("order") == "asc" else ordered


def _moment(text: str | None) -> datetime | None:
    """The moment in an ISO 8601 date and time, taken as UTC where it names no zone; None for none or a broken one."""
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC) if moment else None


def _paging_links(request: Request, shelf: Shelf, page: int, pages: int) -> str:
    """The Link header: the page before and the page after, as far as there are any."""
    links = []
    for name, number in (("prev", page - 1), ("next", page + 1)):
        if 1 <= number <= pages:
            query = urlencode({**request.query, "page": str(number)})
            links.append(f'<{request.base_url}{shelf.prefix}{POSTS_PATH}?{query}>; rel="{name}"')
    return ", ".join(links)


def _post(record: Record, request: Request, shelf: Shelf) -> dict[str, Any]:
    """The record as WordPress shows a post; `date` only where the day is known, the possibly partial one under acf."""
    number = post_number(record)
    day = first_day(record.published) if is_whole(record.published) else None
    shown = f"{day.isoformat()}T00:00:00" if day else None
    changed = modified(record).strftime(DATE_LAYOUT)
    site = urlsplit(record.url)
    posts = f"{request.base_url}{shelf.prefix}{POSTS_PATH}"
    return {
        "id": number,
        "date": shown,
        "date_gmt": shown,
        "guid": {"rendered": f"{site.scheme}://{site.netloc}/?p={number}"},
        "modified": changed,
        "modified_gmt": changed,
        "slug": record.id,
        "status": "publish",
        "type": "post",
        "link": record.url,
        "title": {"rendered": _rendered(record.title)},
        "content": {"rendered": _content(record), "protected": False},
        "excerpt": {"rendered": f"<p>{_rendered(excerpt(record.text))} [&hellip;]</p>\n", "protected": False},
        "author": 1,
        "featured_media": 0,
        "comment_status": "closed",
        "ping_status": "closed",
        "sticky": False,
        "template": "",
        "format": "standard",
        "meta": {"footnotes": ""},
        "categories": [1],
        "tags": [],
        "acf": {
            "record_id": record.id,
            "publisher": record.publisher,
            "region": record.region,
            "published": record.published,
            "retold_note": RETOLD_NOTE,
        },
        "_links": {"self": [{"href": f"{posts}/{number}"}], "collection": [{"href": posts}]},
    }


def _content(record: Record) -> str:
    """The content as block-editor HTML, with share buttons and the note after it as plugins add them."""
    body = "".join(f"<p>{_rendered(paragraph)}</p>\n\n" for paragraph in paragraphs(record.text))
    return f'\n{body}{SHARE_BUTTONS}<p class="retold-note">{_rendered(RETOLD_NOTE)}</p>\n'


def _rendered(text: str) -> str:
    """The text as WordPress renders it: ampersands and typographic characters as numeric entities."""
    return escape(markable(text), quote=False).replace("&amp;", "&#038;").translate(TEXTURIZED)


def _only(post: dict[str, Any], fields: Sequence[str]) -> dict[str, Any]:
    return {name: value for name, value in post.items() if name in fields} if fields else post


def _single(number: int, request: Request, shelf: Shelf) -> Response:
    for record in shelf.records:
        if post_number(record) == number:
            return json_response(_post(record, request, shelf), modified(record))
    return _error("rest_post_invalid_id", "Invalid post ID.", HTTPStatus.NOT_FOUND)


def _discovery(request: Request, shelf: Shelf) -> Response:
    home = f"{request.base_url}{shelf.prefix}"
    value = {
        "name": "Regional networks (demo)",
        "url": home,
        "home": home,
        "namespaces": ["wp/v2"],
        "routes": {"/wp/v2/posts": {"namespace": "wp/v2", "methods": ["GET"]}},
    }
    return json_response(value, shelf.modified)


def _error(code: str, message: str, status: HTTPStatus) -> Response:
    return json_response({"code": code, "message": message, "data": {"status": int(status)}}, None, status)
