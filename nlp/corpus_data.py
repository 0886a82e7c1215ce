"""The labelled corpus as typed examples, with the groups that cross-validation keeps together."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nlp.annotations import Document

CORPUS_FOLDER = Path(__file__).parent / "corpus"
FITTING = ("train", "single", "own")
ADJUDICATED = ("train", "single")  # of the same kind as dev: what is counted in cross-validation
MEASURING = "dev"
KEYS = ("id", "title", "text", "listing", "themes", "primary", "criteria", "evidence")


class CorpusError(ValueError):
    """A corpus file that cannot be used; the message names file and line."""


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled document. criteria: code -> verdict. quotes: theme or criterion code -> stretches of the text."""

    document: Document
    listing: bool
    themes: tuple[str, ...]
    primary: str | None
    criteria: Mapping[str, str]
    quotes: Mapping[str, tuple[str, ...]]


def load_examples(*names: str, folder: Path = CORPUS_FOLDER) -> list[Example]:
    """The examples of the named files ("train", "single", "dev"), in the files' order."""
    return [example for name in names for example in read_examples(folder / f"{name}.jsonl")]


def read_examples(path: Path) -> list[Example]:
    """The examples of one file of JSON Lines; CorpusError names the line that is not one."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [_example(path, number, line) for number, line in enumerate(lines, start=1)]


def _example(path: Path, number: int, line: str) -> Example:
    """One line as an example; quotes that are not in the text are an error."""
    try:
        record = json.loads(line)
    except ValueError as error:
        raise CorpusError(f"{path}:{number}: not JSON: {error}") from None
    missing = [key for key in KEYS if key not in record]
    if missing:
        raise CorpusError(f"{path}:{number}: missing {', '.join(missing)}; a record has {', '.join(KEYS)}")
    quotes = {code: tuple(many) for code, many in record["evidence"].items()}
    quotes |= {code: tuple(label["quotes"]) for code, label in record["criteria"].items()}
    astray = [quote for many in quotes.values() for quote in many if quote not in record["text"]]
    if astray:
        raise CorpusError(f"{path}:{number}: quote not in the text: {astray[0]!r}")
    document = Document(record["id"], record["title"], record["text"])
    verdicts = {code: str(label["verdict"]) for code, label in record["criteria"].items()}
    return Example(document, record["listing"], tuple(record["themes"]), record["primary"], verdicts, quotes)


def group_numbers(examples: Sequence[Example], folder: Path = CORPUS_FOLDER) -> NDArray[np.intp]:
    """One number an example: the same for examples that are, or probably are, about the same innovation."""
    groups = json.loads((folder / "groups.json").read_text(encoding="utf-8"))
    parent: dict[str, str] = {}

    def root(member: str) -> str:
        while parent.setdefault(member, member) != member:
            member = parent[member]
        return member

    for members in (*groups["groups"], *groups["probable"]):
        for member in members:
            parent[root(member)] = root(members[0])
    numbers = {one: place for place, one in enumerate(sorted({root(one.document.id) for one in examples}))}
    return np.array([numbers[root(one.document.id)] for one in examples], dtype=np.intp)


def corpus_digest(folder: Path = CORPUS_FOLDER) -> str:
    """12 hexadecimal digits over the corpus files."""
    digest = hashlib.sha256()
    for name in (*FITTING, MEASURING):
        digest.update((folder / f"{name}.jsonl").read_bytes())
    digest.update((folder / "groups.json").read_bytes())
    return digest.hexdigest()[:12]
