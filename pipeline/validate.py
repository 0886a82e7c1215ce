"""Validate: between the stages, what must hold before the next one may build on it."""

from __future__ import annotations

from db import checks
from pipeline.job import Job

STAGE = "validate"


def validate_stored(job: Job, *, published: bool) -> None:
    """Check the stored rows against each other; with `published`, the innovations too.

    Raises StageFailedError naming everything that does not hold; what was stored stays stored.
    """
    broken = list(checks.broken_rules(job.db, published=published))
    if broken:
        raise job.fail(STAGE, "; ".join(broken) + f"; run: horizon doctor --db {job.db_path}")
