"""Judge: a reviewer says of listings or innovations whether they are the same; what is said wins over the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, combinations, product

from sqlite_utils import Database

from db import innovations
from db.innovations import current_id
from db.judgements import WITHDRAWN, Judgement, current_judgements, doubtful_pairs, judge_pairs, judgements_among
from db.listings import titles_of
from pipeline.errors import RequestError
from pipeline.job import Job
from pipeline.resolve.stage import resolve_stage

STAGE = "judge"
ACTS_MAX = 50  # what a screen or two holds
SHOWN_MAX = 5  # ids that an error names
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Request:
    """What the command was asked for; see its help."""

    subjects: tuple[str, ...]
    verdict: str | None = None
    split: str | None = None
    author: str | None = None
    reason: str | None = None
    listing: bool = False
    doubtful: int | None = None


def answer(job: Job, asked: Request) -> None:
    """Do what was asked: judge, split, or show. Raises RequestError for what does not go together."""
    if asked.listing or asked.doubtful:
        for line in _shown(job.db, asked):
            job.console.say(line)
        return
    if bool(asked.verdict) == bool(asked.split):
        raise RequestError("say one of --same, --different, --unsure, --withdraw, --split, --list or --doubtful")
    if not asked.author:
        raise RequestError("a judgement says whose it is: --by NAME, or set HORIZON_AUTHOR")
    if asked.split:
        split(job, asked.split, asked.subjects, asked.author, asked.reason)
    else:
        judge(job, str(asked.verdict), asked.subjects, asked.author, asked.reason)


def _shown(db: Database, asked: Request) -> list[str]:
    if asked.listing:
        return judgement_lines(db) or ["nothing is judged yet; what the model doubts: horizon judge --doubtful 10"]
    return doubtful_lines(db, asked.doubtful or 0) or ["there is no pair that the model doubts"]


def judge(job: Job, verdict: str, subjects: Sequence[str], author: str, reason: str | None = None) -> None:
    """Store a judgement of listings or innovations (their ids) and join or part their innovations at once.

    verdict: same, different, unsure, or withdraw. Raises RequestError for what cannot be judged, with nothing stored.
    """
    _record(job, pairs_between(job.db, verdict, subjects), verdict, author, reason)


def split(job: Job, innovation: str, listings: Sequence[str], author: str, reason: str | None = None) -> None:
    """Part these listings from the rest of an innovation: each is another innovation than each of the rest."""
    members = listings_of(job.db, innovation)
    strangers = sorted(set(listings) - set(members))
    rest = sorted(set(members) - set(listings))
    if strangers or not rest or not listings:
        said = f"listings {', '.join(strangers)} are not in it" if strangers else "some listings go, and some must stay"
        raise RequestError(f"innovation {innovation} cannot be split so: {said}; it has: {', '.join(members)}")
    _record(job, list(product(listings, rest)), "different", author, reason)


def _record(job: Job, pairs: Sequence[Pair], verdict: str, author: str, reason: str | None) -> None:
    try:
        numbers = judge_pairs(job.db, pairs, verdict, author, reason)
    except ValueError as error:
        raise RequestError(f"{error}; see what is judged with: horizon judge --list") from error
    job.count(STAGE, {"judgements": len(numbers)})
    resolve_stage(job)


def pairs_between(db: Database, verdict: str, subjects: Sequence[str]) -> list[Pair]:
    """The pairs of listings that a verdict on listings or innovations is about.

    The same: the first listing with each other one. Else: every listing of one with every listing of another; to
    withdraw, of these what is judged, or all that is judged among the listings of one innovation. Raises RequestError
    for an unknown id, fewer than two, or ids that have become one innovation.
    """
    groups = list(dict.fromkeys(tuple(listings_of(db, subject)) for subject in dict.fromkeys(subjects)))
    if verdict == WITHDRAWN:
        return _judged(db, groups)
    if len(groups) < 2:
        raise RequestError(_too_few(db, subjects, groups))
    if verdict == "same":
        first, *others = dict.fromkeys(chain.from_iterable(groups))
        return [(first, other) for other in others]
    return _across(groups)


def _across(groups: Sequence[Sequence[str]]) -> list[Pair]:
    return [pair for one, other in combinations(groups, 2) for pair in product(one, other) if pair[0] != pair[1]]


def _judged(db: Database, groups: Sequence[Sequence[str]]) -> list[Pair]:
    """What there is to withdraw: judged pairs across the groups, or within the only one."""
    pairs = list(combinations(groups[0], 2)) if len(groups) == 1 else _across(groups)
    known = {(one.one, one.other) for one in judgements_among(db, chain.from_iterable(groups))}
    found = [pair for pair in pairs if (min(pair), max(pair)) in known]
    if not found:
        among = ", ".join(sorted(set(chain.from_iterable(groups)))[:SHOWN_MAX])
        raise RequestError(f"there is no judgement among {among} to withdraw; what is judged: horizon judge --list")
    return found


def _too_few(db: Database, subjects: Sequence[str], groups: Sequence[Sequence[str]]) -> str:
    known = {one: current_id(db, one) for one in dict.fromkeys(subjects)}
    if len(known) < 2 or None in known.values():
        return "two listings or innovations, or more, are judged at a time; give their ids"
    now = known[subjects[0]]
    return (
        f"{' and '.join(known)} are one innovation, {now}; to part listings from it: horizon judge LISTING... "
        f"--split {now}; to take back what was judged of it: horizon judge {now} --withdraw"
    )


def listings_of(db: Database, subject: str) -> list[str]:
    """A listing's id alone, or the ids of an innovation's listings, the main listing first."""
    if innovation := current_id(db, subject):
        return innovations.members_of(db, innovation)
    if titles_of(db, [subject]):
        return [subject]
    raise RequestError(f"there is no listing or innovation {subject}; their ids stand on their pages and in the lists")


def judgement_lines(db: Database) -> list[str]:
    """What holds, the latest first, as lines to read: one for all that one person said at one time of some listings."""
    acts: dict[tuple[str, str, str, str | None], list[Judgement]] = {}
    for one in current_judgements(db):
        acts.setdefault((one.judged_at, one.author, one.verdict, one.reason), []).append(one)
    shown = list(acts.values())[:ACTS_MAX]
    titles = titles_of(db, {listing for act in shown for listing in (act[-1].one, act[-1].other)})
    more = [f"and {len(acts) - ACTS_MAX} before; all stand in the table judged_pairs"] if len(acts) > ACTS_MAX else []
    return [*(_line(act, titles) for act in shown), *more]


def _line(act: Sequence[Judgement], titles: dict[str, str]) -> str:
    first = act[-1]
    sides = (f"{listing} {titles.get(listing, '(no longer stored)')!r}" for listing in (first.one, first.other))
    said = f"{first.judged_at[:10]} {first.author}: {first.verdict}: {' | '.join(sides)}"
    if len(act) > 1:
        listings = {listing for one in act for listing in (one.one, one.other)}
        said += f" and {len(act) - 1} more pairs, of {len(listings)} listings together"
    return said + (f" ({first.reason})" if first.reason else "")


def doubtful_lines(db: Database, limit: int) -> list[str]:
    """The pairs about which the model is least sure and which nobody has judged, the most doubtful first."""
    return [
        f"{row['score']:.2f} {'joined' if row['is_joined'] else 'apart'}: "
        f"{row['one']} {row['title']!r} | {row['other']} {row['other_title']!r}"
        for row in doubtful_pairs(db, limit)
    ]
