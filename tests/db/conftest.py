from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlite_utils import Database

from db.database import open_database, transaction
from db.keys import digest, listing_id, search_key
from db.migrations import migrate

AddListing = Callable[..., str]


@pytest.fixture
def db(tmp_path: Path) -> Database:
    """An empty database with one source."""
    db = open_database(tmp_path / "a.db")
    migrate(db)
    source = dict.fromkeys(("title", "publisher", "licence", "start_url"), "x")
    with transaction(db):
        db.table("sources").insert(
            {"name": "s", **source, "discovery": "index", "frequency": "daily", "enabled": 1, "verified": "never"}
        )
    return db


@pytest.fixture
def add_listing(db: Database) -> AddListing:
    """Insert a listing with its first version; returns its id."""

    def add(slug: str, title: str = "A title", text: str = "One sentence. Another one.") -> str:
        url = f"https://example.org/{slug}"
        row_id, text_hash, content = listing_id("s", url), digest(text), digest(title, text)
        row = {"id": row_id, "search_key": search_key(row_id), "source": "s", "url": url, "fetched_url": url}
        row |= {"title": title, "text": text, "text_hash": text_hash, "content_hash": content, "version": 1}
        version = {"listing_id": row_id, "version": 1, "title": title, "text_hash": text_hash, "content_hash": content}
        with transaction(db):
            db.table("listings").insert(row | {"first_seen_at": "2026-01-01", "changed_at": "2026-01-01"})
            db.table("listing_versions").insert(
                version | {"body": zlib.compress(text.encode()), "seen_at": "2026-01-01", "run_id": None}
            )
        return row_id

    return add
