from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup
from sqlite_utils import Database

from pipeline.labels import Labels
from pipeline.links import safe_link
from pipeline.site.cells import cell
from pipeline.site.dates import day
from pipeline.site.explain import statements
from pipeline.site.filters import PAGE_LIMIT, Question, question_from
from pipeline.site.marking import HIT_END, HIT_START, Span, mark, marked_hits, passage
from pipeline.site.words import WORDS_LIMIT, match_expression, terms


class Arguments:
    def __init__(self, **values: list[str]) -> None:
        self.values = values

    def get(self, name: str, default: str | None = None) -> str | None:
        return self.values.get(name, [default])[0]

    def getlist(self, name: str) -> list[str]:
        return self.values.get(name, [])


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(-3, 70), st.integers(-3, 70)), max_size=6))
def test_marked_text_is_the_text_and_covers_exactly_the_spans(text: str, borders: list[tuple[int, int]]) -> None:
    spans = [Span(start, end, f"a{n}", ("x",)) for n, (start, end) in enumerate(borders)]
    pieces = mark(text, spans)
    assert "".join(piece.text for piece in pieces) == text
    inside = [span for span in spans if 0 <= span.start < span.end <= len(text)]
    covered = {position for span in inside for position in range(span.start, span.end)}
    marked, position = set(), 0
    for piece in pieces:
        if piece.covered:
            marked |= set(range(position, position + len(piece.text)))
        position += len(piece.text)
    assert marked == covered
    assert {span.anchor for piece in pieces for span in piece.opens} == {span.anchor for span in inside}


@given(st.text(alphabet=st.sampled_from(["a", " ", HIT_START, HIT_END, "<"]), max_size=40))
def test_no_mark_character_is_ever_shown(snippet: str) -> None:
    shown = "".join(piece.text for piece in marked_hits(snippet))
    assert shown == snippet.replace(HIT_START, "").replace(HIT_END, "")


def test_a_passage_leaves_out_what_is_shown_anyway_and_keeps_the_hit() -> None:
    text = (
        f"{HIT_START}Falls{HIT_END} prevention\nAcme\n"
        + "word " * 100
        + f"about {HIT_START}falls{HIT_END} here "
        + "w " * 90
    )
    found = passage(text, {"Falls prevention", "Acme"}, 120)
    assert f"{HIT_START}falls{HIT_END}" in found
    assert "Acme" not in found and "prevention" not in found
    assert found.startswith("… word") and found.endswith(" …") and len(found) <= 124


def test_a_passage_of_only_shown_lines_shows_them() -> None:
    assert passage("Title\nAcme", {"Title", "Acme"}, 50) == "Title Acme"


@pytest.mark.parametrize(
    "address", ["http://a.example/x?y=1#z", "HTTPS://a.example", "https://[::1]/", "http://ä.example/"]
)
def test_web_addresses_are_linked(address: str) -> None:
    assert safe_link(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "//a.example",
        "/path",
        "",
        None,
        7,
        "http://",
        "http://user:pass@a.example/",
        "http://user@a.example/",
        "http://a.example/\u202egpj",
        " http://a.example",
        "http://a.example/a b",
        "http://a.example/\n",
        "java\nscript:alert(1)",
        "http://[bad/",
        "http:\\\\a.example",
        "http://a.example\\@b.example/",
        "http://a.example/\u200b",
    ],
)
def test_other_addresses_are_not(address: object) -> None:
    assert safe_link(address) is None


def test_words_phrases_and_beginnings() -> None:
    assert match_expression('falls "care home" prevent*') == '"falls" AND "care home" AND "prevent" *'
    assert match_expression("a b", any_word=True) == '"a" OR "b"'


@pytest.mark.parametrize("typed", ["", "   ", "!!! ???", '"', '""', "*", "-", "()", "\x00"])
def test_nothing_to_search_for(typed: str) -> None:
    assert match_expression(typed) is None


