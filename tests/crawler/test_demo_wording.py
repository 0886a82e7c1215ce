from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.demo.catalogue import Record, load_catalogue
from crawler.demo.wording import (
    UNDATED_MODIFIED,
    excerpt,
    markable,
    modified,
    ordinal,
    paragraphs,
    sentences,
    shown_date,
)

RECORD = Record("a-1", "https://example.org/1", "One", "NICE", "It works.")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It works. It is cheap.", ["It works.", "It is cheap."]),
        ("Dr. Smith leads it. He is keen.", ["Dr. Smith leads it.", "He is keen."]),
        ("Tests, e.g. Troponin, help. So there.", ["Tests, e.g. Troponin, help.", "So there."]),
        ("By J. Jones et al. Later work agreed.", ["By J. Jones et al. Later work agreed."]),
        ('"It works." "It does!" She left.', ['"It works."', '"It does!"', "She left."]),
        ("It cost £2.50 a day. £1 was saved.", ["It cost £2.50 a day.", "£1 was saved."]),
        ("No end", ["No end"]),
        ("", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@given(st.text(alphabet=st.sampled_from("ab AZ.!?'\")\n \u00a0£1"), max_size=120))
def test_sentences_and_paragraphs_lose_nothing_but_white_space(text: str) -> None:
    flat = " ".join(text.split())
    assert " ".join(sentences(text)) == flat
    assert " ".join(paragraphs(text)) == flat


def test_every_record_has_two_to_four_paragraphs_that_make_its_text() -> None:
    counts = set()
    for record in load_catalogue():
        pieces = paragraphs(record.text)
        counts.add(len(pieces))
        assert " ".join(pieces) == record.text
    assert counts == {2, 3, 4}


def test_an_excerpt_ends_between_words() -> None:
    assert excerpt("one two three", 9) == "one two…"
    assert excerpt("one two three", 7) == "one two…"
    assert excerpt("one two", 7) == "one two"
    assert excerpt("onetwothree", 7) == "onetwot…"


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (1, "1st"),
        (2, "2nd"),
        (3, "3rd"),
        (4, "4th"),
        (11, "11th"),
        (12, "12th"),
        (13, "13th"),
        (21, "21st"),
        (31, "31st"),
    ],
)
def test_ordinals(number: int, expected: str) -> None:
    assert ordinal(number) == expected


@pytest.mark.parametrize(
    ("iso", "style", "expected"),
    [
        ("2023-09-15", "ordinal", "15th September 2023"),
        ("2025-05-01", "plain", "1 May 2025"),
        ("2025-05-01", "comma", "1 May, 2025"),
        ("2023-09-15", "weekday", "Friday 15 September 2023"),
        ("2023-09-15", "month-first", "September 15, 2023"),
        ("2023-09-05", "short", "5 Sep 2023"),
        ("2023-09-05", "slashes", "05/09/2023"),
        ("2024-05", "ordinal", "May 2024"),
        ("2024", "slashes", "2024"),
        (None, "plain", ""),
    ],
)
def test_dates_as_readers_see_them(iso: str | None, style: str, expected: str) -> None:
    assert shown_date(iso, style) == expected


@pytest.mark.parametrize(
    ("published", "changed", "expected"),
    [
        ("2023-09-15", None, datetime(2023, 9, 15, 9, tzinfo=UTC)),
        ("2023-09", None, datetime(2023, 9, 1, 9, tzinfo=UTC)),
        ("2023", None, datetime(2023, 1, 1, 9, tzinfo=UTC)),
        ("2023", "2025-10-02", datetime(2025, 10, 2, 9, tzinfo=UTC)),
        (None, None, UNDATED_MODIFIED),
    ],
)
def test_the_last_change_follows_from_the_record(
    published: str | None, changed: str | None, expected: datetime
) -> None:
    record = replace(RECORD, published=published, modified=changed)
    assert modified(record) == expected


def test_what_markup_cannot_carry_goes() -> None:
    assert markable("a\x00b\x1bc\ud800d\ufffee\tf\ng\r£–😀") == "abcde\tf\ng\r£–😀"
