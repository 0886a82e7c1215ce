"""Hard cases for each facet, and what holds for all: exact evidence, the same answer twice, sense on long pages."""

import pytest

from nlp.annotations import Document
from nlp.corpus_data import load_examples
from nlp.evidence import MAX_EVIDENCE_WORDS
from nlp.facet_data import default_facets, load_facets
from nlp.facet_evaluation import load_facet_examples, measure
from nlp.facets import FacetTagger
from nlp.matchers import Phrases
from nlp.reading import read
from nlp.taxonomy_data import default_taxonomy

TAGGER = FacetTagger(default_facets(), default_taxonomy().regions)
PHRASES = Phrases(default_taxonomy(), TAGGER.phrases)


def tags(text, title="", tagger=TAGGER, phrases=PHRASES):
    return tagger.annotations(read(Document("x", title, text), phrases))


def codes(facet, text, title=""):
    return {one.code.partition(":")[2] for one in tags(text, title) if one.code.startswith(f"{facet}:")}


@pytest.mark.parametrize(
    ("facet", "text", "expected"),
    [
        ("care-setting", "Paramedics of the ambulance service carry the device.", {"AMBULANCE"}),
        ("care-setting", "Residents of 40 care homes use the tablet every day.", {"CARE_HOMES_CARE_SETTING"}),
        ("care-setting", "The community diagnostic centre opens on Sundays too.", {"OTHER"}),
        ("care-setting", "The London School of Hygiene of medicine wrote the report on it.", set()),
        ("condition", "The app helps people with type 2 diabetes to eat well.", {"DIABETES"}),
        (
            "condition",
            "People with COPD get a phone call each week from a nurse.",
            {"CHRONIC_OBSTRUCTIVE_PULMONARY_DISEASE"},
        ),
        ("condition", "It screens for bowel cancer with a cheap kit at home.", {"CANCER_COLORECTAL_CANCER"}),
        ("condition", "Versus Arthritis and the Stroke Association paid for the website.", set()),
        ("condition", "It lowers the risk of stroke for everybody in the town.", set()),
        ("condition", "Waiting lists have grown since COVID-19 and staff are tired.", set()),
        (
            "maturity",
            "The tool is now used in 40 hospitals and is being rolled out nationally.",
            {"ready-or-spreading"},
        ),
        ("maturity", "The app is being trialled at two hospitals until March.", {"testing"}),
        ("maturity", "Researchers are developing a prototype in the laboratory.", {"discovery"}),
        ("maturity", "After a successful pilot it has been introduced in every ward.", {"ready-or-spreading"}),
        ("evidence-type", "A randomised controlled trial of 400 patients found less pain.", {"rct"}),
        ("evidence-type", "Waits fell by a third and staff are happier than before.", {"claim-only"}),
        ("evidence-type", "There has been no randomised trial of the device so far.", set()),
        ("evidence-type", "A health economic evaluation put the gain at £4 for every £1.", {"economic"}),
        (
            "regulatory",
            "NICE published MTG64 and the device is CE marked as a Class IIa medical device.",
            {"MTG64", "CE", "CE_UKCA_CLASS_II_A"},
        ),
        ("regulatory", "The ward has 64 beds and the NG tube was placed with care (NG12).", set()),
        ("regulatory", "The app does not have a UKCA mark at the moment.", set()),
        (
            "sustainability",
            "It avoids 3,000 patient miles of travel and cuts carbon emissions.",
            {"travel-saved", "carbon"},
        ),
        ("sustainability", "A carbon monoxide monitor is given to each smoker.", set()),
        ("cost", "The change saved the NHS £2.3 million in a year.", {"saving"}),
        ("cost", "The app is cost-effective at the usual threshold.", {"return"}),
        ("cost", "Falls cost the NHS £2 billion a year in hospital care.", set()),
        ("protected-characteristic", "Deaf people and British Sign Language users tested the service.", {"disability"}),
        ("protected-characteristic", "Women in labour get the drug within an hour of asking.", set()),
        ("core20plus5", "Rough sleepers and the most deprived 20% get a visit.", {"PLUS_HOMELESSNESS", "CORE20"}),
        ("core20plus5", "Asthma care for adults was moved to a hub in the town.", set()),
        ("core20plus5", "Asthma nurses visit schools so that children breathe well.", {"CYP_ASTHMA"}),
        ("area", "The scheme recycles inhalers and shrinks the carbon footprint.", {"NET_ZERO_GREENER_INNOVATION"}),
        ("category", "The smartphone app books a video consultation.", {"DIGITAL"}),
    ],
)
def test_hard_cases(facet, text, expected):
    found = codes(facet, text)
    assert {
        code if code in expected else next((e for e in expected if code.endswith(e)), code) for code in found
    } == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Practices in Devon and Cornwall use the tool.", {"HI-SW"}),
        ("South Tees Hospitals NHS Foundation Trust started the programme.", {"HI-NENC"}),
        ("Guy’s and St Thomas’ was the first trust to buy the robot.", {"HIN-SL"}),
        ("The Oxford AHSN and Health Innovation Wessex spread it together.", {"HI-OTV", "HI-Wessex"}),
        ("Researchers at the University of Leeds wrote the paper about it.", set()),
        ("Leeds Beckett and Oxford University wrote the paper about it.", set()),
        ("The universities of Bristol and Exeter reviewed the evidence.", set()),
        ("Reading a book in the bath before bed is part of the programme.", set()),
        ("A hospital in New York tried the device first of all.", set()),
        ("A hospital in London was the first to use the robot.", set()),
        ("Every one of the London boroughs lends tablets to residents.", {"UCLP", "ICHP", "HIN-SL"}),
        ("NHS Norfolk and Waveney Integrated Care Board paid for the scheme.", {"HI-East"}),
    ],
)
def test_a_region_is_where_the_innovation_is(text, expected):
    assert codes("region", text) == expected


