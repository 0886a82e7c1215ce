"""What is known of a source's addresses before a crawl, what it has still to ask for, and how each visit ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from sqlite_utils import Database

from crawler.items import GONE_STATUSES, Visit
from db import rounds
from db.frontier import (
    FrontierRow,
    State,
    Validators,
    add_due,
    confirm_unmodified,
    forget_validators,
    read_details,
    record_visits,
    validators_of,
)
from db.listings import current_listing_ids
from db.runs import STAMP, now

FULL_EVERY = timedelta(days=7)  # what a site says of when its pages changed is trusted for so long; chosen
ROUND_LIMIT = timedelta(hours=24)  # an unfinished round is older news than a new one after so long; chosen


class Frontier:
    """The frontier of one source, in the database `db`.

    round: the round that this crawl begins or, where an earlier one was killed, goes on with. asked: the addresses that
    were asked for before in this round; seen: the ids of the listings found before in it.
    """

    def __init__(self, db: Database, source: str) -> None:
        self.db = db
        self.source = source
        oldest, full_since = ((datetime.now(UTC) - limit).strftime(STAMP) for limit in (ROUND_LIMIT, FULL_EVERY))
        self.round = rounds.open_round(db, source, now(), oldest, full_since)
        self.asked = rounds.asked_in_round(db, source, self.round.number) if self.round.goes_on else set()
        self.seen = rounds.seen_in_round(db, source) if self.round.goes_on else set()
        self._validators = validators_of(db, source)
        self._read = read_details(db, source) if self.round.since else {}

    def is_current(self, url: str, reading: str, modified: str | None) -> bool:
        """Whether a page was read in this manner after the day or moment that the site says it was last modified."""
        known = self._read.get(url)
        if known is None or modified is None or known[0] != reading:
            return False
        moment = modified if "T" in modified else f"{modified}T23:59:59Z"  # a day: it may have been changed at its end
        try:
            return datetime.fromisoformat(known[1]) > datetime.fromisoformat(moment)
        except (ValueError, TypeError):  # no date, or one without a time zone
            return False

    def known_listings(self) -> set[str]:
        """The ids of all listings of the source that are there."""
        return current_listing_ids(self.db, self.source)

    def waiting(self) -> Iterator[rounds.Queued]:
        """What an earlier crawl of this round had still to ask for."""
        return rounds.queued(self.db, self.source) if self.round.goes_on else iter(())

    def add_seen(self, listing_ids: Iterable[str]) -> None:
        """Store which listings were found."""
        rounds.add_seen(self.db, self.source, listing_ids)

    def finish(self) -> None:
        """Store that this round is over."""
        rounds.finish_round(self.db, self.source, now())

    def pauses(self) -> dict[str, tuple[datetime, int]]:
        """Host -> until when it is to be left alone, busy answers in a row."""
        found = rounds.host_pauses(self.db)
        return {host: (datetime.fromisoformat(until), count) for host, (until, count) in found.items()}

    def pause(self, host: str, until: datetime, busy_answers: int) -> None:
        """Store that a host is to be left alone, for this crawl and the ones after it."""
        rounds.pause_host(self.db, host, until.astimezone(UTC).strftime(STAMP), busy_answers)

    def end_pause(self, host: str) -> None:
        """Store that a host answers again."""
        rounds.end_pause(self.db, host)

    def validators(self, url: str, reading: str) -> Validators | None:
        """What to ask with for `url`, or None when it has to be fetched whole: unknown, or read in another manner."""
        known = self._validators.get(url)
        return known if known and known.reading == reading else None

    def record(self, visit: Visit, at: str) -> None:
        """Store how a visit ended (at: time in ISO 8601) and the addresses it named."""
        rounds.take_from_queue(self.db, self.source, visit.url)
        if visit.not_modified:
            confirm_unmodified(self.db, self.source, visit.url, at, self.round.number)
            return
        state = _state(visit)
        read_well = visit.role == "detail" and state == "fetched"
        row = FrontierRow(
            source=self.source,
            url=visit.url,
            role=visit.role,
            state=state,
            etag=visit.etag if read_well else None,
            last_modified=visit.last_modified if read_well else None,
            reading=visit.reading if read_well else None,
            http_status=visit.status,
            fetched_at=at,
            error=visit.error,
            round=self.round.number,
        )
        record_visits(self.db, [row])
        add_due(self.db, self.source, visit.found)
        wanted = (rounds.Queued(one.url, one.role, one.payload) for one in visit.wanted)
        rounds.add_to_queue(self.db, self.source, self.round.number, wanted)

    def forget(self, url: str) -> None:
        """Have `url` fetched whole next time."""
        forget_validators(self.db, self.source, url)


def _state(visit: Visit) -> State:
    if visit.status in GONE_STATUSES and visit.role == "detail":
        return "gone"
    return "failed" if visit.error else "fetched"
