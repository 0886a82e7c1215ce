"""Downloader middlewares: conditional requests, Retry-After, robots.txt as RFC 9309 wants it."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Iterable
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
from crawler.frontier import Frontier
from crawler.tally import Tally

log = logging.getLogger(__name__)

BUSY_STATUSES = frozenset({429, 502, 503, 504})
RETRY_LIMIT = 2
RETRY_AFTER_LIMIT_SECONDS = 120.0  # a longer wait is left to the next run
PAUSE_LIMIT_SECONDS = 24 * 3600.0  # no host is left alone for longer, whatever it asks
BACK_OFF_SECONDS = (1.0, 4.0)  # where the server does not say how long; chosen
LONG_BACK_OFF_SECONDS = 900.0  # after those, doubled each time: Heritrix's retryDelay
CRAWL_DELAY_LIMIT_SECONDS = 300.0  # Heritrix's; a longer Crawl-delay is cut to it, and told
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


class PausedError(IgnoreRequest):
    """A request that is left to a later crawl, because its host wants to be left alone for longer than we wait."""


class RetryAfterMiddleware:
    """Leaves a busy server alone for as long as it asks, with the whole host, then tries again.

    A pause is stored, so that it outlives this crawl; one beyond RETRY_AFTER_LIMIT_SECONDS is left to a later crawl. A
    server that is busy again and again without saying how long gets twice the time at each answer, up to a day.
    """

    def __init__(
        self,
        frontier: Frontier,
        tally: Tally,
        clock: Callable[[], float] = time.time,
        statuses: Iterable[int] = (),
    ) -> None:
        """statuses: those by which the source says that it is busy, beside BUSY_STATUSES."""
        self.frontier, self.tally, self.clock = frontier, tally, clock
        self.statuses = BUSY_STATUSES | frozenset(statuses)
        pauses = frontier.pauses()
        self.not_before = {host: until.timestamp() for host, (until, _) in pauses.items()}
        self.busy = {host: count for host, (_, count) in pauses.items()}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way of making a component."""
        store = crawler.spider.store  # type: ignore[union-attr]
        return cls(store.frontier, store.tally, statuses=store.source.busy_statuses)

    async def process_request(self, request: Request) -> None:
        """Hold a request back while its host has asked for a pause; PausedError where that is too long."""
        host = urlparse_cached(request).netloc
        pause = self.not_before.get(host, 0.0) - self.clock()
        if pause > RETRY_AFTER_LIMIT_SECONDS:
            raise self._left(host)
        if pause > 0:
            await asyncio.sleep(pause)

    def process_response(self, request: Request, response: Response) -> Request | Response:
        """Turn a busy answer into a later request, a bounded number of times."""
        host = urlparse_cached(request).netloc
        if response.status not in self.statuses:
            is_over = self.not_before.get(host, 0.0) <= self.clock()  # answers that were under way end no pause
            if is_over and self.busy.pop(host, 0):
                self.frontier.end_pause(host)
            return response
        pause = self._pause(host, response)
        tries = int(request.meta.get("busy_answers", 0))
        if pause > RETRY_AFTER_LIMIT_SECONDS:
            raise self._left(host)
        if tries >= RETRY_LIMIT:
            return response
        log.info("%s is busy (%d): waiting %.0f seconds", response.url, response.status, pause)
        return request.replace(dont_filter=True, meta={**request.meta, "busy_answers": tries + 1})

    def _pause(self, host: str, response: Response) -> float:
        """Note how long the host is left alone from now on, and return it in seconds."""
        count = self.busy[host] = self.busy.get(host, 0) + 1
        now = datetime.fromtimestamp(self.clock(), UTC)
        asked = retry_after((response.headers.get("Retry-After") or b"").decode("latin-1"), now)
        pause = min(back_off(count) if asked is None else asked, PAUSE_LIMIT_SECONDS)
        self.not_before[host] = max(self.not_before.get(host, 0.0), self.clock() + pause)
        until = datetime.fromtimestamp(math.ceil(self.not_before[host]), UTC)  # stored to the second, never too early
        self.frontier.pause(host, until, count)
        return pause

    def _left(self, host: str) -> PausedError:
        until = datetime.fromtimestamp(self.not_before[host], UTC).strftime("%Y-%m-%d %H:%M UTC")
        self.tally.paused[host] = until
        return PausedError(f"{host} wants to be left alone until {until}")


