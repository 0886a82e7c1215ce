"""Reads and checks `taxonomy/facets/*.yml` and a team's own files, of facets and of themes, in one more folder."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from nlp.facet_model import Cue, Extension, Facet, Guards, Pattern, Value, Vocabulary
from nlp.taxonomy_data import TAXONOMY_FOLDER, default_taxonomy, expand
from nlp.taxonomy_model import TaxonomyError
from nlp.theme_data import ThemeShelf
from nlp.theme_model import OwnTheme, ThemeExtension

FACETS_FOLDER = TAXONOMY_FOLDER / "facets"
# Names the folder with a team's own vocabulary files.
EXTRA_VARIABLE = "HORIZON_VOCABULARY"
PHRASE_KEYS = ("phrases", "cased", "needs", "needs_anywhere", "never", "not_after", "not_before", "ignore")
KINDS = "facet: NAME for a new facet, theme: NAME for a new theme, or extends: NAME to add to a facet or theme"

Entry = Facet | Extension | OwnTheme | ThemeExtension


def extra_folder() -> Path | None:
    """The folder that the environment names for a team's own vocabulary, or None."""
    named = os.environ.get(EXTRA_VARIABLE, "").strip()
    return Path(named) if named else None


def load_facets(
    folder: Path = FACETS_FOLDER, extra: Path | None = None, report: Sequence[str] | None = None
) -> Vocabulary:
    """The facets in `folder` and, after them, facets and themes in `extra`; TaxonomyError for the first fault found.

    report: the codes of the report's themes, to which cues can be added (default: those that ship with the package).
    """
    facets: dict[str, Facet] = {}
    shelf = ThemeShelf(default_taxonomy().theme_codes if report is None else report)
    digests: dict[str, list[str]] = {}
    for path in _paths(folder, extra):
        entry, content = _read(path, shelf)
        name = _placed(path, entry, facets, shelf)
        digests.setdefault(name, []).append(content)
    _check_implied(facets)
    versions = {name: _digest(digests[name]) for name in sorted(facets)}
    theme_versions = {code: _digest(digests[code]) for code in sorted(shelf.themes)}
    version = _digest([*versions.items(), *theme_versions.items()])
    ordered = {name: facets[name] for name in versions}
    return Vocabulary(ordered, versions, version, {code: shelf.themes[code] for code in theme_versions}, theme_versions)


def _placed(path: Path, entry: Entry, facets: dict[str, Facet], shelf: ThemeShelf) -> str:
    """Put what a file holds in its place; returns the name of the facet or the code of the theme."""
    if isinstance(entry, OwnTheme | ThemeExtension):
        return shelf.add(path, entry, facets)
    merged = _extended(path, entry, facets, shelf) if isinstance(entry, Extension) else _new(path, entry, facets, shelf)
    facets[merged.facet] = merged
    return merged.facet


@cache
def default_facets() -> Vocabulary:
    """The vocabulary that ships with the package, read once a process."""
    return load_facets()


def _paths(folder: Path, extra: Path | None) -> list[Path]:
    """The vocabulary files, those of `extra` last, each folder's in the order of their names."""
    paths = []
    for place in (folder, *([extra] if extra else [])):
        if not place.is_dir():
            raise TaxonomyError(f"{place}: no such folder; {EXTRA_VARIABLE} names a folder of .yml files")
        paths += sorted(path for path in place.iterdir() if path.suffix in (".yml", ".yaml"))
    return paths


def _read(path: Path, shelf: ThemeShelf) -> tuple[Entry, str]:
    """One file, checked, and a digest of its bytes."""
    raw = path.read_bytes()
    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        content = yaml.load(raw.decode(), Loader=loader)  # noqa: S506 - a safe loader, in C
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise TaxonomyError(f"{path}: not YAML in UTF-8: {error}") from error
    entry = _validated(path, content, _model(path, content, shelf))
    _check_phrases(path, entry)
    return entry, hashlib.sha256(raw).hexdigest()


def _model(path: Path, content: object, shelf: ThemeShelf) -> type[Entry]:
    """What kind of file it is, by the one key that says so and, for an extension, by what it names."""
    if not isinstance(content, dict) or sum(key in content for key in ("facet", "theme", "extends")) != 1:
        raise TaxonomyError(f"{path}: give exactly one of {KINDS}")
    if "extends" in content:
        named = str(content["extends"])
        if not shelf.knows(named) and "cues" in content:
            raise TaxonomyError(f"{path}: extends: no theme {named}; cues can be added to: {shelf.codes()}")
        return ThemeExtension if shelf.knows(named) else Extension
    return Facet if "facet" in content else OwnTheme


