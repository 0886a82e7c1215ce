"""Retry-After, and the settings that every crawl runs under."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from scrapy import Request
from scrapy.http import Response

from crawler.middlewares import RETRY_AFTER_LIMIT_SECONDS, RETRY_LIMIT, RetryAfterMiddleware, retry_after
from crawler.settings import BODY_LIMIT_BYTES, build_settings, user_agent
from crawler.source import load_source

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


def test_a_busy_host_is_left_alone_for_as_long_as_it_asks_a_bounded_number_of_times() -> None:
    middleware = RetryAfterMiddleware(clock=lambda: 100.0)
    request = Request("https://example.org/a")
    for _ in range(RETRY_LIMIT):
        again = middleware.process_response(request, answer(429, "7"))
        assert isinstance(again, Request)
        assert middleware.not_before == {"example.org": 107.0}
        request = again
    assert isinstance(middleware.process_response(request, answer(429, "7")), Response)


def test_a_wait_beyond_the_bound_and_other_statuses_are_passed_on() -> None:
    middleware = RetryAfterMiddleware(clock=lambda: 0.0)
    request = Request("https://example.org/a")
    assert isinstance(
        middleware.process_response(request, answer(503, str(int(RETRY_AFTER_LIMIT_SECONDS) + 1))), Response
    )
    assert isinstance(middleware.process_response(request, answer(500, "1")), Response)
    assert middleware.not_before == {}
    assert isinstance(middleware.process_response(request, answer(502)), Request)


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
