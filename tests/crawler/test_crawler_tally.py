"""How a crawl's counts are judged."""

from __future__ import annotations

from pathlib import Path

from crawler.source import load_source
from crawler.tally import PROBLEM_LIMIT, Tally, judge

SOURCE = load_source(Path(__file__).parents[2] / "crawler" / "demo" / "sources" / "demo-nice.yml")
ENOUGH = {f"id-{number}" for number in range(SOURCE.floor)}


def test_enough_listings_and_no_problem_is_done() -> None:
    assert judge(SOURCE, Tally(seen=set(ENOUGH)), "finished") == ("done", [])


def test_nothing_found_is_a_failure_that_says_where_to_look() -> None:
    status, problems = judge(SOURCE, Tally(), "finished")
    assert status == "failed"
    assert [problem.severity for problem in problems] == ["error"]
    assert SOURCE.start_urls[0] in problems[0].message


def test_too_few_are_a_failure_and_too_many_a_warning() -> None:
    few, problems = judge(SOURCE, Tally(seen={"one"}), "finished")
    assert few == "failed"
    assert "fewer than the floor" in problems[0].message
    paused = Tally(seen={"one"}, paused={"p.example": "2026-11-23 09:00 UTC"})
    assert judge(SOURCE, paused, "finished")[0] == "warnings"  # the rest is asked for later
    many = {f"id-{number}" for number in range((SOURCE.ceiling or 0) + 1)}
    assert "more than the ceiling" in judge(SOURCE, Tally(seen=many), "finished")[1][0].message


def test_a_crawl_that_its_hours_ended_goes_on_later_and_has_not_failed() -> None:
    nightly = SOURCE.model_copy(update={"crawl_hours": "22:00-06:00"})
    status, problems = judge(nightly, Tally(seen={"one"}), "closespider_timeout")
    assert (status, len(problems)) == ("warnings", 1)
    assert "22:00-06:00" in problems[0].message
    assert judge(nightly, Tally(), "closespider_timeout")[0] == "failed"  # nothing found stays a failure
    assert judge(SOURCE, Tally(seen=set(ENOUGH)), "closespider_timeout")[0] == "failed"


def test_a_crawl_cut_short_or_not_stored_has_failed() -> None:
    assert judge(SOURCE, Tally(seen=set(ENOUGH)), "closespider_pagecount")[0] == "failed"
    broken = Tally(seen=set(ENOUGH), storage_failures=["disk full", "disk full"])
    status, problems = judge(SOURCE, broken, "finished")
    assert (status, [problem.message for problem in problems]) == ("failed", ["storing failed: disk full"])
    unreachable = Tally(seen=set(ENOUGH), start_failures=["http://x: HTTP 500"])
    assert judge(SOURCE, unreachable, "finished")[0] == "failed"


def test_page_problems_are_kept_up_to_a_limit_and_all_counted() -> None:
    tally = Tally(seen=set(ENOUGH))
    for number in range(PROBLEM_LIMIT + 5):
        tally.page_problem(f"page {number}")
    status, problems = judge(SOURCE, tally, "finished")
    assert (status, tally.counts["errors"], len(problems)) == ("warnings", PROBLEM_LIMIT + 5, PROBLEM_LIMIT + 1)
    assert problems[-1].message == "and 5 more pages with errors"
