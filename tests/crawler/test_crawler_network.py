"""The resolver and the guard, as Scrapy and Twisted use them."""

from __future__ import annotations

import pytest
from scrapy import Request
from scrapy.settings import Settings
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import DNSLookupError
from twisted.python.failure import Failure

from crawler.network import BlockedError, GuardedResolver, GuardMiddleware, endpoints_of

ENDPOINTS = frozenset({("example.org", None), ("127.0.0.1", 8770)})


def test_the_endpoints_pass_through_scrapys_settings() -> None:
    settings = Settings({"REACHABLE_ENDPOINTS": [["example.org", None], ["127.0.0.1", 8770]]})
    assert endpoints_of(settings) == ENDPOINTS


def test_the_guard_stops_a_request_before_it_leaves() -> None:
    guard = GuardMiddleware(ENDPOINTS)
    guard.process_request(Request("https://example.org/"))
    with pytest.raises(BlockedError, match="does not declare this host"):
        guard.process_request(Request("http://127.0.0.1:22/"))


@pytest.mark.parametrize(("answer", "allowed"), [("93.184.216.34", True), ("127.0.0.1", False), ("10.0.0.1", False)])
def test_the_resolver_gives_no_address_inside_this_network(
    monkeypatch: pytest.MonkeyPatch, answer: str, allowed: bool
) -> None:
    def lookup(self: object, name: str, timeout: object = ()) -> Deferred[str]:
        return succeed(answer)

    monkeypatch.setattr("scrapy.resolver.CachingThreadedResolver.getHostByName", lookup)
    resolver = GuardedResolver.__new__(GuardedResolver)
    resolver.endpoints = ENDPOINTS
    ends: list[object] = []
    resolver.getHostByName("example.org").addBoth(ends.append)
    if allowed:
        assert ends == [answer]
    else:
        assert isinstance(ends[0], Failure)
        assert ends[0].check(DNSLookupError)
