from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from filled_database import MERGED_ID, fill_from_fixtures, fixture_records, listing_key
from served_site import ServedSite, visible

from db.database import open_database
from pipeline.site.innovation import NOT_EVIDENCED

EVIDENCE_MARK = re.compile(r'<span class="anchor" id="([^"]+)"')


def innovation_of(site: ServedSite, record_id: str) -> dict[str, Any]:
    """The JSON of the innovation that this record was joined into."""
    record = next(record for record in fixture_records() if record["id"] == record_id)
    db = open_database(site.path)
    sql = "SELECT innovation_id FROM innovation_listings WHERE listing_id = ?"
    identity = db.execute(sql, [listing_key(record)]).fetchone()[0]
    db.close()
    return site.get(f"/innovation/{identity}.json").json()


def largest(site: ServedSite) -> dict[str, Any]:
    moved = site.get(f"/innovation/{MERGED_ID}.json")
    return site.get(moved.headers["location"]).json()


def marked(page: str, anchor: str, length: int) -> str:
    """The first `length` characters of a listing's text from an anchor on, without the tags' names between them."""
    rest = page[page.index(f'id="{anchor}"') :].partition(">")[2]
    return visible(re.sub(r'<span class="tag-note".*?</span>', "", rest))[:length]


def test_the_front_page_counts_and_links(site: ServedSite) -> None:
    page = site.get("/").text
    kept = sum(record["listing"] for record in fixture_records())
    assert f">{len(fixture_records())}</a>" in page
    assert kept != len(fixture_records())
    assert f'href="/innovations/filtered_out">{len(fixture_records()) - kept}</a>' in page
    for theme in ("spread-adoption", "digital", "workforce"):
        assert f'href="/search?theme={theme}"' in page
    assert "Health Innovation West of England" in page
    assert '<html lang="en-GB">' in page
    assert page.count("<main") == 1 and page.count("<h1") == 1
    assert '<label for="q">' in page and 'href="#main"' in page


def test_tile_counts_are_those_of_the_search(site: ServedSite) -> None:
    page = site.get("/").text
    tiles = re.findall(r'<a href="/search\?theme=([a-z-]+)">[^<]*</a>\s*<span class="count">(\d+)', page)
    assert len(tiles) == 9
    for theme, count in tiles:
        found = visible(site.get(f"/search?theme={theme}").text)
        assert re.search(rf"\b{count} innovations?\b", found), theme


def test_every_tag_is_highlighted_exactly_in_place(site: ServedSite) -> None:
    item = largest(site)
    page = site.get(f"/innovation/{item['id']}").text
    assert item["tags"]
    for tag in item["tags"]:
        assert marked(page, tag["anchor"], len(tag["evidence"])) == tag["evidence"]
        assert f'href="#{tag["anchor"]}"' in page
    anchors = EVIDENCE_MARK.findall(page)
    assert sorted(anchors) == sorted({tag["anchor"] for tag in item["tags"]})


def test_the_main_theme_comes_first(site: ServedSite) -> None:
    item = largest(site)
    themes = [tag["code"] for tag in item["tags"] if tag["kind"] == "theme"]
    assert len(set(themes)) > 1 and themes[0] == item["primary_theme"]
    assert site.get(f"/innovation/{item['id']}").text.count("main theme") == 1


def test_only_the_evidence_is_marked(site: ServedSite) -> None:
    item = innovation_of(site, "a-bmjoq-periprem")
    page = site.get(f"/innovation/{item['id']}").text
    texts = {listing["id"]: listing["text"] for listing in item["listings"]}
    expected = 0
    for identity, text in texts.items():
        spans = [t for t in item["tags"] if t["listing_id"] == identity]
        expected += len({p for t in spans for p in range(t["evidence_start"], t["evidence_end"])})
        assert text in visible(re.sub(r'<span class="tag-note".*?</span>', "", page))
    shown = sum(len(visible(piece)) for piece in re.findall(r"<mark>(.*?)</mark>", page, re.S))
    assert shown == expected > 0


def test_evidence_of_an_older_text_is_quoted_and_not_highlighted(tmp_path: Path) -> None:
    path = fill_from_fixtures(tmp_path / "changed.db")
    db = open_database(path)
    with db.conn:
        db.conn.execute("UPDATE listings SET text = 'All new.', text_hash = 'other', version = 2")
    db.close()
    served = ServedSite(path)
    item = largest(served)
    page = served.get(f"/innovation/{item['id']}").text
    served.close()
    assert item["tags"] and not any(tag["in_text"] for tag in item["tags"])
    assert "<mark>" not in page
    assert "From an earlier version of listing 1" in page
    assert item["tags"][0]["evidence"] in visible(page)


