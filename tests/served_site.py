"""The site in this process, for tests: ask for a path, get an answer."""

from __future__ import annotations

import asyncio
import html
import re
from pathlib import Path
from typing import Any

from pipeline.site.serve import build_site


class ServedSite:
    """Datasette over a database, with one event loop of its own."""

    def __init__(self, path: Path, *, open_sql: bool = False) -> None:
        self.path = path
        self.datasette = build_site(path, open_sql=open_sql, secret="for-tests-only")
        self.loop = asyncio.new_event_loop()

    def ask(self, method: str, path: str, **options: Any) -> Any:
        return self.loop.run_until_complete(self.datasette.client.request(method, path, **options))

    def get(self, path: str, **options: Any) -> Any:
        return self.ask("GET", path, **options)

    def close(self) -> None:
        self.datasette.databases["innovations"].close()
        self.loop.close()


def visible(page: str) -> str:
    """The text of a page without its markup, with entities resolved."""
    return html.unescape(re.sub(r"<[^>]*>", "", page))
