"""The vocabulary of figures (`taxonomy/figures.yml`): units, bounds, direction words, names that hold numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nlp.taxonomy_data import TAXONOMY_FOLDER
from nlp.taxonomy_model import TaxonomyError

FIGURES_FILE = "figures.yml"
UnitKind = Literal["share", "money", "time", "measure", "counted"]
Direction = Literal["up", "down", "none"]
COUNT = "count"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Unit(_Strict):
    """One unit; words: its plural or fixed forms in lower case, singular: its forms before a noun or after one."""

    code: str
    label: str
    kind: UnitKind
    words: tuple[str, ...] = ()
    singular: tuple[str, ...] = ()


class Movement(_Strict):
    """The words that say that an amount goes one way."""

    change: tuple[str, ...] = Field(min_length=1)
    nouns: tuple[str, ...] = ()
    compare: tuple[str, ...] = ()


class FigureTerms(_Strict):
    """The file as it stands."""

    version: str
    source: str
    terms: tuple[Unit, ...] = Field(min_length=1)
    suffixes: Mapping[str, str]
    bounds: Mapping[Literal["at least", "at most", "about", "none"], tuple[str, ...]]
    down: Movement
    up: Movement
    saving: Movement
    names: frozenset[str]
    particle_verbs: frozenset[str]
    before_place: frozenset[str]
    after_place: frozenset[str]
    endpoints: frozenset[str]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The vocabulary made ready for look-up; phrases are tuples of lower-case words."""

    terms: FigureTerms
    plural: Mapping[str, str]
    singular: Mapping[str, str]
    phrases: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]
    kinds: Mapping[str, UnitKind]
    bounds: Mapping[tuple[str, ...], str]
    longest_bound: int
    change: Mapping[str, Direction]
    nouns: Mapping[str, Direction]
    compare: Mapping[str, Direction]
    saving: frozenset[str]
    version: str


def load_figure_terms(folder: Path = TAXONOMY_FOLDER) -> Lexicon:
    """Read and check the vocabulary in `folder`; raises TaxonomyError naming the file, the key and the fault."""
    path = Path(folder) / FIGURES_FILE
    try:
        content = path.read_bytes()
        terms = FigureTerms.model_validate(yaml.safe_load(content))
    except FileNotFoundError:
        raise TaxonomyError(f"{path}: no such file; figures need their vocabulary") from None
    except yaml.YAMLError as error:
        raise TaxonomyError(f"{path}: not YAML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "file"
        raise TaxonomyError(f"{path}: {key}: {first['msg']}; keys: {', '.join(FigureTerms.model_fields)}") from error
    _check(path, terms)
    return _lexicon(terms, hashlib.sha256(content).hexdigest()[:12])


def _check(path: Path, terms: FigureTerms) -> None:
    """Unit codes are unique, no word has two units, and suffixes name units."""
    codes = [unit.code for unit in terms.terms]
    words = [word for unit in terms.terms for word in {*unit.words, *unit.singular}]
    for kind, many in (("unit", codes), ("word", words)):
        doubled = sorted({one for one in many if many.count(one) > 1})
        if doubled:
            raise TaxonomyError(f"{path}: {kind} {', '.join(doubled)} given twice; each stands once")
    unknown = sorted(set(terms.suffixes.values()) - set(codes))
    if unknown:
        raise TaxonomyError(f"{path}: suffixes: no unit {', '.join(unknown)}; there are: {', '.join(codes)}")


def _lexicon(terms: FigureTerms, version: str) -> Lexicon:
    spelled = [(tuple(word.split()), unit.code) for unit in terms.terms for word in (*unit.words, *unit.singular)]
    phrases: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for words, code in spelled:
        if len(words) > 1:
            phrases.setdefault(words[0], []).append((words, code))
    bounds = {tuple(phrase.split()): bound for bound, many in terms.bounds.items() for phrase in many}
    up, down, saving = terms.up, terms.down, terms.saving
    return Lexicon(
        terms=terms,
        plural={word: unit.code for unit in terms.terms for word in unit.words if " " not in word},
        singular={word: unit.code for unit in terms.terms for word in unit.singular if " " not in word},
        phrases={first: tuple(many) for first, many in phrases.items()},
        kinds={unit.code: unit.kind for unit in terms.terms},
        bounds=bounds,
        longest_bound=max(map(len, bounds)),
        change=_directed(up.change, (*down.change, *saving.change)),
        nouns=_directed(up.nouns, (*down.nouns, *saving.nouns)),
        compare=_directed(up.compare, down.compare),
        saving=frozenset((*saving.change, *saving.nouns)),
        version=version,
    )


def _directed(up: tuple[str, ...], down: tuple[str, ...]) -> dict[str, Direction]:
    directions: dict[str, Direction] = dict.fromkeys(up, "up")
    return directions | dict.fromkeys(down, "down")
