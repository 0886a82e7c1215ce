"""The typed model of `taxonomy/*.yml`: themes, pledges, criteria, enablers, regions, filtration reasons."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

TAXONOMY_FOLDER = Path(__file__).parent / "taxonomy"
FILES = ("themes", "pledges", "criteria", "enablers", "regions", "filtration")
MAX_EXPANSIONS = 400  # phrases from one braced pattern: the largest of ours makes 300
_BRACES = re.compile(r"\{([^{}]*)\}")


class TaxonomyError(ValueError):
    """A taxonomy file that cannot be used; the message names file, entry, fault and allowed values."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Theme(_Strict):
    """One of the report's themes; cues are braced phrases that speak for it."""

    code: str
    label: str
    definition: str
    cues: tuple[str, ...] = Field(min_length=1)


class Commitment(_Strict):
    """One commitment under a pledge, in our words; `refreshed` names what it became."""

    id: str
    wording: int | str
    text: str
    criteria: tuple[str, ...]
    refreshed: tuple[str, ...] = ()


class Pledge(_Strict):
    """One pledge with its commitments in both wordings."""

    code: str
    label: str
    refreshed_label: str
    definition: str
    commitments: tuple[Commitment, ...]


class Rule(_Strict):
    """A sentence satisfies a rule when it holds a phrase of every concept in `all` and of none in `none`.

    `near` widens `all` to the whole listing: a phrase of each of those concepts must occur somewhere in it.
    `score` (0 to 1) is how often such a sentence was right in the labelled corpus, judged when the rule was written.
    """

    all: tuple[str, ...] = Field(min_length=1)
    none: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    score: float = Field(gt=0, le=1)


class Criterion(_Strict):
    """One checkable criterion of a pledge, with the rules that find its sentence."""

    code: str
    pledge: str
    label: str
    definition: str
    can_be_planned: bool = True
    rules: tuple[Rule, ...] = Field(min_length=1)


class Enabler(_Strict):
    """One of the report's ten enablers."""

    code: str
    label: str
    definition: str


class Region(_Strict):
    """One of the 15 networks under both its names; aliases are braced phrases."""

    code: str
    name: str
    former: str
    aliases: tuple[str, ...] = ()


class Reason(_Strict):
    """Why a page is no listing, in plain words; title and opening are regular expressions (any case), words braced phrases."""

    code: str
    reason: str
    title: tuple[str, ...] = ()
    opening: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Term:
    """One row for the reference table of terms; kind is theme, pledge, criterion or enabler."""

    kind: str
    code: str
    label: str
    definition: str
    parent: str | None
    position: int
    source: str
    version: str


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """Everything in the taxonomy files. version is a digest of all of them: it changes when any byte does."""

    themes: tuple[Theme, ...]
    pledges: tuple[Pledge, ...]
    criteria: tuple[Criterion, ...]
    enablers: tuple[Enabler, ...]
    regions: tuple[Region, ...]
    reasons: tuple[Reason, ...]
    concepts: Mapping[str, tuple[str, ...]]
    cautions: tuple[str, ...]
    sources: Mapping[str, str]
    versions: Mapping[str, str]
    version: str

    @property
    def theme_codes(self) -> tuple[str, ...]:
        """The theme codes in the report's order."""
        return tuple(theme.code for theme in self.themes)

    def terms(self) -> list[Term]:
        """Themes, pledges, criteria and enablers as rows, each kind in its own order, counted from 1."""
        kinds = (("theme", "themes"), ("pledge", "pledges"), ("criterion", "criteria"), ("enabler", "enablers"))
        return [
            Term(kind, t.code, t.label, t.definition, getattr(t, "pledge", None), position, *self._origin(file))
            for kind, file in kinds
            for position, t in enumerate(getattr(self, file), start=1)
        ]

    def _origin(self, file: str) -> tuple[str, str]:
        return self.sources[file], self.versions[file]


def expand(pattern: str) -> list[str]:
    """Every phrase of a braced pattern: "{a|b} c" gives "a c" and "b c"; "{a |}b" gives "a b" and "b"."""
    pieces = _BRACES.split(pattern)
    choices = [piece.split("|") if place % 2 else [piece] for place, piece in enumerate(pieces)]
    phrases = [" ".join("".join(parts).split()) for parts in itertools.product(*choices)]
    if len(phrases) > MAX_EXPANSIONS:
        raise TaxonomyError(f"makes {len(phrases)} phrases, at most {MAX_EXPANSIONS} are allowed: split it")
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
        concepts=_concepts(folder / "criteria.yml", raw["criteria"].get("concepts")),
        cautions=tuple(raw["criteria"].get("planned_concepts", ())),
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
        for rule in criterion.rules:
            named = (*rule.all, *rule.none, *rule.near)
            _known(folder / "criteria.yml", criterion.code, named, taxonomy.concepts, "concept")
    _known(folder / "criteria.yml", "planned_concepts", taxonomy.cautions, taxonomy.concepts, "concept")
    for pledge in taxonomy.pledges:
        commitments = [commitment.id for commitment in pledge.commitments]
        for commitment in pledge.commitments:
            _known(folder / "pledges.yml", commitment.id, commitment.criteria, criteria, "criterion")
            _known(folder / "pledges.yml", commitment.id, commitment.refreshed, commitments, "commitment")
    _check_patterns(taxonomy, folder)


def _check_patterns(taxonomy: Taxonomy, folder: Path) -> None:
    """Every braced phrase expands; every regular expression compiles."""
    phrases = [("themes.yml", t.code, cue) for t in taxonomy.themes for cue in t.cues]
    phrases += [("regions.yml", r.code, alias) for r in taxonomy.regions for alias in r.aliases]
    phrases += [("criteria.yml", name, phrase) for name, many in taxonomy.concepts.items() for phrase in many]
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
