from __future__ import annotations

import json
from pathlib import Path

import pytest
from served_site import ServedSite
from sqlite_utils import Database

from db.database import open_database
from pipeline.site.serve import METADATA

SHADOWS = ("innovations_fts", "listings_fts")  # SQLite's own tables under the full-text indexes


@pytest.fixture(scope="module")
def tables() -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = json.loads(METADATA.read_text())["databases"]["innovations"]["tables"]
    return found


@pytest.fixture
def db(filled_db: Path) -> Database:
    return open_database(filled_db)


def columns_of(db: Database) -> dict[str, set[str]]:
    names = [name for name in db.table_names() if not name.startswith(SHADOWS)]
    columns = {name: {column.name for column in db.table(name).columns} for name in names}
    return columns | {name: {column.name for column in db.view(name).columns} for name in db.view_names()}


def test_every_table_view_and_column_is_described_and_no_other(db: Database, tables: dict[str, dict]) -> None:
    described = {name: set(about["columns"]) for name, about in tables.items()}
    assert described == columns_of(db)


def test_descriptions_say_something(tables: dict[str, dict]) -> None:
    for name, about in tables.items():
        assert len(about["description"]) > 25, name
        for column, words in about["columns"].items():
            assert len(words) >= 8 and words.lower().replace(" ", "_") != column, (name, column)


def test_facets_sorts_and_units_name_real_columns(db: Database, tables: dict[str, dict]) -> None:
    columns = columns_of(db)
    for name, about in tables.items():
        named = [facet["array"] if isinstance(facet, dict) else facet for facet in about.get("facets", [])]
        named += [about[key] for key in ("sort", "sort_desc", "label_column", "fts_pk") if key in about]
        named += [*about.get("units", {}), *about.get("sortable_columns", [])]
        assert set(named) <= columns[name], name


def test_innovations_narrow_down_by_theme_pledge_region_and_source(site: ServedSite) -> None:
    found = site.get("/innovations/innovations.json?_size=1").json()["facet_results"]
    assert {"primary_theme", "themes", "pledges", "regions", "sources"} <= set(found)
    assert all(found[name]["type"] == "array" for name in ("themes", "pledges", "regions", "sources"))
    counts = {value["value"]: value["count"] for value in found["themes"]["results"]}
    rows = open_database(site.path).execute("SELECT themes FROM innovations").fetchall()
    assert counts["digital"] == sum('"digital"' in row[0] for row in rows)


@pytest.mark.parametrize("table", ["innovations", "listings"])
def test_the_search_of_stock_tables_really_searches(site: ServedSite, table: str) -> None:
    found = site.get(f"/innovations/{table}.json?_search=tracheostomy&_shape=objects").json()
    everything = site.get(f"/innovations/{table}.json").json()
    assert 0 < found["filtered_table_rows_count"] < everything["filtered_table_rows_count"]


def test_the_site_has_title_description_and_licence() -> None:
    about = json.loads(METADATA.read_text())
    assert about["title"] and about["description"] and "publishers" in about["license"]


def test_internals_are_folded_away(site: ServedSite) -> None:
    page = site.get("/innovations").text
    assert 'href="/innovations/tags"' in page and 'href="/innovations/innovations"' in page
    for name in ("_sqlite_migrations", "annotations", "innovations_fts", "listings_fts_data"):
        assert f'href="/innovations/{name}"' not in page
        assert f'href="/innovations/{name}"' in site.get("/innovations?_show_hidden=1").text
