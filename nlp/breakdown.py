"""Where the tagger does better and worse: theme figures by length of text, kind of publisher and region."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nlp.corpus_data import CORPUS_FOLDER, Example
from nlp.evaluate import BOOTSTRAP_SEED, INTERVAL, Case, f1

ORIGINS_FILE = "origins.json"
RESAMPLES = 500
# Thirds of the corpus' texts, rounded.
SHORT_WORDS, LONG_WORDS = 130, 165
NO_REGION = "no one network's"
# A region with fewer texts is shown with the others of its like.
MIN_DOCUMENTS = 15
SMALL_REGIONS = "the other networks', together"
KINDS = {
    "a network": r"ahsn|academic health science|health innovation|innovation agency|uclpartners|innovation accelerator"
    r"|digitalhealth\.london|imperial college health",
    "government or national body": r"nhs england|nhsx|gov\.uk|nice|government|nihr|health research|department"
    r"|public health|nhs digital|health education|nhs employers|nhs scotland|nhs wales|nhs confederation|cqc",
    "a journal or university": r"bmj|journal|university|pmc|pubmed|medrxiv|bmc|lancet|college|research|frontiers|plos"
    r"|archives|wiley|springer|elsevier",
    "a trust, practice, board or council": r"trust|hospital|icb|ccg|council|practice|care partnership|health board"
    r"|ics\b|integrated care|nhs ",
}
OTHER_KIND = "press, company, charity and others"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the documents: themes' micro-F1 with its 95 % bootstrap interval, primary themes right, counts."""

    name: str
    documents: int
    positives: int
    micro: float
    low: float
    high: float
    primary: float


def parts(examples: Sequence[Example], cases: Sequence[Case], folder: Path = CORPUS_FOLDER) -> list[Part]:
    """The figures of every part, by length, then publisher, then region; small regions are taken together."""
    origins = json.loads((folder / ORIGINS_FILE).read_text(encoding="utf-8"))
    counts = Counter(_origin(origins, one)[1] for one in examples)

    def region(one: Example) -> str:
        code = _origin(origins, one)[1]
        named = code if counts[code] >= MIN_DOCUMENTS else SMALL_REGIONS
        return f"region: {named if code else NO_REGION}"

    def publisher(one: Example) -> str:
        return f"published by {_kind(_origin(origins, one)[0])}"

    keys: tuple[Callable[[Example], str], ...] = (_length, publisher, region)
    return [part for key in keys for part in _by(key, examples, cases)]


def _by(key: Callable[[Example], str], examples: Sequence[Example], cases: Sequence[Case]) -> Iterable[Part]:
    groups: dict[str, list[Case]] = {}
    for example, case in zip(examples, cases, strict=True):
        groups.setdefault(key(example), []).append(case)
    return [_part(name, groups[name]) for name in sorted(groups)]


def _part(name: str, cases: Sequence[Case]) -> Part:
    random = np.random.default_rng(BOOTSTRAP_SEED)
    counts = np.array([np.sum(list(case.themes.values()), axis=0) for case in cases])
    rows = (random.integers(0, len(cases), len(cases)) for _ in range(RESAMPLES))
    low, high = np.percentile([f1(counts[row].sum(axis=0).tolist()) for row in rows], INTERVAL)
    right, due = np.sum([case.primary for case in cases], axis=0)
    total = counts.sum(axis=0).tolist()
    return Part(
        name,
        len(cases),
        total[0] + total[2],
        round(f1(total), 3),
        round(float(low), 3),
        round(float(high), 3),
        round(float(right / due), 3) if due else 0.0,
    )


def _length(example: Example) -> str:
    words = len(example.document.text.split())
    if words < SHORT_WORDS:
        return f"length: under {SHORT_WORDS} words"
    return f"length: {SHORT_WORDS} to {LONG_WORDS} words" if words <= LONG_WORDS else f"length: over {LONG_WORDS} words"


def _origin(origins: Mapping[str, tuple[str, str | None]], example: Example) -> tuple[str, str | None]:
    return origins.get(example.document.id, ("", None))


def _kind(publisher: str) -> str:
    """The kind of a publisher by its name, the first that fits."""
    return next((kind for kind, names in KINDS.items() if re.search(names, publisher, re.IGNORECASE)), OTHER_KIND)


def as_table(found: Sequence[Part]) -> str:
    """The parts as a Markdown table."""
    lines = [
        f"| {one.name} | {one.documents} | {one.micro:.3f} [{one.low:.3f}, {one.high:.3f}] | {one.positives} "
        f"| {one.primary:.3f} |"
        for one in found
    ]
    return "\n".join(
        ["| part | texts | themes, micro-F1 | n | primary right |", "| --- | --- | --- | --- | --- |", *lines]
    )
