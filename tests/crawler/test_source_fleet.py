"""Every real source is declared so that a crawl of what its site is known to answer finds all of it: exact count, first
and last. The replicas have the shapes and quirks that stored copies and public clients show; none was seen live."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import yaml

from crawler.source import Source, load_source

FOLDER = Path(__file__).parents[2] / "crawler" / "sources"
SOURCES = {path.stem: load_source(path) for path in sorted(FOLDER.glob("*.yml"))}
COUNT = 23
TEXT = "The service sends a therapist to care homes after a fall, so that fewer people are taken to hospital each week."
Query = dict[str, str]
Answer = Callable[[Query], Any]


def page(number: int) -> str:
    text = f"<div class='govspeak'><p>{TEXT} {number}</p></div>"
    return f"<!DOCTYPE html><html><body><main><article><h1>Listing {number}</h1>{text}</article></main></body></html>"


# --- one answer for each interface: from the query to (body, status, headers)


def gtr(query: Query) -> Any:
    """Pages of 10 to 100; the dates are epoch milliseconds, every other one is null."""
    size, number = int(query.get("s", 20)), int(query.get("p", 1))
    assert 10 <= size <= 100
    chosen = range((number - 1) * size, min(COUNT, number * size))
    records = [
        {
            "id": f"GUID-{n}", "title": f"Listing {n}", "abstractText": TEXT, "potentialImpact": f"Impact {n}.",
            "identifiers": {"identifier": [{"value": f"EP/{n:03}/1", "type": "RCUK"}]},
            "leadOrganisationDepartment": "Leeds", "start": None if n % 2 else 1_704_067_200_000, "end": None,
        }
        for n in chosen
    ]  # fmt: skip
    return {"page": number, "size": size, "totalPages": -(-COUNT // size), "totalSize": COUNT, "project": records}


def clinical_trials(query: Query) -> Any:
    """By token; there is none on the last page."""
    first = int(query.get("pageToken", "t0")[1:])
    last = min(COUNT, first + 10)
    studies = [
        {"protocolSection": {
            "identificationModule": {"nctId": f"NCT{n:08}", "briefTitle": f"Listing {n}"},
            "descriptionModule": {"briefSummary": TEXT},
            "statusModule": {"studyFirstPostDateStruct": {"date": "2026-01"}},
            "sponsorCollaboratorsModule": {"leadSponsor": {"name": "University of Leeds"}},
            "contactsLocationsModule": {"centralContacts": [{"name": "Jane Smith", "email": "jane.smith@leeds.ac.uk"}]},
        }}
        for n in range(first, last)
    ]  # fmt: skip
    return {"studies": studies} | ({"nextPageToken": f"t{last}"} if last < COUNT else {})


def openfda(query: Query) -> Any:
    """skip and limit; beyond the last record 404; the openfda object may be empty."""
    skip, limit = int(query.get("skip", 0)), min(int(query.get("limit", 1)), 10)
    records = [
        {"k_number": f"K{n:06}", "device_name": f"Listing {n}", "applicant": "A company", "decision_date": "2026-01-28",
         "openfda": {} if n % 2 else {"device_name": TEXT}, "advisory_committee_description": "Radiology",
         "decision_description": "Substantially Equivalent", "contact": "Jane Smith"}
        for n in range(skip, min(COUNT, skip + limit))
    ]  # fmt: skip
    if not records:
        return {"error": {"code": "NOT_FOUND", "message": "No matches found!"}}, 404
    return {"meta": {"results": {"skip": skip, "limit": limit, "total": COUNT}}, "results": records}


def ocds(host: str, path: str) -> Answer:
    """Release packages by cursor; the last page has no links.next; a number beyond every float."""

    def answer(query: Query) -> Any:
        first = int(query.get("cursor", 0))
        last = min(COUNT, first + 10)
        releases = [
            {"ocid": f"ocds-x-{n}", "id": f"{n:06}-2026", "date": "2026-01-05T10:00:00Z", "buyer": {"name": "A trust"},
             "tender": {"title": f"Listing {n}", "description": TEXT, "value": {"amount": "AMOUNT"}},
             "parties": [{"contactPoint": {"name": "Jane Smith", "email": "jane.smith@nhs.net"}}]}
            for n in range(first, last)
        ]  # fmt: skip
        package = {"version": "1.1", "releases": releases, "links": {}}
        if last < COUNT:
            package["links"] = {"next": f"http://{host}{path}?limit=100&cursor={last}"}
        return (
            json.dumps(package).replace('"AMOUNT"', "1e9999"),
            200,
            {"Content-Type": "application/json; charset=ISO-8859-1"},
        )

    return answer


def grants(host: str, path: str) -> Answer:
    def answer(query: Query) -> Any:
        first = int(query.get("offset", 0))
        last = min(COUNT, first + 10)
        results = [
            {"grant_id": f"360G-{n}", "data": {"title": f"Listing {n}", "description": TEXT, "awardDate": "2024-01-10",
             "recipientOrganization": [{"name": "A trust"}]}}
            for n in range(first, last)
        ]  # fmt: skip
        following = f"http://{host}{path}?limit=10&offset={last}" if last < COUNT else None
        return {"count": COUNT, "next": following, "previous": None, "results": results}

    return answer


def nihr(query: Query) -> Any:
    """At most 100 to a page, else an error."""
    limit, offset = int(query.get("limit", 10)), int(query.get("offset", 0))
    if limit > 100:
        return {"error_code": "InvalidRESTParameterError", "message": "limit"}, 400
    limit = min(limit, 10)
    records = [
        {"project_id": f"NIHR{n:06}", "project_title": f"Listing {n}", "plain_english_abstract": TEXT,
         "funding_and_awards_link": f"https://fundingawards.nihr.ac.uk/award/NIHR{n:06}", "start_date": "2026-01-01",
         "contracted_organisation": "University of Leeds"}
        for n in range(offset, min(COUNT, offset + limit))
    ]  # fmt: skip
    return {"total_count": COUNT, "results": records}


def govuk(query: Query) -> Any:
    """Results that name pages by path."""
    start, count = int(query.get("start", 0)), min(int(query.get("count", 10)), 10)
    results = [
        {"title": f"Listing {n}", "link": f"/government/news/{n}", "public_timestamp": "2026-01-05T09:30:00Z"}
        for n in range(start, min(COUNT, start + count))
    ]
    return {"results": results, "total": COUNT, "start": start}


def wordpress(query: Query) -> Any:
    """Entities in titles; a page too high is 400."""
    size, number = int(query.get("per_page", 10)), int(query.get("page", 1))
    assert 1 <= size <= 100
    size = min(size, 10)
    pages = -(-COUNT // size)
    if number > pages:
        return {"code": "rest_post_invalid_page_number", "message": "x", "data": {"status": 400}}, 400
    posts = [
        {"id": n, "slug": f"listing-{n}", "link": f"https://publisher.example/{n}/", "date": "2026-01-05T09:30:00",
         "title": {"rendered": f"Listing&nbsp;{n}"}, "content": {"rendered": f"<p>{TEXT} {n}</p>"}}
        for n in range((number - 1) * size, min(COUNT, number * size))
    ]  # fmt: skip
    return posts, 200, {"X-WP-Total": str(COUNT), "X-WP-TotalPages": str(pages)}


# Paths of listings as they are known, one of each pattern, for the sources with a sitemap.
PATHS = {
    "ahrq-innovations-exchange": ["/profiles/{}"],
    "ahsn-atlas": ["/{}/"],
    "digitalhealth-london": ["/{}"],
    "health-foundation-projects": ["/programmes/q/projects/{}"],
    "hi-east-midlands": ["/news/{}", "/innovation-pathway/{}"],
    "hi-north-west-coast": ["/news/Mixed-Case-{}"],
    "hi-oxford-thames-valley": ["/news-and-events/news/{}/"],
    "hi-wessex": ["/projects/54/{}", "/ahsn-innovation-finder/60/{}", "/our-work/case-studies/{}"],
    "nhs-digital-playbooks": ["/key-tools-and-info/digital-playbooks/book/{}/"],
    "nhs-innovation-accelerator": ["/insight/{}/"],
    "nice-shared-learning": ["/sharedlearning/{}"],
    "q-exchange": ["/idea/2024/{}/"],
    "sbri-healthcare": ["/news/{}/", "/competitions/{}"],
}
OTHER_PATHS = ("/about/team/people/", "/privacy/cookies/list/")
INTERFACES: dict[str, Callable[[str, str], Answer]] = {
    "clinicaltrials-gov-uk": lambda host, path: clinical_trials,
    "contracts-finder": ocds,
    "find-a-tender": ocds,
    "govuk-dhsc-news": lambda host, path: govuk,
    "health-foundation-grants": grants,
    "nihr-awards": lambda host, path: nihr,
    "openfda-510k-software": lambda host, path: openfda,
    "ukri-gateway-to-research": lambda host, path: gtr,
}


class Replica(dict[str, Any]):
    """A site's answers by path, the query given to the one for it."""

    def __init__(self, site: Any, answers: dict[str, Answer], pages: dict[str, Any]) -> None:
        super().__init__(pages)
        self.site, self.answers = site, answers

    def get(self, asked: str, default: Any = None) -> Any:
        parts = urlsplit(asked)
        answer = self.answers.get(parts.path)
        if answer is None:
            return super().get(asked, default)
        given = answer({name: values[0] for name, values in parse_qs(parts.query).items()})
        body, status, headers = (*given, *(200, {})[len(given) - 1 :]) if isinstance(given, tuple) else (given, 200, {})
        text = body if isinstance(body, str) else json.dumps(body)
        made = self.site.page(text, status=status)
        made.headers = {"Content-Type": "application/json", **headers}
        return made


