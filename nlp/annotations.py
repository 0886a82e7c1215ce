"""What the tagger takes and gives: documents in, taggings out. Plain values, the same for every caller."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["theme", "criterion", "enabler", "facet", "figure"]
Verdict = Literal["met", "planned"]


@dataclass(frozen=True, slots=True)
class Document:
    """One listing's text to be tagged. Offsets in the result count characters of `text`, never of `title`."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """The sentence that carries an annotation: text == document.text[start:end]."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Annotation:
    """One theme, criterion, enabler, facet value or figure on one listing.

    code is the taxonomy's id (spread-adoption, P3.access; for a facet "facet:value"). score is between 0 and 1.
    verdict is set for criteria only. method names what decided ("model:themes", "rule:criteria") and detail says why
    (matched terms, the sentence's own score), so that a score explains itself.
    """

    kind: Kind
    code: str
    score: float
    evidence: Evidence
    method: str
    verdict: Verdict | None = None
    is_primary: bool = False
    detail: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Filtration:
    """Whether a listing is about an innovation at all; reason is plain words ("a job advert"), score the confidence."""

    kept: bool
    reason: str
    score: float
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Tagging:
    """Everything that the tagger says of one document; a filtered-out document has no annotations."""

    id: str
    filtration: Filtration
    annotations: tuple[Annotation, ...]
    primary: str | None
    all_scores: Mapping[str, float]
