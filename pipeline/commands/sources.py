"""The declarations of sources: sources list, show, add, parse, check, schema."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pipeline.commands.common import db_option, example, names_argument, port_option, sources_option, talking
from pipeline.console import Console


@click.group(epilog=example("horizon sources list"))
def sources() -> None:
    """List, show, add and check the declarations of sources, and see what is read with them."""


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
@click.option("--live", is_flag=True, help="Ask each site for its start address and two listings, and say how it is.")
@click.option("--enable", is_flag=True, help="Enable those that pass, with today as the day verified; asks live.")
@sources_option
@port_option
@db_option
@talking
def sources_check(
    names: tuple[str, ...],
    live: bool,
    enable: bool,
    folder: Path | None,
    loopback_port: int | None,
    db_path: Path,
    console: Console,
) -> int:
    """Check every source file, and whether its saved pages are read as before; with --live the site itself."""
    from pipeline.live_checks import Checks, check_live
    from pipeline.sources import SOURCES_FOLDER, check_sources

    folder = folder or SOURCES_FOLDER
    if live or enable:
        return check_live(Checks(folder, names, enable, loopback_port), db_path, console)
    return check_sources(folder, names, console)


@sources.command(
    "add", epilog=example("horizon sources add trusts http://127.0.0.1:8770/demo-trusts/innovation --sources sources")
)
@click.argument("name")
@click.argument("url")
@click.option(
    "--contact", envvar="HORIZON_CONTACT", show_envvar=True, help="Address that the site's owners can write to."
)
@click.option(
    "--sources", "folder", type=click.Path(file_okay=False, path_type=Path), help="Folder that the file is written to."
)
@port_option
@talking
def sources_add(url: str, folder: Path | None, loopback_port: int | None, console: Console, **asked: Any) -> int:
    """Look at a site and write a declaration for it, with the pages looked at as test cases.

    URL is best the page that lists the innovations, or a feed, sitemap, JSON interface or table. What could not be
    decided is said, and stands at the top of the file.
    """
    from crawler.source import at_port
    from pipeline.source_files import add_source
    from pipeline.sources import SOURCES_FOLDER

    return add_source(folder or SOURCES_FOLDER, asked["name"], at_port(url, loopback_port), asked["contact"], console)


@sources.command("parse", epilog=example("horizon sources parse demo-nice --sources crawler/demo/sources"))
@click.argument("name")
@click.argument("what", metavar="[FILE|URL]", required=False)
@click.option(
    "--as", "role", type=click.Choice(["discovery", "detail"]), help="The kind of page. [default: as it looks]"
)
@sources_option
@port_option
@talking
def sources_parse(folder: Path | None, loopback_port: int | None, console: Console, **asked: Any) -> int:
    """Show what would be stored of a page: of a saved FILE, of a URL, or of the source's start address."""
    from pipeline.source_files import parse_source
    from pipeline.sources import SOURCES_FOLDER, find_source

    source = find_source(folder or SOURCES_FOLDER, asked["name"], loopback_port)
    return parse_source(source, asked["what"], asked["role"], console)


@sources.command("schema", epilog=example("horizon sources schema"))
@talking
def sources_schema(console: Console) -> int:
    """Print the JSON Schema of a source file, for editors that complete and check YAML by it."""
    from pipeline.sources import print_schema

    return print_schema(console)
