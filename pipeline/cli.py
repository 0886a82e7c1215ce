"""The command line: one verb per stage. Bodies only hand over; heavy imports wait for the command that needs them."""

from __future__ import annotations

import signal
import sys

import click

from pipeline.commands import results, sources, stages, upkeep
from pipeline.commands.common import EXIT_CODES, EXIT_INTERRUPTED, example


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EXIT_CODES + "\n" + example("horizon demo --no-serve"),
)
@click.version_option(package_name="innovation-pipeline", prog_name="horizon")
def cli() -> None:
    """Find health and care innovations, tag them with evidence, join duplicates, serve and export them."""


for _command in (
    stages.crawl,
    stages.tag,
    stages.track,
    stages.resolve,
    stages.run,
    stages.demo,
    results.judge,
    results.changes,
    results.export,
    results.report,
    results.serve,
    upkeep.backup,
    upkeep.restore,
    upkeep.forget,
    upkeep.doctor,
    upkeep.evaluate,
    upkeep.train,
    sources.sources,
):
    cli.add_command(_command)


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


if __name__ == "__main__":
    main()
