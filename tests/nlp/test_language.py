import subprocess
import sys
from importlib.metadata import version

import pytest

from nlp.language import MAX_REMEMBERED_PIECES, MAX_RUN_CHARACTERS, MAX_TEXT_CHARACTERS, language, readable, sentences


def texts(text):
    found = sentences(readable(text))
    assert all(readable(text)[one.start : one.end] == one.text for one in found)
    return [one.text for one in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It works. It spreads.", ["It works.", "It spreads."]),
        ("Dr. Smith saw Prof. Jones. They agreed.", ["Dr. Smith saw Prof. Jones.", "They agreed."]),
        ("Rates fell by 3.5 per cent. Staff agreed.", ["Rates fell by 3.5 per cent.", "Staff agreed."]),
        (
            "See No. 5 on the list. The answer was no. We left.",
            ["See No. 5 on the list.", "The answer was no.", "We left."],
        ),
        ("Tools, e.g. NEWS2, help. So does i.e. Excel.", ["Tools, e.g. NEWS2, help.", "So does i.e. Excel."]),
        ("Made by Acme Ltd. The trust uses it.", ["Made by Acme Ltd.", "The trust uses it."]),
        ("Made by Acme Ltd. Health staff use it.", ["Made by Acme Ltd. Health staff use it."]),
        ("J. Smith leads. A. Jones helps.", ["J. Smith leads.", "A. Jones helps."]),
        ('He said "Go." Then they left!', ['He said "Go."', "Then they left!"]),
        ("What is it? An app! Good…", ["What is it?", "An app!", "Good…"]),
        ("Benefits:\n- fewer falls\n- safer care", ["Benefits:", "fewer falls", "safer care"]),
        ("Steps • check • treat", ["Steps", "check", "treat"]),
        ("Heading\n\nit goes on after a gap", ["Heading", "it goes on after a gap"]),
        ("a line that was\nwrapped by hand.", ["a line that was\nwrapped by hand."]),
        ("Home\r\nAbout us\r\n", ["Home", "About us"]),
        ("... -- !!!", []),
        ("", []),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text, expected):
    assert texts(text) == expected


def test_readable_keeps_every_character_at_its_place():
    text = "One \ud800 two " + "(" * (MAX_RUN_CHARACTERS + 50) + " three"
    clean = readable(text)
    assert len(clean) == len(text)
    assert clean.index("three") == text.index("three")
    assert "\ud800" not in clean and "((" not in clean


def test_readable_cuts_what_no_page_has():
    assert len(readable("word " * MAX_TEXT_CHARACTERS)) == MAX_TEXT_CHARACTERS


def test_the_spacy_pipeline_has_the_same_sentences():
    text = "Dr. Smith saw 3.5 per cent. No. 5 was open.\n\nStaff agreed."
    assert [span.text.strip() for span in language()(text).sents] == texts(text)


@pytest.mark.parametrize("before", [0, 1, 50, 99, 100, 101, 198, 199, 200, 201, 350])
@pytest.mark.parametrize("length", [MAX_RUN_CHARACTERS - 1, MAX_RUN_CHARACTERS, 3 * MAX_RUN_CHARACTERS])
@pytest.mark.parametrize("space", [" ", "\n"])
def test_a_run_without_end_is_blanked_wherever_it_stands(before, length, space):
    text = ("ab " * before)[:before] + space + "x" * length + space + "the end"
    assert ("x" in readable(text)) == (length < MAX_RUN_CHARACTERS)
    assert len(readable(text)) == len(text) and readable(text).endswith("the end")


def test_tokens_are_those_of_spacy_itself():
    import spacy

    plain = spacy.blank("en")
    text = "Dr. O'Neill's e-health app (v2.1) doesn't cost £4m/yr; see https://nhs.uk/apps\u00a0or e.g. call 111."
    ours, theirs = language()(text), plain(text)
    assert [(token.text, token.idx, token.lower) for token in ours] == [(t.text, t.idx, t.lower) for t in theirs]


def test_more_words_are_remembered_than_spacy_would():
    assert language().tokenizer.max_cache_size == MAX_REMEMBERED_PIECES > 10_000


def test_spacys_command_line_is_not_imported_and_still_to_be_had():
    program = (
        "import sys; from nlp.language import language; language(); "
        "print('typer' in sys.modules, 'spacy.cli' in sys.modules); "
        "import spacy.cli; print(spacy.cli.info.__module__, spacy.info(silent=True)['spacy_version'])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False", "spacy.cli.info", version("spacy")]
