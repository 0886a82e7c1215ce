"""The declarations of sources: sources list, show, check."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.commands.common import example, names_argument, sources_option, talking
from pipeline.console import Console


@click.group(epilog=example("horizon sources list"))
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
