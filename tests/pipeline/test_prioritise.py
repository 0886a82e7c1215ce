from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.prioritise import Facts, prioritise


def facts(text: str = "", **more: object) -> Facts:
    values = {"publishers": ["A"], "regions": [], "criteria": [], "last_published": None, **more}
    return Facts(text=text, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("A randomised controlled trial was run.", 30),
        ("NICE has recommended it.", 24),
        ("An evaluation found fewer falls.", 20),
        ("It was piloted in Leeds.", 8),
        ("It is used in Leeds.", 0),
        ("A nice idea.", 0),
    ],
)
def test_evaluation(text: str, points: int) -> None:
    assert prioritise(facts(text), None)[0] == points


def test_every_point_is_explained() -> None:
    score, reasons = prioritise(
        facts(
            "An evaluation.",
            publishers=["A", "B"],
            regions=["HI-SW"],
            criteria=["P3.access:met", "P1.standard:planned"],
            last_published="2023-05",
        ),
        "2024-01-01",
    )
    assert score == sum(reason.points for reason in reasons) == 20 + 5 + 5 + 7 + 8
    assert [str(reason) for reason in reasons] == [
        "an evaluation or a study is reported (+20)",
        "2 publishers write about it (+5)",
        "one region is named (+5)",
        "pledge criteria: 1 met, 1 planned (+7)",
        "last published in 2023 (+8)",
    ]


@given(
    st.text(max_size=50),
    st.lists(st.text(max_size=3), max_size=40),
    st.lists(st.sampled_from(["a:met", "b:planned"]), max_size=20),
    st.one_of(st.none(), st.integers(1990, 2030).map(str)),
)
def test_never_beyond_0_and_100(text: str, many: list[str], criteria: list[str], date: str | None) -> None:
    score, reasons = prioritise(
        facts(text, publishers=many, regions=many, criteria=criteria, last_published=date), "2026"
    )
    assert 0 <= score <= 100
    assert all(reason.points > 0 for reason in reasons)
