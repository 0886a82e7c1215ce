"""Puts a team's theme files into the vocabulary: new themes, and cues added to a theme that is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nlp.facet_model import Cue
from nlp.taxonomy_model import TaxonomyError
from nlp.theme_model import OwnTheme, ThemeExtension


@dataclass
class ThemeShelf:
    """The themes found by rule so far, by code; `report`: the codes of the report's own themes."""

    report: Sequence[str]
    themes: dict[str, OwnTheme] = field(default_factory=dict)

    def add(self, path: Path, entry: OwnTheme | ThemeExtension, facets: Mapping[str, object]) -> str:
        """Put a file's theme or cues in its place and return the theme's code; TaxonomyError for a name in use."""
        _check_cues(path, entry.cues)
        if isinstance(entry, OwnTheme):
            self._check_name(path, entry.theme, facets)
            self.themes[entry.theme] = entry
            return entry.theme
        known = self.themes.get(entry.extends)
        self.themes[entry.extends] = _extended(known, entry) if known else entry.as_theme()
        return entry.extends

    def knows(self, code: str) -> bool:
        """Whether cues can be added to a theme of this code."""
        return code in self.report or code in self.themes

    def codes(self) -> str:
        """The themes that can be added to, for a message."""
        return ", ".join((*self.report, *(code for code in sorted(self.themes) if code not in self.report)))

    def _check_name(self, path: Path, code: str, facets: Mapping[str, object]) -> None:
        if self.knows(code):
            hint = f"write extends: {code} to add cues to it, or choose another name"
            raise TaxonomyError(f"{path}: theme: {code} is there already; {hint}; then: horizon doctor")
        if code in facets:
            raise TaxonomyError(f"{path}: theme: {code} is a facet's name; choose another, then: horizon doctor")


def _extended(theme: OwnTheme, entry: ThemeExtension) -> OwnTheme:
    return theme.model_copy(update={"cues": theme.cues + entry.cues, "ignore": theme.ignore + entry.ignore})


def _check_cues(path: Path, cues: Sequence[Cue]) -> None:
    for place, cue in enumerate(cues):
        if not (cue.phrases or cue.cased):
            raise TaxonomyError(f"{path}: cues.{place}: no phrase; a cue has phrases or cased, or is a bare phrase")
