"""Doctor: checks the machine, the database, the models and the source files, and says what to do."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from packaging.version import Version
from sqlite_utils import Database

from pipeline.console import Console
from pipeline.errors import RequestError, is_expected
from pipeline.sources import DEMO_SOURCES_FOLDER, read_declarations

FREE_DISK_BYTES = 500 * 2**20  # a demo database, its lists and a backup take about 30 MiB; ten times that and some
OLDEST_PYTHON = (3, 11)
# The oldest releases without a known fault that reaches us (advisories as of November 2026).
PACKAGE_FLOORS = {
    "scrapy": "2.19",
    "twisted": "26.4",
    "lxml": "6.1",
    "aiohttp": "3.14.4",
    "brotli": "1.2",
    "datasette": "0.65.5",
    "skops": "0.13",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: how it is, and what to do when it is not well."""

    subject: str
    state: Literal["ok", "warning", "error"]
    text: str
    advice: str = ""


def examine(db_path: Path, sources_folder: Path, *, deep: bool = False) -> list[Finding]:
    """Look at everything; a check that breaks becomes a finding and never hides the others.

    With `deep`, every stored tag is computed again from the stored text that it was made from.
    """
    checks: list[tuple[str, Callable[[], Iterator[Finding]]]] = [
        ("python", _python),
        ("packages", _packages),
        ("sqlite", _sqlite),
        ("disk", lambda: _disk(db_path)),
        ("database", lambda: _database(db_path)),
        ("models", _models),
        *([("tags", lambda: _tags(db_path))] if deep else []),
        ("sources", lambda: _sources(sources_folder)),
        ("demo sources", lambda: _sources(DEMO_SOURCES_FOLDER)),
    ]
    findings: list[Finding] = []
    for subject, check in checks:
        try:
            findings.extend(check())
        except Exception as error:
            if not is_expected(error):
                raise
            findings.append(Finding(subject, "error", str(error)))
    return findings


def tell(findings: list[Finding], console: Console) -> int:
    """Print the findings, each with its advice. Returns the exit code: 1 for an error, 3 for a warning."""
    lines = []
    for finding in findings:
        lines.append(f"{finding.state:<8} {finding.subject}: {finding.text}")
        if finding.advice:
            lines.append(f"{'':<8} -> {finding.advice}")
    console.result({"findings": [asdict(finding) for finding in findings]}, lines)
    states = {finding.state for finding in findings}
    return 1 if "error" in states else 3 if "warning" in states else 0


def _python() -> Iterator[Finding]:
    found = platform.python_version()
    if sys.version_info[:2] < OLDEST_PYTHON:
        yield Finding(
            "python", "error", f"Python {found} is too old", "install Python 3.11 or newer, then: make install"
        )
    else:
        yield Finding("python", "ok", f"Python {found} on {platform.system()}")


def _packages() -> Iterator[Finding]:
    old = []
    for name, floor in PACKAGE_FLOORS.items():
        try:
            if Version(version(name)) < Version(floor):
                old.append(f"{name} {version(name)} (needs {floor})")
        except PackageNotFoundError:
            old.append(f"{name} is missing")
    if old:
        yield Finding("packages", "error", ", ".join(old), "reinstall from the lock file: make install")
    else:
        yield Finding("packages", "ok", f"{len(PACKAGE_FLOORS)} packages at or above their safe versions")


def _sqlite() -> Iterator[Finding]:
    from db.database import check_sqlite, sqlite_version

    check_sqlite()
    yield Finding("sqlite", "ok", f"SQLite {'.'.join(map(str, sqlite_version()))}, with full-text search")


def _disk(db_path: Path) -> Iterator[Finding]:
    folder = next(parent for parent in db_path.resolve().parents if parent.exists())
    free = shutil.disk_usage(folder).free
    if free < FREE_DISK_BYTES:
        advice = "free some space, or keep the database elsewhere with --db PATH"
        yield Finding("disk", "error", f"only {free // 2**20} MiB free in {folder}", advice)
    else:
        yield Finding("disk", "ok", f"{free // 2**20:,} MiB free in {folder}")


def _database(db_path: Path) -> Iterator[Finding]:
    from db.database import open_database
    from db.migrations import pending_migrations

    if not db_path.exists():
        yield Finding("database", "warning", f"no database at {db_path} yet", "make one with: horizon demo")
        return
    is_writable = os.access(db_path, os.W_OK)
    db = open_database(db_path, read_only=not is_writable)
    try:
        pending = pending_migrations(db)
        if pending:
            yield Finding("database", "warning", f"older schema ({', '.join(pending)} to come)", "any stage applies it")
            return
        problems = list(_database_problems(db, db_path, search=is_writable))
        listings, innovations = db.table("listings").count, db.table("innovations").count
    finally:
        db.conn.close()
    yield from problems
    if not problems:
        yield Finding("database", "ok", f"{db_path}: {listings:,} listings, {innovations:,} innovations")


def _database_problems(db: Database, db_path: Path, *, search: bool) -> Iterator[Finding]:
    from db.checks import broken_rules, damage

    for problem in damage(db, search=search):
        yield Finding("database", "error", problem, f"put a backup back with: horizon restore FILE --db {db_path}")
    for problem in broken_rules(db):
        yield Finding("database", "warning", problem, "run: horizon tag, then: horizon resolve")


def _models() -> Iterator[Finding]:
    from nlp.tagger import Tagger
    from pipeline.resolve.match_model import MatchModel

    tagger = Tagger.load()
    yield Finding("models", "ok", f"tagger {tagger.version}, vocabulary {tagger.vocabulary_version}")
    yield Finding("models", "ok", f"duplicate finder {MatchModel.load().version}")


def _tags(db_path: Path) -> Iterator[Finding]:
    from db.database import open_database
    from nlp.tagger import Tagger
    from pipeline.receipts import SHOWN, check_receipts

    if not db_path.exists():
        return
    db = open_database(db_path, must_exist=True, read_only=True)
    try:
        faults = list(check_receipts(db, Tagger.load()))
        checked = db.table("annotations").count
    finally:
        db.conn.close()
    for fault in faults[:SHOWN]:
        yield Finding("tags", "error", fault, "tag it anew: horizon tag --again")
    if len(faults) > SHOWN:
        yield Finding("tags", "error", f"{len(faults) - SHOWN:,} more of the kind")
    if not faults:
        yield Finding("tags", "ok", f"{checked:,} tags computed again from the stored texts, all as stored")


def _sources(folder: Path) -> Iterator[Finding]:
    try:
        declared = read_declarations(folder)
    except RequestError as error:
        yield Finding("sources", "warning", str(error))
        return
    for message in declared.broken.values():
        yield Finding("sources", "error", message)
    if not declared.broken:
        yield Finding("sources", "ok", f"{len(declared.usable)} source files in {folder}")
