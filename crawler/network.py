"""The guard: no request leaves for an address that the source may not reach, on any hop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.resolver import CachingThreadedResolver
from twisted.internet.base import ReactorBase
from twisted.internet.defer import Deferred
from twisted.internet.error import DNSLookupError

from crawler.hosts import Endpoint, address_refusal, refusal


class BlockedError(IgnoreRequest):
    """A request that was not sent because its address may not be reached."""


class GuardMiddleware:
    """Checks every request, redirects and robots.txt included, against the hosts that the source declares."""

    def __init__(self, endpoints: frozenset[Endpoint]) -> None:
        self.endpoints = endpoints

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way of making a component."""
        return cls(endpoints_of(crawler.settings))

    def process_request(self, request: Request) -> None:
        """Raise BlockedError for an address that may not be reached."""
        reason = refusal(request.url, self.endpoints)
        if reason:
            raise BlockedError(reason)


class GuardedResolver(CachingThreadedResolver):
    """Answers only with addresses that may be reached.

    The check is on the answer that is then used, so a name that changes its answer between two lookups is caught too.
    """

    endpoints: frozenset[Endpoint] = frozenset()

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: ReactorBase) -> Self:
        """Scrapy's way of making a resolver."""
        resolver = super().from_crawler(crawler, reactor)
        resolver.endpoints = endpoints_of(crawler.settings)
        return resolver

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Deferred[str]:
        """Resolve a name; DNSLookupError where the answer may not be reached."""

        def check(address: str) -> str:
            reason = address_refusal(name, address, self.endpoints)
            if reason:
                raise DNSLookupError(reason)
            return address

        return super().getHostByName(name, timeout).addCallback(check)


def endpoints_of(settings: Any) -> frozenset[Endpoint]:
    """The endpoints that crawler.settings put under REACHABLE_ENDPOINTS."""
    return frozenset((str(host), port) for host, port in settings.getlist("REACHABLE_ENDPOINTS"))
