"""Whole crawls of small loopback sites, each in a process of its own as the pipeline runs them."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from typing import Any

from db.database import open_database
from db.runs import counts_of, problems_of

TEXT = "The ward now sends patients home two days sooner because nurses watch their readings on a shared screen. " * 3


def test_second_crawl_of_an_unchanged_site_writes_nothing_new_and_a_changed_page_becomes_version_two(
    bench: Any, site: Any
) -> None:
    site.html(
        "/", "<a class='item' href='/a'>A</a> <a class='item' href='/b'>B</a> <a class='next' href='/?page=2'>n</a>"
    )
    site.html("/?page=2", "<a class='item' href='/c'>C</a> <a class='item' href='http://elsewhere.example/x'>off</a>")
    for name in "abc":
        site.listing(f"/{name}", f"Listing {name}", TEXT, etag=f'"{name}1"')
    bench.declare()
    first = bench.crawl()
    assert (first.code, first.outcome["status"], first.outcome["listings"], first.outcome["new"]) == (0, "done", 3, 3)
    before = bench.rows("SELECT * FROM listings ORDER BY id")
    assert {row["title"] for row in before} == {"Listing a", "Listing b", "Listing c"}
    assert {row["text"] for row in before} == {" ".join(TEXT.split())}

    bench.new_run()
    second = bench.crawl()
    assert {name: second.outcome[name] for name in ("not_modified", "listings", "unchanged", "new", "changed")} == {
        "not_modified": 3, "listings": 3, "unchanged": 3, "new": 0, "changed": 0,
    }  # fmt: skip
    assert site.asked("/a")[1]["If-None-Match"] == '"a1"'
    assert "If-None-Match" not in site.asked("/")[1]
    assert bench.rows("SELECT * FROM listings ORDER BY id") == before
    assert bench.rows("SELECT count(*) AS n FROM listing_versions") == [{"n": 3}]

    site.listing("/b", "Listing b", TEXT + "It has won a prize.", etag='"b2"')
    bench.new_run()
    third = bench.crawl()
    assert (third.outcome["changed"], third.outcome["unchanged"]) == (1, 2)
    versions = bench.rows("SELECT version, title, run_id FROM listing_versions ORDER BY version DESC")
    assert versions[0] == {"version": 2, "title": "Listing b", "run_id": bench.run}
    assert [row["version"] for row in versions] == [2, 1, 1, 1]


def test_a_changed_declaration_has_unchanged_pages_read_anew(bench: Any, site: Any) -> None:
    site.html("/", "<a class='item' href='/a'>A</a>")
    site.listing("/a", "Listing", TEXT, etag='"1"', head="<p id='code'>R-7</p>")
    bench.declare()
    bench.crawl()
    bench.declare(fields={"record_id": {"css": "#code"}})
    again = bench.crawl()
    assert (again.outcome["not_modified"], again.outcome["changed"]) == (0, 1)
    assert bench.rows("SELECT record_id FROM listings") == [{"record_id": "R-7"}]


def test_nothing_found_is_a_failure_that_leaves_what_was_stored(bench: Any, site: Any) -> None:
    site.html("/", "<a class='item' href='/a'>A</a>")
    site.listing("/a", "Listing", TEXT)
    bench.declare()
    assert bench.crawl().code == 0
    site.html("/", "<p>We have moved.</p>")
    bench.new_run()
    empty = bench.crawl()
    assert (empty.code, empty.outcome["status"], empty.outcome["listings"]) == (1, "failed", 0)
    assert bench.rows("SELECT gone_at FROM listings") == [{"gone_at": None}]
    assert bench.rows("SELECT last_status FROM sources") == [{"last_status": "failed"}]
    db = open_database(bench.db_path)
    assert ["no listing found" in str(problem["message"]) for problem in problems_of(db, bench.run)] == [True]
    assert counts_of(db, bench.run, "crawl", "test")["listings"] == 0
    db.close()


def test_a_listing_that_a_complete_source_names_no_more_is_gone_unless_anything_failed(bench: Any, site: Any) -> None:
    def index(names: str) -> None:
        site.html("/", "".join(f"<a class='item' href='/{name}'>x</a>" for name in names))

    for name in "abcd":
        site.listing(f"/{name}", f"Listing {name}", TEXT)
    index("abcd")
    bench.declare(floor=1, complete=True)
    assert bench.crawl().outcome["status"] == "done"
    index("bc")
    site.pages["/c"] = site.page("broken", status=500)
    assert bench.crawl().outcome["status"] == "warnings"
    assert bench.rows("SELECT 1 FROM listings WHERE gone_at IS NOT NULL") == []
    site.listing("/c", "Listing c", TEXT)
    assert bench.crawl().outcome["status"] == "done"
    gone = "SELECT title FROM listings WHERE gone_at IS NOT NULL ORDER BY title"
    assert [row["title"] for row in bench.rows(gone)] == ["Listing a", "Listing d"]
    index("abc")
    bench.crawl()
    assert [row["title"] for row in bench.rows(gone)] == ["Listing d"]
    absences = bench.rows("SELECT back_at IS NOT NULL AS is_back FROM listing_absences ORDER BY 1")
    assert absences == [{"is_back": 0}, {"is_back": 1}]
    index("b")
    bench.declare(floor=2, complete=True)
    assert bench.crawl().outcome["status"] == "failed"  # below the floor: nothing goes
    assert [row["title"] for row in bench.rows(gone)] == ["Listing d"]


def test_a_feed_cannot_be_declared_complete(bench: Any) -> None:
    bench.declare(discovery="feed", index=None, complete=True)
    ended = bench.crawl()
    assert ended.code == 2 and "complete: a feed names its newest entries only" in ended.log


def test_fewer_than_the_floor_is_a_failure_and_gone_pages_keep_their_listings_then(bench: Any, site: Any) -> None:
    site.html("/", "".join(f"<a class='item' href='/{name}'>x</a>" for name in "abc"))
    for name in "abc":
        site.listing(f"/{name}", f"Listing {name}", TEXT)
    bench.declare(floor=2)
    assert bench.crawl().outcome["status"] == "done"
    del site.pages["/a"]
    gone = bench.crawl()
    assert (gone.code, gone.outcome["status"], gone.outcome["listings"]) == (0, "warnings", 2)
    assert [row["title"] for row in bench.rows("SELECT title FROM listings WHERE gone_at IS NOT NULL")] == ["Listing a"]
    del site.pages["/b"]
    collapsed = bench.crawl()
    assert (collapsed.code, collapsed.outcome["status"]) == (1, "failed")
    assert "fewer than the floor of 2" in collapsed.log
    assert len(bench.rows("SELECT 1 FROM listings WHERE gone_at IS NOT NULL")) == 1
    site.listing("/a", "Listing a", TEXT)
    bench.crawl()
    assert bench.rows("SELECT title FROM listings WHERE gone_at IS NOT NULL") == [{"title": "Listing b"}]
    assert len(bench.rows("SELECT 1 FROM listing_versions")) == 3


def test_redirects_to_other_addresses_and_undeclared_hosts_are_never_followed(bench: Any, site: Any) -> None:
    port = site.server_address[1]
    targets = [
        f"http://127.0.0.2:{port}/secret", f"http://localhost:{port}/secret", f"http://0x7f000001:{port}/secret",
        f"http://2130706433:{port}/secret", f"http://0177.0.0.1:{port}/secret", f"http://[::ffff:127.0.0.1]:{port}/secret",
        "http://127.0.0.1:1/secret", "http://169.254.169.254/secret", "http://10.0.0.1/secret", "http://other.example/secret",
        "file:///etc/hostname", "ftp://127.0.0.1/secret", "data:text/html,<h1>x</h1><p>y</p>",
    ]  # fmt: skip
    site.listing("/secret", "Secret", TEXT)
    links = [f"<a class='item' href='/to/{number}'>x</a>" for number in range(len(targets))]
    direct = [f"<a class='item' href='{target}'>x</a>" for target in targets]
    for number, target in enumerate(targets):
        site.pages[f"/to/{number}"] = site.page(status=302, Location=target)
    site.html("/", "".join([*links, *direct, "<a class='item' href='/ok'>ok</a>"]))
    site.listing("/ok", "Harmless", TEXT)
    bench.declare()
    done = bench.crawl()
    assert done.outcome["listings"] == 1
    assert site.asked("/secret") == []
    stored = bench.rows("SELECT title FROM listings")
    assert stored == [{"title": "Harmless"}]
    ends = bench.rows("SELECT state, error FROM frontier WHERE url LIKE '%/to/%'")
    assert len(ends) == len(targets)
    assert {row["state"] for row in ends} == {"failed"}


def test_a_start_address_that_cannot_be_reached_fails_with_its_reason(bench: Any, site: Any) -> None:
    site.pages["/robots.txt"] = site.page(status=503, Retry_After="0")
    site.html("/", "<a class='item' href='/a'>A</a>")
    bench.declare()
    closed = bench.crawl()
    assert closed.code == 1
    assert "robots.txt cannot be fetched" in closed.log
    assert site.asked("/") == []


def test_robots_rules_are_obeyed_and_a_busy_server_is_given_the_time_it_asks_for(bench: Any, site: Any) -> None:
    site.pages["/robots.txt"] = site.page("User-agent: *\nDisallow: /private/\n", Content_Type="text/plain")
    site.html("/", "<a class='item' href='/private/a'>A</a> <a class='item' href='/b'>B</a>")
    site.listing("/private/a", "Private", TEXT)
    site.listing("/b", "Public", TEXT)
    ready = site.pages["/b"]
    moments: list[float] = []

    def busy_once(headers: dict[str, str]) -> Any:
        moments.append(time.monotonic())
        return site.page(status=503, Retry_After="1") if len(moments) == 1 else ready(headers)

    site.pages["/b"] = busy_once
    bench.declare()
    done = bench.crawl()
    assert done.outcome["listings"] == 1
    assert site.asked("/private/a") == []
    assert len(moments) == 2
    assert moments[1] - moments[0] >= 1.0


def test_two_addresses_of_one_listing_give_the_same_row_whichever_comes_first(bench: Any, site: Any) -> None:
    canonical = "<link rel='canonical' href='https://publisher.example/x'>"
    for path, words in (("/x", TEXT), ("/x/", TEXT + "Printed edition.")):
        site.listing(path, "One", words, etag=f'"{path}"', head=canonical)
    bench.declare()
    rows = []
    for order in (("/x", "/x/"), ("/x/", "/x")):
        site.html("/", "".join(f"<a class='item' href='{path}'>x</a>" for path in order))
        done = bench.crawl()
        assert done.outcome["listings"] == 1
        rows.append(bench.rows("SELECT id, url, fetched_url, text, version FROM listings"))
    assert rows[0] == rows[1]
    assert rows[0][0]["fetched_url"].endswith("/x")
    assert rows[0][0]["version"] == 1
    del site.pages["/x"]
    bench.crawl()
    assert bench.rows("SELECT text LIKE '%Printed edition.' AS printed, version FROM listings") == [
        {"printed": 1, "version": 2}
    ]


def test_a_listing_that_moves_to_another_address_and_back_is_never_lost(bench: Any, site: Any) -> None:
    canonical = "<link rel='canonical' href='https://publisher.example/x'>"
    for path in ("/old", "/new"):
        site.listing(path, "One", TEXT, etag=f'"{path}"', head=canonical)
    bench.declare()
    for path in ("/old", "/new", "/old", "/new", "/new"):
        site.html("/", f"<a class='item' href='{path}'>x</a>")
        assert bench.crawl().outcome["listings"] == 1
    assert bench.rows("SELECT version FROM listings") == [{"version": 1}]
    assert site.asked("/new")[-1].get("If-None-Match") == '"/new"'


def test_an_api_record_without_text_or_of_an_unknown_region_is_reported_not_stored_as_it_is(
    bench: Any, site: Any
) -> None:
    records = [
        {"id": 1, "name": "Good", "body": TEXT, "link": "https://p.example/1", "area": "HI-SW", "stage": "pilot"},
        {"id": 2, "name": "Empty", "body": "", "link": "https://p.example/2", "area": None, "stage": None},
        {"id": 3, "name": "Elsewhere", "body": TEXT, "link": "https://p.example/3", "area": "HI-MARS", "stage": ""},
    ]
    site.json("/api?page=1", {"items": records, "total": 3})
    bench.declare(
        discovery="api",
        start="/api",
        fields={
            "title": {"jmespath": "name"}, "text": {"jmespath": "body"}, "url": {"jmespath": "link"},
            "record_id": {"jmespath": "id"}, "region": {"jmespath": "area"},
        },
        api={"records": "items", "paging": {"by": "page", "parameter": "page", "total": "total", "size": 3}},
    )  # fmt: skip
    done = bench.crawl()
    assert (done.outcome["status"], done.outcome["listings"], done.outcome["errors"]) == ("warnings", 2, 2)
    stored = bench.rows("SELECT record_id, region, extra, publisher FROM listings ORDER BY record_id")
    assert stored[0] == {
        "record_id": "1",
        "region": "HI-SW",
        "extra": '{"stage": "pilot"}',
        "publisher": "The Publisher",
    }
    assert (stored[1]["region"], json.loads(stored[1]["extra"])) == (None, {"region": "HI-MARS"})


def test_pages_that_are_no_listing_are_errors_of_those_pages_only(bench: Any, site: Any) -> None:
    paths = ["/ok", "/empty", "/broken", "/pdf", "/bomb"]
    site.html("/", "".join(f"<a class='item' href='{path}'>x</a>" for path in paths))
    site.listing("/ok", "Fine", TEXT)
    site.html("/empty", "")
    site.pages["/broken"] = site.page(status=500)
    site.pages["/pdf"] = site.page(b"%PDF-1.7 \x00\x01", Content_Type="application/pdf")
    site.html("/bomb", "<p a='<' " + " ".join(f"a{number}=1" for number in range(20_000)) + ">x</p>")
    bench.declare()
    done = bench.crawl()
    assert (done.code, done.outcome["status"], done.outcome["listings"], done.outcome["errors"]) == (
        0,
        "warnings",
        1,
        4,
    )
    errors = {row["url"].rpartition("/")[2]: row["error"] for row in bench.rows("SELECT url, error FROM frontier")}
    assert errors["broken"] == "HTTP 500"
    assert errors["empty"].startswith("no title")
    assert "not a text page" in errors["pdf"]
    assert "a tag has more than 2000 attributes" in errors["bomb"]


def test_a_site_that_answers_every_page_number_with_the_same_page_comes_to_an_end(bench: Any, site: Any) -> None:
    def same(headers: dict[str, str]) -> Any:
        return site.page(
            json.dumps({"items": [{"t": "One", "b": TEXT, "u": "https://p.example/1"}]}), Content_Type="text/json"
        )

    class Endless(dict[str, Any]):
        def get(self, path: str, default: Any = None) -> Any:
            return same if path.startswith("/api") else default

    site.pages = Endless()
    bench.declare(
        discovery="api",
        start="/api",
        fields={"title": {"jmespath": "t"}, "text": {"jmespath": "b"}, "url": {"jmespath": "u"}},
        api={"records": "items", "paging": {"by": "page", "parameter": "page", "size": 1}},
    )
    done = bench.crawl()
    assert (done.code, done.outcome["listings"], done.outcome["requests"]) == (0, 1, 3)


def test_usage_errors_name_what_is_allowed(bench: Any) -> None:
    bench.declare()
    unknown = bench.crawl("nosuch")
    assert (unknown.code, unknown.outcome) == (2, {})
    assert "allowed: test" in unknown.log
    assert bench.crawl("test", run="no-run").code == 2


def test_a_crawl_ends_with_its_parent(bench: Any, site: Any, tools: Any) -> None:
    waiting = threading.Event()

    def never(headers: dict[str, str]) -> Any:
        waiting.wait(30)
        return site.page()

    site.pages["/"] = never
    bench.declare()
    command = [*tools.crawl_command(bench.db_path, bench.run, bench.sources, "test"), "--stop-on-stdin-eof"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=tools.environment)
    assert process.stdin is not None
    while not site.asked("/") and process.poll() is None:
        time.sleep(0.02)
    process.stdin.close()
    assert process.wait(timeout=10) == 1
    waiting.set()
    assert bench.rows("SELECT last_status FROM sources") == [{"last_status": None}]


def test_a_crawl_whose_last_batch_cannot_be_stored_has_failed_and_says_why(bench: Any, site: Any) -> None:
    site.html("/", "<a class='item' href='/a'>A</a>")
    site.listing("/a", "Listing", TEXT)
    bench.declare()
    db = open_database(bench.db_path)
    db.execute("CREATE TRIGGER broken AFTER INSERT ON listings BEGIN INSERT INTO nowhere VALUES (1); END")
    db.close()
    done = bench.crawl()
    assert (done.code, done.outcome["status"], done.outcome["listings"]) == (1, "failed", 0)
    problems = bench.rows("SELECT message FROM run_problems WHERE severity = 'error'")
    assert "storing failed" in problems[0]["message"]
    assert "nowhere" in problems[0]["message"]