def back_off(busy_answers: int) -> float:
    """Seconds to leave a host alone that does not say how long, after so many busy answers in a row."""
    if busy_answers <= len(BACK_OFF_SECONDS):
        return BACK_OFF_SECONDS[busy_answers - 1]
    doublings = min(busy_answers - len(BACK_OFF_SECONDS) - 1, 7)  # seven are more than a day
    return min(LONG_BACK_OFF_SECONDS * 2.0**doublings, PAUSE_LIMIT_SECONDS)


class Turns:
    """Lets requests to a host go one after another, each no sooner than the host's delay after the one before."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self.clock, self.sleep = clock, sleep
        self.delays: dict[str, float] = {}
        self._next: dict[str, float] = {}

    async def wait(self, host: str) -> None:
        """Come back when it is this request's turn."""
        delay = self.delays.get(host)
        if not delay:
            return
        turn = max(self.clock(), self._next.get(host, 0.0))
        self._next[host] = turn + delay
        if turn > self.clock():
            await self.sleep(turn - self.clock())


class RobotsMiddleware(RobotsTxtMiddleware):
    """Obeys robots.txt; one that cannot be had forbids everything, a missing one nothing (RFC 9309, 2.3.1)."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self.unreachable: dict[str, str] = {}
        self.paused: dict[str, PausedError] = {}
        self.turns = Turns()

    async def process_request(self, request: Request) -> None:  # type: ignore[override]
        """Ask robots.txt, then wait for the Crawl-delay that it names."""
        await super().process_request(request)
        if not request.meta.get("dont_obey_robotstxt"):
            await self.turns.wait(urlparse_cached(request).netloc)

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        if response.status >= 500 or response.status == 429:
            self.unreachable[netloc] = f"HTTP {response.status}"
            response = response.replace(body=DISALLOW_ALL)
        elif response.status >= 400:
            response = response.replace(body=b"")
        await super()._parse_robots(response, netloc, request)
        parser = self._parsers[netloc]
        if parser is not None and not isinstance(parser, Deferred):
            self._heed_delay(netloc, parser)

    def _heed_delay(self, netloc: str, parser: RobotParser) -> None:
        delay = parser.crawl_delay(self._robotstxt_useragent or "*") or 0.0
        if delay > CRAWL_DELAY_LIMIT_SECONDS:
            tally = self.crawler.spider.store.tally  # type: ignore[union-attr]
            tally.page_problem(f"{netloc}: Crawl-delay of {delay:.0f} seconds, cut to {CRAWL_DELAY_LIMIT_SECONDS:.0f}")
        self.turns.delays[netloc] = min(delay, CRAWL_DELAY_LIMIT_SECONDS)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        if isinstance(exc, PausedError):
            self.paused[netloc] = exc
        else:
            self.unreachable[netloc] = str(exc) or type(exc).__name__
        parser: RobotParser = build_from_crawler(self._parserimpl, self.crawler, DISALLOW_ALL)
        waiting = self._parsers[netloc]
        self._parsers[netloc] = parser
        if isinstance(waiting, Deferred):
            waiting.callback(parser)

    def process_request_2(self, rp: RobotParser | None, request: Request) -> None:
        """Say why nothing may be fetched when robots.txt itself is the reason."""
        host = urlparse_cached(request).netloc
        if host in self.paused:
            raise PausedError(str(self.paused[host]))
        reason = self.unreachable.get(host)
        if reason:
            raise IgnoreRequest(f"robots.txt cannot be fetched, so nothing is: {reason}")
        super().process_request_2(rp, request)
