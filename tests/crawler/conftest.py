"""A loopback server that tests fill with pages, a database with a run in it, and crawls in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from sqlite_utils import Database

from db.database import open_database, transaction
from db.migrations import migrate
from db.runs import start_run

CRAWL_SECONDS = 60  # far more than any crawl here takes; a crawl that hangs fails instead of stalling the suite
REGIONS = tuple(yaml.safe_load((Path(__file__).parents[2] / "crawler/demo/networks.yml").read_text()))


@dataclass
class Page:
    body: str | bytes = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


Answer = Page | Callable[[dict[str, str]], Page]


class Site(ThreadingHTTPServer):
    """Answers from `pages` by path and query, 404 otherwise; `seen` lists what was asked, as (path, headers)."""

    daemon_threads = True

    def __init__(self) -> None:
        self.pages: dict[str, Answer] = {}
        self.seen: list[tuple[str, dict[str, str]]] = []
        super().__init__(("127.0.0.1", 0), Conversation)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    @staticmethod
    def page(body: str | bytes = "", status: int = 200, **headers: str) -> Page:
        """A page; header names with underscores for hyphens."""
        return Page(body, status, {name.replace("_", "-"): value for name, value in headers.items()})

    def json(self, path: str, value: Any) -> None:
        self.pages[path] = self.page(json.dumps(value), Content_Type="application/json")

    def html(self, path: str, body: str, etag: str | None = None) -> None:
        page = Page(f"<!DOCTYPE html><html><head></head><body>{body}</body></html>")
        page.headers = {"Content-Type": "text/html; charset=utf-8"} | ({"ETag": etag} if etag else {})

        def answer(headers: dict[str, str]) -> Page:
            return Page(status=304, headers=page.headers) if etag and headers.get("If-None-Match") == etag else page

        self.pages[path] = answer

    def listing(self, path: str, title: str, text: str, etag: str | None = None, head: str = "") -> None:
        self.html(path, f"{head}<main><article><h1>{title}</h1><p>{text}</p></article></main>", etag)

    def asked(self, path: str) -> list[dict[str, str]]:
        return [headers for asked, headers in self.seen if asked == path]


class Conversation(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Site

    def do_GET(self) -> None:
        headers = dict(self.headers.items())
        self.server.seen.append((self.path, headers))
        answer = self.server.pages.get(self.path, Page("nothing here", 404, {"Content-Type": "text/plain"}))
        page = answer(headers) if callable(answer) else answer
        body = page.body.encode() if isinstance(page.body, str) else page.body
        self.send_response(page.status)
        for name, value in {"Content-Type": "text/html; charset=utf-8", **page.headers}.items():
            self.send_header(name, value)
        if page.status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(b"" if page.status == 304 else body)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def site() -> Iterator[Site]:
    server = Site()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def make_database(path: Path) -> str:
    """A database with the regions and one run; returns the run's id."""
    db = open_database(path)
    migrate(db)
    with transaction(db):
        sql = "INSERT INTO regions VALUES (?, ?, '', '', '', '', '')"
        db.conn.executemany(sql, [(code, code) for code in REGIONS])
    run = start_run(db, "crawl", "test")
    db.close()
    return run


def crawl_command(db: Path, run: str, sources: Path, name: str, port: int | None = None) -> list[str]:
    command = [sys.executable, "-m", "crawler.process", name, "--db", str(db), "--run", run, "--sources", str(sources)]
    return [*command, "--loopback-port", str(port)] if port else command


def crawl_environment() -> dict[str, str]:
    """Ours, with compiled modules kept, so that not every crawl compiles its libraries anew (a second each)."""
    cache = str(Path(tempfile.gettempdir()) / f"horizon-test-bytecode-{os.getuid()}")
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {"PYTHONPYCACHEPREFIX": cache, **kept}


@dataclass
class Crawl:
    """How one crawl ended: exit code, the line on standard output, the log."""

    code: int
    outcome: dict[str, Any]
    log: str


class Workbench:
    """A folder with a database and source files, and crawls of them."""

    def __init__(self, folder: Path, site: Site) -> None:
        self.db_path = folder / "test.db"
        self.sources = folder / "sources"
        self.sources.mkdir()
        self.site = site
        self.run = make_database(self.db_path)

    def declare(self, name: str = "test", **keys: Any) -> None:
        address = f"http://{self.site.host}"
        start = keys.pop("start", "/")
        values = {
            "name": name, "title": "Test", "publisher": "The Publisher", "licence": "none", "home": address,
            "discovery": "index", "start_urls": [address + start], "hosts": [self.site.host], "frequency": "daily",
            "enabled": True, "verified": "never", "floor": 1,
        }  # fmt: skip
        if keys.get("discovery", "index") == "index":
            values["index"] = {"link": "a.item", "next": "a.next"}
        (self.sources / f"{name}.yml").write_text(yaml.safe_dump({**values, **keys}))

    def crawl(self, name: str = "test", run: str | None = None) -> Crawl:
        command = crawl_command(self.db_path, run or self.run, self.sources, name)
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=CRAWL_SECONDS, check=False, env=crawl_environment()
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Crawl(done.returncode, json.loads(done.stdout) if done.stdout else {}, done.stderr)

    def new_run(self) -> None:
        db = open_database(self.db_path)
        self.run = start_run(db, "crawl", "test")
        db.close()

    def rows(self, sql: str) -> list[dict[str, Any]]:
        db: Database = open_database(self.db_path)
        try:
            return list(db.query(sql))
        finally:
            db.close()


@pytest.fixture
def bench(tmp_path: Path, site: Site) -> Workbench:
    return Workbench(tmp_path, site)


@pytest.fixture(scope="session")
def tools() -> SimpleNamespace:
    """The functions above, for tests that arrange crawls themselves."""
    return SimpleNamespace(make_database=make_database, crawl_command=crawl_command, environment=crawl_environment())
