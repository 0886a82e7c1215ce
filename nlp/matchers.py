"""Phrases in text by spaCy's PhraseMatcher (cues, concepts, region names), then the criteria's rules over sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from nlp.annotations import Verdict
from nlp.growing_matcher import GrowingMatcher
from nlp.language import Sentence, language
from nlp.taxonomy_data import expand
from nlp.taxonomy_model import Criterion, Enabler, Rule, Taxonomy

# spaCy never forgets a word: this many take about 200 MB. (Its memory_zone forgets all after each batch: half as fast.)
MAX_REMEMBERED_WORDS = 500_000
# From so many texts on, taking in all phrases at once is less work than looking for those that a text calls for.
MANY_TEXTS = 64
TITLE = -1  # the place of a hit in the title; sentences are counted from 0


class Hit(NamedTuple):
    """A phrase found: kind is "cue" (code: its number), "concept", "enabler" or "region" (code: its name), "page"
    (code: a filtration reason's, a colon, and the phrase's number), "facet" (code: the facet cue's number) or "theme"
    (code: the number of a cue of a theme that is found by rule)."""

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

    def __init__(
        self,
        taxonomy: Taxonomy,
        facets: Mapping[str, tuple[str, ...]] | None = None,
        themes: Mapping[str, tuple[str, ...]] | None = None,
        enablers: bool = True,
    ) -> None:
        self.taxonomy = taxonomy
        self._facets, self._themes = dict(facets or {}), dict(themes or {})
        self._enabler_concepts = taxonomy.enabler_concepts if enablers else {}
        # Each cue's theme, by number.
        self.cue_themes = [place for place, theme in enumerate(taxonomy.themes) for _ in theme.cues]

    @cached_property
    def _patterns(self) -> dict[str, tuple[str, ...]]:
        """Matcher key -> braced phrases. The key is kind and code, parted by a bar."""
        cues = [cue for theme in self.taxonomy.themes for cue in theme.cues]
        patterns: dict[str, tuple[str, ...]] = {f"cue|{number}": (cue,) for number, cue in enumerate(cues)}
        patterns |= {f"concept|{name}": phrases for name, phrases in self.taxonomy.concepts.items()}
        patterns |= {f"enabler|{name}": phrases for name, phrases in self._enabler_concepts.items()}
        for region in self.taxonomy.regions:
            patterns[f"region|{region.code}"] = (region.name, region.former, *region.aliases)
        for reason in self.taxonomy.reasons:
            patterns |= {f"page|{reason.code}:{place}": (phrase,) for place, phrase in enumerate(reason.words)}
        patterns |= {f"theme|{number}": phrases for number, phrases in self._themes.items()}
        return patterns | {f"facet|{number}": phrases for number, phrases in self._facets.items()}

    @cached_property
    def _matcher(self) -> GrowingMatcher:
        return GrowingMatcher(
            {
                key: sorted({phrase.lower() for pattern in braced for phrase in expand(pattern)})
                for key, braced in self._patterns.items()
            }
        )

    def prepare(self, texts: int) -> None:
        """Make ready for so many texts, in bounded memory; findings do not change.

        A spaCy pipeline that remembers too many words makes way for a fresh one (0.2 s).
        """
        if len(language().vocab.strings) > MAX_REMEMBERED_WORDS:
            language.cache_clear()
            self.__dict__.pop("_matcher", None)
            self.__dict__.pop("_keys", None)
        if texts >= MANY_TEXTS:
            self._matcher.complete()

    @cached_property
    def _keys(self) -> dict[int, tuple[str, str]]:
        strings = language().vocab.strings
        return {strings[key]: (key.split("|")[0], key.split("|")[1]) for key in self._patterns}

    def find(self, text: str, starts: Sequence[int], place: int = 0) -> list[Hit]:
        """The hits in a readable text, in order; `starts`: its sentences' offsets; `place`: the first one's number."""
        doc = language().make_doc(text)
        found, keys = self._matcher(doc), self._keys
        if not found:
            return []
        offsets = [*doc.to_array("IDX").tolist(), len(text)]
        hits, number, final = [], 0, len(starts) - 1
        for key, first, last in found:
            kind, code = keys[key]
            start, end = offsets[first], offsets[last]
            if text[end - 1] == " ":  # the one space that may part two tokens; further ones are tokens
                end -= 1
            while number < final and starts[number + 1] <= start:  # matches come in the order of their starts
                number += 1
            hits.append(Hit(kind, code, place + number, text[start:end], start, end))
        return hits


class RuleMatcher:
    """Entries with rules: which sentence satisfies one. `kind`: the hits that count; `cautions`: words of intention."""

    def __init__(
        self, entries: Sequence[Criterion | Enabler], kind: str, cautions: Iterable[str], decoys: Iterable[str]
    ) -> None:
        self.entries, self.kind = entries, kind
        self.cautions, self.decoys = frozenset(cautions), frozenset(decoys)
        self._plannable = {one.code for one in entries if isinstance(one, Criterion) and one.can_be_planned}
        # Each entry with its rules, each of those with the concepts without which it cannot be satisfied.
        self._rules = [(one, [(rule, frozenset((*rule.near, *rule.all))) for rule in one.rules]) for one in entries]

    def findings(self, hits: Iterable[Hit]) -> list[Finding]:
        """At most one finding an entry, in the taxonomy's order: met before planned, then rule, then sentence."""
        by_sentence: dict[int, dict[str, list[Hit]]] = {}
        for hit in undeceived([hit for hit in hits if hit.kind == self.kind], self.decoys):
            by_sentence.setdefault(hit.sentence, {}).setdefault(hit.code, []).append(hit)
        anywhere = Counter(name for place, names in by_sentence.items() if place != TITLE for name in names)
        best = (
            self._best(entry, possible, by_sentence, anywhere)
            for entry, rules in self._rules
            if (possible := [rule for rule, needed in rules if needed <= anywhere.keys()])
        )
        return [finding for finding in best if finding is not None]

    def _best(
        self,
        entry: Criterion | Enabler,
        rules: Sequence[Rule],
        by_sentence: Mapping[int, Mapping[str, list[Hit]]],
        anywhere: Mapping[str, int],
    ) -> Finding | None:
        titled = by_sentence.get(TITLE, {})
        found = [
            self._finding(entry, rule, sentence, concepts)
            for rule in rules
            if (not rule.repeated or anywhere[rule.all[0]] + (rule.all[0] in titled) > 1)
            for sentence, concepts in by_sentence.items()
            if sentence != TITLE and _satisfies(rule, concepts)
        ]
        return min(found, key=lambda one: (one.verdict != "met", -one.score, one.sentence), default=None)

    def _finding(
        self, entry: Criterion | Enabler, rule: Rule, sentence: int, concepts: Mapping[str, list[Hit]]
    ) -> Finding:
        planned = entry.code in self._plannable and any(name in concepts for name in self.cautions)
        hits = [hit for name in rule.all for hit in concepts[name]]
        matched, focus = tuple(sorted({hit.text for hit in hits})), min(hit.start for hit in hits)
        return Finding(entry.code, "planned" if planned else "met", rule.score, sentence, focus, matched)


class CriteriaMatcher(RuleMatcher):
    """The pledge criteria: which sentence shows one met, or commits to it."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        super().__init__(taxonomy.criteria, "concept", taxonomy.cautions, taxonomy.decoys)


def _satisfies(rule: Rule, concepts: Mapping[str, list[Hit]]) -> bool:
    """Whether one sentence's phrases satisfy a rule."""
    if not all(name in concepts for name in rule.all) or any(name in concepts for name in rule.none):
        return False
    aside = {(hit.start, hit.end) for name in rule.without for hit in concepts.get(name, ())}
    return any((hit.start, hit.end) not in aside for hit in concepts[rule.all[0]])


def undeceived(hits: Sequence[Hit], decoys: frozenset[str]) -> list[Hit]:
    """The hits without decoys and without what lies inside a decoy of the same sentence or title."""
    masks = [hit for hit in hits if hit.code in decoys]
    if not masks:
        return list(hits)
    return [
        hit
        for hit in hits
        if hit.code not in decoys
        and not any(mask.sentence == hit.sentence and mask.start <= hit.start and hit.end <= mask.end for mask in masks)
    ]


def starts_of(sentences: Sequence[Sentence]) -> list[int]:
    """The offsets at which the sentences start."""
    return [sentence.start for sentence in sentences]
