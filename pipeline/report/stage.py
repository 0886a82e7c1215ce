"""Report: the picture of the scan as one HTML page and one JSON file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader
from sqlite_utils import Database

from db.database import open_database, snapshot
from db.migrations import migrate
from db.scan import flow_runs, read_scan
from db.scan_views import FEW, FEW_TWICE
from pipeline.console import Console
from pipeline.errors import RequestError
from pipeline.export.files import write_whole
from pipeline.report.figure import flow_figure

Rows = Sequence[Mapping[str, Any]]

ASSUMPTIONS = (
    "What there is to be found did not change while the sources were read (a closed population).",
    "Every source finds every innovation with the same chance. Where some are easier to find than others, or some "
    "sources find more, which is so here, the figure is a lower bound and its interval is too narrow.",
    "Sources do not copy from one another. Where they do, more are seen twice, and the figure is too low.",
    "Duplicates are joined without error. Each listing that was not joined to its innovation makes the figure higher.",
)
SCOPES = {"run": "What this run found for the first time", "release": "Everything, as it stands after this run"}
DIMENSIONS = {"source": "Source", "theme": "Theme", "region": "Region", "setting": "Care setting", "group": "Group"}


def write_report(db_path: Path, run: str | None, folder: Path, console: Console) -> None:
    """Write report.html and report.json of a run (default: the latest) to a folder; RequestError for an unknown run."""
    db = open_database(db_path, must_exist=True)
    try:
        migrate(db)
        with snapshot(db):
            content = report_content(db, run)
    finally:
        db.conn.close()
    page = as_html(content)
    write_whole(folder / "report.json", lambda part: _write(part, as_json(content)))
    write_whole(folder / "report.html", lambda part: _write(part, page))
    console.result({"report": str(folder / "report.html"), **content}, [*summary(content), f"{folder / 'report.html'}"])


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def report_content(db: Database, run: str | None) -> dict[str, Any]:
    """Everything that the report says, as JSON-able values."""
    runs = flow_runs(db)
    if not runs:
        raise RequestError("no run has been counted yet; make one with: horizon run, or horizon export")
    if run is not None and run not in runs:
        raise RequestError(f"there is no run {run!r} with a flow; there are: {', '.join(runs)}")
    chosen = run or runs[0]
    limits = {"few": FEW, "few_twice": FEW_TWICE}
    return {"run": chosen, **read_scan(db, chosen), "assumptions": list(ASSUMPTIONS), "limits": limits}


def as_json(content: Mapping[str, Any]) -> str:
    """The content as a JSON text with keys in order."""
    return json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def as_html(content: Mapping[str, Any]) -> str:
    """The content as one page that needs nothing beside it; everything stored is escaped."""
    loader = PackageLoader("pipeline.report", ".")
    environment = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.get_template("page.html").render(
        **content,
        scopes=SCOPES,
        dimensions=DIMENSIONS,
        boxes=flow_boxes(content["flow"]),
        figures={scope: flow_figure([row for row in content["flow"] if row["scope"] == scope]) for scope in SCOPES},
    )


def flow_boxes(flow: Rows) -> dict[str, dict[str, int]]:
    """scope -> step -> count, reasons added up."""
    boxes: dict[str, dict[str, int]] = {}
    for row in flow:
        steps = boxes.setdefault(row["scope"], {})
        steps[row["step"]] = steps.get(row["step"], 0) + row["count"]
    return boxes


def summary(content: Mapping[str, Any]) -> list[str]:
    """The picture in a few lines."""
    boxes = flow_boxes(content["flow"])["release"]
    lines = [
        f"{boxes.get('found', 0)} listings found, {boxes.get('not an innovation', 0)} not an innovation, "
        f"{boxes.get('duplicates', 0)} duplicates, {boxes.get('innovations', 0)} innovations, "
        f"{boxes.get('innovations', 0) - boxes.get('not yet screened', 0)} screened, "
        f"{boxes.get('passed on', 0)} passed on",
        f"{len(content['blind_spots'])} themes, regions, settings and groups with fewer than {FEW} innovations",
    ]
    for row in content["estimate"]:
        if row["low"] is not None:
            doubt = "" if row["is_enough"] else f" (few seen twice: {row['seen_twice']}; take it as a guess)"
            lines.append(
                f"by {row['occasion']}s: at least {row['estimate']} innovations there to be found "
                f"(95 % {row['low']} to {row['high']}), {row['seen']} seen{doubt}"
            )
    return lines
