import json
import os
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.annotations import Document
from nlp.corpus_data import CORPUS_FOLDER, load_examples
from nlp.evidence import MAX_EVIDENCE_WORDS
from nlp.figure_scores import PARTS, load_sentences, outcome, scores, token_f1
from nlp.figures import MAX_FIGURES, FigureReader, may_state
from nlp.language import language, readable
from nlp.quantities.numbers import Line
from nlp.quantities.shares import starts
from nlp.quantities.terms import FIGURES_FILE, load_figure_terms
from nlp.reading import Reading, prose
from nlp.taxonomy_data import TAXONOMY_FOLDER
from nlp.taxonomy_model import TaxonomyError

READER = FigureReader()
# The least that the labelled sentences may give; the scores are higher.
FLOOR = 0.9
KEYS = ("value", "high", "from", "unit", "direction")


def figures(text):
    return [figure.detail() for figure in READER.figures(text)]


def stated(text):
    """(value, unit, direction) of each figure, with the upper end or old state after the value."""
    return [tuple(one[key] for key in KEYS if key in one) for one in figures(text)]


def read(text):
    document = Document("x", "", text)
    clean = readable(text)
    return Reading(document, "", clean, prose(clean), ())


GUIDE = (CORPUS_FOLDER / "FIGURES.md").read_text(encoding="utf-8").split("## Examples")[1]
ROWS = [tuple(cell.strip() for cell in row.strip("|").split("|")) for row in GUIDE.splitlines() if row.startswith("| ")]
WRITTEN = re.compile(r"([\d.]+) (?:\((high|from) ([\d.]+)\) )?(\S+) (up|down|none) (.+)")


@pytest.mark.parametrize(("sentence", "expected"), ROWS[2:], ids=lambda text: text[:30])
def test_the_guides_examples(sentence, expected):
    wanted = [] if expected == "none" else [WRITTEN.fullmatch(one.strip()).groups() for one in expected.split(";")]
    found = figures(sentence)
    assert len(found) == len(wanted)
    for one, (value, kind, other, unit, direction, _) in zip(found, wanted, strict=True):
        assert (one["value"], one["unit"], one["direction"]) == (float(value), unit, direction)
        assert all(one.get(key) == (float(other) if key == kind else None) for key in ("high", "from"))


def test_the_guides_measures():
    pairs = []
    for sentence, expected in ROWS[2:]:
        wanted = [WRITTEN.fullmatch(one.strip()).group(6) for one in expected.split(";") if expected != "none"]
        pairs += zip([one["measure"] for one in figures(sentence)], wanted, strict=True)
    # All but one: of "a study (n = 245) ran for 12 months" the rules say "ran" where the guide has "study".
    assert len(pairs) > 10 and sum(token_f1(*pair) >= 0.4 for pair in pairs) >= len(pairs) - 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It will save £15-20m.", [(15e6, 20e6, "GBP", "down")]),
        ("Found in about 1:250.", [(0.004, "ratio", "none")]),
        ("Eight people took part and five finished.", [(8, "people", "none"), (5, "people", "none")]),
        ("It took 3 days instead of 14.", [(3, "days", "none"), (14, "days", "none")]),
        ("It ran in seven Greater Manchester trusts.", [(7, "organisations", "none")]),
        ("It cost £1.4–£2.4 billion a year.", [(1.4e9, 2.4e9, "GBP", "none")]),
        ("A £13m fund, then $2bn and €5k.", [(13e6, "GBP", "none"), (2e9, "USD", "none"), (5000, "EUR", "none")]),
        ("A 12-week course of 120 bed days.", [(12, "weeks", "none"), (120, "bed days", "none")]),
        ("It saved staff 8 to 40 minutes a day.", [(8, 40, "minutes", "down")]),
        ("Stays fell by between 2 and 3 days.", [(2, 3, "days", "down")]),
        ("There were ten fewer years, 300 extra beds.", [(10, "years", "down"), (300, "beds", "up")]),
        ("Use of 29 of the city's 35 practices.", [(29, "practices", "none"), (35, "practices", "none")]),
        ("Nine in ten will have it, up from one in five.", [(0.9, 0.2, "ratio", "up")]),
        ("One person in 50 has it.", [(0.02, "ratio", "none")]),
        ("They are four times better and twice as likely.", [(4, "times", "up"), (2, "times", "up")]),
        ("Up to 20% of admissions could be avoided.", [(20, "%", "down")]),
        ("It spared 1,120kg of CO2.", [(1120, "kg CO2e", "down")]),
        ("Scores rose by 5 percentage points.", [(5, "points", "up")]),
        ("In 2019 some 92 sites joined.", [(92, "sites", "none")]),
        ("4.2 per 1,000 births.", [(4.2, "count", "none")]),
        ("The wait is half an hour.", [(0.5, "hours", "none")]),
    ],
)
def test_figures_of_many_forms(text, expected):
    assert stated(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Call 020 7946 0958 or 0800 123 456, or 07700 900123.",
        "Version 2.1.3 of v3 came out on 3 May 2021 at 5:00 pm, not 9am, 12.30pm or 11 p.m.",
        "Write to 12 Acacia Road, SW1A 1AA, or LS1 4AP.",
        "Children aged 5 to 11, over-65s, under 5s, people over 75, those of 40 and over, an 80-year-old.",
        "Babies born before 34 weeks, or at 28 weeks of pregnancy.",
        "The 30-day mortality, the four-hour target, the two-week wait, the 10-Year Plan.",
        "Two years ago, in the last five years, four months later, at 8 and 12 weeks.",
        "24 hours a day, seven days a week, a 24-hour service, open 12 hours a day, open from nine to five.",
        "The odds were known (95% CI 1.2 to 3.4; 95% confidence interval 1.2-3.4; p<0.05; p = 0.03; SD 4.2).",
        "From 2016-17 to 2019/20 and in 2020/21, from 2010 to 2020.",
        "5G, 3D, Band 8a, type 1 diabetes, stages 3 and 4, ISO 27001, PM2.5, H1N1, EQ-5D-3L, CO2, Horizon 2020.",
        "One hospital, one of them, one-to-one, one by one, the first, the 2nd, top 10, No. 5, two-way, three-part.",
        "Hundreds of people, thousands, dozens of wards, tens of thousands of sessions, millions of pounds.",
        "Once, twice a week, three times a day, the second half, halfway, a double bed, a half-day.",
        "Microsoft 365, Core20PLUS5, net zero, NHS 111, dial 999, DCB0129.",
    ],
)
def test_numbers_that_are_no_figures(text):
    assert figures(text) == []


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("up to 40 patients", "at most"), ("more than 1,000 patients", "at least"),
        ("around 40 patients", "about"), ("an average of just over 40 patients", "at least"), ("40 patients", None),
        ("over 40 patients", "at least"), ("over three years", None), ("just 40 patients", None),
    ],
)  # fmt: skip
def test_bounds(text, bound):
    assert [one.get("bound") for one in figures(f"It took {text}.")] == [bound]


