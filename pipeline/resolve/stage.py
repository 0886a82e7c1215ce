"""Resolve: join the listings that are about one innovation. Rebuilt from the tables each time, ids kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from db import innovations
from db.database import snapshot, transaction
from db.innovations import Row
from db.runs import now
from pipeline.job import Job
from pipeline.resolve.blocking import candidate_pairs, copy_pairs
from pipeline.resolve.clustering import cluster
from pipeline.resolve.counting import ListingCounter, ListingText
from pipeline.resolve.explanation import Partner, best_partners, central_names, in_words
from pipeline.resolve.features import Features, weigh
from pipeline.resolve.identity import Assignment, assign_ids
from pipeline.resolve.match_model import MatchModel
from pipeline.resolve.survivorship import Merged, main_order, merge

STAGE = "resolve"


@dataclass(frozen=True, slots=True)
class Resolution:
    """What was found: clusters of rows of features, main listing first, and the scores of the pairs compared."""

    features: Features
    clusters: list[list[int]]
    scores: Mapping[tuple[int, int], float]

    def listing_ids(self, members: Sequence[int]) -> list[str]:
        """The ids of a cluster's listings, main listing first."""
        return [self.features.ids[row] for row in members]


@dataclass(frozen=True, slots=True)
class Joined:
    """One innovation before it has an id: its listings, main listing first, its row, and how each listing belongs.

    belonging: for each listing its score and why, as JSON.
    """

    listings: list[str]
    merged: Merged
    belonging: list[tuple[float, str]]


def resolve_stage(job: Job) -> None:
    """The stage as the command runs it."""
    job.count(STAGE, resolve_listings(job.db))


def resolve_listings(db: Database, model: MatchModel | None = None) -> dict[str, int]:
    """Make the innovations of the kept listings and write what differs; clusters and rows are computed anew each time.

    Reading and computing keep nobody from writing; storing is one short transaction. A listing that changes in between
    is taken up by the next run; one that is deleted in between fails loudly (IntegrityError), and nothing is stored.

    Returns counts: listings, innovations, new, changed, unchanged, merged (ids retired into an older one), removed
    (innovations without listings) and kept_without_listings (those on which someone has decided).
    """
    model = model or MatchModel.load()
    with snapshot(db):
        joined = list(_joined(db, find_clusters(db, model), model))
    with transaction(db):
        stored = innovations.stored_innovations(db)
        assignment = assign_ids([one.listings for one in joined], stored)
        counts = _store(db, joined, assignment)
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


def _joined(db: Database, resolution: Resolution, model: MatchModel) -> Iterator[Joined]:
    """Every innovation, in the order of the clusters."""
    features = resolution.features
    partners = best_partners(resolution.clusters, resolution.scores, features, model)
    groups = [resolution.listing_ids(rows) for rows in resolution.clusters]
    for rows, members in zip(resolution.clusters, innovations.member_rows(db, groups), strict=True):
        merged = merge(members, central_names(features, rows))
        belonging = list(_belonging(members, [partners.get(row) for row in rows], features))
        yield Joined([member["id"] for member in members], merged, belonging)


def _belonging(
    members: Sequence[Row], partners: Sequence[Partner | None], features: Features
) -> Iterator[tuple[float, str]]:
    """For each listing of an innovation how surely it belongs, and why."""
    titles = {member["id"]: member["title"] for member in members}
    for member, found in zip(members, partners, strict=True):
        if found is None:
            yield 1.0, "{}"
            continue
        partner = features.ids[found.partner]
        detail = {
            "reasons": in_words(found.detail, f"{member['text']}\n{member['title']}"),
            "closest listing": titles[partner],
            "matched": partner,
        }
        yield round(found.score, 2), json.dumps(detail, ensure_ascii=False)


def _store(db: Database, joined: Sequence[Joined], assignment: Assignment) -> dict[str, int]:
    """Write every innovation that differs, then who belongs where."""
    moment = now()
    counts = {"listings": sum(len(one.listings) for one in joined), "innovations": len(joined)}
    counts.update(new=0, changed=0, unchanged=0)
    innovations.restore_ids(db, assignment.ids)
    for innovation_id, one in zip(assignment.ids, joined, strict=True):
        counts[innovations.store_innovation(db, innovation_id, one.merged.row, one.merged.fields, moment)] += 1
    innovations.store_members(
        db,
        (
            (listing_id, innovation_id, score, detail)
            for innovation_id, one in zip(assignment.ids, joined, strict=True)
            for listing_id, (score, detail) in zip(one.listings, one.belonging, strict=True)
        ),
    )
    return counts


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
