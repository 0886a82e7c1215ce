"""The types of a team's own themes, and of the cues that a team adds to a theme that is there."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from nlp.facet_model import Cue, Facet, FacetName, Guards, NonEmpty, Value, Version


def _cues(content: object) -> object:
    """A bare phrase in a list of cues is a cue of weight 1 without guards."""
    if not isinstance(content, list):
        return content
    return [{"phrases": [one]} if isinstance(one, str) else one for one in content]


Cues = Annotated[tuple[Cue, ...], BeforeValidator(_cues), Field(min_length=1)]
Enough = Annotated[float, Field(gt=0, le=10)]


class OwnTheme(Guards):
    """One theme found by rule: a sentence carries it when the weights of its cues there add up to `enough`.

    The guards are those of all its cues. ignore: phrases that hide what lies inside them.
    """

    theme: FacetName
    label: NonEmpty
    definition: NonEmpty
    version: Version
    source: NonEmpty
    licence: NonEmpty
    enough: Enough = 1.0
    ignore: tuple[NonEmpty, ...] = ()
    cues: Cues

    def as_facet(self) -> Facet:
        """The theme as a facet with one value, so that what finds facets' phrases finds its cues."""
        shared = self.model_dump(exclude={"theme", "enough", "cues"})
        value = Value(code=self.theme, label=self.label, more=self.cues)
        return Facet.model_validate({**shared, "facet": self.theme, "values": (value,)})


class ThemeExtension(BaseModel):
    """A file that adds cues to a theme: one of the report's, which the model finds too, or a team's own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    extends: FacetName
    version: Version
    source: NonEmpty
    licence: NonEmpty
    ignore: tuple[NonEmpty, ...] = ()
    cues: Cues

    def as_theme(self) -> OwnTheme:
        """What is added to a theme of the report, as a theme found by rule under the report's code."""
        shared = self.model_dump(exclude={"extends", "cues"})
        named = {"theme": self.extends, "label": self.extends, "definition": self.extends}
        return OwnTheme.model_validate({**shared, **named, "cues": list(self.cues)})
