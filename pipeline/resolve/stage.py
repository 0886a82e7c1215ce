"""Resolve: join the listings that are about one innovation. Work follows what changed, and ids are kept.

Changed listings are read, counted and compared with those that share most with them; then the parts of the store that
they touch are clustered anew. Reading and comparing leave everything that people see as it is; each batch of parts is
stored in one short transaction.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
from sqlite_utils import Database

from db import innovations, matching
from db.database import snapshot, transaction
from db.innovations import Row, StoredInnovation
from db.judgements import Judgement, judgements_among
from db.keys import search_key
from db.runs import now
from pipeline.job import Job
from pipeline.resolve.blocking import copies_among
from pipeline.resolve.clustering import Judged, cluster
from pipeline.resolve.counting import Integers, ListingText, read_listing
from pipeline.resolve.explanation import Partner, best_partners, central_names, in_words
from pipeline.resolve.features import Features, Floats, features_from
from pipeline.resolve.identity import Assignment, assign_ids
from pipeline.resolve.indexing import statistics_of, take_up, weigh_counted
from pipeline.resolve.match_model import MatchModel
from pipeline.resolve.packing import FORMAT
from pipeline.resolve.parts import batches, parts
from pipeline.resolve.rarity import weigh
from pipeline.resolve.scoring import compare_weighed
from pipeline.resolve.survivorship import Merged, main_order, merge

STAGE = "resolve"
COUNTS = ("looked_at", "compared", "new", "changed", "unchanged", "merged", "removed", "kept_without_listings")
READING = 1  # raised when listings are read, counted or blocked otherwise than before: everything is then read anew
# When the store has grown by so much since everything was weighed, rarity has moved, and everything is weighed and
# compared anew. Over a store's life that is four times the work of one comparison of everything; chosen.
GROWTH = 1.25


Scores = Mapping[tuple[str, str], float]


@dataclass(frozen=True, slots=True)
class Part:
    """Listings that are clustered together.

    clusters: listing ids, main listing first. scores: of the pairs that match, (lower id, higher id).
    """

    clusters: list[list[str]]
    scores: Scores
    unheeded: list[str]


@dataclass(frozen=True, slots=True)
class Joined:
    """One innovation before it has an id: its listings, main listing first, its row, and how each listing belongs.

    belonging: for each listing its score and why, as JSON.
    """

    listings: list[str]
    merged: Merged
    belonging: list[tuple[float, str]]


@dataclass(slots=True)
class Outcome:
    """What a resolution did: counts by name, and what a person should know."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    warnings: list[str] = field(default_factory=list)


def resolve_stage(job: Job, *, again: bool = False) -> None:
    """The stage as the command runs it; with `again` every listing is read and compared anew."""
    outcome = resolve(job.db, again=again)
    job.count(STAGE, outcome.counts)
    for warning in outcome.warnings:
        job.warn(STAGE, warning)


def resolve_listings(db: Database, model: MatchModel | None = None) -> dict[str, int]:
    """Resolve, and return the counts only."""
    return resolve(db, model).counts


def resolve(db: Database, model: MatchModel | None = None, *, again: bool = False) -> Outcome:
    """Bring the innovations in step with the listings that changed since the last time.

    A run that dies is run again and goes on where it stopped. A listing that changes meanwhile is taken up by the next
    run; one that is deleted meanwhile fails loudly (IntegrityError), and its batch is not stored.

    Counts: listings and innovations in all; looked_at (listings that were due), compared (pairs), new, changed and
    unchanged (innovations), merged (ids retired into an older one), removed (innovations without listings) and
    kept_without_listings (those on which someone has decided).
    """
    model = model or MatchModel.load()
    outcome = Outcome()
    _renew(db, model, again=again)
    take_up(db, [listing_id for _, listing_id in matching.due_listings(db)])
    _weigh_again_when_outgrown(db)
    due = matching.due_listings(db)
    weigh_counted(db)
    outcome.counts["compared"] = compare_weighed(db, model)
    outcome.counts["looked_at"] = len(due)
    _make_innovations(db, model, due, outcome)
    outcome.counts = {**innovations.totals(db), **outcome.counts}
    return outcome


