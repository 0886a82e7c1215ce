"""What a command says: results on standard output, talk and progress on standard error."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

import click


class Progress(Protocol):
    """Something that can be told how many more steps are done."""

    def update(self, n_steps: int) -> None:
        """Count `n_steps` more as done."""


class _Silent:
    def update(self, n_steps: int) -> None:
        """A log or a pipe is spared the bar."""


@dataclass(frozen=True, slots=True)
class Console:
    """How much to say, and to whom: as_json for machines; verbosity -1 quiet, 0 normal, 1 verbose."""

    as_json: bool = False
    verbosity: int = 0
    warned: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        """Tell a person how it goes (standard error; silent when quiet)."""
        if self.verbosity >= 0:
            click.echo(text, err=True, color=self.color)

    def detail(self, text: str) -> None:
        """Tell what only -v wants to know."""
        if self.verbosity > 0:
            click.echo(text, err=True, color=self.color)

    def warn(self, text: str) -> None:
        """Tell of something wrong that stopped nothing, and remember it; quiet does not hide it."""
        self.warned.append(text)
        click.echo(click.style("Warning: ", fg="yellow") + text, err=True, color=self.color)

    def result(self, values: Mapping[str, object], lines: Sequence[str]) -> None:
        """The outcome on standard output: `values` as one JSON object with --json, else `lines`."""
        if self.as_json:
            click.echo(json.dumps(values, ensure_ascii=False, sort_keys=True))
        elif self.verbosity >= 0:
            for line in lines:
                click.echo(line, color=self.color)

    @contextmanager
    def progress(self, length: int, label: str) -> Iterator[Progress]:
        """A progress bar on a terminal; nothing in a log, with --json or when quiet."""
        if self.as_json or self.verbosity < 0 or length == 0 or not sys.stderr.isatty():
            yield _Silent()
            return
        with click.progressbar(length=length, label=label, file=sys.stderr, color=self.color) as bar:
            yield bar

    @property
    def color(self) -> bool | None:
        """False when NO_COLOR is set to anything (https://no-color.org), else None: click asks the terminal."""
        return False if os.environ.get("NO_COLOR") else None


def table_lines(header: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """Rows under a header, in columns as wide as their widest cell."""
    cells = [[str(value) for value in row] for row in (header, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
