"""Retry-After, and the settings that every crawl runs under."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from scrapy import Request
from scrapy.http import Response

from crawler.middlewares import (
    RETRY_AFTER_LIMIT_SECONDS,
    RETRY_LIMIT,
    PausedError,
    RetryAfterMiddleware,
    Turns,
    back_off,
    retry_after,
)
from crawler.settings import BODY_LIMIT_BYTES, build_settings, user_agent
from crawler.source import load_source
from crawler.tally import Tally

NOW = datetime(2026, 11, 23, 9, 0, 0, tzinfo=UTC)
CRAWLER = Path(__file__).parents[2] / "crawler"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("5", 5.0), (" 120 ", 120.0), ("Mon, 23 Nov 2026 09:00:30 GMT", 30.0), ("Mon, 23 Nov 2026 08:00:00 GMT", 0.0),
        ("", None), (None, None), ("soon", None), ("-5", None), ("١", None),
        ("Mon, 23 Nov 99999 09:00:30 GMT", None), ("Mon, 23 Nov 2026 09:00:30 +99999999999999999", None),
        ("Fri, 31 Dec 9999 23:59:59 -2359", None), ("Mon, 23 Nov 2026 99999999999:00:30 GMT", None),
        ("9" * 400, float("inf")),
    ],
)  # fmt: skip
def test_retry_after_in_both_forms(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, NOW) == seconds


def answer(status: int, wait: str | None = None) -> Response:
    return Response("https://example.org/a", status=status, headers={"Retry-After": wait} if wait else {})


class Pauses:
    """What the frontier keeps of pauses, for one host after another."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[datetime, int]] = {}

    def pauses(self) -> dict[str, tuple[datetime, int]]:
        return dict(self.kept)

    def pause(self, host: str, until: datetime, busy_answers: int) -> None:
        self.kept[host] = (until, busy_answers)

    def end_pause(self, host: str) -> None:
        del self.kept[host]


def middleware_at(moment: float, pauses: Any, tally: Tally | None = None) -> RetryAfterMiddleware:
    return RetryAfterMiddleware(pauses, tally or Tally(), clock=lambda: moment)


def test_a_busy_host_is_left_alone_for_as_long_as_it_asks_a_bounded_number_of_times() -> None:
    middleware = middleware_at(100.0, Pauses())
    request = Request("https://example.org/a")
    for _ in range(RETRY_LIMIT):
        again = middleware.process_response(request, answer(429, "7"))
        assert isinstance(again, Request)
        assert middleware.not_before == {"example.org": 107.0}
        request = again
    assert isinstance(middleware.process_response(request, answer(429, "7")), Response)


def test_a_wait_beyond_the_bound_is_left_to_a_later_crawl_and_outlives_this_one() -> None:
    pauses, tally = Pauses(), Tally()
    request = Request("https://example.org/a")
    asked = int(RETRY_AFTER_LIMIT_SECONDS) + 60
    with pytest.raises(PausedError, match="left alone until 1970-01-01 00:0"):
        middleware_at(0.0, pauses).process_response(request, answer(503, str(asked)))
    with pytest.raises(PausedError):
        asyncio.run(middleware_at(1.0, pauses, tally).process_request(request))
    assert list(tally.paused) == ["example.org"]
    asyncio.run(middleware_at(float(asked), pauses).process_request(request))
    asyncio.run(middleware_at(1.0, pauses).process_request(Request("https://elsewhere.example/")))


def test_a_wait_is_a_day_at_most_and_an_answer_ends_it() -> None:
    pauses = Pauses()
    request = Request("https://example.org/a")
    with pytest.raises(PausedError):
        middleware_at(0.0, pauses).process_response(request, answer(429, "9" * 400))
    until, count = pauses.kept["example.org"]
    assert (until.timestamp(), count) == (24 * 3600.0, 1)
    assert isinstance(middleware_at(24 * 3600.0, pauses).process_response(request, answer(200)), Response)
    assert pauses.kept == {}
    assert isinstance(middleware_at(0.0, pauses).process_response(request, answer(500, "1")), Response)
    assert pauses.kept == {}


def test_a_host_that_does_not_say_how_long_is_left_alone_twice_as_long_each_time() -> None:
    assert [back_off(count) for count in range(1, 7)] == [1.0, 4.0, 900.0, 1800.0, 3600.0, 7200.0]
    assert back_off(2_000) == 24 * 3600.0
    pauses = Pauses()
    request = Request("https://example.org/a")
    middleware = middleware_at(0.0, pauses)
    for _ in range(2):
        assert isinstance(middleware.process_response(request, answer(502)), Request)
    with pytest.raises(PausedError):
        middleware_at(10.0, pauses).process_response(request, answer(502))  # a new crawl remembers the two before


def test_requests_to_a_host_with_a_crawl_delay_take_turns() -> None:
    now, slept = 0.0, []

    async def sleep(seconds: float) -> None:
        nonlocal now
        slept.append(seconds)

    turns = Turns(clock=lambda: now, sleep=sleep)
    turns.delays = {"slow.example": 2.0, "none.example": 0.0}

    async def five() -> None:
        for _ in range(5):
            await turns.wait("slow.example")
            await turns.wait("none.example")
            await turns.wait("unknown.example")

    asyncio.run(five())
    assert slept == [2.0, 4.0, 6.0, 8.0]  # the clock stands still: each turn is two seconds after the one before
    now = 9.0
    asyncio.run(turns.wait("slow.example"))
    assert slept[-1] == 1.0
    now = 60.0
    asyncio.run(turns.wait("slow.example"))
    assert len(slept) == 5


def test_every_crawl_runs_hardened() -> None:
    for path in [*(CRAWLER / "sources").glob("*.yml"), *(CRAWLER / "demo" / "sources").glob("*.yml")]:
        source = load_source(path)
        settings = build_settings(source)
        assert settings["ROBOTSTXT_OBEY"]
        assert settings["DOWNLOAD_VERIFY_CERTIFICATES"]
        assert settings["DOWNLOAD_MAXSIZE"] == BODY_LIMIT_BYTES
        assert set(settings["DOWNLOAD_HANDLERS"]) == {"data", "file", "ftp", "s3"}
        assert not any(settings["DOWNLOAD_HANDLERS"].values())
        off = (
            "TELNETCONSOLE_ENABLED",
            "REMOTE_CONTROL_ENABLED",
            "COOKIES_ENABLED",
            "RETRY_ENABLED",
            "HTTPPROXY_ENABLED",
        )
        assert not any(settings[name] for name in off)
        assert min(settings["DOWNLOADER_MIDDLEWARES"].items(), key=lambda item: item[1])[0].endswith("GuardMiddleware")
        assert settings["AUTOTHROTTLE_ENABLED"] is not source.is_loopback
        assert (settings["CONCURRENT_REQUESTS"] == 1) is not source.is_loopback


def test_we_say_who_we_are() -> None:
    assert user_agent("team@example.org").endswith("(+mailto:team@example.org)")
    assert user_agent("https://example.org/bot").startswith("innovation-pipeline/")
