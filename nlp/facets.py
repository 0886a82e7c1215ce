"""The facets that a scanner filters by: each value that a listing's text supports, with its sentence."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from nlp.annotations import Annotation
from nlp.evidence import quoted
from nlp.facet_cues import Guard, Mention, ReadyVocabulary, longest
from nlp.facet_model import Facet, Vocabulary
from nlp.matchers import TITLE, Hit
from nlp.organisations import FACET as ORGANISATION
from nlp.organisations import NameFinder
from nlp.reading import Reading
from nlp.taxonomy_model import Region

# Changed when the code that turns phrases into values changes, so that stored facets are made anew.
CODE_VERSION = "1"
METHOD = "rule:facets"
REGION = "region"
# Substance, not mention: the title and the opening say what a page is about. The title counts toward the score only,
# since evidence is a sentence of the text.
FACTORS = {TITLE: 1.0, 0: 1.5, 1: 1.2}
SCORE_DIGITS = 4
MAX_MATCHED = 5  # phrases named in an annotation's detail


@dataclass(slots=True)
class Tally:
    """What speaks for one value: the heaviest mention of each sentence (TITLE for the title)."""

    label: str = ""
    by_sentence: dict[int, tuple[float, Mention]] = field(default_factory=dict)
    matched: set[str] = field(default_factory=set)

    def add(self, mention: Mention) -> None:
        """Count a mention; of several in one sentence the heaviest, then the first, stands."""
        sentence = mention.sentence
        weight = mention.weight * FACTORS.get(sentence, 1.0)
        known = self.by_sentence.get(sentence)
        if known is None or (weight, -mention.start) > (known[0], -known[1].start):
            self.by_sentence[sentence] = (weight, mention)
        self.matched.add(mention.text.lower())
        self.label = self.label or mention.label

    @property
    def score(self) -> float:
        """1 - 2^-w for the summed weight w: one plain mention gives a half, two three quarters."""
        return 1 - 2.0 ** -sum(weight for weight, _ in self.by_sentence.values())

    @property
    def told(self) -> bool:
        """Whether a sentence of the text speaks for the value, and not the title alone."""
        return len(self.by_sentence) > (TITLE in self.by_sentence)

    @property
    def best(self) -> Mention | None:
        """The mention whose sentence is the evidence: the heaviest, then the first; None when only the title speaks."""
        best: tuple[float, int] | None = None
        found: Mention | None = None
        for place, (weight, mention) in self.by_sentence.items():
            if place != TITLE and (best is None or (weight, -place) > best):
                best, found = (weight, -place), mention
        return found


class FacetTagger:
    """Finds facet values in readings; made once. `phrases` is what the shared matcher must look for."""

    def __init__(self, vocabulary: Vocabulary, regions: Sequence[Region] = ()) -> None:
        self.vocabulary = vocabulary
        self._ready = ReadyVocabulary(vocabulary)
        self._names = NameFinder(vocabulary.facets.get(ORGANISATION))
        self.phrases: Mapping[str, tuple[str, ...]] = self._ready.phrases
        self._choices = {name: Choice(facet) for name, facet in vocabulary.facets.items()}
        self._implies = {
            (facet.facet, value.code): tuple(_split(implied) for implied in value.implies)
            for facet in vocabulary.facets.values()
            for value in facet.values
            if value.implies
        }
        networks = hashlib.sha256(repr(sorted(map(repr, regions))).encode()).hexdigest()
        # What bears on every facet: the code and the networks' names.
        self.base_version = _digest(CODE_VERSION, networks, self._names.version)
        self.version = _digest(self.base_version, vocabulary.version)

    def annotations(self, reading: Reading) -> list[Annotation]:
        """The facet values of one reading, in the order of facet and value code."""
        if not reading.sentences:
            return []
        tallies: defaultdict[str, defaultdict[str, Tally]] = defaultdict(lambda: defaultdict(Tally))
        listed = list(self._mentions(reading))
        for mention in longest([*listed, *self._written(reading, listed)]):
            if mention.code:
                tallies[mention.facet][mention.code].add(mention)
            for facet, code in self._implies.get((mention.facet, mention.code), ()):
                if code:
                    tallies[facet][code].add(mention)
        return [
            self._annotation(reading, name, code, values[code])
            for name, values in sorted(tallies.items())
            for code in self._codes(name, values)
        ]

    def _codes(self, facet: str, values: Mapping[str, Tally]) -> list[str]:
        """The codes to be given; a facet without vocabulary (networks by name alone) gives all that the text names."""
        choice = self._choices.get(facet)
        return choice.codes(values) if choice else [code for code in sorted(values) if values[code].told]

    def _mentions(self, reading: Reading) -> Iterator[Mention]:
        """The vocabulary's phrases in the reading that their guards allow, and the networks' names."""
        allowed = Remembered(reading)
        cues = self._ready.cues
        for hit in reading.hits:
            if hit.kind == "facet":
                cue = cues[hit.code]
                spelled = not cue.cased or hit.text in cue.cased
                if spelled and (cue.guard is None or allowed(cue.guard, hit)):
                    code = cue.code or ""
                    yield Mention(cue.facet, code, hit.sentence, hit.start, hit.end, hit.text, cue.weight)
            elif hit.kind == "region":
                yield Mention(REGION, hit.code, hit.sentence, hit.start, hit.end, hit.text, 1.0)

    def _written(self, reading: Reading, listed: Sequence[Mention]) -> Iterator[Mention]:
        """Values found by expression and not by list: patterns, and names of organisations beside the listed ones."""
        allowed = Remembered(reading)
        locate = _locator(reading)
        for ready in self._ready.patterns:
            if ready.contains not in reading.text:
                continue
            for match in ready.regex.finditer(reading.text):
                sentence = locate(match.start())
                if sentence is None:
                    continue
                hit = Hit("facet", "", sentence, match.group(), match.start(), match.end())
                groups = (match.group(), *(group or "" for group in match.groups()))
                code, label = ready.pattern.code.format(*groups), ready.pattern.label.format(*groups)
                if ready.guard is None or allowed(ready.guard, hit):
                    yield Mention(ready.facet, code, sentence, *match.span(), hit.text, ready.pattern.weight, label)
        taken = [(one.start, one.end) for one in listed if one.facet == ORGANISATION and one.sentence != TITLE]
        for name in self._names.find(reading.text):
            sentence = locate(name.start)
            if sentence is not None and not any(name.start < end and start < name.end for start, end in taken):
                text = reading.text[name.start : name.end]
                yield Mention(ORGANISATION, name.code, sentence, name.start, name.end, text, 1.0, name.label)

    def _annotation(self, reading: Reading, facet: str, code: str, tally: Tally) -> Annotation:
        best = tally.best
        assert best is not None  # `_codes` leaves out what only the title says
        evidence = quoted(reading, best.sentence, best.start)
        detail: dict[str, object] = {"matched": sorted(tally.matched)[:MAX_MATCHED]}
        if tally.label:
            detail["label"] = tally.label
        score = round(tally.score, SCORE_DIGITS)
        return Annotation("facet", f"{facet}:{code}", score, evidence, METHOD, detail=detail)


class Choice:
    """Which of one facet's values are given, by their scores."""

    def __init__(self, facet: Facet) -> None:
        self._minimum, self._share, self._others = facet.minimum, facet.share, facet.others
        self._best, self._most_specific = facet.choose == "best", facet.most_specific
        self._order = {value.code: place for place, value in enumerate(facet.values)}
        self._alone = frozenset(value.code for value in facet.values if value.only_alone)

    def codes(self, values: Mapping[str, Tally]) -> list[str]:
        """The codes to be given, sorted; never one that only the title speaks for."""
        scores = {code: values[code].score for code in sorted(values) if values[code].told}
        if not scores:
            return []
        least = max(self._minimum, self._share * max(scores.values()))
        found = {code: score for code, score in scores.items() if score >= least}
        if self._alone and not found.keys().isdisjoint(self._alone):
            found = {code: score for code, score in found.items() if code not in self._alone} or found
        if self._best and found:
            best = max(found, key=lambda code: (found[code], -self._order.get(code, len(self._order))))
            found = {code: score for code, score in found.items() if code == best or score >= self._others}
        if self._most_specific and len(found) > 1:
            return [code for code in found if not any(other.startswith(f"{code}_") for other in found)]
        return list(found)


