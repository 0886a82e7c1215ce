"""Sources as the commands see them: choosing, listing, showing and checking declarations."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from crawler.source import Source, SourceError, load_source
from db import rounds
from db.database import open_database
from db.sources import last_crawls
from pipeline.console import Console, table_lines
from pipeline.errors import RequestError

EXIT_WARNINGS = 3
PAGES_FOLDER = "pages"  # beside the declarations: a folder for each source, with a folder for each saved page
INTERVALS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
}
EARLY = 0.9  # a timer that fires at the same minute each day must not find yesterday's crawl a few seconds too young
SOURCES_FOLDER = Path(__file__).resolve().parent.parent / "crawler" / "sources"
DEMO_SOURCES_FOLDER = Path(__file__).resolve().parent.parent / "crawler" / "demo" / "sources"


@dataclass(frozen=True, slots=True)
class Declarations:
    """The sources of a folder that can be used, by name, and for each file that cannot: why."""

    usable: dict[str, Source]
    broken: dict[str, str]


def read_declarations(folder: Path) -> Declarations:
    """Read every source file of a folder; a broken one does not hide the others. RequestError when there are none."""
    usable: dict[str, Source] = {}
    broken: dict[str, str] = {}
    for path in sorted(folder.glob("*.yml")):
        try:
            usable[path.stem] = load_source(path)
        except SourceError as error:
            broken[path.stem] = str(error)
    if not usable and not broken:
        raise RequestError(f"no source files (*.yml) in {folder}; give another folder with --sources DIR")
    return Declarations(usable, broken)


def choose_sources(folder: Path, names: Sequence[str], console: Console) -> list[str]:
    """The named sources or, without names, every enabled one; files that are broken are told and left out.

    Raises RequestError for a name that is unknown or whose file is broken, and when nothing is enabled.
    """
    declared = read_declarations(folder)
    for name in names:
        _refuse_unusable(declared, name, folder)
    if names:
        return sorted(set(names))
    for message in declared.broken.values():
        console.warn(f"left out: {message}")
    chosen = sorted(name for name, source in declared.usable.items() if source.enabled)
    if not chosen:
        raise RequestError(
            f"no source in {folder} is enabled; the starter catalogue is crawled by: horizon demo; "
            f"a source of yours is enabled by 'enabled: true' in its file"
        )
    return chosen


def due_sources(folder: Path, db_path: Path, console: Console) -> list[str]:
    """The enabled sources that their frequency makes due, or whose last crawl failed or was cut short.

    Empty when none is. A source one of whose hosts wants to be left alone waits until then, and one
    with crawl hours until they begin.
    """
    chosen = choose_sources(folder, [], console)
    known = _known_crawls(db_path)
    declared = read_declarations(folder).usable
    return [name for name in chosen if _is_due(declared[name], known, datetime.now(UTC))]


@dataclass(frozen=True, slots=True)
class _Crawls:
    """What the database knows: name -> (when, status) of the last crawl, rounds under way, host -> left alone until."""

    last: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    unfinished: set[str] = field(default_factory=set)
    pauses: dict[str, tuple[str, int]] = field(default_factory=dict)


def _known_crawls(db_path: Path) -> _Crawls:
    if not db_path.exists():
        return _Crawls()
    db = open_database(db_path, read_only=True)
    try:
        return _Crawls(last_crawls(db), rounds.unfinished(db), rounds.host_pauses(db))
    finally:
        db.conn.close()


def _is_due(source: Source, known: _Crawls, at: datetime) -> bool:
    if not source.may_be_asked(at):
        return False
    hosts = (f"{host}:{port}" if port else host for host, port in source.endpoints)
    if any(datetime.fromisoformat(known.pauses[host][0]) > at for host in hosts if host in known.pauses):
        return False
    when, status = known.last.get(source.name, (None, None))
    if when is None or status == "failed" or source.name in known.unfinished:
        return True
    return at - datetime.fromisoformat(when) >= INTERVALS[source.frequency] * EARLY


def _refuse_unusable(declared: Declarations, name: str, folder: Path) -> None:
    if name in declared.broken:
        raise RequestError(declared.broken[name])
    if name not in declared.usable:
        near = get_close_matches(name, declared.usable, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise RequestError(f"no source {name!r} in {folder}: {hint}see: horizon sources list --sources {folder}")


def find_source(folder: Path, name: str, loopback_port: int | None = None) -> Source:
    """The source of this name; RequestError when there is none or its file is broken."""
    _refuse_unusable(read_declarations(folder), name, folder)
    return load_source(folder / f"{name}.yml", loopback_port)


def list_sources(folder: Path, console: Console) -> int:
    """Print the declared sources as a table. Returns the exit code: 3 when a file had to be left out."""
    declared = read_declarations(folder)
    rows = [
        (name, s.discovery, s.frequency, "yes" if s.enabled else "no", s.verified, s.title)
        for name, s in declared.usable.items()
    ]
    lines = table_lines(("name", "discovery", "frequency", "enabled", "verified", "title"), rows)
    console.result({"sources": [source.model_dump(mode="json") for source in declared.usable.values()]}, lines)
    for message in declared.broken.values():
        console.warn(f"left out: {message}")
    return EXIT_WARNINGS if declared.broken else 0


def show_source(folder: Path, name: str, console: Console) -> int:
    """Print one declaration with its defaults, as YAML. Returns the exit code; RequestError when there is none."""
    declared = read_declarations(folder)
    _refuse_unusable(declared, name, folder)
    values = declared.usable[name].model_dump(mode="json", exclude_none=True)
    console.result(values, yaml.safe_dump(values, sort_keys=False, allow_unicode=True).splitlines())
    return 0


def check_sources(folder: Path, names: Sequence[str], console: Console) -> int:
    """Print what is wrong with each source file, or with those named. Returns the exit code: 1 when any is."""
    declared = read_declarations(folder)
    for name in names:
        if name not in declared.broken:
            _refuse_unusable(declared, name, folder)
    verdicts = {one: _saved_pages(folder, one) for one in declared.usable} | declared.broken
    shown = {name: verdicts[name] for name in sorted(names or verdicts)}
    console.result({"folder": str(folder), "files": shown}, [f"{name}: {text}" for name, text in shown.items()])
    return int(any(not verdict.startswith("ok") for verdict in shown.values()))


def _saved_pages(folder: Path, name: str) -> str:
    """Whether a source's saved pages are read as when they were saved: "ok", or what differs."""
    pages = folder / PAGES_FOLDER / name
    if not pages.is_dir():
        return "ok"
    from crawler.saved import check_cases

    differences = list(check_cases(pages, folder / f"{name}.yml"))
    return "; ".join(differences) or f"ok, {len(list(pages.iterdir()))} saved pages are read as before"


def source_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a source file, as the typed model has it."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Source.model_json_schema()}


def print_schema(console: Console) -> int:
    """Print the JSON Schema of a source file. Returns the exit code."""
    schema = source_schema()
    console.result(schema, json.dumps(schema, indent=2).splitlines())
    return 0
