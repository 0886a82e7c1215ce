"""Sources found by their HTML listings: numbered pages, a "next" link, and "load more"."""

from __future__ import annotations

import re
from http import HTTPStatus

from crawler.demo.exchange import HTML_TYPE, Request, Response, Shelf, whole_number
from crawler.demo.pages import detail_page, html, page_for_people, render

CASE_STUDIES = "/case-studies/"
CASE_STUDIES_PAGE_SIZE = 12
INNOVATION = "/innovation"
INNOVATION_PAGE_SIZE = 10
INSIGHTS = "/insights"
INSIGHTS_PAGE_SIZE = 20
NUMBER_MAX = 999_999_999


def numbered(request: Request, shelf: Shelf) -> Response | None:
    """WordPress's archive: /case-studies/, then /case-studies/page/2/ and so on; 404 past the last."""
    match = re.fullmatch(re.escape(CASE_STUDIES) + r"(?:page/([1-9]\d{0,8})/)?", request.path)
    if not match:
        return detail_page(request, shelf, CASE_STUDIES, "/") or page_for_people(request, shelf)
    if match[1] == "1":
        location = {"Location": f"{shelf.prefix}{CASE_STUDIES}"}
        return Response(b"", HTML_TYPE, status=HTTPStatus.MOVED_PERMANENTLY, headers=location)
    number, last = int(match[1] or 1), shelf.page_count(CASE_STUDIES_PAGE_SIZE)
    if number > last:
        return None
    records = shelf.page(number, CASE_STUDIES_PAGE_SIZE)
    values = {"number": number, "last": last, "folder": f"{shelf.prefix}{CASE_STUDIES}"}
    return html(render("index_numbered.html", shelf, title="Case studies", records=records, **values), shelf)


def next_link(request: Request, shelf: Shelf) -> Response | None:
    """Drupal's listing: /innovation, then ?page=1 for the second page; past the last an empty listing."""
    if request.path != INNOVATION:
        return detail_page(request, shelf, f"{INNOVATION}/") or page_for_people(request, shelf)
    number = whole_number(request.query.get("page"), 0, 0, NUMBER_MAX)
    if number is None:
        return None
    values = {"number": number, "last": shelf.page_count(INNOVATION_PAGE_SIZE) - 1}
    records = shelf.page(number + 1, INNOVATION_PAGE_SIZE)
    body = render(
        "index_next.html", shelf, title="Innovation", records=records, folder=f"{shelf.prefix}{INNOVATION}/", **values
    )
    return html(body, shelf)


def load_more(request: Request, shelf: Shelf) -> Response | None:
    """A listing that its script makes longer: the page at /insights, fragments of HTML at ?offset=20 and so on."""
    if request.path != INSIGHTS:
        return detail_page(request, shelf, f"{INSIGHTS}/") or page_for_people(request, shelf)
    offset = whole_number(request.query.get("offset"), 0, 0, NUMBER_MAX)
    if offset is None:
        return None
    following = offset + INSIGHTS_PAGE_SIZE
    values = {
        "records": shelf.records[offset:following],
        "next_path": f"{shelf.prefix}{INSIGHTS}?offset={following}" if following < len(shelf.records) else None,
        "folder": f"{shelf.prefix}{INSIGHTS}/",
    }
    template = "fragment_more.html" if "offset" in request.query else "index_more.html"
    return html(render(template, shelf, title="Insights", **values), shelf)
