"""The index of what listings say, kept in step with the listings: a changed one is read, counted and weighed once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from sqlite_utils import Database

from db import matching
from db.database import transaction
from db.innovations import kept_listings
from db.keys import digest, search_key
from db.matching import StoredRecord
from pipeline.resolve.blocking import block_keys
from pipeline.resolve.counting import ListingText, Record, read_listing
from pipeline.resolve.packing import pack, unpack
from pipeline.resolve.rarity import TermStatistics, count_terms, weigh

BATCH = 500  # listings to a transaction: a few megabytes of records, and a kill loses a second of work; chosen


def take_up(db: Database, listing_ids: Sequence[str]) -> None:
    """Count what these listings say now, and take away what they said before; those not kept any more leave the index.

    Every batch is one transaction: a run that dies has lost one batch, and the next run goes on from there.
    """
    for start in range(0, len(listing_ids), BATCH):
        batch = listing_ids[start : start + BATCH]
        rows = {row["id"]: row for row in kept_listings(db, batch)}
        stored = matching.records_of_listings(db, batch)
        said = {listing_id: _said(row["title"], row["text"], row["url"]) for listing_id, row in rows.items()}
        old = [one for one in stored.values() if said.get(one.listing_id) != one.said_hash]
        new = [listing_id for listing_id in sorted(rows) if _is_new(stored.get(listing_id), said[listing_id])]
        texts = [ListingText(one, *(rows[one][column] for column in ("title", "text", "url"))) for one in new]
        with transaction(db):
            matching.add_terms(db, _term_rows([unpack_record(one) for one in old if not one.is_copy], -1))
            matching.remove_records(db, [one.number for one in old])
            matching.remove_pairs(db, [one.number for one in old if one.listing_id not in rows])
            _inherit(db, [one for one in old if not one.is_copy])
            count_listings(db, texts)


def count_listings(db: Database, listings: Sequence[ListingText]) -> None:
    """Read listings that are not in the index, or no more as they are there, and put them there, counted."""
    records = sorted((read_listing(listing) for listing in listings), key=lambda one: search_key(one.id))
    said = {one.id: _said(one.title, one.text, one.url) for one in listings}
    with transaction(db):
        known = matching.known_texts(db, [one.copy_key for one in records])
        copies = _copies(records, known)
        matching.add_terms(db, _term_rows([one for one in records if one.id not in copies], 1))
        matching.put_records(
            db, (_stored(one, said[one.id], "counted", pack(one), is_copy=one.id in copies) for one in records)
        )


def weigh_counted(db: Database) -> None:
    """Weigh every record that is counted only, by the numbers of the whole store, and make it to be found."""
    size = matching.text_count(db)
    while batch := matching.records_in_state(db, "counted", BATCH):
        records = [unpack_record(one) for one in batch]
        weighed = weigh(records, statistics_of(db, records, size))
        with transaction(db):
            for stored, one in zip(batch, weighed, strict=True):
                matching.replace_keys(db, stored.number, () if stored.is_copy else block_keys(one))
            matching.put_records(
                db,
                (
                    replace(row, state="weighed", record=pack(one.record, one))
                    for row, one in zip(batch, weighed, strict=True)
                ),
            )


def statistics_of(db: Database, records: Sequence[Record], size: int) -> TermStatistics:
    """The store's numbers of all terms in these records."""
    parts = [part for one in records for part in (one.keys, one.figures)]
    keys = np.unique(np.concatenate(parts)) if parts else np.zeros(0, np.int64)
    rows = np.array(list(matching.terms_of(db, keys.tolist())), dtype=np.int64).reshape(-1, 6)
    return TermStatistics(size, rows[:, 0], rows[:, 1], rows[:, 2:])


def unpack_record(stored: StoredRecord) -> Record:
    """The record in a stored row."""
    return unpack(stored.listing_id, stored.mirror_key, stored.copy_key, stored.record)


def _said(title: str, text: str, url: str) -> str:
    return digest(title, text, url)


def _is_new(stored: StoredRecord | None, said: str) -> bool:
    return stored is None or stored.said_hash != said


def _copies(records: Sequence[Record], known: set[str]) -> set[str]:
    """The ids of those whose text is known or stands before them; known: copy keys."""
    seen, found = set(known), set()
    for one in records:
        if one.copy_key in seen:
            found.add(one.id)
        elif one.copy_key:
            seen.add(one.copy_key)
    return found


def _stored(record: Record, said: str, state: str, packed: bytes, *, is_copy: bool) -> StoredRecord:
    keys = (record.mirror_key, record.copy_key)
    return StoredRecord(search_key(record.id), record.id, said, *keys, is_copy, state, packed)


def _term_rows(records: Sequence[Record], sign: int) -> list[tuple[int, ...]]:
    statistics = count_terms(records)
    columns = np.column_stack([statistics.keys, sign * statistics.listings, sign * statistics.writing])
    return [tuple(row) for row in columns.tolist()]


def _inherit(db: Database, lost: Sequence[StoredRecord]) -> None:
    """Where the record that stood for a text or a page is lost, the first copy stands for it from now on."""
    for one in lost:
        heirs = matching.records_of(db, matching.numbers_with(db, "copy_key", one.copy_key)[:1])
        matching.add_terms(db, _term_rows([unpack_record(heir) for heir in heirs], 1))
        matching.put_records(db, (replace(heir, is_copy=False, state="counted") for heir in heirs))
        matching.set_state(db, matching.numbers_with(db, "mirror_key", one.mirror_key)[:1], "counted")
