"""Themes by rule: a team's own, and the report's with cues that a team has added; each with its sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from nlp.annotations import Annotation
from nlp.evidence import quoted
from nlp.facet_cues import Mention, ReadyVocabulary, longest
from nlp.facet_model import Vocabulary
from nlp.facets import Remembered
from nlp.matchers import TITLE
from nlp.reading import Reading
from nlp.theme_model import OwnTheme

# Changed when the code that turns cues into themes changes, so that stored themes are made anew.
CODE_VERSION = "1"
METHOD = "rule:theme"
SCORE_DIGITS = 4
MAX_MATCHED = 5  # phrases named in an annotation's detail


@dataclass(slots=True)
class Tally:
    """What speaks for one theme: the cues of each sentence (TITLE for the title), each cue once."""

    by_sentence: dict[int, dict[str, Mention]] = field(default_factory=dict)

    def add(self, mention: Mention) -> None:
        """Count a mention; a cue that a sentence repeats counts once, at its first place."""
        self.by_sentence.setdefault(mention.sentence, {}).setdefault(mention.code, mention)

    def weight(self, sentence: int) -> float:
        """The summed weight of the sentence's cues."""
        return sum(one.weight for one in self.by_sentence[sentence].values())

    @property
    def score(self) -> float:
        """1 - 2^-w for the weight w of all sentences and the title: one plain cue gives a half."""
        return round(1 - 2.0 ** -sum(map(self.weight, self.by_sentence)), SCORE_DIGITS)

    def best(self, enough: float) -> int | None:
        """The heaviest sentence of the text, the first among equals; None when none of them weighs enough."""
        told = [sentence for sentence in sorted(self.by_sentence) if sentence != TITLE]
        found = max(told, key=self.weight, default=None)
        return found if found is not None and self.weight(found) >= enough else None


class ThemeRules:
    """Finds themes by their cues; made once. `phrases` is what the shared matcher must look for."""

    def __init__(self, themes: Mapping[str, OwnTheme]) -> None:
        self.themes = themes
        facets = {code: theme.as_facet() for code, theme in themes.items()}
        self._ready = ReadyVocabulary(Vocabulary(facets, {}, ""))
        self.phrases: Mapping[str, tuple[str, ...]] = self._ready.phrases

    def tallies(self, reading: Reading) -> dict[str, Tally]:
        """What speaks for each theme in a reading; themes without any cue there are left out."""
        tallies: dict[str, Tally] = {}
        for mention in longest(list(self._mentions(reading))):
            if self._ready.cues[mention.code].code is not None:
                tallies.setdefault(mention.facet, Tally()).add(mention)
        return tallies

    def annotations(self, reading: Reading, tallies: Mapping[str, Tally]) -> list[Annotation]:
        """The themes that a sentence carries, in order of their codes; none of them is marked as primary."""
        found = ((code, tally, tally.best(self.themes[code].enough)) for code, tally in sorted(tallies.items()))
        return [_annotation(reading, code, tally, best) for code, tally, best in found if best is not None]

    def _mentions(self, reading: Reading) -> Iterator[Mention]:
        """The cues in the reading that their guards allow; a mention's code is its cue's number."""
        allowed = Remembered(reading)
        for hit in reading.hits:
            if hit.kind == "theme":
                cue = self._ready.cues[hit.code]
                spelled = not cue.cased or hit.text in cue.cased
                if spelled and (cue.guard is None or allowed(cue.guard, hit)):
                    yield Mention(cue.facet, hit.code, hit.sentence, hit.start, hit.end, hit.text, cue.weight)


def _annotation(reading: Reading, code: str, tally: Tally, sentence: int) -> Annotation:
    cues = tally.by_sentence[sentence].values()
    evidence = quoted(reading, sentence, min(one.start for one in cues))
    detail = {"matched": sorted({one.text.lower() for one in cues})[:MAX_MATCHED], "weight": tally.weight(sentence)}
    return Annotation("theme", code, tally.score, evidence, METHOD, detail=detail)


def precedence(method: str, score: float, code: str) -> tuple[bool, float, str]:
    """Sorts themes by their claim to be the primary one: what is found by rule last, then by score, then by code."""
    return (method == METHOD, -score, code)
