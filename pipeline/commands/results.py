"""What is done with the innovations found: judge, changes, export, report, serve."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pipeline.commands.common import db_option, example, reported, talking
from pipeline.console import Console


@click.command(epilog=example("horizon judge --doubtful 10", "horizon judge --list"))
@click.argument("subjects", metavar="[ID]...", nargs=-1)
@click.option("--same", "verdict", flag_value="same", help="They are one innovation.")
@click.option("--different", "verdict", flag_value="different", help="They are different innovations.")
@click.option("--unsure", "verdict", flag_value="unsure", help="It cannot be told; the model goes on deciding.")
@click.option("--withdraw", "verdict", flag_value="withdraw", help="Take back what was judged of them.")
@click.option("--split", metavar="INNOVATION", help="Part these listings from the rest of this innovation.")
@click.option("--by", "author", envvar="HORIZON_AUTHOR", show_envvar=True, help="Who judges; kept with the judgement.")
@click.option("--reason", help="Why; kept with the judgement.")
@click.option("--list", "listing", is_flag=True, help="Show what is judged, the latest first.")
@click.option("--doubtful", type=click.IntRange(min=1), help="Show so many pairs of which the model is least sure.")
@db_option
@talking
def judge(subjects: tuple[str, ...], db_path: Path, console: Console, **asked: Any) -> int:
    """Say of listings or innovations (by their ids) that they are the same, or not. It always wins over the model.

    Innovations are joined or parted at once. A judgement is never overwritten, survives re-crawls, and can be taken
    back with --withdraw.
    """
    from pipeline.job import started_job
    from pipeline.judge import Request, answer

    with started_job(db_path, "judge", console, must_exist=True) as job:
        answer(job, Request(subjects, **asked))
        return reported(job)


@click.command(
    epilog=example("horizon changes --kind figure-changed --kind closed", "horizon changes may.csv september.json")
)
@click.argument("old", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("new", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--since", metavar="DAY", help="Noticed on this day (2026-11-02) or later. [default: a week ago]")
@click.option("--kind", "kinds", multiple=True, help="Only changes of this kind; again for more. [default: all]")
@click.option("--theme", metavar="CODE", help="Only of innovations with this theme.")
@click.option("--key", metavar="COLUMN", help="The column of OLD that tells records apart. [default: found]")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write every change to this CSV file.")
@db_option
@talking
def changes(
    old: Path | None, new: Path | None, key: str | None, out: Path | None, db_path: Path, console: Console, **asked: Any
) -> int:
    """Say what changed lately: a figure, a mark, evidence, a site, a theme, an end, each with its sentences.

    With OLD and NEW the database is left alone: they are two editions of a list (CSV, JSON or JSON Lines), and what
    is told is which records were added, dropped, and changed field by field. Columns are matched by what stands in
    them, however they are named; what is only written otherwise (case, spaces, dates) is no change.
    """
    from pipeline.list_changes import tell_changes
    from pipeline.recent_changes import Request, tell_recent

    if old is None:
        tell_recent(db_path, Request(**asked), out, console)
    elif new is None:
        raise click.UsageError("give both editions, OLD and NEW, or none for the database's changes")
    else:
        tell_changes(old, new, key, out, console)
    return 0


@click.command(epilog=example("horizon export --region HI-SW --format xlsx --out lists"))
@click.option(
    "--region", "regions", multiple=True, metavar="CODE", help="A network's code; again for more. [default: all]"
)
@click.option("--format", "formats", multiple=True, type=click.Choice(["csv", "xlsx"]), help="[default: both]")
@click.option(
    "--out", "folder", type=click.Path(file_okay=False, path_type=Path), help="[default: exports, beside the database]"
)
@db_option
@talking
def export(
    regions: tuple[str, ...], formats: tuple[str, ...], folder: Path | None, db_path: Path, console: Console
) -> int:
    """Write one candidate list per region, as CSV and XLSX."""
    from db.scan import record_flow
    from pipeline.export.stage import export_stage
    from pipeline.job import started_job

    with started_job(db_path, "export", console, must_exist=True) as job:
        export_stage(job, folder or db_path.parent / "exports", regions, formats or ("csv", "xlsx"))
        record_flow(job.db, job.run_id)
        return reported(job)


@click.command(epilog=example("horizon report --out report"))
@click.option("--run", metavar="RUN", help="The run whose flow is shown. [default: the latest]")
@click.option(
    "--out", "folder", type=click.Path(file_okay=False, path_type=Path), help="[default: report, beside the database]"
)
@db_option
@talking
def report(run: str | None, folder: Path | None, db_path: Path, console: Console) -> int:
    """Write the picture of the scan as HTML and JSON: flow, yields, blind spots, and what was missed."""
    from pipeline.report.stage import write_report

    write_report(db_path, run, folder or db_path.parent / "report", console)
    return 0


@click.command(epilog=example("horizon serve --port 8001"))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8001,
    show_default=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.option("--open-sql", is_flag=True, help="Let anyone who can open the site run read-only SQL.")
@db_option
@talking
def serve(host: str, port: int, open_sql: bool, db_path: Path, console: Console) -> int:
    """Serve the searchable pipeline with Datasette until interrupted."""
    from pipeline.site.serve import serve as serve_site

    def announce(address: str) -> None:
        console.say(f"serving {db_path} on {address} (stop with Ctrl-C)")

    serve_site(db_path, host=host, port=port, open_sql=open_sql, announce=announce)
    return 0
