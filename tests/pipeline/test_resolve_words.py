from __future__ import annotations

import numpy as np
import pytest

from pipeline.resolve.counting import mirror_key
from pipeline.resolve.names import WRITINGS, count_writing, nameness, placeness
from pipeline.resolve.words import as_written, figures, normal_form, sentences


@pytest.mark.parametrize(
    ("word", "form"),
    [("Trusts", "trust"), ("Pharmacies", "pharmacy"), ("patient’s", "patient"), ("loss", "loss"), ("virus", "virus")],
)
def test_normal_form(word: str, form: str) -> None:
    assert normal_form(word) == form


def test_hyphenated_name_is_one_word_with_its_parts() -> None:
    ((word,),) = sentences("PREP-WELL")
    assert (word.form, word.parts, word.is_marked) == ("prepwell", ("prep", "well"), True)


@pytest.mark.parametrize("name", ["RESTORE2", "QbTest", "NEWS2", "CardMedic"])
def test_names_are_marked(name: str) -> None:
    ((word,),) = sentences(name)
    assert word.is_marked and word.is_capital


def test_figures_in_one_writing() -> None:
    assert figures("£1.4 billion for 3,043,660 people, 75 per cent of 218 sites in 2023") == {
        "1.4bn",
        "3043660",
        "75%",
        "218",
    }


def test_year_and_single_digit_are_no_figures() -> None:
    assert figures("In 2021 there were 7 sites") == set()


def test_term_as_the_text_writes_it() -> None:
    text = list(sentences("A drone flew to the Isle of Wight. PREP-WELL helped."))
    assert as_written("isle wight", text) == "Isle of Wight"
    assert as_written("prepwell", text) == "PREP-WELL"
    assert as_written("not there", text) == "not there"


def written(text: str, word: str) -> tuple[float, float]:
    """How surely a word is a name, and a place, after one text."""
    counts: dict[str, list[int]] = {}
    for sentence in sentences(text):
        count_writing(sentence, counts)
    row = np.array([counts.get(word, [0] * len(WRITINGS))])
    return float(nameness(row)[0]), float(placeness(row)[0])


def test_places_and_names_are_told_apart() -> None:
    text = "Staff in Bury use Whzan daily. Homes across Bury like Whzan. The kit Whzan is new in Bury."
    assert written(text, "whzan")[0] > 0.8 > written(text, "kit")[0]
    assert written(text, "bury")[1] > 0.7 > written(text, "whzan")[1]


def test_organisation_words_count_as_place() -> None:
    text = "It began with Leeds Teaching Hospitals NHS Trust. Then Leeds Teaching Hospitals grew."
    assert written(text, "teaching")[1] > 0.6


@pytest.mark.parametrize(
    "other",
    ["https://WWW.example.org/a/", "http://example.org/a#top", "https://www.example.org/a"],
)
def test_mirrors_have_one_key(other: str) -> None:
    assert mirror_key(other) == mirror_key("http://example.org/a")
    assert mirror_key(other) != mirror_key("http://example.org/a?page=2")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("https://www.ahsn-nenc.org.uk/project/x/", "https://healthinnovationnenc.org.uk/project/x"),
        ("https://example.org/a/index.html", "http://example.org/a/"),
        ("https://example.org", "https://www.example.org/#top"),
    ],
)
def test_a_page_at_a_networks_former_domain_is_the_page_at_its_present_one(old: str, new: str) -> None:
    assert mirror_key(old) == mirror_key(new)


def test_other_paths_and_queries_are_other_pages() -> None:
    keys = {mirror_key(f"https://example.org/{page}") for page in ("a", "b", "a?page=2", "a/b")}
    assert len(keys) == 4
