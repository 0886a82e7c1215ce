from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.resolve.survivorship import SUMMARY_CHARACTERS, main_order, merge, opening, title_points

TEXT = (
    "Whzan is a telehealth kit for care homes. It measures pulse and oxygen. Staff send the readings to doctors. " * 2
)


def member(identity: str, title: str, text: str = TEXT, **more: Any) -> dict[str, Any]:
    row = {"id": identity, "source": "s", "title": title, "text": text, "publisher": None, "region": None}
    return {**row, "published": None, "annotations": [], **more}


def tag(kind: str, code: str, score: float = 0.9, verdict: str | None = None, primary: int = 0) -> dict[str, Any]:
    return {"kind": kind, "code": code, "verdict": verdict, "is_primary": primary, "score": score}


def test_title_names_the_product_and_is_short() -> None:
    members = [
        member("a", "New telehealth system transforming healthcare for residents of care homes across the borough"),
        member("b", "Whzan telehealth kit"),
        member("c", "Trust launches Whzan?"),
    ]
    merged = merge(members, names=["whzan"])
    assert (merged.row["title"], merged.fields["title"], merged.fields["main"]) == ("Whzan telehealth kit", "b", "a")


def test_title_points_explain_themselves() -> None:
    points, detail = title_points("Whzan", {"whzan": 1.0}, ["whzan"])
    assert points == pytest.approx(sum(detail.values()))
    assert set(detail) == {"said by its listings", "has its name", "too long", "a headline", "one word"}


def test_summary_opens_with_whole_sentences() -> None:
    summary = opening("Homes are busy. Whzan is a kit. It measures oxygen.", "Whzan")
    assert summary == "Whzan is a kit. It measures oxygen."


def test_summary_never_starts_with_a_sentence_that_leans_on_another() -> None:
    text = "Something general is said. It is therefore Whzan that homes use."
    assert opening(text, "Whzan").startswith("Something general")


def test_summary_is_cut_at_a_word() -> None:
    summary = opening("Whzan " + "word " * 200, "Whzan")
    assert len(summary) <= SUMMARY_CHARACTERS and summary.endswith("word…")


def test_summary_is_of_the_sentences_that_evidence_is_of() -> None:
    text = "Approx. 40 homes of Whzan Ltd. Dorset agreed, cf. Mary. All agreed\n\u2022 to more of it"
    assert opening(text, "Whzan", limit=55) == "Approx. 40 homes of Whzan Ltd. Dorset agreed, cf. Mary."
    assert opening("Whzan helps\nMore at the end", "Whzan", limit=12) == "Whzan helps"


def test_primary_theme_has_the_highest_sum() -> None:
    members = [
        member("a", "A", annotations=[tag("theme", "digital", 0.9, primary=1)]),
        member("b", "B", annotations=[tag("theme", "workforce", 0.6, primary=1)]),
        member("c", "C", annotations=[tag("theme", "workforce", 0.7, primary=1), tag("theme", "digital", 0.99)]),
    ]
    merged = merge(members)
    assert (merged.row["primary_theme"], merged.fields["primary_theme"]) == ("workforce", "c")
    assert json.loads(merged.row["themes"]) == ["digital", "workforce"]


def test_a_criterion_met_anywhere_is_met() -> None:
    members = [
        member("a", "A", annotations=[tag("criterion", "P3.access", verdict="planned")]),
        member("b", "B", annotations=[tag("criterion", "P3.access", verdict="met")]),
        member("c", "C", annotations=[tag("criterion", "P1.standard", verdict="planned")]),
    ]
    row = merge(members).row
    assert json.loads(row["criteria"]) == ["P1.standard:planned", "P3.access:met"]
    assert json.loads(row["pledges"]) == ["P1:planned", "P3:met"]


def test_regions_come_from_publisher_and_text() -> None:
    members = [member("a", "A", region="HI-SW"), member("b", "B", annotations=[tag("facet", "region:HI-KSS")])]
    assert json.loads(merge(members).row["regions"]) == ["HI-KSS", "HI-SW"]


def test_first_published_prefers_the_certain_date() -> None:
    members = [
        member("a", "A", published="2024-05-17"),
        member("b", "B", published="2024"),
        member("c", "C", published="2025-01"),
    ]
    merged = merge(members)
    assert (merged.row["first_published"], merged.fields["first_published"]) == ("2024-05-17", "a")
    assert merged.row["last_published"] == "2025-01"


def test_main_order() -> None:
    order = [main_order(date, "x") for date in ("2023-02-01", "2023-02", "2023", "2024-01-01", None)]
    assert order == sorted(order)


def test_content_hash_follows_the_members() -> None:
    one, two = [member("a", "A")], [member("a", "A"), member("b", "A")]
    assert merge(one).row["content_hash"] == merge(one).row["content_hash"] != merge(two).row["content_hash"]