def _renew(db: Database, model: MatchModel, *, again: bool) -> None:
    """Start from nothing where the records and pairs were made by another model or another reading."""
    made_with = {"model": model.version, "reading": f"{READING}.{FORMAT}"}
    state = matching.read_state(db)
    if again or any(state.get(name) != value for name, value in made_with.items()):
        matching.make_everything_due(db)
        matching.store_state(db, made_with)


def _weigh_again_when_outgrown(db: Database) -> None:
    """Weigh and compare everything anew where the store has grown so much since that rarity has moved."""
    size, weighed_at = matching.text_count(db), int(matching.read_state(db).get("size", 0))
    if size > GROWTH * weighed_at:
        with transaction(db):
            matching.store_state(db, {"size": str(size)})
            if weighed_at:
                matching.weigh_all_again(db)


def _make_innovations(db: Database, model: MatchModel, due: Sequence[tuple[int, str]], outcome: Outcome) -> None:
    """Cluster what is due anew, a batch of parts at a time, and store what differs."""
    number_of = {listing_id: number for number, listing_id in due}
    for batch in batches(parts(db, [listing_id for _, listing_id in due], model.threshold)):
        listing_ids = list(chain.from_iterable(batch))
        with snapshot(db):
            found = [_clustered(db, part, model) for part in batch]
            clusters = [members for part in found for members in part.clusters]
            changed = _changed(db, clusters, listing_ids, number_of.keys())
            scores = {pair: score for part in found for pair, score in part.scores.items()}
            joined = list(_joined(db, [clusters[place] for place in changed], scores, model))
        with transaction(db):
            stored = innovations.stored_innovations(db, listing_ids)
            retired = innovations.retired_ids(db, stored)
            assignment = assign_ids(clusters, stored, lambda one: innovations.is_in_use(db, one), retired)
            ids = [assignment.ids[place] for place in changed]
            for counts in (_store(db, listing_ids, ids, joined), _retire(db, assignment, stored)):
                for name, count in counts.items():
                    outcome.counts[name] += count
            matching.forget_due(db, (number_of[one] for one in listing_ids if one in number_of))
        outcome.warnings += [warning for part in found for warning in part.unheeded]


def _clustered(db: Database, listing_ids: Sequence[str], model: MatchModel) -> Part:
    """Cluster one part's listings, those that are kept and still there, by the stored scores and judgements."""
    dates = innovations.kept_dates(db, listing_ids)
    ids = list(dates)
    row_of = {search_key(listing_id): row for row, listing_id in enumerate(ids)}
    pairs, scores = _in_rows(matching.pairs_among(db, list(row_of)), row_of)
    keys = matching.copy_keys_of(db, list(row_of))
    copies = copies_among(pairs, *([keys.get(number, ("", ""))[column] for number in row_of] for column in range(2)))
    said = judgements_among(db, ids)
    place = {listing_id: row for row, listing_id in enumerate(ids)}
    judged = [
        Judged(place[one.one], place[one.other], one.verdict == "same") for one in said if one.verdict != "unsure"
    ]
    result = cluster(len(ids), pairs, scores, model.threshold, copies, judged)
    clusters = [
        sorted((ids[row] for row in rows), key=lambda one: main_order(dates[one], one)) for rows in result.clusters
    ]
    table = {(ids[one], ids[other]): score for (one, other), score in zip(pairs.tolist(), scores.tolist(), strict=True)}
    return Part(clusters, table, [_unheeded(ids[one.one], ids[one.other], said) for one in result.unheeded])


def _in_rows(found: Sequence[tuple[int, int, float]], row_of: Mapping[int, int]) -> tuple[Integers, Floats]:
    """Pairs of numbers as pairs of rows, in order, with their scores."""
    moved = sorted((*sorted((row_of[one], row_of[other])), score) for one, other, score in found)
    pairs = np.array([(one, other) for one, other, _ in moved], dtype=np.int64).reshape(-1, 2)
    return pairs, np.array([score for *_, score in moved], dtype=np.float64)


