"""Live checks of sources: each in a process of its own, a health line for each; those that pass enabled if asked."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crawler.source import SourceError, load_source
from db.database import open_database
from db.migrations import migrate
from db.sources import record_check
from pipeline.console import Console
from pipeline.sources import find_source, read_declarations

CHECK_SECONDS = 300  # a few requests with their pauses; beyond it something hangs
EXIT_FAILED = 1


@dataclass(frozen=True, slots=True)
class Checks:
    """Which sources to look at, where, and whether those that pass are enabled."""

    folder: Path
    names: Sequence[str]
    enable: bool
    loopback_port: int | None = None


def check_live(asked: Checks, db_path: Path, console: Console) -> int:
    """Look at each live source, say and store how it is. Returns the exit code: 1 when any failed."""
    names = sorted(asked.names) or sorted(read_declarations(asked.folder).usable)
    for name in names:
        find_source(asked.folder, name)
    found = [_look(asked, name, console) for name in names]
    _store(db_path, found)
    console.result({"checks": found}, [f"{one['status']:8} {one['source']}: {one['message']}" for one in found])
    return EXIT_FAILED if any(one["status"] == "failed" for one in found) else 0


def _look(asked: Checks, name: str, console: Console) -> dict[str, Any]:
    source = find_source(asked.folder, name)
    if not source.is_loopback and source.contact is None:
        message = "not asked: the file needs the key contact, an address for the site's owners"
        return {"source": name, "status": "failed", "message": message, "seconds": 0.0}
    found = _asked(asked, name)
    if asked.enable and found["status"] != "failed":
        found["message"] += _enable(asked.folder / f"{name}.yml")
    return found


def _asked(asked: Checks, name: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "crawler.live_check", name, "--sources", str(asked.folder)]
    if asked.loopback_port:
        command += ["--loopback-port", str(asked.loopback_port)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=CHECK_SECONDS, check=False)
        return dict(json.loads(done.stdout.splitlines()[-1]))
    except subprocess.TimeoutExpired:
        message = f"no answer in {CHECK_SECONDS} seconds"
    except (IndexError, ValueError):
        message = " / ".join(done.stderr.splitlines()[-3:]) or "the check ended without a word"
    return {"source": name, "status": "failed", "message": message, "seconds": 0.0}


def _enable(path: Path) -> str:
    """Set enabled and verified in a source file, its comments left as they are; what to say of it."""
    before = path.read_text(encoding="utf-8")
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    after = re.sub(r"(?m)^enabled:.*$", "enabled: true", re.sub(r"(?m)^verified:.*$", f"verified: {today}", before))
    path.write_text(after, encoding="utf-8")
    try:
        load_source(path)
    except SourceError as error:
        path.write_text(before, encoding="utf-8")
        return f"; not enabled: {error}"
    return "; enabled"


def _store(db_path: Path, found: Sequence[dict[str, Any]]) -> None:
    """Keep the health lines where there is a database."""
    if not db_path.exists():
        return
    db = open_database(db_path)
    try:
        migrate(db)
        for one in found:
            record_check(db, one["source"], one["status"], one["message"])
    finally:
        db.conn.close()
