"""Downloader middlewares: conditional requests, Retry-After, robots.txt as RFC 9309 wants it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.robotstxt import RobotParser
from scrapy.utils.httpobj import urlparse_cached
from scrapy.utils.misc import build_from_crawler
from twisted.internet.defer import Deferred

from crawler.dates import http_date

log = logging.getLogger(__name__)

BUSY_STATUSES = frozenset({429, 502, 503, 504})
RETRY_LIMIT = 2
RETRY_AFTER_LIMIT_SECONDS = 120.0  # a longer wait is left to the next run
BACK_OFF_SECONDS = (1.0, 4.0)  # where the server does not say how long; chosen
DISALLOW_ALL = b"User-agent: *\nDisallow: /\n"


class ConditionalMiddleware:
    """Asks for detail pages only if they changed since they were last read in the same manner.

    Discovery pages are always fetched whole: "not modified" would lose the addresses that they name.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way of making a component."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Add If-None-Match and If-Modified-Since where the frontier holds validators."""
        if request.meta.get("role") != "detail":
            return
        frontier = self.crawler.spider.store.frontier  # type: ignore[union-attr]
        known = frontier.validators(request.meta["address"], request.meta["reading"])
        if known and known.etag:
            request.headers["If-None-Match"] = known.etag
        if known and known.last_modified:
            request.headers["If-Modified-Since"] = known.last_modified


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks to wait (a number or an HTTP date), None where there is none."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    moment = http_date(text)
    return max(0.0, (moment - now).total_seconds()) if moment else None


class RetryAfterMiddleware:
    """Waits as long as a busy server asks, with the whole host, then tries again; gives up when that is too long."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.not_before: dict[str, float] = {}

    async def process_request(self, request: Request) -> None:
        """Hold a request back while its host has asked for a pause."""
        pause = self.not_before.get(urlparse_cached(request).netloc, 0.0) - self.clock()
        if pause > 0:
            await asyncio.sleep(pause)

    def process_response(self, request: Request, response: Response) -> Request | Response:
        """Turn a busy answer into a later request, a bounded number of times."""
        tries = int(request.meta.get("busy_answers", 0))
        if response.status not in BUSY_STATUSES or tries >= RETRY_LIMIT:
            return response
        asked = retry_after((response.headers.get("Retry-After") or b"").decode("latin-1"), datetime.now(UTC))
        pause = BACK_OFF_SECONDS[tries] if asked is None else asked
        if pause > RETRY_AFTER_LIMIT_SECONDS:
            log.warning("%s asks to wait %.0f seconds: left to the next run", response.url, pause)
            return response
        host = urlparse_cached(request).netloc
        self.not_before[host] = max(self.not_before.get(host, 0.0), self.clock() + pause)
        log.info("%s is busy (%d): waiting %.0f seconds", response.url, response.status, pause)
        return request.replace(dont_filter=True, meta={**request.meta, "busy_answers": tries + 1})


class RobotsMiddleware(RobotsTxtMiddleware):
    """Obeys robots.txt; one that cannot be had forbids everything, a missing one nothing (RFC 9309, 2.3.1)."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self.unreachable: dict[str, str] = {}

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        if response.status >= 500 or response.status == 429:
            self.unreachable[netloc] = f"HTTP {response.status}"
            response = response.replace(body=DISALLOW_ALL)
        elif response.status >= 400:
            response = response.replace(body=b"")
        await super()._parse_robots(response, netloc, request)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        self.unreachable[netloc] = str(exc) or type(exc).__name__
        parser: RobotParser = build_from_crawler(self._parserimpl, self.crawler, DISALLOW_ALL)
        waiting = self._parsers[netloc]
        self._parsers[netloc] = parser
        if isinstance(waiting, Deferred):
            waiting.callback(parser)

    def process_request_2(self, rp: RobotParser | None, request: Request) -> None:
        """Say why nothing may be fetched when robots.txt itself is the reason."""
        reason = self.unreachable.get(urlparse_cached(request).netloc)
        if reason:
            raise IgnoreRequest(f"robots.txt cannot be fetched, so nothing is: {reason}")
        super().process_request_2(rp, request)
