"""Train: refit the tagger's models from the corpus and reviewers' corrections; install them unless they are worse."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from db.corrections import corrected_listings, corrections_of
from db.database import open_database
from db.migrations import pending_migrations
from db.receipts import stored_annotations
from nlp.annotations import Document
from nlp.corpus_data import MEASURING, Example, load_examples
from nlp.evaluate import Figure
from nlp.model_files import MANIFEST_FILE, MODELS_FOLDER, load_models, models_folder
from nlp.taxonomy_data import default_taxonomy
from nlp.train import FLOORS_FILE, STEPS, measured, plain, train
from pipeline.console import Console, table_lines
from pipeline.errors import RequestError, StageFailedError

DEFAULT_FOLDER = "models"  # beside the database
HEADER = ("figure", "before", "after", "floor")


@dataclass(frozen=True, slots=True)
class TrainPlan:
    """What to train: the database of corrections (or None), where the models go, and whether floors may fall."""

    out: Path
    db_path: Path | None
    lower_floors: bool


def train_models(plan: TrainPlan, console: Console) -> int:
    """Fit, print the scorecard on dev before and after, and install the models; returns the exit code.

    Raises StageFailedError when a figure falls below its pinned floor, unless the plan allows it; nothing is installed.
    """
    extra = corrected_examples(plan.db_path, console) if plan.db_path else []
    plan.out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=plan.out.parent, prefix=".training-") as name:
        with console.progress(STEPS + 1, "training") as bar:
            before = _measured()
            bar.update(1)
            after = train(Path(name), extra=extra, step=lambda: bar.update(1))
        pinned = pinned_floors()
        below = {key: floor for key, floor in pinned.items() if after[key].value < floor}
        rows = _rows(before, after, pinned)
        if below and not plan.lower_floors:
            raise StageFailedError(_refusal(below, after))
        _install(Path(name), plan.out, {} if plan.lower_floors else pinned)
    values = {"models": str(plan.out), "corrected_listings": len(extra), "below_floor": sorted(below), "figures": rows}
    lines = table_lines(HEADER, [[row[column] for column in HEADER] for row in rows])
    console.result(values, [*lines, f"installed in {plan.out}; use them with: HORIZON_MODELS={plan.out} horizon tag"])
    return 3 if console.warned else 0


def _measured() -> dict[str, Figure]:
    """The present models' figures on dev, without a team's own words, as those of the new ones are measured."""
    return measured(load_models(models_folder())[0], default_taxonomy())


def pinned_floors() -> dict[str, float]:
    """The least that each figure on dev may be, as pinned with the models that ship with the package."""
    content = json.loads((MODELS_FOLDER / FLOORS_FILE).read_text(encoding="utf-8"))
    return {name: float(value) for name, value in content["dev"].items()}


def _rows(
    before: Mapping[str, Figure], after: Mapping[str, Figure], floors: Mapping[str, float]
) -> list[dict[str, object]]:
    return [
        {"figure": name, "before": before[name].value, "after": one.value, "floor": floors.get(name, "")}
        for name, one in after.items()
    ]


def _refusal(below: Mapping[str, float], after: Mapping[str, Figure]) -> str:
    said = ", ".join(f"{name} {after[name].value:.3f} (floor {floor:.3f})" for name, floor in below.items())
    return f"below the pinned floor on dev: {said}; nothing is installed; accept it with: horizon train --lower-floors"


def _install(made: Path, out: Path, pinned: Mapping[str, float]) -> None:
    """Put the files in place, the manifest last: a half-copied model is refused for its checksum. Floors never fall."""
    floors = json.loads((made / FLOORS_FILE).read_text(encoding="utf-8"))
    floors["dev"] = {name: max(value, pinned.get(name, 0.0)) for name, value in floors["dev"].items()}
    (made / FLOORS_FILE).write_text(json.dumps(floors, indent=1) + "\n", encoding="utf-8")
    out.mkdir(parents=True, exist_ok=True)
    for path in sorted(made.iterdir(), key=lambda one: one.name == MANIFEST_FILE):
        shutil.move(path, out / path.name)


def corrected_examples(db_path: Path, console: Console) -> list[Example]:
    """Every listing of which a reviewer corrected a theme, labelled by its tags with the corrections in them.

    Texts of dev are left out, since dev only measures; so are corrections that wait for the next `horizon tag`.
    """
    db = open_database(db_path, must_exist=True, read_only=True)
    try:
        if pending_migrations(db):
            raise RequestError(f"{db_path} has an older schema; bring it up to date with: horizon tag --db {db_path}")
        listings = [row for row in corrected_listings(db) if row["read_by"]]
        waiting = len(corrected_listings(db)) - len(listings)
        ids = [row["id"] for row in listings]
        tags, corrections = stored_annotations(db, ids) if ids else {}, corrections_of(db, ids)
    finally:
        db.conn.close()
    if waiting:
        console.warn(f"{waiting} corrected listings are not tagged with their corrections yet; run: horizon tag")
    held = {plain(one.document.text) for one in load_examples(MEASURING)}
    used = [row for row in listings if row["id"] in corrections and plain(row["text"]) not in held]
    if len(used) < len(listings):
        console.warn(f"{len(listings) - len(used)} corrected listings are texts of dev, which only measures: left out")
    if not used:
        console.warn(f"no correction of a theme in {db_path} to learn from: fitted on the corpus alone")
    return [_example(row, tags[row["id"]]) for row in used]


def _example(row: Mapping[str, str], tags: Sequence[Mapping[str, str]]) -> Example:
    report = default_taxonomy().theme_codes
    themes = [tag for tag in tags if tag["kind"] == "theme" and tag["code"] in report]
    criteria = {tag["code"]: tag["verdict"] for tag in tags if tag["kind"] == "criterion"}
    quotes = {tag["code"]: (tag["evidence"],) for tag in tags if tag["kind"] == "criterion" or tag in themes}
    primary = next((tag["code"] for tag in themes if tag["is_primary"]), None)
    document = Document(row["id"], row["title"], row["text"])
    return Example(document, True, tuple(tag["code"] for tag in themes), primary, criteria, quotes)
