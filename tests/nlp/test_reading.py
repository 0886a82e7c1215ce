import pytest

from nlp.annotations import Document
from nlp.filtration import PageRules
from nlp.matchers import Phrases
from nlp.reading import is_prose, prose, read
from nlp.taxonomy_data import default_taxonomy

PHRASES = Phrases(default_taxonomy())
RULES = PageRules(default_taxonomy().reasons)
FILLER = " The page runs on for some more words of a general kind so that there is enough here to read and to judge."


@pytest.mark.parametrize(
    "text", ["About us", "News and events", "We use cookies to make this site work.", "© 2024 A Trust"]
)
def test_menus_and_banners_are_no_prose(text):
    assert not is_prose(text)


@pytest.mark.parametrize("text", ["It saves lives.", "The app has been rolled out to forty practices"])
def test_sentences_are_prose(text):
    assert is_prose(text)


def test_a_repeated_sentence_is_read_once_and_in_order():
    found = prose(
        "The app helps people at home. Read this page with care. The app helps people at home. It ends here now."
    )
    assert [one.text[:8] for one in found] == ["The app ", "Read thi", "It ends "]
    assert [one.start for one in found] == sorted(one.start for one in found)


def test_a_page_of_headings_alone_is_read_as_it_is():
    assert [one.text for one in prose("Falls\nSepsis")] == ["Falls", "Sepsis"]


def test_hits_in_menus_do_not_count():
    reading = read(Document("x", "", "Sign language\nHome\nThe ward opened in May and treats adults."), PHRASES)
    assert not [hit for hit in reading.hits if hit.kind == "concept" and hit.text == "Sign language"]


@pytest.mark.parametrize(
    ("title", "text", "reason"),
    [
        ("Digital Nurse - job description", "We are recruiting a nurse. The salary is Band 6.", "a job advert"),
        (
            "Apply to the fellowship",
            "The deadline is in May. Applicants must be eligible.",
            "a call for applications or application guidance",
        ),
        ("Cookie policy", "How this site keeps personal data under the GDPR.", "a privacy or cookie notice"),
        ("Upcoming events", "Join us on Monday. Tickets and speakers will be announced.", "an events page or webinar"),
        (
            "About us",
            "Registered office and governance bodies of the company.",
            "an organisation or programme office page, no innovation described",
        ),
        ("", "Hi.", "a page with next to no text"),
    ],
)
def test_page_rules_name_the_reason(title, text, reason):
    filler = FILLER if title else ""
    suspicion = RULES.suspicion(read(Document("x", title, text + filler), PHRASES))
    assert suspicion.reason == reason and suspicion.points >= 2


def test_an_innovation_raises_no_suspicion():
    text = "A falls sensor has been rolled out to 40 care homes." + FILLER
    assert RULES.suspicion(read(Document("x", "Falls sensor", text), PHRASES)).points == 0
