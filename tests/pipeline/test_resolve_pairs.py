"""The comparison of records of goods: its measures, the trees, and the floors on Abt-Buy and Amazon-Google."""

from __future__ import annotations

import json
import os
from math import log, nan
from pathlib import Path

import numpy as np
import pytest

from pipeline.resolve import tree_model
from pipeline.resolve.comparison import MEASURED_BY, MEASURES, PRODUCT_MEASURES, measure_pairs
from pipeline.resolve.counting import ListingText
from pipeline.resolve.features import features_of
from pipeline.resolve.labelled_pairs import LabelledPairs, LabelledPairsError, read_pairs
from pipeline.resolve.match_model import ModelError
from pipeline.resolve.titles import is_code, numbers_in, title_words
from pipeline.resolve.train_pairs import best_threshold, f1_of, figures_on, main, train_on
from pipeline.resolve.tree_model import TreeModel, fit_trees

F1_FLOORS = {"Abt-Buy": 0.88, "Amazon-Google": 0.70}  # measured: 0.906, 0.721


def measured(*titled: tuple[str, str] | tuple[str, str, float]) -> dict[str, float]:
    """Measure -> value of the first two records, each (title, text) or (title, text, price), among all of them."""
    listings = [ListingText(str(row), title, text, "", *amount) for row, (title, text, *amount) in enumerate(titled)]
    values = measure_pairs(features_of(listings), np.array([[0, 1]]), PRODUCT_MEASURES)
    assert np.isfinite(values).all()
    return dict(zip(PRODUCT_MEASURES, values[0].tolist(), strict=True))


OTHERS = (("Sony clock radio", ""), ("Sony camera bag", ""), ("Bose speaker system", ""))


def test_a_title_to_words_codes_and_numbers() -> None:
    assert title_words("Sharp LC-32D64U v6.0 for Win/Mac") == ["sharp", "lc32d64u", "6", "win", "mac"]
    assert [word for word in ("lc32d64u", "13102488", "2007", "cs3", "radio") if is_code(word)] == [
        "lc32d64u",
        "13102488",
    ]
    assert (numbers_in("cs3"), numbers_in("2.5"), numbers_in("lc32d64u")) == (["3"], ["2.5"], [])


def test_a_code_counts_however_it_is_written() -> None:
    same = measured(("Sharp tv LC-32D64U", ""), ("Sharp lc32d64u lcd", ""), *OTHERS)
    assert same["same_code"] > 0
    assert (same["code_likeness"], same["code_said"], same["code_missing"]) == (pytest.approx(1), 1, 0)
    other = measured(("Sharp tv LC-32D64U", ""), ("Sharp tv LC-42D85U", ""), *OTHERS)
    assert (other["same_code"], other["code_said"], other["code_missing"]) == (0, 0, 2)
    said = measured(("Sharp tv LC-32D64U", ""), ("Sharp tv", "This is the LC-32D64U."), *OTHERS)
    assert (said["same_code"], said["code_said"], said["code_missing"]) == (0, 1, 0)


def test_words_match_when_written_apart_or_with_another_ending() -> None:
    apart = measured(("Corel MovieFactory", ""), ("Corel movie factory", ""), *OTHERS)
    assert apart["title_cover_least"] == pytest.approx(1)
    assert apart["rarest_other_word_most"] == 0
    ending = measured(("Wireless extender", ""), ("Wireless extenders", ""), *OTHERS)
    assert ending["title_cover_least"] > 0.9
    cut = measured(("Acrobat prof", ""), ("Acrobat professional", ""), *OTHERS)
    assert 0.7 < cut["title_cover_least"] < 1
    unlike = measured(("Wireless extender", ""), ("Corded telephone", ""), *OTHERS)
    assert unlike["title_cover_most"] == unlike["rarest_same_word"] == 0
    assert unlike["rarest_other_word_least"] == pytest.approx(log(6))


