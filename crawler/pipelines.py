"""Item pipelines: require -> redact -> fingerprint -> store. The only writers of the crawl."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Self

from scrapy.crawler import Crawler
from sqlite_utils import Database

from crawler.drift import drift
from crawler.frontier import Frontier
from crawler.items import Listing, Visit
from crawler.redaction import redact_fields, redact_line
from crawler.source import Source
from crawler.tally import Changes, Problem, Status, Tally
from db.database import ROW_FAULTS, DatabaseError, StorageError, open_database, transaction
from db.keys import digest, listing_id
from db.listings import (
    ListingRow,
    fill_counts,
    find_listing,
    listing_ids_by_address,
    mark_gone,
    mark_missing,
    region_codes,
    store_listing,
)
from db.migrations import migrate
from db.runs import last_counts, now, record_counts, record_problem
from db.sources import SourceRow, record_crawl, upsert_sources
from db.suppressions import Suppressions

log = logging.getLogger(__name__)

STAGE = "crawl"
BATCH_VISITS = 20  # a commit waits for the disk; this many visits share one
BATCH_SECONDS = 1.0  # no result waits longer than this for the next one to arrive
TEXT_LIMIT_CHARACTERS = 100_000  # what the tagger reads at most; chosen, some 16,000 words
TITLE_LIMIT_CHARACTERS = 1_000  # a longer "title" is a page's whole text caught by a wrong selector


class CrawlSetupError(Exception):
    """A database in which this crawl cannot be recorded; the message says what to do."""


@dataclass(slots=True)
class CrawlStore:
    """One source's part of the database during one crawl."""

    db: Database
    source: Source
    run_id: str
    frontier: Frontier
    tally: Tally
    regions: frozenset[str]
    suppressed: Suppressions = field(default_factory=Suppressions)


def open_store(path: Path, source: Source, run_id: str) -> CrawlStore:
    """Open the database for a crawl of `source` within the run `run_id` and store the declaration.

    Raises CrawlSetupError when the file, the run or the regions are not there.
    """
    try:
        db = open_database(path, must_exist=True)
    except StorageError as error:
        raise CrawlSetupError(str(error)) from None
    if not db.table("runs").exists() or not db.execute("SELECT 1 FROM runs WHERE id = ?", [run_id]).fetchone():
        raise CrawlSetupError(f"no run {run_id!r} in {path}; start one with: horizon crawl {source.name} --db {path}")
    regions = region_codes(db)
    if not regions:
        raise CrawlSetupError(f"the table regions in {path} is empty; horizon run --db {path} fills it")
    upsert_sources(db, [source_row(source)])
    frontier = Frontier(db, source.name)
    return CrawlStore(db, source, run_id, frontier, Tally(seen=set(frontier.seen)), regions, Suppressions.load(db))


def memory_store(source: Source) -> CrawlStore:
    """A store that forgets, for a look at a source: nothing that is there is read or written."""
    db = Database(memory=True)
    migrate(db)
    upsert_sources(db, [source_row(source)])
    return CrawlStore(db, source, "", Frontier(db, source.name), Tally(), frozenset())


def source_row(source: Source) -> SourceRow:
    """The declaration as the database keeps it."""
    return SourceRow(
        name=source.name,
        title=source.title,
        publisher=source.publisher,
        licence=source.licence,
        discovery=source.discovery,
        start_url=source.start_urls[0],
        frequency=source.frequency,
        enabled=source.enabled,
        verified=str(source.verified),
        floor=source.floor,
    )


