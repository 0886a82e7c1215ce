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
from functools import cached_property
from itertools import accumulate
from math import log

from nlp.subject_words import COMMON, stems

# The corpus' texts end at 216 words, the tagging guide's at 270: a page of this size is read whole, as they are.
WHOLE_WORDS = 300
FEW_LINES = 4  # with fewer there are no surroundings to tell from a text
MANY_SHORT_LINES = 10  # a page with so many short lines has a menu or a footer, however few its words
MIN_LINE_WORDS = 8  # shorter lines are headings, menu entries, names and links
OPEN_LINE_WORDS = 25  # no headline or link is so long that it does without a full stop
PARAGRAPH_WORDS = 25  # shorter ones after a title are slogans and standfirsts as often as the text's beginning
LONG_WORDS = 40  # a paragraph of a text; teasers are shorter
TITLE_EXCESS = 4  # a line this many times as long as the title says more than the title
# Values of a line, in words that stand on no other line of the page. All were set on train + single among the
# boilerplate for development, by how much of the text was kept and how much of what was kept is the text: there the
# median line of a text has 1.5 such words of its title, and nineteen in twenty of the lines around it have none.
PROSE_COST = 0.35
SHORT_COST = 0.12
HEADING_COST = 0.3  # a heading that shares no word with title or text: something else begins
HEADED_GAIN = 0.8  # for the first paragraphs after the title's own line
LONG_GAIN = 0.45  # for a long paragraph beside another line of prose
COHESION_GAIN = 2.5  # times the share of the line's words that the text has elsewhere, above:
LEAST_COHESION = 0.03
COMMON_WEIGHT = 0.5  # of a title's word that many texts of the field have
LEAST_VALUE = 0.15  # of a main passage
LEAST_OWN_VALUE = -0.12  # of a line inside it
HEADED_LINES = 2
HEADING_REACH_LINES = 8  # buttons, date and author may stand between a title and its text
ASIDE_LINES = 3  # what may interrupt a text: a slogan, a quotation with its name, a teaser with its title
Stretch = tuple[int, int]
_STOPS = (".", "!", "?", ":", ";")
_CLOSERS = " \t\"'”’)]"
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

    @cached_property
    def is_prose(self) -> bool:
        """Whether it is running text: long, or of some length and closed."""
        is_closed = self.text.rstrip(_CLOSERS).endswith(_STOPS)
        return self.words >= OPEN_LINE_WORDS or (self.words >= MIN_LINE_WORDS and is_closed)


def main_passage(title: str, text: str) -> list[tuple[int, int]]:
    """The stretches (start, end) of a page that are its own text, in order; all of it when it is short or unclear."""
    lines = [Line(match.group(), match.start(), match.end()) for match in _LINE.finditer(text) if match.group().strip()]
    if is_text_alone(lines):
        return [(0, len(text))]
    page = Page(title, lines)
    found = best_stretch(page.values(None))
    if found is None:
        return [(0, len(text))]
    found = page.grown(widened(page.values(found), found))
    return [(lines[place].start, lines[place].end) for place in page.own_lines(found)]


def is_text_alone(lines: Sequence[Line]) -> bool:
    """Whether nothing stands around the text, so far as length and lines tell."""
    if len(lines) < FEW_LINES:
        return True
    short = sum(line.words < MIN_LINE_WORDS for line in lines)
    return short < MANY_SHORT_LINES and sum(line.words for line in lines) <= WHOLE_WORDS


