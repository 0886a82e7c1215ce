"""Re-tagging by part: what changed since a listing was read by an earlier tagger, and which listings that touches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from sqlite_utils import Database

from db.taggers import store_tagger, stored_parts, stored_words
from nlp.annotations import Kind
from nlp.facet_model import Facet
from nlp.tagger import CORE, FACET, FACETS, FIGURES, THEME, VOCABULARY, Tagger
from nlp.theme_model import OwnTheme
from nlp.vocabulary_changes import EVERYTHING, Probe, ProbedText, facet_probes, implied_facets, theme_probes

Row = dict[str, Any]


def remember(db: Database, tagger: Tagger) -> None:
    """Store the tagger's parts with the words of its vocabulary, for the tagger that comes after it."""
    words = {FACET + name: facet.model_dump_json(exclude_defaults=True) for name, facet in _facets(tagger).items()}
    words |= {THEME + code: theme.model_dump_json() for code, theme in tagger.vocabulary.themes.items()}
    store_tagger(db, tagger.version, tagger.part_versions, words)


@dataclass(frozen=True)
class Changes:
    """What differs between two taggers. whole: so much that a listing has to be read anew in full.

    parts: those whose version differs, so that every tag of theirs is made anew. probes: for each part what a text has
    to hold to be touched by it.
    """

    whole: bool
    parts: frozenset[str] = frozenset()
    probes: Mapping[str, Sequence[Probe]] = field(default_factory=dict)

    def touched(self, text: ProbedText, carried: Set[str]) -> frozenset[str]:
        """The parts of which a kept listing's tags are to be made anew; `carried`: the parts that it has tags of."""
        found = set(self.parts & carried)
        found |= {part for part, probes in self.probes.items() if any(probe.touches(text) for probe in probes)}
        if any(part.startswith(THEME) for part in found):  # which of several is primary follows from all of them
            found |= {part for part in (*self.parts, *self.probes, *carried) if part.startswith(THEME)} | {THEME}
        return frozenset(found)


class Retagging:
    """Works out, once for each tagger that has read listings, what the present one has to look at again."""

    def __init__(self, db: Database, tagger: Tagger) -> None:
        self._db, self._tagger = db, tagger
        self._known: dict[str | None, Changes] = {}

    def since(self, read_by: str | None) -> Changes:
        """The changes since the tagger of that version; everything when it is not remembered."""
        if read_by not in self._known:
            parts = stored_parts(self._db, read_by) if read_by else {}
            words = stored_words(self._db, read_by) if read_by else {}
            self._known[read_by] = changes(parts, words, self._tagger)
        return self._known[read_by]

    def kinds(self, parts: Iterable[str]) -> frozenset[Kind]:
        """The kinds of tags that these parts give."""
        names: dict[str, Kind] = {FIGURES: "figure", FACET: "facet", THEME: "theme"}
        return frozenset(kind for part in parts for name, kind in names.items() if part.startswith(name))


def changes(parts: Mapping[str, str], words: Mapping[str, str], tagger: Tagger) -> Changes:
    """What differs between the tagger with these parts and words, as they were stored, and `tagger`."""
    new = tagger.part_versions
    if any(parts.get(part) != new[part] for part in (CORE, FACETS)):
        return Changes(whole=True)
    differing = {part for part in parts.keys() | new.keys() if parts.get(part) != new.get(part)} - {VOCABULARY}
    probes: dict[str, list[Probe]] = {FIGURES: [EVERYTHING]} if FIGURES in differing else {}
    try:
        facets = {name: Facet.model_validate_json(one) for name, one in _under(FACET, words)}
        themes = {code: OwnTheme.model_validate_json(one) for code, one in _under(THEME, words)}
    except ValidationError:  # words of a release with other keys
        return Changes(whole=True)
    for name, probe in theme_probes(themes, tagger.vocabulary.themes).items():
        probes.setdefault(THEME + name, []).append(probe)
    implied = implied_facets(facets, _facets(tagger))
    for name, probe in facet_probes(facets, _facets(tagger)).items():
        for other in (name, *implied.get(name, ())):
            probes.setdefault(FACET + other, []).append(probe)
    return Changes(False, frozenset(differing), probes)


def _under(prefix: str, words: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(part.removeprefix(prefix), one) for part, one in words.items() if part.startswith(prefix)]


def _facets(tagger: Tagger) -> Mapping[str, Facet]:
    return tagger.vocabulary.facets


def remade(stored: Iterable[Row], made: Iterable[Row], touched: Set[str], tagger: Tagger) -> list[Row]:
    """A listing's stored annotations with those of the touched parts replaced by the ones made anew.

    A theme that the models give stays theirs, also where a rule gives it too.
    """
    kept = [row for row in stored if _part(row, tagger) not in touched]
    modelled = {row["code"] for row in kept if row["kind"] == "theme"}
    new = [row for row in made if _belongs(row, touched, tagger)]
    return kept + [row for row in new if row["kind"] != "theme" or row["code"] not in modelled]


def _belongs(row: Row, touched: Set[str], tagger: Tagger) -> bool:
    return _part(row, tagger) in touched or (row["kind"] == "theme" and THEME in touched)


def _part(row: Row, tagger: Tagger) -> str:
    return tagger.part_of(row["kind"], row["code"], row["method"])


def carried_parts(stored: Iterable[Row], tagger: Tagger) -> frozenset[str]:
    """The parts of which a listing has tags."""
    return frozenset(_part(row, tagger) for row in stored)
