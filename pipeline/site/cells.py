"""How values look in Datasette's own tables: safe links, and codes as links to where they lead."""

from __future__ import annotations

import json
from urllib.parse import quote, urlencode

from markupsafe import Markup, escape

from pipeline.site.links import LINK_REL, safe_link

INNOVATION_COLUMNS = {"innovation_id", "new_id"}
INNOVATION_TABLES = {"innovations", "candidate_list"}
FILTER_OF_COLUMN = {
    "themes": "theme",
    "primary_theme": "theme",
    "pledges": "pledge",
    "criteria": "criterion",
    "regions": "region",
    "sources": "source",
}


def _link(address: str, text: object, rel: str = "") -> Markup:
    return Markup('<a href="{}"{}>{}</a>').format(address, Markup(' rel="{}"').format(rel) if rel else "", text)


def _filters(name: str, values: list[object]) -> Markup:
    return Markup(", ").join(_link("/search?" + urlencode({name: str(value)}), value) for value in values)


def cell(value: object, column: str, table: str | None) -> Markup | None:
    """The HTML of a cell, or None where Datasette's own escaped text will do."""
    if not isinstance(value, str) or not value:
        return None
    if column in INNOVATION_COLUMNS or (column == "id" and table in INNOVATION_TABLES):
        return _link("/innovation/" + quote(value, safe=""), value)
    if value.lstrip()[:4].lower() == "http":
        address = safe_link(value)
        return _link(address, value, LINK_REL) if address else escape(value)
    if column in FILTER_OF_COLUMN and table in INNOVATION_TABLES:
        return _filter_cell(value, FILTER_OF_COLUMN[column])
    return None


def _filter_cell(value: str, name: str) -> Markup | None:
    if not value.startswith("["):
        return _filters(name, [value])
    try:
        values = json.loads(value)
    except ValueError:
        return None
    return _filters(name, values) or Markup("&nbsp;")
