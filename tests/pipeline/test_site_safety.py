from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from filled_database import fill_database, innovation_id
from served_site import ServedSite, visible

from db.database import open_database
from pipeline.site.headers import STRICT_POLICY, refusal

SCRIPT = "<script>alert(1)</script>"
BREAK = "\"'><img src=x onerror=alert(2)>"
TEMPLATE = "{{ 7*7 }}{% raw %}"
ACTIVE_TAGS = {"script", "img", "iframe", "object", "embed", "svg", "base", "meta-refresh", "style"}


class Inspector(HTMLParser):
    """Collects what could act: active elements, event handlers and the addresses of links."""

    def __init__(self) -> None:
        super().__init__()
        self.active: list[str] = []
        self.links: list[dict[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag in ACTIVE_TAGS or any(name.startswith("on") for name in found):
            self.active.append(self.get_starttag_text() or tag)
        if tag == "a":
            self.links.append(found)


def inspect(page: str) -> Inspector:
    inspector = Inspector()
    inspector.feed(page)
    return inspector


def hostile_record(number: int, url: str) -> dict[str, Any]:
    text = f"Falls {SCRIPT} fell {BREAK} and {TEMPLATE} for everyone. More falls \u202egnp.exe\x02\x03 here."
    quote_ = f"fell {BREAK} and {TEMPLATE} for everyone."
    return {
        "id": f"hostile-{number}",
        "source": "demo-news",
        "url": url,
        "title": f"Falls {SCRIPT}{BREAK}{number}",
        "publisher": f"Publisher {SCRIPT}{BREAK}",
        "region": None,
        "published": f"20{SCRIPT}",
        "text": text,
        "listing": True,
        "themes": ["patient-safety"],
        "primary": "patient-safety",
        "criteria": {"P3.access": {"verdict": "met", "quotes": [quote_]}},
        "evidence": {"patient-safety": [quote_]},
    }


URLS = [
    "javascript:alert(3)",
    "JaVaScRiPt:alert(3)",
    "data:text/html,<script>alert(4)</script>",
    'http://a.example/"onmouseover="alert(5)',
    "http://user:pass@a.example/",
    "http://a.example/\u202egnp.exe",
    "vbscript:x",
    "http://a.example/fine?a=1&b=<2>",
]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServedSite, str]]:
    """A site whose every crawled field is hostile, and the innovation that they were joined into."""
    records = [hostile_record(number, url) for number, url in enumerate(URLS)]
    groups = [{"name": "all", "ids": [record["id"] for record in records]}]
    path = fill_database(tmp_path_factory.mktemp("hostile") / "hostile.db", records, groups)
    db = open_database(path)
    with db.conn:
        db.conn.execute("UPDATE sources SET title = ?", [SCRIPT])
        db.conn.execute("UPDATE innovation_listings SET detail = ?", [json.dumps({SCRIPT: BREAK})])
        db.conn.execute("UPDATE innovations SET themes = ?", [json.dumps(["patient-safety", BREAK])])
        db.conn.execute("UPDATE decisions SET note = ?, reason = ?, actor = ?", [SCRIPT, BREAK, SCRIPT])
    db.close()
    served = ServedSite(path)
    yield served, innovation_id(records[:1])
    served.close()


def hostile_pages(identity: str) -> list[str]:
    open_tables = ["innovations", "listings", "tags", "duplicates", "candidate_list", "filtered_out", "source_health"]
    pages = ["/", "/search", "/search?q=falls", f"/search?{urlencode({'q': BREAK, 'theme': BREAK, 'region': SCRIPT})}"]
    pages += [f"/innovation/{identity}", f"/innovations/innovations/{identity}", "/innovations/new_this_week"]
    pages += [f"/innovations/{name}" for name in open_tables]
    return [*pages, f"/innovations/criteria_with_sentences?{urlencode({'criterion': BREAK})}"]


def test_crawled_markup_is_inert_wherever_it_is_shown(hostile: tuple[ServedSite, str]) -> None:
    served, identity = hostile
    for path in hostile_pages(identity):
        answer = served.get(path)
        assert answer.status_code == 200, path
        assert inspect(answer.text).active == [], path
        assert "49{%" not in answer.text, path


def test_the_hostile_text_is_still_shown_and_marked_exactly(hostile: tuple[ServedSite, str]) -> None:
    served, identity = hostile
    page = served.get(f"/innovation/{identity}").text
    assert SCRIPT in visible(page) and BREAK in visible(page)
    evidence = f"fell {BREAK} and {TEMPLATE} for everyone."
    assert {visible(piece) for piece in re.findall(r"<mark>(.*?)</mark>", page, re.S)} == {evidence}


def test_only_web_addresses_are_linked_and_never_with_a_referrer(hostile: tuple[ServedSite, str]) -> None:
    served, identity = hostile
    for path in hostile_pages(identity):
        for link in inspect(served.get(path).text).links:
            address = link["href"]
            assert address.startswith(("/", "#", "?", "http://", "https://")), (path, address)
            assert not address.startswith("//"), (path, address)
            if address.startswith("http") and not address.startswith("http://localhost"):
                assert "noopener" in link["rel"] and "noreferrer" in link["rel"], (path, address)
                assert "user:pass" not in address and "\u202e" not in address, (path, address)


