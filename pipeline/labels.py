"""Codes in words: themes, pledges, criteria, regions and sources as people call them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

VERDICT_WORDS = {"met": "met", "planned": "planned"}
LABELS = """
    SELECT kind, code, label FROM terms
    UNION ALL SELECT 'region', code, name FROM regions
    UNION ALL SELECT 'source', name, title FROM sources"""


class Connection(Protocol):
    """What reading labels needs of a database connection."""

    def execute(self, sql: str, /) -> Iterable[Any]:
        """Run one statement and return its rows."""


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels by kind and code."""

    known: Mapping[tuple[str, str], str]

    def of(self, kind: str, code: str) -> str:
        """The label; "P3:met" becomes the pledge's label and its verdict; an unknown code stays as it is."""
        if (kind, code) in self.known:
            return self.known[kind, code]
        base, _, verdict = code.rpartition(":")
        if verdict in VERDICT_WORDS and (kind, base) in self.known:
            return f"{self.known[kind, base]}: {VERDICT_WORDS[verdict]}"
        return code


def read_labels(connection: Connection) -> Labels:
    """All labels; a few dozen rows."""
    return Labels({(kind, code): label for kind, code, label in connection.execute(LABELS)})
