"""The words and pairs of words that the models read."""

import pytest

from nlp.annotations import Document
from nlp.features import Vectoriser, learn_vocabulary, terms
from nlp.matchers import Phrases
from nlp.reading import read_all
from nlp.taxonomy_data import default_taxonomy


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Forty nurses", ["0", "nurses", "0 nurses"]),
        ("A 40% fall - £5m", ["0%", "fall", "£5m", "0% fall", "fall £5m"]),
        ("IT'S Co-designed", ["it's", "co-designed", "it's co-designed"]),
        ("", []),
    ],
)
def test_terms_are_words_and_pairs_with_counts_alike(text, expected):
    assert terms(text) == expected


def test_a_batch_counts_every_term_of_the_vocabulary():
    documents = [
        Document("a", "A ward at home", "The ward at home helps forty people. The ward at home grows by 40%."),
        Document("b", "Falls at home", "Falls fell by 40% in a ward at home. Nothing else is known."),
    ]
    readings = read_all(documents, Phrases(default_taxonomy()))
    vocabulary = learn_vocabulary(readings)
    assert {"at home", "ward", "0%", "by 0%"} <= set(vocabulary)
    batch = Vectoriser(vocabulary, Phrases(default_taxonomy()).cue_themes).batch(readings)
    units = [text for one in readings for text in (one.title, *(sentence.text for sentence in one.sentences))]
    expected = [[terms(unit).count(term) for term in vocabulary] for unit in units]
    assert batch.words.toarray().tolist() == expected
