"""Is a page an innovation listing at all? Rules over its title, opening and words, each with a plain-words reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from nlp.reading import Reading
from nlp.taxonomy_data import Reason

OPENING_CHARACTERS = 300  # what a page is is said in its first two or three sentences
READ_CHARACTERS = 2_500  # about 400 words: the corpus' longest text; footers of long pages stay unread
TITLE_POINTS = 2.0
OPENING_POINTS = 2.0
WORD_POINTS = 0.5
MAX_WORD_POINTS = 2.0


@dataclass(frozen=True, slots=True)
class Suspicion:
    """The reason that fits a page best, with its points (0 when none does) and the first sentence that shows it."""

    code: str
    reason: str
    points: float
    sentence: int | None


class PageRules:
    """The filtration rules of a taxonomy, compiled."""

    def __init__(self, reasons: Sequence[Reason]) -> None:
        self._rules = [(reason, _compiled(reason.title), _compiled(reason.opening), _compiled(reason.words)) for reason in reasons]
        self._plain = {reason.code: reason.reason for reason in reasons}

    def suspicion(self, reading: Reading) -> Suspicion:
        """The best-fitting reason why this page is no listing; the first of the file among equals."""
        if not reading.sentences:
            return Suspicion("empty", self._plain["empty"], TITLE_POINTS + OPENING_POINTS, None)
        said = " ".join(sentence.text for sentence in reading.sentences)[:READ_CHARACTERS]
        found = [self._judge(reading, said, *rule) for rule in self._rules]
        best = max(found, key=lambda one: one.points)
        return best if best.points > 0 else Suspicion("none", self._plain["none"], 0.0, None)

    def _judge(
        self,
        reading: Reading,
        said: str,
        reason: Reason,
        title: Sequence[re.Pattern[str]],
        opening: Sequence[re.Pattern[str]],
        words: Sequence[re.Pattern[str]],
    ) -> Suspicion:
        heading = reading.title.strip()
        points = TITLE_POINTS * any(pattern.search(heading) for pattern in title)
        points += OPENING_POINTS * any(pattern.search(said[:OPENING_CHARACTERS]) for pattern in opening)
        points += min(MAX_WORD_POINTS, WORD_POINTS * sum(pattern.search(said) is not None for pattern in words))
        return Suspicion(reason.code, reason.reason, points, _first_sentence(reading, (*opening, *words)) if points else None)


def _first_sentence(reading: Reading, patterns: Sequence[re.Pattern[str]]) -> int | None:
    """The number of the first sentence that any pattern finds."""
    for number, sentence in enumerate(reading.sentences):
        if any(pattern.search(sentence.text) for pattern in patterns):
            return number
    return None


def _compiled(patterns: Sequence[str]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)
