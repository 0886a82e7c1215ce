"""Layout drift is named: which field, from what share of listings to what."""

from __future__ import annotations

from typing import Any

import pytest

from crawler.drift import LISTINGS_MIN, drift

TEXT = "The falls service sends a therapist to care homes, so that fewer people are taken to hospital after a fall. "
FULL = {"filled: published": 100.0, "filled: region": 50.0, "filled: extra.status": 100.0, "text length": 2000.0}


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (FULL, []),
        ({**FULL, "filled: published": 81.0}, []),
        ({**FULL, "filled: published": 80.0}, ["published is given on 80% of listings, on 100% before"]),
        ({**FULL, "filled: region": 20.0}, ["region is given on 20% of listings, on 50% before"]),
        ({k: v for k, v in FULL.items() if "extra" not in k}, ["extra.status is given on 0% of listings"]),
        ({**FULL, "filled: extra.phase": 7.0}, ["new field 'phase' on 7% of listings, which no rule takes"]),
        ({**FULL, "text length": 999.0}, ["the middle text has 999 characters, 2000 before"]),
        ({**FULL, "text length": 1000.0}, []),
    ],
)
def test_what_changed_beyond_chance_is_named(now: dict[str, float], said: list[str]) -> None:
    found = list(drift(FULL, now, 100, 100))
    assert len(found) == len(said) and all(found[place].startswith(one) for place, one in enumerate(said))


def test_a_first_crawl_and_a_small_one_say_nothing() -> None:
    assert list(drift({}, FULL, 0, 100)) == []
    small = LISTINGS_MIN - 1
    assert list(drift(FULL, {}, 100, small)) == list(drift(FULL, {}, small, 100)) == []


def test_a_redesign_that_loses_the_dates_is_noticed_where_it_happens(bench: Any, site: Any) -> None:
    names = [f"/{number}" for number in range(25)]
    site.html("/", "".join(f"<a class='item' href='{name}'>x</a>" for name in names))
    for name in names:
        site.listing(name, f"Listing {name}", TEXT * 4, head=f"<time class='day'>2 November 2026</time><b>{name}</b>")
    bench.declare(fields={"published": {"css": "time.day"}})
    assert bench.crawl().outcome["status"] == "done"
    for name in names:
        site.listing(name, f"Listing {name}", TEXT * 4, head=f"<time class='when'>2 November 2026</time><b>{name}</b>")
    bench.new_run()
    redesigned = bench.crawl()
    assert (redesigned.code, redesigned.outcome["status"]) == (0, "warnings")
    (problem,) = bench.rows("SELECT message FROM run_problems")
    assert problem["message"].startswith("published is given on 0% of listings, on 100% before")
