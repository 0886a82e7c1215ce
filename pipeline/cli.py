"""The command line: one verb per stage. Bodies only hand over; heavy imports wait for the command that needs them."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO, TypeVar

import click

from pipeline.console import Console

Command = TypeVar("Command", bound=Callable[..., Any])

DEFAULT_DB = "data/innovations.db"
EXIT_CODES = """\b
Exit codes:
  0    done
  1    a stage failed; the message says which, and what to do
  2    the command was misused; its --help says how it is used
  3    done, with warnings (a source below its floor, say)
  130  interrupted
"""
EXIT_FAILED = 1
EXIT_MISUSE = 2
EXIT_WARNINGS = 3
EXIT_INTERRUPTED = 130

db_option = click.option(
    "--db",
    "db_path",
    type=click.Path(dir_okay=False, path_type=Path),
    default=DEFAULT_DB,
    envvar="HORIZON_DB",
    show_default=True,
    show_envvar=True,
    help="The database file.",
)
sources_option = click.option(
    "--sources",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Read source declarations from this folder instead of the ones that come along.",
)
port_option = click.option(
    "--loopback-port",
    type=click.IntRange(1, 65535),
    envvar="HORIZON_LOOPBACK_PORT",
    hidden=True,
    help="Use this port in place of the one declared for loopback addresses.",
)
names_argument = click.argument("names", metavar="[SOURCE]...", nargs=-1)


def talking(command: Command) -> Command:
    """Add --json, -v and -q, and hand the command a Console in their place."""

    def with_console(*args: Any, as_json: bool, verbose: bool, quiet: bool, **kwargs: Any) -> Any:
        console = Console(as_json, 1 if verbose else -1 if quiet else 0)
        try:
            return command(*args, console=console, **kwargs)
        except Exception as error:  # told in a sentence when it is one of those meant for people, else raised as it is
            return _told(error, console)

    with_console.__name__, with_console.__doc__ = command.__name__, command.__doc__
    with_console.__click_params__ = getattr(command, "__click_params__", [])  # type: ignore[attr-defined]
    for option in (
        click.option("-q", "--quiet", is_flag=True, help="Say only what is wrong."),
        click.option("-v", "--verbose", is_flag=True, help="Say more, down to the traceback of an error."),
        click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output, for machines."),
    ):
        with_console = option(with_console)
    return with_console  # type: ignore[return-value]


def _use_models(_context: click.Context, _option: click.Parameter, folder: Path | None) -> None:
    """Name the folder in the environment, where the tagger looks for it, in every process of this command."""
    if folder is not None:
        os.environ["HORIZON_MODELS"] = str(folder)


models_option = click.option(
    "--models",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    envvar="HORIZON_MODELS",
    show_envvar=True,
    expose_value=False,
    callback=_use_models,
    help="Use the models in this folder, as horizon train made them, in place of those that come along.",
)


def example(*lines: str) -> str:
    """The end of a command's help: an example to copy. A test runs each of them."""
    return "\b\nExample:\n" + "\n".join(f"  {line}" for line in lines)


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EXIT_CODES + "\n" + example("horizon demo --no-serve"),
)
@click.version_option(package_name="innovation-pipeline", prog_name="horizon")
def cli() -> None:
    """Find health and care innovations, tag them with evidence, join duplicates, serve and export them."""


@cli.command(epilog=example("horizon crawl demo-nice --sources crawler/demo/sources"))
@names_argument
@sources_option
@port_option
@db_option
@talking
def crawl(
    names: tuple[str, ...], folder: Path | None, loopback_port: int | None, db_path: Path, console: Console
) -> int:
    """Fetch listings from every enabled source, or from the sources named.

    The sources of the starter catalogue are on the demo site, which runs with: python -m crawler.demo.site
    """
    from pipeline.crawl import CrawlPlan, crawl_sources
    from pipeline.job import started_job
    from pipeline.sources import SOURCES_FOLDER, choose_sources

    folder = folder or SOURCES_FOLDER
    plan = CrawlPlan(choose_sources(folder, names, console), folder, loopback_port)
    with started_job(db_path, "crawl", console) as job:
        crawl_sources(job, plan)
        return _reported(job)