def _changed(db: Database, clusters: Sequence[Sequence[str]], listing_ids: Sequence[str], due: Set[str]) -> list[int]:
    """The places of the clusters that have another set of listings than stored, or a listing that is due."""
    known = {one.listings for one in innovations.stored_innovations(db, listing_ids).values()}
    return [
        place
        for place, members in enumerate(clusters)
        if not due.isdisjoint(members) or tuple(sorted(members)) not in known
    ]


def _features(db: Database, clusters: Sequence[Sequence[str]]) -> Features:
    """The features of the listings that were joined, their terms in words, weighed as of the whole store."""
    joined = [listing_id for members in clusters if len(members) > 1 for listing_id in members]
    records = [
        read_listing(ListingText(row["id"], row["title"], row["text"], row["url"]))
        for row in innovations.kept_listings(db, joined)
    ]
    statistics = statistics_of(db, records, matching.text_count(db))
    return features_from(weigh(records, statistics))


def _unheeded(one: str, other: str, said: Sequence[Judgement]) -> str:
    """What a person is told of a judgement that contradicts later ones."""
    found = next(row for row in said if {row.one, row.other} == {one, other})
    return (
        f"judgement {found.id} by {found.author} ({one} and {other}: {found.verdict}) contradicts later judgements and "
        "is not heeded; see them with: horizon judge --list"
    )


def _joined(db: Database, clusters: Sequence[Sequence[str]], scores: Scores, model: MatchModel) -> Iterator[Joined]:
    """Every innovation, in the order of the clusters."""
    features = _features(db, clusters)
    row_of = {listing_id: row for row, listing_id in enumerate(features.ids)}
    rows = [[row_of[one] for one in members if one in row_of] for members in clusters]
    table = {
        (row_of[one], row_of[other]): score for (one, other), score in scores.items() if {one, other} <= row_of.keys()
    }
    partners = best_partners(rows, table, features, model)
    for places, members in zip(rows, innovations.member_rows(db, clusters), strict=True):
        merged = merge(members, central_names(features, places) if places else ())
        belonging = list(_belonging(members, [partners.get(row) for row in places], features))
        yield Joined([member["id"] for member in members], merged, belonging)


def _belonging(
    members: Sequence[Row], partners: Sequence[Partner | None], features: Features
) -> Iterator[tuple[float, str]]:
    """For each listing of an innovation how surely it belongs, and why; a listing alone has no partner."""
    titles = {member["id"]: member["title"] for member in members}
    for member, found in zip(members, partners or [None], strict=True):
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


def _store(db: Database, listing_ids: Sequence[str], ids: Sequence[str], joined: Sequence[Joined]) -> dict[str, int]:
    """Write the innovations that were made anew, under these ids, where they differ; then who belongs where.

    listing_ids: all that were clustered; one in none of the innovations and not kept any more belongs nowhere.
    """
    moment = now()
    counts = {"new": 0, "changed": 0, "unchanged": 0}
    innovations.restore_ids(db, ids)
    for innovation_id, one in zip(ids, joined, strict=True):
        counts[innovations.store_innovation(db, innovation_id, one.merged.row, one.merged.fields, moment)] += 1
    members = [
        (listing_id, innovation_id, score, detail)
        for innovation_id, one in zip(ids, joined, strict=True)
        for listing_id, (score, detail) in zip(one.listings, one.belonging, strict=True)
    ]
    kept = innovations.kept_dates(db, listing_ids)
    gone = [listing_id for listing_id in listing_ids if listing_id not in kept]
    innovations.store_members(db, [*gone, *(row[0] for row in members)], members)
    return counts


def _retire(db: Database, assignment: Assignment, stored: Mapping[str, StoredInnovation]) -> dict[str, int]:
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