def replica(source: Source, site: Any) -> Replica:
    """What the source's site is known to answer, with COUNT listings."""
    path = urlsplit(source.start_urls[0]).path
    if source.discovery == "wordpress":
        return Replica(site, {path: wordpress}, {})
    if source.discovery == "api":
        pages = {f"/government/news/{n}": site.page(page(n)) for n in range(COUNT)}
        return Replica(site, {path: INTERFACES[source.name](site.host, path)}, pages)
    paths = [PATHS[source.name][n % len(PATHS[source.name])].format(f"item-{n:02}") for n in range(COUNT)]
    entries = "".join(f"<url><loc>http://{site.host}{quote(one)}</loc></url>" for one in (*paths, *OTHER_PATHS))
    body = f"<?xml version='1.0'?><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{entries}</urlset>"
    pages = {one: site.page(page(number)) for number, one in enumerate(paths)}
    return Replica(site, {}, {**pages, path: site.page(body, Content_Type="application/xml")})


def moved(name: str, host: str, floor: int) -> dict[str, Any]:
    """A declaration whose site is on this machine."""
    declared: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yml").read_text(encoding="utf-8"))
    parts = (urlsplit(one) for one in declared["start_urls"])
    starts = [one._replace(scheme="http", netloc=host).geturl() for one in parts]
    here = {"start_urls": starts, "hosts": [host], "home": f"http://{host}/"}
    return {**declared, **here, "enabled": True, "floor": floor, "delay_seconds": 0}


