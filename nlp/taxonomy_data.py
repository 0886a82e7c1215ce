"""Reads and checks `taxonomy/*.yml`: themes, pledges, criteria, enablers, regions, filtration reasons, word classes."""

from __future__ import annotations

import hashlib
import itertools
import math
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from nlp.taxonomy_model import Criterion, Enabler, Pledge, Reason, Region, Taxonomy, TaxonomyError, Theme, WordClass

TAXONOMY_FOLDER = Path(__file__).parent / "taxonomy"
FILES = ("themes", "pledges", "criteria", "enablers", "regions", "filtration", "word_classes")
MAX_EXPANSIONS = 1_000  # phrases from one braced pattern: the largest of ours makes 754
_BRACES = re.compile(r"\{([^{}]*)\}")


def expand(pattern: str) -> list[str]:
    """Every phrase of a braced pattern: "{a|b} c" gives "a c" and "b c"; "{a |}b" gives "a b" and "b"."""
    pieces = _BRACES.split(pattern)
    choices = [piece.split("|") if place % 2 else [piece] for place, piece in enumerate(pieces)]
    count = math.prod(map(len, choices))
    if count > MAX_EXPANSIONS:
        raise TaxonomyError(f"makes {count} phrases, at most {MAX_EXPANSIONS} are allowed: split it")
    phrases = [" ".join("".join(parts).split()) for parts in itertools.product(*choices)]
    if not all(phrases) or any(mark in phrase for phrase in phrases for mark in "{}"):
        raise TaxonomyError("makes an empty phrase or has unmatched braces: write {a|b} for a or b")
    return phrases


def load_taxonomy(folder: Path = TAXONOMY_FOLDER) -> Taxonomy:
    """Read and check the files in `folder`; raises TaxonomyError for the first fault found."""
    folder = Path(folder)
    raw = {name: _read(folder / f"{name}.yml") for name in FILES}
    taxonomy = Taxonomy(
        themes=_entries(folder, raw, "themes", Theme),
        pledges=_entries(folder, raw, "pledges", Pledge),
        criteria=_entries(folder, raw, "criteria", Criterion),
        enablers=_entries(folder, raw, "enablers", Enabler),
        regions=_entries(folder, raw, "regions", Region),
        reasons=_entries(folder, raw, "filtration", Reason),
        word_classes=_entries(folder, raw, "word_classes", WordClass),
        concepts=_concepts(folder / "criteria.yml", raw["criteria"].get("concepts")),
        cautions=tuple(map(str, _list(raw["criteria"].get("planned_concepts")))),
        decoys=tuple(map(str, _list(raw["criteria"].get("decoy_concepts")))),
        enabler_concepts=_concepts(folder / "enablers.yml", raw["enablers"].get("concepts")),
        enabler_decoys=tuple(map(str, _list(raw["enablers"].get("decoy_concepts")))),
        sources={name: " ".join(str(raw[name]["source"]).split()) for name in FILES},
        versions={name: str(raw[name]["version"]) for name in FILES},
        version=_digest(folder),
    )
    _check_references(taxonomy, folder)
    return taxonomy


@cache
def default_taxonomy() -> Taxonomy:
    """The taxonomy that ships with the package, read once a process."""
    return load_taxonomy()


def _read(path: Path) -> dict[str, object]:
    """One file's mapping, with the keys that every file has."""
    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - a safe loader, in C
    except FileNotFoundError:
        raise TaxonomyError(
            f"{path}: no such file; the taxonomy needs {', '.join(f'{n}.yml' for n in FILES)}"
        ) from None
    except yaml.YAMLError as error:
        raise TaxonomyError(f"{path}: not YAML: {error}") from error
    missing = [key for key in ("version", "source", "terms") if not isinstance(content, dict) or key not in content]
    if missing:
        raise TaxonomyError(f"{path}: missing {', '.join(missing)}; a file has version, source and terms")
    return dict(content)


Entry = TypeVar("Entry", bound=BaseModel)


def _entries(folder: Path, raw: Mapping[str, dict[str, object]], file: str, model: type[Entry]) -> tuple[Entry, ...]:
    """The file's terms as checked entries with unique codes."""
    path, terms = folder / f"{file}.yml", raw[file]["terms"]
    if not isinstance(terms, list) or not terms:
        raise TaxonomyError(f"{path}: terms must be a list with at least one entry")
    entries = tuple(_entry(path, position, term, model) for position, term in enumerate(terms, start=1))
    codes = [str(getattr(entry, "code", "")) for entry in entries]
    doubled = sorted({code for code in codes if codes.count(code) > 1})
    if doubled:
        raise TaxonomyError(f"{path}: code {', '.join(doubled)} given twice; codes are unique in a file")
    return entries


def _entry(path: Path, position: int, term: object, model: type[Entry]) -> Entry:
    """One checked entry; the error names the file, the entry, the key and the allowed keys."""
    try:
        return model.model_validate(term)
    except ValidationError as error:
        first = error.errors()[0]
        code = term.get("code", "without code") if isinstance(term, dict) else "no mapping"
        key = ".".join(str(part) for part in first["loc"]) or "entry"
        allowed = ", ".join(model.model_fields)
        raise TaxonomyError(f"{path}: entry {position} ({code}): {key}: {first['msg']}; keys: {allowed}") from error


