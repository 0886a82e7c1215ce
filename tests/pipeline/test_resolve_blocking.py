from __future__ import annotations

from catalogue_database import FOCUS_ADHD, catalogue_records, chosen_records
from sqlite_utils import Database

from db import matching
from db.migrations import migrate
from pipeline.resolve.blocking import BLOCK_LISTINGS_MAX, copies_among
from pipeline.resolve.counting import Integers, ListingText, copy_key
from pipeline.resolve.features import Features
from pipeline.resolve.indexing import count_listings, weigh_counted
from pipeline.resolve.scoring import candidates

COPIES = 100
assert COPIES > BLOCK_LISTINGS_MAX


def candidates_of(listings: list[ListingText]) -> tuple[Features, Integers]:
    """What would be compared of these listings, were they the whole store."""
    db = Database(memory=True)
    migrate(db)
    count_listings(db, listings)
    weigh_counted(db)
    return candidates(db, matching.records_in_state(db, "weighed", limit=-1))


def with_copies(count: int) -> list[ListingText]:
    """The chosen records, and so many further copies of one of them at other addresses."""
    records = chosen_records()
    (copied,) = catalogue_records([FOCUS_ADHD[0]])
    listings = [ListingText(one["id"], one["title"], one["text"], one["url"]) for one in records]
    for number in range(count):
        text = copied["text"].replace(" ", "\n ") if number % 2 else copied["text"]
        listings.append(ListingText(f"copy-{number:03}", copied["title"], text, f"http://c{number}.example/"))
    return listings


def test_a_hundred_copies_of_one_text_are_paired_with_one_of_them() -> None:
    features, pairs = candidates_of(with_copies(COPIES))
    copies = copies_among(pairs, features.mirror_keys, features.copy_keys)
    ends = [features.ids[row] for row in copies.ravel().tolist()]
    assert len(copies) == COPIES
    assert max(map(ends.count, ends)) == COPIES
    assert set(ends) == {FOCUS_ADHD[0], *(f"copy-{number:03}" for number in range(COPIES))}


def test_copies_make_no_word_too_common_for_what_is_said_otherwise() -> None:
    features, pairs = candidates_of(with_copies(COPIES))
    other = features.ids.index(FOCUS_ADHD[1])
    copies = {row for row, one in enumerate(features.ids) if one.startswith("copy-") or one == FOCUS_ADHD[0]}
    assert any({int(one), int(two)} - copies == {other} for one, two in pairs)


def test_texts_without_words_are_no_copies() -> None:
    blank = [ListingText(str(number), f"Title {number}", " \n", f"http://{number}.example/") for number in range(3)]
    features, pairs = candidates_of(blank)
    assert len(copies_among(pairs, features.mirror_keys, features.copy_keys)) == 0
    assert copy_key("One  text\n") == copy_key("one text") != copy_key("one texts")
