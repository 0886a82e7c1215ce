"""What the commands share: options, the console, how an end is told."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

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


def reported(job: Any) -> int:
    """Tell how the job ended; its exit code."""
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
