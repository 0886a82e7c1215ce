import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from nlp.annotations import Document
from nlp.corpus_data import corpus_digest, load_examples
from nlp.evaluate import measure
from nlp.evidence import MAX_EVIDENCE_WORDS
from nlp.language import language
from nlp.model_files import MANIFEST_FILE, MODEL_FILE, MODELS_FOLDER, ModelError
from nlp.tagger import BATCH_DOCUMENTS, Tagger
from nlp.taxonomy_data import TAXONOMY_FOLDER, default_taxonomy

BANNER = "Home\nAbout us\nContact\nWe use cookies to make this site work.\n\n"
FOOTER = "\n\nOur doors are open from nine to five on weekdays.\nFollow us on Twitter\n© 2024 All rights reserved."


@pytest.fixture(scope="module")
def tagger():
    return Tagger.load()


@pytest.fixture(scope="module")
def dev():
    return load_examples("dev")


@pytest.fixture(scope="module")
def taggings(tagger, dev):
    return list(tagger.tag(one.document for one in dev))


def assert_sound(document, tagging):
    """Every piece of evidence is a stretch of the text; one primary at most; nothing on what was left out."""
    shown = [one.evidence for one in tagging.annotations]
    shown += [tagging.filtration.evidence] if tagging.filtration.evidence else []
    for evidence in shown:
        assert document.text[evidence.start : evidence.end] == evidence.text != ""
        assert 1 <= len(evidence.text.split()) <= MAX_EVIDENCE_WORDS
    themes = [one for one in tagging.annotations if one.kind == "theme"]
    assert [one.code for one in themes if one.is_primary] == ([tagging.primary] if tagging.primary else [])
    assert bool(themes) == (tagging.primary is not None)
    assert all(0 <= one.score <= 1 for one in tagging.annotations)
    assert tagging.filtration.kept or not tagging.annotations
    assert all((one.verdict is not None) == (one.kind == "criterion") for one in tagging.annotations)


def test_evidence_offsets_are_exact_on_dev(dev, taggings):
    for example, tagging in zip(dev, taggings, strict=True):
        assert tagging.id == example.document.id
        assert_sound(example.document, tagging)


def test_evidence_offsets_are_exact_on_naughty_strings(tagger):
    folder = os.environ.get("HORIZON_CASES")
    if not folder:
        pytest.skip("HORIZON_CASES is not set: the outside case files are not here")
    strings = json.loads((Path(folder) / "strings" / "blns.json").read_text(encoding="utf-8"))
    good = "The app was rolled out to 40 care homes, and falls dropped by a third in an independent evaluation."
    documents = [
        Document(str(place), naughty, f"{naughty}\n{good}\n{naughty}") for place, naughty in enumerate(strings)
    ]
    documents += [Document(f"bare {place}", "", naughty) for place, naughty in enumerate(strings)]
    tagged = list(tagger.tag(documents))
    assert len(tagged) == len(documents) > 900
    for document, tagging in zip(documents, tagged, strict=True):
        assert_sound(document, tagging)


@pytest.mark.parametrize(
    "text", ["", " \n\t", "\x00", "(" * 100_000, " " * 100_000, "\ud800" * 50, "\n" * 50_000, "a" * 150_000]
)
def test_a_page_without_text_is_left_out_at_once(tagger, text):
    (tagging,) = tagger.tag([Document("x", "A title about patient safety", text)])
    assert_sound(Document("x", "", text), tagging)
    assert not tagging.filtration.kept and tagging.filtration.reason == "a page with next to no text"


def test_the_same_input_gives_the_same_output_in_any_company(tagger, dev, taggings):
    documents = [one.document for one in dev]
    assert list(tagger.tag(documents)) == taggings
    assert list(Tagger.load().tag(reversed(documents))) == taggings[::-1]
    assert [next(tagger.tag([document])) for document in documents[:20]] == taggings[:20]


def test_tagging_streams_a_batch_at_a_time(tagger, dev):
    drawn = []
    stream = tagger.tag(drawn.append(n) or dev[n % len(dev)].document for n in range(3 * BATCH_DOCUMENTS))
    next(stream)
    assert len(drawn) == BATCH_DOCUMENTS
    assert sum(1 for _ in stream) == 3 * BATCH_DOCUMENTS - 1


def test_a_renewed_pipeline_finds_the_same(monkeypatch, tagger, dev, taggings):
    before = language()
    monkeypatch.setattr("nlp.matchers.MAX_REMEMBERED_WORDS", 10)
    assert list(tagger.tag(one.document for one in dev)) == taggings
    assert language() is not before


def test_menus_and_footers_hardly_change_the_tags(tagger, dev, taggings):
    documents = [Document(one.document.id, one.document.title, BANNER + one.document.text + FOOTER) for one in dev]
    same = 0
    for document, plain, framed in zip(documents, taggings, tagger.tag(documents), strict=True):
        assert_sound(document, framed)
        assert framed.filtration.kept == plain.filtration.kept
        same += {(one.kind, one.code) for one in framed.annotations} == {
            (one.kind, one.code) for one in plain.annotations
        }
    assert same >= 0.9 * len(dev)


