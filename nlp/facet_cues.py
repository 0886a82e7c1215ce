"""The vocabulary made ready: every phrase's cue with its guards compiled, keyed for the shared matcher."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from nlp.facet_data import guarded, phrase_set
from nlp.facet_model import Facet, Guards, Pattern, Value, Vocabulary
from nlp.prefilters import folded

# Words that may stand between a phrase of not_after and the phrase that it guards ("no direct cost").
REACH_WORDS = 2
# The longest stretch before a phrase that such a guard looks at.
REACH_CHARACTERS = 48


class Mention(NamedTuple):
    """A phrase found in a document: which facet's value, where, how heavy. sentence -1 is the title."""

    facet: str
    code: str
    sentence: int
    start: int
    end: int
    text: str
    weight: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class Guard:
    """Compiled guards; `number` tells guards apart where answers about a sentence are remembered.

    All but not_before are for folded text: without regard to case the engine tries each phrase at each character.
    """

    number: int
    needs: re.Pattern[str] | None
    needs_anywhere: re.Pattern[str] | None
    never: re.Pattern[str] | None
    not_after: re.Pattern[str] | None
    not_before: re.Pattern[str] | None

    def allows_sentence(self, sentence: str) -> bool:
        """Whether the sentence holds what it must and nothing that it must not."""
        plain = folded(sentence)
        needed = self.needs is None or self.needs.search(plain) is not None
        return needed and (self.never is None or self.never.search(plain) is None)

    def allows_text(self, text: str) -> bool:
        """Whether the text holds what must stand anywhere in it."""
        return self.needs_anywhere is None or self.needs_anywhere.search(folded(text)) is not None

    def allows_place(self, text: str, first: int, start: int, end: int) -> bool:
        """Whether the words around text[start:end] allow it; its sentence begins at `first`."""
        if self.not_after is not None:
            before = text[max(first, start - REACH_CHARACTERS) : start]
            if self.not_after.search(folded(before)):
                return False
        return self.not_before is None or self.not_before.match(text, end) is None


@dataclass(frozen=True, slots=True)
class ReadyCue:
    """One cue of one value; code is None for a phrase that only hides others."""

    facet: str
    code: str | None
    weight: float
    cased: frozenset[str]
    guard: Guard | None


@dataclass(frozen=True, slots=True)
class ReadyPattern:
    """One pattern, compiled; `contains` as in the pattern."""

    facet: str
    contains: str
    pattern: Pattern
    regex: re.Pattern[str]
    guard: Guard | None


@dataclass
class ReadyVocabulary:
    """All cues by number (as text), all patterns, what the shared matcher must look for: number -> braced phrases."""

    vocabulary: Vocabulary
    cues: dict[str, ReadyCue] = field(default_factory=dict)
    patterns: list[ReadyPattern] = field(default_factory=list)
    phrases: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _guards: int = 0

    def __post_init__(self) -> None:
        for facet in self.vocabulary.facets.values():
            self._add(facet, None, facet.ignore)
            for value in facet.values:
                self._add_value(facet, value)
            for pattern in facet.patterns:
                guard = self._guard(facet, pattern)
                self.patterns.append(
                    ReadyPattern(facet.facet, pattern.contains, pattern, re.compile(pattern.regex), guard)
                )

    def _add_value(self, facet: Facet, value: Value) -> None:
        for cue in value.cues:
            guard = self._guard(facet, cue)
            self._add(facet, value.code, cue.phrases, cue.weight, guard)
            self._add(facet, value.code, cue.cased, cue.weight, guard, cased=True)

    def _add(
        self,
        facet: Facet,
        code: str | None,
        phrases: Sequence[str],
        weight: float = 1.0,
        guard: Guard | None = None,
        cased: bool = False,
    ) -> None:
        if phrases:
            spellings = frozenset(phrase_set(phrases)) if cased else frozenset()
            number = str(len(self.cues))
            self.phrases[number] = tuple(phrases)
            self.cues[number] = ReadyCue(facet.facet, code, weight, spellings, guard)

    def _guard(self, facet: Facet, own: Guards) -> Guard | None:
        """A cue's guards with its facet's: what must not be is joined; what must be, the cue's or else the facet's."""
        if not guarded(facet) and not guarded(own):
            return None
        self._guards += 1
        before = phrase_set((*own.not_after, *facet.not_after))
        after = phrase_set((*own.not_before, *facet.not_before))
        return Guard(
            self._guards,
            any_of(phrase_set(own.needs or facet.needs)),
            any_of(phrase_set(own.needs_anywhere or facet.needs_anywhere)),
            any_of(phrase_set((*own.never, *facet.never))),
            any_of(before, tail=rf"[\s(\"'“‘-]+(?:[\w'’%£.-]+[\s(\"'“‘-]+){{0,{REACH_WORDS}}}$"),
            any_of(after, head=r"(?i)[\s)\"'”’-]*(?<!\w)"),
        )


def any_of(phrases: Iterable[str], head: str = r"(?<!\w)", tail: str = r"(?!\w)") -> re.Pattern[str] | None:
    """An expression for any of some plain phrases in folded text, the longest first; None for no phrases."""
    ordered = sorted(phrases, key=lambda phrase: (-len(phrase), phrase))
    if not ordered:
        return None
    words = "|".join(re.escape(folded(phrase)).replace(r"\ ", r"\s+") for phrase in ordered)
    return re.compile(f"{head}(?:{words}){tail}")


def longest(mentions: Sequence[Mention]) -> Iterator[Mention]:
    """The mentions of one document that do not lie inside a longer one of the same facet and place."""
    reached: dict[tuple[str, bool], tuple[int, int]] = {}
    ordered = sorted(mentions, key=lambda one: (one.start, -one.end, one.facet, one.code, -one.weight))
    for mention in ordered:
        key = (mention.facet, mention.sentence < 0)
        start, end = reached.get(key, (-1, -1))
        if mention.end > end:
            reached[key] = (mention.start, mention.end)
        elif (mention.start, mention.end) != (start, end):
            continue
        yield mention
