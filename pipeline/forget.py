"""Forget: take words or a listing out of everything that is stored, and keep them from coming back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crawler.items import Listing
from crawler.pipelines import fingerprint
from db import suppressions
from db.database import OperationalError
from db.listings import find_listing
from db.suppressions import WORD, Suppressions
from pipeline.errors import RequestError
from pipeline.job import Job
from pipeline.resolve.stage import resolve_stage
from pipeline.tag import tag_listings
from pipeline.track.stage import track_changes

STAGE = "forget"
CHARACTERS_MIN = 4  # "a" would empty every text
WORDS_MAX = 8  # a longer phrase is a sentence: a page that says it is forgotten by its listing
TEXT_FILES = (".log", ".csv", ".json", ".html")


@dataclass(frozen=True, slots=True)
class Request:
    """What the command was asked for; see its help."""

    words: tuple[str, ...]
    listing: str | None
    author: str | None
    reason: str | None


def forget(job: Job, asked: Request) -> None:
    """Do it, and say which files beside the database still hold it. RequestError for what cannot be forgotten."""
    author = asked.author
    if not author:
        raise RequestError("forgetting is recorded with a name: --by NAME, or set HORIZON_AUTHOR")
    if bool(asked.words) == bool(asked.listing):
        raise RequestError("give the words to forget, or one listing with --listing ID")
    if asked.listing:
        _forget_listing(job, asked.listing, author, asked.reason)
    else:
        _forget_words(job, " ".join(asked.words), author, asked.reason)


def _forget_listing(job: Job, listing: str, author: str, reason: str | None) -> None:
    if find_listing(job.db, listing) is None:
        raise RequestError(f"there is no listing {listing}; listings' ids stand on their innovation's page")
    suppressions.suppress(job.db, "listing", listing, author, reason)
    suppressions.withdraw_listing(job.db, listing)
    resolve_stage(job)  # its innovation goes on without it
    suppressions.forget_listing(job.db, listing)
    _finish(job, {"listings": 1, "cells": 0})


def _forget_words(job: Job, phrase: str, author: str, reason: str | None) -> None:
    words = WORD.findall(phrase)
    if sum(map(len, words)) < CHARACTERS_MIN or len(words) > WORDS_MAX:
        raise RequestError(
            f"these words cannot be forgotten: give {CHARACTERS_MIN} letters or more and {WORDS_MAX} words at most; "
            "a whole page is forgotten with --listing ID"
        )
    if not suppressions.is_suppressed(job.db, "words", phrase):
        suppressions.suppress(job.db, "words", phrase, author, reason)
    known = Suppressions.load(job.db)
    counts = {"listings": suppressions.rewrite_listings(job.db, known, _hashes)}
    counts["cells"] = suppressions.rewrite_the_rest(job.db, known)
    _finish(job, counts)
    for path in _files_with(job.db_path.parent, known):
        if path.suffix == ".log":
            path.write_text(known.without(path.read_text(errors="replace")), errors="replace")
        else:
            job.warn(STAGE, f"{path} still holds what was forgotten; make it anew or delete it")


def _finish(job: Job, counts: dict[str, int]) -> None:
    """Make anew what was made of the old texts, and have nothing of them left in the file."""
    job.count(STAGE, counts)
    tag_listings(job)
    track_changes(job)
    resolve_stage(job)
    try:
        suppressions.compact(job.db)
    except OperationalError as error:
        job.warn(STAGE, f"deleted text may still lie in free parts of the file ({error}); stop the site and run again")
    backups = sorted((job.db_path.parent / "backups").glob("*.db"))
    if backups:
        job.warn(STAGE, f"backups made before still hold it: {', '.join(map(str, backups))}; delete them")


def _hashes(row: dict[str, Any]) -> dict[str, Any]:
    """The hashes that the next crawl of the same page will give it, so that nothing counts as changed."""
    names = ("source", "url", "fetched_url", "title", "text", "record_id", "publisher", "region", "published")
    made = fingerprint(Listing(**{name: row[name] for name in names}, extra=json.loads(row["extra"])))
    return {"text_hash": made.text_hash, "content_hash": made.content_hash}


def _files_with(folder: Path, known: Suppressions) -> Iterator[Path]:
    """Text files of ours beside the database that hold what is to be forgotten."""
    for name in ("logs", "exports", "report"):
        for path in sorted((folder / name).rglob("*")):
            if path.suffix in TEXT_FILES and known.without(said := path.read_text(errors="replace")) != said:
                yield path
