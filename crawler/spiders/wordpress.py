"""The REST API of WordPress (https://developer.wordpress.org/rest-api/using-the-rest-api/pagination/)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta

from scrapy import Request
from scrapy.http import Response, TextResponse
from w3lib.url import add_or_replace_parameter, add_or_replace_parameters, url_query_cleaner, url_query_parameter

from crawler.declaration import FieldName, FieldRule
from crawler.items import Visit
from crawler.parsers.record import RecordError, parse_each, parse_record, read_json, records_in
from crawler.spiders.navigation import Discovery, SourceSpider

CLOCKS_APART = timedelta(days=1)  # modified_after is in the site's own time, which may be half a day from ours

POST_RULES: Mapping[FieldName, FieldRule] = {
    "title": FieldRule(jmespath="title.rendered"),
    "text": FieldRule(jmespath="content.rendered"),
    "url": FieldRule(jmespath="link"),
    "published": FieldRule(jmespath="date"),
    "record_id": FieldRule(jmespath="id"),
}
# What every post carries besides: WordPress's own book-keeping, no facts about the listing.
POST_KEYS = (
    *("id", "date", "date_gmt", "guid", "modified", "modified_gmt", "slug", "status", "type", "link", "title"),
    *("content", "excerpt", "author", "featured_media", "comment_status", "ping_status", "sticky", "template"),
    *("format", "meta", "categories", "tags", "class_list", "acf", "_links", "_embedded"),
)


class WordPressSpider(SourceSpider):
    """Takes whole posts from the collection at the start address."""

    accept = "application/json"

    def first_address(self, url: str) -> str:
        """The first page, in an order that new and edited posts do not shift."""
        assert self.source.wordpress is not None
        paging = {"per_page": str(self.source.wordpress.page_size), "page": "1", "orderby": "id", "order": "asc"}
        return add_or_replace_parameters(url, paging)

    def discovery_request(self, url: str, collection: str) -> Request:
        """Ask for what was modified since the last crawl; the page is known by its address without that moment."""
        address = url_query_cleaner(url, ["modified_after"], remove=True, unique=False)
        request = super().discovery_request(address, collection)
        if not self.store.frontier.round.since:
            return request
        since = datetime.fromisoformat(self.store.frontier.round.since) - CLOCKS_APART
        moment = since.strftime("%Y-%m-%dT%H:%M:%S")
        return request.replace(url=add_or_replace_parameter(address, "modified_after", moment))

    async def start(self) -> AsyncIterator[Request | Visit]:
        """Where only what was modified lately is asked for, all else is there as it was."""
        if self.store.frontier.round.since:
            known = self.store.frontier.known_listings()
            self.store.tally.take_as_seen(known)
            self.store.frontier.add_seen(known)
        async for request in super().start():
            yield request

    def read(self, response: TextResponse) -> Discovery:
        """The posts of one page."""
        rules = {**POST_RULES, **self.source.fields}
        posts = records_in(read_json(response.body), "@")
        drop = self.source.drop
        listings, problems = parse_each(posts, lambda post: parse_record(post, rules, drop, ignore=POST_KEYS))
        return Discovery(listings, following=self._following(response) if posts else [], problems=problems)

    def is_end(self, response: Response) -> bool:
        """A page number after the last one is answered with 400 and this code."""
        try:
            answer = read_json(response.body)
        except RecordError:
            return False
        return isinstance(answer, dict) and answer.get("code") == "rest_post_invalid_page_number"

    def _following(self, response: Response) -> list[str]:
        page = int(url_query_parameter(response.url, "page") or 1)
        total = (response.headers.get("X-WP-TotalPages") or b"").decode("latin-1")
        if total.isdigit() and page >= int(total):
            return []
        return [add_or_replace_parameter(response.url, "page", str(page + 1))]