def test_the_good_address_among_them_is_linked(hostile: tuple[ServedSite, str]) -> None:
    served, identity = hostile
    addresses = {link["href"] for link in inspect(served.get(f"/innovation/{identity}").text).links}
    assert URLS[-1] in addresses


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/search?q=x",
        "/nowhere",
        "/innovations",
        "/innovations/tags.json",
        "/static/site.css",
        "//x/",
        "/-/versions",
    ],
)
def test_every_answer_has_the_security_headers(site: ServedSite, path: str) -> None:
    headers = site.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["content-security-policy"].startswith(STRICT_POLICY)
    assert "script-src 'self';" in headers["content-security-policy"]
    assert len(headers.get_list("content-security-policy")) == 1


def test_our_pages_have_nothing_that_the_strict_policy_would_block(site: ServedSite) -> None:
    for path in ("/", "/search?q=falls", "/nowhere"):
        answer = site.get(path)
        assert answer.headers["content-security-policy"] == STRICT_POLICY
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=", answer.text)


@pytest.mark.parametrize(
    "path", ["//evil.example/", "/\\evil.example/", "/\t/evil.example/", "//evil.example/%2f..", "/x\\..\\y"]
)
def test_addresses_that_would_lead_off_site_are_refused(path: str) -> None:
    assert refusal(path.encode()) == 400


@pytest.mark.parametrize(
    "path",
    ["//evil.example/", "/%5Cevil.example/", "/%2F/evil.example/", "/%09/evil.example/", "/innovation//evil.example/"],
)
def test_no_redirect_leaves_the_site(site: ServedSite, path: str) -> None:
    for _ in range(5):
        answer = site.get(path)
        if answer.status_code not in (301, 302, 303, 307, 308):
            break
        path = answer.headers["location"]
        assert re.match(r"/(?![/\\])", path), path
    assert answer.status_code in (400, 404)


def test_anonymous_visitors_run_no_sql_and_take_no_file(site: ServedSite) -> None:
    assert site.get("/innovations.json?sql=select+1").status_code == 403
    assert site.get("/innovations?sql=select+1").status_code == 403
    assert site.get("/innovations/innovations.json?_where=1%3D1").status_code in (400, 403)
    assert site.get("/innovations.db").status_code in (403, 404)
    assert site.get("/_memory").status_code == 404
    assert "textarea" not in site.get("/innovations").text


@pytest.mark.parametrize(
    "path", ["/-/databases", "/-/databases.json", "/-/threads.json", "/-/plugins", "/-/patterns", "/-/allow-debug"]
)
def test_pages_that_show_the_machine_are_closed(site: ServedSite, path: str) -> None:
    assert site.get(path).status_code == 404


def test_an_open_instance_runs_reading_sql_only(filled_db: Path) -> None:
    served = ServedSite(filled_db, open_sql=True)
    answer = served.get("/innovations.json?_shape=array&sql=select+count(*)+as+n+from+innovations")
    assert answer.json()[0]["n"] > 0
    assert served.get("/innovations.json?sql=delete+from+innovations").status_code == 400
    assert served.get("/innovations.json?sql=select+*+from+nosuch").status_code == 400
    assert "textarea" in served.get("/innovations").text
    served.close()


@pytest.mark.parametrize(
    "query",
    [
        "_sort=nosuch",
        "_sort_desc=nosuch",
        "_sort=id&_sort_desc=id",
        "_search=%22",
        "_search=",
        "_search=a+AND&_searchmode=raw",
        "_size=x",
        "_next=x",
        "_facet=nosuch",
        "_facet_array=title",
        "_col=nosuch",
        "nosuch__exact=1",
        "_facet_date=title",
        "_search_nosuch=a",
    ],
)
def test_a_bad_question_to_a_table_is_no_failure_of_ours(site: ServedSite, query: str) -> None:
    for suffix in ("", ".json"):
        assert site.get(f"/innovations/innovations{suffix}?{query}").status_code in (200, 302, 400), (query, suffix)


def naughty_strings() -> list[str]:
    folder = os.environ.get("HORIZON_CASES")
    if not folder:
        pytest.skip("set HORIZON_CASES to the folder of outside case files to run the naughty strings")
    strings: list[str] = json.loads((Path(folder) / "strings" / "blns.json").read_text(encoding="utf-8"))
    assert len(strings) > 500
    return strings


def test_naughty_strings_break_no_page(site: ServedSite) -> None:
    for string in naughty_strings():
        typed = string.encode("utf-8", "replace")
        for path in (
            f"/search?{urlencode({'q': typed})}",
            f"/search?{urlencode({'theme': typed, 'region': typed, 'pledge': typed, 'page': typed})}",
            f"/innovation/{quote(typed, safe='')}",
            f"/innovations/innovations.json?{urlencode({'_search': typed, '_size': 1})}",
            f"/innovations/by_theme_and_region?{urlencode({'theme': typed})}",
        ):
            answer = site.get(path)
            assert answer.status_code in (200, 302, 400, 404), (path, answer.status_code)
            if "html" in answer.headers.get("content-type", ""):
                assert inspect(answer.text).active == [], path


def test_bytes_that_are_no_text_break_no_page(site: ServedSite) -> None:
    for raw in ("%ED%A0%80", "%FF%FE", "%00", "%C0%AF"):
        for path in (f"/search?q={raw}&theme={raw}", f"/innovation/{raw}", f"/listing/{raw}/1"):
            assert site.get(path).status_code in (200, 400, 404), path
