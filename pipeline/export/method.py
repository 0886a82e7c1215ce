"""How a list came about: what was searched, what remained after each step, with which versions, and the limits."""

from __future__ import annotations

from importlib.metadata import version

from sqlite_utils import Database

from db import exports
from pipeline.resolve.match_model import MatchModel

COLUMNS = ("What", "Value")
LIMITS = (
    "Only the sources named here were searched; what they do not publish is not in this list.",
    "Themes, pledges and duplicates were found by a machine. Each tag stands beside the sentence that carries it.",
    "Some duplicates are not joined, and a few are joined wrongly; the innovation's page says why each was joined.",
    "A region is named where the publisher or the text names it. An innovation without a region may run in yours.",
    "The priority orders the list by the points given under 'Why this priority'. It is no judgement of worth.",
    "What only a person can add: whether it works here, what it costs here, and whether it is wanted.",
)


def common_rows(db: Database) -> list[tuple[object, ...]]:
    """What the sheet "Method" says in every region's list; the same content gives the same rows."""
    versions = exports.stored_versions(db)
    counts = exports.method_counts(db)
    return [
        *((name[0].upper() + name[1:], value) for name, value in counts.items()),
        *((f"Not an innovation: {why}", count) for why, count in exports.rejected_reasons(db).items()),
        *((f"Searched: {one['title']} ({one['publisher']})", _yield(one)) for one in exports.searched_sources(db)),
        ("Version of this program", version("innovation-pipeline")),
        ("Version of the tagger", versions["tagger"]),
        ("Version of the vocabulary", versions["vocabulary"]),
        ("Version of the themes and pledges", versions["terms"]),
        ("Version of the duplicate finder", MatchModel.load().version),
        *(("Limit", limit) for limit in LIMITS),
    ]


def region_rows(region: dict[str, str], content_date: str, rows: int, rows_in_region: int) -> list[tuple[object, ...]]:
    """What it says first, of one region's list."""
    return [
        ("List for", f"{region['name']} (until October 2023: {region['former_name']})"),
        ("Content as of", content_date),
        ("Innovations in this list", rows),
        ("of these named for your region", rows_in_region),
    ]


def _yield(source: dict[str, object]) -> str:
    return f"{source['listings']} listings from {source['start_url']}"
