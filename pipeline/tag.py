"""Tag: read what is new or changed, say whether it is an innovation, and which themes and criteria it shows.

Where only words of facets, a team's own themes or figures changed since a listing was read, only what they can touch is
made anew; every other listing is stamped with the new version. The result is that of reading everything again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from db.annotations import count_due, due_batches, make_all_due, replace_terms, stamp, store_taggings
from db.annotations import stored_filtrations as filtrations_of
from db.corrections import corrections_of
from db.receipts import stored_annotations
from db.taggers import forget_taggers
from nlp.annotations import Annotation, Document, Evidence, Tagging
from nlp.tagger import Tagger
from nlp.vocabulary_changes import ProbedText
from pipeline.corrections import corrected
from pipeline.drift import drift_warnings
from pipeline.job import Job
from pipeline.retag import Retagging, carried_parts, remade, remember

STAGE = "tag"
BATCH_SIZE = 200  # listings to a transaction: chosen so that a kill loses a fraction of a second of work
COUNTS = ("listings", "kept", "filtered_out", "read_in_part", "stamped", "tags")
Row = dict[str, Any]


def tag_listings(job: Job, *, again: bool = False) -> None:
    """Tag every listing that this tagger has not read in its present state; nothing else is touched.

    With `again` every listing is due.
    """
    tagger = Tagger.load()
    if again:
        make_all_due(job.db)
    replace_terms(job.db, [asdict(term) for term in tagger.terms()])
    remember(job.db, tagger)
    work = _Work(job, tagger, Retagging(job.db, tagger))
    due = count_due(job.db, tagger.version)
    with job.console.progress(due, "tagging") as bar:
        for batch in due_batches(job.db, tagger.version, BATCH_SIZE):
            work.do(batch)
            bar.update(len(batch))
    forget_taggers(job.db, but=tagger.version)
    job.count(STAGE, work.counts)
    if due:
        for source, sentence in drift_warnings(job.db):
            job.warn(STAGE, f"{source}: {sentence}", source=source)


@dataclass
class _Work:
    """The stage at work. counts: listings that were due, of them those read in part and those only stamped; of the
    others those kept and filtered out; and the tags that were stored."""

    job: Job
    tagger: Tagger
    retagging: Retagging
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))

    def do(self, batch: Sequence[Row]) -> None:
        """Read what has to be read of a batch, in full or in part, and stamp the rest."""
        whole: list[Row] = []
        known: list[Row] = []
        for row in batch:
            (whole if self.retagging.since(row["read_by"]).whole else known).append(row)
        if whole:
            self._read(whole)
        if known:
            self._read_again(known)

    def _read(self, batch: Sequence[Row]) -> None:
        rows = self._tried(batch, lambda documents: list(self.tagger.tag(documents)))
        corrections = corrections_of(self.job.db, [listing["id"] for listing, _ in rows])
        filtrations = [filtration_row(listing, tagging, self.tagger) for listing, tagging in rows]
        found = [
            row
            for listing, tagging in rows
            for row in tag_rows(listing, tagging, self.tagger, corrections.get(listing["id"], ()))
        ]
        kept = sum(tagging.filtration.kept for _, tagging in rows)
        self.counts["tags"] += store_taggings(self.job.db, filtrations, found)
        self.counts["listings"] += len(rows)
        self.counts["kept"] += kept
        self.counts["filtered_out"] += len(rows) - kept

    def _read_again(self, batch: Sequence[Row]) -> None:
        """Listings that an earlier tagger has read in their present state, of which only some parts changed."""
        stored = stored_annotations(self.job.db, [row["id"] for row in batch])
        touched = {row["id"]: self._touched(row, stored[row["id"]]) for row in batch}
        rest = [row["id"] for row in batch if not touched[row["id"]]]
        partly = [row for row in batch if touched[row["id"]]]
        kinds = self.retagging.kinds(part for parts in touched.values() for part in parts)
        rows = self._tried(partly, lambda documents: list(self.tagger.by_rule(documents, kinds)))
        corrections = corrections_of(self.job.db, [listing["id"] for listing, _ in rows])
        found: list[Row] = []
        for listing, ruled in rows:
            made = [annotation_row(listing, one, self.tagger) for one in ruled]
            mixed = remade(stored[listing["id"]], made, touched[listing["id"]], self.tagger)
            found += corrected(listing, mixed, corrections.get(listing["id"], ()))
        filtrations = filtrations_of(self.job.db, [listing["id"] for listing, _ in rows])
        now = [{**row, "tagger_version": self.tagger.version} for row in filtrations]
        self.counts["tags"] += store_taggings(self.job.db, now, found)
        stamp(self.job.db, rest, self.tagger.version)
        self.counts["listings"] += len(rows) + len(rest)
        self.counts["read_in_part"] += len(rows)
        self.counts["stamped"] += len(rest)

    def _touched(self, row: Row, stored: Sequence[Row]) -> frozenset[str]:
        if not row["kept"]:
            return frozenset()
        text = ProbedText(row["title"], row["text"])
        return self.retagging.since(row["read_by"]).touched(text, carried_parts(stored, self.tagger))

    def _tried(self, batch: Sequence[Row], read: Callable[[list[Document]], list[Any]]) -> list[tuple[Row, Any]]:
        """The batch with what is read of it; a listing that breaks the tagger is told, left due, and stops no other."""
        try:
            return list(zip(batch, read(list(map(_document, batch))), strict=True))
        except Exception as error:
            if len(batch) == 1:
                title, address = batch[0]["title"], batch[0]["url"]
                said = f"listing {title!r} ({address}) cannot be tagged: {type(error).__name__}: {error}"
                self.job.warn(STAGE, said)
                return []
        return [tagged for row in batch for tagged in self._tried([row], read)]


def _document(row: Mapping[str, Any]) -> Document:
    return Document(row["id"], row["title"], row["text"])


def tag_rows(
    listing: Mapping[str, Any], tagging: Tagging, tagger: Tagger, corrections: Sequence[Mapping[str, Any]]
) -> list[Row]:
    """What is stored of a listing's tags (id, text, text_hash), reviewers' corrections included.

    A listing that is filtered out has none, whatever was added to it.
    """
    rows = [annotation_row(listing, one, tagger) for one in tagging.annotations]
    return corrected(listing, rows, corrections) if tagging.filtration.kept else rows


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
    """What is stored of one tag of a listing (id, text_hash): a row of table annotations.

    Its versions are those of the part that gives it, so that they stay when other parts change.
    """
    part = tagger.part_of(annotation.kind, annotation.code, annotation.method)
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
        "method_version": tagger.part_version(part),
        "vocabulary_version": tagger.words_version(part),
        "detail": json.dumps(dict(annotation.detail), ensure_ascii=False, sort_keys=True),
    }


def _evidence_columns(evidence: Evidence | None) -> dict[str, Any]:
    if evidence is None:
        return {"evidence": None, "evidence_start": None, "evidence_end": None}
    return {"evidence": evidence.text, "evidence_start": evidence.start, "evidence_end": evidence.end}
