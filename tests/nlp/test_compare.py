"""The comparison of methods treats all alike and counts only what it is told to."""

import numpy as np
import pytest

from nlp.compare import PLAIN, as_table, compare
from nlp.corpus_data import group_numbers, load_examples
from nlp.fitting import make_corpus
from nlp.matchers import Phrases
from nlp.taxonomy_data import default_taxonomy


@pytest.fixture(scope="module")
def results():
    phrases = Phrases(default_taxonomy())
    examples = load_examples("train")[:150]
    return compare(make_corpus(examples, group_numbers(examples), phrases), 100, phrases, seeds=(3,))


def test_at_least_four_methods_are_compared_with_intervals(results):
    assert len(results) >= 4 and set(PLAIN) < set(results)
    assert all(0 < one.low <= one.macro <= one.high < 1 for one in results.values())


def test_cues_help_words_alone(results):
    assert results["words and cues"].macro > results["words (TF-IDF)"].macro
    assert np.isclose(results["words and cues"].micro, 0.7, atol=0.2)


def test_the_table_names_every_method(results):
    assert all(name in as_table(results) for name in results)