@cli.command(epilog=example("horizon tag", "horizon tag listings.jsonl > tags.jsonl"))
@click.argument("file", required=False, type=click.File("r", encoding="utf-8-sig", errors="surrogateescape"))
@click.option("--jobs", type=click.IntRange(min=1), help="Processes at work on FILE. [default: one a core]")
@click.option("--again", is_flag=True, help="Tag every listing of the database anew, not only what is due.")
@models_option
@db_option
@talking
def tag(file: TextIO | None, jobs: int | None, again: bool, db_path: Path, console: Console) -> int:
    """Tag what is new or changed: is it an innovation, which themes and pledges, and which sentence proves it.

    With FILE (or - for standard input) the database is left alone: FILE holds JSON Lines with id, title and text, and
    one JSON object is written to standard output for each.
    """
    from pipeline.job import started_job
    from pipeline.tag import tag_listings
    from pipeline.tag_file import tag_file

    if file is not None:
        return tag_file(file, jobs, console)
    with started_job(db_path, "tag", console, must_exist=True) as job:
        tag_listings(job, again=again)
        return _reported(job)


@cli.command(epilog=example("horizon track"))
@click.option("--again", is_flag=True, help="Make the events of every stored version anew, with the present tagger.")
@db_option
@talking
def track(again: bool, db_path: Path, console: Console) -> int:
    """Note what changed in each listing since its version before: figures, marks, evidence, sites, themes, its end."""
    from pipeline.job import started_job
    from pipeline.track.stage import track_changes

    with started_job(db_path, "track", console, must_exist=True) as job:
        track_changes(job, again=again)
        return _reported(job)


@cli.command(epilog=example("horizon resolve"))
@click.option("--again", is_flag=True, help="Read and compare every listing anew, not only what changed.")
@db_option
@talking
def resolve(again: bool, db_path: Path, console: Console) -> int:
    """Join listings that are about the same innovation into one."""
    from pipeline.job import started_job
    from pipeline.resolve.stage import resolve_stage

    with started_job(db_path, "resolve", console, must_exist=True) as job:
        resolve_stage(job, again=again)
        return _reported(job)


@cli.command(epilog=example("horizon judge --doubtful 10", "horizon judge --list"))
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
        return _reported(job)


