"""What a look at a site knows of it: pages, and a declaration in the making."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

OK = 200


@dataclass(frozen=True, slots=True)
class Page:
    """What an address answered; headers by their names in lower case."""

    url: str
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The media type, without its parameters."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    @property
    def markup(self) -> str:
        """The body as text, for HTML."""
        return self.body.decode("utf-8", "replace")


Fetch = Callable[[str], Awaitable[Page | None]]


class SurveyError(ValueError):
    """A site of which no declaration can be made; the message says what was looked for."""


@dataclass(slots=True)
class Survey:
    """discovery: the method; start: its address; section and fields: as in a source file; details: addresses of
    listings to look at; found: what speaks for it; undecided: what a person has to look at."""

    discovery: str
    start: str
    section: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, Any] = field(default_factory=dict)
    details: list[str] = field(default_factory=list)
    count: int = 0
    found: list[str] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)
    publisher: str | None = None
    title: str | None = None
    page: Page | None = None
