"""A job: one command at work on one database, under the lock, recorded as a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from sqlite_utils import Database

from db import runs
from db.database import StorageError, open_database
from db.migrations import migrate
from db.regions import store_regions
from pipeline.console import Console
from pipeline.errors import StageFailedError
from pipeline.lock import run_lock

Status = Literal["done", "warnings", "failed"]


@dataclass(slots=True)
class Job:
    """What every stage is given. Stages report counts and problems through it and never print by themselves."""

    db: Database
    db_path: Path
    run_id: str
    console: Console
    counts: dict[str, dict[str, float]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    @property
    def status(self) -> Status:
        """How it stands: done, or done with warnings."""
        return "warnings" if self.warnings or self.console.warned else "done"

    def count(self, stage: str, counts: Mapping[str, float]) -> None:
        """Store and say what a stage counted."""
        self.counts[stage] = dict(counts)
        runs.record_counts(self.db, self.run_id, stage, counts)
        self.console.say(
            f"{stage}: " + ", ".join(f"{value:g} {name.replace('_', ' ')}" for name, value in counts.items())
        )

    def warn(self, stage: str, message: str, source: str = "") -> None:
        """Store and say something wrong that stopped nothing."""
        self.warnings.append(message)
        runs.record_problem(self.db, self.run_id, stage, message, source=source)
        self.console.warn(message)

    def fail(self, stage: str, message: str) -> StageFailedError:
        """Store what stopped a stage, and return the error to raise."""
        runs.record_problem(self.db, self.run_id, stage, message, severity="error")
        return StageFailedError(f"{stage} failed: {message}")

    def report(self) -> None:
        """The outcome for machines (--json): run, status, counts by stage, warnings."""
        values = {"run": self.run_id, "status": self.status, "counts": self.counts, "warnings": self.warnings}
        if self.console.as_json:
            self.console.result(values, [])


@contextmanager
def started_job(db_path: Path, command: str, console: Console, *, must_exist: bool = False) -> Iterator[Job]:
    """Take the lock, open and migrate the database, record the run, and close it however the work ends.

    Raises LockHeldError, StorageError, and whatever the work raises.
    """
    if must_exist and not db_path.exists():
        raise StorageError(f"no database at {db_path}; create one with: horizon demo, or horizon run --db {db_path}")
    with run_lock(db_path):
        db = open_database(db_path)
        try:
            migrate(db)
            runs.mark_dead_runs(db)
            store_regions(db)
            run_id = runs.start_run(db, command, version("innovation-pipeline"))
            job = Job(db, db_path, run_id, console)
            with _closing_run(job):
                yield job
        finally:
            db.conn.close()


@contextmanager
def _closing_run(job: Job) -> Iterator[None]:
    try:
        yield
    except (KeyboardInterrupt, GeneratorExit):
        runs.finish_run(job.db, job.run_id, "interrupted")
        raise
    except BaseException as error:
        if not isinstance(error, StageFailedError):  # those have been recorded where they arose
            runs.record_problem(job.db, job.run_id, "", f"{type(error).__name__}: {error}", severity="error")
        runs.finish_run(job.db, job.run_id, "failed")
        raise
    runs.finish_run(job.db, job.run_id, job.status)
