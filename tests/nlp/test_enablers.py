"""The ten enablers: each by its own phrases, guards, tags that carry one, offsets, and the labelled records."""

import json

import pytest

from nlp.annotations import Annotation, Document, Evidence
from nlp.corpus_data import CORPUS_FOLDER, load_examples
from nlp.enablers import Enablers
from nlp.matchers import Phrases
from nlp.reading import read
from nlp.tagger import Tagger
from nlp.taxonomy_data import default_taxonomy

PHRASES = Phrases(default_taxonomy())
ENABLERS = Enablers(default_taxonomy())
DEVELOPMENT_F1_FLOOR = 0.7  # in view while the rules were written, where it reached 0.88


def enablers(text, given=()):
    return {one.code: one for one in ENABLERS.annotations(read(Document("x", "", text), PHRASES), given)}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Ward teams embraced new ways of working and the changes should stay.", "valuing-change"),
        ("The nurse who made it won an award at the HSJ awards last year.", "championing-innovation"),
        ("Ward staff took ownership of the rota and set their own targets.", "devolved-leadership"),
        ("The trust joined forces with two universities and a charity.", "partnerships"),
        ("The system was built within days and improved by short PDSA cycles.", "agile"),
        ("Patients helped to design the app over six workshops.", "co-production"),
        ("The board wants to reduce health inequalities in the county.", "population-needs"),
        ("A shared care record lets hospitals and GPs see the same notes.", "integration"),
        ("A staff passport lets nurses move between hospitals at short notice.", "flexibility"),
        ("A community of practice meets monthly to share learning from sites.", "sharing-lessons"),
    ],
)
def test_each_enabler_is_found(text, code):
    assert code in enablers(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The plan was not co-produced with anyone who uses the service.", "co-production"),
        ("Records are poorly integrated and there is no interoperability.", "integration"),
        ("A research fellow wrote the report for the university press.", "championing-innovation"),
        ("The monitor measures blood pressure in thirty seconds.", "agile"),
        ("Lessons were not passed on and the results were not shared.", "sharing-lessons"),
    ],
)
def test_what_is_denied_or_only_sounds_alike_is_not_found(text, code):
    assert code not in enablers(text)


def test_a_criterion_carries_its_enabler_with_its_sentence():
    text = "Deaf people took part in every test of it."
    given = [Annotation("criterion", "P3.involvement", 0.7, Evidence(text, 0, len(text)), "rule:criteria", "met")]
    found = enablers(text, given)["co-production"]
    assert (found.evidence, found.detail) == (given[0].evidence, {"carried_by": "criterion:P3.involvement"})


def test_own_phrases_go_before_a_carrying_tag():
    text = "It rained. Refugees co-designed the clinic in Hull."
    given = [Annotation("criterion", "P3.involvement", 0.7, Evidence("It rained.", 0, 10), "rule:criteria", "met")]
    assert enablers(text, given)["co-production"].evidence.text == "Refugees co-designed the clinic in Hull."


def test_tagger_gives_enablers_with_exact_offsets_and_the_same_twice():
    documents = [one.document for one in load_examples("train")[:60]]
    tagger = Tagger.load()
    first, second = list(tagger.tag(documents)), list(tagger.tag(documents))
    assert first == second
    pairs = [(d, a) for d, t in zip(documents, first, strict=True) for a in t.annotations if a.kind == "enabler"]
    assert len(pairs) > 10
    assert all(d.text[a.evidence.start : a.evidence.end] == a.evidence.text for d, a in pairs)


def test_enablers_on_the_labelled_records_stay_above_the_floor():
    lines = (CORPUS_FOLDER / "enablers.jsonl").read_text(encoding="utf-8").splitlines()
    labels = {one["id"]: set(one["enablers"]) for one in map(json.loads, lines) if one["part"] == "development"}
    documents = [one.document for one in load_examples("train") if one.document.id in labels]
    given = [(t.id, a.code) for t in Tagger.load().tag(documents) for a in t.annotations if a.kind == "enabler"]
    true = {(record, code) for record, codes in labels.items() for code in codes}
    assert 2 * len(true & set(given)) / (len(true) + len(given)) >= DEVELOPMENT_F1_FLOOR
