"""The types of the facets' vocabulary: one facet a file, its values, and the phrases and guards that find them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from nlp.taxonomy_model import Term

if TYPE_CHECKING:
    from nlp.theme_model import OwnTheme

FacetName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$")]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
NonEmpty = Annotated[str, StringConstraints(min_length=1)]
# YAML reads a bare 2026.1 as a number; both spellings are a version.
Version = Annotated[str, Field(coerce_numbers_to_str=True, min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Guards(_Strict):
    """When a phrase does not count. All are lists of braced phrases, matched in any case.

    needs: one of them stands in the same sentence. needs_anywhere: somewhere in title or text. never: none stands in
    the same sentence. not_after: none stands up to two words before the phrase. not_before: none directly after it.
    """

    needs: tuple[NonEmpty, ...] = ()
    needs_anywhere: tuple[NonEmpty, ...] = ()
    never: tuple[NonEmpty, ...] = ()
    not_after: tuple[NonEmpty, ...] = ()
    not_before: tuple[NonEmpty, ...] = ()


class Cue(Guards):
    """Phrases that speak for a value with one weight and one set of guards.

    phrases: braced phrases, any case. cased: braced phrases in exactly this spelling. weight: 1 is a phrase that alone
    decides; two of 0.5 in two sentences weigh as much.
    """

    phrases: tuple[NonEmpty, ...] = ()
    cased: tuple[NonEmpty, ...] = ()
    weight: float = Field(default=1.0, gt=0, le=3)


class Value(Cue):
    """One value of a facet.

    implies: values of other facets ("region:HI-SW") that hold where this one does. only_alone: given only when no other
    value of the facet is. more: further cues with a weight and guards of their own.
    """

    code: Code
    label: str = ""
    implies: tuple[NonEmpty, ...] = ()
    only_alone: bool = False
    more: tuple[Cue, ...] = ()

    @property
    def cues(self) -> tuple[Cue, ...]:
        """The value's own phrases and its further cues; those without a phrase left out."""
        return tuple(cue for cue in (self, *self.more) if cue.phrases or cue.cased)


class Pattern(Guards):
    """Values that are written rather than listed ("MTG64"): a regular expression over the text.

    code and label are templates over its groups ("{1}{2}"); `contains`: the text must hold this string (a quick test).
    """

    code: NonEmpty
    label: NonEmpty
    regex: NonEmpty
    contains: NonEmpty
    weight: float = Field(default=1.0, gt=0, le=3)


class Facet(Guards):
    """One facet: its values, how many of them a listing may carry, and the guards of all its phrases.

    choose: "all" gives each value that reaches `minimum` and `share` of the highest score; "best" gives the highest and
    those others that reach `others`.
    ignore: phrases that hide what lies inside them ("university of manchester"). most_specific: a value is not given
    beside one whose code begins with its own code and "_".
    """

    facet: FacetName
    label: NonEmpty
    definition: NonEmpty
    version: Version
    source: NonEmpty
    licence: NonEmpty
    choose: Literal["all", "best"] = "all"
    minimum: float = Field(default=0.5, gt=0, lt=1)
    share: float = Field(default=0, ge=0, le=1)
    others: float = Field(default=0.9, gt=0, le=1)
    most_specific: bool = False
    ignore: tuple[NonEmpty, ...] = ()
    values: tuple[Value, ...] = ()
    patterns: tuple[Pattern, ...] = ()


class Extension(_Strict):
    """A file that adds to an existing facet: new values, or more phrases for a value that is there."""

    extends: FacetName
    version: Version
    source: NonEmpty
    licence: NonEmpty
    ignore: tuple[NonEmpty, ...] = ()
    values: tuple[Value, ...] = ()
    patterns: tuple[Pattern, ...] = ()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All facets by name, sorted. versions: a digest a facet; version: one over all of them.

    themes: by code, the themes found by rule: a team's own, and those of the report that a team has added cues to;
    theme_versions: a digest each.
    """

    facets: Mapping[str, Facet]
    versions: Mapping[str, str]
    version: str
    themes: Mapping[str, OwnTheme] = field(default_factory=dict)
    theme_versions: Mapping[str, str] = field(default_factory=dict)

    def terms(self) -> list[Term]:
        """Facets (kind "facet") and their listed values (kind "facet", code "facet:value", the facet as parent)."""
        rows = []
        for position, facet in enumerate(self.facets.values(), start=1):
            origin = (f"{facet.source} ({facet.licence})", facet.version)
            rows.append(Term("facet", facet.facet, facet.label, facet.definition, None, position, *origin))
            for place, value in enumerate(facet.values, start=1):
                code = f"{facet.facet}:{value.code}"
                rows.append(Term("facet", code, value.label, value.label, facet.facet, place, *origin))
        return rows
