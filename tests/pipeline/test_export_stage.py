from __future__ import annotations

import csv
import json
from pathlib import Path

import openpyxl
import pytest
from catalogue_database import REGIONS, add_listing, catalogue_records, chosen_records, listing_of, new_database
from sqlite_utils import Database

from db.database import transaction
from pipeline.export.candidates import COLUMNS
from pipeline.export.files import file_digest
from pipeline.export.stage import ExportError, export_candidate_lists
from pipeline.resolve.stage import resolve_listings

QUESTIONS_MAX = 40  # of two regions; two for each innovation made it several times as many
HOSTILE = '=HYPERLINK("http://x.org","y") \x01\ud800 and more. Second sentence.'


@pytest.fixture
def db(tmp_path: Path) -> Database:
    db = new_database(tmp_path / "i.db", chosen_records())
    terms = [
        ("theme", "digital", "Using digital as an enabler for change"),
        ("pledge", "P3", "Understanding our impact"),
    ]
    with transaction(db):
        for position, (kind, code, label) in enumerate(terms):
            values = [kind, code, label, label, None, position, "test", "t1"]
            db.conn.execute("INSERT INTO terms VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
    resolve_listings(db)
    return db


def read_list(folder: Path, region: str) -> list[dict[str, str]]:
    with (folder / f"candidates-{region}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_one_list_for_each_region_in_each_format(db: Database, tmp_path: Path) -> None:
    files = export_candidate_lists(db, tmp_path / "out", run_id=None)
    regions = [row["code"] for row in db.query("SELECT code FROM regions ORDER BY code")]
    assert [(file.region, file.format) for file in files] == [
        (code, one) for code in regions for one in ("csv", "xlsx")
    ]
    assert all(file.sha256 == file_digest(file.path) for file in files)
    assert {file.rows for file in files} == {db["innovations"].count}


def test_list_has_every_innovation_own_region_first_then_by_priority(db: Database, tmp_path: Path) -> None:
    export_candidate_lists(db, tmp_path, ["HI-SW"], ["csv"])
    rows = read_list(tmp_path, "HI-SW")
    assert tuple(rows[0]) == COLUMNS
    assert {row["Innovation id"] for row in rows} == {row["id"] for row in db.query("SELECT id FROM innovations")}
    order = [(row["Where"] != "in your region", -int(row["Priority"])) for row in rows]
    assert order == sorted(order)
    focus = next(row for row in rows if "ADHD" in row["Innovation"])
    assert focus["Where"] == "in your region"
    assert focus["Main theme"] == "Using digital as an enabler for change"
    assert focus["Pledges"] == "P3 Understanding our impact: planned"
    assert focus["Sentence for the main theme"]
    assert focus["Listings"] == "3" and len(focus["All links"].split("\n")) == 3


def test_where_is_told_from_the_reader_s_side(db: Database, tmp_path: Path) -> None:
    export_candidate_lists(db, tmp_path, ["HI-KSS"], ["csv"])
    rows = read_list(tmp_path, "HI-KSS")
    places = {row["Where"] for row in rows}
    assert {"in your region", "named for no region"} <= places
    assert any(place.startswith("in another region: ") and REGIONS["HI-SW"][0] in place for place in places)


def test_codes_stand_where_there_are_no_labels(tmp_path: Path) -> None:
    db = new_database(tmp_path / "i.db", chosen_records()[:3])
    resolve_listings(db)
    export_candidate_lists(db, tmp_path, ["HI-SW"], ["csv"])
    assert read_list(tmp_path, "HI-SW")[0]["Main theme"] == "digital"


def test_rejected_innovations_are_not_listed(db: Database, tmp_path: Path) -> None:
    sql = "SELECT innovation_id FROM innovation_listings WHERE listing_id = ?"
    rejected = db.conn.execute(sql, [listing_of("d-try-dry")]).fetchone()[0]
    row = {"innovation_id": rejected, "decision": "reject", "actor": "someone", "decided_at": "2026-11-03"}
    with transaction(db):
        db.table("decisions").insert(row)
    export_candidate_lists(db, tmp_path, ["HI-SW"], ["csv"])
    assert rejected not in {row["Innovation id"] for row in read_list(tmp_path, "HI-SW")}


def test_second_export_changes_nothing(db: Database, tmp_path: Path) -> None:
    first = export_candidate_lists(db, tmp_path / "out", ["HI-SW", "HI-West"])
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in (tmp_path / "out").iterdir()}
    second = export_candidate_lists(db, tmp_path / "out", ["HI-SW", "HI-West"])
    assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in (tmp_path / "out").iterdir()} == before
    assert [file.sha256 for file in second] == [file.sha256 for file in first]
    assert not any(file.is_changed for file in second)
    assert db["exports"].count == len(first)