@pytest.mark.parametrize("name", SOURCES)
def test_a_crawl_of_its_replica_finds_all_of_it(name: str, bench: Any, site: Any) -> None:
    source = SOURCES[name]
    declared = moved(name, site.host, COUNT)
    (bench.sources / f"{name}.yml").write_text(yaml.safe_dump(declared))
    site.pages = replica(source, site)
    done = bench.crawl(name)
    assert (done.outcome["status"], done.outcome["listings"]) == ("done", COUNT), done.log
    rows = bench.rows("SELECT title, url, text, publisher, region, extra FROM listings")
    titles = sorted((row["title"].replace("\u00a0", " ") for row in rows), key=lambda title: int(title.split()[1]))
    assert (titles[0], titles[-1]) == ("Listing 0", f"Listing {COUNT - 1}")
    assert all(row["text"] and row["publisher"] for row in rows) and "Jane Smith" not in str(rows)
    wanted = declared.get("fields", {}).get("region", {}).get("const")
    assert {row["region"] for row in rows} == {wanted}


def test_what_is_declared_of_every_source() -> None:
    """None is verified, so none is enabled; each says whose it is and under which licence."""
    assert len(SOURCES) == 33
    for source in SOURCES.values():
        assert source.verified == "never" and not source.enabled and len(source.licence) > 5
    regions = [rule.const for one in SOURCES.values() if (rule := one.fields.get("region"))]
    assert len(regions) == len(set(regions)) == 15  # one source for each network


def test_a_host_that_says_with_403_that_it_is_asked_too_often_is_left_alone(bench: Any, site: Any) -> None:
    declared = moved("contracts-finder", site.host, 1)
    path = urlsplit(declared["start_urls"][0]).path
    (bench.sources / "contracts-finder.yml").write_text(yaml.safe_dump(declared))
    calm = ocds(site.host, path)
    answers = iter([({}, 403, {"Retry-After": "300"})])
    site.pages = Replica(site, {path: lambda query: next(answers, None) or calm(query)}, {})
    assert bench.crawl("contracts-finder").outcome["listings"] == 0
    assert [row["busy_answers"] for row in bench.rows("SELECT busy_answers FROM host_pauses")] == [1]
