"""The picture of the scan: numbers that add up, an estimate that finds a known truth, a page that is safe to open."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from sqlite_utils import Database

from db.database import open_database, transaction
from db.migrations import migrate
from db.runs import start_run
from db.scan import BEFORE_SCREENING, SCREENED, count_flow, record_flow
from pipeline.console import Console
from pipeline.errors import RequestError
from pipeline.report.stage import as_html, as_json, report_content, write_report
from tests.filled_database import CRAWL_RUN, fill_from_fixtures

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    return fill_from_fixtures(tmp_path / "a.db")


def adds_up(db: Database, run: str) -> dict[str, dict[str, int]]:
    totals: dict[str, dict[str, int]] = {"run": {}, "release": {}}
    for scope, step, _, count in count_flow(db, run):
        totals[scope][step] = totals[scope].get(step, 0) + count
    for steps in totals.values():
        before = sum(steps.get(step, 0) for step in (*BEFORE_SCREENING, "duplicates", "innovations"))
        assert steps["found"] == before
        assert steps["innovations"] == sum(steps.get(step, 0) for step in SCREENED)
    return totals


def test_the_flow_adds_up_whatever_became_of_the_listings(filled: Path) -> None:
    db = open_database(filled)
    first = adds_up(db, CRAWL_RUN)
    assert first["run"] == first["release"]
    listings = db.table("listings").count
    kept = db.conn.execute("SELECT count(*) FROM filtration WHERE kept = 1").fetchone()[0]
    assert first["run"]["found"] == listings and first["run"]["not an innovation"] == listings - kept
    assert first["run"]["duplicates"] > 0 and first["run"]["shortlisted"] == 1
    with transaction(db):  # one of each: gone, never tagged, not compared, rejected with a reason
        ids = [
            one
            for (one,) in db.conn.execute("""
            SELECT m.listing_id FROM innovation_listings AS m JOIN innovations AS i ON i.id = m.innovation_id
            WHERE i.listing_count = 1 ORDER BY 1""")
        ]
        db.conn.execute("UPDATE listings SET gone_at = '2026-11-03T00:00:00Z' WHERE id = ?", [ids[0]])
        db.conn.execute("DELETE FROM innovation_listings WHERE listing_id = ?", [ids[0]])
        db.conn.execute("DELETE FROM filtration WHERE listing_id = ?", [ids[1]])
        db.conn.execute("DELETE FROM innovation_listings WHERE listing_id IN (?, ?)", [ids[1], ids[2]])
        (rejected,) = db.conn.execute(
            "SELECT innovation_id FROM innovation_listings WHERE listing_id = ?", [ids[3]]
        ).fetchone()
        sql = "INSERT INTO decisions (innovation_id, decision, reason, actor, decided_at) VALUES (?, ?, ?, ?, ?)"
        db.conn.execute(sql, [rejected, "reject", "minor or incremental", "a", "2026-11-03T00:00:00Z"])
    second = adds_up(db, CRAWL_RUN)["release"]
    assert [second[step] for step in ("gone again", "not yet tagged", "not yet compared", "rejected")] == [1, 1, 1, 1]
    assert ("release", "rejected", "minor or incremental", 1) in count_flow(db, CRAWL_RUN)
    assert adds_up(db, "another run")["run"]["found"] == 0
    db.conn.close()


def test_what_was_counted_stays_as_it_was(filled: Path) -> None:
    db = open_database(filled)
    record_flow(db, CRAWL_RUN)
    before = report_content(db, None)["flow"]
    with transaction(db):
        db.conn.execute("UPDATE listings SET gone_at = '2026-11-03T00:00:00Z'")
    assert report_content(db, CRAWL_RUN)["flow"] == before
    db.conn.close()


def captures(db: Database, there: int, chances: list[float], seed: int) -> int:
    """Innovations as sources find each with its chance; returns how many were found by any."""
    chance = random.Random(seed)
    found = 0
    with transaction(db):
        for number in range(there):
            sources = [f"s{place}" for place, one in enumerate(chances) if chance.random() < one]
            if sources:
                found += 1
                row = {"id": f"inn-{number}", "title": "x", "summary": "", "listing_count": len(sources)}
                row |= {"sources": json.dumps(sources), "content_hash": "x", "first_seen_at": "", "changed_at": ""}
                db.table("innovations").insert({**row, "search_key": number})
        for place in range(len(chances)):
            source = {"name": f"s{place}", "title": "s", "publisher": "s", "licence": "x", "discovery": "index"}
            source |= {"start_url": "http://127.0.0.1/", "frequency": "daily", "enabled": 1, "verified": "never"}
            db.table("sources").insert(source)
            columns = "(id, source, url, fetched_url, title, text, text_hash, content_hash, version, first_seen_at, changed_at, search_key)"  # noqa: E501
            values = [f"l{place}", f"s{place}", "u", "u", "x", "x", "x", "x", 1, "", "", place]
            db.conn.execute(f"INSERT INTO listings {columns} VALUES ({', '.join('?' * len(values))})", values)
    return found


def test_the_interval_holds_how_many_there_are(tmp_path: Path) -> None:
    """Six independent sources that find each of 500 innovations with one chance, which is what the method assumes.

    Of twenty 95 % intervals no fewer than sixteen hold the truth but once in four hundred.
    """
    rows = []
    for seed in range(20):
        db = open_database(tmp_path / f"{seed}.db")
        migrate(db)
        seen = captures(db, 500, [0.17] * 6, seed)
        (row,) = [one for one in db.query("SELECT * FROM scan_estimate") if one["occasion"] == "source"]
        assert row["seen"] == seen < row["low"] < row["estimate"] < row["high"] and row["is_enough"] == 1
        rows.append(row)
        db.conn.close()
    assert sum(row["low"] <= 500 <= row["high"] for row in rows) >= 16
    assert 450 < sum(row["estimate"] for row in rows) / len(rows) < 550


def test_the_estimate_by_hand(tmp_path: Path) -> None:
    """Chao2, bias-corrected: with 2 sources, 10 seen once and 4 twice, 14 + (1/2) * 10 * 9 / (2 * 5) = 18.5."""
    db = open_database(tmp_path / "a.db")
    migrate(db)
    captures(db, 4, [1.0, 1.0], 0)
    with transaction(db):
        for number in range(10, 20):
            row = {"id": f"inn-{number}", "title": "x", "summary": "", "listing_count": 1, "sources": '["s1"]'}
            row |= {"content_hash": "x", "first_seen_at": "", "changed_at": "", "search_key": number}
            db.table("innovations").insert(row)
    (row,) = [one for one in db.query("SELECT * FROM scan_estimate") if one["occasion"] == "source"]
    # variance: 4.5 + 0.25 * 10 * 19**2 / 100 + 0.25 * 100 * 4 * 81 / 2500 = 16.765; k = exp(1.96 sqrt(ln(1 + 0.8279)))
    assert (row["seen_once"], row["seen_twice"], row["missed_at_least"], row["is_enough"]) == (10, 4, 5, 0)
    assert (row["estimate"], row["low"], row["high"]) == (19, 15, 35)
    db.conn.close()


def test_yields_and_blind_spots_name_what_has_nothing(filled: Path) -> None:
    db = open_database(filled)
    rows = list(db.query("SELECT * FROM scan_yields"))
    themes = {row["code"]: row["innovations"] for row in rows if row["dimension"] == "theme"}
    wanted = dict(db.conn.execute("SELECT theme, innovations FROM themes_overview"))
    assert themes == wanted
    sources = [row for row in rows if row["dimension"] == "source"]
    assert sum(row["listings"] for row in sources) == db.table("listings").count
    assert len([row for row in rows if row["dimension"] == "region"]) == db.table("regions").count
    blind = {(row["dimension"], row["code"]) for row in db.query("SELECT * FROM scan_blind_spots")}
    few = {(row["dimension"], row["code"]) for row in rows if row["dimension"] != "source" and row["innovations"] < 5}
    assert blind == few and few
    db.conn.close()


def test_the_files_hold_the_same_and_are_the_same_again(filled: Path, tmp_path: Path) -> None:
    db = open_database(filled)
    record_flow(db, CRAWL_RUN)
    content = report_content(db, None)
    db.conn.close()
    write_report(filled, None, tmp_path / "out", Console(verbosity=-1))
    page, values = ((tmp_path / "out" / f"report.{end}").read_text() for end in ("html", "json"))
    assert (page, values) == (as_html(content), as_json(content))
    assert json.loads(values)["flow"] == content["flow"]
    found = next(row["count"] for row in content["flow"] if row["step"] == "found")
    assert f"<strong>{found}</strong> listings found" in page and "PRISMA" in page


def test_what_is_stored_is_inert_in_the_page(filled: Path) -> None:
    db = open_database(filled)
    with transaction(db):
        db.conn.execute("UPDATE filtration SET reason = ? WHERE kept = 0", [HOSTILE])
        db.conn.execute("UPDATE sources SET title = ?", [HOSTILE])
    record_flow(db, CRAWL_RUN)
    page = as_html(report_content(db, None))
    assert "<script" not in page and page.count("&lt;script&gt;") > 1
    db.conn.close()


def test_no_run_and_an_unknown_run_are_told(filled: Path, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="no run has been counted yet"):
        write_report(filled, None, tmp_path / "out", Console(verbosity=-1))
    db = open_database(filled)
    record_flow(db, CRAWL_RUN)
    db.conn.close()
    with pytest.raises(RequestError, match=f"there is no run 'x' with a flow; there are: {CRAWL_RUN}"):
        write_report(filled, "x", tmp_path / "out", Console(verbosity=-1))
    assert not (tmp_path / "out").exists()


def test_an_empty_database_has_a_picture_too(tmp_path: Path) -> None:
    db = open_database(tmp_path / "a.db")
    migrate(db)
    record_flow(db, start_run(db, "run", "0"))
    assert "takes two sources or more" in as_html(report_content(db, None))
    db.conn.close()
