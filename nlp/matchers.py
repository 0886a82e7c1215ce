"""Phrases in text by spaCy's PhraseMatcher (cues, concepts, region names), then the criteria's rules over sentences."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from nlp.annotations import Verdict
from nlp.language import Sentence, language
from nlp.taxonomy_data import expand
from nlp.taxonomy_model import Criterion, Rule, Taxonomy

if TYPE_CHECKING:
    from spacy.matcher import PhraseMatcher

# spaCy never forgets a word: this many take about 200 MB. (Its memory_zone forgets all after each batch: half as fast.)
MAX_REMEMBERED_WORDS = 500_000
TITLE = -1  # the place of a hit in the title; sentences are counted from 0


class Hit(NamedTuple):
    """A phrase found: kind is "cue" (code: its number), "concept" or "region" (code: its name), "page" (code: a
    filtration reason's, a colon, and the phrase's number) or "facet" (code: the facet cue's number)."""

    kind: str
    code: str
    sentence: int
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Finding:
    """A criterion that a sentence satisfies, by which phrases, the first at offset `focus`; score is the rule's."""

    code: str
    verdict: Verdict
    score: float
    sentence: int
    focus: int
    matched: tuple[str, ...]


class Phrases:
    """All phrases of a taxonomy in one matcher: one pass over a text finds cues, concepts, regions and page words."""

    def __init__(self, taxonomy: Taxonomy, facets: Mapping[str, tuple[str, ...]] | None = None) -> None:
        self.taxonomy = taxonomy
        self._facets = dict(facets or {})
        # Each cue's theme, by number.
        self.cue_themes = [place for place, theme in enumerate(taxonomy.themes) for _ in theme.cues]

    @cached_property
    def _patterns(self) -> dict[str, tuple[str, ...]]:
        """Matcher key -> braced phrases. The key is kind and code, parted by a bar."""
        cues = [cue for theme in self.taxonomy.themes for cue in theme.cues]
        patterns: dict[str, tuple[str, ...]] = {f"cue|{number}": (cue,) for number, cue in enumerate(cues)}
        patterns |= {f"concept|{name}": phrases for name, phrases in self.taxonomy.concepts.items()}
        for region in self.taxonomy.regions:
            patterns[f"region|{region.code}"] = (region.name, region.former, *region.aliases)
        for reason in self.taxonomy.reasons:
            patterns |= {f"page|{reason.code}:{place}": (phrase,) for place, phrase in enumerate(reason.words)}
        return patterns | {f"facet|{number}": phrases for number, phrases in self._facets.items()}

    @cached_property
    def _matcher(self) -> PhraseMatcher:
        from spacy.matcher import PhraseMatcher

        pipeline = language()
        matcher = PhraseMatcher(pipeline.vocab, attr="LOWER")
        for key, braced in self._patterns.items():
            phrases = sorted({phrase.lower() for pattern in braced for phrase in expand(pattern)})
            matcher.add(key, [pipeline.make_doc(phrase) for phrase in phrases])
        return matcher

    def renew(self) -> None:
        """Start a fresh spaCy pipeline (0.2 s) when this one remembers too many words; findings do not change."""
        if len(language().vocab.strings) > MAX_REMEMBERED_WORDS:
            language.cache_clear()
            self.__dict__.pop("_matcher", None)
            self.__dict__.pop("_keys", None)

    @cached_property
    def _keys(self) -> dict[int, tuple[str, str]]:
        strings = language().vocab.strings
        return {strings[key]: (key.split("|")[0], key.split("|")[1]) for key in self._patterns}

    def find(self, text: str, starts: Sequence[int], place: int = 0) -> list[Hit]:
        """The hits in a readable text, in order; `starts`: its sentences' offsets; `place`: the first one's number."""
        doc, keys = language().make_doc(text), self._keys
        hits = []
        for key, first, last in self._matcher(doc):
            kind, code = keys[key]
            start, end = doc[first].idx, doc[last - 1].idx + len(doc[last - 1])
            sentence = max(bisect_right(starts, start) - 1, 0) + place
            hits.append(Hit(kind, code, sentence, text[start:end], start, end))
        return hits


class CriteriaMatcher:
    """The pledge criteria: which sentence shows one met, or commits to it."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self.criteria = taxonomy.criteria
        self.cautions = frozenset(taxonomy.cautions)

    def findings(self, hits: Iterable[Hit]) -> list[Finding]:
        """At most one finding a criterion, in the taxonomy's order: met before planned, then rule, then sentence."""
        by_sentence: dict[int, dict[str, list[Hit]]] = {}
        for hit in hits:
            if hit.kind == "concept" and hit.sentence != TITLE:
                by_sentence.setdefault(hit.sentence, {}).setdefault(hit.code, []).append(hit)
        anywhere = frozenset(name for concepts in by_sentence.values() for name in concepts)
        best = (self._best(criterion, by_sentence, anywhere) for criterion in self.criteria)
        return [finding for finding in best if finding is not None]

    def _best(
        self, criterion: Criterion, by_sentence: Mapping[int, Mapping[str, list[Hit]]], anywhere: frozenset[str]
    ) -> Finding | None:
        found = [
            self._finding(criterion, rule, sentence, concepts)
            for rule in criterion.rules
            if anywhere.issuperset(rule.near) and anywhere.issuperset(rule.all)
            for sentence, concepts in by_sentence.items()
            if all(name in concepts for name in rule.all) and not any(name in concepts for name in rule.none)
        ]
        return min(found, key=lambda one: (one.verdict != "met", -one.score, one.sentence), default=None)

    def _finding(self, criterion: Criterion, rule: Rule, sentence: int, concepts: Mapping[str, list[Hit]]) -> Finding:
        planned = criterion.can_be_planned and any(name in concepts for name in self.cautions)
        hits = [hit for name in rule.all for hit in concepts[name]]
        matched, focus = tuple(sorted({hit.text for hit in hits})), min(hit.start for hit in hits)
        return Finding(criterion.code, "planned" if planned else "met", rule.score, sentence, focus, matched)


def starts_of(sentences: Sequence[Sentence]) -> list[int]:
    """The offsets at which the sentences start."""
    return [sentence.start for sentence in sentences]
