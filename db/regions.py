"""The 15 networks under both their names, and what of the country each serves."""

from __future__ import annotations

import csv
from importlib import resources

from sqlite_utils import Database

from db.database import transaction

# Columns of regions.csv, whose facts come from the networks' own pages and the NHS Innovation Service's code list
# (Open Government Licence v3); see db/REGIONS.md.
COLUMNS = ("code", "name", "former_name", "domain", "former_domain", "nhs_region", "nhs_region_code")


def known_regions() -> list[dict[str, str]]:
    """The 15 networks as rows: code, name, former_name, domain, former_domain, nhs_region, nhs_region_code."""
    text = resources.files("db").joinpath("regions.csv").read_text(encoding="utf-8")
    return [{name: row[name] for name in COLUMNS} for row in csv.DictReader(text.splitlines())]


def store_regions(db: Database) -> None:
    """Bring table `regions` up to date; a code once stored is never removed, since listings refer to it."""
    rows = known_regions()
    stored = list(db.query(f"SELECT {', '.join(COLUMNS)} FROM regions ORDER BY code"))
    if stored == sorted(rows, key=lambda row: row["code"]):
        return
    with transaction(db):
        db.table("regions").upsert_all(rows, pk="code")
