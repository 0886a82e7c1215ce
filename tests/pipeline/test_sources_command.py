from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from sqlite_utils import Database

from db import rounds
from db.database import open_database
from db.migrations import migrate
from pipeline import source_docs
from pipeline.console import Console
from pipeline.errors import RequestError
from pipeline.sources import (
    DEMO_SOURCES_FOLDER,
    SOURCES_FOLDER,
    choose_sources,
    due_sources,
    read_declarations,
    source_schema,
)

Run = Callable[..., Any]
QUIET = Console(verbosity=-1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two good declarations, one of them not enabled, and one broken file."""
    for name in ("demo-nice", "demo-news"):
        shutil.copy(DEMO_SOURCES_FOLDER / f"{name}.yml", tmp_path)
    news = tmp_path / "demo-news.yml"
    news.write_text(news.read_text().replace("enabled: true", "enabled: false"))
    (tmp_path / "broken.yml").write_text("name: broken\ndiscovery: telepathy\n")
    return tmp_path


def test_without_names_the_enabled_ones_are_chosen_and_the_broken_one_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert choose_sources(folder, [], Console()) == ["demo-nice"]
    assert "broken.yml" in capsys.readouterr().err


def test_a_named_source_is_chosen_even_when_it_is_not_enabled(folder: Path) -> None:
    assert choose_sources(folder, ["demo-news", "demo-news"], Console()) == ["demo-news"]


def test_a_named_source_that_is_broken_says_what_is_wrong_with_it(folder: Path) -> None:
    with pytest.raises(RequestError, match="telepathy"):
        choose_sources(folder, ["broken"], Console())


def test_nothing_enabled_says_what_to_do(folder: Path) -> None:
    (folder / "demo-nice.yml").unlink()
    with pytest.raises(RequestError, match="horizon demo"):
        choose_sources(folder, [], Console(verbosity=-1))


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="--sources DIR"):
        read_declarations(tmp_path)


def test_list_shows_every_usable_source_and_warns_of_the_rest(folder: Path, horizon: Run) -> None:
    ended = horizon("sources", "list", "--sources", str(folder))
    assert ended.returncode == 3
    assert [line.split()[0] for line in ended.stdout.splitlines()] == ["name", "demo-news", "demo-nice"]
    assert "broken.yml" in ended.stderr


def test_show_gives_the_declaration_with_its_defaults(folder: Path, horizon: Run) -> None:
    ended = horizon("sources", "show", "demo-nice", "--sources", str(folder))
    shown = yaml.safe_load(ended.stdout)
    assert shown["name"] == "demo-nice"
    assert shown["page_budget"] > 0  # not in the file: a default


def test_check_fails_for_a_broken_file_and_names_the_allowed_values(folder: Path, horizon: Run) -> None:
    ended = horizon("sources", "check", "--json", "--sources", str(folder))
    assert ended.returncode == 1
    verdicts = json.loads(ended.stdout)["files"]
    assert verdicts["demo-nice"] == "ok"
    assert "wordpress" in verdicts["broken"]
    assert horizon("sources", "check", "demo-nice", "--sources", str(folder)).returncode == 0


@pytest.mark.parametrize(
    ("hours", "status", "expected"),
    [(1, "done", []), (21, "done", []), (22, "done", ["demo-nice"]), (1, "failed", ["demo-nice"])],
)
def test_a_source_is_due_by_its_frequency_or_when_it_failed(
    hours: int, status: str, expected: list[str], folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "a.db"
    assert due_sources(folder, path, QUIET) == ["demo-nice"]  # never crawled
    crawled(path, hours, status).conn.close()
    assert due_sources(folder, path, QUIET) == expected


def test_a_source_is_due_within_its_crawl_hours_only(folder: Path, tmp_path: Path) -> None:
    declaration = folder / "demo-nice.yml"
    text = declaration.read_text()
    london = datetime.now(ZoneInfo("Europe/London"))
    around = [(london + timedelta(hours=hours)).strftime("%H:00") for hours in (-2, 3, 6)]
    for hours, expected in ((f"{around[0]}-{around[1]}", ["demo-nice"]), (f"{around[1]}-{around[2]}", [])):
        declaration.write_text(f'{text}crawl_hours: "{hours}"\n')
        assert due_sources(folder, tmp_path / "none.db", QUIET) == expected
        assert choose_sources(folder, ["demo-nice"], QUIET) == ["demo-nice"]  # by name at any time


def crawled(path: Path, hours: int, status: str) -> Database:
    """A database in which demo-nice was crawled so many hours ago and that ended so."""
    db = open_database(path)
    migrate(db)
    row = dict.fromkeys(("title", "publisher", "licence", "start_url"), "x")
    row |= {"name": "demo-nice", "discovery": "api", "frequency": "daily", "enabled": 1, "verified": "never"}
    when = datetime.now(UTC) - timedelta(hours=hours)
    db.table("sources").insert({**row, "last_crawled_at": when.strftime("%Y-%m-%dT%H:%M:%SZ"), "last_status": status})
    return db


def test_a_source_is_due_when_its_crawl_was_cut_short_but_not_while_its_host_wants_to_be_left_alone(
    folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "a.db"
    db = crawled(path, 1, "done")
    rounds.open_round(db, "demo-nice", "2026-11-23T06:00:00Z", "2026-11-22T06:00:00Z")
    assert due_sources(folder, path, QUIET) == ["demo-nice"]
    rounds.pause_host(db, "127.0.0.1:8770", "2999-01-01T00:00:00Z", 1)
    assert due_sources(folder, path, QUIET) == []
    rounds.pause_host(db, "127.0.0.1:8770", "2026-01-01T00:00:00Z", 1)
    assert due_sources(folder, path, QUIET) == ["demo-nice"]
    rounds.finish_round(db, "demo-nice", "2026-11-23T07:00:00Z")
    assert due_sources(folder, path, QUIET) == []
    db.conn.close()


def test_the_published_schema_and_documentation_are_those_of_the_model() -> None:
    """Made by python -m pipeline.source_docs; every key says what it is for."""
    assert source_docs.SCHEMA_FILE.read_text(encoding="utf-8") == source_docs.schema_text()
    assert source_docs.DOCS_FILE.read_text(encoding="utf-8") == source_docs.docs_text()
    schema = source_schema()
    models = [schema, *(schema["$defs"][name] for name in source_docs.SECTIONS)]
    told = [
        field.get("description") or "$ref" in str(field) for model in models for field in model["properties"].values()
    ]
    assert all(told) and len(told) > 50


def test_every_declaration_keeps_to_the_schema() -> None:
    """By an independent reading of the schema: keys that it does not know, keys that it needs, values of its lists."""
    schema = source_schema()
    for folder in (SOURCES_FOLDER, DEMO_SOURCES_FOLDER):
        for path in folder.glob("*.yml"):
            values = yaml.safe_load(path.read_text(encoding="utf-8"))
            assert values.keys() <= schema["properties"].keys() and set(schema["required"]) <= values.keys()
            assert values["discovery"] in schema["properties"]["discovery"]["enum"]
