"""The tagger: documents in, taggings out. The only public door of this package beside the taxonomy's loader."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np
from threadpoolctl import ThreadpoolController

from nlp.annotations import Annotation, Document, Filtration, Kind, Tagging
from nlp.classifiers import Models, Scores, chosen, listing_probability
from nlp.embedding import Encoder
from nlp.enablers import CODE_VERSION as ENABLERS_VERSION
from nlp.enablers import Enablers
from nlp.evidence import best_sentence, quoted
from nlp.facet_data import extra_folder, load_facets
from nlp.facet_model import Vocabulary
from nlp.facets import FacetTagger
from nlp.features import Floats, Vectoriser
from nlp.figures import FigureReader
from nlp.filtration import EMPTY, PageRules, Suspicion
from nlp.matchers import CriteriaMatcher, Finding, Hit, Phrases
from nlp.model_files import FEATURE_VERSION, check_columns, load_models, models_folder
from nlp.quantities.terms import load_figure_terms
from nlp.reading import Reading, read_all
from nlp.taxonomy_data import TAXONOMY_FOLDER, load_taxonomy
from nlp.taxonomy_model import Taxonomy, Term
from nlp.theme_model import OwnTheme
from nlp.theme_rules import CODE_VERSION as THEME_RULES_VERSION
from nlp.theme_rules import METHOD as METHOD_THEME_RULES
from nlp.theme_rules import ThemeRules, precedence
from nlp.vocabulary_changes import implications

# Large enough that matrix work is shared; 256 pages of 3,000 words took 104 MB of memory.
BATCH_DOCUMENTS = 256
# Changed when the code that reads pages or turns scores into tags changes, so that stored tags are made anew.
CODE_VERSION = "3"
KEPT = "describes an innovation"
METHOD_THEMES, METHOD_CRITERIA = "model:themes", "rule:criteria"
SCORE_DIGITS = 4
MAX_MATCHED = 5  # phrases named in an annotation's detail
# What may be left out for speed; themes, criteria and filtration are always given.
PARTS = ("enablers", "facets", "figures")
# The parts of a tagger's version. Models, code and taxonomy (themes, criteria, enablers, page rules) are one: enablers
# follow themes and criteria, and the models' features are the taxonomy's cues.
CORE, FIGURES, FACETS, VOCABULARY = "core", "figures", "facets", "vocabulary"
FACET, THEME = "facet:", "theme:"  # one part for each facet, and for each theme found by rule: "facet:maturity"
EMPTY_VOCABULARY = Vocabulary({}, {}, "")


class Tagger:
    """Tags documents; made once and used for many. version changes with models, vocabulary, code and libraries.

    part_versions: by name; two taggers give the same of every part that has the same version in both.
    """

    def __init__(
        self,
        models: Models,
        taxonomy: Taxonomy,
        content: str,
        libraries: dict[str, str],
        facets: FacetTagger | None = None,
        figures: FigureReader | None = None,
        encoder: Encoder | None = None,
        parts: Collection[str] = PARTS,
    ) -> None:
        unknown = sorted(set(parts) - set(PARTS))
        if unknown:
            raise ValueError(f"no part {', '.join(unknown)}; there are: {', '.join(PARTS)}")
        self._models, self._taxonomy = models, taxonomy
        self._facets = facets if "facets" in parts else None
        self._enablers = Enablers(taxonomy) if "enablers" in parts else None
        self._figures = (figures or FigureReader()) if "figures" in parts else None
        self.vocabulary = _without_facets(facets) if self._facets is None else self._facets.vocabulary
        self._theme_rules = ThemeRules(self.vocabulary.themes)
        phrases = self._facets.phrases if self._facets else None
        self._phrases = Phrases(taxonomy, phrases, self._theme_rules.phrases, "enablers" in parts)
        self._vectoriser = Vectoriser(models.vocabulary, self._phrases, encoder or Encoder.load())
        self._criteria, self._rules = CriteriaMatcher(taxonomy), PageRules(taxonomy.reasons)
        self.part_versions = self._versions(content, libraries)
        self.version = _digest(*map("=".join, self.part_versions.items()))
        self.vocabulary_version = self.part_versions[VOCABULARY]

    def _versions(self, content: str, libraries: Mapping[str, str]) -> dict[str, str]:
        """Each part's version; a facet's is that of its words, of the values that imply one of it, and of the code."""
        enablers = ENABLERS_VERSION if self._enablers else ""
        code = (CODE_VERSION, enablers, str(FEATURE_VERSION), *map("=".join, sorted(libraries.items())))
        words, base = self.vocabulary, self._facets.base_version if self._facets else ""
        facets = {
            FACET + name: _digest(base, version, *implications(words.facets, name))
            for name, version in words.versions.items()
        }
        themes = {THEME + code: _digest(THEME_RULES_VERSION, one) for code, one in words.theme_versions.items()}
        return {
            CORE: _digest(content, self._taxonomy.version, *code),
            FIGURES: self._figures_version,
            FACETS: base,
            **facets,
            **themes,
            VOCABULARY: _digest(self._taxonomy.version, words.version),
        }

    def part_of(self, kind: str, code: str, method: str) -> str:
        """The part that gives an annotation of this kind, code and method."""
        if kind == "facet":
            return FACET + code.partition(":")[0]
        if kind == "figure":
            return FIGURES
        return THEME + code if method == METHOD_THEME_RULES else CORE

    def part_version(self, part: str) -> str:
        """The version of a part; for facets without a list of values (organisations by name alone) that of the code."""
        return self.part_versions.get(part, self.part_versions[FACETS])

    def words_version(self, part: str) -> str:
        """The version of the words that a part works with; of all words for a part without a list of its own."""
        versions = {CORE: self._taxonomy.version, FIGURES: self._figures_version}
        versions |= {FACET + name: version for name, version in self.vocabulary.versions.items()}
        versions |= {THEME + code: version for code, version in self.vocabulary.theme_versions.items()}
        return versions.get(part, self.vocabulary_version)

    @property
    def _figures_version(self) -> str:
        return self._figures.version if self._figures else ""

    @property
    def theme_codes(self) -> tuple[str, ...]:
        """The report's themes in their order, then a team's own by code."""
        return (*self._taxonomy.theme_codes, *(one for one in self.vocabulary.themes if one not in self._report))

    @property
    def _report(self) -> frozenset[str]:
        return frozenset(self._taxonomy.theme_codes)

    def terms(self) -> list[Term]:
        """The reference rows of everything that this tagger gives: themes to enablers, then facets and their values."""
        report = [term for term in self._taxonomy.terms() if self._enablers or term.kind != "enabler"]
        return report + self._own_terms() + self.vocabulary.terms()

    def _own_terms(self) -> list[Term]:
        """A team's own themes, after the report's."""
        first = len(self._taxonomy.themes) + 1
        own = [theme for code, theme in self.vocabulary.themes.items() if code not in self._report]
        return [
            Term("theme", one.theme, one.label, one.definition, None, place, _origin(one), one.version)
            for place, one in enumerate(own, start=first)
        ]

    @classmethod
    def load(
        cls, models: Path | None = None, taxonomy: Path = TAXONOMY_FOLDER, parts: Collection[str] = PARTS
    ) -> Tagger:
        """The tagger with the models and vocabulary in these folders; raises ModelError or TaxonomyError.

        models: default, the folder that HORIZON_MODELS names, or else the models that ship with the package.
        parts: which of "enablers", "facets" and "figures" are given beside themes and criteria; ValueError for others.
        """
        fitted, manifest = load_models(models or models_folder())
        loaded = load_taxonomy(taxonomy)
        check_columns(manifest, loaded)
        vocabulary = load_facets(taxonomy / "facets", extra_folder(), loaded.theme_codes)
        facets = FacetTagger(vocabulary, loaded.regions)
        figures = FigureReader(load_figure_terms(taxonomy)) if "figures" in parts else None
        return cls(fitted, loaded, manifest["content"], manifest["libraries"], facets, figures, parts=parts)

    def tag(self, documents: Iterable[Document]) -> Iterator[Tagging]:
        """Tag documents as they come, in order, a batch at a time."""
        stream = iter(documents)
        while batch := list(islice(stream, BATCH_DOCUMENTS)):
            yield from self._tag_batch(batch)

    def by_rule(self, documents: Iterable[Document], kinds: Set[Kind]) -> Iterator[list[Annotation]]:
        """Themes, facets and figures of these kinds as far as rules alone give them, whatever the models say.

        A theme of the report that the models give too comes here as well; none is marked as primary. For documents
        that are kept: nothing is filtered.
        """
        stream = iter(documents)
        while batch := list(islice(stream, BATCH_DOCUMENTS)):
            for reading in read_all(batch, self._phrases):
                yield self._ruled(reading, kinds)

    def _ruled(self, reading: Reading, kinds: Set[Kind]) -> list[Annotation]:
        found: list[Annotation] = []
        if "theme" in kinds:
            found += self._theme_rules.annotations(reading, self._theme_rules.tallies(reading))
        if "facet" in kinds and self._facets:
            found += self._facets.annotations(reading)
        if "figure" in kinds and self._figures:
            found += self._figures.annotations(reading)
        return found

    def _tag_batch(self, documents: Sequence[Document]) -> Iterator[Tagging]:
        readings = read_all(documents, self._phrases)
        # The matrices are small: a second thread only waits, at 0.4 of the speed a core (measured on two cores).
        with _blas().limit(limits=1, user_api="blas"):
            batch = self._vectoriser.batch(readings)
            scores = self._models.scores(batch, readings)
        given = chosen(scores.themes, self._models)
        suspicions = [self._rules.suspicion(reading) for reading in readings]
        points = np.array([suspicion.points for suspicion in suspicions])
        listing = listing_probability(points, scores.listing, self._models.rules)
        edges = np.flatnonzero(np.append(batch.titles, True))
        for place, reading in enumerate(readings):
            filtration = self._filtration(reading, suspicions[place], float(listing[place]))
            view = View(reading, scores, place, int(edges[place]) + 1, int(edges[place + 1]))
            yield self._tagging(view, filtration, np.flatnonzero(given[place]).tolist())

    def _filtration(self, reading: Reading, suspicion: Suspicion, listing: float) -> Filtration:
        """Kept, or left out with the reason that fits best and the sentence that shows it."""
        kept = listing >= self._models.listing_threshold and suspicion.code != EMPTY
        if kept:
            return Filtration(True, KEPT, _rounded(listing))
        shown = None if suspicion.sentence is None else quoted(reading, suspicion.sentence)
        return Filtration(False, suspicion.reason, 1.0 if suspicion.code == EMPTY else _rounded(1 - listing), shown)

    def _tagging(self, view: View, filtration: Filtration, themes: Sequence[int]) -> Tagging:
        codes, probabilities = self._taxonomy.theme_codes, view.scores.themes[view.place]
        scores = {code: _rounded(probabilities[number]) for number, code in enumerate(codes)}
        if not filtration.kept:
            scores |= dict.fromkeys(self.theme_codes[len(codes) :], 0.0)
            return Tagging(view.reading.document.id, filtration, (), None, scores)
        best = max(themes, key=lambda number: view.scores.primary[view.place, number], default=None)
        given = [self._theme(view, number, number == best) for number in themes]
        given += self._by_cues(view.reading, given, scores)
        tags = [self._criterion(view, finding) for finding in self._criteria.findings(view.reading.hits)]
        # An enabler is carried by what the models find, so that a team's own cues change nothing but themes.
        modelled = [one for one in given if one.method == METHOD_THEMES]
        tags += self._enablers.annotations(view.reading, [*modelled, *tags]) if self._enablers else []
        tags += self._ruled(view.reading, {"facet", "figure"})
        primary = next((one.code for one in given if one.is_primary), None)
        return Tagging(view.reading.document.id, filtration, (*given, *tags), primary, scores)

    def _by_cues(self, reading: Reading, given: Sequence[Annotation], scores: dict[str, float]) -> list[Annotation]:
        """The themes that rules add to those given; one is primary when none is given. Their scores go to `scores`."""
        tallies = self._theme_rules.tallies(reading)
        known = {one.code for one in given}
        added = [one for one in self._theme_rules.annotations(reading, tallies) if one.code not in known]
        for code in self.theme_codes[len(self._taxonomy.themes) :]:
            scores[code] = tallies[code].score if code in tallies else 0.0
        scores.update({one.code: one.score for one in added})
        first = min((precedence(one.method, one.score, one.code) for one in added), default=None)
        return [
            replace(one, is_primary=not given and precedence(one.method, one.score, one.code) == first) for one in added
        ]

    def _theme(self, view: View, theme: int, is_primary: bool) -> Annotation:
        sentence = best_sentence(view.ranks[:, theme])
        assert sentence is not None  # a kept document has sentences
        cues = [hit.text for hit in view.cues_in(sentence) if self._phrases.cue_themes[int(hit.code)] == theme]
        detail = {"sentence_score": _rounded(float(view.sentence_scores[sentence, theme])), "matched": _distinct(cues)}
        score = _rounded(view.scores.themes[view.place, theme])
        evidence = quoted(view.reading, sentence)
        return Annotation(
            "theme", self._taxonomy.theme_codes[theme], score, evidence, METHOD_THEMES, None, is_primary, detail
        )

    def _criterion(self, view: View, finding: Finding) -> Annotation:
        evidence = quoted(view.reading, finding.sentence, finding.focus)
        detail = {"matched": _distinct(finding.matched)}
        return Annotation(
            "criterion", finding.code, finding.score, evidence, METHOD_CRITERIA, finding.verdict, False, detail
        )


class View:
    """One document's part of a scored batch: its prose sentences are the units `first` to `last`."""

    def __init__(self, reading: Reading, scores: Scores, place: int, first: int, last: int) -> None:
        self.reading, self.scores, self.place = reading, scores, place
        self.sentence_scores: Floats = scores.sentences[first:last]
        self.ranks: Floats = scores.ranks[first:last]

    def hits(self, kind: str) -> list[Hit]:
        """The hits of one kind, in the text's order."""
        return [hit for hit in self.reading.hits if hit.kind == kind]

    def cues_in(self, sentence: int) -> list[Hit]:
        """The cues in one sentence."""
        return [hit for hit in self.hits("cue") if hit.sentence == sentence]


@cache
def _blas() -> ThreadpoolController:
    """The numeric libraries that are loaded; asked for once a process."""
    return ThreadpoolController()


def _without_facets(facets: FacetTagger | None) -> Vocabulary:
    """The vocabulary's themes alone."""
    if facets is None:
        return EMPTY_VOCABULARY
    words = facets.vocabulary
    return Vocabulary({}, {}, _digest(*words.theme_versions.values()), words.themes, words.theme_versions)


def _origin(theme: OwnTheme) -> str:
    return f"{theme.source} ({theme.licence})"


def _digest(*parts: str) -> str:
    """12 hexadecimal digits over some parts."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def _distinct(phrases: Iterable[str]) -> list[str]:
    """Each phrase once, in lower case, sorted, at most MAX_MATCHED."""
    return sorted({phrase.lower() for phrase in phrases})[:MAX_MATCHED]


def _rounded(value: float) -> float:
    """A score as stored: rounded, so that the last bits of a sum never show."""
    return round(float(value), SCORE_DIGITS)
