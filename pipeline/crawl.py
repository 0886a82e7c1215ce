"""Crawl: each source in a process of its own, a few at a time; one broken source never stops the others."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from db import runs
from db.sources import record_crawl
from pipeline.job import Job

STAGE = "crawl"
SUMMED = ("requests", "listings", "new", "changed", "unchanged", "errors")
NOT_STARTED = -1  # in place of an exit code
LOG_LINES_SHOWN = 3  # of a failed source's log, in its problem; the rest is in the log file


@dataclass(frozen=True, slots=True)
class CrawlPlan:
    """What to crawl: source names, the folder that declares them, and a port in place of the declared loopback port."""

    sources: Sequence[str]
    folder: Path
    loopback_port: int | None = None


def crawl_sources(job: Job, plan: CrawlPlan) -> None:
    """Crawl every source of the plan and count what came. Raises StageFailedError when no source could be crawled."""
    if not plan.sources:
        job.console.say("crawl: no source is due")
        return
    failed: list[str] = []
    logs = job.db_path.parent / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    with job.console.progress(len(plan.sources), "crawling sources") as bar, _Crawlers(job, plan, logs) as crawlers:
        for name, exit_code in crawlers.finished():
            if exit_code != 0:
                failed.append(name)
            bar.update(1)
    for name in sorted(failed):
        _tell_failure(job, name, logs / f"{name}.log")
    _tell_warnings(job, set(failed))
    job.count(STAGE, _totals(job, plan.sources) | {"sources": len(plan.sources), "sources_failed": len(failed)})
    if len(failed) == len(plan.sources):
        raise job.fail(STAGE, f"no source could be crawled ({len(failed)} tried); their logs tell more")


class _Crawlers:
    """A pool of crawl processes that dies with us: each watches its standard input and stops when that closes."""

    def __init__(self, job: Job, plan: CrawlPlan, logs: Path) -> None:
        self._job, self._plan, self._logs = job, plan, logs
        self._pool = ThreadPoolExecutor(max_workers=max(2, os.cpu_count() or 2))
        self._processes: list[subprocess.Popen[bytes]] = []
        self._lock = threading.Lock()
        self._stopping = False

    def __enter__(self) -> _Crawlers:
        return self

    def __exit__(self, *_error: object) -> None:
        with self._lock:  # from here on no process is started, and every one that was is known
            self._stopping = True
            for process in self._processes:
                if process.stdin:
                    process.stdin.close()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def finished(self) -> Iterator[tuple[str, int]]:
        """Crawl all sources; yields each name with its exit code as it ends."""
        futures = {self._pool.submit(self._crawl, name): name for name in self._plan.sources}
        for future in as_completed(futures):
            yield futures[future], future.result()

    def _crawl(self, name: str) -> int:
        with (self._logs / f"{name}.log").open("wb") as log:
            with self._lock:
                if self._stopping:
                    return NOT_STARTED
                process = subprocess.Popen(
                    self._command(name), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=log
                )
                self._processes.append(process)
            return process.wait()

    def _command(self, name: str) -> list[str]:
        words = [sys.executable, "-m", "crawler.process", name, "--db", str(self._job.db_path)]
        words += ["--run", self._job.run_id, "--sources", str(self._plan.folder), "--stop-on-stdin-eof"]
        if self._job.console.verbosity > 0:
            words.append("--verbose")
        if self._plan.loopback_port:
            words += ["--loopback-port", str(self._plan.loopback_port)]
        return words


def _totals(job: Job, sources: Sequence[str]) -> dict[str, float]:
    totals: Counter[str] = Counter()
    for name in sources:
        totals.update(runs.counts_of(job.db, job.run_id, STAGE, name))
    return {name: totals[name] for name in SUMMED}


def _tell_failure(job: Job, name: str, log: Path) -> None:
    """Say why a source failed, and record it where its own process could not: one that was killed wrote nothing."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    tail = " / ".join(line.strip() for line in lines[-LOG_LINES_SHOWN:] if line.strip())
    reasons = [p["message"] for p in runs.problems_of(job.db, job.run_id) if p["source"] == name]
    why = "; ".join(map(str, reasons)) or tail or "it ended without a word"
    if not runs.counts_of(job.db, job.run_id, STAGE, name):
        runs.record_counts(job.db, job.run_id, STAGE, {"requests": 0, "listings": 0, "errors": 1}, name)
    record_crawl(job.db, name, "failed")
    job.warn(STAGE, f"source {name} failed: {why}; what it published before is untouched", source=name)
    job.console.say(f"  its log: {log}")


def _tell_warnings(job: Job, told: set[str]) -> None:
    """Say what the crawls recorded by themselves, but for the sources in `told`."""
    for problem in runs.problems_of(job.db, job.run_id):
        if problem["severity"] == "warning" and problem["stage"] == STAGE and problem["source"] not in told:
            message = f"source {problem['source']}: {problem['message']}"
            job.warnings.append(message)
            job.console.warn(message)