@given(
    st.integers(2, 999).filter(lambda number: number not in (101, 111, 112, 119, 999)),
    st.sampled_from([("patients", "patients"), ("care homes", "sites"), ("minutes", "minutes"), ("miles", "miles")]),
    st.sampled_from([("fell by", "down"), ("rose by", "up"), ("reached", "none")]),
)
def test_a_made_sentence_reads_back(number, unit, change):
    assert stated(f"The total {change[0]} {number} {unit[0]}.") == [(number, unit[1], change[1])]


@given(st.text(st.sampled_from("0123456789 ,.-–%£:/()abmofrt"), max_size=300))
def test_any_text_is_read_without_error_and_in_order(text):
    found = READER.figures(text)
    starts = [figure.start for figure in found]
    assert starts == sorted(starts)
    assert all(0 <= figure.start < figure.end <= len(text) for figure in found)


def test_naughty_strings():
    folder = os.environ.get("HORIZON_CASES")
    if not folder:
        pytest.skip("HORIZON_CASES is not set: the outside case files are not here")
    strings = json.loads((Path(folder) / "strings" / "blns.json").read_text(encoding="utf-8"))
    for naughty in strings:
        text = f"{naughty}\nIt saved 40 nurses 3 hours a week. {naughty}"
        for one in READER.annotations(read(text)):
            assert text[one.evidence.start : one.evidence.end] == one.evidence.text
    assert len(strings) > 400


PIECES = ["1", "1 ", "1,", "1-", "1/", "1.", "111,", "1 to ", "from 1 ", "one in ", "twenty ", "million ", "half a "]
PIECES += ["5% and ", "up from 3 % ", "3 of ", "saved ", "5 hospital ", "1 more than ", "£", "within 3 ", "a third of "]


def steps(text):
    """How many lines of Python it takes to read the figures of a text."""
    count = 0

    def counted(frame, event, argument):
        nonlocal count
        count += event == "line"
        return counted

    before = sys.gettrace()
    sys.settrace(counted)
    try:
        READER.figures(text)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("piece", PIECES)
