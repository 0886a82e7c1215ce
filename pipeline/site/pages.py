"""The routes: what each address answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from datasette import NotFound, Response
from datasette.app import Datasette
from datasette.utils.asgi import Request

from pipeline.site.errors import error_page
from pipeline.site.explain import statements
from pipeline.site.filters import question_from
from pipeline.site.home import read_home
from pipeline.site.innovation import marked_text, read_innovation, redirect_of
from pipeline.site.reading import Connection, read
from pipeline.site.search import COUNT_LIMIT, search
from pipeline.site.stored import read_version

VERSION_DIGITS_LIMIT = 9  # so that a version is an integer that SQLite takes


def _reading_only(request: Request) -> Response | None:
    """The refusal of any method that is neither GET nor HEAD."""
    if request.method in ("GET", "HEAD"):
        return None
    return Response.text("This page can only be read.\n", status=405, headers={"Allow": "GET, HEAD"})


async def _page(datasette: Datasette, request: Request, template: str, context: dict[str, Any]) -> Response:
    html = await datasette.render_template(template, context, request=request, view_name=template.removesuffix(".html"))
    return Response.html(html)


async def _missing(datasette: Datasette, request: Request, message: str) -> Response:
    """The page for what is not there. Not raised: Datasette would first redirect an address that holds a % sign."""
    return await error_page(datasette, request, NotFound(message))


async def home(datasette: Datasette, request: Request) -> Response:
    """The front page."""
    return _reading_only(request) or await _page(datasette, request, "home.html", await read(datasette, read_home))


async def search_page(datasette: Datasette, request: Request) -> Response:
    """Results of a search; every filter is in the address."""
    if refused := _reading_only(request):
        return refused
    question = question_from(request.args)
    results = await read(datasette, lambda connection: search(connection, question))
    context = {"results": results, "question": question, "count_limit": COUNT_LIMIT}
    return await _page(datasette, request, "search.html", context)


def _find(identity: str) -> Callable[[Connection], tuple[dict[str, Any] | None, str | None]]:
    def find(connection: Connection) -> tuple[dict[str, Any] | None, str | None]:
        found = read_innovation(connection, identity)
        return found, None if found else redirect_of(connection, identity)

    return find


async def innovation_page(datasette: Datasette, request: Request) -> Response:
    """One innovation as a page or, with .json, for machines; an id that was merged leads to the one in use."""
    if refused := _reading_only(request):
        return refused
    identity, suffix = unquote(request.url_vars["id"]), request.url_vars["format"] or ""
    found, moved_to = await read(datasette, _find(identity))
    if moved_to:
        return Response.redirect(f"/innovation/{moved_to}{suffix}", status=301)
    if found is None:
        return await _missing(datasette, request, "There is no innovation with this number.")
    if suffix:
        return Response.json(found)
    for listing in found["listings"]:
        listing["pieces"] = marked_text(listing, found["tags"])
        listing["reasons"] = statements(listing["match_detail"])
    return await _page(datasette, request, "innovation.html", {"innovation": found})


async def stored_version(datasette: Datasette, request: Request) -> Response:
    """A listing's text as it was stored at one crawl."""
    if refused := _reading_only(request):
        return refused
    listing_id, version = unquote(request.url_vars["id"]), request.url_vars["version"]
    number = int(version) if len(version) <= VERSION_DIGITS_LIMIT else 0
    found = await read(datasette, lambda connection: read_version(connection, listing_id, number))
    if found is None:
        return await _missing(datasette, request, "There is no such version of this listing.")
    return await _page(datasette, request, "stored.html", {"stored": found})


ROUTES = (
    (r"^/$", home),
    (r"^/search$", search_page),
    (r"^/innovation/(?P<id>[^/]+?)(?P<format>\.json)?$", innovation_page),
    (r"^/listing/(?P<id>[^/]+)/(?P<version>[0-9]+)$", stored_version),
)
