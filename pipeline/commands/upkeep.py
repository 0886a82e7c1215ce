"""Keeping the database and the models: backup, restore, doctor, evaluate, train."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pipeline.commands.common import db_option, example, models_option, reported, sources_option, talking
from pipeline.console import Console


@click.command(epilog=example("horizon backup monday.db"))
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--keep", type=click.IntRange(min=1), help="Delete all but this many of the backups in the default folder."
)
@db_option
@talking
def backup(file: Path | None, keep: int | None, db_path: Path, console: Console) -> int:
    """Write a checked, consistent copy of the database, also while others write to it.

    Do not copy the file yourself: with a run or the site at work, a plain copy comes out malformed, since part of the
    content is still in the -wal file beside it. Without FILE the copy goes to backups/, beside the database.
    """
    from pipeline.safekeeping import make_backup

    return make_backup(db_path, file, keep, console)


@click.command(epilog=example("horizon restore monday.db"))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@db_option
@talking
def restore(file: Path, db_path: Path, console: Console) -> int:
    """Put a backup back in place of the database; what was there before is kept beside it."""
    from pipeline.safekeeping import put_backup_back

    return put_backup_back(file, db_path, console)


@click.command(epilog=example("horizon doctor --deep"))
@click.option("--deep", is_flag=True, help="Also compute every stored tag again from the stored texts.")
@sources_option
@models_option
@db_option
@talking
def doctor(deep: bool, folder: Path | None, db_path: Path, console: Console) -> int:
    """Check the machine, the database, the models and the source files, and say what to do."""
    from pipeline.doctor import examine, tell
    from pipeline.sources import SOURCES_FOLDER

    return tell(examine(db_path, folder or SOURCES_FOLDER, deep=deep), console)


@click.command(epilog=example("horizon evaluate"))
@click.argument("labels", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--pages",
    type=click.Choice(["rendered", "long", "short"]),
    help="Measure on the texts as pages instead: as the demo site shows them, among menus and teasers, or only begun.",
)
@models_option
@db_option
@talking
def evaluate(labels: Path | None, pages: str | None, db_path: Path, console: Console) -> int:
    """Measure the tagger against labels and keep the scorecard in the database.

    LABELS is JSON Lines of the form of nlp/corpus/dev.jsonl, which is what is measured on without it.
    """
    from pipeline.evaluate import evaluate_pages, evaluate_tagger

    return evaluate_pages(db_path, labels, pages, console) if pages else evaluate_tagger(db_path, labels, console)


@click.command(epilog=example("horizon train --out models"))
@click.option(
    "--out", "folder", type=click.Path(file_okay=False, path_type=Path), help="[default: models, beside the database]"
)
@click.option("--decisions", "reviewed", is_flag=True, help="Learn from reviewers' corrections and rejections too.")
@click.option("--lower-floors", is_flag=True, help="Accept models that fall below a pinned figure, and pin theirs.")
@models_option
@db_option
@talking
def train(folder: Path | None, reviewed: bool, lower_floors: bool, db_path: Path, console: Console) -> int:
    """Fit the tagger's models anew from the labelled corpus and show their figures before and after.

    The models in use stay as they are: name the new folder with --models or HORIZON_MODELS to use it.
    """
    from pipeline.train import train_models

    out = folder or db_path.parent / "models"
    return train_models(db_path, out, console, reviewed=reviewed, lower_floors=lower_floors)


@click.command(epilog=example('horizon forget "Jane Example" --by "A. Reviewer"'))
@click.argument("words", nargs=-1)
@click.option("--listing", metavar="ID", help="Forget one listing whole, instead of words.")
@click.option("--by", "author", envvar="HORIZON_AUTHOR", show_envvar=True, help="Who does it; kept with the record.")
@click.option("--reason", help="Why; kept with the record.")
@db_option
@talking
def forget(words: tuple[str, ...], db_path: Path, console: Console, **asked: Any) -> int:
    """Take WORDS (a name, say) out of everything that is stored, and keep them from coming back with a later crawl.

    In every version of every text, in tags, events, notes and logs. The list of what was forgotten holds no words,
    only salted digests of them.
    """
    from pipeline.forget import Request
    from pipeline.forget import forget as forget_everywhere
    from pipeline.job import started_job

    with started_job(db_path, "forget", console, must_exist=True) as job:
        forget_everywhere(job, Request(words, **asked))
        return reported(job)
