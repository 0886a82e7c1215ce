"""Two versions of one text, sentence by sentence: which sentences are new, and what stood in their place before."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property

from nlp.annotations import Evidence
from nlp.language import readable, sentences

# Two sentences are one, reworded, from this share of common words in their order on. Chosen: a sentence of ten words
# may exchange five.
ALIKE = 0.5
# Below this share of common words, in whatever order, the order is not looked at; it can only be lower. Saves time.
WORTH_COMPARING = 0.4

PER_CENT = re.compile(r"(?<=\d)\s*(?:%|per ?cent\b)")
NUMBER = re.compile(r"(?<![^\W_])\d[\d,.]*")  # not the digits of a name: "MTG64"

Words = tuple[str, ...]


def words_of(sentence: str) -> Words:
    """The words of a sentence without case and punctuation, by which it is told from another; "18 per cent" is 18%."""
    plain = PER_CENT.sub("%", sentence.casefold())
    return tuple(word for piece in plain.split() if (word := piece.strip(".,;:!?()[]\"'“”‘’…*•")))


def masked(sentence: str) -> Words:
    """The words of a sentence with every number the same: by which one is known that says another number now."""
    return words_of(NUMBER.sub("0", sentence))


def likeness(one: Words, other: Words) -> float:
    """How much two sentences have in common, 0 to 1: Ratcliff and Obershelp's measure over words (difflib's ratio)."""
    if not one or not other:
        return 0.0
    shared = 2 * len(set(one) & set(other)) / (len(set(one)) + len(set(other)))
    return SequenceMatcher(None, one, other, autojunk=False).ratio() if shared >= WORTH_COMPARING else 0.0


@dataclass(frozen=True)
class Revision:
    """A text before and after a change."""

    before: str
    after: str

    @cached_property
    def _read(self) -> tuple[list[tuple[Words, Evidence]], list[tuple[Words, Evidence]]]:
        return _sentences(self.before), _sentences(self.after)

    @cached_property
    def _known(self) -> tuple[frozenset[Words], frozenset[Words]]:
        before, after = self._read
        return frozenset(words for words, _ in before), frozenset(words for words, _ in after)

    def is_new(self, sentence: str) -> bool:
        """Whether the older text does not hold this sentence of the newer one."""
        return words_of(sentence) not in self._known[0]

    def is_dropped(self, sentence: str) -> bool:
        """Whether the newer text does not hold this sentence of the older one."""
        return words_of(sentence) not in self._known[1]

    @cached_property
    def _known_masked(self) -> tuple[frozenset[Words], frozenset[Words]]:
        before, after = self._read
        return tuple(frozenset(masked(one.text) for _, one in side) for side in (before, after))  # type: ignore[return-value]

    def is_reworded(self, sentence: str) -> bool:
        """Whether one text lacks this sentence of the other in words, whatever its numbers."""
        return any(masked(sentence) not in known for known in self._known_masked)

    @cached_property
    def is_same_but_for_numbers(self) -> bool:
        """Whether both texts hold the same sentences, whatever their numbers and order."""
        before, after = self._known_masked
        return before == after

    def before_of(self, sentence: str) -> Evidence | None:
        """What stood in the older text for a sentence of the newer: itself, or the one that it reworded, or None."""
        return _counterpart(words_of(sentence), self._read[0], self._known[1])

    def after_of(self, sentence: str) -> Evidence | None:
        """What stands in the newer text for a sentence of the older one."""
        return _counterpart(words_of(sentence), self._read[1], self._known[0])


def _sentences(text: str) -> list[tuple[Words, Evidence]]:
    found = sentences(readable(text))
    return [(words_of(one.text), Evidence(text[one.start : one.end], one.start, one.end)) for one in found]


def _counterpart(
    words: Words, candidates: Sequence[tuple[Words, Evidence]], elsewhere: frozenset[Words]
) -> Evidence | None:
    """The candidate with the same words, or the one most alike among those that are not in the other text as well."""
    same = next((evidence for known, evidence in candidates if known == words), None)
    return same or _most_alike(words, ((known, one) for known, one in candidates if known not in elsewhere))


def _most_alike(words: Words, candidates: Iterable[tuple[Words, Evidence]]) -> Evidence | None:
    scored = [(likeness(words, known), -one.start, one) for known, one in candidates]
    best = max(scored, key=lambda row: row[:2], default=None)
    return best[2] if best and best[0] >= ALIKE else None
