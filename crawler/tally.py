"""What one crawl counted, and what that means: done, done with warnings, or failed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from crawler.redaction import redact_line
from crawler.source import Source

Status = Literal["done", "warnings", "failed"]
Severity = Literal["warning", "error"]
PROBLEM_LIMIT = 20  # page problems kept word for word for each source and run; a reader wants kinds, not hundreds
COUNTS = ("not_modified", "new", "changed", "unchanged", "errors", "redacted")
_PAUSED = "wants to be left alone; what is left is asked for by the first crawl after"
_LEFT = "what is left is asked for by the next crawl within these hours"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that went wrong, in plain words."""

    severity: Severity
    message: str


@dataclass(slots=True)
class Changes:
    """What one transaction adds to the tally, kept apart until it is committed."""

    counts: Counter[str] = field(default_factory=Counter)
    seen: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Tally:
    """Counts of one crawl; seen holds the ids of the listings that were found, unchanged ones included.

    assumed: those of them that were not asked for. unstored counts the visits that were handed over and are not yet
    known to be stored.
    """

    counts: Counter[str] = field(default_factory=Counter)
    seen: set[str] = field(default_factory=set)
    assumed: set[str] = field(default_factory=set)
    unstored: int = 0
    problems: list[Problem] = field(default_factory=list)
    start_failures: list[str] = field(default_factory=list)
    storage_failures: list[str] = field(default_factory=list)
    paused: dict[str, str] = field(default_factory=dict)  # host -> until when it wants to be left alone

    def take_as_seen(self, listing_ids: set[str]) -> None:
        """These are there as they were, though nobody asks for them; one that is asked for all the same counts anew."""
        self.counts["unchanged"] += len(listing_ids - self.seen)
        self.seen |= listing_ids
        self.assumed |= listing_ids

    def add(self, changes: Changes) -> None:
        """Take over what one committed transaction stored."""
        asked = changes.seen & self.assumed
        self.counts["unchanged"] -= len(asked)
        self.assumed -= asked
        self.counts += changes.counts
        self.seen |= changes.seen
        for message in changes.problems:
            self.page_problem(message)

    def page_problem(self, message: str) -> None:
        """Count an error at one page; the first ones are kept word for word."""
        self.counts["errors"] += 1
        if len(self.problems) < PROBLEM_LIMIT:
            self.problems.append(Problem("warning", redact_line(message.encode("utf-8", "replace").decode())))


def judge(source: Source, tally: Tally, finish_reason: str) -> tuple[Status, list[Problem]]:
    """How the crawl ended. Nothing found is a failure, never a success."""
    problems = list(tally.problems)
    left_out = tally.counts["errors"] - len(tally.problems)
    if left_out > 0:
        problems.append(Problem("warning", f"and {left_out} more pages with errors"))
    failures = _failures(source, tally, finish_reason)
    problems += [Problem("error", message) for message in failures]
    problems += [Problem("warning", message) for message in _volume_warnings(source, len(tally.seen))]
    problems += [Problem("warning", f"{host} {_PAUSED} {until}") for host, until in sorted(tally.paused.items())]
    if _hours_over(source, finish_reason):
        problems.append(Problem("warning", f"stopped, the time was over (crawl_hours {source.crawl_hours}); {_LEFT}"))
    if failures:
        return "failed", problems
    return ("warnings" if problems else "done"), problems


def _failures(source: Source, tally: Tally, finish_reason: str) -> list[str]:
    failures = [f"start address failed: {message}" for message in tally.start_failures]
    failures += [f"storing failed: {message}" for message in tally.storage_failures[:1]]
    if tally.unstored and not tally.storage_failures:
        failures.append(f"storing failed: {tally.unstored} visits were not stored; crawl the source again")
    hours_over = _hours_over(source, finish_reason)
    if finish_reason != "finished" and not hours_over:
        failures.append(f"the crawl was cut short: {finish_reason}")
    if not tally.seen:
        failures.append(f"no listing found; look at {source.start_urls[0]} and the section {source.discovery}")
    elif len(tally.seen) < source.floor and not tally.paused and not hours_over:
        failures.append(f"only {len(tally.seen)} listings found, fewer than the floor of {source.floor}")
    return failures


def _hours_over(source: Source, finish_reason: str) -> bool:
    """Whether the crawl was closed at the end of its hours: no fault, its round is gone on with in the next."""
    return source.crawl_hours is not None and finish_reason == "closespider_timeout"


def _volume_warnings(source: Source, found: int) -> list[str]:
    if source.ceiling is not None and found > source.ceiling:
        return [f"{found} listings found, more than the ceiling of {source.ceiling}"]
    return []
