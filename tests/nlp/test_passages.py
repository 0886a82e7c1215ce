import pytest

from nlp.annotations import Document
from nlp.corpus_data import FITTING, load_examples
from nlp.matchers import Phrases
from nlp.passages import best_stretch, main_passage, widened
from nlp.reading import prose, read
from nlp.taxonomy_data import default_taxonomy

TITLE = "Wristband warns of seizures at night"
TEXT = (
    "The Nightwatch wristband tells parents when a child with epilepsy has a seizure while asleep. It was made by two "
    "engineers in Leeds whose daughter has seizures, and children at three hospitals have worn the band since March of "
    "last year, at no cost to the families, who were shown how to charge and wear it.",
    "Of 212 seizures that were filmed the wristband caught 190, with one false alarm in nine nights. Neurologists say "
    "that parents who had slept beside the child for years went back to their own rooms, and that nobody had to be "
    "taken to the emergency department in the months of the study.",
    "The hospitals will go on using the bands. A trial in twelve further epilepsy clinics begins in the autumn, paid "
    "for by the health board, and its neurologists will publish what they find about seizures, sleep and parents.",
)
MENU = ["Home", "About us", "Our work", "Sign language", "News", "Events", "Contact", "Search", "Log in", "Careers"]
TEASERS = [
    "Related articles",
    "Sepsis screening reaches every ward",
    "Nurses now screen each patient for sepsis on admission. Deaths have fallen by a fifth since it began.",
    "Grants for small companies",
    "Start-ups can ask for up to £40,000 to test a device with a hospital. Nine have been chosen so far.",
    "Letters that people understand",
    "A panel of patients rewrote the appointment letter. Missed visits have halved since then.",
    "Rota change keeps midwives in post",
    "Midwives can now choose their shifts by phone. Fewer leave and sickness is down.",
    "Barbers measure blood pressure",
    "Men in the poorest wards can have their blood pressure taken with a haircut. Many had never been checked.",
]
FOOTER = ["Join our newsletter and be the first to hear of new technology.", "© 2025 A Network. All rights reserved."]


def page(*parts):
    return "\n\n".join(line for part in parts for line in part)


def kept(title, text):
    return [text[start:end] for start, end in main_passage(title, text)]


@pytest.mark.parametrize("heading", [[TITLE, "Share", "12 May 2025"], []])
def test_the_text_is_found_among_menu_teasers_and_footer(heading):
    text = page(MENU, TEASERS[:5], heading, TEXT, TEASERS[5:], FOOTER)
    assert kept(TITLE, text) == list(TEXT)


def test_an_aside_is_left_out_and_the_text_goes_on_after_it():
    aside = ["“My team is calmer since we changed the rota.”", "Matron"]
    text = page(MENU, [TITLE], TEXT[:2], aside, TEXT[2:], TEASERS, FOOTER)
    assert kept(TITLE, text) == list(TEXT)


def test_a_text_with_headings_of_its_own_is_read_to_its_end():
    parts = [["Background"], TEXT[:1], ["What was found"], TEXT[1:2], ["What comes next"], TEXT[2:]]
    text = page(MENU, [TITLE], *parts, TEASERS, FOOTER)
    assert [line for line in kept(TITLE, text) if line in TEXT] == list(TEXT)


def test_a_page_whose_title_says_nothing_keeps_its_longest_run_of_paragraphs():
    text = page(MENU, TEASERS[:5], TEXT, TEASERS[5:], FOOTER)
    assert kept("News", text) == list(TEXT)


@pytest.mark.parametrize("text", ["", "One line.", page(TEXT), page(TEXT[:1], ["One.", "Two.", "Three."])])
def test_a_text_alone_is_read_whole(text):
    assert main_passage(TITLE, text) == [(0, len(text))]


def test_a_page_of_links_alone_is_read_whole():
    text = page(MENU, MENU, MENU)
    assert main_passage("Site map", text) == [(0, len(text))]


def test_the_corpus_is_read_as_before():
    for example in load_examples(*FITTING):
        title, text = example.document.title, example.document.text
        assert prose(text, title) == prose(text)


def test_hits_and_sentences_come_from_the_text_alone():
    reading = read(
        Document("x", TITLE, page(MENU, TEASERS[:5], TEXT, TEASERS[5:], FOOTER)), Phrases(default_taxonomy())
    )
    said = " ".join(sentence.text for sentence in reading.sentences)
    assert "epilepsy" in said and "sepsis" not in said.lower() and "newsletter" not in said
    assert all(hit.text.lower() in said.lower() for hit in reading.hits if hit.sentence >= 0)


def test_a_sentence_that_the_page_repeats_is_read_once_and_what_stands_between_is_not():
    lead = TEXT[0].split(". ")[0] + "."
    found = [one.text for one in prose(page(MENU, [lead], TEASERS[:5], [TITLE], TEXT, TEASERS[5:], FOOTER), TITLE)]
    assert found.count(lead) == 1 and not any("sepsis" in one or "Start-ups" in one for one in found)


def test_the_best_stretch_has_the_greatest_sum():
    assert best_stretch([-1, 2, -0.5, 3, -4, 4]) == (1, 4)
    assert best_stretch([-1.0, -2.0]) is None


def test_a_stretch_is_widened_only_where_it_gains():
    assert widened([1, -2, 5, -1, 3, -9, 8], (2, 3)) == (2, 5)
