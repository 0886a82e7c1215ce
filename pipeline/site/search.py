"""Finding innovations by words and filters, with counts for every filter value."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pipeline.labels import Labels, read_labels
from pipeline.site.filters import FACETS, Facet, Question
from pipeline.site.marking import HIT_END, HIT_START, Piece, marked_hits, passage
from pipeline.site.reading import Connection, rows
from pipeline.site.words import match_expression

RESULTS_PER_PAGE = 20
COUNT_LIMIT = 10_000  # matches counted exactly; above it counts are of the first so many and say so
PASSAGE_CHARACTERS = 280  # about three lines of a result
TITLE_WEIGHT = 8.0  # a hit in the title against one in the text, for bm25; chosen by looking at results, not fitted

BY_WORDS = "innovations_fts JOIN open_innovations AS i ON i.search_key = innovations_fts.rowid"
BY_FILTERS = "open_innovations AS i"
HAS_VALUE = "EXISTS (SELECT 1 FROM json_each(i.{column}) WHERE value IN ({values}))"
COUNTS = """
    WITH found AS MATERIALIZED (
        SELECT i.themes, i.pledges, i.criteria, i.regions, i.sources FROM {tables} WHERE {where} LIMIT :bound
    )
    SELECT '' AS facet, '' AS value, count(*) AS n FROM found {facets}"""
FACET_COUNTS = """
    UNION ALL SELECT '{name}', tag.value, count(*) FROM found, json_each(found.{column}) AS tag GROUP BY tag.value"""
PAGE = """
    SELECT i.id, i.search_key, i.title, i.summary, i.primary_theme, i.themes, i.regions, i.publishers,
           i.first_published, i.last_published, i.listing_count
    FROM {tables} WHERE {where} ORDER BY {order} LIMIT :size OFFSET :offset"""
SNIPPETS = """
    SELECT rowid AS search_key, highlight(innovations_fts, 0, :open, :close) AS title,
           highlight(innovations_fts, 1, :open, :close) AS text
    FROM innovations_fts WHERE innovations_fts MATCH :match AND rowid IN (SELECT value FROM json_each(:keys))"""

TITLES = """
    SELECT j.innovation_id, l.title FROM innovation_listings AS j JOIN listings AS l ON l.id = j.listing_id
    WHERE j.innovation_id IN (SELECT value FROM json_each(?))"""


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One filter value: how many of the results carry it, and the address that turns it on or off."""

    value: str
    label: str
    count: int
    chosen: bool
    address: str


@dataclass(frozen=True, slots=True)
class Results:
    """One page of results. `total` is exact unless `bounded`; then it is COUNT_LIMIT and counts cover those only."""

    question: Question
    total: int
    bounded: bool
    innovations: list[dict[str, Any]]
    facets: list[tuple[Facet, list[FacetValue]]]
    pages: int


def _conditions(question: Question, match: str | None) -> tuple[str, dict[str, object]]:
    clauses, values = ["true"], dict[str, object]()
    if match:
        clauses.append("innovations_fts MATCH :match")
        values["match"] = match
    for facet in FACETS:
        for position, value in enumerate(question.chosen.get(facet.name, ())):
            key = f"{facet.name}{position}"
            names = f":{key}, :{key} || ':met', :{key} || ':planned'"  # "P3" asks for P3 under either verdict
            clauses.append(HAS_VALUE.format(column=facet.column, values=names))
            values[key] = value
    return " AND ".join(clauses), values


def _count(connection: Connection, tables: str, where: str, values: dict[str, object]) -> dict[str, dict[str, int]]:
    facets = "".join(FACET_COUNTS.format(name=facet.name, column=facet.column) for facet in FACETS)
    sql = COUNTS.format(tables=tables, where=where, facets=facets)
    counts: dict[str, dict[str, int]] = {}
    for row in rows(connection, sql, {**values, "bound": COUNT_LIMIT + 1}):
        counts.setdefault(row["facet"], {})[str(row["value"])] = row["n"]
    return counts


def _snippets(connection: Connection, match: str, found: list[dict[str, Any]]) -> dict[int, dict[str, list[Piece]]]:
    """Title and passage with the hits marked, for the results of this page only."""
    keys = json.dumps([row["search_key"] for row in found])
    values = {"open": HIT_START, "close": HIT_END, "match": match, "keys": keys}
    shown = {row["id"]: {row["title"], *json.loads(row["publishers"])} for row in found}
    for title in rows(connection, TITLES, [json.dumps(list(shown))]):
        shown[title["innovation_id"]].add(title["title"])
    ids = {row["search_key"]: row["id"] for row in found}
    return {
        row["search_key"]: {
            "title": marked_hits(row["title"]),
            "text": marked_hits(passage(row["text"], shown[ids[row["search_key"]]], PASSAGE_CHARACTERS)),
        }
        for row in rows(connection, SNIPPETS, values)
    }


def _page(
    connection: Connection, question: Question, match: str | None, where: str, values: dict[str, object]
) -> list[dict[str, Any]]:
    newest = "i.first_seen_at DESC, i.last_published DESC, i.id"
    order = f"bm25(innovations_fts, {TITLE_WEIGHT}, 1.0), i.id" if match else newest
    sql = PAGE.format(tables=BY_WORDS if match else BY_FILTERS, where=where, order=order)
    window = {"size": RESULTS_PER_PAGE, "offset": (question.page - 1) * RESULTS_PER_PAGE}
    found = rows(connection, sql, {**values, **window})
    hits = _snippets(connection, match, found) if match and found else {}
    for row in found:
        row["title_pieces"] = hits.get(row["search_key"], {}).get("title") or [Piece(row["title"], covered=False)]
        row["text_pieces"] = hits.get(row["search_key"], {}).get("text") or [Piece(row["summary"], covered=False)]
    return found


def _facet(facet: Facet, counts: dict[str, int], question: Question, labels: Labels) -> list[FacetValue]:
    """Values by count, the chosen ones first even where nothing carries them."""
    chosen = question.chosen.get(facet.name, ())
    values = dict.fromkeys([*chosen, *sorted(counts, key=lambda value: (-counts[value], value))])
    return [
        FacetValue(
            value=value,
            label=labels.of(facet.name, value),
            count=counts.get(value, 0),
            chosen=question.is_chosen(facet.name, value),
            address=question.toggled(facet.name, value).address(),
        )
        for value in values
    ]


def search(connection: Connection, question: Question) -> Results:
    """Innovations that fit the question, best first (newest first without words), and counts per filter value.

    Words without a letter or digit find nothing. Innovations that a reviewer has rejected are not shown.
    """
    labels = read_labels(connection)
    match = match_expression(question.words, any_word=question.any_word)
    if question.words and not match:
        return Results(question, 0, False, [], [], 0)
    where, values = _conditions(question, match)
    counts = _count(connection, BY_WORDS if match else BY_FILTERS, where, values)
    total = counts[""][""]
    found = _page(connection, question, match, where, values)
    for row in found:
        row["theme_labels"] = [labels.of("theme", code) for code in json.loads(row["themes"])]
        row["region_labels"] = [labels.of("region", code) for code in json.loads(row["regions"])]
        row["publisher_names"] = json.loads(row["publishers"])
    facets = [(facet, _facet(facet, counts.get(facet.name, {}), question, labels)) for facet in FACETS]
    pages = -(-min(total, COUNT_LIMIT) // RESULTS_PER_PAGE)
    return Results(question, min(total, COUNT_LIMIT), total > COUNT_LIMIT, found, facets, pages)
