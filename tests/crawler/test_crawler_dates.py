"""Dates stay as precise as they were written, and never depend on today."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.dates import iso_date


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("2024", "2024"), ("2024-05", "2024-05"), ("2024-05-17", "2024-05-17"), ("2024/05/17", "2024-05-17"),
        ("2024-05-17T23:30:00+00:00", "2024-05-17"), ("2024-05-17 10:00", "2024-05-17"), ("2024-5-7", "2024-05-07"),
        ("Fri, 14 Feb 2025 23:30:00 -0500", "2025-02-14"), ("1715904000000", "2024-05-17"),
        ("17 May 2024", "2024-05-17"),
        ("17th May, 2024", "2024-05-17"), ("Friday 17 May 2024", "2024-05-17"), ("May 17, 2024", "2024-05-17"),
        ("Posted: Friday 15 September 2023", "2023-09-15"), ("Published on 8 August 2022", "2022-08-08"),
        ("15 Sep 2023", "2023-09-15"), ("May 2024", "2024-05"), ("Date published: May 2024", "2024-05"),
        ("03/04/2021", "2021-04-03"), ("17 mai 2024", "2024-05-17"), ("mai 2024", "2024-05"),
        (None, None), ("", None), ("yesterday", None), ("17 May", None), ("2 days ago", None), ("2024-13-01", None),
        ("2024-02-30", None), ("0001-01-01", None), ("9999-01-01", None), ("12345", None), ("x" * 500, None),
    ],
)  # fmt: skip
def test_a_written_date(written: str | None, iso: str | None) -> None:
    assert iso_date(written) == iso


@given(st.text(max_size=80))
def test_any_text_gives_a_date_or_none(text: str) -> None:
    found = iso_date(text)
    assert found is None or iso_date(found) == found