class Page:
    """A page's lines, and how strongly each belongs to the title and to a stretch that is taken for the text."""

    def __init__(self, title: str, lines: Sequence[Line]) -> None:
        self.lines, self.title = lines, stems(title)
        count = Counter(stem for line in {line.text: line for line in lines}.values() for stem in line.stems)
        scale = log(1 + len(lines))
        # 1 for a stem on one line, 0 for one on all of them.
        self._weight = {stem: 1 - log(of) / scale for stem, of in count.items()}
        heading = _squeezed(title)
        # The title's own line and the path that ends in it.
        self._titles = {
            place
            for place, line in enumerate(lines)
            if heading and heading in _squeezed(line.text) and line.words <= TITLE_EXCESS * len(heading.split())
        }
        self._headed = self._after_heading(heading)

    def values(self, stretch: Stretch | None) -> list[float]:
        """Each line's value, given the stretch that is taken for the text."""
        known = self._known(stretch)
        return [self._value(place, known, stretch) for place in range(len(self.lines))]

    def own_lines(self, stretch: Stretch) -> list[int]:
        """The places of the main passage's lines, without asides, buttons and the title again."""
        known = self._known(stretch)
        return [place for place in range(*stretch) if self._belongs(place, known, stretch)]

    def _belongs(self, place: int, known: Counter[str], stretch: Stretch) -> bool:
        line = self.lines[place]
        if place in self._titles:
            return False
        if not line.is_prose:
            return bool((line.stems - COMMON) & (self.title | known.keys()))
        return self._value(place, known, stretch) >= LEAST_OWN_VALUE

    def grown(self, stretch: Stretch) -> Stretch:
        """The stretch with what goes on after, or before, an aside at its end."""
        known = self._known(stretch)
        first, last = stretch
        while (after := self._next_own(range(last, min(last + ASIDE_LINES, len(self.lines))), known)) is not None:
            last = after + 1
        while (before := self._next_own(range(first - 1, max(first - ASIDE_LINES, 0) - 1, -1), known)) is not None:
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
        if place in self._titles:
            return -SHORT_COST
        if not line.is_prose:
            return -self._short_cost(place, known)
        value = self._title_share(line) - PROSE_COST
        value += HEADED_GAIN * (place in self._headed)
        value += LONG_GAIN * (line.words >= LONG_WORDS and self._is_joined(place))
        if stretch is None:
            return value
        inside = stretch[0] <= place < stretch[1]
        return value + COHESION_GAIN * (self._cohesion(line, known, 1 + inside) - LEAST_COHESION)

    def _title_share(self, line: Line) -> float:
        """The weight of the title's words in a line; a word that most texts of the field may have counts half."""
        shared = line.stems & self.title
        return sum(self._weight[stem] * (COMMON_WEIGHT if stem in COMMON else 1) for stem in shared)

    def _short_cost(self, place: int, known: Counter[str]) -> float:
        """What a short line costs: more when it heads the next one and shares no word with title or text."""
        heads = place + 1 < len(self.lines) and self.lines[place + 1].is_prose
        is_foreign = not self.lines[place].stems & (self.title | known.keys())
        return HEADING_COST if heads and is_foreign else SHORT_COST

    def _is_paragraph(self, place: int) -> bool:
        """Whether the line is prose of more than one or two short sentences."""
        return self.lines[place].is_prose and self.lines[place].words >= PARAGRAPH_WORDS

    def _is_joined(self, place: int) -> bool:
        """Whether a line of prose stands right before or after it."""
        beside = (other for other in (place - 1, place + 1) if 0 <= other < len(self.lines))
        return any(self.lines[other].is_prose and other not in self._titles for other in beside)

    def _cohesion(self, line: Line, known: Counter[str], least: int) -> float:
        """The share of a line's weight in stems that `least` lines of the text have."""
        own = line.stems - COMMON
        total = sum(self._weight[stem] for stem in own)
        shared = sum(self._weight[stem] for stem in own if known[stem] >= least)
        return shared / total if total else 0.0

    def _after_heading(self, title: str) -> set[int]:
        """The places of the first prose lines after the title's own line, when it stands on the page."""
        own = [place for place in self._titles if _squeezed(self.lines[place].text) == title]
        return {following for place in own for following in self._first_paragraphs(place)}

    def _first_paragraphs(self, heading: int) -> list[int]:
        """The places of the first paragraphs after a heading, none when they are far from it."""
        reach = range(heading + 1, min(heading + 1 + HEADING_REACH_LINES, len(self.lines)))
        return [place for place in reach if self._is_paragraph(place)][:HEADED_LINES]


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


def widened(values: Sequence[float], stretch: Stretch) -> Stretch:
    """The stretch of the greatest sum among those that contain `stretch`."""
    first, last = stretch
    after = list(accumulate(values[last:], initial=0.0))
    before = list(accumulate(reversed(values[:first]), initial=0.0))
    return first - before.index(max(before)), last + after.index(max(after))
