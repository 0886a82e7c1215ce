"""What differs between two vocabularies, and which texts that can touch: a quick test that never misses one.

A facet's values follow from which of its phrases stand in a text and what surrounds them. A text that holds none of the
phrases that were added, removed or given other weights or guards has the same values under both vocabularies.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from nlp.facet_data import phrase_set
from nlp.facet_model import Cue, Facet, Guards, Pattern
from nlp.facets import REGION
from nlp.language import readable
from nlp.organisations import FACET as ORGANISATION
from nlp.organisations import NameFinder
from nlp.theme_model import OwnTheme

_NO_LETTER = re.compile(r"[^a-z0-9]+")
Signature = tuple[object, ...]


class ProbedText:
    """One listing's title and text, in the forms that probes look at."""

    def __init__(self, title: str, text: str) -> None:
        self._title, self._text = readable(title), readable(text)

    @cached_property
    def compact(self) -> tuple[str, str]:
        """Title and text as `compact` makes them."""
        return compact(self._title), compact(self._text)

    @cached_property
    def letters(self) -> str:
        """The letters and digits of the text alone, as codes of names are made of."""
        return _letters(self._text)

    def contains(self, part: str) -> bool:
        """Whether the text holds this string as it is."""
        return part in self._text


def compact(text: str) -> str:
    """Lower case without white space: phrases are matched by tokens, whatever stands between them is at most that.

    Both forms of sigma are one, since lower case makes them of one letter by what follows it.
    """
    return "".join(text.lower().split()).replace("ς", "σ")


def _letters(text: str) -> str:
    return _NO_LETTER.sub("", re.sub(r"['’]", "", text.lower().replace("&", " and ")))


@dataclass(frozen=True)
class Probe:
    """What a text has to hold to be touched by a change.

    phrases: in `compact` form, in title or text. strings: as they are, in the text. names: letters of organisations'
    names. everything: any text may be touched.
    """

    phrases: tuple[str, ...] = ()
    strings: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    everything: bool = False

    def touches(self, text: ProbedText) -> bool:
        """Whether the text may be touched; never False for one that is."""
        return (
            self.everything
            or any(phrase in part for part in text.compact for phrase in self.phrases)
            or any(map(text.contains, self.strings))
            or (bool(self.names) and any(name in text.letters for name in self.names))
        )


EVERYTHING = Probe(everything=True)


def facet_probes(old: Mapping[str, Facet], new: Mapping[str, Facet]) -> dict[str, Probe]:
    """For each facet that differs, what a text has to hold for that to show."""
    names = sorted(old.keys() | new.keys())
    probes = {name: _facet_probe(old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)}
    return {name: probe for name, probe in probes.items() if probe != Probe()}


def theme_probes(old: Mapping[str, OwnTheme], new: Mapping[str, OwnTheme]) -> dict[str, Probe]:
    """The same for themes that are found by rule."""
    names = sorted(old.keys() | new.keys())
    return {name: _theme_probe(old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)}


def implied_facets(*vocabularies: Mapping[str, Facet]) -> dict[str, frozenset[str]]:
    """For each facet the other facets that a value of it gives too, in any of the vocabularies."""
    implied: dict[str, set[str]] = {}
    for vocabulary in vocabularies:
        for name, facet in vocabulary.items():
            implied.setdefault(name, set()).update(one.partition(":")[0] for one in _implied(facet))
    return {name: frozenset(others) for name, others in implied.items()}


def implications(vocabulary: Mapping[str, Facet], name: str) -> list[str]:
    """The values of any facet that give one of facet `name` too, written out: part of that facet's version."""
    return [
        f"{facet.facet}:{value.model_dump_json()}"
        for facet in vocabulary.values()
        for value in facet.values
        if any(one.partition(":")[0] == name for one in value.implies)
    ]


def _implied(facet: Facet) -> Iterator[str]:
    for value in facet.values:
        yield from value.implies


