"""In which order a region should look at innovations: a sum of points, each explained in plain words.

It orders, it does not judge: what it counts is said on the page and in the list, and the points are set here only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

# All points were chosen for the first release, not fitted: about a third for how well it was evaluated, the rest shared
# by what a network asks next (who else says so, where it runs, the pledges, how recent). The sum is at most 100.
EVALUATION_POINTS = (
    (30, "a randomised trial or a review of studies is reported", r"randomi[sz]ed|systematic review|meta-analys[ie]s"),
    (24, "guidance or a recommendation by NICE is named", r"\bNICE\b.{0,80}(?:guidance|recommend|approv|evaluat)"),
    (
        20,
        "an evaluation or a study is reported",
        r"\bevaluat(?:ion|ed)\b|\b(?:cohort|observational|cost-effectiveness)\b",
    ),
    (8, "a pilot or a trial period is reported", r"\bpilot(?:s|ed)?\b|\btrial(?:s|led)?\b|\bfeasibility\b"),
)
PUBLISHER_POINTS, PUBLISHER_POINTS_MAX = 5, 20  # for each publisher beyond the first
REGION_POINTS, REGION_POINTS_MAX = 5, 20  # for each network's region named
CRITERION_MET_POINTS, CRITERION_PLANNED_POINTS, PLEDGE_POINTS_MAX = 5, 2, 20
RECENT_POINTS, YEAR_POINTS = 10, 2  # points off for every year behind the newest listing in the database
_EVALUATION = tuple((points, why, re.compile(pattern)) for points, why, pattern in EVALUATION_POINTS)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the priority is made from: criteria with verdict ("P3.access:met"), dates in ISO 8601, maybe partial."""

    text: str
    publishers: Sequence[str]
    regions: Sequence[str]
    criteria: Sequence[str]
    last_published: str | None


@dataclass(frozen=True, slots=True)
class Reason:
    """Points and what they are for."""

    points: int
    why: str

    def __str__(self) -> str:
        return f"{self.why} (+{self.points})"


def prioritise(facts: Facts, newest_published: str | None) -> tuple[int, list[Reason]]:
    """The priority, 0 to 100, and the reasons that add up to it. No clock: recency counts from the newest listing."""
    reasons = [
        _evaluation(facts.text),
        _publishers(len(facts.publishers)),
        _regions(len(facts.regions)),
        _pledges(facts.criteria),
        _recency(facts.last_published, newest_published),
    ]
    return sum(reason.points for reason in reasons), [reason for reason in reasons if reason.points]


def _evaluation(text: str) -> Reason:
    for points, why, pattern in _EVALUATION:
        if pattern.search(text):
            return Reason(points, why)
    return Reason(0, "no evaluation is reported")


def _publishers(count: int) -> Reason:
    points = min(PUBLISHER_POINTS_MAX, PUBLISHER_POINTS * max(0, count - 1))
    return Reason(points, f"{count} publishers write about it")


def _regions(count: int) -> Reason:
    points = min(REGION_POINTS_MAX, REGION_POINTS * count)
    return Reason(points, "one region is named" if count == 1 else f"{count} regions are named")


def _pledges(criteria: Sequence[str]) -> Reason:
    met = sum(one.endswith(":met") for one in criteria)
    planned = len(criteria) - met
    points = min(PLEDGE_POINTS_MAX, CRITERION_MET_POINTS * met + CRITERION_PLANNED_POINTS * planned)
    parts = [f"{met} met" if met else "", f"{planned} planned" if planned else ""]
    return Reason(points, f"pledge criteria: {', '.join(part for part in parts if part)}")


def _recency(last_published: str | None, newest_published: str | None) -> Reason:
    if not last_published or not newest_published:
        return Reason(0, "no date is known")
    years = max(0, int(newest_published[:4]) - int(last_published[:4]))
    return Reason(max(0, RECENT_POINTS - YEAR_POINTS * years), f"last published in {last_published[:4]}")
