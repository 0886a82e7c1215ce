"""RSS and Atom feeds, with their next pages where the site has them."""

from __future__ import annotations

from scrapy.http import Response, TextResponse
from w3lib.url import add_or_replace_parameter, url_query_parameter

from crawler.items import GONE_STATUSES
from crawler.parsers.feed import FeedError, parse_feed
from crawler.spiders.navigation import Discovery, DiscoveryError, Link, SourceSpider, absolute

FIRST_PAGE = 1


class FeedSpider(SourceSpider):
    """Takes the entries of a feed, or follows each to its page."""

    def read(self, response: TextResponse) -> Discovery:
        """The entries and the next page of the feed."""
        kind = (response.headers.get("Content-Type") or b"").decode("latin-1")
        try:
            feed = parse_feed(response.body, response.url, kind, self.source.fields, self.source.drop)
        except FeedError as error:
            raise DiscoveryError(str(error)) from None
        following = self._following(response, feed.next_url) if feed.entries else []
        assert self.source.feed is not None
        if not self.source.feed.follow:
            return Discovery(
                listings=[entry.facts for entry in feed.entries], following=following, problems=feed.problems
            )
        links = [Link(absolute(response, entry.link), entry.facts) for entry in feed.entries if entry.link]
        return Discovery(links=links, following=following, problems=feed.problems)

    def is_end(self, response: Response) -> bool:
        """A page number after the last one is answered with 404."""
        return response.status in GONE_STATUSES and self._page(response.url) > FIRST_PAGE

    def _following(self, response: Response, next_url: str | None) -> list[str]:
        if next_url:
            return [absolute(response, next_url)]
        section = self.source.feed
        if section is None or section.page_parameter is None:
            return []
        following = str(self._page(response.url) + 1)
        return [add_or_replace_parameter(response.url, section.page_parameter, following)]

    def _page(self, url: str) -> int:
        parameter = self.source.feed.page_parameter if self.source.feed else None
        value = url_query_parameter(url, parameter) if parameter else None
        return int(value) if value and value.isdigit() else FIRST_PAGE
