from __future__ import annotations

import html
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from filled_database import fill_from_fixtures
from served_site import ServedSite, visible

from db.database import open_database
from pipeline.site import search as searching
from pipeline.site.filters import FACETS

FACET_LINK = re.compile(
    r'<li>(?:<a href="([^"]*)" rel="nofollow">|<strong>)([^<]*)</(?:a|strong)> <span class="count">([\d,]+)'
)


def innovations(site: ServedSite) -> list[dict[str, Any]]:
    db = open_database(site.path)
    found = list(db.query("SELECT * FROM innovations"))
    db.close()
    return found


def ask(site: ServedSite, **question: Any) -> str:
    answer = site.get("/search?" + urlencode(question, doseq=True))
    assert answer.status_code == 200
    return answer.text


def total(page: str) -> int:
    match = re.search(r'id="count">([\d,]+) innovation', page)
    assert match, "no count on the page"
    return int(match[1].replace(",", ""))


def facet_counts(page: str) -> Counter[tuple[str, int]]:
    return Counter((html.unescape(label), int(count)) for _, label, count in FACET_LINK.findall(page))


def test_without_a_question_everything_is_listed(site: ServedSite) -> None:
    page = ask(site)
    assert total(page) == len(innovations(site)) > searching.RESULTS_PER_PAGE
    assert "Page 1 of 2" in page and 'rel="next" href="/search?page=2"' in page


def test_pages_hold_every_result_once(site: ServedSite) -> None:
    found = [ident for page in (1, 2) for ident in re.findall(r'href="/innovation/(inn-\w+)"', ask(site, page=page))]
    assert sorted(found) == sorted(row["id"] for row in innovations(site))


@pytest.mark.parametrize("facet", FACETS, ids=lambda facet: facet.name)
def test_every_filter_value_counts_and_filters_right(site: ServedSite, facet: Any) -> None:
    rows = innovations(site)
    expected = Counter(value for row in rows for value in json.loads(row[facet.column]))
    assert expected
    page = ask(site)
    links = {html.unescape(address): int(count) for address, _, count in FACET_LINK.findall(page) if address}
    for value, count in expected.items():
        assert links["/search?" + urlencode({facet.name: value})] == count
        assert total(ask(site, **{facet.name: value})) == count


def test_counts_beside_the_filters_are_those_of_the_results(site: ServedSite) -> None:
    page = ask(site, q="patients", theme="patient-safety")
    rows = [row for row in innovations(site) if "patient-safety" in row["themes"]]
    stem = [row for row in rows if re.search(r"\bpatients?\b", row["search_text"], re.I)]
    assert total(page) == len(stem) > 1
    regions = Counter(value for row in stem for value in json.loads(row["regions"]))
    links = {html.unescape(address): int(count) for address, _, count in FACET_LINK.findall(page) if address}
    for region, count in regions.items():
        assert links[f"/search?q=patients&region={region}&theme=patient-safety"] == count


def test_filters_add_up_and_can_be_taken_away(site: ServedSite) -> None:
    rows = innovations(site)
    both = [row for row in rows if {"patient-safety", "evaluation"} <= set(json.loads(row["themes"]))]
    page = ask(site, theme=["patient-safety", "evaluation"])
    assert total(page) == len(both) > 0
    assert 'href="/search?theme=evaluation"><span class="hidden">Remove filter</span> Theme: Patient safety' in page


def test_a_pledge_can_be_asked_for_under_either_verdict(site: ServedSite) -> None:
    rows = innovations(site)
    either = [row for row in rows if any(value.startswith("P3:") for value in json.loads(row["pledges"]))]
    assert total(ask(site, pledge="P3")) == len(either)


@pytest.mark.parametrize(
    ("typed", "stem"), [("preventing", "prevent"), ("tracheostomies", "tracheostomi"), ("mentor", "mentor")]
)
def test_words_are_found_by_their_stem_and_marked(site: ServedSite, typed: str, stem: str) -> None:
    page = ask(site, q=typed)
    expected = [row for row in innovations(site) if re.search(rf"\b{stem[:-1]}\w*", row["search_text"], re.I)]
    assert 0 < total(page) <= len(expected)
    hits = {hit.lower() for hit in re.findall(r"<mark>([^<]*)</mark>", page)}
    assert hits and all(hit.startswith(stem[:-1]) for hit in hits)
    assert any(hit != typed for hit in hits) or typed == "mentor"


def test_phrases_and_beginnings(site: ServedSite) -> None:
    rows = innovations(site)
    phrase = [row for row in rows if re.search(r"reverse\s+mentor", row["search_text"], re.I)]
    assert total(ask(site, q='"reverse mentoring"')) == len(phrase) > 0
    assert total(ask(site, q="tracheo*")) >= total(ask(site, q="tracheostomy")) > 0


def test_the_title_weighs_more(site: ServedSite) -> None:
    first = re.search(r'<ol class="results".*?<h3>(.*?)</h3>', ask(site, q="tracheostomy"), re.S)
    assert first and "tracheostom" in visible(first[1]).lower()


def test_nothing_found_says_what_to_do(site: ServedSite) -> None:
    page = ask(site, q="zzzqqq tracheostomy", theme="industry")
    assert total(page) == 0 and "Nothing matches" in page
    assert 'href="/search?q=zzzqqq+tracheostomy&amp;match=any"' in page
    assert 'href="/search?q=zzzqqq+tracheostomy"' in page
    assert total(ask(site, q="zzzqqq tracheostomy", match="any")) > 0


def test_a_page_past_the_end_leads_back(site: ServedSite) -> None:
    page = ask(site, page=400)
    assert "There is no page 400" in page and 'href="/search">Go to the first page' in page


def test_signs_alone_find_nothing_and_break_nothing(site: ServedSite) -> None:
    for typed in ("!!!", '"', "((", "a AND", 'NEAR("x"', "title:", "^", "-"):
        assert total(ask(site, q=typed)) >= 0
    assert total(ask(site, q="!!!")) == 0


def test_rejected_innovations_are_not_shown(tmp_path: Path) -> None:
    path = fill_from_fixtures(tmp_path / "rejected.db")
    db = open_database(path)
    target = db.execute("SELECT id FROM innovations ORDER BY id LIMIT 1").fetchone()[0]
    row = {"innovation_id": target, "decision": "reject", "actor": "a", "decided_at": "2026-11-03T00:00:00Z"}
    db.table("decisions").insert(row)
    everything = db.table("innovations").count
    db.close()
    served = ServedSite(path)
    page = ask(served)
    assert total(page) == everything - 1
    assert f"/innovation/{target}" not in page + ask(served, page=2)
    assert served.get(f"/innovation/{target}").status_code == 200
    served.close()


def test_counts_are_bounded_and_say_so(site: ServedSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "COUNT_LIMIT", 7)
    page = site.get("/search").text
    assert "More than " in page and "Counts beside the filters are of the first" in page


def test_a_run_that_writes_is_seen_at_the_next_question(tmp_path: Path) -> None:
    path = fill_from_fixtures(tmp_path / "live.db")
    served = ServedSite(path)
    before = total(ask(served))
    db = open_database(path)
    with db.conn:
        db.conn.execute("DELETE FROM innovations WHERE id = (SELECT min(id) FROM innovations)")
    db.close()
    assert total(ask(served)) == before - 1
    served.close()
