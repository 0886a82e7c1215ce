"""How values look in Datasette's own tables: safe links, and codes as links to where they lead."""

from __future__ import annotations

import json
from urllib.parse import quote, urlencode

from markupsafe import Markup, escape

from pipeline.links import LINK_REL, safe_link

NOTHING = Markup("&nbsp;")  # an empty answer would make Datasette show the raw value
INNOVATION_COLUMNS = {"innovation_id", "new_id"}
INNOVATION_TABLES = {"innovations", "open_innovations", "candidate_list"}
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


def _filters(name: str, values: list[str]) -> Markup:
    links = [_link("/search?" + urlencode({name: value}, errors="replace"), value) for value in values]
    return Markup(", ").join(links) or NOTHING


def cell(value: object, column: str, table: str | None) -> Markup | None:
    """The HTML of a cell, or None where Datasette's own escaped text will do."""
    if not isinstance(value, str) or not value:
        return None
    if column in INNOVATION_COLUMNS or (column == "id" and table in INNOVATION_TABLES):
        return _link("/innovation/" + quote(value, safe=""), value)
    if value.lstrip()[:4].lower() == "http":
        address = safe_link(value)
        return _link(address, value, LINK_REL) if address else escape(value)
    values = _words(value)
    if column in FILTER_OF_COLUMN and table in INNOVATION_TABLES:
        return _filters(FILTER_OF_COLUMN[column], [value] if values is None else values)
    return None if values is None else escape(", ".join(values)) or NOTHING


def _words(value: str) -> list[str] | None:
    """The strings of a JSON array of strings, or None where the value is anything else."""
    if not (value.startswith("[") and value.endswith("]")):
        return None
    try:
        values = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return values if all(isinstance(item, str) for item in values) else None
