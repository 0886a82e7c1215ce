"""The rows of a candidate list: read once, then ordered and placed for each region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from db import exports
from pipeline.prioritise import Facts, prioritise

COLUMNS = (
    "Innovation", "Where", "What it is", "Main theme", "Themes", "Pledges", "Sentence for the main theme", "Regions",
    "Publishers", "Listings", "First published", "Priority", "Why this priority", "First link", "All links", "Decision",
    "Innovation id",
)  # fmt: skip
EVIDENCE_COLUMNS = (
    "Innovation id", "Innovation", "Tag", "Kind", "Verdict", "Score", "Sentence", "Listing", "Publisher", "Link",
)  # fmt: skip
IN_REGION = "in your region"
NO_REGION = "named for no region"
ELSEWHERE = "in another region"
KINDS = {"theme": "theme", "criterion": "pledge criterion", "enabler": "enabler", "facet": "fact", "figure": "figure"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One innovation for any region: cells holds every column but "Where"; evidence one row for each tag."""

    id: str
    regions: tuple[str, ...]
    priority: int
    cells: Mapping[str, object]
    evidence: tuple[tuple[object, ...], ...]


@dataclass(frozen=True, slots=True)
class Labels:
    """Codes to words; a code without a word is shown as it is."""

    themes: Mapping[str, str]
    pledges: Mapping[str, str]
    regions: Mapping[str, str]

    @classmethod
    def load(cls, db: Database) -> Labels:
        """Read the labels of themes, pledges and regions."""
        regions = {row["code"]: row["name"] for row in exports.region_rows(db)}
        return cls(exports.labels(db, "theme"), exports.labels(db, "pledge"), regions)


def load_candidates(db: Database, labels: Labels) -> list[Candidate]:
    """Every candidate, highest priority first."""
    newest = exports.newest_published(db)
    found = [_candidate(db, row, labels, newest) for row in list(exports.candidates(db))]
    return sorted(found, key=lambda one: (-one.priority, one.id))


def rows_for(region: str, candidates: Sequence[Candidate], labels: Labels) -> list[tuple[object, ...]]:
    """The rows of COLUMNS for one region: its own innovations first, then the others, each by priority."""
    ordered = sorted(candidates, key=lambda one: region not in one.regions)
    return [
        tuple({**one.cells, "Where": where(region, one.regions, labels)}[name] for name in COLUMNS) for one in ordered
    ]


def where(region: str, regions: Sequence[str], labels: Labels) -> str:
    """Whether an innovation is named for this region, for others only, or for none."""
    if region in regions:
        return IN_REGION
    if not regions:
        return NO_REGION
    return f"{ELSEWHERE}: {'; '.join(labels.regions.get(code, code) for code in regions)}"


def _candidate(db: Database, row: Mapping[str, Any], labels: Labels, newest: str | None) -> Candidate:
    facts = Facts(row["search_text"], row["publishers"], row["regions"], row["criteria"], row["last_published"])
    priority, reasons = prioritise(facts, newest)
    tags, links = exports.tags_of(db, row["id"]), exports.links_of(db, row["id"])
    cells = {
        "Innovation": row["title"],
        "What it is": row["summary"],
        "Main theme": labels.themes.get(row["primary_theme"] or "", row["primary_theme"] or ""),
        "Themes": "; ".join(labels.themes.get(code, code) for code in row["themes"]),
        "Pledges": "; ".join(_pledge(one, labels) for one in row["pledges"]),
        "Sentence for the main theme": _sentence(tags, row["primary_theme"]),
        "Regions": "; ".join(labels.regions.get(code, code) for code in row["regions"]),
        "Publishers": "; ".join(row["publishers"]),
        "Listings": row["listing_count"],
        "First published": row["first_published"] or "",
        "Priority": priority,
        "Why this priority": "; ".join(str(reason) for reason in reasons),
        "First link": links[0] if links else "",
        "All links": "\n".join(links),
        "Decision": row["decision"] or "",
        "Innovation id": row["id"],
    }
    evidence = tuple(_evidence(row, tag) for tag in tags)
    return Candidate(row["id"], tuple(row["regions"]), priority, cells, evidence)


def _pledge(pledge: str, labels: Labels) -> str:
    code, _, verdict = pledge.partition(":")
    label = labels.pledges.get(code)
    return f"{code} {label}: {verdict}" if label else f"{code}: {verdict}"


def _sentence(tags: Sequence[Mapping[str, Any]], theme: str | None) -> str:
    """The sentence that speaks most surely for the main theme."""
    speaking = [tag for tag in tags if tag["kind"] == "theme" and tag["code"] == theme]
    return str(max(speaking, key=lambda tag: float(tag["score"]))["evidence"]) if speaking else ""


def _evidence(row: Mapping[str, Any], tag: Mapping[str, Any]) -> tuple[object, ...]:
    kind = KINDS.get(tag["kind"], tag["kind"])
    score = round(float(tag["score"]), 2)
    listing = (tag["listing"], tag["publisher"] or "", tag["url"])
    return (row["id"], row["title"], tag["label"], kind, tag["verdict"] or "", score, tag["evidence"], *listing)
