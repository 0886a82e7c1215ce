"""Phrases that are taken in as texts call for them are found as if all had been there from the start."""

import pytest
from spacy.matcher import PhraseMatcher

from nlp.corpus_data import load_examples
from nlp.facet_cues import ReadyVocabulary
from nlp.facet_data import default_facets
from nlp.growing_matcher import GrowingMatcher
from nlp.language import language
from nlp.matchers import MANY_TEXTS, Phrases
from nlp.reading import read_all
from nlp.taxonomy_data import default_taxonomy, expand


def vocabulary():
    facets = ReadyVocabulary(default_facets()).phrases
    patterns = Phrases(default_taxonomy(), facets)._patterns
    return {key: sorted({p.lower() for one in many for p in expand(one)}) for key, many in patterns.items()}


@pytest.fixture(scope="module")
def phrases():
    return vocabulary()


@pytest.fixture(scope="module")
def docs():
    return [language().make_doc(one.document.text) for one in load_examples("train")[:100]]


def test_it_finds_what_a_full_matcher_finds(phrases, docs):
    full = PhraseMatcher(language().vocab, attr="LOWER")
    for key, many in phrases.items():
        full.add(key, [language().make_doc(phrase) for phrase in many])
    growing = GrowingMatcher(phrases)
    for doc in docs:
        assert growing(doc) == full(doc)
    growing.complete()
    assert [growing(doc) for doc in docs] == [full(doc) for doc in docs]


def test_a_phrase_begins_with_the_first_token_of_its_first_word(phrases):
    every = {phrase for many in phrases.values() for phrase in many}
    make = language().make_doc
    assert len(every) > 10_000
    assert all(make(phrase)[0].lower == make(phrase.partition(" ")[0])[0].lower for phrase in every)


def test_one_page_calls_for_a_part_of_the_phrases(phrases, docs):
    growing = GrowingMatcher(phrases)
    before = len(growing._waiting)
    growing(docs[0])
    assert 0.5 * before < len(growing._waiting) < before
    growing.complete()
    assert not growing._waiting


@pytest.mark.parametrize(("texts", "waits"), [(1, True), (MANY_TEXTS, False)])
def test_many_texts_call_for_all_at_once(texts, waits):
    examples = load_examples("train")[:texts]
    phrases = Phrases(default_taxonomy())
    read_all((one.document for one in examples), phrases)
    assert bool(phrases._matcher._waiting) == waits