@given(st.text(max_size=400))
def test_no_input_is_a_syntax_error(typed: str) -> None:
    expression = match_expression(typed)
    if expression is None:
        return
    db = Database(memory=True)
    db.conn.execute("CREATE VIRTUAL TABLE f USING fts5(a)")
    db.conn.execute("SELECT * FROM f WHERE f MATCH ?", [expression.encode("utf-8", "replace").decode()]).fetchall()
    assert len(terms(typed)) <= WORDS_LIMIT


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("2024-05-17", "17 May 2024"),
        ("2024-05", "May 2024"),
        ("2024", "2024"),
        ("2026-11-02T06:00:00Z", "2 November 2026"),
        (None, ""),
        ("2024-13-01", "2024-13-01"),
        ("soon", "soon"),
        ("2024-00-10", "2024"),
    ],
)
def test_dates_in_words(value: str | None, words: str) -> None:
    assert day(value) == words


def test_match_detail_in_plain_lines() -> None:
    detail = {
        "reasons": ["same title"],
        "title_similarity": 0.9312,
        "same_name": True,
        "empty": None,
        "names": {"left": "a"},
    }
    assert statements(detail) == ["same title", "title similarity: 0.93", "same name", "names left: a"]
    assert statements({"reasons": ["same words"], "closest listing": "A title", "matched": "0a1b"}) == [
        "same words",
        "closest listing: A title",
    ]
    assert statements({}) == []


def test_a_question_round_trips_through_its_address() -> None:
    asked = question_from(
        Arguments(q=[" falls & more "], theme=["digital", "digital", ""], region=["HI-SW"], page=["3"])
    )
    assert asked.chosen == {"theme": ("digital",), "region": ("HI-SW",)}
    assert asked.address(asked.page) == "/search?q=falls+%26+more&region=HI-SW&theme=digital&page=3"
    assert asked.toggled("theme", "digital").chosen == {"region": ("HI-SW",)}
    assert (
        asked.toggled("theme", "workforce").address()
        == "/search?q=falls+%26+more&region=HI-SW&theme=digital&theme=workforce"
    )


@pytest.mark.parametrize(
    ("page", "expected"),
    [("0", 1), ("-4", 1), ("x", 1), ("٣", 1), ("9" * 30, 1), ("501", PAGE_LIMIT), ("500", 500), ("", 1)],
)
def test_pages_stay_within_bounds(page: str, expected: int) -> None:
    assert question_from(Arguments(page=[page])).page == expected


def test_the_plainest_question_has_the_plainest_address() -> None:
    assert Question().address() == "/search"


def test_labels_of_verdicts_and_unknown_codes() -> None:
    labels = Labels({("pledge", "P3"): "Our work", ("theme", "digital"): "Digital"})
    assert labels.of("pledge", "P3:met") == "Our work: met"
    assert labels.of("theme", "digital") == "Digital"
    assert labels.of("pledge", "P9:met") == "P9:met"


def test_cells_link_what_is_safe_and_escape_the_rest() -> None:
    linked = cell("http://a.example/?a=1&b=2", "url", "listings")
    assert (
        linked
        == '<a href="http://a.example/?a=1&amp;b=2" rel="noopener noreferrer nofollow">http://a.example/?a=1&amp;b=2</a>'
    )
    assert cell("http://u:p@a.example/<b>", "url", "listings") == "http://u:p@a.example/&lt;b&gt;"
    assert cell('"><script>', "innovation_id", "tags") == (
        '<a href="/innovation/%22%3E%3Cscript%3E">&#34;&gt;&lt;script&gt;</a>'
    )
    assert cell("<b>x</b>", "title", "innovations") is None
    assert cell(7, "listing_count", "innovations") is None


def test_cells_of_codes_lead_to_the_search() -> None:
    assert cell('["a&b", "c"]', "themes", "innovations") == (
        '<a href="/search?theme=a%26b">a&amp;b</a>, <a href="/search?theme=c">c</a>'
    )
    assert cell("digital", "primary_theme", "candidate_list") == '<a href="/search?theme=digital">digital</a>'
    assert cell('["<i>", "B"]', "publishers", None) == Markup("&lt;i&gt;, B")
    assert cell("[]", "themes", "innovations") == "&nbsp;"
    assert cell('[{"a": 1}]', "extra", "listings") is None
    assert cell("[" * 100_000 + "]", "extra", "listings") is None