def test_containment_has_a_direction_and_the_extra_word_shows() -> None:
    values = measured(("Office", ""), ("Office upgrade pack", ""), *OTHERS)
    assert values["title_cover_most"] == pytest.approx(1)
    assert values["title_cover_least"] == pytest.approx(1 / 3, abs=0.1)
    assert values["rarest_other_word_least"] == 0 < values["rarest_other_word_most"]


def test_numbers_in_conflict_and_in_common() -> None:
    conflict = measured(("Photoshop CS2", ""), ("Photoshop CS3", ""), *OTHERS)
    assert (conflict["same_numbers"], conflict["number_conflict"]) == (0, 1)
    same = measured(("Acrobat 8.0 2007", ""), ("Acrobat v8", ""), *OTHERS)
    assert (same["same_numbers"], same["number_conflict"]) == (0.5, 0)
    assert measured(("Acrobat", ""), ("Acrobat", ""), *OTHERS)["same_numbers"] == 0.5


def test_prices_are_read_where_both_are_known() -> None:
    assert measured(("A bag", "", 20.0), ("A bag", "", 10.0))["amount_apart"] == pytest.approx(log(2))
    assert measured(("A bag", "", 20.0), ("A bag", "", nan))["amount_apart"] == -1
    assert measured(("A bag", ""), ("A bag", ""))["amount_apart"] == -1


def test_measures_are_the_same_in_both_directions_and_for_listings_without_words() -> None:
    listings = [ListingText("0", "Sharp tv LC-32D64U 2.0", "A screen.", ""), ListingText("1", "Sharp tvs 2", "", "")]
    features = features_of([*listings, ListingText("2", "", "", "")])
    pairs = np.array([[0, 1], [0, 2], [2, 2]])
    ahead, back = (measure_pairs(features, one, PRODUCT_MEASURES) for one in (pairs, pairs[:, ::-1]))
    assert ahead == pytest.approx(back)
    assert np.isfinite(ahead).all()
    assert measure_pairs(features, pairs[:0], PRODUCT_MEASURES).shape == (0, len(PRODUCT_MEASURES))


def test_measures_do_not_depend_on_how_pairs_are_cut_into_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    features = features_of(ListingText(str(row), title, "", "") for row, (title, _) in enumerate(OTHERS))
    pairs = np.array([[0, 1], [1, 2], [0, 2]])
    whole = measure_pairs(features, pairs, PRODUCT_MEASURES)
    monkeypatch.setattr("pipeline.resolve.title_comparison.CHUNK_PAIRS", 2)
    assert (measure_pairs(features, pairs, PRODUCT_MEASURES) == whole).all()


def test_every_measure_has_its_function_and_the_catalogues_set_is_part_of_the_larger() -> None:
    assert set(MEASURED_BY) == set(PRODUCT_MEASURES) >= set(MEASURES)


@pytest.fixture(scope="module")
def learnt() -> tuple[TreeModel, np.ndarray, np.ndarray]:
    chance = np.random.default_rng(0)
    values = chance.random((400, 3))
    return (
        fit_trees(values, (values[:, 0] > 0.5) ^ (values[:, 1] > 0.5), ("a", "b", "c")),
        values,
        chance.random((50, 3)),
    )


def test_trees_score_as_the_library_that_grew_them(learnt: tuple[TreeModel, np.ndarray, np.ndarray]) -> None:
    model, values, unseen = learnt
    answers = (values[:, 0] > 0.5) ^ (values[:, 1] > 0.5)
    odds = [tree_model._grown(values, answers, seed).decision_function(unseen) for seed in tree_model.SEEDS]
    assert model.scores(unseen) == pytest.approx(1 / (1 + np.exp(-np.mean(odds, axis=0))), abs=1e-9)


def test_contributions_add_up_and_name_what_decides(learnt: tuple[TreeModel, np.ndarray, np.ndarray]) -> None:
    model, _, unseen = learnt
    added = model.contributions(unseen)
    assert 1 / (1 + np.exp(-added.sum(axis=1) - model.intercept)) == pytest.approx(model.scores(unseen))
    weight = np.abs(added).mean(axis=0)
    assert min(weight[:2]) > 3 * weight[2]


