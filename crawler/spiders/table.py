"""Tables, at an address or in a file: what somebody hands in, or publishes as a whole."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from scrapy import Request
from scrapy.http import Response

from crawler.declaration import TableSection
from crawler.items import Facts, Visit
from crawler.parsers.faults import PARSER_FAULTS, explain
from crawler.parsers.record import RecordError, parse_each, parse_record
from crawler.parsers.table import read_table
from crawler.spiders.navigation import Discovery, SourceSpider

FILE_LIMIT_BYTES = 100 * 2**20  # of a file on this machine; chosen


class TableSpider(SourceSpider):
    """Takes each row as a record; a file beside the declaration is read without any request."""

    reads_text_only = False

    @property
    def section(self) -> TableSection:
        """The settings of this source."""
        assert self.source.table is not None
        return self.source.table

    async def start(self) -> AsyncIterator[Request | Visit]:
        """Ask for the table, or read the file."""
        if self.section.file is None:
            async for request in super().start():
                yield request
            return
        for visit in self._from_file():
            yield visit

    def read(self, response: Response) -> Discovery:
        """The rows of the table."""
        return self._discovery(response.body)

    def _discovery(self, body: bytes) -> Discovery:
        rows = read_table(body, self.section)
        listings, problems = parse_each(rows, self._facts)
        return Discovery(listings=listings, problems=problems)

    def _facts(self, row: dict[str, object]) -> Facts:
        return parse_record(row, self.source.fields, self.source.drop)

    def _from_file(self) -> Iterator[Visit]:
        """One visit with what the file gives; the start address stands for it."""
        collection = self.source.start_urls[0]
        visit = Visit(collection, "discovery")
        path = self.source.path_of(self.section.file or "")
        try:
            if path.stat().st_size > FILE_LIMIT_BYTES:
                raise RecordError(f"{path} is larger than {FILE_LIMIT_BYTES // 2**20} MiB")
            self.take(visit, collection, self._discovery(path.read_bytes()))
        except PARSER_FAULTS as fault:
            visit.error = f"{path}: {explain(fault)}"
            self.store.tally.start_failures.append(visit.error)
        yield visit
