"""Tag: read what is new or changed, say whether it is an innovation, and which themes and criteria it shows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from db.annotations import count_due, due_batches, make_all_due, replace_terms, store_taggings
from nlp.annotations import Annotation, Document, Evidence, Tagging
from nlp.tagger import Tagger
from pipeline.drift import drift_warnings
from pipeline.job import Job

STAGE = "tag"
BATCH_SIZE = 200  # listings to a transaction: chosen so that a kill loses a fraction of a second of work


def tag_listings(job: Job, *, again: bool = False) -> None:
    """Tag every listing that this tagger has not read in its present state; nothing else is touched.

    With `again` every listing is due.
    """
    tagger = Tagger.load()
    if again:
        make_all_due(job.db)
    replace_terms(job.db, [asdict(term) for term in tagger.terms()])
    counts = {"listings": 0, "kept": 0, "filtered_out": 0, "tags": 0}
    due = count_due(job.db, tagger.version)
    with job.console.progress(due, "tagging") as bar:
        for batch in due_batches(job.db, tagger.version, BATCH_SIZE):
            _tag_batch(job, tagger, batch, counts)
            bar.update(len(batch))
    job.count(STAGE, counts)
    if due:
        for source, sentence in drift_warnings(job.db):
            job.warn(STAGE, f"{source}: {sentence}", source=source)


def _tag_batch(job: Job, tagger: Tagger, batch: list[dict[str, Any]], counts: dict[str, int]) -> None:
    rows = _tagged(job, tagger, batch)
    filtrations = [filtration_row(listing, tagging, tagger) for listing, tagging in rows]
    found = [annotation_row(listing, one, tagger) for listing, tagging in rows for one in tagging.annotations]
    kept = sum(tagging.filtration.kept for _, tagging in rows)
    counts["tags"] += store_taggings(job.db, filtrations, found)
    counts["listings"] += len(rows)
    counts["kept"] += kept
    counts["filtered_out"] += len(rows) - kept


def _tagged(job: Job, tagger: Tagger, batch: list[dict[str, Any]]) -> list[tuple[dict[str, Any], Tagging]]:
    """The batch with its taggings; a listing on which the tagger breaks is told and left due, and stops no other."""
    try:
        return list(zip(batch, tagger.tag(map(_document, batch)), strict=True))
    except Exception as error:
        if len(batch) == 1:
            title, address = batch[0]["title"], batch[0]["url"]
            job.warn(STAGE, f"listing {title!r} ({address}) cannot be tagged: {type(error).__name__}: {error}")
            return []
    return [tagged for row in batch for tagged in _tagged(job, tagger, [row])]


def _document(row: Mapping[str, Any]) -> Document:
    return Document(row["id"], row["title"], row["text"])


def filtration_row(listing: Mapping[str, Any], tagging: Tagging, tagger: Tagger) -> dict[str, Any]:
    """What is stored of the verdict on a listing (id, content_hash, text_hash): a row of table filtration."""
    verdict = tagging.filtration
    return {
        "listing_id": listing["id"],
        "kept": int(verdict.kept),
        "reason": verdict.reason,
        "score": verdict.score,
        **_evidence_columns(verdict.evidence),
        "content_hash": listing["content_hash"],
        "text_hash": listing["text_hash"],
        "tagger_version": tagger.version,
    }


def annotation_row(listing: Mapping[str, Any], annotation: Annotation, tagger: Tagger) -> dict[str, Any]:
    """What is stored of one tag of a listing (id, text_hash): a row of table annotations."""
    return {
        "listing_id": listing["id"],
        "kind": annotation.kind,
        "code": annotation.code,
        "verdict": annotation.verdict,
        "is_primary": int(annotation.is_primary),
        "score": annotation.score,
        **_evidence_columns(annotation.evidence),
        "text_hash": listing["text_hash"],
        "method": annotation.method,
        "method_version": tagger.version,
        "vocabulary_version": tagger.vocabulary_version,
        "detail": json.dumps(dict(annotation.detail), ensure_ascii=False, sort_keys=True),
    }


def _evidence_columns(evidence: Evidence | None) -> dict[str, Any]:
    if evidence is None:
        return {"evidence": None, "evidence_start": None, "evidence_end": None}
    return {"evidence": evidence.text, "evidence_start": evidence.start, "evidence_end": evidence.end}