def close_store(
    store: CrawlStore, counts: dict[str, float], status: Status, problems: list[Problem], *, is_over: bool = True
) -> Status:
    """Record how the crawl ended, and return that; one that is not over is gone on with by the next.

    A field that was filled on most listings of the last good crawl and is not now is a warning.

    Pages that are gone take their listings along only where the volume is as expected: a source that collapsed never
    empties what was published. The same holds for listings that a source which names all of its listings does not name
    any more, and there no page may have failed either.
    """
    name = store.source.name
    if status != "failed" and is_over:
        filled = fill_counts(store.db, name)
        before = last_counts(store.db, STAGE, name, but=store.run_id)
        sentences = drift(before, filled, int(before.get("listings", 0)), len(store.tally.seen))
        problems = [*problems, *(Problem("warning", sentence) for sentence in sentences)]
        counts = {**counts, **filled}
        status = "warnings" if problems else status
    with transaction(store.db):
        if status != "failed" and len(store.tally.seen) >= store.source.floor:
            mark_gone(store.db, name, now())
            if status == "done" and store.source.complete and not store.frontier.round.goes_on:
                mark_missing(store.db, name, store.tally.seen, now())
        record_counts(store.db, store.run_id, STAGE, counts, name)
        for problem in problems:
            record_problem(store.db, store.run_id, STAGE, problem.message, severity=problem.severity, source=name)
        record_crawl(store.db, name, status)
        if is_over:
            store.frontier.finish()
    store.db.close()
    return status


def fingerprint(listing: Listing) -> ListingRow:
    """The listing with its id and hashes."""
    extra = json.dumps(listing.extra, sort_keys=True, ensure_ascii=False, allow_nan=False)
    published_fields = (listing.text, listing.publisher, listing.region, listing.published, listing.record_id, extra)
    return ListingRow(
        id=listing_id(listing.source, listing.url),
        source=listing.source,
        url=listing.url,
        fetched_url=listing.fetched_url,
        record_id=listing.record_id,
        title=listing.title,
        text=listing.text,
        text_hash=digest(listing.text),
        content_hash=digest(listing.title, *(value or "" for value in published_fields)),
        publisher=listing.publisher,
        region=listing.region,
        published=listing.published,
        extra=extra,
    )


@dataclass(slots=True)
class Fingerprinted:
    """A visit whose listings are ready to be stored."""

    visit: Visit
    rows: list[ListingRow] = field(default_factory=list)