def _validated(path: Path, content: dict[str, Any], model: type[Entry]) -> Entry:
    """The file as its model; the error names file, key, value and what is allowed there."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "file"
        owner, allowed = _located(content, model, first["loc"])
        next_step = "mend it, then check with: horizon doctor"
        raise TaxonomyError(f"{path}: {where}{owner}: {first['msg']}; allowed keys: {allowed}; {next_step}") from error


def _located(content: dict[str, Any], model: type[Entry], where: Sequence[int | str]) -> tuple[str, str]:
    """The code of the value that `where` lies in, in brackets, and the keys allowed there."""
    parts: dict[str, type[Value] | type[Pattern] | type[Cue]] = {"values": Value, "patterns": Pattern, "cues": Cue}
    if len(where) < 2 or where[0] not in parts or not isinstance(where[1], int):
        return "", ", ".join(model.model_fields)
    entry = content[str(where[0])][where[1]]
    code = entry.get("code") if isinstance(entry, dict) else None
    named = f" ({code or 'without code'})" if where[0] != "cues" else ""
    return named, ", ".join(parts[str(where[0])].model_fields)


def _check_phrases(path: Path, entry: Entry) -> None:
    """Every braced phrase expands, every regular expression compiles, every value can be found, no code twice."""
    for owner, one in _owners(entry):
        for key in PHRASE_KEYS:
            for phrase in getattr(one, key, ()):
                _attempt(path, f"{owner}: {key}", phrase)
    if isinstance(entry, OwnTheme | ThemeExtension):
        return
    for pattern in entry.patterns:
        _attempt_regex(path, pattern)
    codes = [value.code for value in entry.values]
    doubled = sorted({code for code in codes if codes.count(code) > 1})
    if doubled:
        raise TaxonomyError(f"{path}: values: code {', '.join(doubled)} given twice; codes are unique in a facet")


def _owners(entry: Entry) -> list[tuple[str, BaseModel]]:
    """Everything in a file that holds phrases, each with the name that a message gives it."""
    if isinstance(entry, OwnTheme | ThemeExtension):
        name = entry.theme if isinstance(entry, OwnTheme) else entry.extends
        return [(name, entry), *((f"{name}: cues.{place}", cue) for place, cue in enumerate(entry.cues))]
    owners: list[tuple[str, BaseModel]] = [(entry.facet if isinstance(entry, Facet) else entry.extends, entry)]
    for value in entry.values:
        owners += [(value.code, one) for one in (value, *value.more)]
    return owners + [(pattern.code, pattern) for pattern in entry.patterns]


def _attempt(path: Path, owner: str, phrase: str) -> None:
    try:
        expand(phrase)
    except TaxonomyError as error:
        raise TaxonomyError(f"{path}: {owner}: phrase {phrase!r}: {error}") from error


def _attempt_regex(path: Path, pattern: Pattern) -> None:
    """The expression compiles and its templates name only groups that it has."""
    try:
        groups = re.compile(pattern.regex).groups
        for template in (pattern.code, pattern.label):
            template.format(*range(groups + 1))
    except (re.error, IndexError, KeyError, ValueError) as error:
        fault = f"regex {pattern.regex!r}: {error}; templates name its groups as {{1}}, {{2}}"
        raise TaxonomyError(f"{path}: {pattern.code}: {fault}") from error


def _new(path: Path, facet: Facet, facets: dict[str, Facet], shelf: ThemeShelf) -> Facet:
    if shelf.knows(facet.facet):
        raise TaxonomyError(f"{path}: facet: {facet.facet} is a theme's name; choose another, then: horizon doctor")
    if facet.facet in facets:
        hint = f"write extends: {facet.facet} to add to it, or choose another name"
        raise TaxonomyError(f"{path}: facet: {facet.facet} is there already; {hint}")
    missing = [value.code for value in facet.values if not value.label]
    if missing:
        raise TaxonomyError(f"{path}: values ({missing[0]}): label: missing; a value of a new facet has code and label")
    return facet


def _extended(path: Path, entry: Extension, facets: dict[str, Facet], shelf: ThemeShelf) -> Facet:
    """The named facet with the file's values and phrases added."""
    _check_extends(path, entry.extends, facets, shelf)
    facet = facets[entry.extends]
    values = {value.code: value for value in facet.values}
    for value in entry.values:
        if value.code not in values and not value.label:
            raise TaxonomyError(f"{path}: values ({value.code}): label: missing; a new value has code and label")
        values[value.code] = _joined(values[value.code], value) if value.code in values else value
    changes = {
        "values": tuple(values.values()),
        "patterns": facet.patterns + entry.patterns,
        "ignore": facet.ignore + entry.ignore,
    }
    return facet.model_copy(update=changes)


def _check_extends(path: Path, name: str, facets: dict[str, Facet], shelf: ThemeShelf) -> None:
    if name not in facets:
        there = f"there are: {', '.join(sorted(facets))}; and the themes: {shelf.codes()}"
        raise TaxonomyError(f"{path}: extends: no facet {name}; {there}")


def _joined(old: Value, new: Value) -> Value:
    """A value with another's cues and implications added; a label given anew replaces the old one."""
    changes = {
        "label": new.label or old.label,
        "implies": tuple(dict.fromkeys(old.implies + new.implies)),
        "more": (*old.more, new.model_copy(update={"more": ()}), *new.more),
    }
    return old.model_copy(update=changes)


def _check_implied(facets: dict[str, Facet]) -> None:
    """Every implied value is listed."""
    known = {f"{facet.facet}:{value.code}" for facet in facets.values() for value in facet.values}
    for facet in facets.values():
        for value in facet.values:
            for implied in value.implies:
                if implied not in known:
                    name = implied.partition(":")[0]
                    there = ", ".join(sorted(code for code in known if code.startswith(f"{name}:"))[:20])
                    allowed = there or f"FACET:CODE with a facet of {', '.join(sorted(facets))}"
                    raise TaxonomyError(f"{facet.facet}: {value.code}: implies: no {implied}; there are: {allowed}")


def phrase_set(braced: Iterable[str]) -> list[str]:
    """All phrases of some braced ones, each once, sorted."""
    return sorted({phrase for pattern in braced for phrase in expand(pattern)})


def guarded(guards: Guards) -> bool:
    """Whether any guard is set."""
    return any((guards.needs, guards.needs_anywhere, guards.never, guards.not_after, guards.not_before))


def _digest(parts: Iterable[object]) -> str:
    """12 hexadecimal digits over some parts in their order."""
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:12]
