"""Tag a file for other programs: JSON Lines in, JSON Lines out, without a database."""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TextIO

from nlp.annotations import Annotation, Document, Evidence, Tagging
from nlp.tagger import Tagger
from nlp.taxonomy_data import default_taxonomy
from pipeline.console import Console

CHUNK_DOCUMENTS = 200  # handed to a worker at a time: chosen so that handing over is small beside tagging
PARALLEL_FROM_DOCUMENTS = 600  # below this, starting workers takes longer than they save (measured: about 0.4 s)
EXIT_WARNINGS = 3
NOT_EVIDENCED = "not-evidenced"


@dataclass(slots=True)
class Outcome:
    """What became of the lines: how many were tagged, and what was wrong with the others."""

    tagged: int = 0
    faults: list[str] = field(default_factory=list)


def tag_file(file: TextIO, jobs: int | None, console: Console) -> int:
    """Tag a file to standard output; returns the exit code: 3 when lines had to be left out."""
    outcome = tag_lines(file, sys.stdout, file.name, console, jobs)
    console.detail(f"{outcome.tagged} tagged, {len(outcome.faults)} left out")
    return EXIT_WARNINGS if outcome.faults else 0


def tag_lines(lines: TextIO, out: TextIO, name: str, console: Console, jobs: int | None = None) -> Outcome:
    """Write one JSON object for each good line of `lines`, in order; a bad line is told by its number and left out.

    Memory stays flat however long the input; `jobs` is the number of processes (default: one a core).
    """
    outcome = Outcome()
    for tagging in tag_documents(read_documents(lines, name, outcome, console), jobs):
        out.write(_line(as_json(tagging)))
        outcome.tagged += 1
    return outcome


def _line(values: dict[str, Any]) -> str:
    text = json.dumps(values, ensure_ascii=False)
    if not text.isascii() and any(map(_is_surrogate, text)):
        text = json.dumps(values)  # half a character pair has no UTF-8, but has a JSON escape
    return text + "\n"


def _is_surrogate(character: str) -> bool:
    return "\ud800" <= character <= "\udfff"


def read_documents(lines: Iterable[str], name: str, outcome: Outcome, console: Console) -> Iterator[Document]:
    """The documents of JSON Lines with id, title and text; faults are told and counted in `outcome`."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield _document(line)
        except ValueError as error:
            outcome.faults.append(f"{name}, line {number}: {error}")
            console.warn(outcome.faults[-1])


def _document(line: str) -> Document:
    """One line; ValueError says what is wrong with it and what is allowed."""
    values = _parsed(line)
    for key in ("id", "text"):
        if key not in values:
            raise ValueError(f"lacks {key!r}; each line is an object with id, title and text")
    for key in ("title", "text"):
        if not isinstance(values.get(key) or "", str):
            raise ValueError(f"{key!r} is a {type(values[key]).__name__}; it has to be text")
    if not isinstance(values["id"], str | int):
        raise ValueError(f"'id' is a {type(values['id']).__name__}; it has to be text or a whole number")
    return Document(str(values["id"]), values.get("title") or "", values["text"] or "")


def _parsed(line: str) -> dict[str, Any]:
    if not line.isascii() and any(map(_is_surrogate, line)):
        raise ValueError("not UTF-8")
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not a JSON object: {error}") from None
    if not isinstance(values, dict):
        raise ValueError(f"not a JSON object but a {type(values).__name__}; each line is {{id, title, text}}")
    return values


def tag_documents(documents: Iterator[Document], jobs: int | None = None) -> Iterator[Tagging]:
    """Tag a stream of documents in order, on several processes where there are enough of them."""
    first = list(islice(documents, PARALLEL_FROM_DOCUMENTS))
    workers = jobs or os.cpu_count() or 1
    tagger = Tagger.load()
    if workers == 1 or len(first) < PARALLEL_FROM_DOCUMENTS:
        yield from tagger.tag(first)
        yield from tagger.tag(documents)
        return
    with multiprocessing.get_context("spawn").Pool(workers, initializer=_load) as pool:
        for taggings in pool.imap(_tag, _chunks(first, documents)):
            yield from taggings


def _chunks(first: Sequence[Document], rest: Iterator[Document]) -> Iterator[list[Document]]:
    for start in range(0, len(first), CHUNK_DOCUMENTS):
        yield list(first[start : start + CHUNK_DOCUMENTS])
    while chunk := list(islice(rest, CHUNK_DOCUMENTS)):
        yield chunk


_loaded: list[Tagger] = []


def _load() -> None:
    _loaded.append(Tagger.load())


def _tag(documents: list[Document]) -> list[Tagging]:
    return list(_loaded[0].tag(documents))


def as_json(tagging: Tagging) -> dict[str, Any]:
    """A tagging as other programs read it; offsets count characters of the document's text."""
    themes = [one for one in tagging.annotations if one.kind == "theme"]
    criteria = [one for one in tagging.annotations if one.kind == "criterion"]
    return {
        "id": tagging.id,
        "listing": tagging.filtration.kept,
        "reason": tagging.filtration.reason,
        "primary": tagging.primary,
        "themes": [_scored(one) for one in themes],
        "criteria": {
            one.code: {"verdict": one.verdict, "score": one.score, "evidence": _evidence(one.evidence)}
            for one in criteria
        },
        "pledges": _pledges(criteria),
        "enablers": [_scored(one) for one in tagging.annotations if one.kind == "enabler"],
        "facets": _facets(tagging.annotations),
        "figures": [
            {**one.detail, "evidence": _evidence(one.evidence)} for one in tagging.annotations if one.kind == "figure"
        ],
        "all_scores": dict(tagging.all_scores),
    }


def _scored(one: Annotation) -> dict[str, Any]:
    return {"id": one.code, "score": one.score, "evidence": _evidence(one.evidence)}


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {"text": evidence.text, "start": evidence.start, "end": evidence.end}


def _pledges(criteria: Sequence[Annotation]) -> dict[str, str]:
    """Met when any criterion of it is met, planned when any is planned and none is met (the tagging guide)."""
    verdicts: dict[str, set[str]] = {pledge.code: set() for pledge in default_taxonomy().pledges}
    for one in criteria:
        verdicts[one.code.split(".")[0]].add(one.verdict or "")
    return {
        code: next((verdict for verdict in ("met", "planned") if verdict in found), NOT_EVIDENCED)
        for code, found in verdicts.items()
    }


def _facets(annotations: Sequence[Annotation]) -> dict[str, list[dict[str, Any]]]:
    facets: dict[str, list[dict[str, Any]]] = {}
    for one in annotations:
        if one.kind == "facet":
            facet, _, code = one.code.partition(":")
            facets.setdefault(facet, []).append({"code": code, "evidence": _evidence(one.evidence)})
    return facets
