"""Drift: has what a source publishes, or how the model reads it, changed since the weeks before?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from sqlite_utils import Database

# A z-score that chance reaches in fewer than one run of twenty, over twelve sources and nine themes (Bonferroni).
Z_LIMIT = 3.5
LEAST_LISTINGS = 20  # on either side; with fewer the normal approximation behind the z-score does not hold
SCORE_LIMIT = 0.15  # a fall of the mean score that is told; chosen, a third of the way from certain to the thresholds

LATEST = """
    SELECT d.* FROM theme_drift AS d
    JOIN (SELECT source, max(week) AS week FROM theme_drift GROUP BY source) AS latest USING (source, week)
    WHERE d.listings >= :least AND d.listings_before >= :least ORDER BY d.source, d.theme
"""


def drift_warnings(db: Database) -> Iterator[tuple[str, str]]:
    """What has moved in each source's latest week against its weeks before, as (source, sentence)."""
    for row in db.query(LATEST, {"least": LEAST_LISTINGS}):
        if abs(z_score(row["tagged"], row["listings"], row["tagged_before"], row["listings_before"])) >= Z_LIMIT:
            yield row["source"], _share_sentence(row)
        if _has_lost_confidence(row):
            yield row["source"], _score_sentence(row)


def z_score(tagged: int, listings: int, tagged_before: int, listings_before: int) -> float:
    """Two-proportion z-score with pooled variance; 0 where all or none carry the theme on both sides."""
    pooled = (tagged + tagged_before) / (listings + listings_before)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / listings + 1 / listings_before))
    return (tagged / listings - tagged_before / listings_before) / spread if spread else 0.0


def _has_lost_confidence(row: dict[str, Any]) -> bool:
    enough = min(row["tagged"], row["tagged_before"]) >= LEAST_LISTINGS
    return bool(enough and row["mean_score_before"] - row["mean_score"] >= SCORE_LIMIT)


def _share_sentence(row: dict[str, Any]) -> str:
    return (
        f"theme {row['theme']} on {row['share']:.0%} of the {row['listings']} listings of {row['week']}, "
        f"{row['share_before']:.0%} of the {row['listings_before']} before: look at what the source publishes now"
    )


def _score_sentence(row: dict[str, Any]) -> str:
    return (
        f"mean score of theme {row['theme']} fell to {row['mean_score']:.2f} in {row['week']} "
        f"from {row['mean_score_before']:.2f} before: look at its newest tags"
    )
