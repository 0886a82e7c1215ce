"""Is a page an innovation listing at all? Rules over its title, opening and words, each with a plain-words reason."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nlp.matchers import TITLE
from nlp.prefilters import folded
from nlp.reading import Reading
from nlp.taxonomy_model import Reason

EMPTY, UNNAMED = "empty", "none"  # codes of the reasons that have no cues
OPENING_CHARACTERS = 300  # what a page is is said in its first two or three sentences
READ_CHARACTERS = 2_500  # about 400 words: the corpus' longest text; footers of long pages stay unread
TITLE_POINTS = 2.0
OPENING_POINTS = 2.0
WORD_POINTS = 0.5
MAX_WORD_POINTS = 2.0
# No text in train + single has fewer than 68 different words; with fewer than these nothing can be described.
MIN_DIFFERENT_WORDS = 10
_ESCAPE = re.compile(r"\\.")
# References to groups, and flags for a whole expression.
_UNJOINABLE = re.compile(r"\\[1-9]|\(\?[P(aiLmsux]")


@dataclass(frozen=True, slots=True)
class Suspicion:
    """The reason that fits a page best, with its points (0 when none does) and the first sentence that shows it."""

    code: str
    reason: str
    points: float
    sentence: int | None


@dataclass(frozen=True, slots=True)
class _Rule:
    reason: Reason
    title: tuple[re.Pattern[str], ...]
    opening: tuple[re.Pattern[str], ...]


class PageRules:
    """The filtration rules of a taxonomy, compiled; their words are found by the phrase matcher."""

    def __init__(self, reasons: Sequence[Reason]) -> None:
        self._rules = [_Rule(reason, _compiled(reason.title), _compiled(reason.opening)) for reason in reasons]
        self._titles = _joined([pattern for rule in self._rules for pattern in rule.title])
        self._openings = _joined([pattern for rule in self._rules for pattern in rule.opening])
        self._plain = {reason.code: reason.reason for reason in reasons}

    def suspicion(self, reading: Reading) -> Suspicion:
        """The best-fitting reason why this page is no listing; the first of the file among equals."""
        if not enough_words(reading):
            return Suspicion(EMPTY, self._plain[EMPTY], TITLE_POINTS + OPENING_POINTS, None)
        start = reading.sentences[0].start
        opening = " ".join(folded(reading.text[start : start + OPENING_CHARACTERS]).split())
        title, words = folded(reading.title.strip()), _page_words(reading, start + READ_CHARACTERS)
        # Most pages match no expression at all, which one pass over title and opening shows.
        titled = title if self._titles.search(title) else None
        opened = opening if self._openings.search(opening) else None
        if titled is opened is None and not words:
            return Suspicion(UNNAMED, self._plain[UNNAMED], 0.0, None)
        found = [self._judge(rule, titled, opened, words.get(rule.reason.code, {})) for rule in self._rules]
        best = max(found, key=lambda one: one.points)
        return best if best.points > 0 else Suspicion(UNNAMED, self._plain[UNNAMED], 0.0, None)

    def _judge(self, rule: _Rule, title: str | None, opening: str | None, words: Mapping[str, int]) -> Suspicion:
        """title and opening: None when no rule's expressions find anything there. words: the rule's phrases found, each
        with the number of the first sentence that has it."""
        opens = opening is not None and any(pattern.search(opening) for pattern in rule.opening)
        titled = title is not None and any(pattern.search(title) for pattern in rule.title)
        points = TITLE_POINTS * titled + OPENING_POINTS * opens
        points += min(MAX_WORD_POINTS, WORD_POINTS * len(words))
        shown = 0 if opens else min(words.values(), default=None)
        return Suspicion(rule.reason.code, rule.reason.reason, points, shown)


def enough_words(reading: Reading) -> bool:
    """Whether there is text enough to describe anything."""
    words: set[str] = set()
    for sentence in reading.sentences:
        words.update(word for word in sentence.text.lower().split() if word.isascii() and any(map(str.isalpha, word)))
        if len(words) >= MIN_DIFFERENT_WORDS:
            return True
    return False


def _page_words(reading: Reading, until: int) -> dict[str, dict[str, int]]:
    """Reason -> phrase -> number of the first sentence with it, in the text before offset `until`."""
    words: dict[str, dict[str, int]] = {}
    for hit in reading.hits:
        if hit.kind == "page" and hit.sentence != TITLE and hit.start < until:
            words.setdefault(hit.code.split(":")[0], {}).setdefault(hit.code, hit.sentence)
    return words


def _compiled(patterns: Sequence[str]) -> tuple[re.Pattern[str], ...]:
    """The expressions for folded text; one that names capitals is of any case, which takes twice the time."""
    plain = [_ESCAPE.sub("", pattern) for pattern in patterns]
    flags = [0 if bare == bare.lower() else re.IGNORECASE for bare in plain]
    return tuple(map(re.compile, patterns, flags))


def _joined(patterns: Sequence[re.Pattern[str]]) -> re.Pattern[str]:
    """An expression that finds something wherever one of these does; one that always does when they cannot be one."""
    if any(_UNJOINABLE.search(one.pattern) for one in patterns):
        return re.compile("")
    return re.compile("|".join(f"(?{'i' * bool(one.flags & re.I)}:{one.pattern})" for one in patterns))
