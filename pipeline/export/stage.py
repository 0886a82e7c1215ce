"""Export: one candidate list for each region, as CSV and as an Excel workbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlite_utils import Database

from db import exports
from db.database import snapshot, transaction
from pipeline.export.candidates import (
    COLUMNS,
    EVIDENCE_COLUMNS,
    Candidate,
    load_candidates,
    ordered_for,
    rows_for,
)
from pipeline.export.csv import write_csv
from pipeline.export.files import write_whole
from pipeline.export.manifest import ExportedFile, known_runs, write_manifest
from pipeline.export.method import COLUMNS as METHOD_COLUMNS
from pipeline.export.method import common_rows, region_rows
from pipeline.export.xlsx import Sheet, write_xlsx
from pipeline.job import Job
from pipeline.labels import Labels, read_labels

STAGE = "export"
FORMATS = ("csv", "xlsx")
WIDTHS = {  # characters; chosen by looking at the lists on a 1,280 pixel screen
    "Innovation": 40, "Where": 24, "What it is": 60, "Main theme": 26, "Themes": 36, "Pledges": 36,
    "Sentence for the main theme": 50, "Regions": 30, "Publishers": 30, "Listings": 9, "First published": 12,
    "Priority": 9, "Why this priority": 40, "First link": 40, "All links": 50, "Decision": 12,
    "Tag": 36, "Kind": 16, "Score": 8, "Sentence": 80, "Listing": 40, "Link": 40, "What": 44, "Value": 100,
}  # fmt: skip


class ExportError(ValueError):
    """A list that cannot be written; the message names what was asked, what is allowed, and what to do."""


@dataclass(frozen=True, slots=True)
class Content:
    """What every list is made of, read and computed once, of one moment."""

    labels: Labels
    candidates: list[Candidate]
    date: str
    method: list[tuple[object, ...]]

    @classmethod
    def load(cls, db: Database) -> Content:
        """Read everything, while others may write."""
        with snapshot(db):
            labels = read_labels(db.conn)
            return cls(labels, load_candidates(db, labels), exports.content_date(db), common_rows(db))


def export_stage(
    job: Job, folder: Path, regions: Sequence[str] | None = None, formats: Sequence[str] = FORMATS
) -> None:
    """The stage as the command runs it."""
    files = export_candidate_lists(job.db, folder, regions or None, formats, job.run_id)
    changed = sum(file.is_changed for file in files)
    counts = {"files": len(files), "changed": changed, "unchanged": len(files) - changed}
    job.count(STAGE, {**counts, "rows": max((file.rows for file in files), default=0)})


def export_candidate_lists(
    db: Database,
    folder: str | Path,
    regions: Sequence[str] | None = None,
    formats: Sequence[str] = FORMATS,
    run_id: str | None = None,
) -> list[ExportedFile]:
    """Write a list for each region code (default: all) in each format, and the manifest; unchanged files stay.

    Raises ExportError for an unknown region or format, before anything is written.
    """
    folder = Path(folder)
    known = {row["code"]: row for row in exports.region_rows(db)}
    _check("region", regions if regions is not None else (), known)
    _check("format", formats, FORMATS)
    content = Content.load(db)
    runs = known_runs(folder)
    files = []
    for code in known if regions is None else dict.fromkeys(regions):
        for export_format in dict.fromkeys(formats):
            path = folder / f"candidates-{code}.{export_format}"
            write = partial(_write_list, known[code], export_format, content)
            sha256, is_changed = write_whole(path, write)
            run = runs.get((path.name, sha256), run_id)
            files.append(ExportedFile(path, code, export_format, len(content.candidates), sha256, run, is_changed))
    write_manifest(folder, files)
    _record(db, files, run_id)
    return files


def _record(db: Database, files: Sequence[ExportedFile], run_id: str | None) -> None:
    with transaction(db):
        for file in files:
            exports.record_export(
                db,
                region=file.region,
                export_format=file.format,
                path=file.path.name,
                rows=file.rows,
                sha256=file.sha256,
                run_id=run_id,
            )


def _check(what: str, asked: Sequence[str], allowed: Sequence[str] | Mapping[str, object]) -> None:
    unknown = [one for one in asked if one not in allowed]
    if unknown:
        raise ExportError(
            f"unknown {what} {', '.join(map(repr, unknown))}; allowed: {', '.join(allowed) or 'none yet'}; "
            "see: horizon export --help"
        )


def _write_list(region: dict[str, str], export_format: str, content: Content, path: Path) -> None:
    ordered = ordered_for(region["code"], content.candidates)
    rows = rows_for(region["code"], ordered, content.labels)
    if export_format == "csv":
        write_csv(path, COLUMNS, rows)
        return
    evidence = (line for candidate in ordered for line in candidate.evidence)
    in_region = sum(region["code"] in candidate.regions for candidate in ordered)
    method = [*region_rows(region, content.date, len(ordered), in_region), *content.method]
    sheets = (
        Sheet("Candidates", COLUMNS, rows, WIDTHS, frozenset({"First link"})),
        Sheet("Evidence", EVIDENCE_COLUMNS, evidence, {**WIDTHS, "Verdict": 10}, frozenset({"Link"})),
        Sheet("Method", METHOD_COLUMNS, method, WIDTHS),
    )
    write_xlsx(path, sheets, f"Candidate innovations for {region['name']}")
