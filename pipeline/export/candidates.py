"""The rows of a candidate list: read once, then ordered and placed for each region."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlite_utils import Database

from db import exports
from pipeline.labels import Labels
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


def load_candidates(db: Database, labels: Labels) -> list[Candidate]:
    """Every candidate, highest priority first; three questions in all, each answered in order of innovation."""
    newest = exports.newest_published(db)
    tags, links = _Groups(exports.tags(db)), _Groups(exports.links(db))
    found = [
        _candidate(row, tags.of(row["id"]), [link["url"] for link in links.of(row["id"])], labels, newest)
        for row in exports.candidates(db)
    ]
    return sorted(found, key=lambda one: (-one.priority, one.id))


def ordered_for(region: str, candidates: Sequence[Candidate]) -> list[Candidate]:
    """A region's own innovations first, then the others, each by priority."""
    return sorted(candidates, key=lambda one: region not in one.regions)


def rows_for(region: str, ordered: Iterable[Candidate], labels: Labels) -> Iterator[tuple[object, ...]]:
    """The rows of COLUMNS for one region, made one at a time."""
    for one in ordered:
        yield tuple(where(region, one.regions, labels) if name == "Where" else one.cells[name] for name in COLUMNS)


def where(region: str, regions: Sequence[str], labels: Labels) -> str:
    """Whether an innovation is named for this region, for others only, or for none."""
    if region in regions:
        return IN_REGION
    if not regions:
        return NO_REGION
    return f"{ELSEWHERE}: {'; '.join(labels.of('region', code) for code in regions)}"


class _Groups:
    """Rows in order of "innovation", handed out innovation by innovation; to be asked in that order."""

    def __init__(self, rows: Iterable[exports.Row]) -> None:
        self._groups = groupby(rows, key=itemgetter("innovation"))
        self._next = next(self._groups, None)

    def of(self, innovation_id: str) -> list[exports.Row]:
        """The rows of one innovation; those of the innovations before it are passed over."""
        while self._next and self._next[0] < innovation_id:
            self._next = next(self._groups, None)
        return list(self._next[1]) if self._next and self._next[0] == innovation_id else []


def _candidate(
    row: Mapping[str, Any], tags: Sequence[exports.Row], links: Sequence[str], labels: Labels, newest: str | None
) -> Candidate:
    facts = Facts(row["search_text"], row["publishers"], row["regions"], row["criteria"], row["last_published"])
    priority, reasons = prioritise(facts, newest)
    cells = {
        "Innovation": row["title"],
        "What it is": row["summary"],
        "Main theme": labels.of("theme", row["primary_theme"] or ""),
        "Themes": "; ".join(labels.of("theme", code) for code in row["themes"]),
        "Pledges": "; ".join(_pledge(one, labels) for one in row["pledges"]),
        "Sentence for the main theme": _sentence(tags, row["primary_theme"]),
        "Regions": "; ".join(labels.of("region", code) for code in row["regions"]),
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
    label = labels.of("pledge", code)
    return f"{code} {label}: {verdict}" if label != code else f"{code}: {verdict}"


def _sentence(tags: Sequence[Mapping[str, Any]], theme: str | None) -> str:
    """The sentence that speaks most surely for the main theme."""
    speaking = [tag for tag in tags if tag["kind"] == "theme" and tag["code"] == theme]
    return str(max(speaking, key=lambda tag: float(tag["score"]))["evidence"]) if speaking else ""


def _evidence(row: Mapping[str, Any], tag: Mapping[str, Any]) -> tuple[object, ...]:
    kind = KINDS.get(tag["kind"], tag["kind"])
    score = round(float(tag["score"]), 2)
    listing = (tag["listing"], tag["publisher"] or "", tag["url"])
    return (row["id"], row["title"], tag["label"], kind, tag["verdict"] or "", score, tag["evidence"], *listing)
