"""Everything that the innovation page and its JSON show of one innovation."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from pipeline.labels import Labels, read_labels
from pipeline.links import safe_link
from pipeline.site.marking import Piece, Span, mark
from pipeline.site.reading import Connection, first, rows

NOT_EVIDENCED = "not evidenced"
KIND_ORDER = ("theme", "criterion", "enabler", "facet", "figure")
INNOVATION = """
    SELECT id, title, summary, primary_theme, themes, pledges, criteria, regions, sources, publishers,
           first_published, last_published, listing_count, first_seen_at, changed_at
    FROM innovations WHERE id = ?"""
LISTINGS = """
    SELECT l.id, l.title, l.url, l.publisher, l.region, l.source, l.published, l.text, l.text_hash, l.version,
           l.first_seen_at, l.changed_at, l.gone_at, j.score AS match_score, j.detail AS match_detail
    FROM innovation_listings AS j JOIN listings AS l ON l.id = j.listing_id
    WHERE j.innovation_id = ? ORDER BY l.published IS NULL, l.published, l.id"""
TAGS = """
    SELECT a.listing_id, a.kind, a.code, a.verdict, a.is_primary, a.score, a.evidence, a.evidence_start,
           a.evidence_end, a.text_hash, a.method, a.method_version, a.vocabulary_version, a.detail
    FROM innovation_listings AS j JOIN annotations AS a ON a.listing_id = j.listing_id
    LEFT JOIN terms AS t ON t.kind = a.kind AND t.code = a.code
    WHERE j.innovation_id = ? ORDER BY t.position, a.code, a.score DESC, a.listing_id"""
CRITERIA = """
    SELECT t.code, t.label, t.definition, t.parent, p.label AS pledge_label, p.definition AS pledge_definition
    FROM terms AS t LEFT JOIN terms AS p ON p.kind = 'pledge' AND p.code = t.parent
    WHERE t.kind = 'criterion' ORDER BY p.position, t.position, t.code"""
DECISIONS = """
    SELECT d.id, d.decision, d.reason, d.note, d.regions, d.actor, d.decided_at,
           d.decision = 'withdraw' OR EXISTS (SELECT 1 FROM decisions AS w WHERE w.withdraws = d.id) AS withdrawn
    FROM decisions AS d
    WHERE d.innovation_id IN (SELECT ? UNION ALL SELECT old_id FROM innovation_redirects WHERE new_id = ?)
    ORDER BY d.decided_at DESC, d.id DESC"""
TIMELINE = """
    SELECT happened_on, kind, what, source, listing_id, url, before, after, noticed_at, dated_on
    FROM timeline
    WHERE innovation_id = ? ORDER BY happened_on, noticed_at, kind = 'listed' DESC, what"""
REDIRECT = "SELECT new_id FROM innovation_redirects WHERE old_id = ?"
ARRAYS = ("themes", "pledges", "criteria", "regions", "sources", "publishers")


def redirect_of(connection: Connection, identity: str) -> str | None:
    """The id that a merged innovation has now, or None."""
    row = first(connection, REDIRECT, [identity])
    return str(row["new_id"]) if row else None


def read_innovation(connection: Connection, identity: str) -> dict[str, Any] | None:
    """One innovation with its tags, pledges, listings, timeline and decisions as JSON-able values, or None.

    A tag's `in_text` says whether its offsets still fit the stored text; a pledge criterion that no listing shows has
    the verdict "not evidenced", which says nothing of the innovation itself.
    """
    found = first(connection, INNOVATION, [identity])
    if found is None:
        return None
    labels = read_labels(connection)
    found.update({name: json.loads(found[name]) for name in ARRAYS})
    listings = [_listing(row, labels) for row in rows(connection, LISTINGS, [identity])]
    tags = _tags(rows(connection, TAGS, [identity]), listings, labels, found["primary_theme"])
    found["theme_labels"] = [labels.of("theme", code) for code in found["themes"]]
    found["region_labels"] = [labels.of("region", code) for code in found["regions"]]
    found["source_labels"] = [labels.of("source", code) for code in found["sources"]]
    found["tags"] = tags
    found["pledge_criteria"] = _pledges(rows(connection, CRITERIA), tags)
    found["listings"] = listings
    found["timeline"] = _timeline(rows(connection, TIMELINE, [identity]), labels)
    found["decisions"] = [_decision(row, labels) for row in rows(connection, DECISIONS, [identity, identity])]
    return found


def _listing(row: dict[str, Any], labels: Labels) -> dict[str, Any]:
    row["link"] = safe_link(row["url"])
    row["region_label"] = labels.of("region", row["region"]) if row["region"] else None
    row["source_label"] = labels.of("source", row["source"])
    row["match_detail"] = json.loads(row["match_detail"])
    row["stored"] = f"/listing/{row['id']}/{row['version']}"
    return row


def _tags(
    found: list[dict[str, Any]], listings: list[dict[str, Any]], labels: Labels, primary: str | None
) -> list[dict[str, Any]]:
    """Themes first, the main one before the others; the order within a kind is otherwise the terms' own."""
    numbers = {listing["id"]: position for position, listing in enumerate(listings, 1)}
    hashes = {listing["id"]: listing["text_hash"] for listing in listings}
    for tag in found:
        facet, _, value = tag["code"].partition(":")
        kind, code = (facet, value) if tag["kind"] == "facet" and value else (tag["kind"], tag["code"])
        tag["label"] = labels.of(kind, code)
        tag["facet"] = facet if kind == facet else None
        tag["listing_number"] = numbers[tag["listing_id"]]
        tag["in_text"] = tag.pop("text_hash") == hashes[tag["listing_id"]]
        tag["anchor"] = f"listing-{tag['listing_number']}-at-{tag['evidence_start']}-{tag['evidence_end']}"
        tag["detail"] = json.loads(tag["detail"])
    return sorted(found, key=lambda tag: (KIND_ORDER.index(tag["kind"]), tag["code"] != primary))


