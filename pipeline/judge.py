"""Judge: a reviewer says of listings or innovations whether they are the same; what is said wins over the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, combinations, product

from sqlite_utils import Database

from db import innovations
from db.innovations import current_id
from db.judgements import WITHDRAWN, Judgement, current_judgements, doubtful_pairs, judge_pairs
from db.listings import titles_of
from pipeline.errors import RequestError
from pipeline.job import Job
from pipeline.resolve.stage import resolve_stage

STAGE = "judge"
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
        for line in _shown(job.db, asked) or ["there is none"]:
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
    return judgement_lines(db) if asked.listing else doubtful_lines(db, asked.doubtful or 0)


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

    The same: the first listing with each other one. Else: every listing of one with every listing of another. Raises
    RequestError for an unknown id or fewer than two.
    """
    groups = [listings_of(db, subject) for subject in dict.fromkeys(subjects)]
    if len(groups) < 2:
        raise RequestError("two listings or innovations, or more, are judged at a time; give their ids")
    if verdict == "same":
        first, *others = dict.fromkeys(chain.from_iterable(groups))
        return [(first, other) for other in others]
    pairs = [pair for one, other in combinations(groups, 2) for pair in product(one, other) if pair[0] != pair[1]]
    if verdict == WITHDRAWN:
        known = {(one.one, one.other) for one in current_judgements(db)}
        pairs = [pair for pair in pairs if (min(pair), max(pair)) in known] or pairs[:1]
    return pairs


def listings_of(db: Database, subject: str) -> list[str]:
    """A listing's id alone, or the ids of an innovation's listings, the main listing first."""
    if innovation := current_id(db, subject):
        return innovations.members_of(db, innovation)
    if titles_of(db, [subject]):
        return [subject]
    raise RequestError(f"there is no listing or innovation {subject}; their ids stand on their pages and in the lists")


def judgement_lines(db: Database) -> list[str]:
    """Everything that holds, the latest first, as lines to read."""
    held = current_judgements(db)
    titles = titles_of(db, {listing for one in held for listing in (one.one, one.other)})
    return [_line(one, titles) for one in held]


def _line(judgement: Judgement, titles: dict[str, str]) -> str:
    sides = (f"{listing} {titles.get(listing, '(no longer stored)')!r}" for listing in (judgement.one, judgement.other))
    said = f"{judgement.judged_at[:10]} {judgement.author}: {judgement.verdict}: {' | '.join(sides)}"
    return said + (f" ({judgement.reason})" if judgement.reason else "")


def doubtful_lines(db: Database, limit: int) -> list[str]:
    """The pairs about which the model is least sure and which nobody has judged, the most doubtful first."""
    return [
        f"{row['score']:.2f} {'joined' if row['is_joined'] else 'apart'}: "
        f"{row['one']} {row['title']!r} | {row['other']} {row['other_title']!r}"
        for row in doubtful_pairs(db, limit)
    ]
