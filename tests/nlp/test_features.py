"""The words and pairs of words that the models read."""

import numpy as np
import pytest

from nlp.annotations import Document
from nlp.embedding import Encoder
from nlp.features import Vectoriser, learn_vocabulary, terms
from nlp.matchers import Phrases
from nlp.reading import read_all
from nlp.taxonomy_data import default_taxonomy

ENCODER = Encoder.load()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Forty nurses", ["0", "nurses", "0 nurses"]),
        ("A 40% fall - £5m", ["0%", "fall", "£5m", "0% fall", "fall £5m"]),
        ("Twelve NHS trusts", ["0", "nhs", "trusts", "0 nhs", "nhs trusts", "0 _ trusts"]),
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
    batch = Vectoriser(vocabulary, Phrases(default_taxonomy()), ENCODER).batch(readings)
    units = [text for one in readings for text in (one.title, *(sentence.text for sentence in one.sentences))]
    expected = [[terms(unit).count(term) for term in vocabulary] for unit in units]
    assert batch.words.toarray().tolist() == expected


def _batch(*texts, vocabulary=()):
    phrases = Phrases(default_taxonomy())
    readings = read_all([Document(str(place), "", text) for place, text in enumerate(texts)], phrases)
    return Vectoriser(vocabulary, phrases, ENCODER).batch(readings)


def _classes(batch, unit):
    codes = [one.code for one in default_taxonomy().word_classes]
    return {codes[column] for column in batch.classes[unit].indices}


def test_a_word_of_a_class_counts_though_no_training_text_has_it():
    batch = _batch("Radiographers were upskilled by the infirmary last spring.")
    assert batch.words.shape[1] == 0
    assert {"staff", "train", "care-body"} <= _classes(batch, 1)
    assert not _classes(batch, 0)


@pytest.mark.parametrize(
    ("text", "is_counted"),
    [
        ("It is used in twelve trusts of the north today.", True),
        ("It is used in 12 acute trusts of the north today.", True),
        ("It is used in the trusts of the north today.", False),
        ("It is used in 12 of the many trusts of the north.", False),
    ],
)
def test_counted_words_stand_behind_a_number(text, is_counted):
    assert ("sites-counted" in _classes(_batch(text), 1)) == is_counted


def test_a_documents_vector_is_that_of_all_its_units_and_unknown_text_has_none():
    batch = _batch(
        "A ward at home opened in May. It looks after forty people there.", "\u4e00\u4e00 \u4e00\u4e00 \u4e00."
    )
    assert np.allclose(np.linalg.norm(batch.document_vectors[0]), 1, atol=1e-5)
    assert np.isfinite(batch.document_vectors).all()
    whole = ENCODER.encode(["A ward at home opened in May. It looks after forty people there."])[0]
    assert np.allclose(batch.document_vectors[0], whole, atol=1e-5)
