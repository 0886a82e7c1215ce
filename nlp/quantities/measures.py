"""What an amount measures and for whom, in the sentence's own words, as few as say it."""

from __future__ import annotations

from nlp.quantities.bounds import Amount
from nlp.quantities.directions import Movement
from nlp.quantities.numbers import Line
from nlp.quantities.quantity import STOPS
from nlp.quantities.terms import Lexicon

MAX_MEASURE_WORDS = 8
MAX_POPULATION_WORDS = 6
POPULATION_REACH = 20  # tokens from an amount to the "of" or "for" before its population
_EDGES = frozenset(
    (",", ";", ":", ".", "(", ")", "!", "?", "—", "–", "“", "”", '"', "and", "but", "while", "which", "that", "with")
)
_LIGHT = frozenset(
    [
        "the",
        "a",
        "an",
        "its",
        "their",
        "this",
        "that",
        "these",
        "those",
        "his",
        "her",
        "our",
        "your",
        "and",
        "or",
        "of",
        "to",
        "in",
        "on",
        "at",
        "by",
        "for",
        "from",
        "had",
        "have",
        "has",
        "was",
        "were",
        "is",
        "are",
        "be",
        "been",
        "would",
        "could",
        "will",
        "may",
        "might",
        "said",
        "also",
        "it",
        "they",
        "he",
        "she",
        "we",
        "up",
        "down",
        "s",
        "all",
        "about",
    ]
)
_PHRASE_ENDS = STOPS | _EDGES
_PERIODS = frozenset("hour day week month quarter year".split())  # noqa: SIM905
SAVING = "saving"


class Measures:
    """Finds measure and population."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    def measure(self, line: Line, amount: Amount, movement: Movement) -> str:
        """The words that say what is measured; "" when the sentence does not."""
        if movement.saves:
            return SAVING
        kind = self._lexicon.kinds[amount.unit]
        if kind == "counted" and amount.tail > amount.end:
            first = amount.end
            while first < amount.tail - 1 and line.words[first] in self._lexicon.compare:
                first += 1
            return line.span(first, amount.tail).strip(" -–")
        if line.word(amount.first - 2) == "n" and line.word(amount.first - 3) == "(":
            return self._left(line, amount.first - 3)  # "a study (n = 245)"
        if movement.word is not None:
            return self._changed(line, amount, movement.word) or self._around(line, amount)
        return self._around(line, amount)

    def _changed(self, line: Line, amount: Amount, word: int) -> str:
        """What moves: after the comparative or noun, between verb and "by", or before the verb."""
        if word >= amount.end:
            at = word + 2 if line.word(word + 1) in ("in", "of", "for") else word + 1
            return self._phrase(line, at) or self._left(line, amount.lead)
        if word < amount.lead - 2 and line.words[word] in self._lexicon.change:
            between = self._trimmed(line, word + 1, amount.lead - 1)
            if between:
                return between
        if line.words[word] in self._lexicon.nouns and line.word(word + 1) == "in":
            return self._trimmed(line, word + 2, amount.lead)
        return self._left(line, word) or self._right(line, amount.tail)

    def _around(self, line: Line, amount: Amount) -> str:
        """What follows the amount ("of patients stay at home"), else what stands before it."""
        if line.word(amount.lead - 1) in (
            "for",
            "within",
            "over",
            "in",
            "to",
            "by",
            "at",
            "was",
            "is",
            "takes",
            "took",
        ):
            return self._left(line, amount.lead) or self._right(line, amount.tail)
        return self._right(line, amount.tail) or self._left(line, amount.lead)

    def _right(self, line: Line, at: int) -> str:
        if line.word(at) in ("a", "per", "each", "every") and line.word(at + 1) in _PERIODS:
            at += 2
        end = at
        while (
            end < min(at + MAX_MEASURE_WORDS, line.size) and line.words[end] not in _EDGES and not line.is_digits(end)
        ):
            end += 1
        return self._trimmed(line, at, end)

    def _phrase(self, line: Line, at: int) -> str:
        """One noun phrase, up to the next small word."""
        end = at
        while end < min(at + MAX_MEASURE_WORDS, line.size) and line.words[end] not in _PHRASE_ENDS:
            end += 1
        return self._trimmed(line, at, end)

    def _left(self, line: Line, at: int) -> str:
        first = at
        while first > max(at - MAX_MEASURE_WORDS, 0):
            if line.words[first - 1] in _EDGES or line.is_digits(first - 1):
                break
            first -= 1
        while at > first and line.words[at - 1] in self._lexicon.change:
            at -= 1
        return self._trimmed(line, first, at)

    @staticmethod
    def _trimmed(line: Line, first: int, last: int) -> str:
        """The span without light words at either end."""
        while first < last and (line.words[first] in _LIGHT or not line.words[first][0].isalnum()):
            first += 1
        while first < last and (line.words[last - 1] in _LIGHT or not line.words[last - 1][0].isalnum()):
            last -= 1
        return line.span(first, last)

    def population(self, line: Line, amount: Amount) -> str | None:
        """The group of people or bodies that a share, change or time holds for: "of patients", "for nurses"."""
        if self._lexicon.kinds[amount.unit] == "counted":
            return None
        for at in range(amount.tail, min(amount.tail + POPULATION_REACH, line.size)):
            if line.words[at] in ("of", "for", "among", "in") and (group := self._group(line, at + 1)):
                return group
            if line.words[at] in (",", ";", "and"):
                return None
        return None

    def _group(self, line: Line, first: int) -> str | None:
        """The words up to the first plural that names people or places of care."""
        for at in range(first, min(first + MAX_POPULATION_WORDS, line.size)):
            word = line.words[at]
            if self._lexicon.kinds.get(self._lexicon.plural.get(word, "")) == "counted":
                return self._trimmed(line, first, at + 1)
            if not word[0].isalpha() or (word in STOPS and at > first):
                return None
        return None