def _concepts(path: Path, content: object) -> dict[str, tuple[str, ...]]:
    """The named lists of braced phrases; an item "@name" stands for the whole list of that name, given before it."""
    concepts: dict[str, tuple[str, ...]] = {}
    if not isinstance(content, dict):
        raise TaxonomyError(f"{path}: concepts: must map names to lists of phrases")
    for name, phrases in content.items():
        if not isinstance(phrases, list) or not all(isinstance(phrase, str) for phrase in phrases):
            raise TaxonomyError(f"{path}: concepts: {name}: must be a list of phrases")
        others = tuple(phrase[1:] for phrase in phrases if phrase.startswith("@"))
        _known(path, name, others, list(concepts), "earlier concept")
        own = [phrase for phrase in phrases if not phrase.startswith("@")]
        concepts[name] = (*own, *(phrase for other in others for phrase in concepts[other]))
    return concepts


def _check_references(taxonomy: Taxonomy, folder: Path) -> None:
    """Everything that is named exists, and every pattern expands or compiles."""
    pledges = [pledge.code for pledge in taxonomy.pledges]
    criteria = [criterion.code for criterion in taxonomy.criteria]
    for criterion in taxonomy.criteria:
        _known(folder / "criteria.yml", criterion.code, (criterion.pledge,), pledges, "pledge")
        _check_rules(folder / "criteria.yml", criterion, taxonomy.concepts)
    for enabler in taxonomy.enablers:
        _known(folder / "enablers.yml", enabler.code, enabler.themes, list(taxonomy.theme_codes), "theme")
        _known(folder / "enablers.yml", enabler.code, enabler.criteria, criteria, "criterion")
        _check_rules(folder / "enablers.yml", enabler, taxonomy.enabler_concepts)
    _known(folder / "enablers.yml", "decoy_concepts", taxonomy.enabler_decoys, taxonomy.enabler_concepts, "concept")
    _known(folder / "criteria.yml", "planned_concepts", taxonomy.cautions, taxonomy.concepts, "concept")
    _known(folder / "criteria.yml", "decoy_concepts", taxonomy.decoys, taxonomy.concepts, "concept")
    for pledge in taxonomy.pledges:
        commitments = [commitment.id for commitment in pledge.commitments]
        for commitment in pledge.commitments:
            _known(folder / "pledges.yml", commitment.id, commitment.criteria, criteria, "criterion")
            _known(folder / "pledges.yml", commitment.id, commitment.refreshed, commitments, "commitment")
    _check_patterns(taxonomy, folder)


def _check_rules(path: Path, entry: Criterion | Enabler, concepts: Mapping[str, tuple[str, ...]]) -> None:
    """Every concept that a rule names exists."""
    for rule in entry.rules:
        _known(path, entry.code, (*rule.all, *rule.none, *rule.near, *rule.without), concepts, "concept")


def _check_patterns(taxonomy: Taxonomy, folder: Path) -> None:
    """Every braced phrase expands; every regular expression compiles."""
    phrases = [("themes.yml", t.code, cue) for t in taxonomy.themes for cue in t.cues]
    phrases += [("regions.yml", r.code, alias) for r in taxonomy.regions for alias in r.aliases]
    phrases += [("criteria.yml", name, phrase) for name, many in taxonomy.concepts.items() for phrase in many]
    phrases += [("enablers.yml", name, phrase) for name, many in taxonomy.enabler_concepts.items() for phrase in many]
    phrases += [("filtration.yml", r.code, phrase) for r in taxonomy.reasons for phrase in r.words]
    for file, code, phrase in phrases:
        _attempt(folder / file, code, expand, phrase)
    for reason in taxonomy.reasons:
        for pattern in (*reason.title, *reason.opening):
            _attempt(folder / "filtration.yml", reason.code, re.compile, pattern)


def _attempt(path: Path, code: str, action: Callable[[str], object], pattern: str) -> None:
    try:
        action(pattern)
    except (TaxonomyError, re.error) as error:
        raise TaxonomyError(f"{path}: {code}: pattern {pattern!r}: {error}") from error


def _list(content: object) -> list[object]:
    return content if isinstance(content, list) else []


def _known(path: Path, owner: str, named: tuple[str, ...], allowed: object, kind: str) -> None:
    """Every name in `named` is one of `allowed`."""
    options = list(allowed) if isinstance(allowed, list | Mapping) else []
    unknown = [name for name in named if name not in options]
    if unknown:
        raise TaxonomyError(f"{path}: {owner}: no {kind} {', '.join(unknown)}; there are: {', '.join(options)}")


def _digest(folder: Path) -> str:
    """12 hexadecimal digits over the bytes of all files, in a fixed order."""
    digest = hashlib.sha256()
    for name in FILES:
        content = (folder / f"{name}.yml").read_bytes()
        digest.update(f"{name}:{len(content)}:".encode() + content)
    return digest.hexdigest()[:12]
