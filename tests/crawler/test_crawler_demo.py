"""The twelve demo sources, crawled whole: every record as in the catalogue; a killed crawl ends like any other."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from crawler.demo.catalogue import CATALOGUE_PATH
from crawler.demo.site import DemoSite
from crawler.source import load_source
from db.database import open_database

DECLARATIONS = Path(__file__).parents[2] / "crawler" / "demo" / "sources"
SOURCES = {path.stem: load_source(path) for path in sorted(DECLARATIONS.glob("*.yml"))}
CRAWL_SECONDS = 180  # for one source; each takes 1 to 3 s on an idle machine
CONTENT = """SELECT id, search_key, source, url, fetched_url, record_id, title, text, text_hash, content_hash,
             publisher, region, published, extra, version FROM listings {where} ORDER BY id"""
VERSIONS = "SELECT listing_id, version, title, text_hash, content_hash, body FROM listing_versions ORDER BY 1, 2"


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoSite]:
    with DemoSite() as site:
        yield site


def crawl_all(tools: Any, db: Path, run: str, port: int, names: list[str]) -> list[dict[str, Any]]:
    def one(name: str) -> dict[str, Any]:
        command = tools.crawl_command(db, run, DECLARATIONS, name, port)
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=CRAWL_SECONDS, check=False, env=tools.environment
        )
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, names))


@pytest.fixture(scope="module")
def crawled(demo: DemoSite, tools: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    path = tmp_path_factory.mktemp("demo") / "demo.db"
    run = tools.make_database(path)
    outcomes = crawl_all(tools, path, run, int(demo.base_url.rpartition(":")[2]), list(SOURCES))
    return path, outcomes


def rows(path: Path, sql: str) -> list[dict[str, Any]]:
    db = open_database(path)
    try:
        return list(db.query(sql))
    finally:
        db.close()


def words(text: str | None) -> str:
    return " ".join((text or "").split())


def test_every_record_is_stored_exactly_as_the_catalogue_has_it(crawled: tuple[Path, Any]) -> None:
    lines = CATALOGUE_PATH.read_text(encoding="utf-8").splitlines()
    expected = {record["id"]: record for record in map(json.loads, lines)}
    stored = {row["record_id"]: row for row in rows(crawled[0], "SELECT * FROM listings")}
    assert len(stored) == len(expected) == 797
    assert stored.keys() == expected.keys()
    fields = ("title", "text", "publisher", "region", "published")
    wrong = [
        (key, name, stored[key][name], record[name])
        for key, record in expected.items()
        for name in fields
        if words(stored[key][name]) != words(record[name])
    ]
    assert wrong == []
    assert not any("\r" in row["text"] or "\n\n\n" in row["text"] for row in stored.values())


def test_the_stored_address_is_the_real_one(crawled: tuple[Path, Any]) -> None:
    lines = CATALOGUE_PATH.read_text(encoding="utf-8").splitlines()
    expected = {record["id"]: record["url"] for record in map(json.loads, lines)}
    stored = {row["record_id"]: row["url"] for row in rows(crawled[0], "SELECT record_id, url FROM listings")}
    changed = {key for key, url in stored.items() if url != expected[key]}
    assert len(changed) <= 10  # those with tracking parameters, unsorted parameters or the default port
    assert stored["c-heu-evaluation-blog"] == expected["c-heu-evaluation-blog"]


def test_every_source_reaches_its_floor_without_a_problem(crawled: tuple[Path, list[dict[str, Any]]]) -> None:
    path, outcomes = crawled
    assert [outcome["source"] for outcome in outcomes] == sorted(SOURCES)
    assert {outcome["status"] for outcome in outcomes} == {"done"}
    assert {outcome["errors"] for outcome in outcomes} == {0}
    for outcome in outcomes:
        source = SOURCES[outcome["source"]]
        assert 0.75 * outcome["listings"] < source.floor <= outcome["listings"] <= (source.ceiling or 0)
    assert rows(path, "SELECT * FROM run_problems") == []
    counted = rows(path, "SELECT sum(value) AS total FROM run_counts WHERE stage = 'crawl' AND name = 'new'")
    assert counted == [{"total": 797.0}]


@pytest.mark.parametrize("name", ["demo-trusts", "demo-news"])
def test_a_killed_crawl_run_again_ends_in_the_same_content(
    name: str, demo: DemoSite, crawled: tuple[Path, Any], tools: Any, tmp_path: Path
) -> None:
    path, port = tmp_path / "killed.db", int(demo.base_url.rpartition(":")[2])
    run = tools.make_database(path)
    process = subprocess.Popen(
        tools.crawl_command(path, run, DECLARATIONS, name, port),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=tools.environment,
    )
    stored = 0
    while process.poll() is None and not stored:
        time.sleep(0.01)
        stored = rows(path, "SELECT count(*) AS n FROM listings")[0]["n"]
    process.kill()
    process.communicate()
    assert process.returncode == -9, "the crawl ended before it could be killed"
    assert 0 < stored < SOURCES[name].floor
    assert rows(path, "SELECT count(*) AS n FROM listings AS l LEFT JOIN frontier AS f ON f.url = l.fetched_url "
                      "WHERE f.state IS NULL OR f.state = 'due'") == [{"n": 0}]  # fmt: skip
    crawl_all(tools, path, run, port, [name])
    where = f"WHERE source = '{name}'"
    assert rows(path, CONTENT.format(where="")) == rows(crawled[0], CONTENT.format(where=where))
    undisturbed = {row["listing_id"]: row for row in rows(crawled[0], VERSIONS)}
    again = rows(path, VERSIONS)
    assert again == [undisturbed[row["listing_id"]] for row in again]
