"""The types of the taxonomy: its entries as checked models, and the whole of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field


class TaxonomyError(ValueError):
    """A taxonomy file that cannot be used; the message names file, entry, fault and allowed values."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Theme(_Strict):
    """One of the report's themes; cues are braced phrases that speak for it."""

    code: str
    label: str
    definition: str
    cues: tuple[str, ...] = Field(min_length=1)


class Commitment(_Strict):
    """One commitment under a pledge, in our words; `refreshed` names what it became."""

    id: str
    wording: int | str
    text: str
    criteria: tuple[str, ...]
    refreshed: tuple[str, ...] = ()


class Pledge(_Strict):
    """One pledge with its commitments in both wordings."""

    code: str
    label: str
    refreshed_label: str
    definition: str
    commitments: tuple[Commitment, ...]


class Rule(_Strict):
    """A sentence satisfies a rule when it holds a phrase of every concept in `all` and of none in `none`.

    `near` widens `all` to the whole listing: a phrase of each of those concepts must occur somewhere in it. `without`
    sets phrases aside: those of the first concept in `all` that are also phrases of one of these do not count.
    `repeated`: at least two sentences, the title among them, hold a phrase of the first concept in `all`.
    `score` (0 to 1): an order of trust; the file that holds the rule says how it was made.
    """

    all: tuple[str, ...] = Field(min_length=1)
    none: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    repeated: bool = False
    score: float = Field(gt=0, le=1)


class Criterion(_Strict):
    """One checkable criterion of a pledge, with the rules that find its sentence."""

    code: str
    pledge: str
    label: str
    definition: str
    can_be_planned: bool = True
    rules: tuple[Rule, ...] = Field(min_length=1)


class Enabler(_Strict):
    """One of the report's ten enablers; a sentence that carries one of `themes` or `criteria` carries it too."""

    code: str
    label: str
    definition: str
    themes: tuple[str, ...] = ()
    criteria: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = Field(min_length=1)


class Region(_Strict):
    """One of the 15 networks under both its names; aliases are braced phrases."""

    code: str
    name: str
    former: str
    aliases: tuple[str, ...] = ()


class Reason(_Strict):
    """Why a page is no listing. title, opening: regular expressions (any case); words: braced phrases."""

    code: str
    reason: str
    title: tuple[str, ...] = ()
    opening: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


class WordClass(_Strict):
    """Words of one kind (staff, companies, verbs of shaping); one word or two neighbours each, see word_classes.yml."""

    code: str
    words: tuple[str, ...] = Field(min_length=1)
    counted: bool = False


@dataclass(frozen=True, slots=True)
class Term:
    """One row for the reference table of terms; kind is theme, pledge, criterion or enabler."""

    kind: str
    code: str
    label: str
    definition: str
    parent: str | None
    position: int
    source: str
    version: str


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """Everything in the taxonomy files. version is a digest of all of them: it changes when any byte does."""

    themes: tuple[Theme, ...]
    pledges: tuple[Pledge, ...]
    criteria: tuple[Criterion, ...]
    enablers: tuple[Enabler, ...]
    regions: tuple[Region, ...]
    reasons: tuple[Reason, ...]
    word_classes: tuple[WordClass, ...]
    concepts: Mapping[str, tuple[str, ...]]
    cautions: tuple[str, ...]
    decoys: tuple[str, ...]
    enabler_concepts: Mapping[str, tuple[str, ...]]
    enabler_decoys: tuple[str, ...]
    sources: Mapping[str, str]
    versions: Mapping[str, str]
    version: str

    @property
    def theme_codes(self) -> tuple[str, ...]:
        """The theme codes in the report's order."""
        return tuple(theme.code for theme in self.themes)

    @property
    def columns(self) -> str:
        """12 hexadecimal digits over what the fitted models' columns stand for: themes, cues and word classes."""
        parts = [*((one.code, one.cues) for one in self.themes), *((one.code, one.words) for one in self.word_classes)]
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]

    def terms(self) -> list[Term]:
        """Themes, pledges, criteria and enablers as rows, each kind in its own order, counted from 1."""
        kinds = (("theme", "themes"), ("pledge", "pledges"), ("criterion", "criteria"), ("enabler", "enablers"))
        return [
            Term(kind, t.code, t.label, t.definition, getattr(t, "pledge", None), position, *self._origin(file))
            for kind, file in kinds
            for position, t in enumerate(getattr(self, file), start=1)
        ]

    def _origin(self, file: str) -> tuple[str, str]:
        return self.sources[file], self.versions[file]
