from __future__ import annotations

from catalogue_database import FOCUS_ADHD, catalogue_records, chosen_records

from pipeline.resolve.blocking import BLOCK_LISTINGS_MAX, candidate_pairs, copy_pairs
from pipeline.resolve.counting import ListingText, copy_key
from pipeline.resolve.features import Features, features_of

COPIES = 100
assert COPIES > BLOCK_LISTINGS_MAX


def features_with_copies(count: int) -> Features:
    """The chosen records, and so many further copies of one of them at other addresses."""
    records = chosen_records()
    (copied,) = catalogue_records([FOCUS_ADHD[0]])
    listings = [ListingText(one["id"], one["title"], one["text"], one["url"]) for one in records]
    for number in range(count):
        text = copied["text"].replace(" ", "\n ") if number % 2 else copied["text"]
        listings.append(ListingText(f"copy-{number:03}", copied["title"], text, f"http://c{number}.example/"))
    return features_of(listings)


def test_a_hundred_copies_of_one_text_are_paired_with_the_first() -> None:
    features = features_with_copies(COPIES)
    first = features.ids.index(FOCUS_ADHD[0])
    copies = [row for row, one in enumerate(features.ids) if one.startswith("copy-")]
    pairs = set(map(tuple, candidate_pairs(features).tolist()))
    assert {(first, row) for row in copies} <= pairs
    assert len(copy_pairs(features)) == COPIES


def test_copies_make_no_word_too_common_for_what_is_said_otherwise() -> None:
    features = features_with_copies(COPIES)
    first, other = (features.ids.index(one) for one in FOCUS_ADHD[:2])
    assert (first, other) in set(map(tuple, candidate_pairs(features).tolist()))


def test_texts_without_words_are_no_copies() -> None:
    blank = [ListingText(str(number), f"Title {number}", " \n", f"http://{number}.example/") for number in range(3)]
    assert len(copy_pairs(features_of(blank))) == 0
    assert copy_key("One  text\n") == copy_key("one text") != copy_key("one texts")
