"""A few addresses asked for as a crawl would: the same guard, robots.txt, pace and limits, nothing stored."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Generic, TypeVar, cast

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.exceptions import IgnoreRequest

from crawler.looks import Fetch, Page
from crawler.pipelines import memory_store
from crawler.settings import build_settings
from crawler.source import Source

REQUESTS_MAX = 60  # of one look at a site
Result = TypeVar("Result")


class ProbeError(Exception):
    """An address that could not be asked for; the message says which and why."""


class ProbeSpider(Spider, Generic[Result]):
    """Runs a plan that asks for addresses one after another."""

    name = "probe"

    def __init__(self, source: Source, plan: Callable[[Fetch], Awaitable[Result]], **kwargs: Any) -> None:
        super().__init__(name=source.name, **kwargs)
        self.source, self.plan = source, plan
        self.store = memory_store(source)
        self.asked: dict[str, Page | None] = {}
        self.refused: list[str] = []
        self.result: Result | None = None
        self.error: Exception | None = None

    async def start(self) -> AsyncIterator[Request]:
        """Carry out the plan; no request is scheduled."""
        try:
            self.result = await self.plan(self.fetch)
        except Exception as error:  # raised again where the plan was given
            self.error = error
        requests: tuple[Request, ...] = ()
        for request in requests:
            yield request

    async def fetch(self, url: str) -> Page | None:
        """What an address answers, redirects followed; None where it cannot be asked for. Each is asked for once."""
        if url not in self.asked:
            self.asked[url] = await self._ask(url) if len(self.asked) < REQUESTS_MAX else None
        return self.asked[url]

    async def _ask(self, url: str) -> Page | None:
        try:
            response = await self.crawler.engine.download_async(Request(url, dont_filter=True))
        except (IgnoreRequest, ValueError, OSError) as error:
            self.refused.append(f"{url}: {error}")
            return None
        except Exception as error:  # Twisted's many ways of saying that there was no answer
            self.refused.append(f"{url}: {type(error).__name__}: {error}")
            return None
        headers = {
            name.decode("latin-1").lower(): value[-1].decode("latin-1") for name, value in response.headers.items()
        }
        return Page(response.url, response.status, response.body, headers)


def probe(source: Source, plan: Callable[[Fetch], Awaitable[Result]]) -> Result:
    """Carry out a plan within the bounds of a source. Once in a process: the reactor cannot be started again.

    Raises what the plan raises, and ProbeError when nothing could be asked for.
    """
    settings = {**build_settings(source), "ITEM_PIPELINES": {}, "LOG_LEVEL": "ERROR"}
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler(ProbeSpider)
    process.crawl(crawler, source=source, plan=plan)
    process.start()
    spider = crawler.spider
    assert isinstance(spider, ProbeSpider)
    with contextlib.suppress(Exception):
        spider.store.db.close()
    if spider.refused and not any(spider.asked.values()):
        raise ProbeError(spider.refused[0])
    if spider.error is not None:
        raise spider.error
    return cast(Result, spider.result)
