"""What is known of a source's addresses before a crawl, and how each visit of this crawl ended."""

from __future__ import annotations

from sqlite_utils import Database

from crawler.items import GONE_STATUSES, Visit
from db.frontier import (
    FrontierRow,
    State,
    Validators,
    add_due,
    confirm_unmodified,
    forget_validators,
    record_visits,
    validators_of,
)


class Frontier:
    """The frontier of one source, in the database `db`."""

    def __init__(self, db: Database, source: str) -> None:
        self.db = db
        self.source = source
        self._validators = validators_of(db, source)

    def validators(self, url: str, reading: str) -> Validators | None:
        """What to ask with for `url`, or None when it has to be fetched whole: unknown, or read in another manner."""
        known = self._validators.get(url)
        return known if known and known.reading == reading else None

    def record(self, visit: Visit, at: str) -> None:
        """Store how a visit ended (at: time in ISO 8601) and the addresses it named."""
        if visit.not_modified:
            confirm_unmodified(self.db, self.source, visit.url, at)
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
        )
        record_visits(self.db, [row])
        add_due(self.db, self.source, visit.found)

    def forget(self, url: str) -> None:
        """Have `url` fetched whole next time."""
        forget_validators(self.db, self.source, url)


def _state(visit: Visit) -> State:
    if visit.status in GONE_STATUSES and visit.role == "detail":
        return "gone"
    return "failed" if visit.error else "fetched"
