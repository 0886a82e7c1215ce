"""The search page's question: words and filters, all of it in the address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol
from urllib.parse import urlencode

PAGE_LIMIT = 500  # the last page that can be asked for; past it nobody reads, and OFFSET costs
VALUES_LIMIT = 10  # values of one filter that are looked at


@dataclass(frozen=True, slots=True)
class Facet:
    """One filter: its name in the address, the array column of innovations, and its heading."""

    name: str
    column: str
    title: str


FACETS = (
    Facet("theme", "themes", "Theme"),
    Facet("pledge", "pledges", "Diversity and innovation pledge"),
    Facet("criterion", "criteria", "Pledge criterion"),
    Facet("region", "regions", "Region"),
    Facet("source", "sources", "Source"),
)


class Arguments(Protocol):
    """The parsed query string of a request."""

    def get(self, name: str, default: str | None = None) -> str | None:
        """The first value, or the default."""

    def getlist(self, name: str) -> list[str]:
        """All values."""


@dataclass(frozen=True, slots=True)
class Question:
    """Words, whether any of them is enough, chosen filter values by facet name, and the page from 1."""

    words: str = ""
    any_word: bool = False
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    page: int = 1

    def address(self, page: int = 1) -> str:
        """The address that asks this question, with its filters in a fixed order."""
        pairs = [("q", self.words)] if self.words else []
        pairs += [("match", "any")] if self.any_word else []
        pairs += [(name, value) for name, values in sorted(self.chosen.items()) for value in values]
        pairs += [("page", str(page))] if page > 1 else []
        return "/search" + ("?" + urlencode(pairs, errors="replace") if pairs else "")

    def toggled(self, name: str, value: str) -> Question:
        """The same question with one filter value more, or less if it is chosen already."""
        now = self.chosen.get(name, ())
        values = tuple(v for v in now if v != value) if value in now else (*now, value)
        chosen = {**self.chosen, name: values}
        return replace(self, chosen={key: kept for key, kept in chosen.items() if kept}, page=1)

    def is_chosen(self, name: str, value: str) -> bool:
        """Whether this filter value is on."""
        return value in self.chosen.get(name, ())


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value.strip() for value in values if value.strip()))


def question_from(arguments: Arguments) -> Question:
    """Read the question out of a request; a page that is no number is the first one."""
    chosen = {facet.name: _unique(arguments.getlist(facet.name))[:VALUES_LIMIT] for facet in FACETS}
    asked = (arguments.get("page") or "1").strip()
    page = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < len(str(PAGE_LIMIT)) + 1 else 1
    return Question(
        words=(arguments.get("q") or "").strip(),
        any_word=arguments.get("match") == "any",
        chosen={name: values for name, values in chosen.items() if values},
        page=min(max(page, 1), PAGE_LIMIT),
    )
