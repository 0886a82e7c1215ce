"""The main passage of a long page: which of its lines are its own text, and which stand around it.

Lines are given a value each, positive for what belongs to the page's title and to the text already found, negative for
the rest; the stretch with the greatest sum is the main passage (maximum subsequence segmentation: Pasternack and Roth,
"Extracting article text from the web with maximum subsequence segmentation", WWW 2009).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from math import log

# The corpus' texts end at 216 words, the tagging guide's at 270: a page of this size is read whole, as they are.
WHOLE_WORDS = 300
FEW_LINES = 4  # with fewer there are no surroundings to tell from a text
MIN_LINE_WORDS = 8  # shorter lines are headings, menu entries, names and links
OPEN_LINE_WORDS = 25  # no headline or link is so long that it does without a full stop
# What a line costs: set on train + single among boilerplate (development), where a line of the text shares at the
# median 1.5 words of weight with its title and 0.16 of its own words with the rest of the text, others none and none.
PROSE_COST = 0.35
SHORT_COST = 0.12
COHESION_GAIN = 2.5
LEAST_COHESION = 0.03
HEADED_GAIN = 0.8
HEADED_LINES = 2  # so many prose lines after the title's own line are taken for the text's beginning
LEAST_VALUE = 0.3
STEM_LETTERS = 6
# Stems in more than a fifth of train + single: they tie no line to another.
GENERAL = frozenset(
    (  # noqa: SIM905 - words read better than a list of strings
        "nhs health people care patien clinic hospit englan servic staff suppor progra trust year years practi help "
        "nation commun projec says work time techno digita home univer manage system improv team better new innova"
    ).split()
)
LONG_WORDS = 40  # a paragraph of a text; teasers are shorter
LONG_GAIN = 0.45
ASIDE_LINES = 3  # what may interrupt a text: a slogan, a quotation with its name, a teaser with its title
Stretch = tuple[int, int]
_WORD = re.compile(r"[a-z0-9][a-z0-9'’-]+[a-z0-9]")
_CLOSED = re.compile(r"[.!?:;][\"'”’)\]]*\s*$")
_LINE = re.compile(r"[^\n\r]+")


@dataclass(frozen=True)
class Line:
    """One line of a page, with its place in the text."""

    text: str
    start: int
    end: int

    @cached_property
    def words(self) -> int:
        """How many words it has."""
        return len(self.text.split())

    @cached_property
    def stems(self) -> frozenset[str]:
        """Its words as `stems` gives them."""
        return stems(self.text)

    @property
    def is_prose(self) -> bool:
        """Whether it is running text: long, or of some length and closed."""
        return self.words >= OPEN_LINE_WORDS or (self.words >= MIN_LINE_WORDS and _CLOSED.search(self.text) is not None)


@cache
def _common_words() -> frozenset[str]:
    from spacy.lang.en.stop_words import STOP_WORDS

    return frozenset(STOP_WORDS)


def stems(text: str) -> frozenset[str]:
    """The first letters of the words that say what a text is about."""
    words = (word for word in _WORD.findall(text.lower()) if word not in _common_words())
    return frozenset(word[:STEM_LETTERS] for word in words) - GENERAL


def main_passage(title: str, text: str) -> list[tuple[int, int]]:
    """The stretches (start, end) of a page that are its own text, in order; all of it when it is short or unclear."""
    lines = [Line(match.group(), match.start(), match.end()) for match in _LINE.finditer(text) if match.group().strip()]
    if len(lines) < FEW_LINES or sum(line.words for line in lines) <= WHOLE_WORDS:
        return [(0, len(text))]
    page = Page(title, lines)
    found = best_stretch(page.values(None))
    if found is None:
        return [(0, len(text))]
    found = page.grown(best_stretch(page.values(found)) or found)
    return [(lines[place].start, lines[place].end) for place in range(*found) if page.belongs(place, found)]


class Page:
    """A page's lines, and how strongly each belongs to the title and to a stretch that is taken for the text."""

    def __init__(self, title: str, lines: Sequence[Line]) -> None:
        self.lines, self.title = lines, stems(title)
        count = Counter(stem for line in {line.text: line for line in lines}.values() for stem in line.stems)
        scale = log(1 + len(lines))
        # 1 for a stem on one line, 0 for one on all of them.
        self._weight = {stem: 1 - log(of) / scale for stem, of in count.items()}
        heading = _squeezed(title)
        self._titles = {place for place, line in enumerate(lines) if heading and heading in _squeezed(line.text)}
        self._headed = self._after_heading(heading)

    def values(self, stretch: Stretch | None) -> list[float]:
        """Each line's value, given the stretch that is taken for the text."""
        known = self._known(stretch)
        return [self._value(place, known, stretch) for place in range(len(self.lines))]

    def belongs(self, place: int, stretch: Stretch) -> bool:
        """Whether a line inside the main passage is a part of it: no aside, no button and not the title again."""
        line, known = self.lines[place], self._known(stretch)
        if place in self._titles:
            return False
        if not line.is_prose:
            return bool(line.stems & known.keys())
        return self._value(place, known, stretch) > -PROSE_COST + LONG_GAIN / 2

    def grown(self, stretch: Stretch) -> Stretch:
        """The stretch with what goes on after, or before, an aside at its end."""
        known = self._known(stretch)
        first, last = stretch
        while after := self._next_own(range(last, min(last + ASIDE_LINES, len(self.lines))), known):
            last = after + 1
        while before := self._next_own(range(first - 1, max(first - ASIDE_LINES, 0) - 1, -1), known):
            first = before
        return first, last

    def _next_own(self, places: Iterable[int], known: Counter[str]) -> int | None:
        """The first of the places with a long paragraph that shares words with the text."""
        for place in places:
            line = self.lines[place]
            if line.words >= LONG_WORDS and self._cohesion(line, known, 1) >= LEAST_COHESION:
                return place
        return None

    def _known(self, stretch: Stretch | None) -> Counter[str]:
        """How many prose lines of the stretch have each stem."""
        prose = self.lines[slice(*stretch)] if stretch else ()
        return Counter(stem for line in prose if line.is_prose for stem in line.stems)

    def _value(self, place: int, known: Counter[str], stretch: Stretch | None) -> float:
        line = self.lines[place]
        if not line.is_prose or place in self._titles:
            return -SHORT_COST
        value = sum(self._weight[stem] for stem in line.stems & self.title) - PROSE_COST
        value += HEADED_GAIN * (place in self._headed)
        if stretch is None:
            return value
        inside = stretch[0] <= place < stretch[1]
        value += LONG_GAIN * (line.words >= LONG_WORDS and self._is_joined(place))
        return value + COHESION_GAIN * (self._cohesion(line, known, 1 + inside) - LEAST_COHESION)

    def _is_joined(self, place: int) -> bool:
        """Whether a line of prose stands right before or after it."""
        beside = (other for other in (place - 1, place + 1) if 0 <= other < len(self.lines))
        return any(self.lines[other].is_prose and other not in self._titles for other in beside)

    def _cohesion(self, line: Line, known: Counter[str], least: int) -> float:
        """The share of a line's weight in stems that `least` lines of the text have."""
        total = sum(self._weight[stem] for stem in line.stems)
        shared = sum(self._weight[stem] for stem in line.stems if known[stem] >= least)
        return shared / total if total else 0.0

    def _after_heading(self, title: str) -> set[int]:
        """The places of the first prose lines after the title's own line, when it stands on the page."""
        own = [place for place in self._titles if _squeezed(self.lines[place].text) == title]
        if not own:
            return set()
        following = (place for place in range(max(own) + 1, len(self.lines)) if self.lines[place].is_prose)
        return {place for place, _ in zip(following, range(HEADED_LINES), strict=False)}


def _squeezed(text: str) -> str:
    return " ".join(text.lower().split())


def best_stretch(values: Sequence[float]) -> Stretch | None:
    """The (first, after-last) places of the stretch with the greatest sum; None when it is below LEAST_VALUE."""
    best, found, total, start = LEAST_VALUE, None, 0.0, 0
    for place, value in enumerate(values):
        if total <= 0:
            total, start = 0.0, place
        total += value
        if total > best:
            best, found = total, (start, place + 1)
    return found
