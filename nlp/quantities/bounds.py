"""An amount in a sentence, and the words before a number that bound it ("more than", "up to about")."""

from __future__ import annotations

from dataclasses import dataclass

from nlp.quantities.numbers import Line, Value
from nlp.quantities.terms import Direction, Lexicon

MAX_BOUNDS = 3  # "an average of just over"


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount: tokens first to end state it, to tail with its noun; lead is where its bound begins.

    high is a range's upper end, origin the state before a change; direction is set when the words themselves have one.
    """

    value: Value
    unit: str
    lead: int
    first: int
    end: int
    tail: int
    bound: str | None = None
    high: Value | None = None
    origin: Value | None = None
    direction: Direction | None = None


class Bounds:
    """Finds the bound before a number."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._last_words = frozenset(words[-1] for words in lexicon.bounds)

    def lead(self, line: Line, first: int) -> tuple[int, str | None]:
        """Where the words that bound a number at `first` begin ("more than", "an average of about"), and the bound."""
        bound: str | None = None
        for _ in range(MAX_BOUNDS):
            length = self._bound_length(line, first)
            if not length:
                break
            said = self._lexicon.bounds[tuple(line.words[first - length : first])]
            bound = bound or said
            first -= length
        return first, None if bound == "none" else bound

    def _bound_length(self, line: Line, first: int) -> int:
        if line.word(first - 1) not in self._last_words:
            return 0
        for length in range(min(self._lexicon.longest_bound, first), 0, -1):
            if tuple(line.words[first - length : first]) in self._lexicon.bounds:
                return length
        return 0
