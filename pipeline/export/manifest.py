"""manifest.json beside the lists: for each file its checksum, rows and the run that wrote this content."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline.export.files import write_whole

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """One written list. run is the run that first wrote this very content; is_changed: whether this run did."""

    path: Path
    region: str
    format: str
    rows: int
    sha256: str
    run: str | None
    is_changed: bool


def known_runs(folder: Path) -> dict[tuple[str, str], str | None]:
    """(file name, SHA-256) -> the run that wrote it, from the manifest there; empty where there is none to read."""
    return {(entry["file"], entry["sha256"]): entry["run"] for entry in _entries(folder)}


def write_manifest(folder: Path, files: Sequence[ExportedFile]) -> None:
    """Bring the manifest up to date: these files, and those of earlier exports that are still there."""
    entries = {entry["file"]: entry for entry in _entries(folder) if (folder / entry["file"]).exists()}
    for file in files:
        values = asdict(file)
        entries[file.path.name] = {
            "file": file.path.name,
            **{name: values[name] for name in ("region", "format", "rows", "sha256", "run")},
        }
    content = json.dumps({"files": [entries[name] for name in sorted(entries)]}, indent=2, ensure_ascii=False) + "\n"
    write_whole(folder / MANIFEST, lambda part: _write_text(part, content))


def _write_text(path: Path, content: str) -> None:
    path.write_text(content, encoding="utf-8")


def _entries(folder: Path) -> list[dict[str, str]]:
    try:
        entries = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
        return [entry for entry in entries if {"file", "sha256", "run"} <= entry.keys()]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []
