"""A database filled from labelled records by plain inserts: what the stages leave behind, without running them.

As a command, for looking at the site with as many records as there are labels:
    python tests/filled_database.py OUT.db [--labels train.jsonl] [--catalogue catalogue.jsonl] [--groups same_as.json]
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlite_utils import Database

from db import keys, runs
from db.database import open_database, transaction
from db.migrations import migrate

FIXTURES = Path(__file__).parent / "fixtures" / "filled"
SEEN_AT = "2026-11-02T06:00:00Z"
CRAWL_RUN = "20261102T060000Z-0000feed"
MERGED_ID = "inn-0123456789ab"  # an id that a merge has retired
Record = Mapping[str, Any]


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def fixture_records() -> list[dict[str, Any]]:
    """The committed records: published facts and their labels in one object each."""
    return read_jsonl(FIXTURES / "listings.jsonl")


def joined_records(labels: Path, catalogue: Path) -> list[dict[str, Any]]:
    """Labelled records with the catalogue's address, publisher, region and date; a source by the address's host."""
    published = {record["id"]: record for record in read_jsonl(catalogue)}
    rows = [{**published[row["id"]], **row} for row in read_jsonl(labels) if row["id"] in published]
    return [{**row, "source": source_of(row["url"])} for row in rows]


def source_of(url: str) -> str:
    host = urlsplit(url).hostname or ""
    if any(part in host for part in ("ahsn", "healthinnov", "uclp", "innowest")):
        return "demo-networks"
    if host.endswith("nhs.uk"):
        return "demo-trusts"
    return "demo-government" if host.endswith("gov.uk") else "demo-news"


def listing_key(record: Record) -> str:
    return keys.listing_id(record["source"], record["url"])


def fill_reference(db: Database, records: Iterable[Record]) -> None:
    """Regions, terms and sources."""
    with (FIXTURES / "regions.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            values = [row["hin_code"], row["name_since_2023_10"], row["former_name"], row["domain"]]
            values += [row["former_domain"], row["nhs_england_region"], row["nhs_england_region_code"]]
            db.conn.execute("INSERT INTO regions VALUES (?, ?, ?, ?, ?, ?, ?)", values)
    for kind, terms in json.loads((FIXTURES / "terms.json").read_text(encoding="utf-8")).items():
        for position, (code, label, definition, parent) in enumerate(terms, 1):
            values = [kind, code, label, definition, parent, position, "fixture", "1"]
            db.conn.execute("INSERT INTO terms VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
    for name in sorted({record["source"] for record in records}):
        db.table("sources").insert(
            {
                "name": name,
                "title": name.replace("demo-", "").capitalize() + " (test)",
                "publisher": "Several",
                "licence": "retold",
                "discovery": "index",
                "start_url": f"http://127.0.0.1:8770/{name}/",
                "frequency": "daily",
                "enabled": 1,
                "verified": "never",
                "floor": 1,
                "last_crawled_at": SEEN_AT,
                "last_status": "done",
            }
        )


def fill_runs(db: Database, records: list[Record]) -> None:
    """One finished crawl with counts per source and a warning for the first source."""
    db.table("runs").insert(
        {
            "id": CRAWL_RUN,
            "command": "run",
            "started_at": SEEN_AT,
            "finished_at": "2026-11-02T06:02:05Z",
            "status": "warnings",
            "version": "0.1.0",
        }
    )
    names = sorted({record["source"] for record in records})
    for name in names:
        found = sum(record["source"] == name for record in records)
        counts = {"requests": found + 2, "listings": found, "new": found, "changed": 0, "unchanged": 0, "errors": 0}
        runs.record_counts(db, CRAWL_RUN, "crawl", counts, source=name)
    message = "3 pages had no date; see the source file's fields"
    runs.record_problem(db, CRAWL_RUN, "crawl", message, source=names[0])


def fill_listing(db: Database, record: Record) -> None:
    """One listing, its stored version, its filtration and its annotations."""
    text_hash = hashlib.sha256(record["text"].encode()).hexdigest()
    content_hash = keys.digest(record["title"], record["text"], record["publisher"] or "")
    identity = listing_key(record)
    db.table("listings").insert(
        {
            "id": identity,
            "search_key": keys.search_key(identity),
            "source": record["source"],
            "url": record["url"],
            "fetched_url": record["url"],
            "record_id": record["id"],
            "title": record["title"],
            "text": record["text"],
            "text_hash": text_hash,
            "content_hash": content_hash,
            "publisher": record["publisher"],
            "region": record["region"],
            "published": record["published"],
            "version": 1,
            "first_seen_at": SEEN_AT,
            "changed_at": SEEN_AT,
        }
    )
    body = zlib.compress(record["text"].encode())
    version = [identity, 1, record["title"], text_hash, content_hash, body, SEEN_AT, CRAWL_RUN]
    db.conn.execute("INSERT INTO listing_versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, '{}')", version)
    fill_filtration(db, record, text_hash, content_hash)
    for annotation in annotations_of(record, text_hash):
        db.table("annotations").insert(annotation)


def fill_filtration(db: Database, record: Record, text_hash: str, content_hash: str) -> None:
    kept = bool(record["listing"])
    sentence = None if kept else record["text"].split(". ")[0]
    values = [listing_key(record), int(kept), "describes an innovation" if kept else "describes no innovation", 0.9]
    values += [sentence, None if kept else 0, None if kept else len(str(sentence)), content_hash, text_hash, "test-1"]
    db.conn.execute("INSERT INTO filtration VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)


def annotations_of(record: Record, text_hash: str) -> list[dict[str, Any]]:
    rows = [
        annotation_row(record, "theme", code, quotes[0], text_hash, is_primary=int(code == record["primary"]))
        for code, quotes in record["evidence"].items()
        if code in record["themes"]
    ]
    for code, criterion in record["criteria"].items():
        quote = criterion["quotes"][0]
        rows.append(annotation_row(record, "criterion", code, quote, text_hash, verdict=criterion["verdict"]))
    return rows


def annotation_row(
    record: Record, kind: str, code: str, quote: str, text_hash: str, *, is_primary: int = 0, verdict: str | None = None
) -> dict[str, Any]:
    start = record["text"].index(quote)
    return {
        "listing_id": listing_key(record),
        "kind": kind,
        "code": code,
        "verdict": verdict,
        "is_primary": is_primary,
        "score": 0.8 if is_primary else 0.6,
        "evidence": quote,
        "evidence_start": start,
        "evidence_end": start + len(quote),
        "text_hash": text_hash,
        "method": "label:person",
        "method_version": "test-1",
        "vocabulary_version": "1",
    }


def clusters(records: list[Record], groups: list[Mapping[str, Any]]) -> list[list[Record]]:
    """Kept records, those of one group together, each cluster in order of record id."""
    group_of = {record_id: group["name"] for group in groups for record_id in group["ids"]}
    found: dict[str, list[Record]] = {}
    for record in sorted(records, key=lambda record: str(record["id"])):
        if record["listing"]:
            found.setdefault(group_of.get(record["id"], record["id"]), []).append(record)
    return list(found.values())


def pledges_of(cluster: list[Record]) -> tuple[list[str], list[str]]:
    """Pledges and criteria with their verdicts, "P3:met" and "P3.access:met"; met wins over planned."""
    verdicts: dict[str, str] = {}
    for record in cluster:
        for code, criterion in record["criteria"].items():
            for key in (code, code.split(".")[0]):
                verdicts[key] = "met" if "met" in (verdicts.get(key), criterion["verdict"]) else "planned"
    pairs = sorted(f"{key}:{verdict}" for key, verdict in verdicts.items())
    return [pair for pair in pairs if "." not in pair], [pair for pair in pairs if "." in pair]


def innovation_id(cluster: list[Record]) -> str:
    return "inn-" + listing_key(cluster[0])[:12]


def fill_innovation(db: Database, cluster: list[Record]) -> None:
    """One innovation and the listings joined to it."""
    main, identity = cluster[0], innovation_id(cluster)
    pledges, criteria = pledges_of(cluster)
    dates = sorted(record["published"] for record in cluster if record["published"])
    arrays: dict[str, Iterable[str]] = {
        "themes": {theme for record in cluster for theme in record["themes"]},
        "pledges": pledges,
        "criteria": criteria,
        "regions": {record["region"] for record in cluster if record["region"]},
        "sources": {record["source"] for record in cluster},
        "publishers": {record["publisher"] for record in cluster if record["publisher"]},
    }
    db.table("innovations").insert(
        {
            "id": identity,
            "search_key": keys.search_key(identity),
            "title": main["title"],
            "summary": main["text"].split(". ")[0] + ".",
            "search_text": "\n".join(f"{r['title']}\n{r['publisher']}\n{r['text']}" for r in cluster),
            "primary_theme": main["primary"],
            **{name: json.dumps(sorted(values)) for name, values in arrays.items()},
            "first_published": dates[0] if dates else None,
            "last_published": dates[-1] if dates else None,
            "listing_count": len(cluster),
            "content_hash": keys.digest(*(record["id"] for record in cluster)),
            "first_seen_at": SEEN_AT,
            "changed_at": SEEN_AT,
        }
    )
    for position, record in enumerate(cluster):
        detail = {} if position == 0 else {"matched": listing_key(main), "reasons": ["same name in both titles"]}
        values = [listing_key(record), identity, 1.0 if position == 0 else 0.9, json.dumps(detail)]
        db.conn.execute("INSERT INTO innovation_listings VALUES (?, ?, ?, ?)", values)


def fill_database(path: Path, records: list[dict[str, Any]], groups: list[dict[str, Any]]) -> Path:
    """Make the database at `path` and fill every table that a run fills; returns the path."""
    db = open_database(path)
    migrate(db)
    with transaction(db):
        fill_reference(db, records)
        fill_runs(db, records)
        for record in records:
            fill_listing(db, record)
        found = clusters(records, groups)
        for cluster in found:
            fill_innovation(db, cluster)
        merged_into = innovation_id(max(found, key=len))
        db.conn.execute("INSERT INTO innovation_redirects VALUES (?, ?, ?)", [MERGED_ID, merged_into, SEEN_AT])
        decision = [MERGED_ID, "shortlist", "strong evidence", '["HI-West"]', "reviewer", SEEN_AT]
        columns = "innovation_id, decision, reason, regions, actor, decided_at"
        db.conn.execute(f"INSERT INTO decisions ({columns}) VALUES (?, ?, ?, ?, ?, ?)", decision)
    db.close()
    return path


def fill_from_fixtures(path: Path) -> Path:
    groups = json.loads((FIXTURES / "same_as.json").read_text(encoding="utf-8"))["groups"]
    return fill_database(path, fixture_records(), groups)


def main() -> None:
    parser = argparse.ArgumentParser(description="Fill a database from labelled records.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--catalogue", type=Path)
    parser.add_argument("--groups", type=Path)
    given = parser.parse_args()
    if not given.labels:
        print(fill_from_fixtures(given.out))
        return
    groups = json.loads(given.groups.read_text(encoding="utf-8"))["groups"] if given.groups else []
    print(fill_database(given.out, joined_records(given.labels, given.catalogue), groups))


if __name__ == "__main__":
    main()
