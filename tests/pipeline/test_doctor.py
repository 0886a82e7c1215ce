from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from db.database import open_database
from pipeline import doctor
from pipeline.doctor import Finding, examine
from pipeline.sources import DEMO_SOURCES_FOLDER, SOURCES_FOLDER


def states(findings: list[Finding]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for finding in findings:
        found.setdefault(finding.subject, set()).add(finding.state)
    return found


def test_a_healthy_installation(demo_database: Path) -> None:
    assert {state for seen in states(examine(demo_database, SOURCES_FOLDER)).values() for state in seen} == {"ok"}


def test_no_database_yet_is_a_warning_that_says_how_to_make_one(tmp_path: Path) -> None:
    (finding,) = [f for f in examine(tmp_path / "a.db", DEMO_SOURCES_FOLDER) if f.subject == "database"]
    assert finding.state == "warning"
    assert "horizon demo" in finding.advice


def test_a_damaged_database_is_an_error_and_hides_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_bytes(b"garbage " * 1000)
    found = states(examine(tmp_path / "a.db", DEMO_SOURCES_FOLDER))
    assert found["database"] == {"error"}
    assert found["models"] == found["sources"] == {"ok"}


def test_an_old_package_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(doctor.PACKAGE_FLOORS, "scrapy", "99")
    monkeypatch.setitem(doctor.PACKAGE_FLOORS, "not-installed-at-all", "1")
    (finding,) = [f for f in examine(tmp_path / "a.db", DEMO_SOURCES_FOLDER) if f.subject == "packages"]
    assert finding.state == "error"
    assert "scrapy" in finding.text
    assert "not-installed-at-all is missing" in finding.text


def test_a_broken_source_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "odd.yml").write_text("name: odd\n")
    findings = [f for f in examine(tmp_path / "a.db", tmp_path) if f.subject == "sources"]
    assert any(f.state == "error" and "odd.yml" in f.text for f in findings)


def test_exit_code_and_json_of_the_command(horizon: Callable[..., object], tmp_path: Path) -> None:
    ended = horizon("doctor", "--json", "--db", str(tmp_path / "a.db"))
    assert ended.returncode == 3
    findings = json.loads(ended.stdout)["findings"]
    assert {finding["subject"] for finding in findings} >= {"python", "sqlite", "models", "sources", "database"}


def test_rows_that_contradict_each_other_are_told(demo_database: Path, tmp_path: Path) -> None:
    from db.backup import backup_database

    copy = backup_database(demo_database, tmp_path / "a.db")
    db = open_database(copy)
    db.conn.execute("DELETE FROM innovation_listings")
    db.conn.commit()
    db.conn.close()
    texts = [f.text for f in examine(copy, DEMO_SOURCES_FOLDER) if f.state == "warning"]
    assert any("belong to no innovation" in text for text in texts)


def test_a_missing_duplicate_model_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from pipeline.resolve import match_model

    def fail(*_: object, **__: object) -> None:
        raise match_model.ModelError("the model file is gone")

    monkeypatch.setattr(match_model.MatchModel, "load", fail)
    found = states(examine(tmp_path / "a.db", DEMO_SOURCES_FOLDER))
    assert "error" in found["models"]
