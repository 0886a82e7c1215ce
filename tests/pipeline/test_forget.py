"""Forgetting: gone from every place, by every way of looking, and it does not come back with the next crawl."""

from __future__ import annotations

import json
import subprocess
import zlib
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlite_utils import Database

from crawler.demo.catalogue import load_catalogue
from crawler.demo.site import CATALOGUE_PATH, DemoSite
from db.checks import damage
from db.database import open_database, transaction
from db.migrations import migrate
from db.suppressions import FORGOTTEN, Suppressions, suppress

NAME = "Zebedee Quillfeather"
Horizon = Callable[..., "subprocess.CompletedProcess[str]"]
SOURCES = ("demo-nice", "demo-national")


@pytest.fixture
def site() -> Iterator[DemoSite]:
    """The starter catalogue in which a few pages name a person, in several ways of writing."""
    with DemoSite(port=0, records=edition("zebedee  QUILLFEATHER’s team ran it.")) as shown:
        yield shown


def edition(sentence: str) -> list[dict[str, object]]:
    """The starter catalogue with two sentences more on every ninth page."""
    records = [asdict(record) for record in load_catalogue(CATALOGUE_PATH)]
    for record in records[::9]:
        record["text"] = f"{record['text']}\n\nIt was led by {NAME} in Leeds. {sentence}"
    return records


def everything(folder: Path) -> str:
    """All bytes of the database and the logs beside it, and the versions' texts unpacked."""
    db = open_database(folder / "a.db")
    db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    bodies = [zlib.decompress(body).decode() for (body,) in db.conn.execute("SELECT body FROM listing_versions")]
    db.conn.close()
    logs = [path.read_text() for path in (folder / "logs").glob("*.log")]
    return "\n".join([(folder / "a.db").read_bytes().decode("latin-1"), *bodies, *logs]).casefold()


def test_words_are_gone_everywhere_and_stay_away(site: DemoSite, horizon: Horizon, tmp_path: Path) -> None:
    port = str(urlsplit(site.base_url).port)
    arguments = ("--sources", "crawler/demo/sources", "--db", str(tmp_path / "a.db"), "--no-export", "-q")

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return horizon(*words, HORIZON_LOOPBACK_PORT=port)

    assert run("run", *SOURCES, *arguments).returncode == 0
    site.show(edition("A second edition of the page says more of it, with another 40 patients in Kent."))
    assert run("run", *SOURCES, *arguments).returncode == 0
    db = open_database(tmp_path / "a.db")
    with transaction(db):
        innovation = db.conn.execute("SELECT id FROM innovations").fetchone()[0]
        row = {"innovation_id": innovation, "decision": "watch", "actor": "a", "decided_at": "2026-11-03T00:00:00Z"}
        db.table("decisions").insert({**row, "note": f"Ask {NAME} about it"})
    versions = db.table("listing_versions").count
    named = db.conn.execute("SELECT count(*) FROM listings_fts WHERE listings_fts MATCH 'quillfeather'").fetchone()[0]
    events = db.table("change_events").count
    db.conn.close()
    assert "quillfeather" in everything(tmp_path) and named > 3 and events > 0
    done = run("forget", NAME, "--by", "Ada", "--db", str(tmp_path / "a.db"))
    assert done.returncode == 0 and f"forget: {named} listings" in done.stderr
    assert "quillfeather" not in everything(tmp_path) and "quillfeather" not in (done.stdout + done.stderr).casefold()
    db = open_database(tmp_path / "a.db")
    assert list(damage(db)) == [] and db.table("listing_versions").count == versions
    assert db.conn.execute("SELECT note FROM decisions").fetchone() == (f"Ask {FORGOTTEN} about it",)
    assert consistent(db) and db.table("change_events").count > 0
    db.conn.close()
    again = run("run", *SOURCES, *arguments, "--json")
    counts = json.loads(again.stdout)["counts"]["crawl"]
    assert (counts["new"], counts["changed"]) == (0, 0)
    site.show(edition(f"A third edition, and {NAME} is in it twice, with another 90 patients in Kent."))
    assert run("run", *SOURCES, *arguments).returncode == 0
    assert "quillfeather" not in everything(tmp_path)


def consistent(db: Database) -> bool:
    """Whether every tag's and event's sentence stands in the text where it is said to stand."""
    sql = """SELECT l.text, a.evidence, a.evidence_start, a.evidence_end
             FROM annotations AS a JOIN listings AS l ON l.id = a.listing_id"""
    return all(text[start:end] == evidence for text, evidence, start, end in db.conn.execute(sql) if evidence)


def test_a_listing_is_gone_and_does_not_come_back(horizon: Horizon, tmp_path: Path) -> None:
    arguments = ("--sources", "crawler/demo/sources", "--db", str(tmp_path / "a.db"), "--no-export", "-q")
    assert horizon("run", "demo-nice", *arguments).returncode == 0
    db = open_database(tmp_path / "a.db")
    before = db.table("listings").count
    (listing,) = db.conn.execute("SELECT id FROM listings ORDER BY id").fetchone()
    db.conn.close()
    assert horizon("forget", "--listing", listing, "--by", "Ada", "--db", str(tmp_path / "a.db")).returncode == 0
    assert horizon("run", "demo-nice", *arguments).returncode in (0, 3)
    db = open_database(tmp_path / "a.db")
    assert db.table("listings").count == before - 1
    for table in ("listing_versions", "annotations", "innovation_listings"):
        assert db.conn.execute(f"SELECT count(*) FROM {table} WHERE listing_id = ?", [listing]).fetchone() == (0,)
    db.conn.close()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("Jane Smith",), "recorded with a name: --by"),
        (("--by", "Ada"), "give the words to forget"),
        (("abc", "--by", "Ada"), "4 letters or more"),
        (("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "--by", "A"), "8 words at most"),
        (("--listing", "nosuch", "--by", "Ada"), "there is no listing nosuch"),
    ],
)
def test_what_cannot_be_forgotten_is_refused(
    words: tuple[str, ...], said: str, horizon: Horizon, demo_database: Path, tmp_path: Path
) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(demo_database.read_bytes())
    ended = horizon("forget", *words, "--db", str(path))
    assert ended.returncode == 2 and said in ended.stderr


def test_the_list_holds_digests_only_and_finds_the_words_in_any_writing(tmp_path: Path) -> None:
    db = open_database(tmp_path / "a.db")
    migrate(db)
    suppress(db, "words", NAME, "Ada", None)
    suppress(db, "words", NAME, "Ada", None)
    first, second = db.query("SELECT * FROM suppressions")
    assert NAME.split()[1] not in str(first) and first["digest"] != second["digest"]
    known = Suppressions.load(db)
    for written in (
        "Zebedee Quillfeather",
        "ZEBEDEE\n quillfeather",
        "Zebedee Quillfeather’s",
        "Zebedee, Quillfeather",
    ):
        assert known.without(f"By {written} of Leeds.") == f"By {FORGOTTEN} of Leeds."
    kept = "Zebedee and Quillfeather; Zebedee Quillfeather-Jones; Quillfeather Zebedee"
    assert known.without(kept) == kept
    assert known.value_without({"a": [f"x {NAME}", 1]}) == {"a": [f"x {FORGOTTEN}", 1]}
    db.conn.close()
