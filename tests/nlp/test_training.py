import json
from itertools import pairwise

import numpy as np
import pytest

from nlp.classifiers import from_arrays, listing_probability, to_arrays
from nlp.corpus_data import ADJUDICATED, CORPUS_FOLDER, FITTING, CorpusError, group_numbers, load_examples
from nlp.evaluate import calibration_error, f1, token_f1
from nlp.fitting import fit, folds, make_corpus, quoted_units
from nlp.matchers import Phrases
from nlp.model_files import content_digest, load_models, save_models
from nlp.taxonomy_data import default_taxonomy

OWN = 916  # listings of our own making
PHRASES = Phrases(default_taxonomy())


@pytest.fixture(scope="module")
def corpus():
    examples = load_examples(*FITTING)
    return make_corpus(examples, group_numbers(examples), PHRASES)


def test_the_corpus_is_whole_and_dev_shares_no_innovation_with_it():
    fitting, dev = load_examples(*FITTING), load_examples("dev")
    assert [len(load_examples(*ADJUDICATED)), len(load_examples("own")), len(dev)] == [545, OWN, 104]
    groups = group_numbers([*fitting, *dev])
    assert not set(groups[: len(fitting)]) & set(groups[len(fitting) :])


def test_a_faulty_line_is_named(tmp_path):
    record = json.loads((CORPUS_FOLDER / "dev.jsonl").read_text(encoding="utf-8").splitlines()[0])
    (tmp_path / "a.jsonl").write_text(json.dumps({"id": "x"}) + "\n", encoding="utf-8")
    (tmp_path / "b.jsonl").write_text(json.dumps(record | {"text": "other"}) + "\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=r"a\.jsonl:1: missing title"):
        load_examples("a", folder=tmp_path)
    with pytest.raises(CorpusError, match=r"b\.jsonl:1: quote not in the text"):
        load_examples("b", folder=tmp_path)


def test_an_innovation_is_never_on_both_sides(corpus):
    for fitting, scoring in folds(corpus.groups, 3):
        assert not set(corpus.groups[fitting]) & set(corpus.groups[scoring])
        assert len(fitting) + len(scoring) == len(corpus.examples)


def test_quoted_sentences_are_found_for_nearly_every_theme_label(corpus):
    targets, codes = quoted_units(corpus, PHRASES.taxonomy.theme_codes), PHRASES.taxonomy.theme_codes
    edges = np.cumsum([0, *(1 + len(reading.sentences) for reading in corpus.readings)])
    found = [targets[a:b].any(axis=0) for a, b in pairwise(edges)]
    wanted = [(row, codes.index(code)) for row, one in enumerate(corpus.examples) for code in one.themes]
    assert len(targets) == edges[-1]
    assert sum(found[row][theme] for row, theme in wanted) > 0.98 * len(wanted)


def test_fitting_again_gives_the_same_parameters_and_files_keep_them(corpus, tmp_path):
    small = corpus.part(np.arange(0, len(corpus.examples), 3))
    first, second = fit(small, PHRASES), fit(small, PHRASES)
    assert content_digest(first) == content_digest(second)
    save_models(first, tmp_path, {"seed": 1})
    loaded, manifest = load_models(tmp_path)
    assert manifest["seed"] == 1 and content_digest(loaded) == manifest["content"]
    assert (loaded.thresholds > 0.15).all() and (loaded.thresholds < 0.7).all()


def test_skops_itself_reads_the_same_arrays():
    import skops.io

    from nlp.model_files import MODEL_FILE, MODELS_FOLDER

    loaded, _ = load_models()
    arrays = skops.io.load(MODELS_FOLDER / MODEL_FILE, trusted=[])
    assert content_digest(from_arrays(arrays)) == content_digest(loaded)
    assert set(arrays) == set(to_arrays(loaded))


def test_page_points_lower_the_listing_probability():
    rules = load_models()[0].rules
    probability = listing_probability(np.array([0.0, 2.0, 4.0]), np.array([2.0, 2.0, 2.0]), rules)
    assert probability[0] > probability[1] > probability[2]


def test_measures():
    assert f1((2, 1, 1)) == pytest.approx(2 / 3) and f1((0, 3, 0)) == 0
    assert token_f1("a b c", "b c d") == pytest.approx(2 / 3) and token_f1("", "") == 0
    assert calibration_error([(0.75, 1), (0.75, 1), (0.25, 0)]) == pytest.approx(0.25)