def test_a_network_is_known_by_both_its_names():
    for region in default_taxonomy().regions:
        for name in (region.name, region.former):
            assert region.code in codes("region", f"The work was led by {name} from the start.")


def test_a_longer_name_hides_the_shorter_inside_it():
    assert codes("condition", "It treats lung cancer early.") == {"CANCER_LUNG_CANCER"}
    assert codes("region", "It began in North Yorkshire last year.") == {"HI-YH"}


def test_substance_outweighs_mention():
    text = "The clinic treats migraine. Migraine nurses call each week. One patient also had asthma once."
    found = {one.code: one.score for one in tags(text, "A migraine clinic") if one.code.startswith("condition:")}
    assert list(found) == ["condition:NEUROLOGICAL_CONDITIONS_HEADACHES"] and found.popitem()[1] > 0.9


def test_what_only_the_title_says_has_no_evidence_and_is_not_given():
    assert codes("condition", "A nurse calls every patient once a week.", "A clinic for migraine") == set()


def test_a_single_valued_facet_gives_one_value():
    for example in load_examples("train")[:80]:
        given = [one for one in tags(example.document.text) if one.code.startswith("maturity:")]
        assert len(given) <= 1


def assert_sound(document, given):
    for one in given:
        assert one.kind == "facet" and ":" in one.code and 0 < one.score <= 1
        assert document.text[one.evidence.start : one.evidence.end] == one.evidence.text != ""
        assert len(one.evidence.text.split()) <= MAX_EVIDENCE_WORDS
        assert one.detail["matched"]
    assert [one.code for one in given] == sorted({one.code for one in given}, key=lambda code: code.split(":", 1))


def test_evidence_is_exact_and_the_answer_the_same_twice():
    for example in load_examples("train", "single"):
        given = tags(example.document.text, example.document.title)
        assert_sound(example.document, given)
        assert given == tags(example.document.text, example.document.title)


def test_a_page_around_the_text_changes_little():
    menu = "Home\nAbout us\nContact\nLeeds\nDiabetes\nWe use cookies to make this site work.\n\n"
    footer = "\n\nSign up to our newsletter for news on cancer from Bristol.\n© 2024 All rights reserved."
    kept = lost = 0
    for example in load_examples("train")[:60]:
        plain = {one.code for one in tags(example.document.text, example.document.title)}
        page = Document("x", example.document.title, menu + example.document.text + footer)
        given = TAGGER.annotations(read(page, PHRASES))
        assert_sound(page, given)
        kept += len(plain & {one.code for one in given})
        lost += len(plain ^ {one.code for one in given})
    assert kept > 200 and lost == 0


@pytest.mark.parametrize("text", ["", " \n", "(" * 5000, "Ltd Ltd Ltd", "NHS Trust", "\ud800 Leeds", "company " * 3000])
def test_odd_texts_do_no_harm(text):
    assert_sound(Document("x", "", text), tags(text))


def test_facets_stay_above_their_floors_on_the_development_records():
    figures = measure("development", TAGGER)
    # 0.05 below what was measured when the rules were written on them
    floors = {"care-setting": 0.72, "condition": 0.85, "evidence-type": 0.83, "maturity": 0.91, "organisation": 0.95}
    floors |= {"region": 0.9}
    for facet, floor in floors.items():
        assert figures[facet].precision[0] >= floor, facet
        assert figures[facet].precision[1] <= figures[facet].precision[0] <= figures[facet].precision[2]


def test_labels_are_of_known_codes():
    vocabulary = default_facets()
    for part in ("development", "untouched"):
        examples = load_facet_examples(part)
        assert len(examples) == 30
        for example in examples:
            for facet, values in example.values.items():
                listed = {value.code for value in vocabulary.facets[facet].values}
                assert facet in ("organisation", "regulatory") or values.keys() <= listed


def test_a_dropped_in_file_changes_tags_and_version(tmp_path):
    (tmp_path / "robots.yml").write_text(
        "facet: robots\nlabel: Robots\ndefinition: Kinds of robot.\nversion: 1\nsource: us\nlicence: ours\n"
        "values:\n  - {code: tug, label: Tug, phrases: ['{ward|hospital} {tug|tugs}'], never: [boat]}\n",
        encoding="utf-8",
    )
    vocabulary = load_facets(extra=tmp_path)
    tagger = FacetTagger(vocabulary)
    phrases = Phrases(default_taxonomy(), tagger.phrases)
    (found,) = [one for one in tags("Two ward tugs carry linen.", "", tagger, phrases) if one.code.startswith("robots")]
    assert found.code == "robots:tug" and found.evidence.text == "Two ward tugs carry linen."
    assert not [x for x in tags("Ward tugs tow a boat.", "", tagger, phrases) if x.code.startswith("robots")]
    assert tagger.version != TAGGER.version and vocabulary.version != default_facets().version