def _facet_probe(old: Facet | None, new: Facet | None) -> Probe:
    if old and new and _settings(old, new) != _settings(new, old):
        return EVERYTHING
    named = {facet.facet for facet in (old, new) if facet}
    if not (old and new) and named <= {ORGANISATION, REGION}:  # their names are found without a list too
        return EVERYTHING
    # In a facet the heaviest phrase of a sentence counts, so that one more phrase in a list changes that one alone.
    phrases = _changed_phrases(_one_by_one(_signatures(old)), _one_by_one(_signatures(new)))
    before, after = _patterns(old), _patterns(new)
    strings = {contains for contains, *_ in (before - after) + (after - before)}
    names = _changed_names(old, new) if ORGANISATION in named else ()
    return Probe(phrases, tuple(sorted(map(str, strings))), names)


def _theme_probe(old: OwnTheme | None, new: OwnTheme | None) -> Probe:
    before, after = (_signatures(one.as_facet() if one else None) for one in (old, new))
    if old and new and old.enough != new.enough:
        return Probe(_phrases_of(before + after))
    return Probe(_changed_phrases(before, after))


def _settings(facet: Facet, other: Facet) -> Signature:
    """What bears on every value of a facet; where the best is chosen, the order of the values that both have too."""
    shared = {value.code for value in facet.values} & {value.code for value in other.values}
    order = tuple(value.code for value in facet.values if value.code in shared)
    alone = frozenset(value.code for value in facet.values if value.only_alone)
    chosen = (facet.choose, facet.minimum, facet.share, facet.others, facet.most_specific)
    return (*chosen, alone, order if "best" in (facet.choose, other.choose) else ())


def _signatures(facet: Facet | None) -> Counter[Signature]:
    """Every cue of a facet with all that decides what it does; its first two parts are its phrases."""
    if facet is None:
        return Counter()
    found = [_signature(facet, value.code, cue, value.implies) for value in facet.values for cue in value.cues]
    found += [(facet.ignore, (), None)] if facet.ignore else []
    return Counter(found)


def _one_by_one(signatures: Iterable[Signature]) -> Counter[Signature]:
    """The signatures parted phrase by phrase."""
    parted: Counter[Signature] = Counter()
    for phrases, cased, *rest in signatures:
        parted.update(((phrase,), (), *rest) for phrase in _texts(phrases))
        parted.update(((), (phrase,), *rest) for phrase in _texts(cased))
    return parted


def _signature(facet: Facet, code: str, cue: Cue, implies: tuple[str, ...]) -> Signature:
    return (cue.phrases, cue.cased, code, cue.weight, *_guards(facet, cue), implies)


def _guards(facet: Facet, own: Guards) -> Signature:
    """The guards that hold for a cue, as nlp.facet_cues joins them with its facet's."""
    return (
        own.needs or facet.needs,
        own.needs_anywhere or facet.needs_anywhere,
        frozenset((*own.never, *facet.never)),
        frozenset((*own.not_after, *facet.not_after)),
        frozenset((*own.not_before, *facet.not_before)),
    )


def _changed_phrases(before: Counter[Signature], after: Counter[Signature]) -> tuple[str, ...]:
    return _phrases_of((before - after) + (after - before))


def _phrases_of(signatures: Iterable[Signature]) -> tuple[str, ...]:
    braced = [phrase for first, second, *_ in signatures for many in (first, second) for phrase in _texts(many)]
    return tuple(sorted({compact(phrase) for phrase in phrase_set(braced)}))


def _texts(many: object) -> tuple[str, ...]:
    assert isinstance(many, tuple)
    return many


def _patterns(facet: Facet | None) -> Counter[Signature]:
    return Counter(_pattern(facet, one) for one in facet.patterns) if facet else Counter()


def _pattern(facet: Facet, one: Pattern) -> Signature:
    return (one.contains, one.code, one.label, one.regex, one.weight, *_guards(facet, one))


def _changed_names(old: Facet | None, new: Facet | None) -> tuple[str, ...]:
    """Names of organisations that are found as they are written and get another code, or another end, than before."""
    before, after = NameFinder(old).listed, NameFinder(new).listed
    slugs = {slug for slug in before.keys() | after.keys() if before.get(slug) != after.get(slug)}
    codes = set(before.values()) ^ set(after.values())
    return tuple(sorted({_letters(one) for one in slugs} | {_letters(one) for one in codes}))
