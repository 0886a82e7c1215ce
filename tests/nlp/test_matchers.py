"""The guide's hard cases for the pledge criteria, and region names."""

import pytest

from nlp.annotations import Document
from nlp.matchers import CriteriaMatcher, Hit, Phrases, undeceived
from nlp.reading import read
from nlp.taxonomy_data import default_taxonomy

PHRASES = Phrases(default_taxonomy())
MATCHER = CriteriaMatcher(default_taxonomy())


def verdicts(text):
    return {one.code: one.verdict for one in MATCHER.findings(read(Document("x", "", text), PHRASES).hits)}


@pytest.mark.parametrize(
    ("text", "code", "verdict"),
    [
        ("The trust uses the Workforce Race Equality Standard to improve.", "P1.standard", "met"),
        ("The board reviewed its equality objectives in March.", "P1.objectives", "met"),
        ("The agency will set annual objectives and report on equality objectives.", "P1.objectives", "planned"),
        ("Mentors volunteered from the BME network of staff.", "P2.representation", "met"),
        ("The trust runs a reverse mentoring scheme for its directors.", "P2.development", "met"),
        ("All teams will have unconscious bias training by the end of 2020.", "P2.development", "planned"),
        ("An equality impact assessment was published in May.", "P3.assessment", "met"),
        ("The team plans to carry out a health equity audit next year.", "P3.assessment", "planned"),
        ("It is aimed at people experiencing homelessness in Leeds.", "P3.communities", "met"),
        ("The clinic will serve the most deprived 20% of the county.", "P3.communities", "met"),
        ("People with learning disabilities helped to design the app.", "P3.involvement", "met"),
        ("The service will be co-designed with disabled people.", "P3.involvement", "planned"),
        ("A British Sign Language interpreter is on call for Deaf people.", "P3.access", "met"),
        ("Leaflets will be translated into seven languages.", "P3.access", "planned"),
        ("The trust is now a Disability Confident employer at level 2.", "P1.standard", "met"),
        ("Leaflets were printed in Urdu and Polish for the new clinic.", "P3.communities", "met"),
        ("Trans and non-binary people can book a visit of their own.", "P3.communities", "met"),
        ("A nurse sees Gypsy, Roma and Traveller families each week.", "P3.communities", "met"),
        ("It is offered in coastal communities along the east shore.", "P3.communities", "met"),
        ("The leaflets are easy read and in large print as well.", "P3.access", "met"),
        ("Volunteers set up the clinic in a mosque in the town.", "P3.access", "met"),
        ("Community researchers ran the interviews with refugees in Hull.", "P3.involvement", "met"),
        ("The hospital takes on autistic young people for internships each year.", "P2.representation", "met"),
        ("Uptake was lower among Black women: 40% compared with 62% of white women.", "P3.outcomes", "met"),
    ],
)
def test_a_criterion_is_found_with_its_verdict(text, code, verdict):
    assert verdicts(text).get(code) == verdict


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The app helps children with asthma and their parents.", "P3.communities"),
        ("Women in labour are monitored by midwives on the ward.", "P3.communities"),
        ("The study recruited 40 adults aged 65 and over.", "P3.communities"),
        ("Leaflets were not translated for the pilot in Leeds.", "P3.access"),
        ("No equality impact assessment was made for the pilot.", "P3.assessment"),
        ("Deaf people were not involved and nothing was co-designed.", "P3.involvement"),
        ("It meets the standard set by the NICE evidence framework.", "P1.standard"),
        ("Staff were trained to use the new device safely.", "P2.development"),
        ("Patients helped to design the booking screen.", "P3.involvement"),
        ("The drug reduces disability at three months after a stroke.", "P3.communities"),
        ("The alarm is disabled when the nurse enters the room.", "P3.communities"),
        ("It covers mental health, learning disability and autism services.", "P3.communities"),
        ("The lifetime risk is commoner in Black men than in others.", "P3.communities"),
        ("Sleep deprivation is common on the ward at night.", "P3.communities"),
        ("The report cites the Workforce Race Equality Standard.", "P1.standard"),
        ("Nurses used to write notes on paper and measure by hand.", "P3.access"),
    ],
)
def test_what_the_guide_rules_out_is_not_found(text, code):
    assert code not in verdicts(text)


def test_met_goes_before_planned():
    text = "The tool will be translated into Welsh. An interpreter is already there for every visit."
    found = [one for one in MATCHER.findings(read(Document("x", "", text), PHRASES).hits) if one.code == "P3.access"]
    assert [(one.verdict, one.sentence) for one in found] == [("met", 1)]


def test_concepts_of_different_sentences_do_not_combine():
    assert "P3.involvement" not in verdicts("The rota was co-designed. Refugees are seen on Mondays at the surgery.")


def test_a_word_in_passing_counts_when_the_listing_returns_to_it():
    once = "The unit has seen prisons and hospitals take it up."
    twice = "The app is used in two prisons in Kent. Nurses at the prisons say that it saves visits."
    assert "P3.communities" not in verdicts(once)
    assert verdicts(twice)["P3.communities"] == "met"


def test_a_hit_inside_a_decoy_does_not_count():
    decoy, inside, outside = (
        Hit("concept", code, 0, "", start, end) for code, start, end in (("d", 0, 20), ("a", 6, 20), ("a", 30, 40))
    )
    assert undeceived([decoy, inside, outside], frozenset({"d"})) == [outside]


def test_findings_are_the_same_each_time_and_focus_on_the_phrase():
    text = "The clinic opened in May. It serves refugees and people seeking asylum in Hull."
    first, second = (MATCHER.findings(read(Document("x", "", text), PHRASES).hits) for _ in range(2))
    assert first == second
    assert [text[one.focus :].split()[0] for one in first if one.code == "P3.communities"] == ["refugees"]


@pytest.mark.parametrize("region", default_taxonomy().regions, ids=lambda region: region.code)
def test_a_network_is_known_by_both_its_names(region):
    for name in (region.name, region.former):
        hits = read(Document("x", "", f"The work was backed by {name} over two years."), PHRASES).hits
        assert region.code in {hit.code for hit in hits if hit.kind == "region"}