def _pledges(criteria: list[dict[str, Any]], tags: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each pledge with each of its criteria, its verdict and the tags that show it."""
    shown: dict[str, list[dict[str, Any]]] = {}
    for tag in tags:
        if tag["kind"] == "criterion":
            shown.setdefault(tag["code"], []).append(tag)
    pledges: dict[str, dict[str, Any]] = {}
    for row in criteria:
        pledge = {"code": row["parent"], "label": row["pledge_label"], "definition": row["pledge_definition"]}
        evidence = sorted(shown.get(row["code"], []), key=lambda tag: tag["verdict"] != "met")
        verdict = evidence[0]["verdict"] if evidence else NOT_EVIDENCED
        criterion = {key: row[key] for key in ("code", "label", "definition")}
        entry = pledges.setdefault(row["parent"], {**pledge, "criteria": []})
        entry["criteria"].append({**criterion, "verdict": verdict, "evidence": evidence})
    return list(pledges.values())


def _timeline(found: list[dict[str, Any]], labels: Labels) -> list[dict[str, Any]]:
    """What happened, oldest first; each source that followed the first on a known day with the days between."""
    begin = min((date.fromisoformat(row["dated_on"]) for row in found if _is_day(row["dated_on"])), default=None)
    for row in found:
        row["link"] = safe_link(row["url"]) if row["url"] else None
        row["source_label"] = labels.of("source", row["source"]) if row["source"] else None
        day = row["dated_on"]
        row["days_after"] = (date.fromisoformat(day) - begin).days if begin and _is_day(day) else None
    return found


def _is_day(value: str | None) -> bool:
    try:
        date.fromisoformat(value or "")
    except ValueError:
        return False
    return True


def _decision(row: dict[str, Any], labels: Labels) -> dict[str, Any]:
    row["regions"] = json.loads(row["regions"])
    row["region_labels"] = [labels.of("region", code) for code in row["regions"]]
    row["withdrawn"] = bool(row["withdrawn"])
    return row


def marked_text(listing: dict[str, Any], tags: list[dict[str, Any]]) -> list[Piece]:
    """The listing's text cut at the evidence of those tags whose offsets fit it."""
    spans: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for tag in tags:
        if tag["listing_id"] == listing["id"] and tag["in_text"]:
            spans.setdefault((tag["evidence_start"], tag["evidence_end"]), []).append(tag)
    return mark(
        listing["text"],
        [
            Span(start, end, found[0]["anchor"], tuple(dict.fromkeys(tag["label"] for tag in found)))
            for (start, end), found in spans.items()
        ],
    )
