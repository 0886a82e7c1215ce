"""Sources as the commands see them: choosing, listing, showing and checking declarations."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

import yaml

from crawler.source import SourceError, load_source, load_sources
from pipeline.console import Console, table_lines
from pipeline.errors import RequestError

SOURCES_FOLDER = Path(__file__).resolve().parent.parent / "crawler" / "sources"
DEMO_SOURCES_FOLDER = Path(__file__).resolve().parent.parent / "crawler" / "demo" / "sources"


def choose_sources(folder: Path, names: Sequence[str]) -> list[str]:
    """The named sources or, without names, every enabled one. Raises RequestError for unknown names or none enabled."""
    declared = load_sources(folder)
    for name in names:
        if name not in declared:
            near = get_close_matches(name, declared, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            raise RequestError(f"no source {name!r} in {folder}: {hint}see: horizon sources list --sources {folder}")
    chosen = list(dict.fromkeys(names)) or [name for name, source in declared.items() if source.enabled]
    if not chosen:
        raise RequestError(
            f"no source in {folder} is enabled; the starter catalogue is crawled by: horizon demo; "
            f"a source of yours is enabled by 'enabled: true' in its file"
        )
    return sorted(chosen)


def list_sources(folder: Path, console: Console) -> int:
    """Print the declared sources as a table. Returns the exit code."""
    declared = load_sources(folder)
    rows = [
        (name, s.discovery, s.frequency, "yes" if s.enabled else "no", s.verified, s.title)
        for name, s in declared.items()
    ]
    lines = table_lines(("name", "discovery", "frequency", "enabled", "verified", "title"), rows)
    console.result({"sources": [source.model_dump(mode="json") for source in declared.values()]}, lines)
    return 0


def show_source(folder: Path, name: str, console: Console) -> int:
    """Print one declaration with its defaults, as YAML. Returns the exit code; RequestError when there is none."""
    source = load_sources(folder)[choose_sources(folder, [name])[0]]
    values = source.model_dump(mode="json", exclude_none=True)
    console.result(values, yaml.safe_dump(values, sort_keys=False, allow_unicode=True).splitlines())
    return 0


def check_sources(folder: Path, console: Console) -> int:
    """Print what is wrong with each source file. Returns the exit code: 1 when any is."""
    verdicts = check_files(folder)
    console.result({"folder": str(folder), "files": verdicts}, [f"{file}: {text}" for file, text in verdicts.items()])
    return int(any(verdict != "ok" for verdict in verdicts.values()))


def check_files(folder: Path) -> dict[str, str]:
    """Each source file with "ok" or what is wrong with it; one bad file does not hide the others."""
    verdicts: dict[str, str] = {}
    for path in sorted(folder.glob("*.yml")):
        try:
            load_source(path)
            verdicts[path.name] = "ok"
        except SourceError as error:
            verdicts[path.name] = str(error)
    if not verdicts:
        raise RequestError(f"no source files (*.yml) in {folder}; give another folder with --sources DIR")
    return verdicts
