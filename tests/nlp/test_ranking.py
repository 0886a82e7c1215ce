"""Which sentence is shown for a theme."""

import numpy as np

from nlp.annotations import Document
from nlp.embedding import Encoder
from nlp.features import Vectoriser
from nlp.fitting import neutral_ranking
from nlp.matchers import Phrases
from nlp.ranking import MANNERS, Choice, fit_ranking, manner
from nlp.reading import read_all
from nlp.taxonomy_data import default_taxonomy


def test_a_manner_is_given_for_every_sentence_and_titles_have_none():
    phrases = Phrases(default_taxonomy())
    text = "The tool finds falls early. It was tried on 40 wards last year. Staff told us that they like it a lot."
    readings = read_all([Document("a", "A tool", text), Document("b", "", "")], phrases)
    manners = manner(Vectoriser((), phrases, Encoder.load()).batch(readings), readings)
    assert manners.shape == (5, MANNERS)
    assert not manners[[0, 4]].any()
    first, second, last = manners[1:4]
    assert [first[0], second[1], last[2]] == [1, 1, 1] and first[3] == 0 and last[3] == 1
    assert (second[9], second[10], last[11], first[9]) == (1, 1, 1, 0)


def test_the_neutral_ranking_is_by_the_sentences_own_score():
    scores = np.array([[1.0, -1.0], [0.5, 2.0], [-3.0, 0.0]])
    ranks = neutral_ranking(2).ranked(scores, np.zeros((3, MANNERS)))
    assert (ranks.argmax(axis=0) == scores.argmax(axis=0)).all()


def test_fitting_learns_what_quoted_sentences_have_in_common():
    random = np.random.default_rng(1)
    scores, manners = random.normal(size=(400, 2)), random.normal(size=(400, MANNERS))
    choices = []
    for start in range(0, 400, 4):
        units = np.arange(start, start + 4)
        quoted = np.arange(4) == manners[units, 5].argmax()
        choices.append(Choice(start // 4 % 2, units, quoted))
    ranks = fit_ranking(scores, manners, choices).ranked(scores, manners)
    right = [ranks[one.units, one.theme].argmax() == one.quoted.argmax() for one in choices]
    assert np.mean(right) > 0.9


def test_choices_without_a_quoted_sentence_teach_nothing():
    scores, manners = np.zeros((6, 1)), np.eye(6, MANNERS)
    taught = Choice(0, np.arange(3), np.array([False, True, False]))
    empty = Choice(0, np.arange(3, 6), np.array([False, False, False]))
    alone, both = fit_ranking(scores, manners, [taught]), fit_ranking(scores, manners, [taught, empty])
    assert np.allclose(alone.shared, both.shared)