def test_work_grows_with_the_length_only(piece):
    whole = piece * (20_000 // len(piece))
    quarter, all_of_it = whole[: len(whole) // 4] + " 5 beds", whole + " 5 beds"
    # Four times the text: linear is 4, quadratic 16. The constant is what one sentence costs.
    assert steps(all_of_it) < 5 * steps(quarter) + 5_000


def test_the_corpus_evidence_and_codes():
    for example in load_examples("train")[:80]:
        text = example.document.text
        found = READER.annotations(read(text))
        assert [one.code for one in found] == [f"f{place:02d}" for place in range(1, len(found) + 1)]
        assert [one.evidence.start for one in found] == sorted(one.evidence.start for one in found)
        for one in found:
            assert text[one.evidence.start : one.evidence.end] == one.evidence.text
            assert len(one.evidence.text.split()) <= MAX_EVIDENCE_WORDS
            assert {"value", "unit", "direction", "measure"} <= set(one.detail)
            json.dumps(dict(one.detail), allow_nan=False)


def test_a_long_sentences_evidence_holds_the_figure():
    text = "word " * 200 + "and it saved 417 hours a year " + "word " * 200
    (one,) = READER.annotations(read(text))
    assert "417 hours" in one.evidence.text and len(one.evidence.text.split()) <= MAX_EVIDENCE_WORDS


def test_a_table_is_cut_off():
    text = " ".join(f"We saw {number} patients that month." for number in range(2, 400))
    assert len(READER.annotations(read(text))) == MAX_FIGURES


def test_the_same_text_gives_the_same_figures():
    texts = [example.document.text for example in load_examples("train")[:40]]
    first = [READER.annotations(read(text)) for text in texts]
    assert [FigureReader().annotations(read(text)) for text in reversed(texts)] == first[::-1]


def test_the_pre_filter_drops_no_figure():
    lexicon_words = [
        "half of them",
        "a decade",
        "doubled",
        "halves the time",
        "twice as many",
        "a third of",
        "eightfold",
    ]
    assert all(may_state(text) for text in lexicon_words)
    assert not may_state("Staff and patients designed it together.")


def test_labelled_sentences_are_sound():
    sentences = load_sentences(*PARTS)
    texts = {one.document.id: one.document.text for one in load_examples("train", "single")}
    units = {unit.code for unit in load_figure_terms().terms.terms}
    assert len(sentences) == 400
    for sentence in sentences:
        assert sentence.text in texts[sentence.id]
        assert all(figure["quote"] in sentence.text and figure["unit"] in units for figure in sentence.figures)


@pytest.mark.parametrize("part", PARTS)
def test_figures_do_not_fall_below_the_floor(part):
    found = scores([outcome(READER, sentence) for sentence in load_sentences(part)])
    assert min(value for value, _, _ in found.values()) >= FLOOR


@pytest.fixture
def folder(tmp_path):
    (tmp_path / FIGURES_FILE).write_bytes((TAXONOMY_FOLDER / FIGURES_FILE).read_bytes())
    return tmp_path


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("version:", "verzion:", "version: Field required"),
        ("kind: money, words: [pounds", "kind: cash, words: [pounds", "terms.4.kind"),
        ("code: kg,", "code: g,", "unit g given twice"),
        ("words: [miles]", "words: [miles, hours]", "word hours given twice"),
        ("kg: kg", "kg: stone", "no unit stone"),
        ("suffixes:", "suffixes: [", "not YAML"),
    ],
)
def test_a_faulty_vocabulary_is_named(folder, old, new, said):
    path = folder / FIGURES_FILE
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(TaxonomyError, match=FIGURES_FILE) as raised:
        load_figure_terms(folder)
    assert said in str(raised.value)


def test_a_missing_vocabulary_is_named(tmp_path):
    with pytest.raises(TaxonomyError, match="no such file"):
        load_figure_terms(tmp_path)


def test_a_new_word_changes_the_version_and_the_figures(folder):
    path = folder / FIGURES_FILE
    path.write_text(
        path.read_text(encoding="utf-8").replace("barbershops,", "barbershops, lighthouses,"), encoding="utf-8"
    )
    changed = FigureReader(load_figure_terms(folder))
    assert changed.version != READER.version
    assert changed.figures("Two lighthouses joined.")[0].unit == "sites" and figures("Two lighthouses joined.") == []


def test_spacy_is_not_needed_for_figures():
    before = len(language().vocab.strings)
    figures("A wholly unheardofword for 12 patients.")
    assert len(language().vocab.strings) == before


@pytest.mark.parametrize(
    ("sentence", "may"),
    [
        ("NEWS2 and CO2 are written with digits.", False),
        ("Nothing is counted here at all.", False),
        ("It took 2½ hours.", True),
        ("A ½ of them came.", True),
        ("COVID-19 came first.", True),
        ("(3) of them came.", True),
        ("7 came.", True),
        ("Twice as many came.", True),
    ],
)
def test_a_sentence_without_the_start_of_a_number_is_not_read(sentence, may):
    assert may_state(sentence) == may
    assert may or not starts(Line(sentence))
