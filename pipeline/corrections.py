"""Reviewers' corrections put to use: what a reviewer added or removed wins over what the tagger says."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nlp.theme_rules import METHOD as METHOD_THEME_RULES
from nlp.theme_rules import precedence

Row = dict[str, Any]
METHOD = "reviewer"


def corrected(listing: Mapping[str, Any], rows: Iterable[Row], corrections: Sequence[Mapping[str, Any]]) -> list[Row]:
    """A listing's annotations (rows of the table) with the corrections that hold; one of its themes is primary.

    listing: id, text, text_hash. corrections: as db.corrections.corrections_of gives them.
    """
    tags = {(row["kind"], row["code"]): row for row in rows if row["method"] != METHOD}
    for one in corrections:
        key = (one["kind"], one["code"])
        if one["action"] == "add" and one["quote"] in listing["text"]:
            tags[key] = added_row(listing, one)
        elif one["action"] == "remove" and key in tags and removal_holds(one, tags[key]):
            tags = _without(tags, key)
    return _with_primary(list(tags.values()))


def added_row(listing: Mapping[str, Any], correction: Mapping[str, Any]) -> Row:
    """What is stored of a tag that a reviewer added: its sentence is the reviewer's quote."""
    start = listing["text"].index(correction["quote"])
    return {
        "listing_id": listing["id"],
        "kind": correction["kind"],
        "code": correction["code"],
        "verdict": correction["verdict"],
        "is_primary": 0,
        "score": 1.0,
        "evidence": correction["quote"],
        "evidence_start": start,
        "evidence_end": start + len(correction["quote"]),
        "text_hash": listing["text_hash"],
        "method": METHOD,
        "method_version": f"correction {correction['id']}",
        "vocabulary_version": "",
        "detail": json.dumps({"correction": correction["id"]}),
    }


def removal_holds(correction: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """Whether the reviewer has judged the sentence that carries the tag: a later text may show it by another one."""
    if correction["text_hash"] == row["text_hash"] or correction["judged"] is None:
        return True
    return row["evidence"] in zlib.decompress(correction["judged"]).decode("utf-8", "surrogatepass")


def _without(tags: Mapping[tuple[str, str], Row], key: tuple[str, str]) -> dict[tuple[str, str], Row]:
    """The tags without one, and without enablers that it alone carries."""
    carrier = ":".join(key)
    return {
        other: row
        for other, row in tags.items()
        if other != key and not (row["kind"] == "enabler" and json.loads(row["detail"]).get("carried_by") == carrier)
    }


def _with_primary(rows: list[Row]) -> list[Row]:
    """The rows with one primary theme, if there is a theme: the one that is, unless a rule alone made it so."""
    themes = [row for row in rows if row["kind"] == "theme"]
    if not themes:
        return rows
    kept = [row for row in themes if row["is_primary"] and row["method"] != METHOD_THEME_RULES]
    first = min(kept or themes, key=lambda row: precedence(row["method"], row["score"], row["code"]))
    return [{**row, "is_primary": int(row is first)} if row["kind"] == "theme" else row for row in rows]
