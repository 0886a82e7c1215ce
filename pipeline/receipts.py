"""Receipts: recompute every stored tag from the stored texts, offline, and report what no longer holds."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

from sqlite_utils import Database

from db.corrections import corrections_of
from db.keys import digest
from db.receipts import stored_annotations, tagged_batches
from nlp.annotations import Document
from nlp.tagger import Tagger
from pipeline.tag import filtration_row, tag_rows

BATCH_SIZE = 200  # listings at a time, as the tag stage takes them
SHOWN = 5  # faults of one kind that are told in full; the rest are counted
COMPARED = (
    *("verdict", "is_primary", "score", "evidence", "evidence_start", "evidence_end", "text_hash", "method"),
    *("method_version", "vocabulary_version", "detail"),
)


def check_receipts(db: Database, tagger: Tagger) -> Iterator[str]:
    """What does not hold, a line each: a text that is not what its hash says, a sentence that is not at its offsets, a
    tag that this tagger would not give. Tags of another tagger version are checked for hash and place only."""
    for batch in tagged_batches(db, BATCH_SIZE):
        yield from _check_batch(db, tagger, batch)


def _check_batch(db: Database, tagger: Tagger, batch: list[dict[str, Any]]) -> Iterator[str]:
    stored = stored_annotations(db, [row["id"] for row in batch])
    current = []
    for row in batch:
        text = zlib.decompress(row["body"]).decode("utf-8", "surrogatepass")
        if digest(text) != row["text_hash"]:
            yield f"listing {row['id']}: the stored text is not the one that its hash names"
            continue
        for tag in stored[row["id"]]:
            if text[tag["evidence_start"] : tag["evidence_end"]] != tag["evidence"]:
                yield f"listing {row['id']}: the sentence of {tag['code']} is not at its place in the text"
        if row["tagger_version"] == tagger.version:
            current.append({**row, "text": text})
    corrections = corrections_of(db, [row["id"] for row in current])
    yield from _check_again(tagger, current, stored, corrections)


def _check_again(
    tagger: Tagger,
    rows: list[dict[str, Any]],
    stored: dict[str, list[dict[str, Any]]],
    corrections: dict[str, list[dict[str, Any]]],
) -> Iterator[str]:
    documents = [Document(row["id"], row["title"], row["text"]) for row in rows]
    for row, tagging in zip(rows, tagger.tag(documents), strict=True):
        verdict = filtration_row(row, tagging, tagger)
        if (verdict["kept"], verdict["reason"]) != (row["kept"], row["reason"]):
            yield f"listing {row['id']}: it is no longer {'kept' if row['kept'] else 'left out as ' + row['reason']}"
        rows_now = tag_rows(row, tagging, tagger, corrections.get(row["id"], ()))
        given = {(one["kind"], one["code"]): one for one in rows_now}
        had = {(tag["kind"], tag["code"]): tag for tag in stored[row["id"]]}
        for key in sorted(given.keys() | had.keys()):
            if key not in given or key not in had:
                yield f"listing {row['id']}: {key[1]} is {'not given any more' if key in had else 'missing'}"
            elif any(given[key][name] != had[key][name] for name in COMPARED):
                yield f"listing {row['id']}: {key[1]} comes out otherwise than it is stored"