def test_a_saved_model_is_the_same_and_an_altered_one_refused(
    learnt: tuple[TreeModel, np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    model, _, unseen = learnt
    path = tmp_path / "trees.json"
    model.save(path)
    assert (TreeModel.load(path).scores(unseen) == model.scores(unseen)).all()
    path.write_text(path.read_text().replace('"threshold": 0.5', '"threshold": 0.6'))
    with pytest.raises(ModelError, match=r"checksum.*train_pairs"):
        TreeModel.load(path)
    with pytest.raises(ModelError, match="cannot read"):
        TreeModel.load(tmp_path / "none.json")


def test_the_threshold_is_where_f1_is_high_and_f1_is_counted_right() -> None:
    same = np.array([True, True, False, False])
    assert f1_of(np.array([True, False, True, False]), same) == {"precision": 0.5, "recall": 0.5, "f1": 0.5}
    assert f1_of(np.zeros(4, dtype=bool), same)["f1"] == 0
    assert 0.3 < best_threshold(np.array([0.8, 0.7, 0.3, 0.2]), same) <= 0.7


def test_the_command_trains_on_a_file_and_says_the_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text("\n".join(json.dumps(case) for case in invented_pairs()))
    assert main([str(path), "--output", str(tmp_path / "models")]) == 0
    assert json.loads(capsys.readouterr().out)["invented"]["f1"] > 0.9
    model, pairs = TreeModel.load(tmp_path / "models" / "invented.json"), read_pairs(path)["invented"]
    assert model.provenance["dataset"] == "invented"
    (score, contributions, reasons), (other_score, _, other_reasons) = model.explain(pairs.measures[:2])
    assert score > 0.9 > 0.1 > other_score
    assert PRODUCT_MEASURES[max(contributions, key=lambda name: contributions[name])] == reasons[0]
    assert not other_reasons


def invented_pairs() -> list[dict[str, object]]:
    """Sixty articles, each once as itself written otherwise and once beside its neighbour in the range."""
    cases: list[dict[str, object]] = []
    for number in range(60):
        for label, other in ((1, number), (0, (number + 1) % 60)):
            left, right = (
                {"name": f"Acme lamp AX-{1000 + number}", "price": ""},
                {"title": f"lamp ax{1000 + other} acme"},
            )
            split = ("train", "train", "train", "valid", "test")[number % 5]
            cases.append({"dataset": "invented", "split": split, "label": label, "left": left, "right": right})
    return cases


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("no json", "line 1: no JSON object"),
        ('{"dataset": "x", "split": "train", "label": 1, "left": {}}', r"line 1: \['right'\] missing"),
        ('{"dataset": "x", "split": "dev", "label": 1, "left": {}, "right": {}}', "split must be one of"),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, line: str, says: str) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text(line)
    with pytest.raises(LabelledPairsError, match=says):
        read_pairs(path)


@pytest.fixture(scope="module")
def cases() -> dict[str, LabelledPairs]:
    folder = os.environ.get("HORIZON_CASES")
    if not folder:
        pytest.skip("set HORIZON_CASES to the folder of case files, with linkage/pairs.jsonl.gz in it")
    return read_pairs(Path(folder) / "linkage" / "pairs.jsonl.gz")


@pytest.mark.parametrize("dataset", sorted(F1_FLOORS))
def test_f1_on_pairs_never_seen_keeps_its_floor(cases: dict[str, LabelledPairs], dataset: str) -> None:
    assert {split: len(cases[dataset].of(split)[1]) for split in ("valid", "test")} == {
        "valid": {"Abt-Buy": 1916, "Amazon-Google": 2293}[dataset],
        "test": {"Abt-Buy": 1916, "Amazon-Google": 2293}[dataset],
    }
    figures = figures_on(train_on(cases[dataset]), cases[dataset])
    assert figures["f1"] >= F1_FLOORS[dataset], figures
