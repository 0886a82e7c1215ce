"""From facts to listings: text, addresses, and what is left of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crawler.items import Facts
from crawler.loaders import RecordAddressError, canonical_url, clean_line, clean_text, load_listing, load_record
from crawler.source import load_source

SOURCE = load_source(Path(__file__).parents[2] / "crawler" / "demo" / "sources" / "demo-nice.yml")


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("  a \n b\t c ", "a b c"), ("a\x00b\x0bc\x7f", "ab c"), ("\ufeffTitle\ud800", "Title"),
        ("NHS\u00a0111", "NHS 111"),
        ("£5m – café ² naïve", "£5m – café ² naïve"), ("", None), (None, None), (" \u200a\n", None),
    ],
)  # fmt: skip
def test_a_line_is_cleaned(raw: str | None, clean: str | None) -> None:
    assert clean_line(raw) == clean


def test_paragraphs_are_kept_apart_by_one_empty_line() -> None:
    assert clean_text("One\r\n\r\n\r\n two  words\n\t\nThree\x00") == "One\n\ntwo words\n\nThree"


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("/a", "https://p.example/a"), ("HTTPS://P.Example:443/a#top", "https://p.example/a"),
        ("https://p.example/a?utm_source=x&id=2&mc_eid=3", "https://p.example/a?id=2"),
        ("https://gtr.ukri.org/projects?ref=105416", "https://gtr.ukri.org/projects?ref=105416"),
        ("https://p.example/?p=1&a=2", "https://p.example/?a=2&p=1"), ("http://p.example:8080/", "http://p.example:8080/"),
        ("javascript:alert(1)", None), ("mailto:a@p.example", None), ("https://u:p@p.example/", None),
        ("https://[bad", None), ("https://p.example/\ud800", None), ("https://p.example/?a=\ud800", None),
    ],
)  # fmt: skip
def test_an_address_has_one_spelling(url: str, canonical: str | None) -> None:
    assert canonical_url(url, "https://p.example/list") == canonical


def test_a_listing_is_loaded_from_facts() -> None:
    facts = Facts(
        title=" A  title ", text="A title\nBody one.\nBody two.", url="javascript:x", publisher="", region="HI-SW",
        published="May 2024", record_id=" r1 ", extra={"stage": "pilot"},
    )  # fmt: skip
    listing = load_listing(SOURCE, "http://127.0.0.1:8770/x?b=1&a=2", facts)
    assert (listing.title, listing.text) == ("A title", "Body one.\n\nBody two.")
    assert listing.url == "http://127.0.0.1:8770/x?a=2&b=1"
    assert (listing.publisher, listing.region, listing.published) == (SOURCE.publisher, "HI-SW", "2024-05")
    assert (listing.record_id, listing.extra, listing.source) == ("r1", {"stage": "pilot"}, "demo-nice")


START, PAGE = "https://p.example/api", "https://p.example/api?page=2"


@pytest.mark.parametrize(
    ("facts", "address"),
    [
        (Facts(url="/a", record_id="7"), "https://p.example/a"), (Facts(record_id="7"), "https://p.example/api#7"),
        (Facts(url="", record_id="urn:x y"), "https://p.example/api#urn%3Ax%20y"),
        (Facts(url="#", record_id="7"), "https://p.example/api#7"),
        (Facts(url="javascript:x", record_id="7"), "https://p.example/api#7"),
        (Facts(url="\ud800", record_id="7\ud800"), "https://p.example/api#7"),
    ],
)  # fmt: skip
def test_a_record_without_an_address_gets_one_from_its_id(facts: Facts, address: str) -> None:
    listing = load_record(SOURCE, START, PAGE, facts)
    assert (listing.url, listing.fetched_url) == (address, PAGE)


@pytest.mark.parametrize("facts", [Facts(title="T"), Facts(url=PAGE), Facts(url=START, record_id=" ")])
def test_a_record_with_neither_address_nor_id_is_refused(facts: Facts) -> None:
    with pytest.raises(RecordAddressError, match="neither an address nor an id"):
        load_record(SOURCE, START, PAGE, facts)


def test_what_json_and_utf_8_cannot_hold_is_cleaned_out_of_extra() -> None:
    extra: dict[str, object] = {
        "n": float("nan"), "i": [float("-inf"), 1.5, True], "s\ud800": "a\ud800b", "d": {"\ud800k": None},
        "o": object(),
    }  # fmt: skip
    listing = load_listing(SOURCE, "http://127.0.0.1:8770/", Facts(extra=extra))
    assert listing.extra == {"n": None, "i": [None, 1.5, True], "s": "ab", "d": {"k": None}, "o": None}
    assert json.dumps(listing.extra, allow_nan=False, ensure_ascii=False).encode()


def test_a_region_that_is_no_code_is_left_out() -> None:
    assert load_listing(SOURCE, "http://127.0.0.1:8770/", Facts(region="<b>South West</b>")).region is None


def test_facts_fill_each_others_gaps() -> None:
    page, entry = (
        Facts(title="Page", text="T", extra={"a": 1}),
        Facts(title="Entry", published="2024", extra={"a": 2, "b": 3}),
    )
    assert page.filled_from(entry) == Facts(title="Page", text="T", published="2024", extra={"a": 1, "b": 3})
    assert page.filled_from(entry, first={"title"}).title == "Entry"