def test_a_listing_is_tagged_as_the_guide_has_it(tagger):
    text = (
        "A virtual ward in Leeds looks after people with frailty at home. Patients wear a sensor, and an app sends "
        "oxygen readings to nurses, who spot deterioration early. Wessex AHSN has helped roll it out to 40 practices."
    )
    (tagging,) = tagger.tag([Document("x", "A virtual ward with wearables", text)])
    assert {"digital", "system-redesign", "patient-safety"} <= {one.code for one in tagging.annotations}
    assert "region:HI-Wessex" in {one.code for one in tagging.annotations}
    assert tagging.filtration.kept and set(tagging.all_scores) == set(default_taxonomy().theme_codes)


def test_a_job_advert_is_left_out_with_its_reason(tagger):
    text = (
        "Job advert, closing date 6 July. We are recruiting a digital transformation manager on Band 8a. Candidates "
        "need a person specification match and a covering letter. The salary depends on experience in the NHS."
    )
    (tagging,) = tagger.tag([Document("x", "Vacancy: digital manager", text)])
    assert not tagging.filtration.kept and tagging.filtration.reason == "a job advert"


def test_no_figure_falls_below_its_floor(dev, taggings):
    floors = json.loads((MODELS_FOLDER / "floors.json").read_text(encoding="utf-8"))
    assert floors["corpus"] == corpus_digest(), "the corpus changed: run python -m nlp.train and look at the figures"
    figures = measure(dev, taggings, default_taxonomy().theme_codes, resamples=10)
    below = {name: (figures[name].value, floor) for name, floor in floors["dev"].items() if figures[name].value < floor}
    assert len(floors["dev"]) == 13 and not below


@pytest.fixture
def models(tmp_path):
    return shutil.copytree(MODELS_FOLDER, tmp_path / "models")


def test_a_tampered_model_is_refused(models):
    path = models / MODEL_FILE
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"tagger\.skops: checksum.*python -m nlp\.train"):
        Tagger.load(models)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("libraries", {"scikit-learn": "0.1"}, "scikit-learn 0.1"),
        ("feature_version", 0, "features 0"),
        ("sha256", "0", "checksum"),
    ],
)
def test_a_model_from_elsewhere_is_refused(models, key, value, said):
    manifest = json.loads((models / MANIFEST_FILE).read_text(encoding="utf-8"))
    (models / MANIFEST_FILE).write_text(json.dumps(manifest | {key: value}), encoding="utf-8")
    with pytest.raises(ModelError, match="make models") as raised:
        Tagger.load(models)
    assert said in str(raised.value)


@pytest.mark.parametrize("name", [MODEL_FILE, MANIFEST_FILE])
def test_a_missing_file_is_named(models, name):
    (models / name).unlink()
    with pytest.raises(ModelError, match=f"{name}: no such file"):
        Tagger.load(models)


def test_the_version_changes_with_a_vocabulary_file(tmp_path, tagger):
    folder = shutil.copytree(TAXONOMY_FOLDER, tmp_path / "taxonomy")
    assert Tagger.load(taxonomy=folder).version == tagger.version
    path = folder / "criteria.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("barbershop|", "barber shop|"), encoding="utf-8")
    changed = Tagger.load(taxonomy=folder)
    assert changed.version != tagger.version and changed.vocabulary_version != tagger.vocabulary_version


@pytest.mark.parametrize("parts", [(), ("facets",), ("enablers", "figures")])
def test_parts_that_are_left_out_change_nothing_else(parts, tagger, dev, taggings):
    lean = Tagger.load(parts=parts)
    kinds = {"theme", "criterion", *(part.removesuffix("s") for part in parts)}
    for whole, one in zip(taggings, lean.tag(example.document for example in dev), strict=True):
        assert one == replace(whole, annotations=tuple(a for a in whole.annotations if a.kind in kinds))
    assert lean.version != tagger.version
    assert {term.kind for term in lean.terms()} == {"theme", "pledge", "criterion"} | (kinds & {"enabler", "facet"})


def test_an_unknown_part_is_named():
    with pytest.raises(ValueError, match="no part figure; there are: enablers, facets, figures"):
        Tagger.load(parts=("figure",))


def test_models_fitted_to_other_cues_are_refused(tmp_path):
    shutil.copytree(TAXONOMY_FOLDER, tmp_path / "taxonomy")
    themes = tmp_path / "taxonomy" / "themes.yml"
    themes.write_text(
        themes.read_text(encoding="utf-8").replace('"{fall|falls|', '"{tumble|fall|falls|'), encoding="utf-8"
    )
    with pytest.raises(ModelError, match=r"cues and word classes .*python -m nlp\.train"):
        Tagger.load(taxonomy=tmp_path / "taxonomy")
