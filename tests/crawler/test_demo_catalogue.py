from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import pytest

from crawler.demo.catalogue import (
    SOURCE_NAMES,
    CatalogueError,
    Record,
    load_catalogue,
    load_partition,
)

ROW = {"id": "a-1", "url": "https://example.org/1", "title": "One", "publisher": "NICE", "text": "It works."}


def test_the_catalogue_has_its_797_records_of_550_publishers() -> None:
    records = load_catalogue()
    assert len(records) == len({record.id for record in records}) == len({record.url for record in records}) == 797
    assert len({record.publisher for record in records}) == 550


def test_every_publisher_is_on_exactly_one_source_and_nothing_is_lost() -> None:
    records = load_catalogue()
    sources_of: dict[str, set[str]] = defaultdict(set)
    shelves = load_partition().split(records)
    for source, shelf in shelves.items():
        for record in shelf:
            sources_of[record.publisher].add(source)
    assert {len(sources) for sources in sources_of.values()} == {1}
    assert sorted(record.id for shelf in shelves.values() for record in shelf) == sorted(
        record.id for record in records
    )


def test_every_source_has_20_to_130_records() -> None:
    shelves = load_partition().split(load_catalogue())
    assert tuple(shelves) == SOURCE_NAMES
    assert {name: len(shelf) for name, shelf in shelves.items() if not 20 <= len(shelf) <= 130} == {}


def test_every_publisher_that_the_rules_name_is_in_the_catalogue() -> None:
    publishers = {record.publisher for record in load_catalogue()}
    assert {name for rule in load_partition().rules for name in rule.names} - publishers == set()


@pytest.mark.parametrize(
    ("publisher", "source"),
    [
        ("Yorkshire & Humber AHSN", "demo-networks"),
        ("Health Innovation Network South London", "demo-networks"),
        ("Health Innovation Network South London (copy on vdocument.in)", "demo-news"),
        ("The Health Innovation Network", "demo-national"),
        ("NHS England Midlands", "demo-nhs-england"),
        ("University Hospitals Plymouth NHS Trust", "demo-trusts"),
        ("University of Plymouth", "demo-research"),
        ("Nuffield Trust", "demo-charities"),
        ("British Journal of General Practice (PMC)", "demo-journals"),
        ("A Publisher Nobody Knows", "demo-news"),
    ],
)
def test_where_a_publisher_belongs(publisher: str, source: str) -> None:
    assert load_partition().source_of(publisher) == source


def test_words_match_whole_words_only() -> None:
    assert load_partition().source_of("Venice Daily") == "demo-news"  # not NICE
    assert load_partition().source_of("Nice things from nice people") == "demo-nice"


def test_the_order_of_the_records_given_does_not_matter() -> None:
    records = load_catalogue()
    partition = load_partition()
    assert partition.split(records) == partition.split(records[::-1])


def test_a_shelf_lists_the_newest_first_and_undated_ones_last() -> None:
    dates = ["2020", None, "2024-05", "2024-05-17", None]
    rows = [Record.from_mapping(ROW | {"id": f"a-{n}", "published": date}) for n, date in enumerate(dates)]
    shelf = load_partition().split(rows)["demo-nice"]
    assert [record.id for record in shelf] == ["a-3", "a-2", "a-0", "a-1", "a-4"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "cat.jsonl line 2: not JSON"),
        ("[]", "cat.jsonl line 2: one JSON object a line"),
        (json.dumps(ROW | {"title": ""}), "cat.jsonl line 2: title must be text"),
        (json.dumps({"id": "x"}), "cat.jsonl line 2: url, title, publisher, text must be text"),
        (json.dumps(ROW | {"colour": "red"}), "unknown key colour; allowed are id, url"),
        (json.dumps(ROW | {"published": "May 2024"}), "published is 'May 2024'; allowed are YYYY"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "cat.jsonl"
    path.write_text(f"{json.dumps(ROW)}\n{line}\n", encoding="utf-8")
    with pytest.raises(CatalogueError, match="line 2") as caught:
        load_catalogue(path)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ("rest: demo-nowhere\nsources: []", "'demo-nowhere' is no demo source; allowed are demo-networks"),
        ("rest: demo-news\nsources: [{source: demo-x}]", "'demo-x' is no demo source"),
        (
            "rest: demo-news\nsources: [{source: demo-nice, names: [N]}, {source: demo-trusts, names: [N]}]",
            "'N' is named under demo-nice and under demo-trusts",
        ),
    ],
)
def test_a_bad_rule_is_named(tmp_path: Path, rules: str, message: str) -> None:
    path = tmp_path / "rules.yml"
    path.write_text(rules, encoding="utf-8")
    with pytest.raises(CatalogueError) as caught:
        load_partition(path)
    assert message in str(caught.value)
