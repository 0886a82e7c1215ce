"""A crawl that is killed goes on where it was: nothing is lost, and nothing is asked for again and again."""

from __future__ import annotations

import signal
import subprocess
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from db import rounds
from db.database import open_database, transaction
from db.runs import STAMP

TEXT = "The service sends a therapist to care homes after a fall, so that fewer people are taken to hospital."
PAGES = 400
KILLED_AFTER = (60, 90, 80)  # details fetched in each killed crawl, beyond those before; several batches each


def build(site: Any, pages: int = PAGES) -> None:
    """One index page of links and as many listings, which are slow enough to be killed among."""
    site.html("/", "".join(f"<a class='item' href='/d/{number}'>{number}</a>" for number in range(pages)))
    for number in range(pages):
        site.listing(f"/d/{number}", f"Listing {number}", f"{TEXT} Number {number}.")
        ready = site.pages[f"/d/{number}"]

        def slowly(headers: dict[str, str], ready: Any = ready) -> Any:
            time.sleep(0.005)
            return ready(headers)

        site.pages[f"/d/{number}"] = slowly


def kill_after(bench: Any, site: Any, tools: Any, details: int) -> None:
    """Start a crawl and kill it when so many more listings were asked for."""
    before = len(site.seen)
    command = tools.crawl_command(bench.db_path, bench.run, bench.sources, "test")
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=tools.environment)
    while len(site.seen) < before + details:
        assert process.poll() is None, "the crawl was over too soon"
        time.sleep(0.002)
    process.kill()
    assert process.wait() == -signal.SIGKILL


def test_killed_three_times_a_crawl_ends_with_all_pages_none_fetched_more_than_twice(
    bench: Any, site: Any, tools: Any
) -> None:
    build(site)
    bench.declare(complete=True)
    for details in KILLED_AFTER:
        kill_after(bench, site, tools, details)
        bench.new_run()
    done = bench.crawl()
    assert (done.code, done.outcome["status"]) == (0, "done")
    assert done.outcome["listings"] == PAGES and done.outcome["requests"] < PAGES
    asked = Counter(path for path, _ in site.seen)
    wanted = {"/", *(f"/d/{number}" for number in range(PAGES))}
    assert asked.keys() - {"/robots.txt"} == wanted
    assert max(asked[path] for path in wanted) <= 2
    assert bench.rows("SELECT count(*) AS n FROM listings WHERE gone_at IS NULL") == [{"n": PAGES}]
    assert bench.rows("SELECT * FROM crawl_queue") == bench.rows("SELECT * FROM crawl_seen") == []
    (ended,) = bench.rows("SELECT number, finished_at FROM crawl_rounds")
    assert ended["number"] == 1 and ended["finished_at"]


def test_the_crawl_after_a_whole_one_begins_anew(bench: Any, site: Any) -> None:
    build(site, 3)
    bench.declare()
    bench.crawl()
    site.listing("/d/1", "Listing 1", "It now says something else, and at some length, about falls and care homes.")
    bench.new_run()
    again = bench.crawl()
    assert (again.outcome["changed"], again.outcome["unchanged"], again.outcome["listings"]) == (1, 2, 3)
    assert bench.rows("SELECT number FROM crawl_rounds") == [{"number": 2}]


def test_what_a_feeds_entry_said_of_a_page_is_known_after_a_kill(bench: Any, site: Any, tools: Any) -> None:
    """The day stands in the feed only; a page that waited when the crawl was killed gets it all the same."""
    entries = "".join(
        f"<item><title>Entry {number}</title><link>http://{site.host}/d/{number}</link>"
        f"<pubDate>Mon, 02 Nov 2026 06:00:00 GMT</pubDate></item>"
        for number in range(60)
    )
    build(site, 60)
    feed = f"<?xml version='1.0'?><rss version='2.0'><channel><title>F</title>{entries}</channel></rss>"
    site.pages["/feed"] = site.page(feed, Content_Type="application/rss+xml")
    bench.declare(discovery="feed", start="/feed", feed={"follow": True})
    kill_after(bench, site, tools, 32)
    waited = bench.rows("SELECT count(*) AS n FROM crawl_queue")[0]["n"]
    bench.new_run()
    done = bench.crawl()
    assert done.outcome["listings"] == 60 and waited > 10
    assert bench.rows("SELECT DISTINCT published FROM listings") == [{"published": "2026-11-02"}]
    assert len(site.asked("/feed")) == 1


def test_a_round_that_was_left_too_long_ago_is_begun_anew(bench: Any, site: Any, tools: Any) -> None:
    build(site, 100)
    bench.declare()
    kill_after(bench, site, tools, 50)
    db = open_database(bench.db_path)
    with transaction(db):
        long_ago = (datetime.now(UTC) - timedelta(hours=25)).strftime(STAMP)
        db.conn.execute("UPDATE crawl_rounds SET started_at = ?", [long_ago])
    db.close()
    bench.new_run()
    assert bench.crawl().outcome["requests"] >= 101
    assert bench.rows("SELECT number FROM crawl_rounds") == [{"number": 2}]


def test_a_host_that_wants_a_long_pause_is_not_asked_again_before_its_end(bench: Any, site: Any) -> None:
    build(site, 20)
    ready = site.pages["/d/7"]
    site.pages["/d/7"] = site.page(status=429, Retry_After="3600")
    bench.declare()
    first = bench.crawl()
    assert first.outcome["status"] == "warnings" and "wants to be left alone" in first.log
    asked = len(site.seen)
    bench.new_run()
    second = bench.crawl()
    assert len(site.seen) == asked and second.code == 0
    problems = " ".join(row["message"] for row in bench.rows("SELECT message FROM run_problems"))
    assert "wants to be left alone; what is left is asked for by the first crawl after 20" in problems
    site.pages["/d/7"] = ready
    db = open_database(bench.db_path)
    rounds.end_pause(db, site.host)
    db.close()
    bench.new_run()
    assert bench.crawl().outcome["listings"] == 20
    assert bench.rows("SELECT * FROM host_pauses") == []
