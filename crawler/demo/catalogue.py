"""The starter catalogue and which demo source shows which of its records."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
CATALOGUE_PATH = FOLDER / "catalogue.jsonl"
PUBLISHERS_PATH = FOLDER / "publishers.yml"

SOURCE_NAMES = (
    "demo-networks",
    "demo-national",
    "demo-nhs-england",
    "demo-nice",
    "demo-trade-press",
    "demo-journals",
    "demo-research",
    "demo-trusts",
    "demo-charities",
    "demo-government",
    "demo-industry",
    "demo-news",
)

REQUIRED_KEYS = ("id", "url", "title", "publisher", "text")
OPTIONAL_KEYS = ("region", "published", "modified")
DATE_PATTERN = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


class CatalogueError(ValueError):
    """A record or a rule that cannot be read; the message names it and what is allowed."""


@dataclass(frozen=True, slots=True)
class Record:
    """One published page, told in our own words.

    url is the page's real address. published is an ISO 8601 date, possibly partial (2024, 2024-05), or None where the
    page shows none. region is a network code such as HI-SW. modified (an ISO 8601 date, only in changed catalogues)
    overrides the moment that the demo site reports as the last change.
    """

    id: str
    url: str
    title: str
    publisher: str
    text: str
    region: str | None = None
    published: str | None = None
    modified: str | None = None

    @classmethod
    def from_mapping(cls, row: Mapping[str, Any], where: str = "record") -> Record:
        """The record in `row`; CatalogueError naming `where` and the key if one is missing, unknown or no text."""
        missing = [key for key in REQUIRED_KEYS if not isinstance(row.get(key), str) or not row[key]]
        if missing:
            raise CatalogueError(f"{where}: {', '.join(missing)} must be text and not empty")
        unknown = sorted(set(row) - {*REQUIRED_KEYS, *OPTIONAL_KEYS})
        if unknown:
            allowed = ", ".join((*REQUIRED_KEYS, *OPTIONAL_KEYS))
            raise CatalogueError(f"{where}: unknown key {', '.join(unknown)}; allowed are {allowed}")
        for key in ("published", "modified"):
            if row.get(key) is not None and not DATE_PATTERN.fullmatch(str(row[key])):
                raise CatalogueError(f"{where}: {key} is {row[key]!r}; allowed are YYYY, YYYY-MM and YYYY-MM-DD")
        return cls(**row)


def load_catalogue(path: Path = CATALOGUE_PATH) -> list[Record]:
    """The records of a catalogue file (one JSON object a line), in the file's order; CatalogueError naming the line."""
    records = []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            where = f"{path.name} line {number}"
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise CatalogueError(f"{where}: not JSON ({error.msg})") from error
            if not isinstance(row, dict):
                raise CatalogueError(f"{where}: one JSON object a line is wanted")
            records.append(Record.from_mapping(row, where))
    return records


@dataclass(frozen=True, slots=True)
class Rule:
    """One source's claim: the publishers it names, and a pattern over the names of others (None: names only)."""

    source: str
    names: frozenset[str]
    pattern: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class Partition:
    """The rules that put each publisher on one source: exact names first, then words in the order of the file."""

    rules: tuple[Rule, ...]
    rest: str

    def source_of(self, publisher: str) -> str:
        """The one source that shows this publisher."""
        for rule in self.rules:
            if publisher in rule.names:
                return rule.source
        for rule in self.rules:
            if rule.pattern and rule.pattern.search(publisher):
                return rule.source
        return self.rest

    def split(self, records: Iterable[Record]) -> dict[str, list[Record]]:
        """Every source with its records (a list may be empty), newest first, undated ones last, then by id."""
        shelves: dict[str, list[Record]] = {name: [] for name in SOURCE_NAMES}
        for record in sorted(records, key=lambda record: record.id):
            shelves[self.source_of(record.publisher)].append(record)
        for shelf in shelves.values():
            shelf.sort(key=lambda record: record.published or "", reverse=True)
        return shelves


def load_partition(path: Path = PUBLISHERS_PATH) -> Partition:
    """The partition in a rules file; CatalogueError naming a source that is none or a publisher named twice."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    rules = tuple(_rule(entry, path.name) for entry in data["sources"])
    _check_source(data["rest"], path.name)
    seen: dict[str, str] = {}
    for rule in rules:
        for name in sorted(rule.names):
            if name in seen:
                raise CatalogueError(f"{path.name}: {name!r} is named under {seen[name]} and under {rule.source}")
            seen[name] = rule.source
    return Partition(rules, data["rest"])


def _rule(entry: Mapping[str, Any], where: str) -> Rule:
    _check_source(entry["source"], where)
    words = "|".join(re.escape(word) for word in entry.get("words", []))
    pattern = re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE) if words else None
    return Rule(entry["source"], frozenset(entry.get("names", [])), pattern)


def _check_source(name: str, where: str) -> None:
    if name not in SOURCE_NAMES:
        raise CatalogueError(f"{where}: {name!r} is no demo source; allowed are {', '.join(SOURCE_NAMES)}")
