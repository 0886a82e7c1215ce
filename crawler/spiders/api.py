"""JSON APIs: lists of records, paged by number, by offset or by an address in the answer."""

from __future__ import annotations

import re
from typing import Any

from scrapy.http import Response, TextResponse
from w3lib.url import add_or_replace_parameter, add_or_replace_parameters, url_query_parameter

from crawler.declaration import ApiSection
from crawler.items import Facts
from crawler.parsers.record import parse_each, parse_record, read_json, records_in, search
from crawler.source import Source
from crawler.spiders.navigation import Discovery, DiscoveryError, Link, SourceSpider, absolute


class ApiSpider(SourceSpider):
    """Takes records as the section `api` describes them, or follows each to its page."""

    def __init__(self, source: Source, **kwargs: Any) -> None:
        super().__init__(source=source, **kwargs)
        self.accept = self.section.accept or "application/json"

    @property
    def section(self) -> ApiSection:
        """The settings of this source."""
        assert self.source.api is not None
        return self.source.api

    def first_address(self, url: str) -> str:
        """The first page, with the page size that the source declares."""
        paging = self.section.paging
        parameters = {paging.size_parameter: str(paging.size)} if paging.size_parameter else {}
        if paging.parameter and paging.by in ("page", "offset"):
            parameters[paging.parameter] = str(paging.first if paging.by == "page" else 0)
        return add_or_replace_parameters(url, parameters)

    def is_end(self, response: Response) -> bool:
        """Some interfaces say with a status that there are no records, or no more."""
        return response.status == self.section.empty_status

    def read(self, response: TextResponse) -> Discovery:
        """The records of one page."""
        document = read_json(response.body)
        records = records_in(document, self.section.records)
        pairs, problems = parse_each(records, lambda record: (record, self._facts(record)))
        following = self._following(response, document, len(records)) if records else []
        expression = self.section.link
        if expression is None:
            return Discovery([facts for _, facts in pairs], following=following, problems=problems)
        addresses = [(search(record, expression), facts) for record, facts in pairs]
        links = [Link(absolute(response, str(url)), entry) for url, entry in addresses if url]
        if not links:
            raise DiscoveryError(f"no record has an address at {expression!r}")
        return Discovery(links=links, following=following, problems=problems)

    def _facts(self, record: dict[str, Any]) -> Facts:
        """A record's facts; where its page is read, only what rules take from the record itself."""
        ignored = record.keys() if self.section.link else ()
        return parse_record(record, self.source.fields, self.source.drop, ignore=ignored)

    def _following(self, response: TextResponse, document: Any, count: int) -> list[str]:
        paging = self.section.paging
        if paging.by == "next":
            address = search(document, paging.next or "")
            return [absolute(response, str(address))] if address else []
        if paging.by == "link":
            address = next_in_header((response.headers.get("Link") or b"").decode("latin-1"))
            return [absolute(response, address)] if address else []
        if paging.by == "none" or paging.parameter is None:
            return []
        if paging.by == "token":
            token = search(document, paging.token or "")
            return [add_or_replace_parameter(response.url, paging.parameter, str(token))] if token else []
        position = int(url_query_parameter(response.url, paging.parameter) or 0)
        following = position + (1 if paging.by == "page" else count)
        if self._is_last(document, following, count):
            return []
        return [add_or_replace_parameter(response.url, paging.parameter, str(following))]

    def _is_last(self, document: Any, following: int, count: int) -> bool:
        """Whether the page with `count` records was the last, by the stated total or else by being short."""
        paging = self.section.paging
        total = search(document, paging.total) if paging.total else None
        if isinstance(total, int):
            reached = following if paging.by == "offset" else (following - paging.first) * paging.size
            return reached >= total
        return count < paging.size


def next_in_header(value: str) -> str | None:
    """The address with rel="next" in a Link header (RFC 8288)."""
    for link in re.findall(r"<[^>]*>[^<]*", value):
        if re.search(r";\s*rel=\"?(?:\w+ )*next\b", link):
            return str(link[1 : link.index(">")])
    return None
