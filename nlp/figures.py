"""Figures: every quantified claim of a text with value, unit, direction, measure and population, by rule."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from nlp.annotations import Annotation
from nlp.evidence import quoted
from nlp.quantities.amounts import AmountReader
from nlp.quantities.bounds import Amount
from nlp.quantities.directions import Directions, Movement
from nlp.quantities.measures import Measures
from nlp.quantities.numbers import Line, Value
from nlp.quantities.shares import NUMBER_WORDS
from nlp.quantities.terms import Direction, Lexicon, load_figure_terms
from nlp.reading import Reading

# Changed when the code that reads figures changes, so that stored figures are made anew.
CODE_VERSION = "2"
METHOD = "rule:figures"
# A page of 3,000 words states some sixty; beyond this many it is a table.
MAX_FIGURES = 99
# What a sentence must hold to be read: a digit that a word does not carry on to, the sign of a fraction, a number word.
_DIGIT = re.compile(r"[0-9½¼¾⅓⅔](?:(?<=[½¼¾⅓⅔])|(?<![^\W_].))")
_WORD = re.compile("[a-z]+")


def may_state(sentence: str) -> bool:
    """Whether a sentence holds anything that a figure can start with; cheap, so that most sentences cost no more."""
    if _DIGIT.search(sentence):
        return True
    return not NUMBER_WORDS.isdisjoint(_WORD.findall(sentence.lower()))


@dataclass(frozen=True, slots=True)
class Figure:
    """One quantified claim in a sentence; start and end are offsets into the sentence of the words that state it.

    high: a range's upper end; origin: the state before a change; bound: "at least", "at most" or "about".
    """

    value: Value
    unit: str
    direction: Direction
    measure: str
    population: str | None
    start: int
    end: int
    bound: str | None = None
    high: Value | None = None
    origin: Value | None = None

    def detail(self) -> dict[str, object]:
        """The figure as an annotation's detail; what the sentence does not say is left out."""
        said = {
            "value": self.value,
            "high": self.high,
            "from": self.origin,
            "unit": self.unit,
            "direction": self.direction,
            "measure": self.measure,
            "population": self.population,
            "bound": self.bound,
        }
        return {key: value for key, value in said.items() if value is not None}


class FigureReader:
    """Finds figures; made once from the vocabulary. version changes with the vocabulary and this code."""

    def __init__(self, lexicon: Lexicon | None = None) -> None:
        lexicon = lexicon or load_figure_terms()
        self._amounts, self._directions = AmountReader(lexicon), Directions(lexicon)
        self._measures = Measures(lexicon)
        self.version = hashlib.sha256(f"{lexicon.version}\n{CODE_VERSION}".encode()).hexdigest()[:12]

    def annotations(self, reading: Reading) -> list[Annotation]:
        """The figures of a document as annotations f01, f02, ... in order of place, each with its sentence."""
        return list(self._annotations(reading))

    def _annotations(self, reading: Reading) -> Iterator[Annotation]:
        count = 0
        for number, sentence in enumerate(reading.sentences):
            for figure in self.figures(sentence.text):
                if count == MAX_FIGURES:
                    return
                count += 1
                evidence = quoted(reading, number, sentence.start + figure.start)
                yield Annotation("figure", f"f{count:02d}", 1.0, evidence, METHOD, detail=figure.detail())

    def figures(self, sentence: str) -> list[Figure]:
        """The figures of one sentence, in order."""
        if not may_state(sentence):
            return []
        line = Line(sentence)
        amounts = self._amounts.amounts(line)
        movements = self._directions.movements(line, amounts)
        return [self._figure(line, amount, movement) for amount, movement in zip(amounts, movements, strict=True)]

    def _figure(self, line: Line, amount: Amount, movement: Movement) -> Figure:
        return Figure(
            amount.value,
            amount.unit,
            movement.direction,
            self._measures.measure(line, amount, movement),
            self._measures.population(line, amount),
            line.starts[amount.first],
            line.ends[amount.end - 1],
            amount.bound,
            amount.high,
            amount.origin,
        )
