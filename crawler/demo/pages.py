"""HTML pages: the detail pages of each source in its own layout, its home and side pages, and the site's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from crawler.demo import structured
from crawler.demo.catalogue import FOLDER, SOURCE_NAMES, Record
from crawler.demo.exchange import HTML_TYPE, Request, Response, Shelf, segment
from crawler.demo.wording import (
    RETOLD_NOTE,
    UNDATED_MODIFIED,
    excerpt,
    is_whole,
    markable,
    modified,
    paragraphs,
    shown_date,
)

RELATED_COUNT = 3
SIDE_PAGES = {"/about/": "About this site", "/contact/": "Contact us", "/privacy/": "Privacy and cookies"}

STRUCTURED_DATA: Mapping[str, Callable[[Record], dict[str, Any]]] = {
    "demo-national": structured.yoast_graph,
    "demo-journals": structured.scholarly_article,
    "demo-industry": structured.article,
}


@lru_cache(maxsize=1)
def _networks() -> dict[str, str]:
    data: dict[str, str] = yaml.safe_load((FOLDER / "networks.yml").read_text(encoding="utf-8"))
    return data


@lru_cache(maxsize=1)
def _chrome() -> dict[str, dict[str, Any]]:
    data: dict[str, dict[str, Any]] = yaml.safe_load((FOLDER / "chrome.yml").read_text(encoding="utf-8"))
    return data


def network_name(region: str | None) -> str | None:
    """The network with this code; the code itself where it is none of the fifteen; None for None."""
    return _networks().get(region, region) if region else None


def _markable_output(value: Any) -> Any:
    """What a template prints, without the characters that markup cannot carry; safe markup stays safe."""
    if isinstance(value, Markup):
        return Markup(markable(value))  # noqa: S704  it was safe and only lost characters
    return markable(value) if isinstance(value, str) else value


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        finalize=_markable_output,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(excerpt=excerpt, paragraphs=paragraphs, segment=segment, network=network_name)
    environment.filters["shown"] = shown_date
    environment.globals.update(note=RETOLD_NOTE, is_whole=is_whole)
    return environment


def render(template: str, shelf: Shelf | None = None, **values: Any) -> bytes:
    """The page that a template makes of a source's chrome and the values."""
    if shelf is not None:
        values |= {"site": _chrome()[shelf.source], "prefix": shelf.prefix, "shelf": shelf}
    return _environment().get_template(template).render(values).encode("utf-8")


def html(body: bytes, shelf: Shelf) -> Response:
    """A page whose content follows from the shelf's records."""
    return Response(body, HTML_TYPE, shelf.modified)


def page_for_people(request: Request, shelf: Shelf) -> Response | None:
    """The source's home and side pages; None elsewhere."""
    if request.path == "/":
        return html(render("home.html", shelf, title=_chrome()[shelf.source]["title"]), shelf)
    if request.path in SIDE_PAGES:
        return html(render("side.html", shelf, title=SIDE_PAGES[request.path]), shelf)
    return None


def detail_page(request: Request, shelf: Shelf, folder: str, ending: str = "") -> Response | None:
    """The record's page at folder + id + ending, in the layout of its source; None where there is no such record."""
    if not (request.path.startswith(folder) and request.path.endswith(ending)):
        return None
    record = shelf.by_id.get(unquote(request.path[len(folder) : len(request.path) - len(ending)]))
    if record is None:
        return None
    build = STRUCTURED_DATA.get(shelf.source)
    values = {
        "record": record,
        "title": record.title,
        "related": _related(record, shelf),
        "folder": f"{shelf.prefix}{folder}",
        "ending": ending,
        "structured_data": structured.script(build(record)) if build else "",
    }
    return Response(render(f"{shelf.source}.html", shelf, **values), HTML_TYPE, modified(record))


def _related(record: Record, shelf: Shelf) -> list[Record]:
    """The records listed after this one, going round at the end."""
    place = next(place for place, other in enumerate(shelf.records) if other.id == record.id)
    following = [*shelf.records[place + 1 :], *shelf.records[:place]]
    return following[:RELATED_COUNT]


def root_page(shelves: Mapping[str, Shelf]) -> Response:
    """The page that lists the sources, with the address where each listing begins."""
    rows = [(name, _chrome()[name], len(shelves[name].records)) for name in SOURCE_NAMES]
    body = render("root.html", title="Demo sources", rows=rows, total=sum(row[2] for row in rows))
    newest = max((shelf.modified for shelf in shelves.values()), default=UNDATED_MODIFIED)
    return Response(body, HTML_TYPE, newest)


def missing_page(path: str) -> Response:
    """The page for an address that is none, with the way back."""
    body = render("missing.html", title="Page not found", path=path)
    return Response(body, HTML_TYPE, status=HTTPStatus.NOT_FOUND)
