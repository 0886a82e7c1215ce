"""The JSON interfaces: paging to the end gives exactly the source's records, and errors are those of the real ones."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from html import unescape
from typing import Any

import pytest
from lxml import html

from crawler.demo.catalogue import Record
from crawler.demo.site import DemoSite
from crawler.demo.wording import RETOLD_NOTE

POSTS = "/demo-networks/wp-json/wp/v2/posts"
NICE = "/demo-nice/api/search"
AWARDS = "/demo-research/api/explore/v2.1/catalog/datasets/innovation-records/records"
GRANTS = "/demo-charities/api/v1/org/GB-DEMO-charities/grants_made/"
GOVUK = "/demo-government/api/search.json"


@pytest.fixture(scope="module")
def site() -> Iterator[DemoSite]:
    with DemoSite() as running:
        yield running


def loaded(site: DemoSite, path: str, status: int = 200) -> Any:
    response = site.answer(path)
    assert response.status == status
    assert response.content_type.startswith("application/json")
    return json.loads(response.body)


def flat(text: str) -> str:
    return " ".join(text.split())


def check_ids(found: Sequence[str], records: Sequence[Record], count: int) -> None:
    assert list(found) == [record.id for record in records]
    assert len(found) == count


def test_posts_page_by_page(site: DemoSite) -> None:
    posts, path = [], f"{POSTS}?per_page=40&page=1"
    while path:
        response = site.answer(path)
        assert (response.headers["X-WP-Total"], response.headers["X-WP-TotalPages"]) == ("90", "3")
        posts += json.loads(response.body)
        link = re.search(r'<([^>]+)>; rel="next"', response.headers.get("Link", ""))
        path = link[1].removeprefix(site.base_url) if link else ""
    check_ids([post["acf"]["record_id"] for post in posts], site.shelves["demo-networks"].records, 90)
    assert len({post["id"] for post in posts}) == 90


def test_a_post_says_what_the_record_says(site: DemoSite) -> None:
    records = site.shelves["demo-networks"].records
    for post, record in zip(loaded(site, f"{POSTS}?per_page=100"), records, strict=True):
        content = html.fragment_fromstring(post["content"]["rendered"], create_parent="div")
        assert " ".join(p.text_content() for p in content.cssselect("p:not([class])")) == record.text
        assert [p.text_content() for p in content.cssselect(".retold-note")] == [RETOLD_NOTE]
        assert (unescape(post["title"]["rendered"]), post["link"]) == (record.title, record.url)
        facts = {name: post["acf"][name] for name in ("publisher", "region", "published")}
        assert facts == {name: getattr(record, name) for name in facts}
        whole = record.published is not None and len(record.published) == 10
        assert post["date"] == (f"{record.published}T00:00:00" if whole else None)


def test_titles_are_rendered_with_entities(site: DemoSite) -> None:
    titles = [post["title"]["rendered"] for post in loaded(site, f"{POSTS}?per_page=100&_fields=title")]
    assert any("&#038;" in title for title in titles)
    assert not any(re.search(r"[–’]|&amp;", title) for title in titles)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("page=10&per_page=10", "rest_post_invalid_page_number"),
        ("per_page=101", "rest_invalid_param"),
        ("per_page=0", "rest_invalid_param"),
        ("page=two", "rest_invalid_param"),
        ("modified_after=yesterday", "rest_invalid_param"),
    ],
)
def test_what_wordpress_refuses(site: DemoSite, query: str, code: str) -> None:
    value = loaded(site, f"{POSTS}?{query}", 400)
    assert (value["code"], value["data"]) == (code, {"status": 400})


def test_posts_changed_since(site: DemoSite) -> None:
    newest = loaded(site, f"{POSTS}?orderby=modified&per_page=3")
    since = newest[1]["modified_gmt"]
    after = loaded(site, f"{POSTS}?modified_after={since}&per_page=100")
    assert {post["id"] for post in after} == {post["id"] for post in newest if post["modified_gmt"] > since}
    assert loaded(site, f"{POSTS}?modified_after=2030-01-01T00:00:00") == []
    oldest = loaded(site, f"{POSTS}?orderby=modified&order=asc&per_page=1")
    assert oldest[0]["modified_gmt"] <= newest[-1]["modified_gmt"]


def test_a_single_post_and_the_way_to_the_interface(site: DemoSite) -> None:
    (post,) = loaded(site, f"{POSTS}?per_page=1")
    assert loaded(site, post["_links"]["self"][0]["href"].removeprefix(site.base_url)) == post
    assert loaded(site, f"{POSTS}/1", 404)["code"] == "rest_post_invalid_id"
    assert loaded(site, "/demo-networks/wp-json/wp/v2/pages", 404)["code"] == "rest_no_route"
    home = site.answer("/demo-networks/").headers["Link"]
    assert home == f'<{site.base_url}/demo-networks/wp-json/>; rel="https://api.w.org/"'
    assert loaded(site, "/demo-networks/wp-json/")["namespaces"] == ["wp/v2"]


def test_guidance_page_by_page(site: DemoSite) -> None:
    documents: list[Any] = []
    path = f"{NICE}?page=1&ps=10"
    while path:
        value = loaded(site, path)
        documents += value["documents"]
        assert (value["failed"], value["resultCount"], value["pageSize"]) == (False, 24, 10)
        assert value["lastResult"] == len(documents)
        path = value["pagerLinks"].get("next", {}).get("url", "")
    records = site.shelves["demo-nice"].records
    check_ids([document["id"] for document in documents], records, 24)
    for document, record in zip(documents, records, strict=True):
        assert flat(document["bodyText"]) == record.text
        assert (document["title"], document["url"], document["note"]) == (record.title, record.url, RETOLD_NOTE)
        assert (document["publicationDate"] or "").removesuffix("T00:00:00") == (record.published or "")


def test_guidance_past_the_end_is_empty_and_a_bad_page_is_refused(site: DemoSite) -> None:
    past = loaded(site, f"{NICE}?page=9&ps=50")
    assert (past["documents"], past["firstResult"], past["lastResult"]) == ([], 0, 0)
    assert len(loaded(site, f"{NICE}?ps=9999")["documents"]) == 24
    assert loaded(site, f"{NICE}?page=0", 400)["failed"] is True
    assert "ps 1 to 9999" in loaded(site, f"{NICE}?ps=10000", 400)["errorMessage"]


def test_awards_page_by_page(site: DemoSite) -> None:
    results: list[Any] = []
    total = 1
    while len(results) < total:
        value = loaded(site, f"{AWARDS}?limit=20&offset={len(results)}")
        results, total = results + value["results"], value["total_count"]
    records = site.shelves["demo-research"].records
    check_ids([award["project_id"] for award in results], records, 55)
    for award, record in zip(results, records, strict=True):
        assert flat(award["plain_english_abstract"]) == record.text
        assert award["contracted_organisation"] == record.publisher
        assert (award["publication_date"], award["region"]) == (record.published, record.region)
        assert (award["funding_and_awards_link"], award["note"]) == (record.url, RETOLD_NOTE)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("limit=101", "Invalid value for limit API parameter: 101 was found but 0 <= limit <= 100 is expected."),
        ("limit=ten", "ten was found"),
        ("limit=100&offset=9901", "offset + limit <= 10000"),
        ("rows=10", "Unknown API parameter: rows. Allowed are limit and offset."),
    ],
)
def test_what_the_awards_refuse(site: DemoSite, query: str, message: str) -> None:
    value = loaded(site, f"{AWARDS}?{query}", 400)
    assert value["error_code"] == "InvalidRESTParameterError"
    assert message in value["message"]


def test_awards_past_the_end_are_an_empty_list(site: DemoSite) -> None:
    assert loaded(site, f"{AWARDS}?limit=100&offset=55") == {"total_count": 55, "results": []}


def test_grants_page_by_page(site: DemoSite) -> None:
    results: list[Any] = []
    path = f"{GRANTS}?limit=30"
    while path:
        value = loaded(site, path)
        assert value["count"] == 80
        assert (value["previous"] is None) == (not results)
        results += value["results"]
        path = (value["next"] or "").removeprefix(site.base_url)
    records = site.shelves["demo-charities"].records
    check_ids([grant["grant_id"] for grant in results], records, 80)
    for grant, record in zip(results, records, strict=True):
        data = grant["data"]
        assert flat(data["description"]) == record.text
        assert (data["title"], data["dataSource"], data["note"]) == (record.title, record.url, RETOLD_NOTE)
        assert data["fundingOrganization"][0]["name"] == record.publisher
        assert data.get("awardDate") == record.published
        assert [place["geoCode"] for place in data.get("beneficiaryLocation", [])] == [record.region] * bool(
            record.region
        )


def test_grants_refuse_a_bad_limit(site: DemoSite) -> None:
    assert "limit must be 1 to 1000" in loaded(site, f"{GRANTS}?limit=0", 400)["detail"]


def test_publications_page_by_page_lead_to_pages(site: DemoSite) -> None:
    results: list[Any] = []
    total = 1
    while len(results) < total:
        value = loaded(site, f"{GOVUK}?count=8&start={len(results)}")
        assert value["start"] == len(results)
        results, total = results + value["results"], value["total"]
    records = site.shelves["demo-government"].records
    assert len(results) == 21
    for result, record in zip(results, records, strict=True):
        page = site.answer(result["link"])
        assert page.status == 200 and record.id in page.body.decode()
        assert result["title"] == record.title
        whole = record.published is not None and len(record.published) == 10
        assert result["public_timestamp"] == (f"{record.published}T00:00:00Z" if whole else None)


def test_publications_with_chosen_fields_past_the_end_and_refused(site: DemoSite) -> None:
    (result,) = loaded(site, f"{GOVUK}?count=1&fields=title,link")["results"]
    assert set(result) == {"title", "link"}
    assert loaded(site, f"{GOVUK}?count=10&start=21")["results"] == []
    assert "count must be 0 to 1500" in loaded(site, f"{GOVUK}?count=1501", 422)["error"]
