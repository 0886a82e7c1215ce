"""The stages of the job, alone and in order: crawl, tag, track, resolve, run, demo."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

import click

from pipeline.commands.common import (
    EXIT_WARNINGS,
    db_option,
    example,
    models_option,
    names_argument,
    port_option,
    reported,
    sources_option,
    talking,
)
from pipeline.console import Console


@click.command(epilog=example("horizon crawl demo-nice --sources crawler/demo/sources"))
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
        return reported(job)


@click.command(epilog=example("horizon tag", "horizon tag listings.jsonl > tags.jsonl"))
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
        return reported(job)


@click.command(epilog=example("horizon track"))
@click.option("--again", is_flag=True, help="Make the events of every stored version anew, with the present tagger.")
@db_option
@talking
def track(again: bool, db_path: Path, console: Console) -> int:
    """Note what changed in each listing since its version before: figures, marks, evidence, sites, themes, its end."""
    from pipeline.job import started_job
    from pipeline.track.stage import track_changes

    with started_job(db_path, "track", console, must_exist=True) as job:
        track_changes(job, again=again)
        return reported(job)


@click.command(epilog=example("horizon resolve"))
@click.option("--again", is_flag=True, help="Read and compare every listing anew, not only what changed.")
@db_option
@talking
def resolve(again: bool, db_path: Path, console: Console) -> int:
    """Join listings that are about the same innovation into one."""
    from pipeline.job import started_job
    from pipeline.resolve.stage import resolve_stage

    with started_job(db_path, "resolve", console, must_exist=True) as job:
        resolve_stage(job, again=again)
        return reported(job)


@click.command(epilog=example("horizon run --sources crawler/demo/sources"))
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
        return reported(job)


@click.command(epilog=example("horizon demo --no-serve"))
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