@cli.command(
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


@cli.command(epilog=example("horizon export --region HI-SW --format xlsx --out lists"))
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
        return _reported(job)


@cli.command(epilog=example("horizon report --out report"))
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


@cli.command(epilog=example("horizon run --sources crawler/demo/sources"))
@names_argument
@sources_option
@click.option("--due", is_flag=True, help="Crawl only the sources that their frequency makes due: for a timer.")
@click.option(
    "--export/--no-export", "exporting", default=True, show_default=True, help="Write the regions' lists at the end."
)
@port_option
@models_option
@db_option
@talking
def run(
    names: tuple[str, ...],
    folder: Path | None,
    due: bool,
    exporting: bool,
    loopback_port: int | None,
    db_path: Path,
    console: Console,
) -> int:
    """Do every stage in order, with validation between them: crawl, tag, resolve, export.

    A run that was killed is simply run again: every stage takes up only what is not done yet.
    """
    from pipeline.crawl import CrawlPlan
    from pipeline.job import started_job
    from pipeline.run import RunPlan, run_stages
    from pipeline.sources import SOURCES_FOLDER, choose_sources, due_sources

    folder = folder or SOURCES_FOLDER
    chosen = due_sources(folder, db_path, console) if due else choose_sources(folder, names, console)
    exports = db_path.parent / "exports" if exporting else None
    with started_job(db_path, "run", console) as job:
        run_stages(job, RunPlan(CrawlPlan(chosen, folder, loopback_port), exports))
        return _reported(job)


@cli.command(epilog=example("horizon serve --port 8001"))
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


@cli.command(epilog=example("horizon backup monday.db"))
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


@cli.command(epilog=example("horizon restore monday.db"))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@db_option
@talking
def restore(file: Path, db_path: Path, console: Console) -> int:
    """Put a backup back in place of the database; what was there before is kept beside it."""
    from pipeline.safekeeping import put_backup_back

    return put_backup_back(file, db_path, console)


@cli.command(epilog=example("horizon demo --no-serve"))
@click.option(
    "--serve/--no-serve", "serving", default=True, show_default=True, help="Serve the result until interrupted."
)
@click.option("--port", type=click.IntRange(0, 65535), default=8001, show_default=True, help="Port to serve on.")
@db_option
@talking
def demo(serving: bool, port: int, db_path: Path, console: Console) -> int:
    """Run everything on the starter catalogue: crawl a site on loopback, tag, resolve, export, and serve the result."""
    from pipeline.demo import check_port, demo_site, run_demo, serve_demo

    if serving:
        check_port(port)
    with demo_site(console) as site:
        exports, status = run_demo(db_path, site, console)
        if serving:
            serve_demo(db_path, exports, port, console)
    return EXIT_WARNINGS if status == "warnings" else 0


@cli.command(epilog=example("horizon doctor --deep"))
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


@cli.command(epilog=example("horizon evaluate"))
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


@cli.command(epilog=example("horizon train --out models"))
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


@cli.group(epilog=example("horizon sources list"))
def sources() -> None:
    """List, show and check the declarations of sources."""


@sources.command("list", epilog=example("horizon sources list --sources crawler/demo/sources"))
@sources_option
@talking
def sources_list(folder: Path | None, console: Console) -> int:
    """List every declared source."""
    from pipeline.sources import SOURCES_FOLDER, list_sources

    return list_sources(folder or SOURCES_FOLDER, console)


@sources.command("show", epilog=example("horizon sources show demo-nice --sources crawler/demo/sources"))
@click.argument("name")
@sources_option
@talking
def sources_show(name: str, folder: Path | None, console: Console) -> int:
    """Show one declaration as it is understood, with every default filled in."""
    from pipeline.sources import SOURCES_FOLDER, show_source

    return show_source(folder or SOURCES_FOLDER, name, console)


@sources.command("check", epilog=example("horizon sources check"))
@names_argument
@sources_option
@talking
def sources_check(names: tuple[str, ...], folder: Path | None, console: Console) -> int:
    """Check every source file: unknown keys, missing values, a polite delay, a contact address."""
    from pipeline.sources import SOURCES_FOLDER, check_sources

    return check_sources(folder or SOURCES_FOLDER, names, console)


def main(arguments: list[str] | None = None) -> None:
    """Entry point of `horizon`: run the command and turn how it ended into an exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a stop by the system ends as tidily as Ctrl-C
    try:
        code = cli.main(arguments, prog_name="horizon", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted. What was stored stays; run the same command again to go on.", err=True)
        code = EXIT_INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output left: nothing to say to anyone
        code = 1
    sys.exit(code)


def _reported(job: Any) -> int:
    job.report()
    return EXIT_WARNINGS if job.status == "warnings" else 0


def _told(error: Exception, console: Console) -> int:
    from pipeline.errors import RequestError, advice, is_expected

    if isinstance(error, click.exceptions.Exit | click.ClickException | BrokenPipeError) or not is_expected(error):
        raise error
    if console.verbosity > 0:
        click.echo("".join(traceback.format_exception(error)), err=True)
    context = click.get_current_context(silent=True)
    told = f"{error}{advice(error, context.params.get('db_path') if context else None)}"
    click.echo(click.style("Error: ", fg="red") + told, err=True, color=console.color)
    return EXIT_MISUSE if isinstance(error, RequestError) else EXIT_FAILED


if __name__ == "__main__":
    main()