class Remembered:
    """Whether a guard allows a hit; what it says of a whole sentence or text is worked out once."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._sentences: dict[tuple[int, int], bool] = {}
        self._texts: dict[int, bool] = {}

    def __call__(self, guard: Guard, hit: Hit) -> bool:
        """Whether the words around the hit, its sentence and its text are as the guard wants them."""
        in_title = hit.sentence == TITLE
        text = self._reading.title if in_title else self._reading.text
        first = 0 if in_title else self._reading.sentences[hit.sentence].start
        if not guard.allows_place(text, first, hit.start, hit.end):
            return False
        if (guard.needs is not None or guard.never is not None) and not self._sentence(guard, hit.sentence):
            return False
        return guard.needs_anywhere is None or self._text(guard)

    def _sentence(self, guard: Guard, number: int) -> bool:
        key = (guard.number, number)
        if key not in self._sentences:
            text = self._reading.title if number == TITLE else self._reading.sentences[number].text
            self._sentences[key] = guard.allows_sentence(text)
        return self._sentences[key]

    def _text(self, guard: Guard) -> bool:
        if guard.number not in self._texts:
            self._texts[guard.number] = guard.allows_text(f"{self._reading.title}\n{self._reading.text}")
        return self._texts[guard.number]


def _locator(reading: Reading) -> Callable[[int], int | None]:
    """A function from an offset to the number of the prose sentence that it lies in, or None."""
    starts = [sentence.start for sentence in reading.sentences]

    def locate(offset: int) -> int | None:
        number = bisect_right(starts, offset) - 1
        return number if number >= 0 and offset < reading.sentences[number].end else None

    return locate


def _split(implied: str) -> tuple[str, str]:
    facet, _, code = implied.partition(":")
    return facet, code


def _digest(*parts: str) -> str:
    """12 hexadecimal digits over some parts."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]
