"""Resolve: join the listings that are about one innovation. Rebuilt from the tables each time, ids kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlite_utils import Database

from db import innovations
from db.database import transaction
from db.innovations import Row
from db.runs import now
from pipeline.resolve.blocking import candidate_pairs, copy_pairs
from pipeline.resolve.clustering import cluster
from pipeline.resolve.counting import ListingCounter, ListingText
from pipeline.resolve.explanation import Partner, best_partners, central_names, in_words
from pipeline.resolve.features import Features, weigh
from pipeline.resolve.identity import Assignment, assign_ids
from pipeline.resolve.match_model import MatchModel
from pipeline.resolve.survivorship import main_order, merge

STAGE = "resolve"


class StageJob(Protocol):
    """What this stage needs of the job that runs it."""

    @property
    def db(self) -> Database:
        """The open database."""

    def count(self, stage: str, counts: Mapping[str, float]) -> None:
        """Record what a stage counted."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """What was found: clusters of rows of features, main listing first, and the scores of the pairs compared."""

    features: Features
    clusters: list[list[int]]
    scores: Mapping[tuple[int, int], float]

    def listing_ids(self, members: Sequence[int]) -> list[str]:
        """The ids of a cluster's listings, main listing first."""
        return [self.features.ids[row] for row in members]


def resolve_stage(job: StageJob) -> None:
    """The stage as the command runs it."""
    job.count(STAGE, resolve_listings(job.db))


def resolve_listings(db: Database, model: MatchModel | None = None) -> dict[str, int]:
    """Make the innovations of the kept listings, all in one transaction, and write only what differs.

    Returns counts: listings, innovations, new, changed, unchanged, merged (ids retired into an older one), removed
    (innovations without listings) and kept_without_listings (those on which someone has decided).
    """
    model = model or MatchModel.load()
    with transaction(db):
        resolution = find_clusters(db, model)
        stored = innovations.stored_innovations(db)
        assignment = assign_ids([resolution.listing_ids(members) for members in resolution.clusters], stored)
        counts = _store(db, resolution, assignment, model)
        counts.update(_retire(db, assignment, stored))
    return counts


def find_clusters(db: Database, model: MatchModel) -> Resolution:
    """Read the kept listings once, one at a time, and cluster them."""
    counter = ListingCounter()
    order: list[tuple[str, str]] = []
    for row in innovations.listings_to_resolve(db):
        counter.add(ListingText(row["id"], row["title"], row["text"], row["url"]))
        order.append(main_order(row["published"], row["id"]))
    features = weigh(counter.counts())
    pairs = candidate_pairs(features)
    scores = model.score_pairs(features, pairs)
    clusters = cluster(len(features), pairs, scores, model.threshold, copy_pairs(features))
    table = {(one, other): score for (one, other), score in zip(pairs.tolist(), scores.tolist(), strict=True)}
    return Resolution(features, [sorted(members, key=order.__getitem__) for members in clusters], table)


def _store(db: Database, resolution: Resolution, assignment: Assignment, model: MatchModel) -> dict[str, int]:
    """Write every innovation that differs, then who belongs where."""
    moment = now()
    counts = {"listings": len(resolution.features), "innovations": len(resolution.clusters)}
    counts.update(new=0, changed=0, unchanged=0)
    partners = best_partners(resolution.clusters, resolution.scores, resolution.features, model)
    belonging: list[tuple[str, str, float, str]] = []
    innovations.restore_ids(db, assignment.ids)
    for innovation_id, rows in zip(assignment.ids, resolution.clusters, strict=True):
        members = innovations.member_rows(db, resolution.listing_ids(rows))
        merged = merge(members, central_names(resolution.features, rows))
        counts[innovations.store_innovation(db, innovation_id, merged.row, merged.fields, moment)] += 1
        belonging += _belonging(innovation_id, members, [partners.get(row) for row in rows], resolution.features)
    innovations.store_members(db, belonging)
    return counts


def _belonging(
    innovation_id: str, members: Sequence[Row], partners: Sequence[Partner | None], features: Features
) -> Iterator[tuple[str, str, float, str]]:
    """For each listing of an innovation its row of innovation_listings: how surely it belongs, and why."""
    titles = {member["id"]: member["title"] for member in members}
    for member, found in zip(members, partners, strict=True):
        if found is None:
            yield member["id"], innovation_id, 1.0, "{}"
            continue
        partner = features.ids[found.partner]
        detail = {
            "reasons": in_words(found.detail, f"{member['text']}\n{member['title']}"),
            "closest listing": titles[partner],
            "matched": partner,
        }
        yield member["id"], innovation_id, round(found.score, 2), json.dumps(detail, ensure_ascii=False)


def _retire(db: Database, assignment: Assignment, stored: Mapping[str, innovations.StoredInnovation]) -> dict[str, int]:
    """Redirect merged ids; of those without listings keep the decided ones, and remove the rest."""
    moment = now()
    for old_id, new_id in assignment.redirects.items():
        innovations.redirect(db, old_id, new_id, moment)
    decided = [one for one in assignment.vanished if stored[one].is_decided]
    for one in assignment.vanished:
        if stored[one].is_decided:
            innovations.empty_innovation(db, one)
        else:
            innovations.remove_innovation(db, one)
    return {
        "merged": len(assignment.redirects),
        "removed": len(assignment.vanished) - len(decided),
        "kept_without_listings": len(decided),
    }
