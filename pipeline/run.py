"""Run: every stage in its order, with validation between them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from db.scan import record_flow
from pipeline.crawl import CrawlPlan, crawl_sources
from pipeline.job import Job
from pipeline.validate import validate_stored


@dataclass(frozen=True, slots=True)
class RunPlan:
    """What one run does: what to crawl, and the folder for the candidate lists (None: do not export)."""

    crawl: CrawlPlan
    exports: Path | None


def run_stages(job: Job, plan: RunPlan) -> None:
    """Crawl, tag, track, resolve, validate, export. Each takes up only what changed: a run that died is run again.

    Raises StageFailedError at the first stage that cannot do its work; the stages before it stay done.
    """
    from pipeline.export.stage import export_stage
    from pipeline.resolve.stage import resolve_stage
    from pipeline.tag import tag_listings
    from pipeline.track.stage import track_changes

    crawl_sources(job, plan.crawl)
    tag_listings(job)
    track_changes(job)
    validate_stored(job, published=False)
    resolve_stage(job)
    validate_stored(job, published=True)
    if plan.exports is not None:
        export_stage(job, plan.exports)
    record_flow(job.db, job.run_id)