def test_criteria_without_a_sentence_are_not_evidenced_and_never_no(site: ServedSite) -> None:
    item = largest(site)
    verdicts = {c["code"]: c["verdict"] for pledge in item["pledge_criteria"] for c in pledge["criteria"]}
    assert len(verdicts) == 9
    shown = {tag["code"] for tag in item["tags"] if tag["kind"] == "criterion"}
    assert {code for code, verdict in verdicts.items() if verdict != NOT_EVIDENCED} == shown
    page = visible(site.get(f"/innovation/{item['id']}").text)
    assert page.count(NOT_EVIDENCED) == sum(verdict == NOT_EVIDENCED for verdict in verdicts.values())
    assert not re.search(r"^\s*No\s*$", page, re.M | re.I)


def test_met_wins_over_planned_and_carries_its_sentence(site: ServedSite) -> None:
    record = next(
        r for r in fixture_records() if r["listing"] and any(c["verdict"] == "planned" for c in r["criteria"].values())
    )
    item = innovation_of(site, record["id"])
    code, criterion = next((k, c) for k, c in record["criteria"].items() if c["verdict"] == "planned")
    found = next(c for pledge in item["pledge_criteria"] for c in pledge["criteria"] if c["code"] == code)
    assert criterion["quotes"][0] in [tag["evidence"] for tag in found["evidence"]]
    assert found["verdict"] == ("met" if any(t["verdict"] == "met" for t in found["evidence"]) else "planned")


def test_listings_stand_side_by_side_with_links_and_reasons(site: ServedSite) -> None:
    item = largest(site)
    page = site.get(f"/innovation/{item['id']}").text
    assert len(item["listings"]) > 1
    for listing in item["listings"]:
        assert f'<a href="{listing["url"]}" rel="noopener noreferrer nofollow">' in page
        assert f'href="/listing/{listing["id"]}/1"' in page
        assert listing["publisher"] in visible(page)
    assert page.count("Why it is joined") == len(item["listings"]) - 1
    assert "same name in both titles" in page


def test_decisions_follow_a_merge(site: ServedSite) -> None:
    item = largest(site)
    assert [(d["decision"], d["withdrawn"]) for d in item["decisions"]] == [("shortlist", False)]
    assert "strong evidence" in site.get(f"/innovation/{item['id']}").text


@pytest.mark.parametrize("suffix", ["", ".json"])
def test_a_merged_number_leads_to_the_one_in_use(site: ServedSite, suffix: str) -> None:
    answer = site.get(f"/innovation/{MERGED_ID}{suffix}")
    assert answer.status_code == 301
    assert answer.headers["location"] == f"/innovation/{largest(site)['id']}{suffix}"


def test_unknown_numbers_get_a_page_that_helps(site: ServedSite) -> None:
    answer = site.get("/innovation/inn-none")
    assert answer.status_code == 404
    assert "There is no innovation with this number" in answer.text
    assert 'action="/search"' in answer.text
    assert site.get("/innovation/inn-none.json").json()["status"] == 404
    assert site.get("/nowhere").status_code == 404


def test_the_stored_version_is_the_text_as_read(site: ServedSite) -> None:
    record = fixture_records()[0]
    page = site.get(f"/listing/{listing_key(record)}/1")
    assert page.status_code == 200
    assert record["text"] in visible(page.text)
    assert "2 November 2026" in page.text
    assert site.get(f"/listing/{listing_key(record)}/2").status_code == 404
    assert site.get(f"/listing/{listing_key(record)}/{'9' * 40}").status_code == 404


def test_pages_are_read_only(site: ServedSite) -> None:
    for path in ("/", "/search", f"/innovation/{MERGED_ID}", "/listing/x/1"):
        answer = site.ask("POST", path)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert site.ask("HEAD", "/").status_code == 200


def test_stock_pages_have_our_frame_and_no_script(site: ServedSite) -> None:
    item = largest(site)
    paths = ["/innovations", "/innovations/tags?_facet=kind", "/innovations/new_this_week", "/innovations/innovations"]
    for path in [*paths, f"/innovations/innovations/{item['id']}", "/-/versions", "/innovations/nosuch"]:
        page = site.get(path).text
        assert '<html lang="en-GB">' in page and page.count("<main") == 1, path
        assert "<script" not in page and "<style" not in page, path
        assert 'class="skip-link"' in page, path


def test_json_csv_and_links_of_stock_tables_stay(site: ServedSite) -> None:
    rows = site.get("/innovations/innovations.json?_shape=array&_size=3").json()
    assert len(rows) == 3 and isinstance(json.loads(rows[0]["themes"]), list)
    assert site.get("/innovations/candidate_list.csv").text.startswith("id,title,summary")
    assert 'href="/innovation/inn-' in site.get("/innovations/tags").text


def test_every_canned_query_runs(site: ServedSite) -> None:
    queries = site.datasette.metadata("queries", database="innovations", fallback=False)
    assert len(queries) >= 6
    for name in queries:
        answer = site.get(f"/innovations/{name}.json?_shape=objects")
        assert answer.status_code == 200 and answer.json()["ok"], name
        assert site.get(f"/innovations/{name}").status_code == 200
    narrowed = site.get("/innovations/by_theme_and_region.json?_shape=array&theme=patient-safety&region=HI-West").json()
    assert narrowed
    assert all("Patient safety" in r["theme_labels"] and "West of England" in r["region_names"] for r in narrowed)