class StorePart:
    """What every item pipeline here starts from: the store that the spider was given."""

    def __init__(self, store: CrawlStore) -> None:
        self.store = store

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way of making a component."""
        return cls(crawler.spider.store)  # type: ignore[union-attr]


class RequirePipeline(StorePart):
    """Lets no listing pass that lacks a title or text, or whose region is unknown."""

    def process_item(self, item: Visit) -> Visit:
        """Drop what is incomplete and say so; a detail page left without a listing is an error of that page."""
        item.listings = [listing for listing in item.listings if self._complete(item, listing)]
        for listing in item.listings:
            if len(listing.text) > TEXT_LIMIT_CHARACTERS:
                length = len(listing.text)
                self.store.tally.page_problem(
                    f"{listing.url}: text cut at {TEXT_LIMIT_CHARACTERS} of {length} characters"
                )
                listing.text = listing.text[:TEXT_LIMIT_CHARACTERS].rstrip()
            if listing.region is not None and listing.region not in self.store.regions:
                self.store.tally.page_problem(f"{listing.url}: unknown region {listing.region!r}, left out")
                listing.extra = {**listing.extra, "region": listing.region}
                listing.region = None
        return item

    def _complete(self, visit: Visit, listing: Listing) -> bool:
        missing = [name for name in ("title", "text") if not getattr(listing, name)]
        if len(listing.title) > TITLE_LIMIT_CHARACTERS:
            missing.append(f"title below {TITLE_LIMIT_CHARACTERS} characters")
        if not missing:
            return True
        message = f"no {' and no '.join(missing)}"
        if visit.role == "detail":
            visit.error = message
        else:
            self.store.tally.page_problem(f"{listing.url}: {message}")
        return False


class RedactPipeline(StorePart):
    """Takes contact details, NHS numbers and what is to be forgotten out of everything that is to be stored."""

    def process_item(self, item: Visit) -> Visit:
        """The visit without them; what was taken out is counted."""
        suppressed = self.store.suppressed
        kept: list[Listing] = []
        for listing in item.listings:
            redacted, found = redact_fields(listing)
            self.store.tally.counts["redacted"] += found.total()
            if suppressed.bars(listing_id(listing.source, listing.url)):
                self.store.tally.counts["redacted"] += 1
            else:
                kept.append(forgotten(redacted, suppressed))
        item.listings = kept
        item.wanted = [replace(one, payload=suppressed.value_without(one.payload)) for one in item.wanted]
        item.error = suppressed.without(redact_line(item.error)) if item.error else None
        return item


def forgotten(listing: Listing, suppressed: Suppressions) -> Listing:
    """The listing without the words that somebody asked us to forget."""
    if not suppressed.phrases:
        return listing
    publisher = suppressed.without(listing.publisher) if listing.publisher else None
    extra = suppressed.value_without(listing.extra)
    title, text = suppressed.without(listing.title), suppressed.without(listing.text)
    return replace(listing, title=title, text=text, publisher=publisher, extra=extra)


class FingerprintPipeline:
    """Gives every listing its id and hashes."""

    def process_item(self, item: Visit) -> Fingerprinted:
        """From listings to rows."""
        return Fingerprinted(item, [fingerprint(listing) for listing in item.listings])


class StorePipeline(StorePart):
    """Stores visits with their listings, several visits to a transaction.

    Two addresses may lead to the same listing, and one page may hold two entries with the same address. The lesser
    address in sorting order then speaks for the listing, and of two entries the one with the lesser content hash,
    whichever came first, so that the content does not depend on the order in which pages arrived.
    """

    def __init__(self, store: CrawlStore) -> None:
        super().__init__(store)
        self.waiting: list[Fingerprinted] = []
        self.waiting_since = 0.0
        self.deferred: dict[str, ListingRow] = {}
        self.ids = listing_ids_by_address(store.db, store.source.name)

    def process_item(self, item: Fingerprinted) -> Fingerprinted:
        """Put a visit into the present batch, and store the batch when it is due."""
        if not self.waiting:
            self.waiting_since = time.monotonic()
        self.waiting.append(item)
        self.store.tally.unstored += 1
        if len(self.waiting) >= BATCH_VISITS or time.monotonic() - self.waiting_since >= BATCH_SECONDS:
            self.flush()
        return item

    def close_spider(self) -> None:
        """Store the last batch, and the listings whose usual address did not answer for them in this crawl."""
        self.flush()
        changes = Changes()
        left = [row for row in self.deferred.values() if not self._is_seen(row.id, changes)]
        try:
            with transaction(self.store.db):
                for row in left:
                    self._try_row(row, changes, partial(self._write, row, changes))
                self.store.frontier.add_seen(changes.seen)
        except DatabaseError as error:
            self._fail(f"{len(left)} listings", error)
        else:
            self.store.tally.add(changes)

    def flush(self) -> None:
        """Store what is waiting in one transaction.

        A batch that is refused for what one visit holds is stored visit by visit. One that the database cannot store
        makes the crawl fail; the batches after it are stored all the same.
        """
        batch, self.waiting = self.waiting, []
        try:
            self._commit(batch)
        except ROW_FAULTS:
            for item in batch:
                self._store_alone(item)
        except DatabaseError as error:
            self._fail(f"{len(batch)} visits", error)

    def _store_alone(self, item: Fingerprinted) -> None:
        """Store one visit, or else why it could not be stored."""
        visit = item.visit
        try:
            self._commit([item])
        except ROW_FAULTS as error:
            refused = Visit(visit.url, visit.role, visit.status, error=f"cannot be stored: {error}")
            try:
                self._commit([Fingerprinted(refused)])
            except (DatabaseError, *ROW_FAULTS) as failure:
                self._fail(visit.url, failure)
        except DatabaseError as error:
            self._fail(visit.url, error)

    def _fail(self, what: str, error: Exception) -> None:
        message = f"{what}: {type(error).__name__}: {error}"
        log.error("storing failed: %s", message)
        self.store.tally.storage_failures.append(message)

    def _commit(self, batch: list[Fingerprinted]) -> None:
        """All of the batch or nothing, in the database and in what is counted and remembered."""
        changes, deferred = Changes(), dict(self.deferred)
        try:
            with transaction(self.store.db):
                for item in batch:
                    self._store(item, changes)
                self.store.frontier.add_seen(changes.seen)
        except (DatabaseError, *ROW_FAULTS):
            self.deferred = deferred
            raise
        self.store.tally.add(changes)
        self.store.tally.unstored -= len(batch)

    def _store(self, item: Fingerprinted, changes: Changes) -> None:
        visit = item.visit
        if visit.error:
            changes.problems.append(f"{visit.url}: {visit.error}")
        self.store.frontier.record(visit, now())
        if visit.not_modified:
            changes.counts["not_modified"] += 1
            self._confirm(visit.url, changes)
        for url in visit.current:
            self._confirm(url, changes)
        for row in distinct(item.rows):
            fault = self._try_row(row, changes, partial(self._claim, row, visit, changes))
            if fault and visit.role == "detail":
                self.store.frontier.record(replace(visit, error=fault), now())

    def _try_row(self, row: ListingRow, changes: Changes, write: Callable[[], None]) -> str | None:
        """Write one row; what is wrong with it is a problem of that row only, and is returned."""
        try:
            write()
        except ROW_FAULTS as error:
            fault = f"cannot be stored: {error}"
            changes.problems.append(f"{row.url}: {fault}")
            return fault
        return None

    def _is_seen(self, row_id: str, changes: Changes) -> bool:
        tally = self.store.tally
        return row_id in changes.seen or (row_id in tally.seen and row_id not in tally.assumed)

    def _confirm(self, url: str, changes: Changes) -> None:
        known = self.ids.get(url)
        if known and not self._is_seen(known, changes):
            changes.seen.add(known)
            changes.counts["unchanged"] += 1

    def _claim(self, row: ListingRow, visit: Visit, changes: Changes) -> None:
        """Write the row where its address may speak for the listing; otherwise keep it for the end of the crawl."""
        stored = find_listing(self.store.db, row.id)
        seen = self._is_seen(row.id, changes)
        if stored and stored.fetched_url < row.fetched_url:
            self.store.frontier.forget(visit.url)
            rival = self.deferred.get(row.id)
            if rival is None or _rank(row) < _rank(rival):
                self.deferred[row.id] = row
            return
        if stored and seen and (stored.fetched_url, stored.content_hash) < _rank(row):
            return
        if stored and stored.fetched_url > row.fetched_url:
            self.store.frontier.forget(stored.fetched_url)
        same_run = stored is not None and seen and stored.version_run == self.store.run_id
        self._write(row, changes, same_version=same_run)

    def _write(self, row: ListingRow, changes: Changes, *, same_version: bool = False) -> None:
        outcome = store_listing(self.store.db, row, self.store.run_id, now(), same_version=same_version)
        if not self._is_seen(row.id, changes):
            changes.seen.add(row.id)
            changes.counts[outcome] += 1


def distinct(rows: Iterable[ListingRow]) -> list[ListingRow]:
    """One row for each id: of several, the one with the least content hash, so that their order does not matter."""
    chosen: dict[str, ListingRow] = {}
    for row in rows:
        chosen[row.id] = min(chosen.get(row.id, row), row, key=_rank)
    return list(chosen.values())


def _rank(row: ListingRow) -> tuple[str, str]:
    """The lesser speaks for a listing."""
    return row.fetched_url, row.content_hash