def test_what_is_public_names_the_file_and_no_folder(db: Database, tmp_path: Path) -> None:
    export_candidate_lists(db, tmp_path, ["HI-SW"], ["csv"])
    assert [row["path"] for row in db["exports"].rows] == ["candidates-HI-SW.csv"]


def test_reading_takes_few_questions_however_many_innovations_and_regions(db: Database, tmp_path: Path) -> None:
    asked: list[str] = []
    db.conn.set_trace_callback(asked.append)
    export_candidate_lists(db, tmp_path, ["HI-SW", "HI-West"], ["xlsx"])
    assert 5 < len([sql for sql in asked if sql.lstrip().startswith("SELECT")]) < QUESTIONS_MAX


def test_changed_content_is_a_new_record_and_a_new_manifest_entry(db: Database, tmp_path: Path) -> None:
    export_candidate_lists(db, tmp_path, ["HI-SW"], ["csv"])
    (record,) = catalogue_records(["d-cera-martha"])
    add_listing(db, record)
    resolve_listings(db)
    (file,) = export_candidate_lists(db, tmp_path, ["HI-SW"], ["csv"])
    assert file.is_changed and db["exports"].count == 2
    (entry,) = json.loads((tmp_path / "manifest.json").read_text())["files"]
    assert (entry["sha256"], entry["rows"]) == (file.sha256, file.rows)


def test_workbook_is_readable_on_opening(db: Database, tmp_path: Path) -> None:
    (file,) = export_candidate_lists(db, tmp_path, ["HI-SW"], ["xlsx"])
    workbook = openpyxl.load_workbook(file.path)
    assert workbook.sheetnames == ["Candidates", "Evidence", "Method"]
    for sheet in workbook:
        assert sheet.freeze_panes == "B2" and sheet.auto_filter.ref == sheet.dimensions
        assert sheet.column_dimensions["A"].width >= 18
        assert all(cell.font.bold for cell in sheet[1])
    candidates = workbook["Candidates"]
    assert candidates.max_row == file.rows + 1
    assert candidates["A2"].alignment.wrap_text
    links = [row[COLUMNS.index("First link")] for row in candidates.iter_rows(min_row=2)]
    assert all(cell.hyperlink and cell.hyperlink.target.startswith("http") for cell in links)


def test_evidence_sheet_has_every_tag_and_method_sheet_the_counts(db: Database, tmp_path: Path) -> None:
    (file,) = export_candidate_lists(db, tmp_path, ["HI-SW"], ["xlsx"])
    workbook = openpyxl.load_workbook(file.path)
    assert workbook["Evidence"].max_row == db["annotations"].count + 1
    method = dict(workbook["Method"].iter_rows(min_row=2, values_only=True))
    assert method["List for"].startswith("Health Innovation South West (until October 2023: South West AHSN)")
    assert method["Listings found"] == db["listings"].count
    assert method["Version of the tagger"] == "tagger-1"


def test_hostile_listing_is_harmless_in_both_formats(db: Database, tmp_path: Path) -> None:
    hostile = {"id": "h", "url": "javascript:alert(1)", "title": HOSTILE, "text": HOSTILE.replace("\ud800", "")}
    hostile = {name: value.replace("\ud800", "") for name, value in hostile.items()}
    add_listing(db, {**hostile, "publisher": "@SUM(A1)", "region": "HI-SW", "published": "2099-01-01"})
    resolve_listings(db)
    export_candidate_lists(db, tmp_path, ["HI-SW"])
    row = next(row for row in read_list(tmp_path, "HI-SW") if "HYPERLINK" in row["Innovation"])
    assert not [value for value in row.values() if value[:1] in {*"=+-@\t\r"}]
    workbook = openpyxl.load_workbook(tmp_path / "candidates-HI-SW.xlsx")
    cells = [cell for sheet in workbook for line in sheet.iter_rows() for cell in line]
    assert all(cell.data_type != "f" for cell in cells)
    assert all(cell.hyperlink.target.startswith("http") for cell in cells if cell.hyperlink)


@pytest.mark.parametrize(
    ("regions", "formats", "message"),
    [
        (["HI-XX"], ["csv"], "unknown region 'HI-XX'; allowed: .*HI-SW"),
        (None, ["pdf"], "unknown format 'pdf'; allowed: csv"),
    ],
)
def test_unknown_region_or_format_writes_nothing(
    db: Database, tmp_path: Path, regions: list[str] | None, formats: list[str], message: str
) -> None:
    with pytest.raises(ExportError, match=message):
        export_candidate_lists(db, tmp_path / "out", regions, formats)
    assert not (tmp_path / "out").exists()


def test_empty_database_gives_lists_with_a_header(tmp_path: Path) -> None:
    db = new_database(tmp_path / "i.db")
    files = export_candidate_lists(db, tmp_path / "out", ["HI-SW"])
    assert [file.rows for file in files] == [0, 0]
    assert read_list(tmp_path / "out", "HI-SW") == []
