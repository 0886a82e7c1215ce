"""The tagger: documents in, taggings out. The only public door of this package beside the taxonomy's loader."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from nlp.annotations import Annotation, Document, Filtration, Tagging
from nlp.classifiers import Models, Scores, chosen, listing_probability
from nlp.embedding import Encoder
from nlp.enablers import CODE_VERSION as ENABLERS_VERSION
from nlp.enablers import Enablers
from nlp.evidence import best_sentence, quoted
from nlp.facet_data import extra_folder, load_facets
from nlp.facets import FacetTagger
from nlp.features import Floats, Vectoriser
from nlp.figures import FigureReader
from nlp.filtration import EMPTY, PageRules, Suspicion
from nlp.matchers import CriteriaMatcher, Finding, Hit, Phrases
from nlp.model_files import FEATURE_VERSION, MODELS_FOLDER, check_columns, load_models
from nlp.quantities.terms import load_figure_terms
from nlp.reading import Reading, read_all
from nlp.taxonomy_data import TAXONOMY_FOLDER, load_taxonomy
from nlp.taxonomy_model import Taxonomy, Term

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


class Tagger:
    """Tags documents; made once and used for many. version changes with models, vocabulary, code and libraries."""

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
        self._phrases = Phrases(taxonomy, self._facets.phrases if self._facets else None, "enablers" in parts)
        self._vectoriser = Vectoriser(models.vocabulary, self._phrases, encoder or Encoder.load())
        self._criteria, self._rules = CriteriaMatcher(taxonomy), PageRules(taxonomy.reasons)
        versions = (
            content,
            taxonomy.version,
            self._facets.version if self._facets else "",
            self._figures.version if self._figures else "",
            CODE_VERSION,
            ENABLERS_VERSION if self._enablers else "",
            str(FEATURE_VERSION),
            *map("=".join, sorted(libraries.items())),
        )
        self.version = hashlib.sha256("\n".join(versions).encode()).hexdigest()[:12]
        words = f"{taxonomy.version}\n{self._facets.vocabulary.version if self._facets else ''}"
        self.vocabulary_version = hashlib.sha256(words.encode()).hexdigest()[:12]

    def terms(self) -> list[Term]:
        """The reference rows of everything that this tagger gives: themes to enablers, then facets and their values."""
        own = [term for term in self._taxonomy.terms() if self._enablers or term.kind != "enabler"]
        return own + (self._facets.vocabulary.terms() if self._facets else [])

    @classmethod
    def load(
        cls, models: Path = MODELS_FOLDER, taxonomy: Path = TAXONOMY_FOLDER, parts: Collection[str] = PARTS
    ) -> Tagger:
        """The tagger with the models and vocabulary in these folders; raises ModelError or TaxonomyError.

        parts: which of "enablers", "facets" and "figures" are given beside themes and criteria; ValueError for others.
        """
        fitted, manifest = load_models(models)
        loaded, facets, figures = load_taxonomy(taxonomy), None, None
        check_columns(manifest, loaded)
        if "facets" in parts:
            facets = FacetTagger(load_facets(taxonomy / "facets", extra_folder()), loaded.regions)
        if "figures" in parts:
            figures = FigureReader(load_figure_terms(taxonomy))
        return cls(fitted, loaded, manifest["content"], manifest["libraries"], facets, figures, parts=parts)

    def tag(self, documents: Iterable[Document]) -> Iterator[Tagging]:
        """Tag documents as they come, in order, a batch at a time."""
        stream = iter(documents)
        while batch := list(islice(stream, BATCH_DOCUMENTS)):
            yield from self._tag_batch(batch)

    def _tag_batch(self, documents: Sequence[Document]) -> Iterator[Tagging]:
        readings = read_all(documents, self._phrases)
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
            return Tagging(view.reading.document.id, filtration, (), None, scores)
        primary = max(themes, key=lambda number: view.scores.primary[view.place, number], default=None)
        tags = [self._theme(view, number, number == primary) for number in themes]
        tags += [self._criterion(view, finding) for finding in self._criteria.findings(view.reading.hits)]
        tags += self._enablers.annotations(view.reading, tags) if self._enablers else []
        tags += self._facets.annotations(view.reading) if self._facets else []
        tags += self._figures.annotations(view.reading) if self._figures else []
        return Tagging(
            view.reading.document.id, filtration, tuple(tags), None if primary is None else codes[primary], scores
        )

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


def _distinct(phrases: Iterable[str]) -> list[str]:
    """Each phrase once, in lower case, sorted, at most MAX_MATCHED."""
    return sorted({phrase.lower() for phrase in phrases})[:MAX_MATCHED]


def _rounded(value: float) -> float:
    """A score as stored: rounded, so that the last bits of a sum never show."""
    return round(float(value), SCORE_DIGITS)
